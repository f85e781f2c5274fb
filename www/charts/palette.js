// Style of each arm: a colour, a dash pattern and a mark. The paper's arms have colours of Okabe and Ito, which readers with a colour vision deficiency tell
// apart; no palette has a dozen such colours, so that every arm has a dash and a mark of its own as well.

import { svg } from "../ui/dom.js";

/** @type {Record<string, {dash: number[], mark: string}>} colours are in style.css: --arm-NAME, for light and dark */
const ARM_STYLES = {
  guided: { dash: [], mark: "circle" },
  standard: { dash: [7, 4], mark: "square" },
  "uniform-mean": { dash: [2, 3], mark: "triangle" },
  shuffled: { dash: [10, 3, 2, 3], mark: "diamond" },
  reversed: { dash: [4, 2], mark: "cross" },
  gaussian: { dash: [12, 4], mark: "pentagon" },
  none: { dash: [1, 4], mark: "slanted cross" },
  custom: { dash: [6, 2, 2, 2, 2, 2], mark: "star" },
  "by-kind": { dash: [9, 3, 9, 3, 2, 3], mark: "triangle down" },
  "spare-embeddings": { dash: [3, 3], mark: "hourglass" },
  tuned: { dash: [14, 3, 5, 3], mark: "triangle right" },
  // Baselines that are no transformers: level lines.
  majority: { dash: [2, 6], mark: "bar" },
  "tfidf-logistic": { dash: [18, 6], mark: "bar" },
  mean: { dash: [2, 6], mark: "bar" },
  "tfidf-ridge": { dash: [18, 6], mark: "bar" },
};

/** Corners of the marks that are polygons, for a radius of 1. @type {Record<string, Array<[number, number]>>} */
const CORNERS = {
  square: [
    [-0.85, -0.85],
    [0.85, -0.85],
    [0.85, 0.85],
    [-0.85, 0.85],
  ],
  triangle: [
    [0, -1.1],
    [1, 0.8],
    [-1, 0.8],
  ],
  "triangle down": [
    [0, 1.1],
    [1, -0.8],
    [-1, -0.8],
  ],
  "triangle right": [
    [1.1, 0],
    [-0.8, 1],
    [-0.8, -1],
  ],
  diamond: [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
  cross: plus(0),
  "slanted cross": plus(Math.PI / 4),
  pentagon: ring(5, [1.1]),
  star: ring(10, [1.3, 0.55]),
  hourglass: [
    [-0.9, -1],
    [0.9, -1],
    [-0.9, 1],
    [0.9, 1],
  ],
  bar: [
    [-1.3, -0.3],
    [1.3, -0.3],
    [1.3, 0.3],
    [-1.3, 0.3],
  ],
};

/** A cross, turned by an angle. */
function plus(angle) {
  const upright = [
    [-1, -0.4],
    [-0.4, -0.4],
    [-0.4, -1],
    [0.4, -1],
    [0.4, -0.4],
    [1, -0.4],
    [1, 0.4],
    [0.4, 0.4],
    [0.4, 1],
    [-0.4, 1],
    [-0.4, 0.4],
    [-1, 0.4],
  ];
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return /** @type {Array<[number, number]>} */ (upright.map(([x, y]) => [x * cosine - y * sine, x * sine + y * cosine]));
}

/** Corners around the centre, the first at the top, at these radii in turn. */
function ring(count, radii) {
  const at = (index) => radii[index % radii.length];
  return /** @type {Array<[number, number]>} */ (
    Array.from({ length: count }, (_, index) => [
      at(index) * Math.sin((2 * Math.PI * index) / count),
      -at(index) * Math.cos((2 * Math.PI * index) / count),
    ])
  );
}

/**
 * @param {string} arm
 * @returns {{color: string, dash: number[], mark: string}} the colour in the current light or dark scheme
 */
export function armStyle(arm) {
  return { ...(ARM_STYLES[arm] ?? ARM_STYLES.custom), color: cssColor(`--arm-${arm}`) };
}

/** The current value of a colour of style.css. */
export function cssColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "gray";
}

/** Calls `redraw` when colours change: with the colour scheme, and before and after printing, which is light. */
export function onSchemeChange(redraw) {
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", redraw);
}

/**
 * The outline of a mark around a point, for a canvas context or a Path2D.
 * @param {Pick<CanvasPath, "moveTo" | "lineTo" | "closePath" | "arc">} path
 * @param {string} mark a key of CORNERS, or "circle"
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function traceMark(path, mark, x, y, radius) {
  const corners = CORNERS[mark];
  if (!corners) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([dx, dy], index) => path[index === 0 ? "moveTo" : "lineTo"](x + dx * radius, y + dy * radius));
  path.closePath();
}

/**
 * The same outline as the `d` of an SVG path.
 * @returns {string}
 */
export function markPath(mark, x, y, radius) {
  let data = "";
  traceMark(
    {
      moveTo: (left, top) => {
        data += `M${left} ${top}`;
      },
      lineTo: (left, top) => {
        data += `L${left} ${top}`;
      },
      closePath: () => {
        data += "Z";
      },
      arc: (left, top, size) => {
        data += `A${size} ${size} 0 1 1 ${left - size} ${top}A${size} ${size} 0 1 1 ${left + size} ${top}Z`;
      },
    },
    mark,
    x,
    y,
    radius,
  );
  return data;
}

/** A line with the arm's dash and mark, as in the charts. */
export function swatch(arm) {
  const { dash, mark } = armStyle(arm);
  return svg(
    "svg",
    { viewBox: "0 0 36 14", class: "swatch", "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 35, y1: 7, y2: 7, class: `stroke arm-${arm}`, "stroke-dasharray": dash.join(" ") }),
    svg("path", { d: markPath(mark, 18, 7, 4), class: `mark arm-${arm}` }),
  );
}
