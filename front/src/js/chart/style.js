// What all charts share: colours from the style sheet, Russian numbers, a hatch for what is not ripe, words by the pointer.
const NAMES = ["accent", "surface", "raised", "sunken", "ink", "ink-2", "ink-3", "line", "line-strong", "warn", "bad"];

/** Colours as they are now: of this theme, on this page. */
export function palette(frame) {
  const probe = document.createElement("i");
  frame.append(probe);
  const colors = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colors[name.replace("-", "")] = getComputedStyle(probe).color;
  }
  colors.font = getComputedStyle(frame).fontFamily;
  probe.remove();
  return colors;
}

function channels(color) {
  return color.match(/[\d.]+/g).slice(0, 3).map(Number);
}

/** A mix of two colours: 0 is the first, 1 is the second. */
export function mix(from, to, share) {
  const other = channels(to);
  const parts = channels(from).map((part, at) => Math.round(part + (other[at] - part) * share));
  return `rgb(${parts.join(",")})`;
}

export function fade(color, alpha) {
  return `rgba(${channels(color).join(",")},${alpha})`;
}

const NUMBER = new Map();

/** «1 234,5» with U+00A0 and a real minus; the unit stands after a no-break space. */
export function say(value, unit = "", digits = undefined, sign = false) {
  const key = `${digits}:${sign}`;
  if (!NUMBER.has(key)) {
    NUMBER.set(
      key,
      new Intl.NumberFormat("ru", {
        minimumFractionDigits: digits ?? 0,
        maximumFractionDigits: digits ?? 1,
        signDisplay: sign ? "exceptZero" : "auto",
      }),
    );
  }
  const text = NUMBER.get(key).format(value).replace(/[\u202f\u2009]/g, "\u00a0").replace("-", "\u2212");
  return unit ? `${text}\u00a0${unit}` : text;
}

/** One digit after the comma for all labels of a chart as soon as one figure has it. */
export function digitsOf(values) {
  return values.some((value) => typeof value === "number" && !Number.isInteger(value)) ? 1 : 0;
}

const ROUND = [1, 2, 2.5, 5, 6, 10, 15, 20, 25, 50, 100];

/** Ends of an axis as they are given; an end that falls between round marks is kept, but not written over its neighbour. */
export function scale(min, max) {
  const parts = [4, 5, 3, 6].find((count) => ROUND.includes((max - min) / count));
  if (parts) return { min, max, interval: (max - min) / parts };
  return { min, max, splitNumber: 4, axisLabel: { showMaxLabel: max === undefined ? null : false } };
}

export function between(low, high, unit = "", digits = undefined) {
  return `${say(low, "", digits)}\u2060…\u2060${say(high, unit, digits)}`;
}

export function text(colors, extra = {}) {
  return { color: colors.ink2, fontFamily: colors.font, fontSize: 12, fontWeight: 500, ...extra };
}

/** Slanted lines inside a shape: what is expected, not yet counted. */
export function hatch(shape, box, color, step = 6) {
  const children = [];
  const height = box.y2 - box.y1;
  for (let x = box.x1 - height; x < box.x2; x += step) {
    children.push({
      type: "line",
      silent: true,
      shape: { x1: x, y1: box.y2, x2: x + height, y2: box.y1 },
      style: { stroke: color, lineWidth: 1 },
    });
  }
  return { type: "group", silent: true, clipPath: shape, children };
}

/** Words by the pointer as elements, never as markup put together from data. */
export function tip(title, lines) {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const head = document.createElement("b");
  head.textContent = title;
  box.append(head);
  for (const line of lines) {
    if (!line) continue;
    const row = document.createElement("div");
    row.textContent = line;
    box.append(row);
  }
  return box;
}

export function tooltip(colors, extra = {}) {
  return {
    backgroundColor: colors.raised,
    borderColor: colors.linestrong,
    borderWidth: 1,
    padding: [8, 12],
    confine: true,
    transitionDuration: 0,
    textStyle: { color: colors.ink, fontFamily: colors.font, fontSize: 13 },
    extraCssText: "box-shadow: var(--shadow-high); border-radius: var(--r1)",
    ...extra,
  };
}
