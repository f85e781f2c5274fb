// Chart of activations before and after multiplicative noise, with the multipliers between.

import { svg } from "../ui/dom.js";

const WIDTH = 680;
const HALF = 46;
const TOP = 24;
const MIDDLE = 34;
const HEIGHT = 2 * (TOP + 2 * HALF) + MIDDLE;
const LEFT = 4;

/**
 * @param {{before: number[], multipliers: number[], words: {before: string, after: string, multipliers: string}, label: string}} content
 * @returns {SVGElement}
 */
export function noiseChart({ before, multipliers, words, label }) {
  const after = before.map((value, index) => value * multipliers[index]);
  const largest = Math.max(...before.map((value) => 2 * Math.abs(value)), ...after.map(Math.abs)) || 1;
  const step = (WIDTH - 2 * LEFT) / before.length;
  const x = (index) => LEFT + (index + 0.5) * step;
  const upper = TOP + HALF;
  const lower = HEIGHT - HALF;
  const bar = (value, index, zero, kind) => {
    const height = (Math.abs(value) / largest) * HALF;
    return svg("rect", { x: x(index) - step * 0.34, width: step * 0.68, y: value > 0 ? zero - height : zero, height, class: kind });
  };
  const axis = (zero) => svg("line", { x1: LEFT, x2: WIDTH - LEFT, y1: zero, y2: zero, class: "axis" });
  const between = TOP + 2 * HALF + MIDDLE / 2;
  const name = (y, words) => svg("text", { x: LEFT, y, class: "name" }, words);
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "noise" },
    svg(
      "g",
      { "data-symbol": "before" },
      hit(0, TOP + 2 * HALF),
      name(18, words.before),
      axis(upper),
      before.map((value, index) => bar(value, index, upper, multipliers[index] === 0 ? "before lost" : "before")),
    ),
    svg(
      "g",
      { "data-symbol": "multiplier" },
      hit(TOP + 2 * HALF, MIDDLE),
      multipliers.map((value, index) => mark(x(index), between, value, step)),
    ),
    svg(
      "g",
      { "data-symbol": "after" },
      hit(HEIGHT - TOP - 2 * HALF, TOP + 2 * HALF),
      name(HEIGHT - 2 * HALF - 6, words.after),
      axis(lower),
      after.map((value, index) => bar(value, index, lower, "after")),
    ),
  );
}

/** Pointer target of a column. */
function hit(y, height) {
  return svg("rect", { x: 0, y, width: WIDTH, height, class: "hit" });
}

/** A cross for a dropped activation; otherwise a disc with the multiplier as its area. */
function mark(x, y, value, step) {
  if (value === 0) {
    const arm = step * 0.24;
    return svg("path", { d: `M${x - arm} ${y - arm}L${x + arm} ${y + arm}M${x + arm} ${y - arm}L${x - arm} ${y + arm}`, class: "cross" });
  }
  return svg("circle", { cx: x, cy: y, r: step * 0.2 * Math.sqrt(Math.abs(value)), class: value < 0 ? "disc negative" : "disc" });
}
