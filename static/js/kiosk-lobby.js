// The number pad and the QR reader of a kiosk in the lobby: what is typed or scanned, and what the
// server says of it. It knows no other screen.

const LONGEST_NUMBER = 6;
const LONGEST_WAIT_MS = 5_000;
const READER_PAUSE_MS = 150;

export class Lobby {
  #address;
  #onFound;
  #onTold;
  #number = "";
  #isOver = false;
  #isAsking = false;
  #scanned = "";
  #last = 0;

  // `onFound` gets the question of a visit; `onTold` learns that something else was said.
  constructor(address, { onFound, onTold }) {
    this.#address = address;
    this.#onFound = onFound;
    this.#onTold = onTold;
  }

  get isTyped() {
    return this.#number !== "" || this.#isAsking;
  }

  // The next citizen begins with nothing.
  clear() {
    this.#number = "";
    this.#isOver = false;
  }

  digit(digit) {
    const before = this.#isOver ? "" : this.#number;
    this.#write((before + digit).slice(0, LONGEST_NUMBER));
  }

  erase() {
    this.#write(this.#number.slice(0, -1));
  }

  // Show what there is again, as after a change of language.
  show() {
    document.querySelector(".typed b").textContent = this.#number;
  }

  // Say what became of a number, in the words that stand on the page.
  tell(state, seconds = 0) {
    const line = document.querySelector(".told");
    const words = line?.dataset[state] ?? line?.dataset.unknown;
    if (words) {
      line.textContent = words.replace("{number}", this.#number).replace("{seconds}", seconds);
      this.#isOver = true;
      this.#onTold(line);
    }
  }

  find() {
    return this.#number ? this.#ask(this.#number) : undefined;
  }

  // Take a key of the keyboard; a reader types a whole address at once, and then Enter.
  hears(event) {
    if (event.timeStamp - this.#last > READER_PAUSE_MS) {
      this.#scanned = "";
    }
    this.#last = event.timeStamp;
    if (event.key === "Enter") {
      return this.#end(event);
    }
    if (event.key === "Backspace") {
      this.erase();
      return true;
    }
    if (event.key.length !== 1 || event.key === " ") {
      return false;
    }
    this.#scanned += event.key;
    if (/^\d+$/.test(this.#scanned)) {
      this.digit(event.key);
    }
    return true;
  }

  #end(event) {
    const scanned = this.#scanned;
    const isCode = /\D/.test(scanned);
    if (!isCode && !scanned && event.target.closest?.("button,a")) {
      return false;
    }
    event.preventDefault();
    this.#scanned = "";
    if (isCode) {
      this.#write("");
      this.#ask(scanned);
    } else {
      this.find();
    }
    return true;
  }

  #write(number) {
    this.#number = number;
    this.#isOver = false;
    document.querySelector(".told").textContent = "";
    this.show();
  }

  async #ask(ticket) {
    if (this.#isAsking) {
      return;
    }
    this.#isAsking = true;
    const answer = await fetch(this.#address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ ticket }),
      cache: "no-store",
      signal: AbortSignal.timeout(LONGEST_WAIT_MS),
    })
      .then((response) => response.json())
      .catch(() => ({ state: "offline" }));
    this.#isAsking = false;
    if (answer.state === "found") {
      this.#onFound(answer.question);
    } else {
      this.tell(answer.state, answer.seconds);
    }
  }
}
