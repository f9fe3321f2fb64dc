// The Interactions page. The address holds what is shown; this asks the server for its numbers, puts
// them in their places, asks again when the table has a new version, and follows the back button.

import { OverTime } from "./chart.js";
import { Panels } from "./panels.js";

const POLL_MILLISECONDS = 2000;
// With live records the table changes all the time: where its numbers take long, rest longer than they took.
const LONG_MILLISECONDS = 1500;
const CALM = 2;
const NUMBER = new Intl.NumberFormat("en-US");
const page = document.getElementById("dashboard");
const font = getComputedStyle(document.body).fontFamily;
const chartPlace = document.getElementById("over-time");
// A share link may fix the period.
const chart = chartPlace && new OverTime(chartPlace, font, { canZoom: !document.body.matches(".is-still") });
const panels = chartPlace && new Panels(page, font);
if (panels) panels.charts.over_time = chart;

let version = Number(page.dataset.version);
let shown = location.search; // what the figures are of, or asked for
let asking = null; // the AbortController of what is under way
let checkedAt = Date.now();
let calmUntil = 0; // until then new records wait
let behind = 0; // how often in a row the figures were of an older version than the table

async function fetched(address, options) {
  const response = await fetch(address, options);
  if (response.redirected || response.status === 403) location.reload(); // logged out meanwhile
  if (!response.ok) {
    const text = await response.text();
    throw new Error(response.status === 503 ? sentence(text) : "The server couldn't answer. Reload the page in a moment.");
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

async function fragmentOf(address, signal) {
  const text = await (await fetched(address, { headers: { "HX-Request": "true" }, signal })).text();
  return new DOMParser().parseFromString(text, "text/html").querySelector("[data-figures]");
}

function fill(fragment) {
  const focused = document.activeElement?.id;
  for (const fresh of fragment.querySelectorAll("[data-slot]")) {
    const place = page.querySelector(`[data-slot="${fresh.dataset.slot}"]`);
    // What somebody has open stays as it is while the table changes under it.
    if (!place || place.querySelector("details.menu[open], :popover-open")) continue;
    const scrolled = place.querySelector(".bars-scroll")?.scrollTop;
    place.replaceChildren(...fresh.childNodes);
    if (scrolled) place.querySelector(".bars-scroll")?.scrollTo(0, scrolled);
  }
  for (const link of page.querySelectorAll("[data-csv]")) link.href = `${dataAddress(link.dataset.csv)}&format=csv`;
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
}

async function load() {
  asking?.abort();
  shown = location.search;
  const mine = (asking = new AbortController());
  const { signal } = mine;
  const began = performance.now();
  page.setAttribute("aria-busy", "true");
  try {
    const others = fragmentOf(page.dataset.panelsUrl + location.search, signal);
    others.catch(() => {}); // whichever fails first is told below
    const first = await fragmentOf(page.dataset.figuresUrl + location.search, signal);
    if (first.hasAttribute("data-empty")) return location.reload();
    fill(first);
    seen(Number(first.dataset.version));
    showBars(JSON.parse(document.getElementById("over-time-data").textContent));
    fill(await others);
    panels.show();
    const took = performance.now() - began;
    calmUntil = took > LONG_MILLISECONDS ? performance.now() + CALM * took : 0;
    page.removeAttribute("aria-busy");
    tell("");
  } catch (error) {
    if (error.name === "AbortError") return;
    page.removeAttribute("aria-busy");
    tell(error instanceof TypeError ? "The server isn't responding. The numbers shown are the last ones received." : error.message);
  }
}

function showBars(data) {
  chart.show(data);
  chartPlace.parentElement.removeAttribute("aria-busy");
  panels.fillTable(chartPlace.closest("[data-panel]"));
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
    behind > 1 ? "newer records are being added" : seconds < 2 ? "checked just now" : seconds < 120 ? `checked ${seconds} s ago` : `checked ${Math.round(seconds / 60)} min ago`;
  place.parentElement.classList.toggle("is-late", late);
}

async function poll() {
  if (document.hidden || page.getAttribute("aria-busy") === "true") return;
  try {
    const now = await (await fetched(dataAddress("version"))).json();
    behind = now.is_behind ? behind + 1 : 0;
    if (now.is_empty !== page.hasAttribute("data-empty")) return location.reload();
    if (page.hasAttribute("data-empty")) return;
    if (now.version === version) checkedAt = Date.now();
    else if (performance.now() >= calmUntil) await load();
    if (!page.querySelector("[data-trouble]").hidden) await load();
  } catch {
    // The age goes on counting, which says that the numbers are old; the next round tries again.
  }
}

async function watch() {
  await poll();
  setTimeout(watch, POLL_MILLISECONDS);
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
  event.target.closest("details.menu").open = false;
  go(`?${new URLSearchParams(new FormData(event.target)).toString().replaceAll("%21=", "!=")}`);
});

page.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-table], [data-download-png]");
  if (!button) return;
  if (button.matches("[data-show-table]")) return panels.toggleTable(button);
  panels.save(button.closest("[data-panel]"), page.querySelector("#period-chip").innerText.trim());
  button.closest("details").open = false;
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

// A link within the page is a step back in the history, too, and asks for nothing.
window.addEventListener("popstate", () => location.search !== shown && load());
document.addEventListener("visibilitychange", poll);
setTimeout(watch, POLL_MILLISECONDS);
if (!page.hasAttribute("data-empty")) {
  setInterval(showAge, 1000);
  load();
}
