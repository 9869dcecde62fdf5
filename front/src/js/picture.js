// Drawings made of the page's own boxes and words (a map, bars, curves) as a picture file: everything that is seen becomes
// plain shapes and text, which presentations and editors of drawings open.
import { save } from "./saving.js";

const COPIED = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "opacity", "vector-effect", "text-anchor", "font-size", "font-weight", "font-family",
];
const SIDES = ["top", "right", "bottom", "left"];
const COLOR = /(?:rgba?|hsla?|oklab|oklch|lab|lch|color)\([^()]*\)|#[0-9a-f]{3,8}\b|\btransparent\b/gi;
const LARGEST = 8000;

const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const known = new Map();

/** A computed colour as {color, opacity}: modern notations are unknown to other programs. */
function plain(value) {
  if (!known.has(value)) {
    pen.canvas.width = pen.canvas.height = 1;
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = value;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    known.set(value, { color: `rgb(${r},${g},${b})`, opacity: Math.round((1000 * a) / 255) / 1000 });
  }
  return known.get(value);
}

function tag(name, attributes, inside = "") {
  const words = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => ` ${key}="${String(value).replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;")}"`);
  return `<${name}${words.join("")}${inside ? `>${inside}</${name}>` : "/>"}`;
}

const number = (value) => Math.round(value * 100) / 100;

function box(rect, fill, radius = 0) {
  const { color, opacity } = plain(fill);
  if (!opacity || rect.width <= 0 || rect.height <= 0) return "";
  return tag("rect", {
    x: number(rect.x), y: number(rect.y), width: number(rect.width), height: number(rect.height),
    rx: radius ? number(Math.min(radius, rect.width / 2, rect.height / 2)) : undefined,
    fill: color, "fill-opacity": opacity < 1 ? opacity : undefined,
  });
}

/** Lines and hatching that style sheets draw as gradients. */
function lines(rect, style, hatches) {
  const image = style.backgroundImage;
  const colors = image.match(COLOR) ?? [];
  if (!colors.length) return "";
  if (image.startsWith("repeating-linear-gradient(135deg")) {
    const ink = plain(colors[0]).color;
    const id = `h${[...hatches.add(ink)].indexOf(ink)}`;
    return box(rect, colors.at(-1)) + tag("rect", { x: number(rect.x), y: number(rect.y), width: number(rect.width), height: number(rect.height), fill: `url(#${id})` });
  }
  const drawn = [];
  if (image.startsWith("repeating-linear-gradient(90deg")) {
    const step = Number(/([\d.]+)%\s*\)$/.exec(image)?.[1] ?? 100) / 100;
    for (let at = 0; at < 0.999; at += step) drawn.push(box({ x: rect.x + at * rect.width, y: rect.y, width: 1, height: rect.height }, colors[0]));
    return drawn.join("");
  }
  if (!image.startsWith("linear-gradient(")) return "";
  const tall = style.backgroundSize.split(" ")[1] ?? "100%";
  if (style.backgroundRepeat === "no-repeat") {
    const height = parseFloat(tall) || rect.height;
    return box({ x: rect.x, y: rect.y + (rect.height - height) / 2, width: rect.width, height }, colors[0]);
  }
  const step = tall.endsWith("%") ? (parseFloat(tall) / 100) * rect.height : parseFloat(tall);
  for (let at = 0; step > 1 && at < rect.height; at += step) drawn.push(box({ x: rect.x, y: rect.y + at, width: rect.width, height: 1 }, colors[0]));
  return drawn.join("");
}

function borders(rect, style) {
  return SIDES.map((side) => {
    const wide = parseFloat(style[`border-${side}-width`]) || 0;
    if (!wide || style[`border-${side}-style`] === "none") return "";
    const along = side === "top" || side === "bottom";
    return box(
      {
        x: side === "right" ? rect.x + rect.width - wide : rect.x,
        y: side === "bottom" ? rect.y + rect.height - wide : rect.y,
        width: along ? rect.width : wide,
        height: along ? wide : rect.height,
      },
      style[`border-${side}-color`],
    );
  }).join("");
}

/** Words of a text, a <text> for each line they stand on. */
function words(node, style, origin) {
  const range = document.createRange();
  const rows = [];
  for (const match of node.data.matchAll(/\S+/g)) {
    range.setStart(node, match.index);
    range.setEnd(node, match.index + match[0].length);
    const rect = range.getBoundingClientRect();
    if (!rect.width) continue;
    const row = rows.at(-1);
    if (row && Math.abs(row.top - rect.top) < 3) {
      row.text += ` ${match[0]}`;
      row.right = rect.right;
    } else rows.push({ text: match[0], left: rect.left, right: rect.right, top: rect.top, middle: rect.top + rect.height / 2 });
  }
  const size = parseFloat(style.fontSize);
  const { color, opacity } = plain(style.color);
  return rows
    .map((row) =>
      tag(
        "text",
        {
          x: number(row.left - origin.x), y: number(row.middle - origin.y + 0.35 * size), "font-size": number(size),
          "font-weight": style.fontWeight, fill: color, "fill-opacity": opacity < 1 ? opacity : undefined,
          textLength: number(row.right - row.left), lengthAdjust: "spacingAndGlyphs",
        },
        (style.textTransform === "uppercase" ? row.text.toUpperCase() : row.text).replace(/&/g, "&amp;").replace(/</g, "&lt;"),
      ),
    )
    .join("");
}

/** A drawing inside the page, with the looks its style sheet gave it. */
function nested(svg, rect) {
  const copy = svg.cloneNode(true);
  const pairs = [[svg, copy], ...[...svg.querySelectorAll("*")].map((each, at) => [each, copy.querySelectorAll("*")[at]])];
  for (const [from, to] of pairs) {
    const style = getComputedStyle(from);
    for (const name of COPIED) {
      const value = style.getPropertyValue(name);
      if (name === "fill" || name === "stroke") {
        if (value === "none" || !COLOR.test(value)) to.setAttribute(name, value || "none");
        else {
          const { color, opacity } = plain(value);
          to.setAttribute(name, color);
          if (opacity < 1) to.setAttribute(`${name}-opacity`, opacity);
        }
        COLOR.lastIndex = 0;
      } else if (value && value !== "auto" && !to.hasAttribute(name)) to.setAttribute(name, value);
    }
    to.removeAttribute("class");
    to.removeAttribute("style");
  }
  for (const [name, value] of Object.entries({ x: rect.x, y: rect.y, width: rect.width, height: rect.height })) copy.setAttribute(name, number(value));
  copy.setAttribute("overflow", "visible");
  return new XMLSerializer().serializeToString(copy);
}

function walk(element, origin, hatches) {
  const style = getComputedStyle(element);
  const seen = element.getBoundingClientRect();
  const hidden = style.display === "none" || style.visibility === "hidden" || (seen.width <= 1 && seen.height <= 1) || style.clipPath === "inset(50%)";
  if (hidden || element.closest("[data-undrawn]")) return "";
  const rect = { x: seen.x - origin.x, y: seen.y - origin.y, width: seen.width, height: seen.height };
  if (element instanceof SVGSVGElement) return nested(element, rect);
  const radius = parseFloat(style.borderTopLeftRadius) || 0;
  const inside = [...element.childNodes].map((node) => {
    if (node.nodeType === Node.TEXT_NODE) return words(node, style, origin);
    return node.nodeType === Node.ELEMENT_NODE ? walk(node, origin, hatches) : "";
  });
  const drawn = box(rect, style.backgroundColor, radius) + lines(rect, style, hatches) + borders(rect, style) + inside.join("");
  return Number(style.opacity) < 1 && drawn ? tag("g", { opacity: style.opacity }, drawn) : drawn;
}

function ground(element) {
  for (let each = element; each; each = each.parentElement) {
    const { color, opacity } = plain(getComputedStyle(each).backgroundColor);
    if (opacity === 1) return color;
  }
  return "rgb(255,255,255)";
}

/** The element as the text of an SVG file, with its size. */
export function drawingOf(element) {
  const seen = element.getBoundingClientRect();
  const edge = 12;
  const [width, height] = [Math.ceil(Math.max(seen.width, element.scrollWidth)) + 2 * edge, Math.ceil(seen.height) + 2 * edge];
  const hatches = new Set();
  const inside = walk(element, { x: seen.x - edge, y: seen.y - edge }, hatches);
  const patterns = [...hatches].map((color, at) =>
    tag(
      "pattern",
      { id: `h${at}`, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      tag("rect", { width: 1, height: 5, fill: color }),
    ),
  );
  const font = getComputedStyle(element).fontFamily;
  const text = tag(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": font },
    (patterns.length ? tag("defs", {}, patterns.join("")) : "") + tag("rect", { width, height, fill: ground(element) }) + inside,
  );
  return { text, width, height };
}

/** The drawing as a file: shapes as they are, or points at twice the size. */
export function savePicture(element, kind, name) {
  const { text, width, height } = drawingOf(element);
  if (kind === "svg") return save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
  const times = Math.min(2, LARGEST / Math.max(width, height));
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(times * width), Math.round(times * height)];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, `${name}.png`), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
