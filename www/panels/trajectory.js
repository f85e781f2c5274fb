// Section 6: the task loss on the plane through the pretrained and two fine-tuned models, with both training trajectories.

import { lossFormat, placeFormat } from "../charts/decimals.js";
import { nearest } from "../charts/loss-grid.js";
import { swatch } from "../charts/palette.js";
import { drawTrajectories } from "../charts/trajectories.js";
import { surfaceViews } from "../charts/landscape-views.js";
import { byId, element, fill, numeric, oncePerBeat, oncePerFrame, table } from "../ui/dom.js";
import { count, fixed } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";
import { holesIn, written } from "./losses.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";
import { armPairSelect } from "./arm-pair.js";

const PARTS = ["train", "test"];

/**
 * @typedef {object} Picture
 * @property {[string, string]} arms
 * @property {number[]} x
 * @property {number[]} y
 * @property {{train: Float64Array, test: Float64Array}} losses row by row, rows are y; NaN: not computed yet, ∞: not finite
 * @property {number} known number of computed grid points
 * @property {Array<{x: number, y: number, train: number, test: number}>} marks the pretrained and the two fine-tuned models
 * @property {Array<Array<{step: number, x: number, y: number, off: number}>>} paths trajectories of the two arms; `off`: distance from the plane
 * @property {number} unit distance in parameter space of one unit
 * @property {[number, number]} rows numbers of training and test examples
 * @property {number} seed
 * @property {"classification"|"regression"} task
 */

/** @param {{onRun: () => void, onChoice: () => void, onDownload: () => void}} actions */
export function trajectoryPanel({ onRun, onChoice, onDownload }) {
  const words = text.trajectory;
  let latest = null;
  let chosen = { x: 0, y: 0 };
  byId("run-plane").addEventListener("click", onRun);
  const choice = armPairSelect("plane-arm", "plane-beside", onChoice);
  byId("download-plane").addEventListener("click", onDownload);

  const pointOf = ({ x, y }) => {
    const point = { row: nearest(y, chosen.y), column: nearest(x, chosen.x) };
    return point.row < 0 || point.column < 0 ? null : point;
  };
  const choose = ({ row, column }) => {
    chosen = { x: latest.x[column], y: latest.y[row] };
    draw();
  };
  const views = surfaceViews(byId("plane-chart"), {
    names: words.parts,
    renderer: null,
    labels: ["x", "y"],
    words: { view: words.view, role: text.landscape.role, hint: "plane-hint" },
    overlay: (drawing) => drawTrajectories(drawing, { ...latest, trajectories: trajectoriesOf(latest) }),
    controls: {
      reset: () => latest && choose({ row: nearest(latest.y, 0), column: nearest(latest.x, 0) }),
      choose,
      step(columns, rows) {
        const point = latest && pointOf(latest);
        if (!point) return;
        const within = (index) => Math.min(latest.x.length - 1, Math.max(0, index));
        choose({ row: within(point.row + rows), column: within(point.column + columns) });
      },
    },
  });
  const refreshTables = foldedTables(byId("plane-tables"), [
    { title: text.dataTable, build: () => (latest ? pointsTable(latest) : element("p", {}, words.empty)) },
  ]);

  const draw = oncePerFrame(() => {
    if (!latest) return;
    const point = pointOf(latest);
    views.draw({ flat: true, printing: false, point, camera: null });
    byId("plane-readout").textContent = point ? readoutOf(latest, point) : "";
  });

  function readoutOf({ x, y, losses }, { row, column }) {
    const [train, test] = PARTS.map((part) => losses[part][row * x.length + column]);
    const [place, write] = [placeFormat(x), lossFormat(losses)];
    const where = [place(x[column]), place(y[row])];
    return Number.isNaN(train) ? text.landscape.notYet(...where) : words.readout(...where, written(train, write), written(test, write));
  }

  const showNow = (picture, origin) => {
    latest = picture;
    const { x, y, losses, known, arms, rows, seed, task } = picture;
    views.show({ axis: y, across: x, losses, unit: words.units[task] });
    const total = x.length * y.length;
    const caption = [
      words.caption(arms, seed, count(rows[0]), count(rows[1])),
      known < total ? text.landscape.soFar(count(known), count(total)) : "",
      holesIn(picture, words.holes),
    ];
    showOrigin(byId("plane-caption"), origin, caption.filter(Boolean).join(text.marks.gap));
    fill(
      byId("plane-legend"),
      element("span", { class: "legend-item" }, element("span", { class: "start-mark", "aria-hidden": "true" }), words.start),
      arms.map((arm) => element("span", { class: "legend-item" }, swatch(arm), arm)),
    );
    fill(byId("plane-places"), placesTable(picture));
    disable(byId("download-plane"), "");
    refreshTables();
    draw();
  };
  const showSoon = oncePerBeat((picture, origin) => picture && showNow(picture, origin));

  return {
    showEmpty() {
      showSoon(null); // cancels pending frames
      latest = null;
      refreshTables();
      views.clear();
      showEmpty(byId("plane-chart"), words.empty);
      for (const id of ["plane-legend", "plane-places"]) fill(byId(id));
      byId("plane-readout").textContent = "";
      disable(byId("download-plane"), "plane");
      showOrigin(byId("plane-caption"), { kind: "empty" });
    },

    /**
     * @param {Picture} picture
     * @param {import("./origin.js").Origin} origin
     */
    show(picture, origin) {
      if (origin.kind === "live") {
        showSoon(picture, origin);
        return;
      }
      showSoon(null);
      showNow(picture, origin);
    },

    /** The selected arms; empty if there are fewer than two. */
    get pair() {
      return choice.pair;
    },

    /** @param {string[]} arms arms with a stored model */
    offer(arms) {
      choice.offer(arms);
      byId("plane-needs").hidden = choice.pair.length > 0;
    },

    /** @param {string} cost estimated */
    showEstimate(cost) {
      byId("plane-estimate").textContent = cost;
    },
  };
}

const trajectoriesOf = ({ arms, marks, paths }) => arms.map((arm, index) => ({ arm, end: marks[index + 1], points: paths[index] }));

function placesTable({ arms, marks, paths, unit }) {
  const { columns, start, endOf } = text.trajectory;
  const row = ({ x, y, train, test }, name, path) => [
    name,
    ...[train, test].map((loss) => written(loss, (finite) => fixed(finite, 3))),
    fixed(unit * Math.hypot(x, y), 2),
    path?.length > 0 ? fixed(unit * Math.max(...path.map(({ off }) => off)), 2) : "–",
  ];
  const rows = [row(marks[0], start), ...arms.map((arm, index) => row(marks[index + 1], endOf(arm), paths[index]))];
  return table({ columns: [columns.place, ...[columns.train, columns.test, columns.distance, columns.off].map(numeric)], rows });
}

function pointsTable({ x, y, losses }) {
  const { columns } = text.trajectory;
  const [place, write] = [placeFormat(x, 3), lossFormat(losses, 4)];
  const rows = y.flatMap((up, row) =>
    x.map((across, column) => [place(across), place(up), ...PARTS.map((part) => written(losses[part][row * x.length + column], write))]),
  );
  return table({ columns: ["x", "y", columns.train, columns.test].map(numeric), rows, rowHeaders: false });
}
