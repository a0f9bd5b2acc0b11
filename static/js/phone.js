// Conveniences of the pages on citizens' phones. Every page works without this file.
"use strict";

// An impatient finger sends a form once; a page brought back by the browser may be sent again.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.isSent) event.preventDefault();
    form.dataset.isSent = "yes";
  });
  window.addEventListener("pageshow", () => delete form.dataset.isSent);
}

// "Nghe đọc" says what stands on the page, one recording after the other; a second touch ends it.
for (const button of document.querySelectorAll("[data-recordings]")) {
  const recordings = button.dataset.recordings.split(" ");
  const player = new Audio();
  let next = 0;

  const end = () => {
    player.pause();
    next = 0;
    button.setAttribute("aria-pressed", "false");
  };
  const say = () => {
    if (next >= recordings.length) return end();
    player.src = recordings[next];
    next += 1;
    player.play().catch(end);
  };

  player.addEventListener("ended", say);
  player.addEventListener("error", end);
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") return end();
    button.setAttribute("aria-pressed", "true");
    say();
  });
  button.hidden = false;
}
