// Carries the queue to the server, in order, until each item has an answer of its own. What counts
// as an answer is decided here; a page of a network's sign-in is none.

const LIVE_WAIT_MS = 10_000;
const BATCH_WAIT_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const MOST_ITEMS = 500;
const RESULTS = ["recorded", "known", "already_rated", "conflict", "refused"];

export class Delivery {
  #queue;
  #addresses;
  #onAnswer;
  #channel = new BroadcastChannel("hailong");
  #isWanted = false;
  #isRunning = false;
  #failures = 0;
  #most = MOST_ITEMS;
  #retry = 0;
  #retryAt = 0;
  #closedUntil = 0;

  // `addresses` has one for a live rating and one for a queue; `onAnswer` learns the name and the
  // result of each item that was answered, whichever page of this device delivered it.
  constructor(queue, addresses, onAnswer) {
    this.#queue = queue;
    this.#addresses = addresses;
    this.#onAnswer = onAnswer;
    this.#channel.onmessage = ({ data }) => onAnswer(data.id, data.result);
  }

  // Deliver what waits. After a failure only a touch is worth a try before its time, and nothing
  // is while the server asks for patience.
  async wake(isTouch = false) {
    const now = performance.now();
    this.#isWanted = true;
    if (this.#isRunning || now < this.#closedUntil || (now < this.#retryAt && !isTouch)) {
      return;
    }
    this.#isRunning = true;
    clearTimeout(this.#retry);
    this.#retryAt = 0;
    while (this.#isWanted && !this.#retryAt) {
      this.#isWanted = false;
      await alone(() => this.#drain()).catch((fault) => this.#tryLater(fault));
    }
    this.#isRunning = false;
  }

  async #drain() {
    for (;;) {
      const items = await this.#queue.list(this.#most);
      if (!items.length) {
        return;
      }
      const answers = await this.#ask(items);
      const settled = items.filter(({ id }) => answers.has(id));
      if (!settled.length) {
        throw new Error("no answer");
      }
      this.#failures = 0;
      this.#most = Math.min(MOST_ITEMS, this.#most * 2);
      for (const { id } of settled) {
        this.#tell(id, answers.get(id).result);
      }
      await this.#queue.settle(settled.map(({ id, item }) => ({ item, ...answers.get(id) })));
    }
  }

  #tell(id, result) {
    this.#onAnswer(id, result);
    this.#channel.postMessage({ id, result });
  }

  // One touch alone goes the way of live touches; whatever that way does not take is queued, and so
  // is what belongs to a visit that the server was never told of.
  #ask(items) {
    const [{ kind, body }] = items;
    const isLive = items.length === 1 && kind === "rating" && !body.served && !this.#failures;
    return isLive ? this.askLive(body) : this.#askForAll(items);
  }

  // Send one rating; return the answer under its name.
  async askLive(rating) {
    const message = { ...rating, device_now: new Date().toISOString() };
    const response = await post(this.#addresses.rating, message, LIVE_WAIT_MS);
    const answer = await response.json();
    if (response.status === 200 && answer.id === rating.id) {
      return new Map([[rating.id, { result: "recorded", at: Date.parse(answer.received_at) }]]);
    }
    const result = { 409: "already_rated", 422: "refused" }[response.status];
    return new Map(result ? [[rating.id, { result, at: Date.now() }]] : []);
  }

  async #askForAll(items) {
    const message = {
      device_now: new Date().toISOString(),
      items: items.map(({ id, kind, body }) => ({ ...body, kind, id })),
    };
    const response = await post(this.#addresses.sync, message, BATCH_WAIT_MS);
    const { items: answers = [] } = await response.json();
    return new Map(
      answers
        .filter(({ result }) => RESULTS.includes(result))
        .map(({ id, result, received_at: at }) => [id, { result, at: Date.parse(at) }]),
    );
  }

  // Less at a time, after a pause that grows, and never all devices at the same moment.
  #tryLater({ seconds = 0 }) {
    const now = performance.now();
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    const patience = Math.min(seconds, 300) * 1_000 * (1 + Math.random());
    const wait = Math.max(patience, pause * (0.5 + Math.random()));
    this.#failures += 1;
    this.#most = Math.ceil(this.#most / 2);
    this.#closedUntil = now + patience;
    this.#retryAt = now + wait;
    this.#retry = setTimeout(() => this.wake(), wait + 1);
  }
}

// Send a document; return what the product answered. What a network answers is no answer.
export async function post(address, content, longestMs) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(content),
    cache: "no-store",
    redirect: "error",
    signal: AbortSignal.timeout(longestMs),
  });
  if (response.status === 503) {
    throw Object.assign(new Error("busy"), { seconds: Number(response.headers.get("Retry-After")) });
  }
  const type = response.headers.get("Content-Type") ?? "";
  const wanted = response.status === 200 ? "application/json" : "application/problem+json";
  if (!type.startsWith(wanted)) {
    throw new Error("no answer");
  }
  return response;
}

// Only one page of a device delivers at a time, where the browser can see to it.
async function alone(work) {
  if (!navigator.locks) {
    return work();
  }
  return navigator.locks.request("hailong-delivery", { ifAvailable: true }, (lock) => lock && work());
}
