// Reads a screen aloud where the device has a voice for its language. Off until it is asked for.

const synthesis = globalThis.speechSynthesis;

export class Speech {
  isOn = false;
  #onChange;

  // `onChange` is called when the device's voices become known, which may be late.
  constructor(onChange) {
    this.#onChange = onChange;
    synthesis?.addEventListener?.("voiceschanged", () => this.#onChange());
  }

  hasVoice(language) {
    return this.#voice(language) !== undefined;
  }

  // Read the question, then each key while it is marked.
  read(screen, language) {
    this.stop();
    const parts = screen.querySelectorAll("h1, .hint, .key, .reason > span:first-of-type, .say, .btn");
    for (const part of parts) {
      this.#say(part, language);
    }
  }

  // Read one key; the second touch chooses it.
  readKey(key, language) {
    this.stop();
    this.#say(key, language);
  }

  stop() {
    synthesis?.cancel();
    document.querySelector(".is-read")?.classList.remove("is-read");
  }

  #say(part, language) {
    const speech = new SpeechSynthesisUtterance(part.textContent.trim());
    speech.lang = language;
    speech.voice = this.#voice(language) ?? null;
    speech.onstart = () => part.classList.add("is-read");
    speech.onend = () => part.classList.remove("is-read");
    synthesis.speak(speech);
  }

  #voice(language) {
    return synthesis?.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(language));
  }
}
