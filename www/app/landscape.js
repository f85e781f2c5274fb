// The loss surface as the page tells it: what it will cost, its run, and its points on their way to the figure.

import { computeFigure, knownLoss, rowsOf } from "./computation.js";
import { afterPause, download } from "../ui/dom.js";
import { fetchBytes } from "../platform/files.js";
import { count, duration } from "../ui/format.js";
import { asError } from "../panels/errors.js";
import { text } from "../i18n/text.js";
import { hasFile } from "./version.js";
import { SCHEMA } from "../platform/schema.js";

const PUBLISHED = "data/surfaces/bert-base.json";
const RECORDED = "data/surfaces/recorded.json";
const SUBSETS = ["all", "top", "bottom"];

/** Settings that the surfaces share with other parts: how texts are cut and masked, and by which of them the halves are known. */
const SHARED = ["max_tokens", "fisher_texts", "fisher_seed"];

const fetchJson = async (path) => JSON.parse(new TextDecoder().decode(await fetchBytes(path)));
const inRows = (losses) => Object.fromEntries(SUBSETS.map((subset) => [subset, Float64Array.from(losses[subset].flat(), knownLoss)]));

/**
 * @param {object} page {state, session, panels, view}
 * @param {object} experiment what `createExperiment` gave: Fisher information is its business
 */
export function createSurface({ state, session, panels, view }, experiment) {
  /** What is shown, and of what it is told. */
  let surfaces = null;
  let told = null;
  /** What the present run has, once it has begun to compute, and what it was asked for. */
  let begun = null;
  let asked = null;

  const settings = () => Object.fromEntries(["points", "range", "seed", "texts", "norm"].map((name) => [name, state.get(`surface_${name}`)]));
  const allSettings = () => ({ ...settings(), ...Object.fromEntries(SHARED.map((name) => [name, state.get(name)])) });
  const compareSettings = () => {
    const now = allSettings();
    panels.surface.showOtherSettings(told !== null && Object.entries(told.settings).some(([name, value]) => now[name] !== value));
  };

  const showEstimate = afterPause(300, async () => {
    if (!session.inputs.complete || session.running) return;
    const { points } = settings();
    try {
      const { texts, seconds } = await session.estimateSurface(state.config(), settings(), state.get("workers"));
      panels.surface.showEstimate(text.landscape.estimate(points, count(texts), Number.isFinite(seconds) ? text.landscape.estimateTime(duration(seconds)) : ""));
    } catch (error) {
      panels.surface.showEstimate(asError(error).message); // a press on the button meets it again, as an error
    }
  });

  const run = () => computeFigure({ session, panels }, experiment, {
    place: "surface",
    words: text.landscape,
    begin: () => handlers.phase(),
    compute() {
      begun = null;
      asked = allSettings();
      return session.surface(state.config(), settings(), { workers: state.get("workers") });
    },
    onComputed: () => begun?.known > 0 && show({ kind: "finished" }),
  });

  function show(origin) {
    view.shown.surface = { of: told.model, date: origin.date ?? new Date().toISOString() };
    panels.surface.show(surfaces, origin, told);
    compareSettings();
  }

  const handlers = {
    phase() {
      experiment.showPhase("surface", text.run.surface);
    },
    surface({ axis, texts }) {
      const size = axis.length ** 2;
      // Sums of thousandths do not end on thousandths.
      surfaces = begun = { axis: axis.map((value) => Number(value.toPrecision(12))), centre: NaN, known: 0, losses: Object.fromEntries(SUBSETS.map((subset) => [subset, new Float64Array(size).fill(NaN)])) };
      told = { model: session.inputs.model.info.name, device: { ...session.device }, settings: asked, texts, strides: null };
      panels.surface.showEmpty();
    },
    strides({ strides }) {
      told.strides = strides;
    },
    events({ job, events }) {
      for (const { type, column, loss } of events) {
        if (type !== "surface_point") continue;
        if (job.subset === "centre") {
          surfaces.centre = knownLoss(loss);
          continue;
        }
        const index = job.row * surfaces.axis.length + column;
        if (Number.isNaN(surfaces.losses[job.subset][index])) surfaces.known += 1;
        surfaces.losses[job.subset][index] = knownLoss(loss);
      }
      if (surfaces.known > 0) show({ kind: "live" });
    },
  };

  return {
    run,
    showEstimate,
    compareSettings,

    /** @returns {boolean} whether the event was one of a surface */
    takeEvent(event) {
      const own = event.type === "surface" || event.type === "strides" || (event.type === "phase" && event.phase === "surface") || (event.type === "events" && event.job.kind === "surface");
      if (own) handlers[event.type](event);
      return own;
    },

    /** Shows what came with the page: the authors' surfaces, and the recorded ones of the built-in model. */
    async showFirst() {
      const [{ axis, losses, source }, recorded] = await Promise.all([fetchJson(PUBLISHED), hasFile(RECORDED) ? fetchJson(RECORDED) : null]);
      view.shown["published-figure"] = { of: source, date: "" };
      panels.surface.showPublished({ axis, losses: inRows(losses) });
      if (!recorded || surfaces || session.running) return;
      const { settings: used, model, device, axis: ownAxis, centre, strides, recorded: origin } = recorded;
      surfaces = { axis: ownAxis, centre, known: 3 * ownAxis.length ** 2, losses: inRows(recorded.losses) };
      told = { model, device, texts: used.texts, settings: used, strides };
      show({ kind: "recorded", ...origin });
    },

    /** Hands the computed surfaces to the reader. */
    save() {
      const { model, device, texts, settings: used, strides } = told;
      const content = { format: SCHEMA.formats.landscape.name, version: SCHEMA.formats.landscape.version, model, settings: { ...used, texts }, device, strides, centre: Number.isFinite(surfaces.centre) ? surfaces.centre : null,
        axis: surfaces.axis, losses: Object.fromEntries(SUBSETS.map((subset) => [subset, rowsOf(surfaces.losses[subset], surfaces.axis.length)])) };
      download("surface.json", `${JSON.stringify(content)}\n`, "application/json");
    },
  };
}
