// Finds frames of charts on the page, reads their data from <script type="application/json"> and keeps the drawings right
// when the width, the theme or the paper changes.
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import langRU from "echarts/lib/i18n/langRU.js";
import { SVGRenderer } from "echarts/renderers";
import { barOption, waterfallOption } from "./chart/bars.js";
import { heatOption } from "./chart/heat.js";
import { lineOption } from "./chart/line.js";
import { palette } from "./chart/style.js";
import { save } from "./saving.js";

echarts.use([BarChart, CustomChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, LabelLayout, SVGRenderer]);
echarts.registerLocale("RU", langRU);

const OPTIONS = { line: lineOption, bar: barOption, waterfall: waterfallOption, heat: heatOption };
const PAPER = 660;
const drawn = new Map();

function paint(frame, chart, data, width) {
  const option = OPTIONS[data.type](data, palette(frame), width);
  chart.setOption({ animation: false, ...option }, { notMerge: true });
}

function start(frame) {
  const source = document.getElementById(frame.dataset.chart);
  if (!source) return;
  const data = JSON.parse(source.textContent);
  if (!OPTIONS[data.type]) throw new Error(`Unknown kind of chart: ${data.type}`);
  const chart = echarts.init(frame, null, { renderer: "svg", locale: "RU" });
  const redraw = () => {
    if (!frame.clientWidth) return;
    chart.resize();
    paint(frame, chart, data, frame.clientWidth);
  };
  let asked = 0;
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(redraw);
  });
  redraw();
  observer.observe(frame);
  drawn.set(frame, { chart, data, redraw, observer });
}

function sweep() {
  for (const [frame, { chart, observer }] of drawn) {
    if (frame.isConnected) continue;
    observer.disconnect();
    chart.dispose();
    drawn.delete(frame);
  }
}

/** Draws what is new under `root` and forgets what has left the page. */
export function draw(root) {
  sweep();
  for (const frame of root.querySelectorAll("[data-chart]")) {
    if (!drawn.has(frame)) start(frame);
  }
}

const again = () => drawn.forEach(({ redraw }) => redraw());
document.addEventListener("theme:change", again);
document.fonts?.ready.then(again);

/** The drawing as a file: lines as they are, or points at twice the size on the colour of the page. */
function picture(frame, kind) {
  const { chart } = drawn.get(frame);
  const name = `${frame.dataset.chart.replace(/-data$/, "")}.${kind}`;
  const colors = palette(frame);
  // The drawing as it stands: the library's own text leaves quotes of font names bare.
  const drawing = frame.querySelector("svg").cloneNode(true);
  drawing.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  drawing.style.background = colors.surface;
  const lines = new XMLSerializer().serializeToString(drawing);
  if (kind === "svg") return save(new Blob([lines], { type: "image/svg+xml" }), name);
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * chart.getWidth(), 2 * chart.getHeight()];
    const pen = canvas.getContext("2d");
    pen.fillStyle = colors.surface;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, name), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(lines)}`;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-picture]");
  const frame = button?.closest(".chart")?.querySelector("[data-chart]");
  if (frame && drawn.has(frame)) picture(frame, button.dataset.picture);
});

// Paper is white and narrow, whatever the screen was.
window.addEventListener("beforeprint", () => {
  document.documentElement.dataset.printing = "";
  drawn.forEach(({ chart, data }, frame) => {
    const width = Math.min(PAPER, frame.clientWidth || PAPER);
    chart.resize({ width });
    paint(frame, chart, data, width);
  });
});
window.addEventListener("afterprint", () => {
  delete document.documentElement.dataset.printing;
  again();
});
