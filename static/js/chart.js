// The chart of interactions over time: the server's option in the theme's colours, its tooltip, its
// table, its picture, and dragging across it. Reports a drag as "zoom" with the first and last bar.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const NUMBER = new Intl.NumberFormat("en-US");
const ROUND = new Intl.NumberFormat("en-US", { notation: "compact" });
const SHARE = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });
const MOST_ROWS = 12;
const PLURALS = { minute: "minutes", hour: "hours", day: "days", week: "weeks", month: "months", year: "years", decade: "decades", century: "centuries" };
const NAMES = { year: "Year", decade: "Years", century: "Years" };

// In the words the server uses, whatever the browser's language: the page is in one language.
const day = (moment) => `${MONTHS[moment.getUTCMonth()]} ${moment.getUTCDate()}`;
const longDay = (moment) => `${WEEKDAYS[moment.getUTCDay()]}, ${day(moment)}, ${moment.getUTCFullYear()}`;
const clock = (moment) => moment.toISOString().slice(11, 16);

// A stamp ends in its zone's offset; what counts here is what the clock there says.
const wall = (stamp) => new Date(`${stamp.slice(0, 16)}Z`);

function named(stamp, unit) {
  const moment = wall(stamp);
  const year = moment.getUTCFullYear();
  if (unit === "century") return `${year} – ${year - (year % 100) + 99}`;
  if (unit === "decade") return `${year} – ${year - (year % 10) + 9}`;
  if (unit === "year") return String(year);
  if (unit === "month") return `${MONTHS[moment.getUTCMonth()]} ${year}`;
  if (unit === "hour" || unit === "minute") return `${longDay(moment)}, ${clock(moment)}`;
  return (unit === "week" ? "Week of " : "") + longDay(moment);
}

/** A label of the axis; `years`: whether more than one is seen. */
function short(stamp, unit, years) {
  const moment = wall(stamp);
  const date = years ? `${day(moment)}, ${moment.getUTCFullYear()}` : day(moment);
  if (unit === "year" || unit === "decade" || unit === "century") return String(moment.getUTCFullYear());
  if (unit === "month") return `${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
  if (unit === "minute") return clock(moment);
  if (unit === "hour") return moment.getUTCHours() === 0 ? date : clock(moment);
  return date;
}

/** The notes on days that the page brought along, by the place of their bar. */
function notesByBar(stamps, unit) {
  const script = document.getElementById("annotations");
  const found = new Map();
  for (const { day: noted, text } of script ? JSON.parse(script.textContent) : []) {
    const at =
      unit === "hour" || unit === "minute"
        ? stamps.findIndex((stamp) => stamp.slice(0, 10) === noted)
        : stamps.findLastIndex((stamp) => stamp.slice(0, 10) <= noted);
    if (at >= 0) found.set(at, [...(found.get(at) ?? []), text]);
  }
  return found;
}

// Over the bar that isn't complete yet. ECharts draws it on top of the bar's own colour.
const HATCH = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: Math.PI / 4 };
const SO_FAR = "so far";

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name) => {
    probe.style.color = style.getPropertyValue(name);
    return getComputedStyle(probe).color; // light-dark() resolved
  };
  const found = {
    text: read("--dojo-quiet"),
    ink: read("--dojo-ink"),
    line: read("--dojo-line"),
    track: read("--dojo-track"),
    surface: read("--dojo-surface"),
    accent: read("--dojo-accent"),
  };
  probe.remove();
  return found;
}

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** What a screen reader says of a chart: its title, then a sentence of its numbers. */
export function describe(place, sentence) {
  place.dataset.title ??= document.getElementById(place.getAttribute("aria-labelledby"))?.textContent ?? "";
  place.removeAttribute("aria-labelledby");
  place.setAttribute("aria-label", [place.dataset.title, sentence].filter(Boolean).join(": "));
}

const LEAST_DRAG = 5; // pixels; less is a click

/** Dragging across a chart's bars with the mouse shades them, and names the first and the last when it ends. */
class Drag {
  constructor(place, chart, done) {
    this.place = place;
    this.chart = chart;
    this.from = null;
    this.shade = element("div", "chart-shade");
    this.shade.hidden = true;
    place.append(this.shade);
    place.addEventListener("mousedown", (event) => {
      const at = this.at(event);
      if (event.button === 0 && chart.containPixel({ gridIndex: 0 }, at)) this.from = at[0];
      if (this.from !== null) event.preventDefault(); // or words beside the chart would be marked
    });
    document.addEventListener("mousemove", (event) => this.from !== null && this.cover(this.at(event)[0]));
    document.addEventListener("mouseup", (event) => {
      if (this.from === null) return;
      const ends = [this.from, this.at(event)[0]].sort((a, b) => a - b);
      this.end();
      if (ends[1] - ends[0] >= LEAST_DRAG) done(...ends.map((x) => this.bar(x)));
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.end());
  }

  at(event) {
    const { left, top } = this.place.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  bar(x) {
    const last = this.chart.getOption().xAxis[0].data.length - 1;
    return Math.max(0, Math.min(last, this.chart.convertFromPixel({ xAxisIndex: 0 }, x)));
  }

  cover(x) {
    const [left, right] = [this.from, x].sort((a, b) => a - b).map((each) => Math.max(0, Math.min(this.place.clientWidth, each)));
    this.shade.hidden = false;
    this.shade.style.left = `${left}px`;
    this.shade.style.width = `${right - left}px`;
  }

  end() {
    this.from = null;
    this.shade.hidden = true;
  }
}

export class OverTime extends EventTarget {
  constructor(place, font, { canZoom = true, hasLegend = true } = {}) {
    super();
    this.place = place;
    this.canZoom = canZoom;
    this.hasLegend = hasLegend;
    this.font = font;
    this.chart = null;
    this.data = null; // its form is of numbers unless it says "share"; values add up unless has_total is false
    this.stamps = null; // of what is drawn
    this.notes = new Map();
    // The option holds no colours of the theme, so another theme is the same data drawn again.
    new MutationObserver(() => this.draw()).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-bs-theme"],
    });
    new ResizeObserver(() => this.chart?.resize()).observe(place);
  }

  show(data) {
    this.data = data;
    this.draw();
  }

  draw() {
    if (!this.data || !this.place.clientWidth) return;
    this.chart ??= this.start();
    this.forget();
    this.chart.setOption(this.option(), { notMerge: false, replaceMerge: ["series"], lazyUpdate: false });
    describe(this.place, this.description());
  }

  /** The tip and the shade go with their bar: at the same place there may be another one now, or none. */
  forget() {
    const stamps = this.data.option.xAxis.data;
    const isSame = stamps.length === this.stamps?.length && stamps[0] === this.stamps[0];
    if (!isSame) {
      this.chart.dispatchAction({ type: "hideTip" });
      this.chart.dispatchAction({ type: "updateAxisPointer", currTrigger: "leave" });
    }
    this.stamps = stamps;
  }

  start() {
    const chart = window.echarts.init(this.place, null, { renderer: "canvas" });
    if (this.canZoom) {
      new Drag(this.place, chart, (from, to) => {
        const stamps = this.data.option.xAxis.data;
        this.dispatchEvent(new CustomEvent("zoom", { detail: { first: stamps[from], last: stamps[to], next: stamps[to + 1] } }));
      });
    }
    return chart;
  }

  option() {
    const { option, unit } = this.data;
    const theme = colours();
    const stamps = option.xAxis.data;
    const years = stamps.length > 0 && stamps.at(-1).slice(0, 4) !== stamps[0].slice(0, 4);
    const label = { color: theme.text, fontSize: 12 };
    const dense = this.place.clientWidth / stamps.length < 6;
    this.notes = notesByBar(stamps, unit);
    return {
      ...option,
      textStyle: { fontFamily: this.font },
      legend: {
        ...option.legend,
        show: this.hasLegend,
        textStyle: { ...label, color: theme.ink },
        inactiveColor: theme.line,
        pageTextStyle: label,
        pageIconColor: theme.text,
        pageIconInactiveColor: theme.line,
      },
      tooltip: {
        ...option.tooltip,
        appendTo: this.place,
        backgroundColor: theme.surface,
        borderColor: theme.line,
        padding: 0,
        textStyle: { color: theme.ink, fontFamily: this.font, fontSize: 12.5 },
        formatter: (points) => this.tooltip(points),
      },
      xAxis: {
        ...option.xAxis,
        axisLine: { lineStyle: { color: theme.line } },
        axisLabel: {
          ...option.xAxis.axisLabel,
          ...label,
          alignMaxLabel: stamps.length > 20 ? "right" : null,
          // Hours of more than four days are told apart by their days.
          interval: unit === "hour" && stamps.length > 96 ? (_, stamp) => wall(stamp).getUTCHours() === 0 : "auto",
          formatter: (stamp) => short(stamp, unit, years),
        },
      },
      yAxis: {
        ...option.yAxis,
        axisLabel: { ...label, formatter: (value) => (this.data.form === "share" ? SHARE : ROUND).format(value) },
        splitLine: { lineStyle: { color: theme.line } },
      },
      // A line of the card between the shades lets neighbours be told apart; thin bars have no room for it.
      series: option.series.flatMap((each) => this.parts(each)).map((each) => ({
        ...each,
        itemStyle: { ...each.itemStyle, borderColor: theme.surface, borderWidth: dense ? 0 : 0.5 },
        data: this.heights(each, theme),
      })).map((each, at) => (at === 0 && this.notes.size ? { ...each, markLine: this.marks(theme) } : each)),
    };
  }

  /** The numbers as a sentence: how many bars from when to when, their sum, the highest, and the parts of the sum. */
  description() {
    const { option, unit } = this.data;
    const stamps = option.xAxis.data;
    if (!stamps.length) return "no records";
    const bars = stamps.length === 1 ? `one ${unit}, ${this.title(stamps[0])}` : `${NUMBER.format(stamps.length)} ${PLURALS[unit]} from ${named(stamps[0], unit)} to ${named(stamps.at(-1), unit)}`;
    if (this.data.has_total === false) return `${bars}, by ${option.series.map((each) => each.name).slice(0, MOST_ROWS).join(", ")}.`;
    const heights = stamps.map((_, at) => option.series.reduce((sum, each) => sum + (each.data[at] ?? 0), 0));
    const total = heights.reduce((sum, height) => sum + height, 0);
    const highest = heights.indexOf(Math.max(...heights));
    const parts = option.series
      .map((each) => [each.name, each.data.reduce((sum, count) => sum + (count ?? 0), 0)])
      .filter(([, sum]) => sum > 0)
      .sort(([, one], [, other]) => other - one)
      .slice(0, MOST_ROWS)
      .map(([name, sum]) => `${name} ${NUMBER.format(sum)}`);
    const sentences = [`${bars}, ${NUMBER.format(total)} in all`];
    if (stamps.length > 1 && total) sentences.push(`The highest is ${NUMBER.format(heights[highest])}, on ${named(stamps[highest], unit)}`);
    if (parts.length > 1) sentences.push(`By name: ${parts.join(", ")}`);
    return `${sentences.join(". ")}.`;
  }

  get isSummed() {
    return this.data.has_total !== false;
  }

  written(value) {
    if (value === null || value === undefined) return "–";
    return (this.data.form === "share" ? SHARE : NUMBER).format(value);
  }

  /** What a bar is called in the tip and the table; the one that isn't complete yet says so. */
  title(stamp) {
    const name = named(stamp, this.data.unit);
    return stamp === this.data.so_far ? `${name} (${SO_FAR})` : name;
  }

  /** A series and, of a line whose last place isn't complete yet, the dashed way there as a series of its own. */
  parts(series) {
    const last = this.data.option.xAxis.data.length - 1;
    if (series.type !== "line" || last < 1 || this.data.option.xAxis.data[last] !== this.data.so_far) return [series];
    const way = { ...series, id: `${series.name} ${SO_FAR}`, lineStyle: { ...series.lineStyle, type: "dashed" } };
    return [
      { ...series, data: series.data.with(last, null) },
      { ...way, data: series.data.map((value, at) => (at < last - 1 ? null : value)) },
    ];
  }

  /** The heights of a series: that of the incomplete bar is hatched. */
  heights(series, theme) {
    const stamps = this.data.option.xAxis.data;
    const itemStyle = { decal: { ...HATCH, color: theme.surface } };
    return series.data.map((value, at) => (stamps[at] === this.data.so_far ? { value, itemStyle } : value));
  }

  /** A thin line with a dot on top at each bar that has notes; the tip says them. */
  marks(theme) {
    return {
      silent: true,
      animation: false,
      symbol: ["none", "circle"],
      symbolSize: 7,
      label: { show: false },
      lineStyle: { type: "dashed", width: 1, color: theme.ink },
      data: [...this.notes.keys()].map((at) => ({ xAxis: at })),
    };
  }

  tooltip(all) {
    const last = this.data.option.xAxis.data.length - 1;
    const points = all.filter((point) => point.dataIndex === last || !point.seriesId?.endsWith(` ${SO_FAR}`));
    if (points[0]?.value === undefined) return "";
    const box = element("div", "tip");
    box.append(element("div", "tip-title", this.title(points[0].axisValue)));
    const counted = points.filter((point) => point.value > 0).reverse();
    const table = element("div", "tip-rows");
    for (const point of counted.slice(0, MOST_ROWS)) {
      const swatch = element("i", "tip-swatch");
      swatch.style.backgroundColor = point.color;
      table.append(swatch, element("span", "", point.seriesName), element("b", "", this.written(point.value)));
    }
    if (counted.length > MOST_ROWS) {
      const rest = counted.slice(MOST_ROWS);
      const sum = rest.reduce((total, point) => total + point.value, 0);
      table.append(element("i"), element("span", "", `${rest.length} more`), element("b", "", this.isSummed ? this.written(sum) : ""));
    }
    const total = points.reduce((sum, point) => sum + point.value, 0);
    if (this.isSummed) table.append(element("i"), element("span", "tip-total", "All"), element("b", "tip-total", this.written(total)));
    box.append(table);
    for (const text of this.notes.get(points[0].dataIndex) ?? []) box.append(element("div", "tip-note", text));
    return box;
  }

  /** The same numbers as a table, newest bar first. */
  table() {
    const { option, unit } = this.data;
    const table = element("table", "table");
    const head = table.createTHead().insertRow();
    for (const name of [NAMES[unit] ?? `Start, ${this.data.zone ?? "UTC"}`, ...(this.isSummed ? ["All"] : []), ...option.series.map((each) => each.name)]) {
      const cell = element("th", head.cells.length ? "is-number" : "", name);
      cell.scope = "col";
      head.append(cell);
    }
    const body = table.createTBody();
    option.xAxis.data.map((stamp, at) => [stamp, at]).reverse().forEach(([stamp, at]) => {
      const counts = option.series.map((each) => each.data[at]);
      const row = body.insertRow();
      const heading = element("th", "", this.title(stamp));
      heading.scope = "row";
      row.append(heading);
      const sum = counts.reduce((total, count) => total + count, 0);
      for (const count of this.isSummed ? [sum, ...counts] : counts) row.append(element("td", "is-number", this.written(count)));
    });
    return table;
  }

  /** A PNG with its title, as a data URL. */
  picture(title, subtitle) {
    const option = this.option();
    const chosen = {
      ...option,
      legend: { ...option.legend, show: true, left: 16, bottom: 12, type: "plain" },
      grid: { ...option.grid, left: 16, right: 24, top: 72, bottom: option.series.length > 8 ? 96 : 48 },
    };
    return pictureOf(chosen, title, subtitle, this.font, { width: Math.max(960, this.place.clientWidth) });
  }
}

/** Any option as a PNG with a title, as a data URL: drawn apart, as the page's charts have no titles of their own. */
export function pictureOf(option, title, subtitle, font, { width = 960, height = 480 } = {}) {
  const theme = colours();
  const chart = window.echarts.init(element("div"), null, { width, height });
  chart.setOption({
    ...option,
    title: {
      text: title,
      subtext: subtitle,
      left: 16,
      top: 12,
      textStyle: { color: theme.ink, fontFamily: font, fontSize: 16, fontWeight: 600 },
      subtextStyle: { color: theme.text, fontFamily: font, fontSize: 12 },
    },
  });
  const picture = chart.getDataURL({ pixelRatio: 2, backgroundColor: theme.surface });
  chart.dispose();
  return picture;
}
