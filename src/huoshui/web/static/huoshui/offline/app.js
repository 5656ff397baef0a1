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
    await sendAll(addresses, pack.visitor);
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
  const entry = asked.startsWith("firm/") ? await entryOf(Number(asked.slice(5))) : null;
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

// The entry of the list, or the one that a draft was begun with: somebody else may have been at the firm since.
async function entryOf(firm) {
  const entries = (await drafts()).map((x) => x.entry).concat(pack ? pack.entries : []);
  return (chosen && chosen.firm === firm && chosen) || entries.find((x) => x.firm === firm) || null;
}

const mine = async () => (pack ? (await all("queue")).filter((x) => x.user === pack.visitor) : []);
const drafts = async () => (pack ? (await all("drafts")).filter((x) => x.user === pack.visitor) : []);

async function drawList() {
  const sought = part("search").value.trim().toLowerCase();
  const visits = new Map((await mine()).map((x) => [x.sent.firm, x]));
  const begun = new Map((await drafts()).map((x) => [x.entry.firm, x.entry]));
  const listed = pack ? pack.entries.filter((x, at, whole) => whole.findIndex((y) => y.firm === x.firm) === at) : []; // a firm of two campaigns once
  const lost = [...begun.values()].filter((x) => !listed.some((y) => y.firm === x.firm));
  const entries = [...lost, ...listed];
  const shown = entries.filter((x) => !sought || `${x.name} ${x.code} ${x.address}`.toLowerCase().includes(sought));
  part("entries").replaceChildren(...shown.map((x) => entryCard(x, visits.get(x.firm), begun.has(x.firm))));
  part("no-entries").hidden = shown.length > 0;
  part("left").textContent = words.left.replace("{n}", listed.filter((x) => !visits.has(x.firm)).length);
  part("cut").hidden = !pack || pack.is_whole;
  part("cut").textContent = words.left_out;
}

function entryCard(entry, visit, begun) {
  const link = element("a", { href: `#firm/${entry.firm}`, class: "entry" });
  link.append(element("strong", {}, entry.name));
  const place = [entry.township, entry.grid, entry.address].filter(Boolean).join(" · ");
  if (place) link.append(element("span", { class: "soft" }, place));
  const marks = element("span", { class: "marks" });
  if (visit) marks.append(element("span", { class: `badge ${colour(visit.state)}` }, words.states[visit.state]));
  if (begun) marks.append(element("span", { class: "badge blue" }, words.draft));
  if (entry.is_overdue) marks.append(element("span", { class: "badge red" }, words.overdue));
  else marks.append(element("span", { class: "badge" }, words.due.replace("{day}", entry.due_on)));
  if (entry.visited_before_at) marks.append(element("span", { class: "badge amber" }, before(entry)));
  link.append(marks);
  return element("li", {}, link);
}

const before = (entry) => words.visited_before.replace("{at}", clock(new Date(entry.visited_before_at)).slice(0, 10))
  .replace("{by}", entry.visited_before_by);

async function drawQueue() {
  const queue = (await mine()).sort((a, b) => (a.sent.visited_at < b.sent.visited_at ? 1 : -1));
  const waiting = queue.filter((x) => x.state === "waiting").length;
  part("waiting").textContent = waiting;
  part("waiting").hidden = waiting === 0;
  part("no-queue").hidden = queue.length > 0;
  part("visits").replaceChildren(...queue.map(visitCard));
  const others = (await all("queue")).filter((x) => x.state === "waiting" && (!pack || x.user !== pack.visitor)).length;
  part("others").hidden = others === 0;
  part("others").textContent = words.others.replace("{n}", others);
}

function visitCard(visit) {
  const card = element("li", { class: "card" });
  card.append(element("h3", {}, visit.firm_name), element("p", { class: "soft" }, clock(new Date(visit.sent.visited_at))));
  card.append(element("span", { class: `badge ${colour(visit.state)}` }, words.states[visit.state]));
  if (visit.reason && visit.reason[words.language]) card.append(element("p", {}, visit.reason[words.language]));
  const fields = visit.conflicts.map((x) => words.fields[x] || x);
  if (fields.length) card.append(element("p", {}, words.differs + fields.join(words.comma)));
  if (["saved", "conflict"].includes(visit.state)) {
    card.append(element("a", { href: page.dataset.firm.replace("0", visit.sent.firm), class: "btn" }, words.open_firm));
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
  const { entry, values, sent, user } = visit;
  await write("drafts", draftKey(sent.firm), { user, entry, values, photos: sent.photos });
  await remove("queue", sent.client_id);
  location.hash = `firm/${sent.firm}`;
}

const draftKey = (firm) => `${pack.visitor}/${firm}`;

async function openForm(entry) {
  if (chosen && chosen.firm === entry.firm) return;
  chosen = entry;
  form.reset();
  part("firm-name").textContent = entry.name;
  part("firm-place").textContent = [entry.code, entry.address].filter(Boolean).join(" · ");
  part("before").hidden = !entry.visited_before_at;
  if (entry.visited_before_at) part("before").textContent = before(entry);
  part("place").hidden = !(pack.may_keep_place && navigator.geolocation);
  const draft = await read("drafts", draftKey(entry.firm));
  fill(draft ? draft.values : {});
  photos = (await Promise.all((draft ? draft.photos : []).map((x) => read("photos", x)))).filter(Boolean);
  drawPhotos();
  part("restored").hidden = !draft;
  part("problem").hidden = true;
  part("kept").textContent = "";
  window.scrollTo(0, 0);
}

// What stands in the form, by the names of its fields: a text each, a list where several may be ticked.
function values() {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || field.type === "file" || (["radio", "checkbox"].includes(field.type) && !field.checked)) continue;
    if (field.name === "obstacles") (found.obstacles = found.obstacles || []).push(field.value);
    else if (field.value.trim() !== "") found[field.name] = field.value.trim();
  }
  return found;
}

function fill(kept) {
  for (const field of form.elements) {
    if (!(field.name in kept) || field.type === "file") continue;
    if (["radio", "checkbox"].includes(field.type)) field.checked = [].concat(kept[field.name]).includes(field.value);
    else field.value = kept[field.name];
  }
}

// What the site is sent: numbers as numbers, the amount in whole fen.
function answers(given) {
  const found = {};
  for (const name of ["mode", "operating", "premises", "need", "purpose", "has_loan", "broker_fee_asked", "note"]) {
    if (given[name]) found[name] = given[name];
  }
  for (const name of ["employees", "months"]) if (given[name]) found[name] = Number(given[name]);
  if (given.obstacles) found.obstacles = given.obstacles;
  if (given.call_back) found.call_back = true;
  if (given.amount) found.amount_fen = fen(given.amount);
  return found;
}

// Ten thousand yuan as typed, in whole fen; digit by digit, since 0.29 is no number of binary floating point.
function fen(text) {
  const [, whole, part] = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.replace(/[,，]/g, "")) || [];
  return whole === undefined ? NaN : Number(whole) * 1000000 + Number((part || "").padEnd(6, "0"));
}

async function keepDraft() {
  if (!chosen) return;
  const draft = { user: pack.visitor, entry: chosen, values: values(), photos: photos.map((x) => x.sha256) };
  try {
    await write("drafts", draftKey(chosen.firm), draft);
    part("kept").textContent = words.kept.replace("{at}", clock(new Date()));
  } catch {
    problem(words.full);
  }
}

async function addPhotos(event) {
  for (const file of [...event.target.files]) {
    if (photos.length >= pack.limits.photos) {
      problem(words.photos_most.replace("{n}", pack.limits.photos));
      break;
    }
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
  const given = values();
  const told = answers(given);
  if (!form.reportValidity()) return;
  if (Number.isNaN(told.amount_fen)) {
    problem(words.wrong_amount);
    return;
  }
  const sent = {
    client_id: uuid(), firm: chosen.firm, assignment: chosen.assignment, visited_at: new Date().toISOString(), ...told,
    photos: photos.map((x) => x.sha256),
  };
  if (given.keep_place) Object.assign(sent, await place());
  const visit = { user: pack.visitor, firm_name: chosen.name, entry: chosen, values: given, sent, state: "waiting", reason: null, conflicts: [] };
  try {
    await queueVisit(visit, photos, draftKey(chosen.firm));
  } catch {
    problem(words.full);
    return;
  }
  chosen = null;
  photos = [];
  location.hash = "queue";
  window.scrollTo(0, 0);
  await exchange();
}

// About a kilometre, rounded before it leaves the phone; nothing where the phone does not tell.
function place() {
  const coarse = (degrees) => Math.round(degrees * 100) / 100;
  return new Promise((resolve) => {
    const found = ({ coords }) => resolve({ place: { latitude: coarse(coords.latitude), longitude: coarse(coords.longitude) } });
    navigator.geolocation.getCurrentPosition(found, () => resolve({}), { timeout: 8000, maximumAge: 600000 });
  });
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
