// Section 6: the loss landscape around the pretrained weights, and the authors' published landscapes of BERT-base.

import { lossFormat, placeFormat } from "../charts/decimals.js";
import { nearest } from "../charts/loss-grid.js";
import { lineChart } from "../charts/lines.js";
import { cssColor, markPath, onSchemeChange } from "../charts/palette.js";
import { FIRST_VIEW, surfaceRenderer } from "../charts/mesh-renderer.js";
import { surfaceViews } from "../charts/landscape-views.js";
import { ZOOM_PER_KEY } from "../charts/view-controls.js";
import { byId, element, fill, numeric, oncePerFrame, scrollable, svg, table } from "../ui/dom.js";
import { count, fixed, number, percent } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";
import { showNotice } from "./errors.js";
import { holesIn, written } from "./losses.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";

/** Subsets of moved tensors in display order, with the styles of their cross-sections. */
const SUBSETS = {
  all: { dash: [], mark: "circle" },
  top: { dash: [7, 4], mark: "square" },
  bottom: { dash: [2, 3], mark: "triangle" },
};
const ELEVATIONS = [0.05, 1.5];
const ZOOMS = [0.7, 4];

/**
 * @typedef {object} Surfaces
 * @property {number[]} axis
 * @property {Record<"all"|"top"|"bottom", Float64Array>} losses NaN: not computed yet, ∞: not finite
 * @property {number} [centre] loss of the unmoved model
 * @property {number} [known] number of computed points of all three
 */

/** @param {{onRun: () => void, onDownload: () => void}} actions */
export function surfacePanel({ onRun, onDownload }) {
  const words = text.landscape;
  /** Number format of the losses in the cross-sections. */
  let format = (loss) => fixed(loss, 2);
  const range = (low, high) => [low - 0.05 * (high - low), high + 0.05 * (high - low || 1)];
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  const print = matchMedia("print");
  const renderer = surfaceRenderer((ready) => {
    if (ready) {
      lost?.remove();
      lost = null;
    } else {
      lost ??= showNotice(words.contextLost, "surface-errors");
    }
    chooseView();
  });
  /** Notice shown while the WebGL context is lost. */
  let lost = null;
  let camera = { ...FIRST_VIEW };
  let latest = null;
  let published = null;
  /** The selected point as values of a and b, because the two figures may have different axes. */
  let chosen = { a: 0, b: 0 };

  const figures = {
    own: { views: makeViews("surface-chart", () => latest), surfaces: () => latest?.surfaces, readout: byId("surface-readout") },
    published: { views: makeViews("published-chart", () => published && { surfaces: published }), surfaces: () => published, readout: byId("published-readout") },
  };
  const slices = {
    a: lineChart(byId("slice-a"), { xLabel: "a", format: (loss) => format(loss), range, holes: true, role: text.lineChart, label: words.sliceHeading("a") }),
    b: lineChart(byId("slice-b"), { xLabel: "b", format: (loss) => format(loss), range, holes: true, role: text.lineChart, label: words.sliceHeading("b") }),
  };
  fill(byId("slice-legend"), Object.keys(SUBSETS).map((subset) => element("span", { class: "legend-item" }, swatchOf(subset), words.subsets[subset])));
  const viewChoice = byId("surface-view");
  fill(viewChoice, ["turning", "flat"].map((value) => element("option", { value }, words.views[value])));
  let asked = null;
  viewChoice.addEventListener("change", () => {
    asked = viewChoice.value;
    chooseView();
  });
  byId("run-surface").addEventListener("click", onRun);
  byId("download-surface").addEventListener("click", onDownload);
  byId("surface-closer").addEventListener("click", () => enlarge(ZOOM_PER_KEY));
  byId("surface-farther").addEventListener("click", () => enlarge(1 / ZOOM_PER_KEY));
  byId("surface-reset").addEventListener("click", () => reset());
  const tableOf = (title, surfaces) => ({ title, build: () => (surfaces() ? numbersTable(surfaces()) : element("p", {}, words.empty)) });
  const refreshOwn = foldedTables(byId("surface-tables"), [tableOf(text.dataTable, figures.own.surfaces)]);
  const refreshPublished = foldedTables(byId("published-tables"), [tableOf(text.dataTable, figures.published.surfaces)]);

  function makeViews(id, present) {
    return surfaceViews(byId(id), {
      names: words.subsets, renderer,
      words: { view: words.view, role: words.role, hint: "surface-hint" },
      controls: {
        turn(azimuth, elevation) {
          camera.azimuth += azimuth;
          camera.elevation = Math.min(ELEVATIONS[1], Math.max(ELEVATIONS[0], camera.elevation + elevation));
          draw();
        },
        enlarge,
        reset: () => reset(),
        choose: (point) => chooseIn(present(), point),
        step(columns, rows) {
          const surfaces = present()?.surfaces;
          const point = surfaces && pointOf(surfaces);
          if (!point) return;
          const within = (index) => Math.min(surfaces.axis.length - 1, Math.max(0, index));
          chooseIn({ surfaces }, { row: within(point.row + rows), column: within(point.column + columns) });
        },
      },
    });
  }

  const pointOf = ({ axis }) => {
    const point = { row: nearest(axis, chosen.b), column: nearest(axis, chosen.a) };
    return point.row < 0 || point.column < 0 ? null : point;
  };

  function chooseIn({ surfaces: { axis } }, { row, column }) {
    chosen = { a: axis[column], b: axis[row] };
    draw();
  }

  function enlarge(factor) {
    camera.zoom = Math.min(ZOOMS[1], Math.max(ZOOMS[0], camera.zoom * factor));
    draw();
  }

  function reset() {
    camera = { ...FIRST_VIEW };
    draw();
  }

  /** The selected view; by default depends on WebGL2 and on the preference for reduced motion. */
  function chooseView() {
    const possible = Boolean(renderer?.ready);
    viewChoice.querySelector('[value="turning"]').disabled = !possible;
    viewChoice.value = possible && (asked ?? (reducedMotion.matches ? "flat" : "turning")) === "turning" ? "turning" : "flat";
    byId("surface-hint").textContent = viewChoice.value === "turning" ? words.hint : `${renderer ? "" : words.noWebgl} ${words.hintFlat}`.trim();
    byId("surface-camera").hidden = viewChoice.value !== "turning";
    draw();
  }

  function drawNow({ printing = print.matches } = {}) {
    for (const { views, surfaces, readout } of Object.values(figures)) {
      if (!surfaces()) continue;
      const point = pointOf(surfaces());
      views.draw({ camera, flat: viewChoice.value === "flat", printing, point });
      readout.textContent = point ? readoutOf(surfaces(), point) : "";
    }
    if (latest) drawSlices(latest.surfaces);
  }
  const draw = oncePerFrame(() => drawNow());
  onSchemeChange(() => draw());
  // Immediately: printing does not wait for another frame.
  addEventListener("beforeprint", () => drawNow({ printing: true }));
  print.addEventListener("change", () => drawNow());
  reducedMotion.addEventListener("change", chooseView);

  function readoutOf({ axis, losses }, { row, column }) {
    const values = Object.keys(SUBSETS).map((subset) => [words.subsets[subset], losses[subset][row * axis.length + column]]).filter(([, loss]) => !Number.isNaN(loss));
    const place = [axis[column], axis[row]].map(placeFormat(axis));
    const write = lossFormat(losses);
    return values.length === 0 ? words.notYet(...place) : words.readout(...place, values.map(([name, loss]) => `${name} ${written(loss, write)}`).join(" · "));
  }

  function drawSlices({ axis, losses }) {
    const point = pointOf({ axis }) ?? { row: nearest(axis, 0), column: nearest(axis, 0) };
    const place = placeFormat(axis);
    format = lossFormat(losses);
    const style = (subset) => ({ ...SUBSETS[subset], color: cssColor(`--subset-${subset}`) });
    const restyle = (lines) => lines.map((line, index) => ({ ...line, style: style(Object.keys(SUBSETS)[index]) }));
    const show = (chart, title, said, indexOf) => {
      const line = (subset) => ({ name: words.subsets[subset], style: style(subset), mid: axis.map((_, index) => inSlice(losses[subset][indexOf(index)])) });
      byId(title).textContent = said;
      chart.show(axis, Object.keys(SUBSETS).map(line), restyle);
    };
    show(slices.a, "slice-a-title", words.sliceA(place(axis[point.row])), (index) => point.row * axis.length + index);
    show(slices.b, "slice-b-title", words.sliceB(place(axis[point.column])), (index) => index * axis.length + point.column);
  }

  chooseView();
  return {
    showEmpty() {
      latest = null;
      refreshOwn();
      figures.own.views.clear();
      slices.a.clear();
      slices.b.clear();
      showEmpty(byId("surface-chart"), words.empty);
      showEmpty(byId("slice-a"), words.sliceEmpty);
      showEmpty(byId("slice-b"), words.sliceEmpty);
      byId("surface-readout").textContent = "";
      fill(byId("surface-strides"));
      disable(byId("download-surface"), "surface");
      showOrigin(byId("surface-caption"), { kind: "empty" });
    },

    /** @param {Surfaces} surfaces the authors' */
    showPublished(surfaces) {
      published = surfaces;
      figures.published.views.show({ ...surfaces, unit: words.nats });
      refreshPublished();
      draw();
    },

    /**
     * @param {Surfaces} surfaces
     * @param {import("./origin.js").Origin} origin
     * @param {{model: string, texts: number, settings: {norm: string, seed: number, range: number}, strides?: object}} of `strides`: see `stridesTable`
     */
    show: oncePerFrame((surfaces, origin, { model, texts, settings: { norm, seed, range: reach }, strides }) => {
      latest = { surfaces };
      const total = 3 * surfaces.axis.length ** 2;
      figures.own.views.show({ ...surfaces, unit: words.nats });
      const caption = [words.caption({ model, texts: count(texts), norm: words.normsInShort[norm], seed, range: number(reach) }), surfaces.known < total ? words.soFar(count(surfaces.known), count(total)) : "", holesIn(surfaces, words.holes), Number.isFinite(surfaces.centre) ? words.centre(number(surfaces.centre, 4)) : ""];
      showOrigin(byId("surface-caption"), origin, caption.filter(Boolean).join(text.marks.gap));
      fill(byId("surface-strides"), strides ? scrollable(words.strides.caption, stridesTable(strides)) : null);
      disable(byId("download-surface"), "");
      refreshOwn();
      draw();
    }),

    /** @param {boolean} others whether the settings differ from those of the figure */
    showOtherSettings(others) {
      byId("surface-other").textContent = others ? words.otherSettings : "";
    },

    /** @param {string} cost estimated */
    showEstimate(cost) {
      byId("surface-estimate").textContent = cost;
    },
  };
}

/** A legend line with the style of a cross-section. */
function swatchOf(subset) {
  const { dash, mark } = SUBSETS[subset];
  return svg("svg", { viewBox: "0 0 36 14", class: `swatch subset-${subset}`, "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 35, y1: 7, y2: 7, class: "stroke", "stroke-dasharray": dash.join(" ") }),
    svg("path", { d: markPath(mark, 18, 7, 4), class: "mark" }));
}

/** @param {Record<"all"|"top"|"bottom", {tensors: number, one_dimensional: number, length: number}>} strides moved tensors and distance of each landscape */
function stridesTable(strides) {
  const { subsets, strides: { caption, columns } } = text.landscape;
  const rows = Object.keys(SUBSETS).map((subset) => {
    const { tensors, one_dimensional: flat, length } = strides[subset];
    return [subsets[subset], count(tensors), count(flat), percent(length)];
  });
  return table({ caption, columns: [columns.subset, ...[columns.tensors, columns.flat, columns.length].map(numeric)], rows });
}

/** Values of a chart line: null where the loss is not finite, undefined where it is not computed yet. */
const inSlice = (loss) => (Number.isFinite(loss) ? loss : Number.isNaN(loss) ? undefined : null);

function numbersTable({ axis, losses }) {
  const { subsets } = text.landscape;
  const [place, write] = [placeFormat(axis, 3), lossFormat(losses, 4)];
  const rows = axis.flatMap((b, row) => axis.map((a, column) => [place(a), place(b), ...Object.keys(SUBSETS).map((subset) => written(losses[subset][row * axis.length + column], write))]));
  return table({ columns: ["a", "b", ...Object.values(subsets)].map(numeric), rows, rowHeaders: false });
}
