// Opens the till's page when the network is gone. Kept: that page and what it is made of, and nothing of anybody.
const NAME = "dangol-till-{{ mark }}";
const KEPT = [{% for one in kept %}"{{ one|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

self.addEventListener("install", (event) => {
  // A page that led to signing in instead is not the page: then nothing is kept, and it is tried again.
  const keep = async () => {
    const store = await caches.open(NAME);
    for (const one of KEPT) {
      const answer = await fetch(one, { credentials: "same-origin", cache: "reload" });
      if (!answer.ok || answer.redirected) throw new Error(one);
      await store.put(one, answer);
    }
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((one) => one.startsWith("dangol-till-") && one !== NAME).map((one) => caches.delete(one)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// A number that was searched for when the network went: handed once to the page that opened instead, never kept.
let typed = "";
self.addEventListener("message", (event) => {
  event.ports[0]?.postMessage(typed);
  typed = "";
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.mode === "navigate") {
    const sent = request.method === "POST" ? request.clone() : null;
    const lost = async () => {
      typed = sent ? String((await sent.formData()).get("q") ?? "") : "";
      return caches.match("{{ page|escapejs }}");
    };
    event.respondWith(fetch(request).catch(lost));
  } else if (request.method === "GET" && KEPT.includes(path)) {
    event.respondWith(fetch(request).catch(() => caches.match(path)));
  }
});
