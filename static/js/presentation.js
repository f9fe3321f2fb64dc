// Numbers, sizes and durations as the server writes them (interactions/templatetags/presentation.py).

const UNITS = ["kB", "MB", "GB", "TB", "PB"];

export function number(value) {
  return Math.round(value).toLocaleString("en-US");
}

export function size(bytes) {
  if (bytes < 1000) return `${number(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;
  let amount = bytes;
  let unit = "";
  for (unit of UNITS) {
    amount /= 1000;
    if (amount < 999.5) break;
  }
  return amount < 99.95 && unit !== "kB" ? `${amount.toFixed(1)} ${unit}` : `${number(amount)} ${unit}`;
}

export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  const [length, unit, part, smaller] =
    whole < 60 ? [1, "s"] : whole < 3600 ? [60, "min", 1, "s"] : whole < 86400 ? [3600, "h", 60, "min"] : [86400, "d", 3600, "h"];
  const rest = smaller ? Math.floor((whole % length) / part) : 0;
  return `${number(Math.floor(whole / length))} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
}

export function percent(fraction) {
  return `${Math.floor(Math.max(0, Math.min(1, fraction)) * 100)}%`;
}
