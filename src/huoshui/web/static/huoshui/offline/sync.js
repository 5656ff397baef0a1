// Sending what waits (同步): a visit is sent until the server has said what became of it; sending twice saves once.
import { all, read, remove, write } from "./store.js";

const BATCH = 20;

export class SignedOut extends Error {}

// The list as the server has it now, with what a form needs and who one is.
export async function fetchPack(address) {
  const answer = await ask(address);
  const pack = await answer.json();
  await write("state", "pack", pack);
  return pack;
}

// Send every visit of this person that waits, then the photographs that are still here.
export async function sendAll(addresses, user) {
  const waiting = (await all("queue")).filter((x) => x.user === user && x.state === "waiting");
  waiting.sort((a, b) => (a.sent.visited_at < b.sent.visited_at ? -1 : 1));
  for (let start = 0; start < waiting.length; start += BATCH) {
    const part = waiting.slice(start, start + BATCH);
    const body = JSON.stringify({ visits: part.map((x) => x.sent) });
    const answer = await ask(addresses.sync, posted(body, "application/json"));
    for (const result of (await answer.json()).visits) await noted(result);
  }
  await sendPhotos(addresses.photo, user);
}

async function noted(result) {
  const visit = await read("queue", result.client_id);
  if (!visit) return;
  await write("queue", result.client_id, {
    ...visit,
    state: result.verdict === "already" ? "saved" : result.verdict,
    reason: { zh: result.reason_zh, en: result.reason },
    conflicts: result.conflicts,
    answered_at: new Date().toISOString(),
  });
}

async function sendPhotos(address, user) {
  const accepted = new Set((await all("queue")).filter((x) => x.user === user && ["saved", "conflict"].includes(x.state))
    .flatMap((x) => x.sent.photos));
  for (const photo of await all("photos")) {
    if (!accepted.has(photo.sha256)) continue;
    const form = new FormData();
    form.append("photo", photo.blob, `${photo.sha256}.jpg`);
    form.append("sha256", photo.sha256);
    await ask(address, posted(form), [400]);
    await remove("photos", photo.sha256);
  }
}

function posted(body, type) {
  const headers = { "X-CSRFToken": cookie("csrftoken") };
  if (type) headers["Content-Type"] = type;
  return { method: "POST", body, headers };
}

// `also` are answers beside 2xx that settle the matter, such as 400 for a photograph that the site will never take.
async function ask(address, options = {}, also = []) {
  const answer = await fetch(address, { credentials: "same-origin", redirect: "manual", cache: "no-store", ...options });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) throw new SignedOut();
  if (!answer.ok && !also.includes(answer.status)) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

function cookie(name) {
  const found = document.cookie.split("; ").find((x) => x.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}
