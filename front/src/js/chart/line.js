// A line in time: its interval as a band, the path to the goal, and the tail that is expected but not yet counted.
import { between, digitsOf, fade, hatch, say, scale, text, tip, tooltip } from "./style.js";

const MONTH = 30 * 24 * 3600 * 1000;
// A direct label wider than this share of the frame would run over the next one on a phone.
const NARROW = 560;

function moment(x) {
  return new Date(/^\d{4}-\d{2}$/.test(x) ? `${x}-15T00:00:00` : x).getTime();
}

function ready(points = []) {
  return points.map((point) => ({ ...point, at: moment(point.x) }));
}

/** Labels of the axis, thinned so that they do not touch. */
function ticks(points, width) {
  const labelled = [...new Map(points.filter((point) => point.label).map((point) => [point.at, point.label]))].sort(
    (a, b) => a[0] - b[0],
  );
  const first = labelled[0]?.[0] ?? 0;
  const span = (labelled.at(-1)?.[0] ?? 1) - first || 1;
  const kept = [];
  for (const [at, label] of labelled) {
    const last = kept.at(-1);
    const gap = ((at - (last?.[0] ?? -Infinity)) / span) * width;
    if (gap > 26 + 4 * (label.length + (last?.[1].length ?? 0))) kept.push([at, label]);
  }
  return kept;
}

function area(series, api, ends) {
  const upper = series.map((point) => api.coord([point.at, ends(point)[1]]));
  const lower = series.map((point) => api.coord([point.at, ends(point)[0]]));
  return { upper, lower, points: [...upper, ...lower.reverse()] };
}

function band(points, colors) {
  return {
    type: "custom",
    silent: true,
    clip: true,
    z: 1,
    data: [[points[0].at, points[0].y]],
    renderItem: (_, api) => ({
      type: "polygon",
      silent: true,
      shape: { points: area(points, api, (point) => [point.low, point.high]).points },
      style: { fill: fade(colors.accent, 0.16) },
    }),
  };
}

function tailBand(points, colors) {
  return {
    type: "custom",
    silent: true,
    clip: true,
    z: 1,
    data: [[points[0].at, points[0].y]],
    renderItem: (_, api) => {
      const shape = area(points, api, (point) => [point.low, point.high]).points;
      const xs = shape.map((each) => each[0]);
      const ys = shape.map((each) => each[1]);
      const box = { x1: Math.min(...xs), x2: Math.max(...xs), y1: Math.min(...ys), y2: Math.max(...ys) };
      return hatch({ type: "polygon", shape: { points: shape } }, box, fade(colors.accent, 0.45));
    },
  };
}

function labelled(point, note, colors, unit) {
  const words = note?.text ?? "";
  return {
    value: [point.at, point.y],
    symbol: "circle",
    symbolSize: words ? (note.strong ? 9 : 7) : 0,
    itemStyle: {
      color: note?.strong ? colors.accent : colors.surface,
      borderColor: note?.strong ? colors.accent : colors.ink2,
      borderWidth: 1.5,
    },
    label: {
      show: Boolean(words),
      formatter: words || say(point.y, unit),
      ...(note?.place === "under-left"
        ? { position: [0, 18], align: "right" }
        : { position: note?.place ?? (note?.strong ? "top" : "right") }),
      distance: 8,
      ...text(colors, note?.strong ? { color: colors.accent, fontWeight: 640 } : {}),
      textBorderColor: colors.surface,
      textBorderWidth: 3,
    },
  };
}

function describe(at, { points, tail, goal }, unit, digits) {
  const point = points.find((each) => each.at === at);
  const later = tail.find((each) => each.at === at);
  const aim = goal.find((each) => each.at === at);
  const shown = point ?? later;
  const lines = [];
  if (shown) {
    lines.push(`${later && !point ? "ожидаем " : ""}${say(shown.y, unit, digits)}`);
    if (shown.low !== undefined) lines.push(`95\u00a0% интервал ${between(shown.low, shown.high, unit, digits)}`);
    if (shown.count) lines.push(shown.count);
  }
  if (aim) lines.push(`по пути к цели ${say(aim.y, unit)}`);
  return tip(shown?.title ?? shown?.label ?? aim?.label ?? "", lines);
}

/** Room to the right of the line for the words at the end of its tail; what the goal leaves free beyond it counts. */
function roomFor(words, tail, ends, width) {
  const [first, last] = ends;
  const free = ((last - tail.at(-1).at) / (last - first || 1)) * (width - 80);
  return Math.max(16, Math.ceil(words.length * 7.4 + 16 - free));
}

export function lineOption(data, colors, width) {
  const points = ready(data.points);
  const goal = ready(data.goal);
  // The tail begins where the counted line ends.
  const tail = data.tail?.length ? [points.at(-1), ...ready(data.tail)] : [];
  const unit = data.unit ?? "";
  const all = [...points, ...tail, ...goal];
  const marks = ticks(all, width - 60);
  const names = new Map(marks);
  const narrow = width < NARROW;
  const digits = data.digits ?? digitsOf(points.flatMap((point) => [point.y, point.low, point.high]));
  const notes = new Map((data.notes ?? []).filter((note) => !narrow || note.strong).map((note) => [note.x, note]));
  const last = points.at(-1);
  const tailWords = tail.length ? (!narrow && data.tail_label) || say(tail.at(-1).y, unit) : "";
  const withBand = points.filter((point) => point.low !== undefined && point.low !== null);
  const withTail = tail.filter((point) => point.low !== undefined && point.low !== null);

  const series = [];
  if (withBand.length > 1) series.push(band(withBand, colors));
  if (withTail.length > 1) series.push(tailBand(withTail, colors));
  if (goal.length) {
    series.push({
      type: "line",
      name: "goal",
      z: 2,
      data: goal.map((point, at) => ({
        value: [point.at, point.y],
        symbol: "rect",
        symbolSize: 7,
        itemStyle: { color: colors.surface, borderColor: colors.ink3, borderWidth: 1.5 },
        label: {
          show: at === goal.length - 1 || (at > 0 && !narrow),
          formatter: at === goal.length - 1 ? (data.goal_label ?? say(point.y, unit)) : say(point.y, unit),
          position: at === goal.length - 1 ? [-4, -20] : "top",
          align: at === goal.length - 1 ? "right" : undefined,
          ...text(colors, at === goal.length - 1 ? { color: colors.ink, fontWeight: 640 } : {}),
          textBorderColor: colors.surface,
          textBorderWidth: 3,
        },
      })),
      lineStyle: { color: colors.ink3, width: 1.5 },
    });
  }
  if (tail.length) {
    series.push({
      type: "line",
      name: "tail",
      z: 3,
      symbol: "none",
      data: tail.map((point, at) => ({
        value: [point.at, point.y],
        symbol: at === tail.length - 1 ? "circle" : "none",
        symbolSize: 8,
        itemStyle: { color: colors.surface, borderColor: colors.accent, borderWidth: 2 },
        label: {
          show: at === tail.length - 1,
          formatter: tailWords,
          position: narrow ? [4, 14] : "right",
          align: narrow ? "right" : undefined,
          distance: 8,
          ...text(colors, { color: colors.accent, fontWeight: 640 }),
          textBorderColor: colors.surface,
          textBorderWidth: 3,
        },
      })),
      lineStyle: { color: colors.accent, width: 2.5, type: [2, 6], cap: "round" },
    });
  }
  series.push({
    type: "line",
    name: "value",
    z: 4,
    symbol: "none",
    data: points.map((point) =>
      labelled(
        point,
        notes.get(point.x) ??
          (point === last
            ? { text: `${say(point.y, unit, digits)}${point.low === undefined || (narrow && tail.length) ? "" : ` (${between(point.low, point.high, "", digits)})`}`, strong: true, place: tail.length ? "under-left" : "bottom" }
            : undefined),
        colors,
        unit,
      ),
    ),
    labelLayout: { hideOverlap: true },
    lineStyle: { color: colors.accent, width: 2.5, join: "round", cap: "round" },
    markLine: data.today
      ? {
          silent: true,
          symbol: "none",
          lineStyle: { color: colors.ink3, type: [2, 4], width: 1 },
          label: { formatter: data.today_label ?? "сегодня", position: "end", distance: 4, ...text(colors) },
          data: [{ xAxis: moment(data.today) }],
        }
      : undefined,
  });
  const begin = Math.min(...all.map((point) => point.at));
  const end = Math.max(...all.map((point) => point.at));
  const right = tailWords && !narrow ? roomFor(tailWords, tail, [begin, end], width) : 16;
  return {
    grid: { left: 4, right, top: 28, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: tooltip(colors, {
      trigger: "axis",
      axisPointer: { type: "line", snap: true, label: { show: false }, lineStyle: { color: colors.linestrong } },
      formatter: (items) => describe(items[0].value[0], { points, tail: tail.slice(1), goal }, unit, digits),
    }),
    xAxis: {
      type: "time",
      min: begin,
      max: end + (goal.length ? 0 : MONTH / 10),
      axisLine: { lineStyle: { color: colors.linestrong } },
      axisTick: { show: true, customValues: marks.map(([at]) => at), lineStyle: { color: colors.linestrong } },
      axisLabel: {
        customValues: marks.map(([at]) => at),
        formatter: (value) => names.get(value) ?? "",
        hideOverlap: true,
        margin: 10,
        ...text(colors),
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      ...scale(data.min ?? 0, data.max),
      axisLabel: { formatter: (value) => say(value, unit), ...scale(data.min ?? 0, data.max).axisLabel, ...text(colors) },
      splitLine: { lineStyle: { color: colors.line } },
    },
    series,
  };
}
