// One soft tone that calls whoever waits. Silent where the office does not want it, and where the
// browser plays nothing that nobody has touched for.

export class Chime {
  #player = null;

  // `address` is the sound, or null for none.
  constructor(address) {
    if (address) {
      this.#player = new Audio(address);
      this.#player.preload = "auto";
    }
  }

  sound() {
    this.#player?.play().catch(() => {});
  }

  // What comes late is not heard on another screen; the next time begins at the beginning.
  stop() {
    if (this.#player) {
      this.#player.pause();
      this.#player.currentTime = 0;
    }
  }
}
