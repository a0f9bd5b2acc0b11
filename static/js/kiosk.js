// The citizen's page: which screen comes when. A touch is stored on the device before the next
// screen appears; the server is told in its own time.

import { Chime } from "./kiosk-chime.js";
import { Delivery } from "./kiosk-delivery.js";
import { Heartbeat } from "./kiosk-heartbeat.js";
import { Poll } from "./kiosk-poll.js";
import { newId, Queue } from "./kiosk-queue.js";
import { find, Screens } from "./kiosk-screens.js";
import { Shell } from "./kiosk-shell.js";
import { Speech } from "./kiosk-speech.js";
import { after, Countdown } from "./kiosk-timers.js";

const PRESSED_MS = 120;
const EARLY_MS = 4_000;
const STILL_THERE_SECONDS = 20;
const CORRECTION_SECONDS = 110;
const RELOAD_MS = 60_000;
const STUCK_MS = 5_000;
const TOLD_MS = 15 * 60_000;
const OLD_MS = 12 * 3600_000;
const CONTROLS = ".key,.reason,[data-do]:not([data-do=listen])";

const page = JSON.parse(find("#data").textContent);

class Kiosk {
  #queue = new Queue(page.place);
  #delivery = new Delivery(this.#queue, page.deliver, (id, result) => this.#hearOf(id, result));
  #poll = new Poll(page.poll, page.screen.version, {
    onScreen: (screen) => this.#hearScreen(screen),
    onRefused: () => this.#pause(),
    onReached: (isReached) => this.#hearNetwork(isReached),
    onHeard: () => this.#goOn(),
  });
  #heartbeat = new Heartbeat(this.#queue, page.heartbeat, {
    version: () => this.#shell.version,
    onWanted: () => this.#delivery.wake(),
    onBeat: () => this.#examine(),
  });
  #screens = new Screens(() => this.#poll.offsetMs ?? 0);
  #speech = new Speech(page.speech ?? {}, () => this.#offerSpeech());
  #chime = new Chime(page.chime);
  #isCut = false;
  #shell = new Shell(page, () => this.#turnTo(this.#newest));
  #newest = page.screen;
  #desk = null;
  #asked = null;
  #given = null;
  #answered = new Set();
  #repeated = new Set();
  #trouble = null;
  #isBusy = true;
  #countdown = null;
  #early = 0;
  #begun = performance.now();
  #heard = null;
  #lobby = null;
  #symbol = {};

  async start() {
    this.#lobby = page.lobby && (await this.#openLobby());
    this.#listen();
    keepAwake();
    document.body.classList.add("is-fresh");
    await Promise.all([this.#recall(page.screen.visit), this.#examine()]);
    this.#isBusy = false;
    this.#begin();
    this.#poll.start();
    this.#delivery.wake();
    this.#heartbeat.start();
    this.#shell.start();
  }

  // A kiosk in the lobby waits for the number of a ticket.
  async #openLobby() {
    const { Lobby } = await import("./kiosk-lobby.js");
    return new Lobby(page.lobby, {
      onFound: (question) => this.#meet(question),
      onTold: (line) => this.#speech.isOn && this.#speech.read([line], this.#screens.language),
    });
  }

  #meet(question) {
    if (this.#answered.has(question.visit)) {
      this.#lobby.tell("rated");
    } else if (this.#isWaiting) {
      this.#ask(question);
    }
  }

  // ---- what comes when

  get #isWaiting() {
    return this.#screens.name === "wait";
  }

  // Whether a question stands there that has no answer yet.
  get #isAsking() {
    return this.#screens.name === "rate" && !this.#given;
  }

  // A citizen has gone: the next one begins as the first did.
  #wait() {
    this.#screens.reset();
    this.#speech.isOn = false;
    this.#begin();
  }

  // Ask what there is to ask, or wait.
  #begin() {
    const screen = this.#desk?.waiting ?? this.#newest;
    this.#asked = this.#given = null;
    if (this.#trouble) {
      this.#pause();
    } else if (this.#isOutdated()) {
      reload();
    } else if (screen.visit && !this.#answered.has(screen.visit)) {
      this.#ask(screen);
    } else if (this.#isCut && !page.unlinked) {
      this.#pause();
    } else {
      const unkept = !this.#shell.isPossible;
      const loose = !unkept && this.#queue.isKept === false;
      this.#lobby?.clear();
      this.#show("wait", { serving: !this.#isCut && screen.serving, unkept, loose, unlinked: this.#isCut && page.unlinked });
      this.#helpForAWhile();
    }
  }

  // A visit that has its answer on this device is not asked about again.
  async #recall(visit) {
    if (visit && (await inTime(this.#queue.knows(visit)).catch(() => false))) {
      this.#answered.add(visit);
    }
  }

  async #hearScreen(screen) {
    await this.#recall(screen.visit);
    this.#turnTo(screen);
  }

  // Whether there is another page: one that is kept here, all of it, or the server's own where
  // nothing keeps pages.
  #isOutdated() {
    const isAnother = this.#poll.isHeard && this.#newest.shell !== page.shell;
    return this.#shell.isReady || (isAnother && !this.#shell.look() && mayReload());
  }

  // Take up what the server wants shown, unless a citizen is busy with what came before.
  #turnTo(screen) {
    this.#newest = screen;
    if (this.#poll.isHeard && !screen.visit) {
      this.#note(null);
    }
    const isFree = !this.#isBusy && this.#isAsking && !this.#asked.served;
    if (isFree && !this.#lobby && this.#asked.visit !== screen.visit) {
      this.#wait();
    } else if (this.#isWaiting && !this.#lobby?.isTyped) {
      this.#begin();
    }
  }

  // Whoever waits hears it once; where a voice reads the question, that is enough.
  #ask(screen) {
    const isCalled = this.#isWaiting && !this.#speech.isOn;
    this.#asked = screen;
    this.#note(screen.visit && screen);
    this.#show("rate", screen);
    if (isCalled) {
      this.#chime.sound();
    }
    this.#countDown(page.idle, { onEnd: () => this.#askStillThere() });
  }

  #askStillThere() {
    const dialog = this.#screens.cover("still");
    dialog.addEventListener("cancel", () => this.#stay());
    this.#countDown(STILL_THERE_SECONDS, {
      onTick: (left) => {
        find("#left").textContent = left;
      },
      onEnd: () => this.#leave("timed_out"),
    });
    this.#readAloud();
  }

  #stay() {
    this.#speech.stop();
    this.#screens.uncover();
    this.#countDown(page.idle, { onEnd: () => this.#askStillThere() });
  }

  // The citizen does not answer: by saying so, or by having gone.
  async #leave(outcome) {
    const { visit } = this.#asked;
    const docket = docketOf(this.#asked);
    if (this.#lobby || !visit) {
      this.#wait();
      return;
    }
    this.#answered.add(visit);
    this.#desk?.end(this.#asked, false);
    this.#wait();
    await this.#queue.add("outcome", visit, { visit, outcome, ...docket }).catch(() => {});
    this.#delivery.wake();
  }

  async #choose(key) {
    if (this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    this.#stopCounting();
    press(key);
    const level = Number(key.value);
    const rating = this.#rate(level);
    this.#answered.add(rating.visit);
    const [isKept] = await Promise.all([this.#keep(rating), after(PRESSED_MS)]);
    this.#isBusy = false;
    if (!isKept) {
      // What could not be kept is asked for again.
      if (!this.#given) {
        this.#answered.delete(rating.visit);
      }
      this.#pause();
      return;
    }
    this.#given = { id: rating.id, at: performance.now() };
    this.#desk?.end(this.#asked, true);
    if (this.#repeated.has(rating.id)) {
      this.#thank("repeated");
    } else if (page.asked.includes(level)) {
      this.#askReasons(page.good.includes(level) && page.asked.length === page.screen.levels.length);
    } else {
      this.#thank();
    }
  }

  #rate(level) {
    return {
      id: newId(),
      visit: this.#asked.visit,
      configuration: page.configuration,
      scale: page.scale,
      level,
      tapped_at: new Date().toISOString(),
      clock_offset_ms: this.#poll.offsetMs,
      language: this.#screens.language,
      layout: this.#screens.layout,
      supersedes: this.#given?.id ?? null,
      ...docketOf(this.#asked),
    };
  }

  // Store a rating on the device; where that fails, only the server's own answer will do.
  async #keep(rating) {
    const guard = setTimeout(reload, STUCK_MS);
    try {
      await this.#queue.addRating(rating).finally(() => clearTimeout(guard));
    } catch {
      const answers = await this.#delivery.askLive(rating).catch(() => new Map());
      await this.#examine();
      return answers.has(rating.id) && answers.get(rating.id).result !== "refused";
    }
    this.#delivery.wake(true);
    return true;
  }

  #askReasons(isGood) {
    const phone = this.#poll.isHeard && this.#asked.visit;
    this.#show("reasons", { good: isGood, correction: this.#mayCorrect(), phone });
    this.#offerPhone();
    this.#countDown(page.reasons, {
      onTick: (left, share) => {
        this.#tellLeft(left);
        find("#bar").style.width = `${share * 100}%`;
      },
      onEnd: () => this.#sendReasons(),
    });
  }

  // The same visit on the citizen's own phone: asked for once, and shown if the server is there.
  async #offerPhone() {
    const { visit } = this.#asked;
    if (find(".symbol")) {
      if (this.#symbol.visit !== visit) {
        this.#symbol = { visit, drawing: fetchSymbol(visit) };
      }
      const drawing = await this.#symbol.drawing;
      find(".symbol")?.replaceChildren(...(drawing ? [drawing] : []));
    }
  }

  async #sendReasons() {
    const reasons = [...document.querySelectorAll("#why :checked")].map((box) => box.value);
    const { visit } = this.#asked;
    const rating = this.#given.id;
    this.#thank();
    if (reasons.length) {
      await this.#queue.add("reasons", visit, { rating, reasons }).catch(() => {});
      this.#delivery.wake();
    }
  }

  // The same for every answer.
  #thank(news = "kept") {
    this.#show("thanks", {
      ticket: this.#asked.ticket,
      given: this.#screens.moment(),
      [news]: true,
      correction: news === "kept" && this.#mayCorrect(),
    });
    this.#countDown(page.thanks, { onEnd: () => this.#wait() });
  }

  // The first touch was a slip: ask again for as long as a correction is taken, and say when not.
  #correct() {
    this.#show("rate", { ...this.#asked, correction: true });
    this.#countDown(this.#correctionLeft(), {
      onTick: (left) => this.#tellLeft(left),
      onEnd: () => this.#thank("late"),
    });
  }

  // What is left is seen as it runs out, and said at its beginning and when it is little.
  #tellLeft(left) {
    const line = find(".soon");
    const isLittle = String(left <= STILL_THERE_SECONDS);
    find("#left").textContent = left;
    if (line.dataset.told !== isLittle) {
      line.dataset.told = isLittle;
      line.textContent = line.dataset.say.replace("{seconds}", left);
      if (this.#speech.isOn && isLittle === "true") {
        this.#speech.read([line], this.#screens.language);
      }
    }
  }

  #correctionLeft() {
    return CORRECTION_SECONDS - (performance.now() - this.#given.at) / 1000;
  }

  #mayCorrect() {
    return Boolean(this.#asked.visit) && this.#correctionLeft() > 20;
  }

  #pause() {
    if (!this.#isBusy && this.#screens.name !== "paused") {
      this.#stopCounting();
      this.#show("paused", { [this.#trouble]: true, cut: this.#isCut });
    }
  }

  // Whoever cannot keep an answer does not ask for one; that passes when the queue was delivered.
  async #examine() {
    const before = this.#trouble;
    this.#trouble = await inTime(this.#queue.trouble(this.#poll.now)).catch(() => "broken");
    if (this.#trouble && (this.#isAsking || this.#isWaiting)) {
      this.#pause();
    } else if (before && !this.#trouble && this.#screens.name === "paused") {
      this.#wait();
    }
  }

  // ---- what is heard from the server

  #hearOf(id, result) {
    if (result !== "already_rated" && result !== "conflict") {
      return;
    }
    this.#repeated.add(id);
    if (id === this.#given?.id && this.#screens.name !== "rate") {
      this.#thank("repeated");
    }
  }

  async #goOn() {
    const isDue = performance.now() - this.#begun > OLD_MS || this.#isOutdated();
    const isOld = this.#isWaiting && isDue;
    if (isOld || (this.#screens.name === "paused" && !this.#trouble)) {
      reload();
    }
    await this.#delivery.wake();
    if (this.#trouble) {
      this.#examine();
    }
  }

  // Only what requests say counts. Whoever waits now sees what there is without the server.
  async #hearNetwork(isReached) {
    this.#isCut = !isReached;
    this.#screens.tellOffline(this.#isCut);
    this.#openDesk().catch(() => {});
    const told = this.#isCut && !this.#newest.visit && (await this.#recallTold());
    if (told && this.#isCut && !this.#newest.visit) {
      this.#newest = { ...this.#newest, ...told };
    }
    if (this.#isWaiting) {
      this.#begin();
    }
  }

  // Without the server an officer on this machine may tell of visits.
  async #openDesk() {
    if (this.#isCut && !page.lobby && !this.#desk) {
      const { DeskPage } = await import("./kiosk-desk.js");
      this.#desk ??= new DeskPage(page.place, this.#queue, {
        isBusy: () => this.#trouble || this.#isBusy,
        offset: () => this.#poll.offsetMs,
        onServed: () => this.#meetServed(),
      });
    }
  }

  #meetServed() {
    if (this.#isAsking) {
      this.#answered.add(this.#asked.visit);
    }
    if (!this.#isBusy && !this.#given) {
      this.#begin();
    }
    this.#delivery.wake();
  }

  // The visit that the server last told of, for a start without it.
  #note(screen) {
    const { visit, ticket, procedure, closed, docket, served } = screen ?? {};
    const facts = { visit, ticket, procedure, closed, docket, served };
    const told = screen && !page.lobby && { ...facts, at: this.#poll.now };
    this.#queue.note("told", told || null).catch(() => {});
  }

  async #recallTold() {
    const { at, ...told } = (await inTime(this.#queue.recall("told")).catch(() => null)) ?? {};
    const isLate = !(Math.abs(this.#poll.now - at) < TOLD_MS);
    await this.#recall(isLate ? null : told.visit);
    return isLate || this.#answered.has(told.visit) ? null : told;
  }

  // ---- what is touched

  #listen() {
    document.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("pointerdown", (event) => this.#touched(event));
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => find(".is-down")?.classList.remove("is-down"));
    }
    document.addEventListener("keydown", (event) => this.#typed(event));
    document.addEventListener("focusin", (event) => this.#focused(event));
    document.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #touched(event) {
    this.#noticeCitizen();
    if (event.isPrimary && !this.#isBusy && !this.#screens.isFresh) {
      event.target.closest?.(".key")?.classList.add("is-down");
    }
  }

  // Time is the citizen's: whoever is there gets all of it again.
  #noticeCitizen() {
    const isPatient = this.#isAsking || this.#screens.name === "reasons" || this.#isWaiting;
    if (isPatient && !find("dialog")) {
      this.#countdown?.restart();
    }
  }

  #clicked(event) {
    const { target } = event;
    const part = target.closest("[data-do]");
    if (part || target.closest(".key")) {
      event.preventDefault();
    }
    if (this.#screens.isFresh || this.#isBusy) {
      return;
    }
    if (this.#isHeardFirst(target)) {
      event.preventDefault();
      return;
    }
    if (part) {
      this.#do(part.dataset.do, part);
    } else if (target.closest(".key")) {
      this.#choose(target.closest(".key"));
    } else if (target.matches("dialog")) {
      this.#stay();
    } else if (this.#isWaiting && !this.#lobby && target.closest(".main")) {
      this.#touchWaiting();
    }
  }

  // With the voice on, the first touch is heard and the second chooses.
  #isHeardFirst(target) {
    const control = target.closest(CONTROLS);
    if (!this.#speech.isOn || !control || this.#heard === control) {
      return false;
    }
    this.#heard = control;
    this.#speech.read([control], this.#screens.language);
    if (find("dialog")) {
      this.#countdown.restart();
    }
    return true;
  }

  // Whoever goes from key to key hears where they are; what is heard may be chosen at once.
  #focused(event) {
    if (event.target.matches(":focus-visible")) {
      this.#isHeardFirst(event.target);
    }
  }

  #do(what, part) {
    const deeds = {
      again: () => this.#correct(),
      begin: () => this.#touchWaiting(),
      close: () => this.#leave("skipped"),
      digit: () => this.#type(() => this.#lobby.digit(part.value)),
      easy: () => this.#help(what),
      erase: () => this.#type(() => this.#lobby.erase()),
      find: () => this.#lobby.find(),
      here: () => this.#stay(),
      keep: () => this.#thank(),
      language: () => this.#switchLanguage(part.lang),
      listen: () => this.#switchSpeech(),
      lower: () => this.#help(what),
      more: () => this.#countdown.extend(page.reasons),
      pass: () => this.#thank(),
      send: () => this.#sendReasons(),
      skip: () => this.#leave("skipped"),
    };
    deeds[what]();
  }

  // Arrows lead from key to key, and a number chooses.
  #typed(event) {
    // A key that is stuck, or goes together with another one, is no answer and nobody's time.
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) {
      const isHeld = event.repeat && (event.key === "Enter" || event.key === " ");
      if (isHeld || (event.altKey && event.key.startsWith("Arrow"))) {
        event.preventDefault();
      }
      return;
    }
    this.#noticeCitizen();
    if (this.#isWaiting && this.#lobby?.hears(event)) {
      this.#helpForAWhile();
      return;
    }
    const keys = [...document.querySelectorAll(".key,.digit,[data-do=begin]")];
    const row = keys[0]?.matches(".digit") ? 4 : 1;
    const onward = document.documentElement.dir === "rtl" ? -1 : 1;
    const way = { ArrowRight: onward, ArrowDown: row, ArrowLeft: -onward, ArrowUp: -row };
    const step = way[event.key];
    if (step && keys.length) {
      const at = keys.indexOf(document.activeElement);
      const next = at < 0 ? (step > 0 ? 0 : keys.length - 1) : at + step;
      keys[(next + keys.length) % keys.length].focus();
      event.preventDefault();
    }
    keys.find((key) => key.value && key.value === event.key && !find("dialog"))?.click();
  }

  // Without the server nobody says which visit it was: where the office allows it, an answer may
  // be for none.
  #touchWaiting() {
    if (this.#isCut && page.unlinked) {
      this.#ask({ ...this.#newest, visit: null, ticket: "", procedure: "", closed: "", docket: "" });
    } else {
      this.#tellEarly();
    }
  }

  #tellEarly() {
    const line = find(".early");
    const calm = line.closest(".wait").classList;
    clearTimeout(this.#early);
    line.textContent = line.dataset.say;
    calm.add("is-early");
    if (this.#speech.isOn) {
      this.#speech.read([line], this.#screens.language);
    }
    this.#early = setTimeout(() => {
      line.textContent = "";
      calm.remove("is-early");
    }, EARLY_MS);
  }

  #switchLanguage(language) {
    this.#screens.switchLanguage(language);
    if (this.#screens.name === "reasons") {
      this.#offerPhone();
    } else if (this.#isWaiting) {
      this.#lobby?.show();
    }
    this.#offerSpeech();
    this.#readAloud();
    this.#helpForAWhile();
  }

  #help(helper) {
    this.#screens.toggle(helper);
    this.#helpForAWhile();
  }

  #type(change) {
    change();
    this.#helpForAWhile();
  }

  #switchSpeech() {
    this.#speech.isOn = !this.#speech.isOn;
    this.#offerSpeech();
    this.#readAloud();
    this.#helpForAWhile();
  }

  // On the waiting screen, language, letters, voice and what was typed return by themselves.
  #helpForAWhile() {
    const isUsed = this.#screens.isChanged || this.#speech.isOn || this.#lobby?.isTyped;
    if (this.#isWaiting && isUsed) {
      this.#countDown(page.idle, { onEnd: () => this.#wait() });
    }
  }

  #offerSpeech() {
    const button = find("[data-do=listen]");
    if (button) {
      button.hidden = !this.#speech.hasVoice(this.#screens.language);
      button.setAttribute("aria-pressed", String(this.#speech.isOn));
    }
  }

  #readAloud() {
    this.#heard = null;
    this.#speech.stop();
    if (this.#speech.isOn) {
      this.#speech.read(this.#screens.readable(), this.#screens.language);
    }
  }

  // ---- small matters

  #show(name, facts) {
    this.#stopCounting();
    this.#chime.stop();
    this.#screens.draw(name, facts);
    this.#offerSpeech();
    this.#readAloud();
  }

  #countDown(seconds, reactions) {
    this.#stopCounting();
    this.#countdown = new Countdown(seconds, reactions);
  }

  #stopCounting() {
    this.#countdown?.stop();
    this.#countdown = null;
  }
}

// What was told of a visit goes back with the answer: by a server that may have forgotten it, or by
// an officer while the server was away.
function docketOf({ docket, served }) {
  return { docket, served };
}

function press(key) {
  key.setAttribute("aria-pressed", "true");
  key.parentElement.classList.add("sent");
  for (const each of key.parentElement.children) {
    each.disabled = each !== key;
  }
}

// The symbol of a fresh link to a visit; nothing where the server does not give one.
function fetchSymbol(visit) {
  return fetch(`${page.phone}?visit=${visit}`, { cache: "no-store" })
    .then((response) => response.json())
    .then(({ svg }) => new DOMParser().parseFromString(svg, "text/html").querySelector("svg"))
    .catch(() => null);
}

// Say whether the page may be loaded anew: not again and again.
function mayReload() {
  const last = Number(sessionStorage.getItem("reloaded"));
  if (Date.now() - last < RELOAD_MS) {
    return false;
  }
  sessionStorage.setItem("reloaded", String(Date.now()));
  return true;
}

// Screens that stay awake; the browser forgets it whenever the page is hidden.
function keepAwake() {
  const ask = () => {
    if (!document.hidden) {
      navigator.wakeLock?.request("screen").catch(() => {});
    }
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  navigator.storage?.persist?.().catch(() => {});
}

// What a store answers; one that hangs has failed.
function inTime(answer) {
  const late = after(STUCK_MS).then(() => Promise.reject(new Error("the store hangs")));
  return Promise.race([answer, late]);
}

// The page anew, whatever form it was an answer to.
function reload() {
  location.replace(page.home);
}

// A page that came as the answer to a plain form: it goes on by itself, as it would without us.
function continuePlainly() {
  const [seconds, address] = page.refresh;
  const countdown = new Countdown(seconds, { onEnd: () => location.replace(address) });
  if (page.name === "reasons") {
    for (const touch of ["pointerdown", "keydown"]) {
      document.addEventListener(touch, () => countdown.restart());
    }
  }
}

// Out of service: look again until the server takes this device for a kiosk.
function waitForService() {
  const poll = new Poll(page.poll, "", {
    onScreen: reload,
    onHeard: reload,
    onRefused() {},
    onReached() {},
  });
  poll.start();
}

if (page.name === "paused") {
  waitForService();
} else if (page.name === "wait" || page.name === "rate") {
  new Kiosk().start();
} else {
  continuePlainly();
}
