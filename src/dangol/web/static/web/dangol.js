// Keys, sheets and copying. Everything here is a shortcut: each page works without it.
const byId = (id) => document.getElementById(id);

const openSheet = (id) => {
  const sheet = byId(id);
  if (sheet && !sheet.open) {
    sheet.showModal();
    sheet.querySelector("input[type=search]")?.focus();
  }
};

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) openSheet(opener.dataset.opens);
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target === dialog || event.target.closest("[data-closes]"))) dialog.close();
  const copier = event.target.closest("[data-copy], [data-copies]");
  if (copier) {
    const { copy, copies } = copier.dataset;
    await navigator.clipboard.writeText(copies ? byId(copies).textContent : new URL(copy, location.href).href);
    copier.querySelector("[data-says]").textContent = copier.dataset.done;
  }
});

// The keypad of the till types into the page's one field.
document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-types]");
  const field = key && key.form?.querySelector("[data-typed]");
  if (!field) return;
  field.value = key.dataset.types === "back" ? field.value.slice(0, -1) : field.value + key.dataset.types;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  const { ticks } = event.target.dataset;
  if (ticks) event.target.form.querySelectorAll(`[name=${ticks}]`).forEach((one) => { one.checked = event.target.checked; });
  if (event.target.matches("[data-single-keys]")) localStorage.setItem("dangol-keys", event.target.checked ? "" : "off");
});

// WCAG 2.1.4: keys of a single letter can be switched off.
const singleKeys = document.querySelector("[data-single-keys]");
if (singleKeys) singleKeys.checked = localStorage.getItem("dangol-keys") !== "off";

// A country of several zones: the browser knows which.
const zones = document.querySelector("[data-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zones && [...zones.options].some((one) => one.value === zone)) zones.value = zone;

// What is typed while a form is drawn anew stays as it is: the field, its text and the caret.
let typed = null;
document.addEventListener("htmx:beforeSwap", () => {
  const field = document.activeElement;
  typed = field?.id && field.selectionStart != null ? [field, field.value, field.selectionStart, field.selectionEnd] : null;
});
document.addEventListener("htmx:afterSwap", () => {
  const field = typed && byId(typed[0].id);
  if (!field || field === typed[0]) return;
  field.value = typed[1];
  field.focus();
  field.setSelectionRange(typed[2], typed[3]);
});

// Back shows a page as it is, not what was typed on the one left; of two steps at once the last answer counts.
let restoring = null;
document.addEventListener("htmx:historyCacheMiss", (event) => {
  typed = null;
  restoring?.abort();
  restoring = event.detail.xhr;
});

// A button that prints is there only where it can.
document.querySelectorAll("[data-prints]").forEach((one) => {
  one.hidden = false;
  one.addEventListener("click", () => print());
});

let going = false;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openSheet("palette");
    return;
  }
  const typing = event.target.closest("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !singleKeys?.checked) return;
  const place = going && /^[a-z]$/.test(event.key) && document.body.dataset[`go${event.key.toUpperCase()}`];
  if (place) location.href = place;
  going = event.key === "g";
  if (event.key === "?") openSheet("keys");
  if (event.key === "/") {
    event.preventDefault();
    const field = byId("find");
    field ? field.focus() : openSheet("palette");
  }
});
