// Whoever is not signed in keeps nothing of a desk on this machine: not the pass, not the page.
"use strict";

function leaveDesk() {
  indexedDB.deleteDatabase("hailong-desk");
  globalThis.caches?.delete("hailong-desk").catch(() => {});
}

if (document.body.dataset.leaves) leaveDesk();
document.addEventListener("submit", ({ target }) => {
  if (target.matches("form[data-leaves]")) leaveDesk();
});
