// Asks the server at least every two seconds what to show, and knows by its answers, never by the
// browser's word, whether the server is there.

import { about } from "./kiosk-timers.js";

const EVERY_MS = 1_800;
const EARLY_OR_LATE = 0.1;
const SELDOM_MS = 10_000;
const LONGEST_WAIT_MS = 4_000;
const NOTICE_MS = 5_000;

export class Poll {
  offsetMs = null;
  #address;
  #seen;
  #listener;
  #handle = 0;
  #isAsking = false;
  #failures = 0;
  #isReached = true;
  #change = 0;

  // `listener` has onScreen(screen), onRefused(), onReached(isReached) and onHeard().
  constructor(address, seen, listener) {
    this.#address = address;
    this.#seen = seen;
    this.#listener = listener;
    document.addEventListener("visibilitychange", () => this.#plan(0));
  }

  // The server's time, as far as it is known.
  get now() {
    return Date.now() + (this.offsetMs ?? 0);
  }

  // Whether the last question to the server was answered.
  get isHeard() {
    return this.#failures === 0;
  }

  start() {
    this.#plan(EVERY_MS);
  }

  #plan(ms) {
    clearTimeout(this.#handle);
    this.#handle = setTimeout(() => this.#ask(), ms && about(ms, EARLY_OR_LATE));
  }

  #pause() {
    if (this.#failures) {
      return Math.min(EVERY_MS * 1.5 ** (this.#failures - 1), SELDOM_MS);
    }
    return document.hidden ? SELDOM_MS : EVERY_MS;
  }

  async #ask() {
    if (this.#isAsking) {
      return;
    }
    this.#isAsking = true;
    const begun = performance.now();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), LONGEST_WAIT_MS);
    try {
      const address = `${this.#address}?seen=${encodeURIComponent(this.#seen)}`;
      const response = await fetch(address, {
        headers: { Accept: "application/json" },
        cache: "no-store",
        redirect: "error",
        signal: limit.signal,
      });
      await this.#hear(response, begun);
    } catch {
      this.#fail(begun);
    } finally {
      clearTimeout(timer);
      this.#isAsking = false;
      this.#plan(this.#pause());
    }
  }

  async #hear(response, begun) {
    if (response.status === 401) {
      this.#succeed();
      this.#listener.onRefused();
      return;
    }
    const time = Number(response.headers.get("Server-Time"));
    if (!time || (response.status !== 200 && response.status !== 204)) {
      throw new Error(`no answer: ${response.status}`);
    }
    this.offsetMs = Math.round(time - Date.now() + (performance.now() - begun) / 2);
    const screen = response.status === 200 ? await response.json() : null;
    this.#succeed();
    if (screen) {
      this.#seen = screen.version;
      this.#listener.onScreen(screen);
    }
    this.#listener.onHeard();
  }

  #succeed() {
    this.#failures = 0;
    this.#turn(true, NOTICE_MS);
  }

  #fail(begun) {
    this.#failures += 1;
    this.#turn(false, NOTICE_MS - (performance.now() - begun));
  }

  // Believe a change only when it has lasted a while.
  #turn(isReached, ms) {
    if (isReached === this.#isReached) {
      clearTimeout(this.#change);
      this.#change = 0;
    } else if (!this.#change) {
      this.#change = setTimeout(() => {
        this.#change = 0;
        this.#isReached = isReached;
        this.#listener.onReached(isReached);
      }, Math.max(0, ms));
    }
  }
}
