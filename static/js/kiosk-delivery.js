// Carries the queue to the server, in order, one item at a time, until each has an answer of its
// own. What counts as an answer is decided here; a page of a network's sign-in is none.

import { about } from "./kiosk-timers.js";

const LONGEST_WAIT_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

const Verdict = { SETTLED: "settled", UNREADABLE: "unreadable", UNKNOWN: "unknown" };

export class Delivery {
  #queue;
  #addresses;
  #onAnswer;
  #isWanted = false;
  #isRunning = false;
  #failures = 0;
  #retry = 0;

  // `addresses` says where each kind of item goes; `onAnswer` learns what became of an item.
  constructor(queue, addresses, onAnswer) {
    this.#queue = queue;
    this.#addresses = addresses;
    this.#onAnswer = onAnswer;
  }

  // Deliver what waits; called when something was added and when the server is heard again.
  async wake() {
    this.#isWanted = true;
    if (this.#isRunning) {
      return;
    }
    this.#isRunning = true;
    clearTimeout(this.#retry);
    while (this.#isWanted) {
      this.#isWanted = false;
      await alone(() => this.#drain()).catch(() => this.#tryLater());
    }
    this.#isRunning = false;
  }

  async #drain() {
    for (;;) {
      const [item] = await this.#queue.list(1);
      if (!item) {
        return;
      }
      const { verdict, status } = await this.send(item);
      if (verdict === Verdict.UNKNOWN) {
        this.#tryLater();
        return;
      }
      this.#failures = 0;
      await (verdict === Verdict.SETTLED ? this.#queue.remove(item) : this.#queue.setAside(item));
      this.#onAnswer(item, status);
    }
  }

  #tryLater() {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.wake(), about(pause));
  }

  // Send one item; what the network does to it is not an answer.
  async send(item) {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), LONGEST_WAIT_MS);
    try {
      const response = await fetch(this.#addresses[item.kind], {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(item.body),
        cache: "no-store",
        redirect: "error",
        signal: limit.signal,
      });
      return { status: response.status, verdict: await judge(item, response) };
    } catch {
      return { status: 0, verdict: Verdict.UNKNOWN };
    } finally {
      clearTimeout(timer);
    }
  }
}

// Only one page of a device delivers at a time, where the browser can see to it.
async function alone(work) {
  if (!navigator.locks) {
    return work();
  }
  return navigator.locks.request("hailong-delivery", { ifAvailable: true }, (lock) => lock && work());
}

async function judge(item, response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (response.status === 200 && type.startsWith("application/json")) {
    const answer = await response.json();
    const isOurs = ["id", "rating", "visit"].some(
      (name) => name in answer && answer[name] === item.body[name],
    );
    return isOurs ? Verdict.SETTLED : Verdict.UNKNOWN;
  }
  if (!type.startsWith("application/problem+json")) {
    return Verdict.UNKNOWN;
  }
  if (response.status === 409 || response.status === 422) {
    return Verdict.SETTLED;
  }
  const { title } = await response.json();
  if (title === "visit-not-found") {
    return Verdict.SETTLED;
  }
  return title === "malformed" ? Verdict.UNREADABLE : Verdict.UNKNOWN;
}
