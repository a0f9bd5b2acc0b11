// The officer's desk while the server is away: a visit is opened here and handed to the kiosk's page
// on this machine, which asks the citizen and delivers both. Nothing here learns an answer.

import { Kit, NAME } from "./desk-kit.js";

const LOOK_MS = 4_000;
const ANSWER_MS = 3_000;
// A kiosk believes that the server is away after some seconds, and listens from then on.
const FOUND_MS = 12_000;
const AGAIN_MS = 1_000;
const MOST_SHOWN = 8;

const part = (name) => document.getElementById(name);

class OfflineDesk {
  #kit = new Kit();
  #channel = new BroadcastChannel(NAME);
  #pass = null;
  #serving = null;
  #visits = [];
  #isThere = true;
  #waiting = new Map();

  async start() {
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#pass = await this.#kit.recall("pass").catch(() => null);
    this.#serving = (await this.#kit.recall("serving").catch(() => null)) ?? null;
    const today = new Date().toDateString();
    const kept = await this.#kit.recall("visits").catch(() => null);
    this.#visits = kept?.day === today ? kept.visits : [];
    part("open").addEventListener("submit", (event) => this.#open(event));
    part("end").addEventListener("submit", (event) => this.#end(event));
    this.#offerProcedures();
    this.#show();
    this.#look();
  }

  #mayOpen() {
    return Boolean(this.#pass) && Date.now() < Date.parse(this.#pass.until);
  }

  #offerProcedures() {
    const select = part("procedure");
    for (const { code, name } of this.#pass?.procedures ?? []) {
      select.append(new Option(name, code));
    }
  }

  // Whether the server is there is judged by its answers.
  async #look() {
    const isThere = await fetch("/healthz", {
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(LOOK_MS),
    }).then(
      (response) => response.ok,
      () => false,
    );
    this.#isThere = isThere;
    this.#show();
    setTimeout(() => this.#look(), LOOK_MS);
  }

  async #open(event) {
    event.preventDefault();
    this.#say("looking");
    const answer = await this.#find();
    if (!answer) {
      this.#say("alone");
      return;
    }
    const select = part("procedure");
    this.#serving = {
      visit: crypto.randomUUID(),
      opened: new Date().toISOString(),
      procedure: select.value,
      name: select.value ? select.selectedOptions[0].text : "",
    };
    await this.#keep("serving", this.#serving);
    this.#say("");
    this.#show();
    part("end").querySelector("button").focus();
  }

  async #end(event) {
    event.preventDefault();
    const { visit, opened, procedure, name } = this.#serving;
    const closed = new Date();
    const served = {
      pass: this.#pass.pass,
      opened_at: opened,
      closed_at: closed.toISOString(),
      procedure,
    };
    const question = { visit, procedure: name, closed: clock(closed), ticket: "", served };
    const answer = await this.#ask({ ask: question }, visit, ANSWER_MS);
    if (answer !== "asked") {
      this.#say(answer ? "busy" : "alone");
      return;
    }
    this.#serving = null;
    this.#visits = [{ visit, closed: clock(closed), name, isRated: false }, ...this.#visits];
    await this.#keep("serving", null);
    await this.#keepVisits();
    this.#say("asked");
    this.#show();
  }

  // Call the kiosk's page of this desk until it answers; null where none does.
  async #find() {
    const id = crypto.randomUUID();
    const again = setInterval(() => this.#post({ call: id }), AGAIN_MS);
    const answer = await this.#ask({ call: id }, id, FOUND_MS);
    clearInterval(again);
    return answer;
  }

  // Say something to that page once; null where it does not answer in time.
  #ask(words, id, longestMs) {
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#settle(id, null), longestMs);
      this.#waiting.set(id, { resolve, late });
      this.#post(words);
    });
  }

  #post(words) {
    this.#channel.postMessage({ place: this.#pass.place, ...words });
  }

  #settle(id, answer) {
    const { resolve, late } = this.#waiting.get(id) ?? {};
    this.#waiting.delete(id);
    clearTimeout(late);
    resolve?.(answer);
  }

  async #hear({ here, of, state, over, isRated }) {
    this.#settle(here ?? of, state ?? "here");
    const found = this.#visits.find(({ visit }) => visit === over);
    if (found && isRated) {
      found.isRated = true;
      await this.#keepVisits();
      this.#show();
    }
  }

  #keepVisits() {
    const day = new Date().toDateString();
    return this.#keep("visits", { day, visits: this.#visits.slice(0, MOST_SHOWN) });
  }

  #keep(name, body) {
    return this.#kit.keep(name, body).catch(() => {});
  }

  #say(what) {
    part("told").textContent = what ? part("told").dataset[what] : "";
  }

  #show() {
    const may = this.#mayOpen();
    part("place").textContent = this.#pass?.desk ?? "";
    part("there").hidden = !this.#isThere;
    part("away").hidden = this.#isThere || !may;
    part("no-pass").hidden = may || this.#isThere;
    part("open").hidden = !may || this.#isThere || Boolean(this.#serving);
    part("end").hidden = !may || !this.#serving;
    if (this.#serving) {
      part("since").textContent = clock(new Date(this.#serving.opened));
    }
    const { rated, unrated } = part("visits").dataset;
    part("visits").replaceChildren(
      ...this.#visits.slice(0, MOST_SHOWN).map(({ closed, name, isRated }) => {
        const row = document.createElement("tr");
        for (const text of [closed, name, isRated ? rated : unrated]) {
          row.insertCell().textContent = text;
        }
        return row;
      }),
    );
  }
}

const clock = (at) =>
  `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;

new OfflineDesk().start();
