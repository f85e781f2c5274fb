// A figure as a picture that stands alone: what the page shows of it, as SVG with resolved colours and generic fonts, in the light
// scheme whatever the page's own is, with its title above and its source below.
//
// Each visible piece becomes one item: boxes from their backgrounds and borders, lines of text from where the browser set them, SVG
// charts with their styles written out, canvas charts by their twin in charts/line-chart-svg.js. Controls are left out, and the gaps they leave are closed.

import { drawings } from "../charts/line-chart-svg.js";
import { svg } from "../ui/dom.js";

/** Not part of the picture. */
const LEFT_OUT =
  "button:not(.legend-item), select, details, .buttons, .controls, .inline-field, .readout, .figure-tools, input:not([type='text'], [type='number'])";
const MARGIN = 24;
const LARGEST_GAP = 26;
const TITLE = { size: 18, room: 34 };
const SOURCE = { size: 11.5, room: 30 };
const NARROWEST = 420;
const NAMESPACE = "http://www.w3.org/2000/svg";

/** @typedef {{top: number, bottom: number, right: number, make: (lift: number) => SVGElement}} Item `lift`: how far up it moves */

/**
 * Draws a figure.
 * @param {HTMLElement} figure which must be visible
 * @param {{title: string, source: string}} words
 * @returns {{markup: string, width: number, height: number}} an SVG document
 */
export function snapshot(figure, { title, source }) {
  const { items, box, ink } = inLightScheme(() => {
    const collected = [];
    for (const child of figure.childNodes) collect(child, collected);
    return {
      items: collected,
      box: figure.getBoundingClientRect(),
      ink: ["--ink", "--ink-soft"].map((name) => getComputedStyle(figure).getPropertyValue(name).trim()),
    };
  });
  const lift = closeGaps(items, MARGIN + TITLE.room);
  const bottom = Math.max(MARGIN + TITLE.room, ...items.map((item) => item.bottom - lift(item.top)));
  const width = Math.ceil(Math.max(NARROWEST, box.width, ...items.map(({ right }) => right - box.left)) + 2 * MARGIN);
  const height = Math.ceil(bottom + SOURCE.room + MARGIN / 2);
  const words = (content, y, attributes) => svg("text", { x: MARGIN, y, "font-family": "sans-serif", ...attributes }, content);
  const root = svg(
    "svg",
    { xmlns: NAMESPACE, lang: document.documentElement.lang, width, height, viewBox: `0 0 ${width} ${height}` },
    svg("title", {}, title),
    svg("desc", {}, source),
    svg("rect", { width, height, fill: "#ffffff" }),
    words(title, MARGIN + TITLE.size - 2, { "font-size": TITLE.size, "font-weight": 600, fill: ink[0] }),
    svg(
      "g",
      { transform: `translate(${round(MARGIN - box.left)} 0)` },
      items.map((item) => item.make(lift(item.top))),
    ),
    words(source, height - MARGIN / 2 - 6, { "font-size": SOURCE.size, fill: ink[1] }),
  );
  return { markup: `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(root)}\n`, width, height };
}

/**
 * The same as PNG.
 * @param {{markup: string, width: number, height: number}} picture
 * @param {number} [scale] pixels to a unit
 * @returns {Promise<Blob>}
 */
export async function raster({ markup, width, height }, scale = 2) {
  const address = URL.createObjectURL(new Blob([markup], { type: "image/svg+xml" }));
  try {
    const image = new Image(width, height);
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: width * scale, height: height * scale });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error(`${canvas.width} × ${canvas.height} pixels`))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Acts while the style sheets' rules for dark mode are off; nothing is painted meanwhile. */
function inLightScheme(act) {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const dark = /** @type {CSSMediaRule[]} */ (rules.filter((rule) => rule instanceof CSSMediaRule)).filter((rule) =>
    /prefers-color-scheme:\s*dark/.test(rule.media.mediaText),
  );
  const conditions = dark.map((rule) => rule.media.mediaText);
  for (const rule of dark) rule.media.mediaText = "not all";
  try {
    return act();
  } finally {
    dark.forEach((rule, index) => {
      rule.media.mediaText = conditions[index];
    });
  }
}

/** How far an item moves up: to `start` at the top, and over what nothing is drawn in. */
function closeGaps(items, start) {
  const steps = [];
  let reached = -Infinity;
  let lifted = 0;
  for (const { top, bottom } of [...items].sort((left, right) => left.top - right.top)) {
    if (reached === -Infinity) lifted = top - start;
    else if (top - reached > LARGEST_GAP) lifted += top - reached - LARGEST_GAP;
    steps.push({ top, lifted });
    reached = Math.max(reached, bottom);
  }
  return (top) => steps.findLast((step) => step.top <= top)?.lifted ?? 0;
}

// --- what there is to draw ------------------------------------------------------------------------------------------------

function collect(node, items) {
  if (node.nodeType === Node.TEXT_NODE) {
    items.push(...linesOf(node));
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(LEFT_OUT)) return;
  const style = getComputedStyle(node);
  if (style.display === "none" || style.visibility !== "visible" || Number(style.opacity) === 0) return;
  const box = node.getBoundingClientRect();
  if (box.width <= 1 && style.overflow === "hidden") return; // for screen readers
  const at = (make) => items.push({ top: box.top, bottom: box.bottom, right: box.right, make: (lift) => make(box.left, box.top - lift) });
  const drawn = drawings.get(node)?.();
  if (drawn) {
    at((x, y) => svg("g", { transform: `translate(${round(x)} ${round(y)})` }, drawn));
  } else if (node instanceof SVGSVGElement) {
    const copy = styledCopy(node);
    at((x, y) => setAll(copy, { x: round(x), y: round(y), width: round(box.width), height: round(box.height) }));
  } else if (node instanceof HTMLInputElement) {
    const { right, top, height } = box;
    items.push(lineOf(node.value, new DOMRect(right, top, 0, height), style, { "text-anchor": "end" }));
  } else {
    drawBox(style, box, at);
    for (const child of node.childNodes) collect(child, items);
  }
}

function drawBox(style, { width, height }, at) {
  const fill = paint("fill", style.backgroundColor);
  const radius = Math.min(parseFloat(style.borderTopLeftRadius) || 0, height / 2);
  const sides = ["Top", "Right", "Bottom", "Left"].map((side) => ({
    width: style[`border${side}Style`] === "none" ? 0 : parseFloat(style[`border${side}Width`]),
    color: style[`border${side}Color`],
    dashed: style[`border${side}Style`] === "dashed",
  }));
  const alike = sides.every((side) => side.width > 0 && side.color === sides[0].color);
  const outline = alike
    ? { ...paint("stroke", sides[0].color), "stroke-width": sides[0].width, ...(sides[0].dashed && { "stroke-dasharray": "3 2" }) }
    : {};
  if ((fill || alike) && width > 0 && height > 0) {
    const inset = alike ? sides[0].width / 2 : 0;
    at((x, y) =>
      svg("rect", {
        x: round(x + inset),
        y: round(y + inset),
        width: round(width - 2 * inset),
        height: round(height - 2 * inset),
        rx: radius,
        ...(fill ?? { fill: "none" }),
        ...outline,
      }),
    );
  }
  if (alike) return;
  const ends = [
    [0, 0, 1, 0],
    [1, 0, 1, 1],
    [0, 1, 1, 1],
    [0, 0, 0, 1],
  ];
  sides.forEach(({ width: thickness, color }, index) => {
    const stroke = thickness > 0 && paint("stroke", color);
    const [x1, y1, x2, y2] = ends[index];
    if (stroke) {
      at((x, y) =>
        svg("line", {
          x1: round(x + x1 * width),
          y1: round(y + y1 * height),
          x2: round(x + x2 * width),
          y2: round(y + y2 * height),
          "stroke-width": thickness,
          ...stroke,
        }),
      );
    }
  });
}

/** The unbreakable units of a line: a word of letters, or one Chinese character. */
const UNBROKEN = /[\u3000-\u303f\uff00-\uffef\p{Script=Han}]|[^\s\u3000-\u303f\uff00-\uffef\p{Script=Han}]+/gu;

/** A text node, line by line. */
function linesOf(node) {
  if (node.data.trim() === "") return [];
  const parent = node.parentElement;
  const style = getComputedStyle(parent);
  const range = document.createRange();
  const begin = node.data.search(/\S/);
  range.setStart(node, begin);
  range.setEnd(node, begin + node.data.trim().length);
  const boxes = range.getClientRects();
  if (boxes.length === 0) return [];
  if (boxes.length === 1) {
    return [lineOf(visiblePart(node.data.replaceAll(/\s+/g, " ").trim(), parent, style), clipped(boxes[0], parent, style), style)];
  }
  const lines = [];
  for (const { index, 0: word } of node.data.matchAll(UNBROKEN)) {
    const end = index + word.length;
    range.setStart(node, index);
    range.setEnd(node, end);
    const box = range.getBoundingClientRect();
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < 2) {
      line.end = end;
      line.box = new DOMRect(line.box.left, line.box.top, box.right - line.box.left, line.box.height);
    } else lines.push({ begin: index, end, box });
  }
  return lines.map(({ begin: from, end, box }) => lineOf(node.data.slice(from, end).replaceAll(/\s+/g, " "), box, style));
}

const isCut = (parent, style) => style.overflowX === "hidden" && parent.scrollWidth > parent.clientWidth;

/** Text that its box cuts off, as the browser abbreviates it. */
function visiblePart(content, parent, style) {
  if (!isCut(parent, style)) return content;
  const kept = Math.max(1, Math.floor((content.length * parent.clientWidth) / parent.scrollWidth) - 1);
  return style.direction === "rtl" ? `…${content.slice(-kept)}` : `${content.slice(0, kept)}…`;
}

function clipped(box, parent, style) {
  return isCut(parent, style) ? new DOMRect(parent.getBoundingClientRect().left, box.top, parent.clientWidth, box.height) : box;
}

/** @returns {Item} one line of text, as wide as it was on the page whatever font draws it */
function lineOf(content, box, style, more = {}) {
  const size = parseFloat(style.fontSize);
  const upright = !style.writingMode.startsWith("vertical");
  const attributes = {
    "font-family": style.fontFamily.split(",").at(-1).trim(),
    "font-size": size,
    "font-weight": style.fontWeight,
    "font-style": style.fontStyle,
    ...paint("fill", style.color),
    ...(content.length > 2 && box.width > 0 && { textLength: round(upright ? box.width : box.height), lengthAdjust: "spacingAndGlyphs" }),
    ...more,
  };
  for (const [name, normal] of [
    ["font-weight", "400"],
    ["font-style", "normal"],
  ]) {
    if (attributes[name] === normal) delete attributes[name];
  }
  const baseline = 0.5 * (upright ? box.height : box.width) + 0.36 * size; // of most fonts: half of their ascent less their descent
  return {
    top: box.top,
    bottom: box.bottom,
    right: box.right,
    make: (lift) =>
      svg(
        "text",
        upright
          ? { x: round(box.left), y: round(box.top - lift + baseline), ...attributes }
          : { transform: `translate(${round(box.left + baseline)} ${round(box.bottom - lift)}) rotate(-90)`, ...attributes },
        content,
      ),
  };
}

// --- SVG and colours --------------------------------------------------------------------------------------------------------

const WRITTEN_OUT = [
  "stroke-width",
  "stroke-dasharray",
  "opacity",
  "fill-opacity",
  "stroke-opacity",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
  "paint-order",
];
const NORMAL = {
  "stroke-width": "1px",
  "stroke-dasharray": "none",
  opacity: "1",
  "fill-opacity": "1",
  "stroke-opacity": "1",
  "font-weight": "400",
  "text-anchor": "start",
  "dominant-baseline": "auto",
  "paint-order": "normal",
};

/** A copy of an SVG element that needs no style sheet. */
function styledCopy(original) {
  const copy = original.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [original, ...original.querySelectorAll("*")].forEach((from, index) => {
    const to = copies[index];
    const style = getComputedStyle(from);
    if (style.display === "none" && from.localName !== "title") {
      to.remove();
      return;
    }
    for (const { name } of [...to.attributes]) if (/^(class|style|id|role|tabindex|aria-.*|data-.*)$/.test(name)) to.removeAttribute(name);
    if (/^(title|desc|defs)$/.test(from.localName)) return;
    setAll(to, { ...(paint("fill", style.fill) ?? { fill: "none" }), ...paint("stroke", style.stroke) });
    for (const name of WRITTEN_OUT) if (style[name] && style[name] !== NORMAL[name]) to.setAttribute(name, style[name]);
    if (from.localName === "text") to.setAttribute("font-family", style.fontFamily.split(",").at(-1).trim());
  });
  return copy;
}

function setAll(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

const known = new Map();
const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

/** A colour in whatever notation as plain attributes of SVG, or null where nothing would be seen. */
function paint(attribute, color) {
  if (color === "none" || color === "transparent" || color === "rgba(0, 0, 0, 0)" || color.startsWith("url(")) return null;
  if (!known.has(color)) {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    known.set(color, { hex: `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`, alpha: alpha / 255 });
  }
  const { hex, alpha } = known.get(color);
  if (alpha < 0.004) return null;
  return { [attribute]: hex, ...(alpha < 0.995 && { [`${attribute}-opacity`]: round(alpha) }) };
}

const round = (value) => Math.round(value * 100) / 100;
