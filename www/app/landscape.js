// The loss surfaces: what they will cost, their computation, and their points on the way to the figure.

import { sentenceOf } from "../panels/errors.js";
import { fetchJson } from "../platform/files.js";
import { SCHEMA } from "../platform/schema.js";
import { afterPause, download } from "../ui/dom.js";
import { count, duration } from "../ui/format.js";
import { computeFigure, knownLoss, rowsOf } from "./figure-task.js";
import { FINISHED, LIVE } from "./state.js";
import { text } from "../i18n/text.js";
import { hasFile } from "./version.js";

const FORMAT = SCHEMA.formats.landscape;
const PUBLISHED = "data/surfaces/bert-base.json";
const RECORDED = "data/surfaces/recorded.json";
const SUBSETS = ["all", "top", "bottom"];
const PAUSE_MS = 300;

/** Settings of the surfaces alone, and those that they share with other parts: how texts are cut and masked, and by which of them the halves are known. */
const OWN = ["points", "range", "seed", "texts", "norm"];
const SHARED = ["max_tokens", "fisher_texts", "fisher_seed"];

const inRows = (losses) => Object.fromEntries(SUBSETS.map((subset) => [subset, Float64Array.from(losses[subset].flat(), knownLoss)]));

/** @typedef {{axis: number[], centre: number, known: number, losses: Record<string, Float64Array>}} Surfaces */
/** @typedef {{model: string, device: object, settings: Record<string, any>, texts: number, strides: object | null}} About of what surfaces are */

/** Computes loss surfaces around the pretrained weights. */
export class LandscapeController {
  #page;
  #run;
  /** @type {Surfaces | null} what is shown */
  #surfaces = null;
  /** @type {About | null} */
  #about = null;
  /** @type {Surfaces | null} what the present computation has, once it has begun */
  #begun = null;
  /** @type {Record<string, any>} what it was asked for */
  #asked = {};

  /**
   * @param {import("./run.js").Page} page
   * @param {import("./run.js").RunController} run Fisher information is its business
   */
  constructor(page, run) {
    this.#page = page;
    this.#run = run;
    page.events.onAll({
      phase: ({ phase }) => phase === "surface" && this.#begin(),
      landscape: (event) => this.#take(event),
      strides: ({ strides }) => {
        this.#about.strides = strides;
      },
      job_events: ({ job, events }) => job.kind === "landscape" && this.#takePoints(job, events),
    });
  }

  /** @returns {any} what Session.landscape takes */
  #settings() {
    return Object.fromEntries(OWN.map((name) => [name, this.#page.settings.get(`surface_${name}`)]));
  }

  #allSettings() {
    return { ...this.#settings(), ...Object.fromEntries(SHARED.map((name) => [name, this.#page.settings.get(name)])) };
  }

  /** Says whether the figure is of other settings than the present ones. */
  compareSettings() {
    const now = this.#allSettings();
    this.#page.panels.landscape.showOtherSettings(
      this.#about !== null && Object.entries(this.#about.settings).some(([name, value]) => now[name] !== value),
    );
  }

  showEstimate = afterPause(PAUSE_MS, async () => {
    const { session, settings, panels } = this.#page;
    if (!session.inputs.complete || session.running) return;
    try {
      const { texts, seconds } = await session.estimator.ofLandscape(settings.config(), this.#settings(), settings.get("workers"));
      panels.landscape.showEstimate(
        text.landscape.estimate(
          settings.get("surface_points"),
          count(texts),
          Number.isFinite(seconds) ? text.landscape.estimateTime(duration(seconds)) : "",
        ),
      );
    } catch (error) {
      panels.landscape.showEstimate(sentenceOf(error)); // a press on the button meets it again, as an error
    }
  });

  compute() {
    const { session, settings } = this.#page;
    return computeFigure(this.#page, this.#run, {
      place: "surface",
      words: text.landscape,
      begin: () => this.#begin(),
      compute: () => {
        this.#begun = null;
        this.#asked = this.#allSettings();
        return session.landscape(settings.config(), this.#settings(), { workers: settings.get("workers") });
      },
      onComputed: () => {
        if (this.#begun?.known > 0) this.#show(FINISHED);
      },
    });
  }

  #begin() {
    this.#run.showPhase("surface", text.run.surface);
  }

  #take({ axis, texts }) {
    const { session, panels } = this.#page;
    const losses = Object.fromEntries(SUBSETS.map((subset) => [subset, new Float64Array(axis.length ** 2).fill(NaN)]));
    // Sums of thousandths do not end on thousandths.
    this.#surfaces = this.#begun = { axis: axis.map((value) => Number(value.toPrecision(12))), centre: NaN, known: 0, losses };
    this.#about = { model: session.inputs.model.info.name, device: { ...session.device }, settings: this.#asked, texts, strides: null };
    panels.landscape.showEmpty();
  }

  #takePoints(job, events) {
    const surfaces = this.#surfaces;
    for (const { type, column, loss } of events) {
      if (type !== "landscape_point") continue;
      if (job.subset === "centre") {
        surfaces.centre = knownLoss(loss);
        continue;
      }
      const index = job.row * surfaces.axis.length + column;
      if (Number.isNaN(surfaces.losses[job.subset][index])) surfaces.known += 1;
      surfaces.losses[job.subset][index] = knownLoss(loss);
    }
    if (surfaces.known > 0) this.#show(LIVE);
  }

  #show(origin) {
    const { state, panels } = this.#page;
    state.note(["surface"], this.#about.model, origin.date);
    panels.landscape.show(this.#surfaces, origin, this.#about);
    this.compareSettings();
  }

  /** Shows what came with the page: the authors' surfaces, and the recorded ones of the built-in model. */
  async showFirst() {
    const { state, session, panels } = this.#page;
    const [{ axis, losses, source }, recorded] = await Promise.all([fetchJson(PUBLISHED), hasFile(RECORDED) ? fetchJson(RECORDED) : null]);
    state.note(["published-figure"], source, "");
    panels.landscape.showPublished({ axis, losses: inRows(losses) });
    if (!recorded || this.#surfaces || session.running) return;
    const { settings, model, device, axis: ownAxis, centre, strides, recorded: origin } = recorded;
    this.#surfaces = { axis: ownAxis, centre, known: 3 * ownAxis.length ** 2, losses: inRows(recorded.losses) };
    this.#about = { model, device, texts: settings.texts, settings, strides };
    this.#show({ kind: "recorded", ...origin });
  }

  /** Hands the computed surfaces to the reader. */
  save() {
    const { axis, centre, losses } = this.#surfaces;
    const { model, device, texts, settings, strides } = this.#about;
    const content = {
      format: FORMAT.name,
      version: FORMAT.version,
      model,
      settings: { ...settings, texts },
      device,
      strides,
      centre: Number.isFinite(centre) ? centre : null,
      axis,
      losses: Object.fromEntries(SUBSETS.map((subset) => [subset, rowsOf(losses[subset], axis.length)])),
    };
    download("surface.json", `${JSON.stringify(content)}\n`, "application/json");
  }
}
