// The Interactions page. The address holds what is shown; this asks the server for its numbers, puts
// them in their places, asks again when the table has a new version, and follows the back button.

import { OverTime } from "./chart.js";
import { sortAgain } from "./sort.js";

const POLL_MILLISECONDS = 5000;
const NUMBER = new Intl.NumberFormat("en-US");
const page = document.getElementById("dashboard");
const chartPlace = document.getElementById("over-time");
const chart = chartPlace && new OverTime(chartPlace, getComputedStyle(document.body).fontFamily);
const tablePlace = page.querySelector(".chart-table");

let version = Number(page.dataset.version);
let asking = null; // the AbortController of what is under way
let checkedAt = Date.now();

async function fetched(address, options) {
  const response = await fetch(address, options);
  if (response.redirected || response.status === 403) location.reload(); // logged out meanwhile
  if (!response.ok) {
    const text = await response.text();
    throw new Error(response.status === 503 ? sentence(text) : "The server could not answer. Reload the page in a moment.");
  }
  return response;
}

function sentence(text) {
  try {
    return JSON.parse(text).message;
  } catch {
    return text;
  }
}

function dataAddress(panel) {
  const query = new URLSearchParams(location.search);
  query.delete("figures");
  query.set("panel", panel);
  return `${page.dataset.dataUrl}?${query}`;
}

function fill(fragment) {
  const focused = document.activeElement?.id;
  const menuOpen = page.querySelector(".chip-menu[open]") !== null;
  for (const fresh of fragment.querySelectorAll("[data-slot]")) {
    const place = page.querySelector(`[data-slot="${fresh.dataset.slot}"]`);
    // An open menu stays as it is while the table changes under it.
    if (!place || (fresh.dataset.slot === "chips" && menuOpen)) continue;
    if (fresh.dataset.slot === "totals") keepPeople(place, fresh);
    place.replaceChildren(...fresh.childNodes);
  }
  sortAgain(page);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
}

// The counts of people come later than the rest: until then the last ones stand, not a blank.
function keepPeople(old, fresh) {
  for (const place of fresh.querySelectorAll("[data-figure]")) {
    const known = old.querySelector(`[data-figure="${place.dataset.figure}"]`);
    if (known) place.replaceChildren(...known.childNodes);
  }
}

async function load() {
  asking?.abort();
  const mine = (asking = new AbortController());
  const { signal } = mine;
  page.setAttribute("aria-busy", "true");
  try {
    const figures = fetched(location.pathname + location.search, { headers: { "HX-Request": "true" }, signal });
    const bars = fetched(dataAddress("over_time"), { signal }).then((response) => response.json());
    bars.catch(() => {}); // whichever fails first is told below
    const parsed = new DOMParser().parseFromString(await (await figures).text(), "text/html");
    const fragment = parsed.querySelector("[data-figures]");
    if (fragment.hasAttribute("data-empty")) return location.reload();
    fill(fragment);
    seen(Number(fragment.dataset.version));
    showBars(await bars);
    const people = await (await fetched(dataAddress("people"), { signal })).json();
    for (const [name, count] of Object.entries(people)) {
      page.querySelector(`[data-figure="${name}"]`).textContent = NUMBER.format(count);
    }
    page.removeAttribute("aria-busy");
    tell("");
  } catch (error) {
    if (error.name === "AbortError") return;
    page.removeAttribute("aria-busy");
    tell(error instanceof TypeError ? "The server does not answer. The numbers shown are the last ones known." : error.message);
  }
}

function showBars(data) {
  chart.show(data);
  chartPlace.parentElement.removeAttribute("aria-busy");
  if (!tablePlace.hidden) tablePlace.replaceChildren(chart.table());
}

function tell(text) {
  const place = page.querySelector("[data-trouble]");
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

function seen(number) {
  version = number;
  checkedAt = Date.now();
  page.querySelector("[data-shown-version]").textContent = NUMBER.format(number);
  showAge();
}

function showAge() {
  const place = page.querySelector("[data-age]");
  if (!place) return;
  const seconds = Math.round((Date.now() - checkedAt) / 1000);
  const late = seconds > 30;
  place.textContent =
    seconds < 2 ? "checked just now" : seconds < 120 ? `checked ${seconds} s ago` : `checked ${Math.round(seconds / 60)} min ago`;
  place.parentElement.classList.toggle("is-late", late);
}

async function poll() {
  if (document.hidden) return;
  try {
    const now = await (await fetched(dataAddress("version"))).json();
    if (now.is_empty !== page.hasAttribute("data-empty")) return location.reload();
    if (page.hasAttribute("data-empty")) return;
    checkedAt = Date.now();
    if (now.version !== version) await load();
    else if (!page.querySelector("[data-trouble]").hidden) await load();
  } catch {
    // The age goes on counting, which says that the numbers are old; the next round tries again.
  }
}

function go(address) {
  const target = new URL(address, location.href);
  history.pushState(null, "", target.search ? target.search : location.pathname);
  load();
}

page.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-choice]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const menu = link.closest("details[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  go(link.getAttribute("href"));
});

page.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-choice-form]")) return;
  event.preventDefault();
  event.target.closest("details").open = false;
  go(`?${new URLSearchParams(new FormData(event.target))}`);
});

page.querySelector("[data-show-table]")?.addEventListener("click", (event) => {
  const button = event.currentTarget;
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shown));
  tablePlace.hidden = !shown;
  chartPlace.classList.toggle("is-covered", shown);
  tablePlace.replaceChildren(...(shown && chart.data ? [chart.table()] : []));
});

page.querySelector("[data-download-png]")?.addEventListener("click", (event) => {
  if (!chart.data) return;
  const link = document.createElement("a");
  link.href = chart.picture("Interactions over time", `${chart.data.label} · records ${chart.data.unit === "hour" ? "an" : "a"} ${chart.data.unit} · UTC`);
  link.download = "interactions-over-time.png";
  link.click();
  event.currentTarget.closest("details").open = false;
});

chart?.addEventListener("zoom", ({ detail }) => {
  const query = new URLSearchParams(location.search);
  query.delete("unit");
  query.delete("figures");
  query.set("from", detail.first);
  if (detail.next) query.set("to", detail.next);
  else query.delete("to"); // up to the last bar: to the end of the period
  go(`?${query}`);
});

window.addEventListener("popstate", load);
document.addEventListener("visibilitychange", poll);
setInterval(poll, POLL_MILLISECONDS);
if (!page.hasAttribute("data-empty")) {
  setInterval(showAge, 1000);
  load();
}
