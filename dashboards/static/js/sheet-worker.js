// Keeps tour sheets for places without a network: the network first, the kept copy when it does not answer.
const SHEET = /^\/(de\/abfall|en\/waste)\/tour\/\d+$/;
const PATIENCE_MS = 4000;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== self.location.origin) return;
  if (SHEET.test(pathname)) event.respondWith(freshOrKept(event.request));
  else if (pathname.startsWith('/static/')) event.respondWith(keptOrFresh(event.request));
});

async function freshOrKept(request) {
  const store = await caches.open('sheets');
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) await store.put(request, answer.clone());
    if (answer.status < 500) return answer;
    return (await store.match(request)) ?? answer;
  } catch (error) {
    const kept = await store.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

async function keptOrFresh(request) {
  const store = await caches.open('sheets');
  return (await store.match(request)) ?? fetch(request);
}
