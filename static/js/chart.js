// The chart of interactions over time: the server's option in the theme's colours, its tooltip, its
// table, its picture, and dragging across it. Reports a drag as "zoom" with the first and last bar.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const NUMBER = new Intl.NumberFormat("en-US");
const ROUND = new Intl.NumberFormat("en-US", { notation: "compact" });
const MOST_ROWS = 12;
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

function short(stamp, unit, years) {
  const moment = wall(stamp);
  if (unit === "year" || unit === "decade" || unit === "century") return String(moment.getUTCFullYear());
  if (unit === "month") return `${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}`;
  if (unit === "minute") return clock(moment);
  if (unit === "hour") return moment.getUTCHours() === 0 ? day(moment) : clock(moment);
  return years > 1 ? `${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()}` : day(moment);
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

export class OverTime extends EventTarget {
  constructor(place, font, { canZoom = true, hasLegend = true } = {}) {
    super();
    this.place = place;
    this.canZoom = canZoom;
    this.hasLegend = hasLegend;
    this.font = font;
    this.chart = null;
    this.data = null;
    this.stamps = null; // of what is drawn
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
    // On a touch screen a drag scrolls the page; there the dates are chosen in the period's menu.
    if (this.canZoom && !matchMedia("(pointer: coarse)").matches) {
      this.chart.dispatchAction({
        type: "takeGlobalCursor",
        key: "brush",
        brushOption: { brushType: "lineX", brushMode: "single" },
      });
    }
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
    chart.on("brushEnd", (event) => {
      const range = event.areas[0]?.coordRange;
      chart.dispatchAction({ type: "brush", areas: [] });
      if (!range) return;
      const stamps = this.data.option.xAxis.data;
      const [first, last] = range.map((at) => Math.max(0, Math.min(stamps.length - 1, at)));
      this.dispatchEvent(new CustomEvent("zoom", { detail: { first: stamps[first], last: stamps[last], next: stamps[last + 1] } }));
    });
    return chart;
  }

  option() {
    const { option, unit } = this.data;
    const theme = colours();
    const stamps = option.xAxis.data;
    const years = stamps.length ? wall(stamps.at(-1)).getUTCFullYear() - wall(stamps[0]).getUTCFullYear() : 0;
    const label = { color: theme.text, fontSize: 12 };
    const dense = this.place.clientWidth / stamps.length < 6;
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
        axisLabel: { ...label, formatter: (value) => ROUND.format(value) },
        splitLine: { lineStyle: { color: theme.line } },
      },
      // A brush brings its own buttons along; dragging needs none.
      toolbox: { show: false },
      brush: {
        xAxisIndex: 0,
        throttleType: "debounce",
        inBrush: { colorAlpha: 1 },
        outOfBrush: { colorAlpha: 1 },
        brushStyle: { color: theme.accent, opacity: 0.16, borderWidth: 0 },
      },
      // A line of the card between the shades lets neighbours be told apart; thin bars have no room for it.
      series: option.series.map((each) => ({
        ...each,
        itemStyle: { ...each.itemStyle, borderColor: theme.surface, borderWidth: dense ? 0 : 0.5 },
        data: this.heights(each, theme),
      })),
    };
  }

  /** What a bar is called in the tip and the table; the one that isn't complete yet says so. */
  title(stamp) {
    const name = named(stamp, this.data.unit);
    return stamp === this.data.so_far ? `${name} (${SO_FAR})` : name;
  }

  /** The heights of a series: that of the incomplete bar is hatched. */
  heights(series, theme) {
    const stamps = this.data.option.xAxis.data;
    const itemStyle = { decal: { ...HATCH, color: theme.surface } };
    return series.data.map((value, at) => (stamps[at] === this.data.so_far ? { value, itemStyle } : value));
  }

  tooltip(points) {
    if (points[0]?.value === undefined) return "";
    const box = element("div", "tip");
    box.append(element("div", "tip-title", this.title(points[0].axisValue)));
    const counted = points.filter((point) => point.value > 0).reverse();
    const table = element("div", "tip-rows");
    for (const point of counted.slice(0, MOST_ROWS)) {
      const swatch = element("i", "tip-swatch");
      swatch.style.backgroundColor = point.color;
      table.append(swatch, element("span", "", point.seriesName), element("b", "", NUMBER.format(point.value)));
    }
    if (counted.length > MOST_ROWS) {
      const rest = counted.slice(MOST_ROWS);
      const sum = rest.reduce((total, point) => total + point.value, 0);
      table.append(element("i"), element("span", "", `${rest.length} more`), element("b", "", NUMBER.format(sum)));
    }
    const total = points.reduce((sum, point) => sum + point.value, 0);
    table.append(element("i"), element("span", "tip-total", "All"), element("b", "tip-total", NUMBER.format(total)));
    box.append(table);
    return box;
  }

  /** The same numbers as a table, newest bar first. */
  table() {
    const { option, unit } = this.data;
    const table = element("table", "table");
    const head = table.createTHead().insertRow();
    for (const name of [NAMES[unit] ?? `Start, ${this.data.zone ?? "UTC"}`, "All", ...option.series.map((each) => each.name)]) {
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
      for (const count of [sum, ...counts]) row.append(element("td", "is-number", NUMBER.format(count)));
    });
    return table;
  }

  /** A PNG with its title, as a data URL. */
  picture(title, subtitle) {
    const option = this.option();
    const chosen = {
      ...option,
      brush: undefined,
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
