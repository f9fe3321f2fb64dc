// The dashboard's panels but for the first: the heat map, the bars of what is Miso-assisted, tables on demand, pictures.
// Their numbers come with the page's fragments, as JSON beside what they belong to.

import { OverTime, colours, describe, element, pictureOf } from "./chart.js";

const NUMBER = new Intl.NumberFormat("en-US");
const DAYS = { Mon: "Monday", Tue: "Tuesday", Wed: "Wednesday", Thu: "Thursday", Fri: "Friday", Sat: "Saturday", Sun: "Sunday" };

function given(name) {
  const script = document.getElementById(`data-${name}`);
  return script && JSON.parse(script.textContent);
}

/** The colour between two others, both as rgb(…). */
function between(from, to, part) {
  const [one, other] = [from, to].map((colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number));
  return `rgb(${one.map((value, at) => Math.round(value + (other[at] - value) * part)).join(", ")})`;
}

const clock = (hour) => String(hour).padStart(2, "0");

/** A row of cells per weekday. They're stacked bars of length 1: the small build of ECharts has no heat map. */
class HeatMap {
  constructor(place, font) {
    this.place = place;
    this.font = font;
    this.data = null;
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
    new ResizeObserver(() => this.chart?.resize()).observe(place);
  }

  show(option) {
    this.data = option;
    this.draw();
  }

  draw() {
    if (!this.data || !this.place.clientWidth) return;
    this.chart ??= window.echarts.init(this.place, null, { renderer: "canvas" });
    this.chart.setOption(this.option());
    describe(this.place, this.description());
  }

  /** Each cell's hour, weekday (both from 0) and records. */
  cells() {
    return this.data.series[0].data;
  }

  description() {
    const cells = this.cells().filter(([, , count]) => count > 0).sort((one, other) => other[2] - one[2]);
    if (!cells.length) return "no records";
    const [hour, day, count] = cells[0];
    const total = cells.reduce((sum, cell) => sum + cell[2], 0);
    return `${NUMBER.format(total)} records by weekday and hour. The highest is ${NUMBER.format(count)}, on ${this.day(day)} from ${clock(hour)}:00 to ${clock(hour)}:59.`;
  }

  day(number) {
    return DAYS[this.data.yAxis.data[number]];
  }

  option() {
    const theme = colours();
    const label = { color: theme.text, fontSize: 12, fontFamily: this.font };
    const { data: option } = this;
    const counts = Object.fromEntries(this.cells().map(([hour, day, count]) => [`${hour}/${day}`, count]));
    const cell = (hour, day) => {
      const count = counts[`${hour}/${day}`] ?? 0;
      return { value: 1, count, itemStyle: { color: between(theme.track, theme.accent, count / option.visualMap.max) } };
    };
    const hours = [...option.xAxis.data.keys()];
    const hidden = { axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
    return {
      animation: false,
      grid: option.grid,
      textStyle: { fontFamily: this.font },
      xAxis: { type: "value", min: 0, max: hours.length, interval: 3, ...hidden, axisLabel: { ...label, formatter: (hour) => (hour < hours.length ? clock(hour) : "") } },
      yAxis: { ...option.yAxis, ...hidden, axisLabel: label },
      series: hours.map((hour) => ({
        type: "bar",
        stack: "hours",
        barCategoryGap: 0,
        cursor: "default",
        itemStyle: { borderColor: theme.surface, borderWidth: 2, borderRadius: 3 },
        emphasis: { disabled: true },
        data: option.yAxis.data.map((_, day) => cell(hour, day)),
      })),
      tooltip: {
        ...option.tooltip,
        appendTo: this.place,
        backgroundColor: theme.surface,
        borderColor: theme.line,
        padding: 0,
        textStyle: { color: theme.ink, fontFamily: this.font, fontSize: 12.5 },
        formatter: ({ seriesIndex: hour, dataIndex: day, data: { count } }) => {
          const box = element("div", "tip");
          box.append(element("div", "tip-title", `${this.day(day)}, ${clock(hour)}:00 – ${clock(hour)}:59`));
          box.append(element("span", "", `${NUMBER.format(count)} ${count === 1 ? "record" : "records"}`));
          return box;
        },
      },
    };
  }

  picture(title, subtitle) {
    const option = this.option();
    return pictureOf({ ...option, grid: { left: 56, right: 24, top: 80, bottom: 40 } }, title, subtitle, this.font, { height: 380 });
  }
}

export class Panels {
  constructor(page, font) {
    this.page = page;
    this.font = font;
    this.charts = {};
    for (const place of page.querySelectorAll("[data-chart]")) {
      const name = place.dataset.chart;
      this.charts[name] =
        name === "rhythm" ? new HeatMap(place, font) : new OverTime(place, font, { canZoom: false, hasLegend: false });
    }
  }

  /** Draw what the fragments brought. */
  show() {
    const rhythm = given("rhythm");
    if (rhythm) this.charts.rhythm.show(rhythm);
    const assisted = given("assisted");
    const panel = this.page.querySelector("[data-panel=assisted]");
    panel.hidden = this.page.querySelector("[data-no-assisted]") !== null;
    if (assisted && !panel.hidden) {
      this.charts.assisted.show(assisted);
      this.fillTable(panel);
    }
  }

  toggleTable(button) {
    const panel = button.closest("[data-panel]");
    const isShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isShown));
    panel.querySelector(".chart-table").hidden = !isShown;
    panel.querySelector(".chart").classList.toggle("is-covered", isShown);
    this.fillTable(panel);
  }

  /** The table of a chart over time is made of the chart's numbers; others came with the page. */
  fillTable(panel) {
    const table = panel.querySelector(".chart-table");
    const chart = this.charts[panel.dataset.panel];
    if (!table.hidden && chart?.table && chart.data) table.replaceChildren(chart.table());
  }

  /** A picture of a panel, saved under its name. */
  save(panel, period) {
    const name = panel.dataset.panel;
    const title = panel.querySelector(".panel-title").textContent;
    const note = panel.querySelector(".panel-note").firstChild.textContent.trim();
    const link = element("a");
    link.href = this.charts[name]?.picture(title, `${note} · ${period}`) ?? this.ranking(given(name), title, `${note} · ${period}`);
    link.download = `interactions-${name.replaceAll("_", "-")}.png`;
    link.click();
  }

  ranking(option, title, subtitle) {
    const theme = colours();
    const label = { color: theme.ink, fontFamily: this.font, fontSize: 12 };
    const bars = option.series[0].data.length;
    return pictureOf(
      {
        ...option,
        grid: { ...option.grid, left: 16, top: 72, bottom: 16 },
        yAxis: { ...option.yAxis, axisLabel: label },
        series: option.series.map((each) => ({ ...each, label: { ...each.label, ...label, formatter: ({ value }) => NUMBER.format(value) } })),
      },
      title,
      subtitle,
      this.font,
      { height: 110 + 28 * bars },
    );
  }
}
