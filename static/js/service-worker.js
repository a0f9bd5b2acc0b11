// Answers for the server while it is away: the kiosk's page, all its files and the recordings.
// It keeps whole editions of the page, lets a new one run on trial, and goes back to the last good
// one where that does not start. It never keeps an answer of the interface.

const HOME = new URL(self.registration.scope).pathname;
const PAUSED = `${HOME}paused`;
const FILES = `${HOME}shell/files`;
const TEXTS = `${HOME}speech/`;
const MARKS = `${HOME}marks/`;
const STATE = `${HOME}shell/state`;
const NO_SHELL = "none";
const AUDIO = "hailong-audio";
const KEEPING = "hailong-state";
const EDITION = "hailong-shell-";

const SLOW_MS = 2_000;
const LONGEST_WAIT_MS = 20_000;
const START_MS = 10_000;
const QUIET_MS = 4_000;
const BETWEEN_MS = 40;
const MOST_TRIALS = 2;
const FORGIVEN_MS = 6 * 3600_000;

// `current` started once, `candidate` is complete and has yet to start, `failed` says when which
// edition did not start.
const NOTHING = { current: null, candidate: null, trials: 0, failed: {} };
const shown = new Map();
let remembered = null;
let looking = null;

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.waitUntil(hear(event)));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) {
    return;
  }
  if (request.mode === "navigate") {
    event.respondWith(pathname === HOME ? showPage(event) : showOther(event));
  } else if (["/static/", TEXTS, MARKS].some((place) => pathname.startsWith(place))) {
    event.respondWith(giveFile(event));
  }
});

// ---- what is remembered between two starts of this program

function recall() {
  remembered ??= caches
    .open(KEEPING)
    .then((cache) => cache.match(STATE))
    .then((kept) => kept?.json())
    .then((kept) => ({ ...NOTHING, ...kept }));
  return remembered;
}

async function remember(changes) {
  const state = { ...(await recall()), ...changes };
  remembered = Promise.resolve(state);
  const cache = await caches.open(KEEPING);
  await cache.put(STATE, new Response(JSON.stringify(state)));
  return state;
}

// ---- the page

async function install() {
  if (!(await recall()).current) {
    const list = await fetchList();
    await download(list);
    await remember({ current: list.edition });
  }
  await self.skipWaiting();
}

// A new edition is shown on trial; otherwise the server's own page, where it is of the edition
// that is kept here; the kept page when the server is slow, away, or has another edition.
async function showPage(event) {
  const state = await tryCandidate();
  const edition = state.candidate ?? state.current;
  const fresh = await fetchPage(event);
  const told = fresh?.headers.get("Shell-Edition");
  if (fresh?.type === "opaqueredirect" || told === NO_SHELL || (told && told === edition)) {
    shown.set(event.resultingClientId, told === edition ? edition : null);
    if (told === edition && state.candidate) {
      event.waitUntil(watch(edition, event.resultingClientId));
    }
    return fresh;
  }
  if (told) {
    event.waitUntil(look().catch(() => {}));
  }
  const kept = await findPage(edition);
  if (kept) {
    shown.set(event.resultingClientId, edition);
    if (state.candidate) {
      event.waitUntil(watch(edition, event.resultingClientId));
    }
    return kept;
  }
  shown.set(event.resultingClientId, null);
  return (told ? fresh : null) ?? (await caches.match(PAUSED)) ?? fresh ?? Response.error();
}

// A candidate that was begun again and again without starting is no good.
async function tryCandidate() {
  const state = await recall();
  if (!state.candidate) {
    return state;
  }
  return state.trials < MOST_TRIALS
    ? remember({ trials: state.trials + 1 })
    : condemn(state.candidate);
}

async function findPage(edition) {
  const cache = edition && (await caches.open(EDITION + edition));
  return (cache && (await cache.match(HOME))) || null;
}

// The server's own page; null when it does not come soon or the server is in trouble.
async function fetchPage(event) {
  const coming = fetch(event.request).catch(() => null);
  event.waitUntil(coming);
  const fresh = await Promise.race([coming, after(SLOW_MS)]);
  return fresh && fresh.status < 500 ? fresh : null;
}

// Other pages are the server's; without it there is but the kiosk's page.
async function showOther(event) {
  shown.set(event.resultingClientId, null);
  try {
    return await fetch(event.request);
  } catch {
    return Response.redirect(HOME, 303);
  }
}

// ---- the files

async function giveFile(event) {
  const { request } = event;
  const kept = await findFile(request, event.clientId);
  if (!kept) {
    return fetch(request);
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range") ?? "");
  return range ? cut(kept, range) : kept;
}

async function findFile(request, client) {
  if (new URL(request.url).pathname.startsWith("/static/audio/")) {
    return (await caches.open(AUDIO)).match(request.url);
  }
  const edition = shown.has(client) ? shown.get(client) : (await recall()).current;
  return edition && (await caches.open(EDITION + edition)).match(request.url, { ignoreSearch: true });
}

// The part of a recording that a player asks for.
async function cut(kept, [, from, until]) {
  const whole = await kept.blob();
  const first = Number(from);
  const last = Math.min(until ? Number(until) : Infinity, whole.size - 1);
  if (first > last) {
    return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${whole.size}` } });
  }
  const headers = new Headers(kept.headers);
  headers.set("Content-Range", `bytes ${first}-${last}/${whole.size}`);
  headers.set("Content-Length", String(last - first + 1));
  return new Response(whole.slice(first, last + 1), { status: 206, headers });
}

// ---- new editions

// Look for another edition and keep all of it, before any page hears of it.
function look() {
  looking ??= search().finally(() => {
    looking = null;
  });
  return looking;
}

async function search() {
  const list = await fetchList();
  const state = await recall();
  const failedAt = state.failed[list.edition];
  if (list.edition === state.current) {
    await remember({ candidate: null });
  } else if (!failedAt || Date.now() - failedAt > FORGIVEN_MS) {
    if (list.edition !== state.candidate) {
      await download(list);
      await remember({ candidate: list.edition, trials: 0 });
    }
    await tell({ ready: list.edition });
  }
  return list;
}

async function fetchList() {
  const response = await ask(FILES, { cache: "no-store" });
  return response.json();
}

async function ask(address, options) {
  const response = await fetch(address, {
    ...options,
    redirect: "error",
    signal: AbortSignal.timeout?.(LONGEST_WAIT_MS),
  });
  if (!response.ok) {
    throw new Error(`${address}: ${response.status}`);
  }
  return response;
}

// Keep an edition: every file as its digest wants it, and the page last of all.
async function download({ edition, files, texts }) {
  const cache = await caches.open(EDITION + edition);
  const { current } = await recall();
  const before = current && (await caches.open(EDITION + current));
  for (const address of files) {
    const known = (await cache.match(address)) ?? (await before?.match(address));
    await cache.put(address, known ?? (await fetchFile(address)));
  }
  for (const address of [...texts, PAUSED]) {
    await cache.put(address, await plain(await ask(address, { cache: "no-store" })));
  }
  const page = await ask(`${HOME}shell`, { cache: "no-store" });
  if (page.headers.get("Shell-Edition") !== edition) {
    throw new Error("the page has changed meanwhile");
  }
  await cache.put(HOME, await plain(page));
}

async function fetchFile(address) {
  const response = await ask(address, { cache: "no-cache" });
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const wanted = new URL(address, location.origin).searchParams.get("v");
  if (!wanted || !hex.startsWith(wanted)) {
    throw new Error(`${address}: not what was announced`);
  }
  return response;
}

// The same answer without the address that it came from, which would become the page's own.
async function plain(response) {
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  return new Response(await response.blob(), { headers });
}

// Go back to the last good edition unless this one reports in time that it started.
async function watch(edition, client) {
  await after(START_MS);
  const { candidate, current } = await recall();
  if (candidate === edition && current) {
    await condemn(edition);
    const page = await self.clients.get(client);
    await page?.navigate(HOME).catch(() => {});
  }
}

async function condemn(edition) {
  const { failed } = await recall();
  const state = await remember({
    candidate: null,
    trials: 0,
    failed: { ...failed, [edition]: Date.now() },
  });
  await caches.delete(EDITION + edition);
  return state;
}

// ---- what pages say

async function hear(event) {
  const { started, looks } = event.data;
  if (started) {
    await confirm(started);
    const { failed } = await recall();
    event.source?.postMessage({ failed: Object.keys(failed) });
  }
  if (started || looks) {
    const list = await look().catch(() => null);
    if (list && started) {
      await after(QUIET_MS);
      await keepAudio(list.audio).catch(() => {});
    }
  }
}

// A candidate that started is the good one now, and the editions before it may go.
async function confirm(edition) {
  const state = await recall();
  if (edition === state.candidate) {
    await remember({ current: edition, candidate: null, trials: 0, failed: {} });
  }
  if (edition === state.candidate || edition === state.current) {
    const { candidate } = await recall();
    for (const name of await caches.keys()) {
      const old = name.startsWith(EDITION) && name.slice(EDITION.length);
      if (old && old !== edition && old !== candidate && !looking) {
        await caches.delete(name);
      }
    }
  }
}

// Recordings come when all else is there, one after the other, so that nobody waits for them.
async function keepAudio(addresses) {
  const cache = await caches.open(AUDIO);
  const kept = (await cache.keys()).map(({ url }) => url);
  const wanted = addresses.map((address) => new URL(address, location.origin).href);
  for (const address of wanted.filter((each) => !kept.includes(each))) {
    await cache.put(address, await fetchFile(address));
    await after(BETWEEN_MS);
  }
  for (const address of kept.filter((each) => !wanted.includes(each))) {
    await cache.delete(address);
  }
}

async function tell(message) {
  for (const page of await self.clients.matchAll({ type: "window" })) {
    page.postMessage(message);
  }
}
