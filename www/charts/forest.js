// Forest plot: mean differences with their intervals.

import { svg } from "../ui/dom.js";
import { armStyle, markPath } from "./palette.js";

const WIDTH = 300;
const EDGE = { left: 52, right: 8, top: 4, bottom: 20 };
const LINE = 12;
const GROUP_GAP = 10;
const STEPS = [1, 2, 5, 10, 20, 50];
const MOST_TICKS = 6;

/**
 * One forest plot.
 * @param {{groups: Array<{name: string, lines: Array<{arm: string, mean: number, interval: [number, number] | null, title: string}>}>,
 *   domain: [number, number], label: string, format: (value: number) => string}} content `domain` is shared by all
 *   charts, in points; the arm determines colour and mark
 * @returns {SVGElement}
 */
export function forest({ groups, domain, label, format }) {
  const [low, high] = domain;
  const lines = groups.reduce((sum, group) => sum + group.lines.length, 0);
  const height = EDGE.top + lines * LINE + groups.length * GROUP_GAP + EDGE.bottom;
  const x = (value) => EDGE.left + ((WIDTH - EDGE.left - EDGE.right) * (value - low)) / (high - low || 1);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label, class: "forest" });
  for (const value of ticks(low, high)) {
    drawing.append(
      svg("line", { x1: x(value), x2: x(value), y1: EDGE.top, y2: height - EDGE.bottom, class: value === 0 ? "zero" : "grid" }),
      svg("text", { x: x(value), y: height - 6, class: "tick", "text-anchor": "middle" }, format(value)),
    );
  }
  let y = EDGE.top;
  for (const { name, lines: members } of groups) {
    y += GROUP_GAP / 2;
    drawing.append(svg("text", { x: EDGE.left - 8, y: y + (members.length * LINE) / 2 + 4, class: "tick", "text-anchor": "end" }, name));
    for (const { arm, mean, interval, title } of members) {
      y += LINE;
      const at = y - LINE / 2;
      const line = svg("g", {}, svg("title", {}, title));
      if (interval) line.append(svg("line", { x1: x(interval[0]), x2: x(interval[1]), y1: at, y2: at, class: `stroke arm-${arm}` }));
      line.append(svg("path", { d: markPath(armStyle(arm).mark, x(mean), at, 3.6), class: `mark arm-${arm}` }));
      drawing.append(line);
    }
    y += GROUP_GAP / 2;
  }
  return drawing;
}

/** Round tick values from `low` to `high`, including 0 if it lies between. */
function ticks(low, high) {
  const step = STEPS.find((candidate) => (high - low) / candidate <= MOST_TICKS) ?? STEPS.at(-1);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, index) => (first + index) * step);
}
