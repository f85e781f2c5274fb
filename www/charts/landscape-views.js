// Loss landscapes side by side on one scale: as 3-D views with a shared camera or as heat maps, with a shared selected point.

import { element, fill, svg } from "../ui/dom.js";
import { contourPointAt, drawContours, markContours } from "./contours.js";
import { lossFormat, placeFormat } from "./decimals.js";
import { bridged, colourOf, extent } from "./loss-grid.js";
import { cssColor } from "./palette.js";
import { meshOf, projected } from "./mesh-renderer.js";
import { listenToControls } from "./view-controls.js";
import { drawings } from "./line-chart-svg.js";

/** Maximum distance of a selected point from the pointer, in CSS pixels. */
const NEAR = 40;
const BAR_STEPS = 40;

/**
 * @typedef {object} ViewControls user actions on a view, in grid coordinates
 * @property {(azimuth: number, elevation: number) => void} [turn]
 * @property {(factor: number) => void} [enlarge]
 * @property {() => void} reset
 * @property {(point: {row: number, column: number}) => void} choose
 * @property {(columns: number, rows: number) => void} step
 */

/**
 * @param {HTMLElement} container
 * @param {{names: Record<string, string>, renderer: object | null, words: {view: (name: string) => string, role: string, hint: string}, controls: ViewControls,
 *   labels?: [string, string], overlay?: (drawing: SVGElement) => void}} options
 *   `names`: title of each surface by its key; `renderer`: null if there is no 3-D view; `labels`: of the two axes of heat maps; `overlay`: draws on a heat map
 */
export function surfaceViews(container, { names, renderer, words, controls, labels, overlay }) {
  let grids = {};
  let axis = [];
  let across;
  let scale = null;
  let alongAxis;
  let ofLoss;
  let look = null;
  const views = Object.entries(names).map(([key, title]) => {
    const said = { role: "application", "aria-roledescription": words.role, "aria-label": words.view(title), "aria-describedby": words.hint };
    const canvas = renderer && element("canvas", { class: "turning", tabIndex: 0, ...said });
    const drawing = svg("svg", { class: "contours", tabindex: 0, ...said });
    const value = element("span", { class: "surface-value" });
    const view = {
      key,
      canvas,
      drawing,
      value,
      mesh: null,
      node: element("div", { class: "surface-view" }, element("h3", { class: "small" }, title, " ", value), canvas, drawing),
    };
    if (canvas) {
      drawings.set(canvas, () => look && inPicture(view));
      listenToControls(canvas, { ...controls, pointAt: (x, y) => chooseAt(view, x, y) });
    }
    listenToControls(drawing, {
      ...controls,
      turn: undefined,
      enlarge: undefined,
      pointAt: (x, y) => {
        const point = contourPointAt(drawing, axis.length, x, y);
        if (point) controls.choose(point);
      },
    });
    return view;
  });
  const bar = element("div", { class: "surface-scale" });
  const row = element(
    "div",
    { class: "surface-views" },
    views.map(({ node }) => node),
  );
  new ResizeObserver(() => look && draw(look)).observe(row);

  /** The mesh point under the pointer, nearest to the camera. */
  function chooseAt({ key, canvas }, x, y) {
    if (!scale || !look) return;
    /** @type {any} */
    let best = null; // assigned inside the callback
    grids[key].losses.forEach((loss, index) => {
      if (!Number.isFinite(loss)) return;
      const point = { row: Math.floor(index / axis.length), column: index % axis.length };
      const { x: left, y: top, away } = projected(look.camera, placeOf(point, loss), canvas.clientWidth, canvas.clientHeight);
      const distance = Math.hypot(left - x, top - y);
      const rank = distance + 12 * away;
      if (distance < NEAR && (!best || rank < best.rank)) best = { point, rank };
    });
    if (best) controls.choose(best.point);
  }

  const placeOf = ({ row: at, column }, loss) => [axisShare(column), axisShare(at), (loss - scale[0]) / (scale[1] - scale[0])];
  const axisShare = (index) => (2 * index) / (axis.length - 1) - 1;

  function draw(next) {
    look = next;
    if (!row.isConnected) return;
    row.dataset.mode = look.flat ? "flat" : "turning";
    for (const view of views) {
      const loss = look.point ? grids[view.key]?.losses[look.point.row * axis.length + look.point.column] : NaN;
      view.value.textContent = Number.isFinite(loss) ? ofLoss(loss) : "";
      if (look.flat || look.printing) {
        if (view.stale && scale) drawContours(view.drawing, { grid: grids[view.key], scale, across, labels });
        view.stale = false;
        overlay?.(view.drawing);
        markContours(view.drawing, axis.length, look.point);
      }
      if (!look.flat) drawTurning(view, loss);
    }
  }

  /** In the colours of an exported image; the page's colours are restored before painting. */
  function inPicture(view) {
    draw(look);
    requestAnimationFrame(() => draw(look));
    return svg("image", { href: view.canvas.toDataURL(), width: view.canvas.clientWidth, height: view.canvas.clientHeight });
  }

  function drawTurning({ canvas, mesh }, loss) {
    if (!renderer?.ready || canvas.clientWidth === 0) return;
    const ratio = Math.min(devicePixelRatio, 2);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    renderer.draw(context, mesh, look.camera, rgb(cssColor("--ink")));
    if (!scale) return;
    context.scale(ratio, ratio);
    label(context, width, height);
    if (Number.isFinite(loss)) mark(context, placeOf(look.point, loss), width, height);
  }

  /** Axis limits on the nearest edges of the box, scale limits on its leftmost edge. */
  function label(context, width, height) {
    const corners = [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([a, b]) => ({ a, b, ...projected(look.camera, [a, b, 0], width, height) }));
    const near = corners.reduce((best, corner) => (corner.away < best.away ? corner : best));
    const write = (words, place, dx, dy) => {
      const { x, y } = projected(look.camera, place, width, height);
      context.textAlign = dx < -2 ? "right" : dx > 2 ? "left" : "center";
      context.fillText(words, x + dx, y + dy);
    };
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = cssColor("--ink-soft");
    context.textBaseline = "middle";
    const outward = (from, to) => Math.sign(projected(look.camera, to, width, height).x - projected(look.camera, from, width, height).x) * 4;
    const [sideA, sideB] = [outward([0, 0, 0], [0, near.b, 0]), outward([0, 0, 0], [near.a, 0, 0])];
    write("a", [0, near.b * 1.05, 0], sideA, 10);
    write(alongAxis(axis[0]), [-1, near.b * 1.05, 0], sideA, 8);
    write(alongAxis(axis.at(-1)), [1, near.b * 1.05, 0], sideA, 8);
    write("b", [near.a * 1.05, 0, 0], sideB, 10);
    write(alongAxis(axis[0]), [near.a * 1.05, -1, 0], sideB, 8);
    write(alongAxis(axis.at(-1)), [near.a * 1.05, 1, 0], sideB, 8);
    const left = corners.reduce((best, corner) => (corner.x < best.x ? corner : best));
    write(ofLoss(scale[0]), [left.a, left.b, 0], -5, 0);
    write(ofLoss(scale[1]), [left.a, left.b, 1], -5, 0);
  }

  function mark(context, place, width, height) {
    const [foot, head] = [[place[0], place[1], 0], place].map((at) => projected(look.camera, at, width, height));
    context.strokeStyle = context.fillStyle = cssColor("--accent");
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(foot.x, foot.y);
    context.lineTo(head.x, head.y);
    context.stroke();
    context.beginPath();
    context.arc(head.x, head.y, 4.5, 0, 2 * Math.PI);
    context.fill();
    context.strokeStyle = cssColor("--paper");
    context.stroke();
  }

  function showScale(unit) {
    const steps = Array.from({ length: BAR_STEPS }, (_, index) =>
      svg("rect", { x: index, y: 0, width: 1.05, height: 1, fill: colourOf((index + 0.5) / BAR_STEPS) }),
    );
    fill(
      bar,
      ofLoss(scale[0]),
      svg("svg", { viewBox: `0 0 ${BAR_STEPS} 1`, preserveAspectRatio: "none", "shape-rendering": "crispEdges", "aria-hidden": "true" }, steps),
      `${ofLoss(scale[1])} ${unit}`,
    );
  }

  return {
    /** @param {{axis: number[], across?: number[], losses: Record<string, Float64Array>, unit: string}} surfaces `across`: see `drawContours`; `unit`: of the losses */
    show({ axis: values, across: others, losses, unit }) {
      axis = values;
      across = others;
      grids = Object.fromEntries(views.map(({ key }) => [key, { axis, losses: losses[key] }]));
      scale = extent(Object.values(grids));
      if (!scale) return;
      [alongAxis, ofLoss] = [placeFormat(axis), lossFormat(losses)];
      for (const view of views) {
        if (view.mesh) renderer?.drop(view.mesh);
        if (renderer) view.mesh = meshOf(bridged(grids[view.key]), scale);
        view.stale = true;
      }
      if (!row.isConnected) fill(container, row, bar);
      showScale(unit);
      if (look) draw(look);
    },

    clear() {
      row.remove();
      bar.remove();
    },

    /** @param {{camera: import("./mesh-renderer.js").Camera, flat: boolean, printing: boolean, point: {row: number, column: number} | null}} next */
    draw,
  };
}

function rgb(hex) {
  const found = hex.match(/^#(..)(..)(..)$/);
  return found ? found.slice(1).map((pair) => parseInt(pair, 16) / 255) : [0.5, 0.5, 0.5];
}
