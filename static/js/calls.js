// The list of calls: it stands still while it grows, pauses, and tells the panel of problems when a
// refused call has come.

const MOST_ROWS = 1000;
const pause = document.querySelector("[data-pause]");
const pulse = document.querySelector("[data-pulse]");
let held = null; // a row and where it stood before new ones came above it

const isPaused = () => pause?.getAttribute("aria-pressed") === "true";
const body = () => document.getElementById("calls-body");
const isPoll = (event) => event.target instanceof Element && event.target.matches("[data-live-poll]");

pause?.addEventListener("click", () => {
  const now = !isPaused();
  pause.setAttribute("aria-pressed", String(now));
  pause.querySelector("span").textContent = now ? "Resume" : "Pause";
  pulse.classList.toggle("is-paused", now);
  pulse.querySelector("[data-pulse-text]").textContent = now ? "Paused" : "New calls appear automatically";
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isPoll(event) && (isPaused() || document.hidden)) event.preventDefault();
});

// Whoever reads a row keeps it where it is: the one under the pointer, in focus, or at the top of the
// window once the page was scrolled.
function rowBeingRead() {
  const rows = body();
  if (!rows) return null;
  const row = rows.querySelector(":scope > tr:hover, :scope > tr:focus-within");
  if (row) return row;
  if (rows.getBoundingClientRect().top >= 0) return null;
  return [...rows.rows].find((each) => each.getBoundingClientRect().bottom > 0) ?? null;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isPoll(event)) return;
  const row = rowBeingRead();
  held = row && { row, top: row.getBoundingClientRect().top };
});

document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id !== "calls-body") return;
  const rows = body();
  while (rows.rows.length > MOST_ROWS) rows.lastElementChild.remove();
  if (held?.row.isConnected) {
    // At once: the page's own scrolling is smooth, which would be a jump and a way back.
    window.scrollBy({ top: held.row.getBoundingClientRect().top - held.top, behavior: "instant" });
  }
  held = null;
  if (rows.querySelector(".call[data-refused]:not([data-told])")) {
    for (const row of rows.querySelectorAll(".call[data-refused]")) row.dataset.told = "";
    document.body.dispatchEvent(new CustomEvent("refused"));
  }
});

for (const row of document.querySelectorAll(".call[data-refused]")) row.dataset.told = "";
