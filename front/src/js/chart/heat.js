// Map of cohorts: the number is written in every cell, colour only helps the eye; what is not ripe is hatched.
import { hatch, mix, say, text, tip, tooltip } from "./style.js";

const TIGHT = 26;

export function heatOption(data, colors, width) {
  const { rows, columns } = data;
  const unit = data.unit ?? "";
  const cells = rows.flatMap((row, y) =>
    row.cells.map((cell, x) => ({ ...cell, x, y })).filter((cell) => cell.value !== null && cell.value !== undefined),
  );
  const top = data.max ?? Math.max(1, ...cells.map((cell) => cell.value));
  const bottom = data.min ?? 0;

  const series = {
    type: "custom",
    data: cells.map((cell) => [cell.x, cell.y, cell.value]),
    renderItem: (params, api) => {
      const cell = cells[params.dataIndex];
      const [cx, cy] = api.coord([cell.x, cell.y]);
      const [w, h] = api.size([1, 1]);
      const box = { x: cx - w / 2 + 1, y: cy - h / 2 + 1, width: w - 2, height: h - 2 };
      const share = Math.max(0, Math.min(1, (cell.value - bottom) / (top - bottom || 1)));
      const children = [
        {
          type: "rect",
          shape: { ...box, r: 4 },
          style: cell.immature
            ? { fill: colors.surface, stroke: colors.linestrong, lineWidth: 1 }
            : { fill: mix(colors.surface, colors.accent, 0.46 * share) },
        },
      ];
      if (cell.immature) {
        const edge = { x1: box.x, x2: box.x + box.width, y1: box.y, y2: box.y + box.height };
        children.push(hatch({ type: "rect", shape: box }, edge, colors.linestrong, 5));
      }
      children.push({
        type: "text",
        silent: true,
        style: {
          text: cell.text ?? say(cell.value),
          x: cx,
          y: cy,
          align: "center",
          verticalAlign: "middle",
          fill: cell.immature ? colors.ink2 : colors.ink,
          font: `${cell.immature ? 500 : 560} ${w < TIGHT ? 10 : 12}px ${colors.font}`,
          stroke: cell.immature ? colors.surface : undefined,
          lineWidth: cell.immature ? 3 : 0,
        },
      });
      return { type: "group", children };
    },
  };
  const axis = { type: "category", axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false } };
  return {
    grid: { left: 4, right: 4, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      ...axis,
      position: "top",
      data: columns.map(String),
      axisLabel: { interval: 0, ...text(colors, { color: colors.ink3, fontSize: width < 480 ? 10 : 12 }) },
    },
    yAxis: {
      ...axis,
      inverse: true,
      data: rows.map((row) => row.label),
      axisLabel: {
        interval: 0,
        formatter: (_, at) => `{name|${rows[at].label}}{size|${say(rows[at].size ?? 0)}}`,
        rich: {
          name: { ...text(colors), width: 54, align: "left" },
          size: { ...text(colors, { color: colors.ink3 }), width: 40, align: "right" },
        },
      },
    },
    tooltip: tooltip(colors, {
      trigger: "item",
      formatter: ({ dataIndex }) => {
        const cell = cells[dataIndex];
        const row = rows[cell.y];
        return tip(`${row.label}, ${columns[cell.x]}`, [
          `${cell.immature ? "ожидаем " : ""}${say(cell.value, unit)}`,
          row.size ? `из ${say(row.size)}` : "",
          cell.immature ? "не созрело: срок ещё не закрыт" : "",
        ]);
      },
    }),
    series: [series],
  };
}
