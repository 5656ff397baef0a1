// Sending what waits (同步): a visit is sent until the server has said what became of it; sending twice saves once.
import { all, read, remove, write } from "./store.js";

const BATCH = 20;

export class SignedOut extends Error {}

// The list as the server has it now, with what a form needs and who one is.
export async function fetchPack(address) {
  const answer = await ask(address, { headers: { Accept: "application/json" } });
  const pack = await answer.json();
  await write("state", "pack", pack);
  return pack;
}

// Send every visit of this person that waits, then the photographs that are still here. Returns how many were answered.
export async function sendAll(addresses, user) {
  const waiting = (await all("queue")).filter((x) => x.user === user && x.state === "waiting");
  let answered = 0;
  for (let start = 0; start < waiting.length; start += BATCH) {
    const part = waiting.slice(start, start + BATCH);
    const visits = part.map(({ client_id, firm, assignment, visited_at, answers, photos }) => (
      { client_id, firm, assignment, visited_at, answers, photos }));
    const answer = await ask(addresses.sync, await posted(JSON.stringify({ visits }), "application/json"));
    for (const result of (await answer.json()).results) {
      await noted(result);
      answered += 1;
    }
  }
  await sendPhotos(addresses.photo, user);
  return answered;
}

async function noted(result) {
  const visit = await read("queue", result.client_id);
  if (!visit) return;
  await write("queue", result.client_id, {
    ...visit,
    state: result.verdict === "already" ? "saved" : result.verdict,
    reason: result.reason || "",
    conflicts: result.conflicts || [],
    answered_at: new Date().toISOString(),
  });
}

async function sendPhotos(address, user) {
  const accepted = new Set((await all("queue")).filter((x) => x.user === user && ["saved", "conflict"].includes(x.state))
    .flatMap((x) => x.photos));
  for (const photo of await all("photos")) {
    if (!accepted.has(photo.sha256)) continue;
    const form = new FormData();
    form.append("photo", photo.blob, `${photo.sha256}.jpg`);
    form.append("sha256", photo.sha256);
    await ask(address, await posted(form));
    await remove("photos", photo.sha256);
  }
}

async function posted(body, type) {
  const pack = await read("state", "pack");
  const headers = { "X-CSRFToken": cookie("csrftoken") || (pack && pack.csrf) || "", Accept: "application/json" };
  if (type) headers["Content-Type"] = type;
  return { method: "POST", body, headers };
}

async function ask(address, options) {
  const answer = await fetch(address, { credentials: "same-origin", redirect: "manual", cache: "no-store", ...options });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) throw new SignedOut();
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

function cookie(name) {
  const found = document.cookie.split("; ").find((x) => x.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}
