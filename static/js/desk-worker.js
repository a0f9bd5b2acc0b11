// Shows the desk's page for times without the server, and its files, while the server is away. What
// it shows was put into its store by the desk's page itself; it asks for nothing on its own.

const HOME = new URL(self.registration.scope).pathname;
const OFFLINE = `${HOME}/offline`;
const STORE = "hailong-desk";
const SLOW_MS = 5_000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) {
    return;
  }
  if (request.method === "POST" && request.mode === "navigate" && pathname.startsWith(`${HOME}/`)) {
    event.respondWith(fetch(request).catch(() => Response.redirect(OFFLINE, 303)));
  }
  if (request.method !== "GET") {
    return;
  }
  if (request.mode === "navigate" && (pathname === HOME || pathname === OFFLINE)) {
    event.respondWith(fetchOrKept(request, OFFLINE));
  } else if (pathname.startsWith("/static/")) {
    event.respondWith(fetchOrKept(request, request.url));
  }
});

// The server's own answer, where it comes; a server in trouble has none.
async function fetchOrKept(request, address) {
  const coming = fetch(request).catch(() => null);
  const late = new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  const fresh = await Promise.race([coming, late]);
  if (fresh && fresh.status < 500) {
    return fresh;
  }
  const kept = await caches.open(STORE).then((cache) => cache.match(address, { ignoreVary: true }));
  return kept ?? fresh ?? (await coming) ?? Response.error();
}
