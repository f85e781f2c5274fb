// Heat map of a loss landscape with contours, as SVG; also used for print and without WebGL2.

import { svg } from "../ui/dom.js";
import { fixed } from "../ui/format.js";
import { placeFormat } from "./decimals.js";
import { bridged, colourOf, niceLevels } from "./loss-grid.js";

const SIDE = 200;
const EDGE = { left: 34, right: 8, top: 8, bottom: 32 };
const WIDTH = EDGE.left + SIDE + EDGE.right;
const HEIGHT = EDGE.top + SIDE + EDGE.bottom;

/**
 * @param {SVGElement} drawing redrawn
 * @param {{grid: import("./loss-grid.js").Grid, scale: [number, number], across?: number[], labels?: [string, string]}} content
 *   `across`: values from left to right if they differ from those from bottom to top; `labels`: names of the axes
 */
export function drawContours(drawing, { grid, scale, across = grid.axis, labels = ["a", "b"] }) {
  const { axis, losses } = grid;
  const side = axis.length;
  const cell = SIDE / side;
  const left = (column) => EDGE.left + column * cell;
  const top = (row) => EDGE.top + (side - 1 - row) * cell;
  const filled = bridged(grid);
  const squares = [];
  const dots = [];
  filled.losses.forEach((loss, index) => {
    if (!Number.isFinite(loss)) return;
    const [row, column] = [Math.floor(index / side), index % side];
    const fill = colourOf((loss - scale[0]) / (scale[1] - scale[0]));
    squares.push(svg("rect", { x: left(column), y: top(row), width: cell + 0.4, height: cell + 0.4, fill }));
    if (!Number.isNaN(losses[index])) dots.push(svg("circle", { cx: left(column) + cell / 2, cy: top(row) + cell / 2, r: 1, class: "known" }));
  });
  const isWhole = !losses.some(Number.isNaN);
  const place = ([column, row]) => `${(left(column) + cell / 2).toFixed(1)} ${(top(row) + cell / 2).toFixed(1)}`;
  const { levels, decimals } = niceLevels(scale);
  const lines = levels.flatMap((level, order) => {
    const pieces = crossings(filled, level);
    if (pieces.length === 0) return [];
    const path = svg("path", { class: "contour", d: pieces.map(([from, to]) => `M${place(from)}L${place(to)}`).join("") });
    const [[column, row]] = pieces[Math.floor(pieces.length * ((0.2 + 0.38 * order) % 1))]; // separates the labels of neighbouring contours
    const x = Math.min(left(column) + cell / 2, EDGE.left + SIDE - 10);
    return [path, svg("text", { class: "contour-level", x, y: top(row) + cell / 2 + 3 }, fixed(level, decimals))];
  });
  const [besides, upwards] = [placeFormat(across), placeFormat(axis)];
  const tick = (words, x, y, anchor) => svg("text", { class: "tick", x, y, "text-anchor": anchor }, words);
  drawing.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  drawing.replaceChildren(
    ...squares,
    ...(isWhole ? [] : dots),
    ...lines,
    tick(besides(across[0]), EDGE.left, HEIGHT - 18, "start"),
    tick(labels[0], EDGE.left + SIDE / 2, HEIGHT - 14, "middle"),
    tick(besides(across.at(-1)), EDGE.left + SIDE, HEIGHT - 18, "end"),
    tick(upwards(axis[0]), EDGE.left - 4, EDGE.top + SIDE, "end"),
    tick(labels[1], EDGE.left - 12, EDGE.top + SIDE / 2 + 4, "end"),
    tick(upwards(axis.at(-1)), EDGE.left - 4, EDGE.top + 9, "end"),
  );
}

/**
 * Position in the drawing of a point between grid points.
 * @param {number[]} across the values from left to right
 * @param {number[]} up the values from bottom to top
 * @returns {{left: number, top: number}}
 */
export function contourPlace(across, up, { x, y }) {
  const cell = SIDE / across.length;
  const along = (axis, value) => ((value - axis[0]) / (axis.at(-1) - axis[0])) * (axis.length - 1) + 0.5;
  return { left: EDGE.left + along(across, x) * cell, top: EDGE.top + SIDE - along(up, y) * cell };
}

/** Marks one point of the drawing, or none. */
export function markContours(drawing, side, point) {
  drawing.querySelector(".chosen")?.remove();
  if (!point) return;
  const cell = SIDE / side;
  drawing.append(
    svg("circle", { class: "chosen", r: 4.5, cx: EDGE.left + (point.column + 0.5) * cell, cy: EDGE.top + (side - 0.5 - point.row) * cell }),
  );
}

/**
 * The point of a grid of `side` at a place of the drawing, in CSS pixels.
 * @returns {{row: number, column: number} | null}
 */
export function contourPointAt(drawing, side, x, y) {
  const unit = drawing.clientWidth / WIDTH;
  const column = Math.floor(((x / unit - EDGE.left) / SIDE) * side);
  const row = side - 1 - Math.floor(((y / unit - EDGE.top) / SIDE) * side);
  return column >= 0 && row >= 0 && column < side && row < side ? { row, column } : null;
}

/** Contour segments at a level by marching triangles: each cell is split along one diagonal, so no case is ambiguous. */
function crossings({ axis, losses }, level) {
  const side = axis.length;
  const pieces = [];
  const at = ([column, row]) => losses[row * side + column];
  const between = (from, to) => {
    const fraction = (level - at(from)) / (at(to) - at(from));
    return [from[0] + (to[0] - from[0]) * fraction, from[1] + (to[1] - from[1]) * fraction];
  };
  const cut = (corners) => {
    if (!corners.every((corner) => Number.isFinite(at(corner)))) return;
    const above = corners.map((corner) => at(corner) >= level);
    const ends = corners.flatMap((corner, index) => (above[index] === above[(index + 1) % 3] ? [] : [between(corner, corners[(index + 1) % 3])]));
    if (ends.length === 2) pieces.push(ends);
  };
  for (let row = 0; row + 1 < side; row += 1) {
    for (let column = 0; column + 1 < side; column += 1) {
      const [here, right, corner, behind] = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ];
      cut([here, right, corner]);
      cut([here, corner, behind]);
    }
  }
  return pieces;
}
