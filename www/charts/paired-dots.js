// Paired dot plot: one line per seed from the baseline's value to the arm's, and a thick one for the mean.

import { element, svg } from "../ui/dom.js";
import { mean } from "../ui/format.js";
import { markPath } from "./palette.js";

const WIDTH = 190;
const HEIGHT = 165;
const EDGE = { left: 46, right: 26, top: 12, bottom: 26 };
/** With more lines than this, each is drawn fainter. */
const CROWD = 12;

/**
 * @typedef {{seed: number, left: number, right: number}} Pair
 */

/**
 * A small multiple of one comparison.
 * @param {{pairs: Pair[], domain: [number, number], leftName: string, rightName: string, leftStyle: {mark: string}, rightStyle: {mark: string},
 *   arm: string, baseline: string, format: (value: number) => string, title: string, summary: string, nameSeeds: (seeds: number[]) => string}} content
 *   `domain` is shared by all small multiples; colours come from style.css by arm;
 *   `summary`: text below
 * @returns {HTMLElement}
 */
export function pairedDots({ pairs, domain, leftName, rightName, leftStyle, rightStyle, arm, baseline, format, title, summary, nameSeeds }) {
  const [low, high] = domain;
  const y = (value) => EDGE.top + (HEIGHT - EDGE.top - EDGE.bottom) * (1 - (value - low) / (high - low || 1));
  const [leftX, rightX] = [EDGE.left + 14, WIDTH - EDGE.right - 14];
  const lines = coinciding(pairs);
  const crowded = lines.length > CROWD;
  const drawing = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${title}. ${summary}`,
    class: `dots${crowded ? " crowded" : ""}`,
  });
  for (const value of [low, (low + high) / 2, high]) {
    drawing.append(
      svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value), class: "grid" }),
      svg("text", { x: EDGE.left - 8, y: y(value) + 4, class: "tick", "text-anchor": "end" }, format(value)),
    );
  }
  for (const { seeds, left, right } of lines) {
    drawing.append(
      svg(
        "line",
        {
          x1: leftX,
          y1: y(left),
          x2: rightX,
          y2: y(right),
          class: `pair ${direction(left, right)}`,
          "stroke-width": (1 + 0.6 * Math.sqrt(seeds.length)).toFixed(2),
        },
        svg("title", {}, `${nameSeeds(seeds)}: ${format(left)} → ${format(right)}`),
      ),
    );
  }
  if (pairs.length > 1) {
    drawing.append(
      svg("line", { x1: leftX, y1: y(mean(pairs.map(({ left }) => left))), x2: rightX, y2: y(mean(pairs.map(({ right }) => right))), class: "mean" }),
    );
  }
  const radius = crowded ? 3 : 4;
  for (const { left, right } of lines) {
    drawing.append(
      svg("path", { d: markPath(leftStyle.mark, leftX, y(left), radius), class: `mark arm-${baseline}` }),
      svg("path", { d: markPath(rightStyle.mark, rightX, y(right), radius), class: `mark arm-${arm}` }),
    );
  }
  drawing.append(
    svg("text", { x: leftX, y: HEIGHT - 6, class: "tick", "text-anchor": "middle" }, leftName),
    svg("text", { x: rightX, y: HEIGHT - 6, class: "tick", "text-anchor": "middle" }, rightName),
  );
  return element("div", { class: "multiple" }, drawing, element("p", { class: "legend-note", "aria-hidden": "true" }, summary));
}

/** "up", "down" or "same", from the baseline's value to the arm's. */
export function direction(left, right) {
  return right > left ? "up" : right < left ? "down" : "same";
}

/** Merges seeds with equal value pairs into one thicker line: small test sets have few distinct values. */
function coinciding(pairs) {
  const lines = new Map();
  for (const { seed, left, right } of pairs) {
    const key = `${left} ${right}`;
    if (!lines.has(key)) lines.set(key, { seeds: [], left, right });
    lines.get(key).seeds.push(seed);
  }
  return [...lines.values()];
}

/**
 * A domain around all values with a margin, never empty, within what is possible.
 * @param {[number, number]} possible
 * @param {number[]} values
 * @returns {[number, number]}
 */
export function paddedDomain([least, most], values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const air = Math.max((high - low) * 0.08, 0.005);
  return [Math.max(least, low - air), Math.min(most, high + air)];
}
