// Conveniences of the officers' pages. Every page works without this file.
"use strict";

const plain = (text) =>
  text.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "");

// A list too long to look through can be searched, with or without marks.
function makeSearchable(input) {
  const select = document.getElementsByName(input.dataset.filters)[0];
  const all = [...select.options].map((option) => [plain(option.text), option]);
  input.addEventListener("input", () => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    const chosen = select.value;
    const fitting = all.filter(
      ([text, option]) => option.value === "" || words.every((word) => text.includes(word)),
    );
    select.replaceChildren(...fitting.map(([, option]) => option));
    const isStillThere = fitting.some(([, option]) => option.value === chosen);
    if (isStillThere && chosen !== "") select.value = chosen;
    else select.selectedIndex = words.length > 0 && fitting.length === 2 ? 1 : 0;
  });
  // Enter belongs to the form: a reader sends it after a code, a person after a word searched for.
}

// A reader that sends Enter twice, or an impatient hand, sends a form once.
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.isSent) event.preventDefault();
    form.dataset.isSent = "yes";
  });
}

// Long work says that it goes on, and for how many seconds already, until the answer is there.
function tellOfWork(element, event) {
  const note = document.createElement("p");
  note.className = "working";
  note.setAttribute("role", "status");
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", element.dataset.working);
  const words = document.createElement("span");
  const seconds = document.createElement("span");
  seconds.setAttribute("aria-hidden", "true");
  note.append(bar, words, seconds);
  element.after(note);
  // Into an element that is there already, or nobody who listens is told.
  requestAnimationFrame(() => (words.textContent = element.dataset.working));
  const begun = Date.now();
  const count = () => (seconds.textContent = `${Math.round((Date.now() - begun) / 1000)} s`);
  const counting = setInterval(count, 1000);
  if (event === "submit") window.addEventListener("pageshow", () => note.remove(), { once: true });
  else awaitFile(element, note).then((isHere) => {
    clearInterval(counting);
    if (isHere) return note.remove();
    bar.remove();
    seconds.remove();
    words.textContent = element.dataset.failed;
  });
}

// The answer that brings a file leaves a cookie named by the word with which it was asked for; any
// other answer is a page that takes this one's place and says itself what is wrong.
const LONGEST_FILE_MS = 180000;
function awaitFile(element, note) {
  const word = [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const address = new URL(element.href);
  address.searchParams.set("asked", word);
  element.href = address.href;
  const begun = Date.now();
  return new Promise((resolve) => {
    const looking = setInterval(() => {
      const isHere = document.cookie.split("; ").includes(`asked-${word}=1`);
      if (!isHere && note.isConnected && Date.now() - begun < LONGEST_FILE_MS) return;
      clearInterval(looking);
      if (isHere) document.cookie = `asked-${word}=; max-age=0; path=/; samesite=strict`;
      resolve(isHere);
    }, 250);
  });
}

function prepare(root) {
  for (const element of root.querySelectorAll("[data-working]")) {
    const event = element.matches("form") ? "submit" : "click";
    element.addEventListener(event, () => tellOfWork(element, event));
  }
  for (const element of root.querySelectorAll("[data-scripted]")) element.hidden = false;
  for (const input of root.querySelectorAll("[data-filters]")) makeSearchable(input);
  for (const form of root.querySelectorAll("form[data-once]")) sendOnce(form);
  for (const button of root.querySelectorAll("[data-prints]")) {
    button.addEventListener("click", () => window.print());
  }
}

// What is folded on the screen stands unfolded on paper.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    folded.dataset.unfolded = "";
  }
});
addEventListener("afterprint", () => {
  for (const unfolded of document.querySelectorAll("[data-unfolded]")) {
    unfolded.open = false;
    delete unfolded.dataset.unfolded;
  }
});

// What changed by itself is said aloud to those who do not see it.
function say() {
  const news = document.querySelector("[data-says]");
  if (news) document.getElementById("said").textContent = news.textContent.trim();
}

function showFailure(isFailed) {
  document.getElementById("load-failed").hidden = !isFailed;
}

prepare(document);
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.response?.status >= 500) return;
  showFailure(false);
  if (event.target instanceof Element) prepare(event.target);
  say();
});
document.addEventListener("htmx:error", () => showFailure(true));
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) showFailure(true);
});
// A page brought back by the browser's own history was sent before, but may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.isSent;
});
