// Drawings of charts: a separate file that only pages with charts load.
export { draw } from "./js/chart.js";
