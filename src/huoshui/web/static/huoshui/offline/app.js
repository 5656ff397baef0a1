// The visit form that works without a network (离线走访): list, form, what waits. The page's own words stand in its data.
import { all, queueVisit, read, remove, write } from "./store.js";
import { shrunk } from "./photo.js";
import { SignedOut, fetchPack, sendAll } from "./sync.js";

const page = document.querySelector("[data-offline]");
const words = JSON.parse(document.getElementById("words").textContent);
const addresses = { pack: page.dataset.pack, sync: page.dataset.sync, photo: page.dataset.photo, worker: page.dataset.worker };
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const form = page.querySelector("form");
let pack = null;
let chosen = null;
let photos = [];
let sending = false;

start();

async function start() {
  if (!("indexedDB" in window) || !window.crypto || !crypto.subtle) return status(words.unfit, "error");
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(addresses.worker).catch(() => status(words.unfit, "error"));
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
  pack = await read("state", "pack");
  window.addEventListener("online", exchange);
  window.addEventListener("offline", () => status(words.offline, "warning"));
  window.addEventListener("hashchange", show);
  form.addEventListener("input", keepDraft);
  form.addEventListener("submit", save);
  part("photo").addEventListener("change", addPhotos);
  part("search").addEventListener("input", drawList);
  part("send").addEventListener("click", exchange);
  await show();
  await exchange();
}

// Fetch the list and send what waits; without a network nothing happens and nothing is lost.
async function exchange() {
  if (sending) return;
  sending = true;
  try {
    pack = await fetchPack(addresses.pack);
    await sendAll(addresses, pack.user.id);
    pack = await fetchPack(addresses.pack);
    status(words.up_to_date.replace("{at}", clock(new Date())), "success");
  } catch (problem) {
    if (problem instanceof SignedOut) status(words.signed_out, "warning", page.dataset.signIn);
    else status(navigator.onLine ? words.unreachable : words.offline, "warning");
  } finally {
    sending = false;
    await show();
  }
}

async function show() {
  const asked = location.hash.slice(1);
  const firm = asked.startsWith("firm/") ? Number(asked.slice(5)) : null;
  const entry = firm && pack ? pack.entries.find((x) => x.firm.id === firm) : null;
  const view = entry ? "form" : asked === "queue" ? "queue" : "list";
  for (const name of ["list", "form", "queue"]) part(name).hidden = name !== view;
  for (const link of page.querySelectorAll("[data-to]")) {
    if (link.dataset.to === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (view === "form") await openForm(entry);
  else chosen = null;
  await drawList();
  await drawQueue();
}

async function mine() {
  const queue = await all("queue");
  return pack ? queue.filter((x) => x.user === pack.user.id) : [];
}

async function drawList() {
  const sought = part("search").value.trim().toLowerCase();
  const queued = new Map((await mine()).map((x) => [x.firm, x]));
  const entries = pack ? pack.entries : [];
  const shown = entries.filter((x) => !sought || `${x.firm.name} ${x.firm.uscc} ${x.firm.initials || ""}`.toLowerCase().includes(sought));
  part("entries").replaceChildren(...shown.map((x) => entryCard(x, queued.get(x.firm.id))));
  part("no-entries").hidden = shown.length > 0;
  part("left").textContent = words.left.replace("{n}", entries.filter((x) => !queued.has(x.firm.id)).length);
}

function entryCard(entry, visit) {
  const link = element("a", { href: `#firm/${entry.firm.id}`, class: "entry" });
  link.append(element("strong", {}, entry.firm.name));
  const place = [entry.firm.grid, entry.firm.address].filter(Boolean).join(" · ");
  if (place) link.append(element("span", { class: "soft" }, place));
  const marks = element("span", { class: "marks" });
  if (visit) marks.append(element("span", { class: `badge ${colour(visit.state)}` }, words.states[visit.state]));
  if (entry.overdue) marks.append(element("span", { class: "badge red" }, words.overdue));
  else if (entry.due_on) marks.append(element("span", { class: "badge" }, words.due.replace("{day}", entry.due_on)));
  if (entry.visited_before) {
    const { at, by } = entry.visited_before;
    marks.append(element("span", { class: "badge amber" }, words.visited_before.replace("{at}", at).replace("{by}", by || "")));
  }
  link.append(marks);
  return element("li", {}, link);
}

async function drawQueue() {
  const queue = (await mine()).sort((a, b) => (a.visited_at < b.visited_at ? 1 : -1));
  const waiting = queue.filter((x) => x.state === "waiting").length;
  part("waiting").textContent = waiting;
  part("waiting").hidden = waiting === 0;
  part("no-queue").hidden = queue.length > 0;
  part("visits").replaceChildren(...queue.map(visitCard));
  const others = (await all("queue")).filter((x) => x.state === "waiting" && (!pack || x.user !== pack.user.id)).length;
  part("others").hidden = others === 0;
  part("others").textContent = words.others.replace("{n}", others);
}

function visitCard(visit) {
  const card = element("li", { class: "card" });
  card.append(element("h3", {}, visit.firm_name), element("p", { class: "soft" }, clock(new Date(visit.visited_at))));
  card.append(element("span", { class: `badge ${colour(visit.state)}` }, words.states[visit.state]));
  if (visit.reason) card.append(element("p", {}, visit.reason));
  if (visit.conflicts && visit.conflicts.length) card.append(element("p", {}, `${words.differs}${visit.conflicts.join(words.comma)}`));
  if (["saved", "conflict"].includes(visit.state)) {
    card.append(element("a", { href: page.dataset.firm.replace("0", visit.firm), class: "btn" }, words.open_firm));
  }
  if (visit.state === "refused") {
    const again = element("button", { type: "button", class: "btn" }, words.correct);
    again.addEventListener("click", () => correct(visit));
    card.append(again);
  }
  return card;
}

// A refused visit becomes a draft again: what was typed and photographed is kept.
async function correct(visit) {
  await write("drafts", draftKey(visit.firm), { values: visit.answers, photos: visit.photos });
  await remove("queue", visit.client_id);
  location.hash = `firm/${visit.firm}`;
}

const draftKey = (firm) => `${pack.user.id}/${firm}`;

async function openForm(entry) {
  if (chosen && chosen.firm.id === entry.firm.id) return;
  chosen = entry;
  form.reset();
  part("firm-name").textContent = entry.firm.name;
  part("firm-place").textContent = [entry.firm.uscc, entry.firm.address].filter(Boolean).join(" · ");
  const before = entry.visited_before;
  part("before").hidden = !before;
  if (before) part("before").textContent = words.visited_before.replace("{at}", before.at).replace("{by}", before.by || "");
  const draft = await read("drafts", draftKey(entry.firm.id));
  fill(draft ? draft.values : {});
  photos = (await Promise.all(((draft && draft.photos) || []).map((x) => read("photos", x)))).filter(Boolean);
  drawPhotos();
  part("restored").hidden = !draft;
  part("problem").hidden = true;
}

function answers() {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string" || value === "" || name === "csrfmiddlewaretoken") continue;
    const many = form.querySelectorAll(`[type=checkbox][name="${name}"]`).length > 1;
    if (many) (found[name] = found[name] || []).push(value);
    else found[name] = value;
  }
  return found;
}

function fill(values) {
  for (const field of form.elements) {
    if (!field.name || !(field.name in values) || field.type === "file") continue;
    const value = values[field.name];
    if (["radio", "checkbox"].includes(field.type)) field.checked = [].concat(value).includes(field.value);
    else field.value = value;
  }
}

async function keepDraft() {
  if (!chosen) return;
  await write("drafts", draftKey(chosen.firm.id), { values: answers(), photos: photos.map((x) => x.sha256) });
  part("kept").textContent = words.kept.replace("{at}", clock(new Date()));
}

async function addPhotos(event) {
  for (const file of event.target.files) {
    try {
      const photo = await shrunk(file);
      if (photos.some((x) => x.sha256 === photo.sha256)) continue;
      await write("photos", photo.sha256, photo);
      photos.push(photo);
    } catch {
      problem(words.no_picture.replace("{name}", file.name));
    }
  }
  event.target.value = "";
  drawPhotos();
  await keepDraft();
}

function drawPhotos() {
  part("photos").replaceChildren(...photos.map((photo) => {
    const address = URL.createObjectURL(photo.blob);
    const image = element("img", { src: address, alt: words.photo, width: 96 });
    image.onload = () => URL.revokeObjectURL(address);
    const drop = element("button", { type: "button", class: "btn btn-small" }, words.drop_photo);
    drop.addEventListener("click", async () => {
      photos = photos.filter((x) => x !== photo);
      drawPhotos();
      await keepDraft();
    });
    return element("li", {}, image, drop);
  }));
}

async function save(event) {
  event.preventDefault();
  if (!chosen || !form.reportValidity()) return;
  const visit = {
    client_id: uuid(), user: pack.user.id, firm: chosen.firm.id, firm_name: chosen.firm.name, assignment: chosen.assignment || null,
    visited_at: new Date().toISOString(), answers: answers(), photos: photos.map((x) => x.sha256), state: "waiting", reason: "", conflicts: [],
  };
  try {
    await queueVisit(visit, photos, draftKey(chosen.firm.id));
  } catch {
    problem(words.full);
    return;
  }
  chosen = null;
  photos = [];
  location.hash = "queue";
  await show();
  window.scrollTo(0, 0);
  await exchange();
}

function problem(text) {
  part("problem").textContent = text;
  part("problem").hidden = false;
}

function status(text, kind, address) {
  const line = part("status");
  line.className = `notice ${kind}`;
  line.replaceChildren(text);
  if (address) line.append(" ", element("a", { href: address }, words.sign_in));
  line.hidden = false;
}

function colour(state) {
  return { saved: "green", waiting: "blue", conflict: "amber", refused: "red" }[state] || "";
}

function clock(at) {
  const two = (x) => String(x).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
