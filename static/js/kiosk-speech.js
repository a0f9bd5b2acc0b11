// Reads a screen aloud: from the recordings that lie beside the page, and by the device's own
// voice only what nobody has recorded. Off until it is asked for.

const synthesis = globalThis.speechSynthesis;

export class Speech {
  isOn = false;
  #addresses;
  #recordings = {};
  #player = new Audio();
  #turn = 0;
  #finish = () => {};

  // `addresses` says for each language where its recordings are named; `onChange` is called when
  // the device's own voices become known, which may be late.
  constructor(addresses, onChange) {
    this.#addresses = addresses;
    synthesis?.addEventListener?.("voiceschanged", onChange);
  }

  hasVoice(language) {
    return language in this.#addresses || this.#voice(language) !== undefined;
  }

  // Read parts of a screen one after the other, each while it is marked.
  async read(parts, language) {
    this.stop();
    const turn = this.#turn;
    const recordings = await this.#load(language);
    for (let at = 0; at < parts.length && turn === this.#turn; at += 1) {
      const [part, next] = [words(parts[at]), parts[at + 1] && words(parts[at + 1])];
      const both = recordings[`${part} ${next}`] ?? recordings[`${next} ${part}`];
      parts[at].classList.add("is-read");
      const found = both ? [both] : find(part, recordings);
      for (const address of found) {
        await (turn === this.#turn && this.#play(address));
      }
      await (found.length || this.#speak(part, language));
      parts[at].classList.remove("is-read");
      at += both ? 1 : 0;
    }
  }

  stop() {
    this.#turn += 1;
    this.#player.pause();
    synthesis?.cancel();
    this.#finish();
  }

  async #load(language) {
    if (language in this.#addresses) {
      this.#recordings[language] ??= await fetch(this.#addresses[language])
        .then((response) => response.json())
        .catch(() => undefined);
    }
    return this.#recordings[language] ?? {};
  }

  #play(address) {
    const player = this.#player;
    return new Promise((resolve) => {
      this.#finish = player.onended = player.onerror = resolve;
      player.src = address;
      player.play().catch(resolve);
    });
  }

  #speak(text, language) {
    const voice = this.#voice(language);
    return new Promise((resolve) => {
      if (!voice) {
        resolve();
        return;
      }
      const speech = new SpeechSynthesisUtterance(text);
      this.#finish = resolve;
      Object.assign(speech, { lang: language, voice, onend: resolve, onerror: resolve });
      synthesis.speak(speech);
    });
  }

  #voice(language) {
    return synthesis?.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(language));
  }
}

// The recordings that say a text: one, or those of its parts around a number, digit by digit.
function find(text, recordings) {
  if (text in recordings) {
    return [recordings[text]];
  }
  const [, before, number, behind] = /^(\D*?) ?(\d+) ?(.*)$/.exec(text) ?? [];
  const parts = [before, ...(number ?? ""), behind].filter(Boolean);
  return parts.every((part) => part in recordings) ? parts.map((part) => recordings[part]) : [];
}

// What a part of the screen says; a sign that only the eye is to see is not read.
function words(part) {
  const said = part.cloneNode(true);
  for (const sign of said.querySelectorAll("[aria-hidden=true]")) {
    sign.remove();
  }
  return said.textContent.replace(/\s+/g, " ").trim();
}
