// The figures of the loss landscape: three-dimensional and flat views, and cross-sections through the selected point.

import { lossFormat, placeFormat } from "../charts/decimals.js";
import { surfaceViews } from "../charts/landscape-views.js";
import { lineChart } from "../charts/lines.js";
import { nearest } from "../charts/loss-grid.js";
import { FIRST_VIEW, surfaceRenderer } from "../charts/mesh-renderer.js";
import { cssColor, markPath, onSchemeChange } from "../charts/palette.js";
import { ZOOM_PER_KEY } from "../charts/view-controls.js";
import { byId, element, fill, oncePerFrame, svg } from "../ui/dom.js";
import { fixed } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { showNotice } from "./errors.js";
import { written } from "./losses.js";

/** Subsets of moved tensors in display order, with the styles of their cross-sections. */
export const SUBSETS = {
  all: { dash: [], mark: "circle" },
  top: { dash: [7, 4], mark: "square" },
  bottom: { dash: [2, 3], mark: "triangle" },
};
/** @type {[number, number]} */
const ELEVATIONS = [0.05, 1.5];
/** @type {[number, number]} */
const ZOOMS = [0.7, 4];

/**
 * @typedef {object} Surfaces
 * @property {number[]} axis
 * @property {Record<"all"|"top"|"bottom", Float64Array>} losses NaN: not computed yet, ∞: not finite
 * @property {number} [centre] loss of the unmoved model
 * @property {number} [known] number of computed points of all three
 */

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
/** @type {(low: number, high: number) => [number, number]} */
const withMargin = (low, high) => [low - 0.05 * (high - low), high + 0.05 * (high - low || 1)];

/** The reader's own landscape and the published one, with one camera and one selected point. */
export class LandscapeFigures {
  #words = text.landscape;
  #reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  #print = matchMedia("print");
  #viewChoice = /** @type {HTMLSelectElement} */ (byId("surface-view"));
  /** The view that the reader has chosen. @type {string | null} */
  #asked = null;
  #camera = { ...FIRST_VIEW };
  /** The selected point as values of a and b, because the two figures may have different axes. */
  #chosen = { a: 0, b: 0 };
  /** Notice shown while the WebGL context is lost. @type {HTMLElement | null} */
  #lost = null;
  /** Number format of the losses in the cross-sections. */
  #format = (loss) => fixed(loss, 2);
  #renderer;
  #figures;
  #slices;

  constructor() {
    this.#renderer = surfaceRenderer((ready) => this.#showContext(ready));
    this.#figures = { own: this.#figure("surface-chart", "surface-readout"), published: this.#figure("published-chart", "published-readout") };
    this.#slices = { a: this.#slice("a"), b: this.#slice("b") };
    fill(
      byId("slice-legend"),
      Object.keys(SUBSETS).map((subset) => element("span", { class: "legend-item" }, swatchOf(subset), this.#words.subsets[subset])),
    );
    fill(
      this.#viewChoice,
      ["turning", "flat"].map((value) => element("option", { value }, this.#words.views[value])),
    );
    this.#viewChoice.addEventListener("change", () => {
      this.#asked = this.#viewChoice.value;
      this.#chooseView();
    });
    byId("surface-closer").addEventListener("click", () => this.#enlarge(ZOOM_PER_KEY));
    byId("surface-farther").addEventListener("click", () => this.#enlarge(1 / ZOOM_PER_KEY));
    byId("surface-reset").addEventListener("click", () => this.#reset());
    onSchemeChange(() => this.draw());
    // Immediately: printing does not wait for another frame.
    addEventListener("beforeprint", () => this.#drawNow({ printing: true }));
    this.#print.addEventListener("change", () => this.#drawNow());
    this.#reducedMotion.addEventListener("change", () => this.#chooseView());
    this.#chooseView();
  }

  /** @returns {{surfaces: Surfaces | null, views: any, readout: HTMLElement}} */
  #figure(chart, readout) {
    const figure = { surfaces: null, views: null, readout: byId(readout) };
    figure.views = surfaceViews(byId(chart), {
      names: this.#words.subsets,
      renderer: this.#renderer,
      words: { view: this.#words.view, role: this.#words.role, hint: "surface-hint" },
      controls: {
        turn: (azimuth, elevation) => this.#turn(azimuth, elevation),
        enlarge: (factor) => this.#enlarge(factor),
        reset: () => this.#reset(),
        choose: (point) => this.#choose(figure.surfaces, point),
        step: (columns, rows) => this.#step(figure.surfaces, columns, rows),
      },
    });
    return figure;
  }

  #slice(axis) {
    return lineChart(byId(`slice-${axis}`), {
      xLabel: axis,
      format: (loss) => this.#format(loss),
      range: withMargin,
      holes: true,
      role: text.lineChart,
      label: this.#words.sliceHeading(axis),
    });
  }

  /** @returns {Surfaces | null} */
  get own() {
    return this.#figures.own.surfaces;
  }

  /** @returns {Surfaces | null} */
  get published() {
    return this.#figures.published.surfaces;
  }

  /**
   * @param {"own"|"published"} name
   * @param {Surfaces} surfaces
   */
  show(name, surfaces) {
    this.#figures[name].surfaces = surfaces;
    this.#figures[name].views.show({ ...surfaces, unit: this.#words.nats });
    this.draw();
  }

  /** Nothing is shown of the reader's own. */
  clear() {
    const { own } = this.#figures;
    own.surfaces = null;
    own.readout.textContent = "";
    own.views.clear();
    for (const slice of Object.values(this.#slices)) slice.clear();
  }

  // --- camera and selected point ----------------------------------------------------------------------------------

  #turn(azimuth, elevation) {
    this.#camera.azimuth += azimuth;
    this.#camera.elevation = clamp(this.#camera.elevation + elevation, ...ELEVATIONS);
    this.draw();
  }

  #enlarge(factor) {
    this.#camera.zoom = clamp(this.#camera.zoom * factor, ...ZOOMS);
    this.draw();
  }

  #reset() {
    this.#camera = { ...FIRST_VIEW };
    this.draw();
  }

  #pointOf({ axis }) {
    const point = { row: nearest(axis, this.#chosen.b), column: nearest(axis, this.#chosen.a) };
    return point.row < 0 || point.column < 0 ? null : point;
  }

  #choose({ axis }, { row, column }) {
    this.#chosen = { a: axis[column], b: axis[row] };
    this.draw();
  }

  #step(surfaces, columns, rows) {
    const point = surfaces && this.#pointOf(surfaces);
    if (!point) return;
    const within = (index) => clamp(index, 0, surfaces.axis.length - 1);
    this.#choose(surfaces, { row: within(point.row + rows), column: within(point.column + columns) });
  }

  // --- views ------------------------------------------------------------------------------------------------------

  #showContext(ready) {
    if (ready) {
      this.#lost?.remove();
      this.#lost = null;
    } else {
      this.#lost ??= showNotice(this.#words.contextLost, "surface-errors");
    }
    this.#chooseView();
  }

  /** The selected view; by default depends on WebGL2 and on the preference for reduced motion. */
  #chooseView() {
    const choice = this.#viewChoice;
    const possible = Boolean(this.#renderer?.ready);
    /** @type {HTMLOptionElement} */ (choice.querySelector('[value="turning"]')).disabled = !possible;
    choice.value = possible && (this.#asked ?? (this.#reducedMotion.matches ? "flat" : "turning")) === "turning" ? "turning" : "flat";
    byId("surface-hint").textContent =
      choice.value === "turning" ? this.#words.hint : `${this.#renderer ? "" : this.#words.noWebgl} ${this.#words.hintFlat}`.trim();
    byId("surface-camera").hidden = choice.value !== "turning";
    this.draw();
  }

  draw = oncePerFrame(() => this.#drawNow());

  #drawNow({ printing = this.#print.matches } = {}) {
    for (const { views, surfaces, readout } of Object.values(this.#figures)) {
      if (!surfaces) continue;
      const point = this.#pointOf(surfaces);
      views.draw({ camera: this.#camera, flat: this.#viewChoice.value === "flat", printing, point });
      readout.textContent = point ? this.#readoutOf(surfaces, point) : "";
    }
    if (this.own) this.#drawSlices(this.own);
  }

  #readoutOf({ axis, losses }, { row, column }) {
    const words = this.#words;
    const values = Object.keys(SUBSETS)
      .map((subset) => [words.subsets[subset], losses[subset][row * axis.length + column]])
      .filter(([, loss]) => !Number.isNaN(loss));
    const place = [axis[column], axis[row]].map(placeFormat(axis));
    const write = lossFormat(losses);
    return values.length === 0
      ? words.notYet(...place)
      : words.readout(...place, values.map(([name, loss]) => `${name} ${written(loss, write)}`).join(" · "));
  }

  #drawSlices({ axis, losses }) {
    const words = this.#words;
    const point = this.#pointOf({ axis }) ?? { row: nearest(axis, 0), column: nearest(axis, 0) };
    const place = placeFormat(axis);
    this.#format = lossFormat(losses);
    const style = (subset) => ({ ...SUBSETS[subset], color: cssColor(`--subset-${subset}`) });
    const restyle = (lines) => lines.map((line, index) => ({ ...line, style: style(Object.keys(SUBSETS)[index]) }));
    const show = (chart, title, said, indexOf) => {
      const line = (subset) => ({
        name: words.subsets[subset],
        style: style(subset),
        mid: axis.map((_, index) => inSlice(losses[subset][indexOf(index)])),
      });
      byId(title).textContent = said;
      chart.show(axis, Object.keys(SUBSETS).map(line), restyle);
    };
    show(this.#slices.a, "slice-a-title", words.sliceA(place(axis[point.row])), (index) => point.row * axis.length + index);
    show(this.#slices.b, "slice-b-title", words.sliceB(place(axis[point.column])), (index) => index * axis.length + point.column);
  }
}

/** A legend line with the style of a cross-section. */
function swatchOf(subset) {
  const { dash, mark } = SUBSETS[subset];
  return svg(
    "svg",
    { viewBox: "0 0 36 14", class: `swatch subset-${subset}`, "aria-hidden": "true" },
    svg("line", { x1: 1, x2: 35, y1: 7, y2: 7, class: "stroke", "stroke-dasharray": dash.join(" ") }),
    svg("path", { d: markPath(mark, 18, 7, 4), class: "mark" }),
  );
}

const inSlice = (loss) => (Number.isFinite(loss) ? loss : Number.isNaN(loss) ? undefined : null);
