// Style of each arm: a colour-blind-safe colour (Okabe and Ito), a dash pattern and a mark.

import { svg } from "../ui/dom.js";

/** @type {Record<string, {dash: number[], mark: string}>} colours are in style.css: --arm-NAME, for light and dark */
const ARM_STYLES = {
  guided: { dash: [], mark: "circle" },
  standard: { dash: [7, 4], mark: "square" },
  "uniform-mean": { dash: [2, 3], mark: "triangle" },
  shuffled: { dash: [10, 3, 2, 3], mark: "diamond" },
  reversed: { dash: [4, 2], mark: "cross" },
  gaussian: { dash: [12, 4], mark: "circle" },
  none: { dash: [1, 4], mark: "square" },
  custom: { dash: [6, 2, 2, 2, 2, 2], mark: "triangle" },
};

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
 * @param {string} mark
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function traceMark(path, mark, x, y, radius) {
  const polygon = (corners) => {
    corners.forEach(([dx, dy], index) => path[index === 0 ? "moveTo" : "lineTo"](x + dx * radius, y + dy * radius));
    path.closePath();
  };
  if (mark === "square") polygon([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]);
  else if (mark === "triangle") polygon([[0, -1.1], [1, 0.8], [-1, 0.8]]);
  else if (mark === "diamond") polygon([[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]);
  else if (mark === "cross") polygon([[-1, -0.4], [-0.4, -0.4], [-0.4, -1], [0.4, -1], [0.4, -0.4], [1, -0.4], [1, 0.4], [0.4, 0.4], [0.4, 1], [-0.4, 1], [-0.4, 0.4], [-1, 0.4]]);
  else {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

/**
 * The same outline as the `d` of an SVG path.
 * @returns {string}
 */
export function markPath(mark, x, y, radius) {
  let data = "";
  traceMark({
    moveTo: (left, top) => { data += `M${left} ${top}`; },
    lineTo: (left, top) => { data += `L${left} ${top}`; },
    closePath: () => { data += "Z"; },
    arc: (left, top, size) => { data += `A${size} ${size} 0 1 1 ${left - size} ${top}A${size} ${size} 0 1 1 ${left + size} ${top}Z`; },
  }, mark, x, y, radius);
  return data;
}

/** A line with the arm's dash and mark, as in the charts. */
export function swatch(arm) {
  const { dash, mark } = armStyle(arm);
  return svg("svg", { viewBox: "0 0 36 14", class: "swatch", "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 35, y1: 7, y2: 7, class: `stroke arm-${arm}`, "stroke-dasharray": dash.join(" ") }),
    svg("path", { d: markPath(mark, 18, 7, 4), class: `mark arm-${arm}` }));
}
