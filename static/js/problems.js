// The panel of problems: a chart of what stands in its figures, drawn again whenever those come anew.

import { OverTime } from "./chart.js";

const panel = document.getElementById("problems");
const place = document.getElementById("problems-chart");
const table = panel?.querySelector(".chart-table");
const calm = panel?.querySelector("[data-calm]");
const chart = place && new OverTime(place, getComputedStyle(document.body).fontFamily, { canZoom: false, hasLegend: false });

function show() {
  const figures = document.getElementById("problems-figures");
  const isCalm = figures.dataset.total === "0";
  calm.hidden = !isCalm;
  chart.show(JSON.parse(figures.dataset.chart));
  if (!table.hidden) table.replaceChildren(chart.table());
}

panel?.querySelector("[data-show-table]").addEventListener("click", (event) => {
  const button = event.currentTarget;
  const isShown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isShown));
  table.hidden = !isShown;
  place.classList.toggle("is-covered", isShown);
  table.replaceChildren(...(isShown && chart.data ? [chart.table()] : []));
});

panel?.querySelector("[data-download-png]").addEventListener("click", (event) => {
  const link = document.createElement("a");
  link.href = chart.picture("Problems over time and by cause", `In ${chart.data.label} · ${chart.data.zone}`);
  link.download = "problems.png";
  link.click();
  event.currentTarget.closest("details").open = false;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "problems-figures") show();
});

if (panel) show();
