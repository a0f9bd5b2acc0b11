// One countdown. It says how much is left and what comes at its end; it knows no screen.

const STEP_MS = 200;

export class Countdown {
  #seconds;
  #deadline = 0;
  #handle;
  #onTick;
  #onEnd;

  constructor(seconds, { onTick = () => {}, onEnd }) {
    this.#seconds = seconds;
    this.#onTick = onTick;
    this.#onEnd = onEnd;
    this.#handle = setInterval(() => this.#step(), STEP_MS);
    this.restart();
  }

  // Begin anew, as after a touch; what was given beyond that is not taken back.
  restart() {
    this.#deadline = Math.max(this.#deadline, performance.now() + this.#seconds * 1000);
    this.#show();
  }

  // Give more time, as often as it is asked for.
  extend(seconds) {
    this.#deadline += seconds * 1000;
    this.#show();
  }

  stop() {
    clearInterval(this.#handle);
  }

  #left() {
    return Math.max(0, (this.#deadline - performance.now()) / 1000);
  }

  #show() {
    const left = this.#left();
    this.#onTick(Math.ceil(left), Math.min(1, left / this.#seconds));
  }

  #step() {
    if (this.#left() > 0) {
      this.#show();
    } else {
      this.stop();
      this.#onEnd();
    }
  }
}

export const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A span of time give or take a share, so that many devices do not ask at the same moment.
export const about = (ms, share = 0.2) => ms * (1 + share * (2 * Math.random() - 1));
