// The Breakdown page: the chart of its figures, drawn again whenever those come anew, and the form.

import { OverTime } from "./chart.js";
import "./sort.js";

const form = document.querySelector(".breakdown-form");
const font = getComputedStyle(document.body).fontFamily;
let chart = null;

function show() {
  const place = document.getElementById("breakdown-chart");
  const data = document.getElementById("breakdown-data");
  if (!place || !data) return;
  chart = new OverTime(place, font, { canZoom: !document.body.matches(".is-still") });
  chart.show(JSON.parse(data.textContent));
  chart.addEventListener("zoom", ({ detail }) => zoom(detail));
}

function zoom({ first, next }) {
  const query = new URLSearchParams(location.search);
  for (const name of ["unit", "period", "figures", "to"]) query.delete(name);
  query.set("from", first);
  if (next) query.set("to", next); // else up to the end of the period
  location.search = query.toString().replaceAll("%21=", "!=");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("#breakdown [data-show-table], #breakdown [data-download-png]");
  if (!button || !chart?.data) return;
  const panel = button.closest("[data-panel]");
  if (button.matches("[data-download-png]")) {
    const link = document.createElement("a");
    link.href = chart.picture(panel.querySelector(".panel-title").textContent, `${chart.data.label} · ${chart.data.zone}`);
    link.download = "breakdown.png";
    link.click();
    button.closest("details").open = false;
    return;
  }
  const table = panel.querySelector(".chart-table");
  table.hidden = !table.hidden;
  button.setAttribute("aria-pressed", String(!table.hidden));
  panel.querySelector(".chart").classList.toggle("is-covered", !table.hidden);
  if (!table.hidden) table.replaceChildren(chart.table());
});

// Only a conversion has a goal.
form?.elements.measure.addEventListener("change", (event) => {
  form.querySelector("[data-goal]").hidden = event.target.value !== "conversion";
});

// The keys that the records have, once somebody looks for one.
form?.elements.by.addEventListener(
  "focus",
  async () => {
    try {
      const { keys } = await (await fetch(form.dataset.keysUrl)).json();
      const group = form.querySelector("[data-keys]");
      const known = new Set([...group.children].map((option) => option.value));
      for (const key of keys) if (!known.has(`custom.${key}`)) group.append(new Option(key, `custom.${key}`));
      group.hidden = !group.children.length;
    } catch {
      // Those at hand can be chosen all the same.
    }
  },
  { once: true },
);

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "breakdown") show();
});

show();
