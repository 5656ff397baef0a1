// Keeps the visit page and its files for when there is no network (离线缓存). No answer that holds data is kept here.
const PAGE = "{{ page|escapejs }}";
const FILES = [{% for file in files %}"{{ file|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const KEPT = "huoshui-visits-" + FILES.join("|").split("").reduce((sum, x) => (sum * 31 + x.charCodeAt(0)) >>> 0, 7);
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll([PAGE, ...FILES])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((x) => x.startsWith("huoshui-visits-") && x !== KEPT).map((x) => caches.delete(x)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(page(request));
  else if (FILES.includes(pathname)) event.respondWith(caches.match(request, { ignoreSearch: true }).then((x) => x || fetch(request)));
});

// The page as the site has it now, or the kept one where the site does not answer in time or asks to sign in first.
async function page(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await Promise.race([fetch(request), new Promise((_, reject) => setTimeout(reject, PATIENCE))]);
    if (answer.ok && !answer.redirected) await kept.put(PAGE, answer.clone());
    return answer.status >= 500 ? (await kept.match(PAGE)) || answer : answer;
  } catch {
    return (await kept.match(PAGE)) || Response.error();
  }
}
