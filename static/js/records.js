// Records by the keyboard: up and down go through the rows, left and right turn the page, Enter opens what has
// the focus, as it is a link. In an open sheet, up and down show the next record.

const links = () => [...document.querySelectorAll(".record-time a")];
const sheet = document.getElementById("sheet");
let opened = null; // the row that the sheet shows

const isTyping = (target) => target.closest("input, select, textarea, details[open]");

function turn(way) {
  document.querySelector(`.turn a[rel="${way}"]`)?.click();
}

function step(from, by) {
  const all = links();
  const at = all.indexOf(from);
  return all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || isTyping(event.target)) return;
  const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (sheet.open) {
    // Arrows scroll a long record; its neighbours come by j and k.
    const next = (event.key === "j" || event.key === "k") && opened?.isConnected && step(opened, by);
    if (next) next.click();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (by) {
    const next = step(document.activeElement, by);
    if (!next || (event.key.startsWith("Arrow") && !document.activeElement.matches(".record-time a"))) return;
    next.focus();
    event.preventDefault();
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    if (event.target.closest(".records-scroll") && !event.target.matches(".record-time a")) return;
    turn(event.key === "ArrowRight" ? "next" : "prev");
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest(".record-time a");
  if (link) opened = link;
});

sheet?.addEventListener("close", () => opened?.isConnected && opened.focus());
