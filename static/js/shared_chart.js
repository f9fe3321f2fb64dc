// The one chart of a share link, drawn from the numbers that came with the page.

import { OverTime } from "./chart.js";

const place = document.querySelector('[data-chart="over_time"]');
const chart = new OverTime(place, getComputedStyle(document.body).fontFamily, { canZoom: false });
chart.show(JSON.parse(document.getElementById("chart-data").textContent));
place.parentElement.removeAttribute("aria-busy");
