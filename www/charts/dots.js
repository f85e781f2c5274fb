// Paired dots: one line per seed, from its value with the baseline to its value with the arm.

import { element, svg } from "../dom.js";
import { markPath } from "./palette.js";

const WIDTH = 230;
const HEIGHT = 170;
const EDGE = { left: 52, right: 40, top: 14, bottom: 26 };

/**
 * @typedef {{seed: number, left: number, right: number}} Pair
 */

/**
 * A small multiple of one comparison.
 * @param {{pairs: Pair[], domain: [number, number], leftName: string, rightName: string, leftStyle: {mark: string}, rightStyle: {mark: string},
 *   arm: string, baseline: string, format: (value: number) => string, title: string, summary: string}} content
 *   `domain` is shared by all small multiples so that they can be compared; colours come from style.css by the arms' names
 * @returns {HTMLElement}
 */
export function pairedDots({ pairs, domain, leftName, rightName, leftStyle, rightStyle, arm, baseline, format, title, summary }) {
  const [low, high] = domain;
  const y = (value) => EDGE.top + (HEIGHT - EDGE.top - EDGE.bottom) * (1 - (value - low) / (high - low || 1));
  const [leftX, rightX] = [EDGE.left + 18, WIDTH - EDGE.right - 18];
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}. ${summary}`, class: "dots" });
  for (const value of [low, (low + high) / 2, high]) {
    drawing.append(
      svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value), class: "grid" }),
      svg("text", { x: EDGE.left - 8, y: y(value) + 4, class: "tick", "text-anchor": "end" }, format(value)),
    );
  }
  for (const { seed, left, right } of pairs) {
    drawing.append(
      svg("line", { x1: leftX, y1: y(left), x2: rightX, y2: y(right), class: `pair ${right > left ? "up" : right < left ? "down" : "same"}` },
        svg("title", {}, `seed ${seed}: ${format(left)} → ${format(right)}`)),
      svg("path", { d: markPath(leftStyle.mark, leftX, y(left), 4), class: `mark arm-${baseline}` }),
      svg("path", { d: markPath(rightStyle.mark, rightX, y(right), 4), class: `mark arm-${arm}` }),
    );
  }
  drawing.append(
    svg("text", { x: leftX, y: HEIGHT - 6, class: "tick", "text-anchor": "middle" }, leftName),
    svg("text", { x: rightX, y: HEIGHT - 6, class: "tick", "text-anchor": "middle" }, rightName),
  );
  return element("div", { class: "multiple" }, drawing);
}

/**
 * A domain around all values with a little air, never of zero height.
 * @param {number[]} values
 * @returns {[number, number]}
 */
export function paddedDomain(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const air = Math.max((high - low) * 0.08, 0.005);
  return [low - air, high + air];
}
