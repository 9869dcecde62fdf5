// Bars with their intervals, and the waterfall: from the figure before, through what changed it, to the figure now.
import { between, digitsOf, fade, say, scale, text, tip, tooltip } from "./style.js";

const WIDE_ENOUGH = 620;

function whisker(from, to, horizontal, color, halo) {
  const [x1, y1] = from;
  const [x2, y2] = to;
  const cap = 4;
  const line = (shape, style) => ({ type: "line", silent: true, shape, style });
  const strokes = horizontal
    ? [
        { x1, y1, x2, y2 },
        { x1, y1: y1 - cap, x2: x1, y2: y1 + cap },
        { x1: x2, y1: y2 - cap, x2, y2: y2 + cap },
      ]
    : [
        { x1, y1, x2, y2 },
        { x1: x1 - cap, y1, x2: x1 + cap, y2: y1 },
        { x1: x2 - cap, y1: y2, x2: x2 + cap, y2 },
      ];
  return [
    ...strokes.map((shape) => line(shape, { stroke: halo, lineWidth: 4 })),
    ...strokes.map((shape) => line(shape, { stroke: color, lineWidth: 1.5 })),
  ];
}

function rect(a, b, thickness, horizontal, fill) {
  const shape = horizontal
    ? { x: Math.min(a[0], b[0]), y: a[1] - thickness / 2, width: Math.max(2, Math.abs(a[0] - b[0])), height: thickness }
    : { x: a[0] - thickness / 2, y: Math.min(a[1], b[1]), width: thickness, height: Math.max(2, Math.abs(a[1] - b[1])) };
  return { type: "rect", shape: { ...shape, r: 3 }, style: { fill } };
}

function words(at, content, horizontal, colors, above = true) {
  return {
    type: "text",
    silent: true,
    style: {
      text: content,
      x: at[0] + (horizontal ? 8 : 0),
      y: at[1] + (horizontal ? 0 : above ? -6 : 6),
      align: horizontal ? "left" : "center",
      verticalAlign: horizontal ? "middle" : above ? "bottom" : "top",
      fill: colors.ink,
      font: `640 12px ${colors.font}`,
      stroke: colors.surface,
      lineWidth: 3,
    },
  };
}

function categories(items, colors, horizontal, width) {
  const room = horizontal ? Math.min(210, Math.round(width * 0.38)) : Math.floor((width - 60) / items.length) - 8;
  return {
    type: "category",
    data: items.map((item) => item.label),
    inverse: horizontal,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colors.linestrong } },
    axisLabel: { interval: 0, width: room, overflow: "break", lineHeight: 15, ...text(colors, { color: colors.ink }) },
  };
}

function values(data, colors, extra = {}) {
  const ends = scale(extra.min, extra.max);
  return {
    type: "value",
    splitLine: { lineStyle: { color: colors.line } },
    ...extra,
    ...ends,
    axisLabel: { formatter: (value) => say(value, data.unit ?? ""), hideOverlap: true, ...ends.axisLabel, ...text(colors) },
  };
}

function grid(horizontal, right = 16) {
  return { left: 4, right, top: horizontal ? 4 : 24, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" };
}

export function barOption(data, colors, width) {
  const horizontal = !data.vertical;
  const items = data.items;
  const unit = data.unit ?? "";
  const digits = data.digits ?? digitsOf(items.map((item) => item.value));
  const place = (at, value) => (horizontal ? [value, at] : [at, value]);
  const top = Math.max(...items.map((item) => item.high ?? item.value));
  const spare = horizontal ? Math.max(...items.map((item) => (item.text ?? say(item.value, unit, digits)).length)) * 7.4 + 16 : 16;

  const series = {
    type: "custom",
    data: items.map((item, at) => place(at, item.value)),
    renderItem: (params, api) => {
      const item = items[params.dataIndex];
      const from = api.coord(place(params.dataIndex, 0));
      const to = api.coord(place(params.dataIndex, item.value));
      const room = api.size([1, 1])[horizontal ? 1 : 0];
      const children = [rect(from, to, Math.min(24, room * 0.56), horizontal, item.quiet ? fade(colors.ink3, 0.5) : colors.accent)];
      let end = to;
      if (item.low !== undefined && item.low !== null) {
        const high = api.coord(place(params.dataIndex, item.high));
        children.push(...whisker(api.coord(place(params.dataIndex, item.low)), high, horizontal, colors.ink, colors.surface));
        end = high;
      }
      children.push(words(end, item.text ?? say(item.value, unit, digits), horizontal, colors));
      return { type: "group", children };
    },
  };
  const names = categories(items, colors, horizontal, width);
  const measure = values(data, colors, { min: data.min ?? 0, max: data.max ?? (top > 0 ? undefined : 0) });
  return {
    grid: grid(horizontal, spare),
    xAxis: horizontal ? { ...measure, show: Boolean(data.scale) } : names,
    yAxis: horizontal ? names : measure,
    tooltip: tooltip(colors, {
      trigger: "item",
      formatter: ({ dataIndex }) => {
        const item = items[dataIndex];
        return tip(item.label.replaceAll("\n", " "), [
          item.text ?? say(item.value, unit, digits),
          item.low === undefined || item.low === null ? "" : `95\u00a0% интервал ${between(item.low, item.high, unit, digits)}`,
          item.note,
        ]);
      },
    }),
    series: [series],
  };
}

/** Totals and changes become stretches of the axis. */
function stretches(items) {
  let level = 0;
  return items.map((item) => {
    if (item.total !== undefined) {
      level = item.total;
      return { ...item, level };
    }
    const from = level;
    level += item.change;
    return { ...item, from, to: level, level };
  });
}

export function waterfallOption(data, colors, width) {
  const horizontal = width < WIDE_ENOUGH;
  const items = stretches(data.items);
  const unit = data.unit ?? "";
  const step = unit === "%" ? "п.\u00a0п." : unit;
  const place = (at, value) => (horizontal ? [value, at] : [at, value]);
  const base = data.min ?? 0;
  const digits = data.digits ?? digitsOf(data.items.flatMap((item) => [item.total, item.change]));

  const series = {
    type: "custom",
    clip: false,
    data: items.map((item, at) => place(at, item.level)),
    renderItem: (params, api) => {
      const at = params.dataIndex;
      const item = items[at];
      const room = api.size([1, 1])[horizontal ? 1 : 0];
      const thick = Math.min(44, room * 0.56);
      const children = [];
      if (item.total !== undefined) {
        const to = api.coord(place(at, item.total));
        children.push(rect(api.coord(place(at, base)), to, thick, horizontal, fade(colors.ink3, 0.42)));
        children.push(words(to, item.text ?? say(item.total, unit, digits), horizontal, colors));
      } else {
        const from = api.coord(place(at, item.from));
        const to = api.coord(place(at, item.to));
        children.push(rect(from, to, thick, horizontal, item.rest ? fade(colors.ink3, 0.42) : colors.accent));
        const ends = [from, to];
        if (item.low !== undefined && item.low !== null) {
          const low = api.coord(place(at, item.from + item.low));
          const high = api.coord(place(at, item.from + item.high));
          children.push(...whisker(low, high, horizontal, colors.ink, colors.surface));
          ends.push(low, high);
        }
        // The figure stands beyond the bar and its interval, on the side of larger values.
        const edge = horizontal
          ? [Math.max(...ends.map((end) => end[0])), from[1]]
          : [from[0], Math.min(...ends.map((end) => end[1]))];
        children.push(words(edge, item.text ?? say(item.change, step, digits, true), horizontal, colors));
      }
      if (at < items.length - 1) {
        const here = api.coord(place(at, item.level));
        const next = api.coord(place(at + 1, item.level));
        const half = thick / 2;
        children.unshift({
          type: "line",
          silent: true,
          shape: horizontal
            ? { x1: here[0], y1: here[1] + half, x2: next[0], y2: next[1] - half }
            : { x1: here[0] + half, y1: here[1], x2: next[0] - half, y2: next[1] },
          style: { stroke: colors.linestrong, lineWidth: 1.5 },
        });
      }
      return { type: "group", children };
    },
  };
  const names = categories(items, colors, horizontal, width);
  const measure = values(data, colors, { min: base, max: data.max });
  return {
    grid: grid(horizontal, horizontal ? 72 : 16),
    xAxis: horizontal ? measure : names,
    yAxis: horizontal ? names : measure,
    tooltip: tooltip(colors, {
      trigger: "item",
      formatter: ({ dataIndex }) => {
        const item = items[dataIndex];
        return tip(item.label.replaceAll("\n", " "), [
          item.total !== undefined ? say(item.total, unit, digits) : say(item.change, step, digits, true),
          item.low === undefined || item.low === null ? "" : `95\u00a0% интервал ${between(item.low, item.high, step, digits)}`,
          item.note,
        ]);
      },
    }),
    series: [series],
  };
}
