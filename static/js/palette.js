// Ctrl-K (Cmd-K) opens a list of all places that the left pane links to: whatever has data-go, which names its kind.
// So it offers what its user may open, and nothing else. "?" opens the list of keyboard shortcuts.

const palette = document.getElementById("palette");
const shortcuts = document.getElementById("shortcuts");
const field = palette?.querySelector("input");
const list = palette?.querySelector("[role=listbox]");
const none = palette?.querySelector(".palette-none");

let places = [];
let chosen = 0;

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function collect() {
  return [...document.querySelectorAll("a[data-go]")].map((link) => ({
    label: (link.dataset.goLabel ?? link.querySelector("span:not(.dot)")?.textContent ?? link.textContent).trim(),
    kind: link.dataset.go,
    address: link.href,
    isHere: link.matches("[aria-current]"),
  }));
}

/** Those with all of the words: first those that begin with them, then pages, then environments. */
function matching(text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  const found = collect().filter((place) => words.every((word) => plain(`${place.label} ${place.kind}`).includes(word)));
  const rank = (place) => (words.length > 0 && plain(place.label).startsWith(words[0]) ? 0 : 2) + (place.kind === "Environment" ? 1 : 0);
  return found.sort((one, other) => rank(one) - rank(other));
}

function option(place, at) {
  const item = document.createElement("li");
  item.id = `palette-${at}`;
  item.role = "option";
  item.className = "palette-place";
  const label = document.createElement("span");
  label.textContent = place.label;
  const kind = document.createElement("small");
  kind.textContent = place.isHere ? `${place.kind} · you are here` : place.kind;
  item.append(label, kind);
  return item;
}

function choose(at) {
  chosen = places.length ? (at + places.length) % places.length : 0;
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === chosen)));
  const item = list.children[chosen];
  if (item) field.setAttribute("aria-activedescendant", item.id);
  else field.removeAttribute("aria-activedescendant");
  item?.scrollIntoView({ block: "nearest" });
}

function show() {
  places = matching(field.value);
  list.replaceChildren(...places.map(option));
  list.hidden = !places.length;
  none.hidden = places.length > 0;
  field.setAttribute("aria-expanded", String(places.length > 0));
  choose(0);
}

function open() {
  field.value = "";
  if (!palette.open) palette.showModal();
  show();
  field.focus();
}

function go(place, isNew) {
  if (!place) return;
  if (isNew) return window.open(place.address, "_blank", "noopener");
  palette.close();
  window.location.assign(place.address);
}

const isTyped = (target) => target.closest?.("input:not([type=checkbox], [type=radio], [type=file]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (!palette || event.altKey || event.isComposing) return;
  const others = document.querySelector("dialog[open]:not(#palette)");
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
    if (others) return;
    event.preventDefault();
    open();
  } else if (event.key === "?" && !event.ctrlKey && !event.metaKey && !others && !palette.open && !isTyped(event.target)) {
    event.preventDefault();
    shortcuts.showModal();
  }
});

field?.addEventListener("input", show);
field?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(chosen + step);
  else if (event.key === "Enter") go(places[chosen], event.ctrlKey || event.metaKey);
  else return;
  event.preventDefault();
});
list?.addEventListener("click", (event) => {
  const item = event.target.closest("[role=option]");
  if (item) go(places[[...list.children].indexOf(item)], event.ctrlKey || event.metaKey);
});
list?.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open-palette], [data-open-shortcuts]");
  if (!button) return;
  button.closest("details.menu")?.removeAttribute("open");
  if (button.matches("[data-open-palette]")) open();
  else shortcuts.showModal();
});
