// Keeps on this machine what the desk needs without the server, while the server is there, and leads
// to it when the server does not answer. Plain HTTP lends no keys: there nothing is kept.

import { Kit, NAME } from "./desk-kit.js";

const desk = JSON.parse(document.getElementById("desk-data").textContent);

async function keep() {
  const { files, edition, worker, scope, ...pass } = desk;
  const kit = new Kit();
  await kit.keep("pass", pass);
  const cache = await caches.open(NAME);
  const isKept = (await kit.recall("edition")) === edition && (await cache.match(files[0]));
  for (const address of isKept ? [] : files) {
    const answer = await fetch(address, { redirect: "error" });
    if (!answer.ok) {
      return;
    }
    await cache.put(address, answer);
  }
  await kit.keep("edition", edition);
  await navigator.serviceWorker.register(worker, { scope, updateViaCache: "none" });
}

function offer() {
  document.getElementById("desk-away").hidden = false;
}

if (navigator.serviceWorker && crypto.subtle) {
  keep().catch(() => {});
  document.addEventListener("htmx:error", offer);
  document.addEventListener("htmx:response:error", ({ detail }) => {
    if (detail.ctx.response.status >= 500) {
      offer();
    }
  });
}
