// Draws the screens from the templates that the page carries, in either language. It knows what
// a screen looks like, not when it comes.

const DEAD_MS = 500;
const ZONE = "Asia/Ho_Chi_Minh";
export const find = (what) => document.querySelector(what);
const place = find("#screen");
const notices = find("#notices");
const body = document.body;
const HELPERS = ["easy", "lower"];
const SPOKEN = ["h1", "h2", ".hint", ".wait p:not(.staff,.early)", ".key", ".digit.word", ".reason", ".byphone", ".say", "#sd", ".btn",
  ".notice p", ".trust:not(:has(#left))", ".timer .tool", ".end[data-do]"].join();
const stacked = matchMedia("(max-width:600px),(orientation:portrait)");
const contrast = matchMedia("(prefers-contrast:more)");

export class Screens {
  name = null;
  #facts = {};
  #language = document.documentElement.lang;
  #fresh = 0;
  #offsetMs;

  // `offsetMs` says how far the device's clock is behind the server's.
  constructor(offsetMs) {
    this.#offsetMs = offsetMs;
    body.classList.toggle("easy", isAsked("easy") || body.classList.contains("easy"));
    stacked.addEventListener("change", () => this.#arrange());
    this.#tellTime();
    setInterval(() => this.#tellTime(), 5_000);
  }

  get language() {
    return this.#language;
  }

  get layout() {
    return stacked.matches ? "stack" : "row";
  }

  // Whether a citizen has chosen another language or size of letters.
  get isChanged() {
    const isHelped = HELPERS.some((name) => body.classList.contains(name) !== isAsked(name));
    return this.#language !== "vi" || isHelped;
  }

  get isFresh() {
    return this.#fresh !== 0;
  }

  // Show a screen, its sentences filled with facts.
  draw(name, facts) {
    this.name = name;
    this.#facts = facts;
    place.replaceChildren(this.#make(name, facts));
    body.classList.toggle("night", name === "wait" && Boolean(place.querySelector(".row5")));
    this.#arrange();
    place.querySelector("h1").focus({ preventScroll: true });
    this.#rest();
  }

  // Lay a question over the screen.
  cover(name) {
    const dialog = this.#make(name, {}).firstElementChild;
    place.append(dialog);
    dialog.showModal();
    this.#rest();
    return dialog;
  }

  uncover() {
    place.querySelector("dialog")?.remove();
  }

  tellOffline(isOffline) {
    body.classList.toggle("is-offline", isOffline);
    notices.replaceChildren(...(isOffline ? [this.#make("offline", {})] : []));
  }

  // The same screen in the other language; what was chosen on it stays chosen.
  switchLanguage(language) {
    this.#speak(language);
    const chosen = [...place.querySelectorAll(":checked")].map((box) => box.value);
    place.replaceChildren(this.#make(this.name, this.#facts));
    for (const box of place.querySelectorAll("input")) {
      box.checked = chosen.includes(box.value);
    }
    this.#arrange();
    if (notices.hasChildNodes()) {
      this.tellOffline(true);
    }
  }

  // Turn larger letters or lower keys on or off; what the device asks for stays on.
  toggle(helper) {
    body.classList.toggle(helper, isAsked(helper) || undefined);
    this.#markHelpers();
  }

  // Back to the first language and to letters of the usual size.
  reset() {
    for (const helper of HELPERS) {
      body.classList.toggle(helper, isAsked(helper));
    }
    this.#speak("vi");
  }

  // What is read aloud, in its order.
  readable() {
    const parts = (place.querySelector("dialog") ?? document).querySelectorAll(SPOKEN);
    return [...parts].filter((part) => part.checkVisibility({ visibilityProperty: true }));
  }

  // The moment as it is shown to the citizen.
  moment() {
    return `${this.#format("time")}, ${this.#format("day")}`;
  }

  #make(name, facts) {
    const template = find(`#${name}-${this.#language}`);
    document.title = template.dataset.title || document.title;
    const drawn = template.content.cloneNode(true);
    const helpers = find(`#helpers-${this.#language}`).content;
    drawn.querySelector(".foot")?.prepend(helpers.cloneNode(true));
    for (const part of drawn.querySelectorAll("[data-if],[data-unless]")) {
      const { if: wanted, unless: unwanted } = part.dataset;
      if ((wanted && !facts[wanted]) || (unwanted && facts[unwanted])) {
        part.remove();
      }
    }
    const texts = document.createTreeWalker(drawn, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      text.data = text.data.replace(/\{(\w+)\}/g, (all, name) => {
        const fact = facts[name] ?? "";
        return fact[this.#language] ?? fact;
      });
    }
    return drawn;
  }

  // Low to high in a row, best on top when stacked; what is seen first also comes first.
  #arrange() {
    document.cookie = `layout=${this.layout};path=/kiosk/;max-age=34560000;samesite=strict`;
    const keys = place.querySelector(".keys");
    if (keys) {
      const sign = this.layout === "stack" ? -1 : 1;
      keys.append(...[...keys.children].sort((one, other) => sign * (one.value - other.value)));
    }
    this.#markHelpers();
  }

  #markHelpers() {
    for (const helper of HELPERS) {
      const isOn = String(body.classList.contains(helper));
      place.querySelector(`[data-do=${helper}]`).setAttribute("aria-pressed", isOn);
    }
  }

  #speak(language) {
    this.#language = document.documentElement.lang = language;
    document.documentElement.dir = find(`#rate-${language}`).dataset.dir ?? "ltr";
    this.#tellTime();
  }

  // Nobody means to touch what has only just appeared.
  #rest() {
    clearTimeout(this.#fresh);
    body.classList.add("is-fresh");
    this.#fresh = setTimeout(() => {
      this.#fresh = 0;
      body.classList.remove("is-fresh");
    }, DEAD_MS);
  }

  #tellTime() {
    find("#day").textContent = this.#format("weekday");
    find("#time").textContent = this.#format("time");
  }

  #format(what) {
    const now = Date.now() + this.#offsetMs();
    const inZone = (language, options) =>
      new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options }).format(now);
    if (what === "time") {
      return inZone("en-GB", { hour: "2-digit", minute: "2-digit" });
    }
    const day = inZone("en-GB", { day: "2-digit", month: "2-digit", year: "numeric" });
    return what === "day" ? day : `${inZone(this.#language, { weekday: "long" })}, ${day}`;
  }
}

// Larger letters are also what a device asks for that is set to more contrast.
const isAsked = (helper) => helper === "easy" && contrast.matches;
