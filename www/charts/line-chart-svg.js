// Redraws a line chart as SVG for export, because its canvas is not a vector image.

import { svg } from "../ui/dom.js";
import { markPath } from "./palette.js";

/** SVG replacements of page elements for export; each returns a group with its corner at 0, 0. */
export const drawings = new WeakMap();

const EDGE = { left: 66, right: 12, top: 10, bottom: 46 };
/** Minimum distance of ticks, in pixels. */
const SPACING = { x: 50, y: 30 };
const MARKED_POINTS = 24;

/**
 * @param {object} chart
 * @param {number[]} chart.x
 * @param {import("./lines.js").Line[]} chart.lines
 * @param {{width: number, height: number}} chart.size
 * @param {{x: [number, number], y: [number, number]}} chart.range ranges of the axes
 * @param {string} chart.xLabel
 * @param {(values: number[]) => string[]} chart.formatTicks of the y axis
 * @param {boolean} [chart.wholeSteps] x ticks at integers only
 * @param {boolean} [chart.holes] null breaks a line
 * @param {{ink: string, rule: string}} chart.colors
 * @param {string | null} [chart.emphasised] the line that shows its runs
 * @returns {SVGElement}
 */
export function vectorLines({ x, lines, size, range, xLabel, formatTicks, wholeSteps = false, holes = false, colors, emphasised = null }) {
  const scale =
    ([low, high], from, to) =>
    (value) =>
      from + ((value - low) / (high - low || 1)) * (to - from);
  const left = scale(range.x, EDGE.left, size.width - EDGE.right);
  const top = scale(range.y, size.height - EDGE.bottom, EDGE.top);
  const drawing = svg("g");
  const words = (content, position) => svg("text", { ...position, "font-size": 12, "font-family": "sans-serif", fill: colors.ink }, content);

  const rows = ticks(range.y, (size.height - EDGE.top - EDGE.bottom) / SPACING.y);
  const rowNames = formatTicks(rows);
  rows.forEach((value, index) =>
    drawing.append(
      svg("line", { x1: EDGE.left, x2: size.width - EDGE.right, y1: top(value), y2: top(value), stroke: colors.rule }),
      words(rowNames[index], { x: EDGE.left - 8, y: top(value) + 4, "text-anchor": "end" }),
    ),
  );
  for (const value of ticks(range.x, (size.width - EDGE.left - EDGE.right) / SPACING.x, wholeSteps ? 1 : 0)) {
    drawing.append(
      svg("line", { x1: left(value), x2: left(value), y1: EDGE.top, y2: size.height - EDGE.bottom, stroke: colors.rule }),
      words(String(value), { x: left(value), y: size.height - EDGE.bottom + 17, "text-anchor": "middle" }),
    );
  }
  drawing.append(words(xLabel, { x: (EDGE.left + size.width - EDGE.right) / 2, y: size.height - 8, "text-anchor": "middle" }));

  for (const { low, high, style } of lines.filter((line) => line.low)) {
    const known = [...x.keys()].filter((index) => low[index] !== null && high[index] !== null);
    const edge = [...known.map((index) => [x[index], high[index]]), ...known.reverse().map((index) => [x[index], low[index]])];
    drawing.append(svg("path", { d: `${path(edge, left, top)}Z`, fill: style.color, "fill-opacity": lines.length > 4 ? 0.07 : 0.16 }));
  }
  for (const { style, runs = [] } of lines.filter(({ name }) => name === emphasised)) {
    for (const { name, values } of runs) {
      const points = x.map((position, index) => [position, values[index]]).filter(([, value]) => Number.isFinite(value));
      drawing.append(
        svg(
          "path",
          { d: path(points, left, top), fill: "none", stroke: style.color, "stroke-opacity": runs.length > 10 ? 0.4 : 0.75 },
          svg("title", {}, name),
        ),
      );
    }
  }
  for (const { name, mid, style } of lines) {
    const pieces = [[]];
    x.forEach((position, index) => {
      if (Number.isFinite(mid[index])) pieces.at(-1).push([position, mid[index]]);
      else if (holes && mid[index] === null) pieces.push([]);
    });
    const points = pieces.flat();
    const line = svg(
      "path",
      { d: pieces.map((piece) => path(piece, left, top)).join(""), fill: "none", stroke: style.color, "stroke-width": 2, "stroke-linejoin": "round" },
      svg("title", {}, name),
    );
    if (style.dash.length > 0) line.setAttribute("stroke-dasharray", style.dash.join(" "));
    drawing.append(line);
    if (x.length <= MARKED_POINTS) {
      drawing.append(
        ...points.map(([position, value]) => svg("path", { d: markPath(style.mark, left(position), top(value), 4), fill: style.color })),
      );
    }
  }
  return drawing;
}

function path(points, left, top) {
  return points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${left(x).toFixed(2)} ${top(y).toFixed(2)}`).join("");
}

/** About `wanted` round numbers within a range, at least `least` apart. */
function ticks([low, high], wanted, least = 0) {
  const rough = Math.max((high - low) / Math.max(1, wanted), Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(least, [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, Math.min(count, 100)) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
