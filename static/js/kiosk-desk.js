// The officer's desk page on this machine, while the server is away: what it tells of a visit, and
// what it is told of the question. It never learns an answer.

const NAME = "hailong-desk";

export class DeskPage {
  // The question that an officer wants put, until it is over.
  waiting = null;
  #place;
  #queue;
  #listener;
  #channel = new BroadcastChannel(NAME);

  // `listener` has isBusy(), offset(), and onServed() for a question that is to be put.
  constructor(place, queue, listener) {
    this.#place = place;
    this.#queue = queue;
    this.#listener = listener;
    this.#channel.onmessage = ({ data }) => this.#hear(data);
  }

  // The question of a visit is over: with an answer, or without one.
  end({ visit, served }, isRated) {
    if (served) {
      this.#channel.postMessage({ over: visit, isRated });
      this.waiting = this.waiting?.visit === visit ? null : this.waiting;
    }
  }

  async #hear({ ask, place, call }) {
    if (place !== this.#place) {
      return;
    }
    if (call) {
      this.#channel.postMessage({ here: call });
    }
    if (ask) {
      const isKept = !this.#listener.isBusy() && (await this.#keep(ask).catch(() => false));
      this.#channel.postMessage({ of: ask.visit, state: isKept ? "asked" : "busy" });
      if (isKept) {
        this.waiting = ask;
        this.#listener.onServed();
      }
    }
  }

  // That there was a visit is kept before its question is put, so that it counts among those that
  // were asked, whatever becomes of the question; a rating outweighs that.
  async #keep({ visit, served }) {
    const told = { outcome: "timed_out", clock_offset_ms: this.#listener.offset() };
    await this.#queue.add("outcome", visit, { visit, served, ...told });
    return true;
  }
}
