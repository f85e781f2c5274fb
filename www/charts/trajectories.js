// Training trajectories over the contours of their plane.

import { svg } from "../ui/dom.js";
import { contourPlace } from "./contours.js";
import { armStyle, markPath } from "./palette.js";

/**
 * @typedef {object} Trajectory
 * @property {string} arm
 * @property {{x: number, y: number}} end position of the fine-tuned model
 * @property {Array<{x: number, y: number}>} points positions after each step
 */

/**
 * Draws trajectories over contours, replacing earlier ones.
 * @param {SVGElement} drawing that `drawContours` filled
 * @param {{x: number[], y: number[], trajectories: Trajectory[]}} content the axes of the contours, and the paths
 */
export function drawTrajectories(drawing, { x, y, trajectories }) {
  drawing.querySelector(".paths")?.remove();
  const place = (point) => contourPlace(x, y, point);
  const line = (points) =>
    points
      .map((point, index) => {
        const { left, top } = place(point);
        return `${index === 0 ? "M" : "L"}${left.toFixed(2)} ${top.toFixed(2)}`;
      })
      .join("");
  const start = place({ x: 0, y: 0 });
  const group = svg(
    "g",
    { class: "paths" },
    trajectories.flatMap(({ arm, end, points }) => {
      const { color, dash, mark } = armStyle(arm);
      const { left, top } = place(end);
      const way = line([{ x: 0, y: 0 }, ...points]);
      return [
        svg("path", { class: "casing", d: way }),
        svg("path", { class: "path", d: way, stroke: color, "stroke-dasharray": dash.join(" ") }),
        svg("path", { class: "end", d: markPath(mark, left, top, 4.5), fill: color }),
      ];
    }),
    svg("circle", { class: "start", cx: start.left, cy: start.top, r: 3.5 }),
  );
  drawing.append(group);
}
