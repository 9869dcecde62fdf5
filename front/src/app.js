// Everything a page of the interface needs; drawings of charts come apart, only where there are charts.
import "./css/index.css";
import "./pages.js";
import "./css/print.css";
import { startHtmx } from "./js/htmx.js";
import { startKeyboard } from "./js/keyboard.js";
import { startOverlays } from "./js/drawer.js";
import { startPalette } from "./js/palette.js";
import { startTheme } from "./js/theme.js";
import { startToasts } from "./js/toast.js";
import { startPage } from "./js/page.js";
import { startToday } from "./js/today.js";

startTheme();
startHtmx();
startOverlays();
startToasts();
startKeyboard();
startPalette();
startPage();
startToday();

async function drawCharts(root) {
  if (!root.querySelector("[data-chart]")) return;
  const { draw } = await import("./charts.js");
  draw(root);
}

// A drawing made of the page's own boxes: the frame is [data-drawing], what is taken is [data-drawn] in it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-picture]");
  const frame = button?.closest("[data-drawing]");
  if (!frame) return;
  const { savePicture } = await import("./js/picture.js");
  savePicture(frame.querySelector("[data-drawn]") ?? frame, button.dataset.picture, frame.dataset.drawing || "zabota");
});

if (document.getElementById("grid")) import("./js/calendar.js").then(({ startCalendar }) => startCalendar());

drawCharts(document);
document.addEventListener("htmx:load", (event) => drawCharts(event.detail.elt));
