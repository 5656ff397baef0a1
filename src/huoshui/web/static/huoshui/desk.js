/* The desk's few conveniences; every page works without them. */

/* "Select all on this page" of a list, and how many are chosen. */
function count(list) {
  const boxes = [...list.querySelectorAll("input[name=row]")];
  const chosen = boxes.filter((x) => x.checked).length;
  const all = list.querySelector("[data-pick-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  for (const shown of list.querySelectorAll("[data-picked]")) {
    shown.textContent = chosen ? shown.dataset.picked.replace("{n}", chosen) : "";
  }
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-list]");
  if (!list) return;
  if (event.target.matches("[data-pick-all]")) {
    for (const box of list.querySelectorAll("input[name=row]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-pick-all], input[name=row]")) count(list);
});

/* On a narrow screen the filters of a list are folded, unless some are set. */
function fold(root) {
  if (!window.matchMedia("(max-width: 48rem)").matches) return;
  for (const filters of root.querySelectorAll("[data-filters]")) {
    if (!filters.closest("[data-list]").querySelector("a.chip")) filters.open = false;
  }
}
fold(document);
document.addEventListener("htmx:afterSwap", () => fold(document));

/* A menu made of <details> closes when something else is clicked, or with Escape. */
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.more-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.more-menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

/* A form that was sent is not sent twice; coming back to the page frees it. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
