// Labels that an experiment contradicts: looked at, relabelled or dropped, trained on as corrected, and handed out as a file.

import { clearErrors, showError } from "../panels/errors.js";
import { MOST_ROWS } from "../panels/suspects.js";
import { byId, download } from "../ui/dom.js";
import { isOfLoadedRows } from "./same-data.js";
import { correctionsOf } from "./settings.js";

/** Folds that are offered where some rows were never tested. */
const FOLDS = 5;

/** Of whose runs the rows can be looked up: those of the data set that is loaded here. */
const OWN_ORIGINS = ["finished", "kept"];

/** @typedef {{example: number, given: string, corrected: string | null}} Correction of the core: labels by name; null where the row is not trained on */
/** @typedef {import("../store/decisions.js").Decision} Decision */

/** The reader's decisions about suspect labels. */
export class SuspectsController {
  #page;
  #decisionsKept;
  #onUse;
  /** By example. @type {Map<number, Decision>} */
  #decisions = new Map();
  /** Of which results and data set they are. */
  #of = [];
  /** Labels of the rows that are shown, by example. @type {Map<number, string>} */
  #given = new Map();
  #labels = [];
  /** Whether the rows that are shown are of the file's own test part. */
  #isOfTest = false;
  /** Counts what was asked of the core: only the last answer is shown. */
  #asked = 0;

  /**
   * @param {import("./run.js").Page} page
   * @param {object} means
   * @param {import("../store/decisions.js").Decisions} means.decisions
   * @param {(corrections: Correction[]) => Promise<void>} means.onUse these rows are to be trained on otherwise than the file says
   */
  constructor(page, { decisions, onUse }) {
    this.#page = page;
    this.#decisionsKept = decisions;
    this.#onUse = onUse;
    page.state.subscribe(["verdict", "dataset"], () => this.#refresh());
    page.state.subscribe(["phase", "lesson"], () => this.#showOffers());
    page.settings.onChange((names) => {
      if (names.includes("folds") || names.includes("seeds")) this.#showOffers();
    });
  }

  async #refresh() {
    const { state, session, panels } = this.#page;
    const turn = (this.#asked += 1);
    const { results, origin } = state.verdict ?? {};
    const { suspects } = results ?? {};
    if (!suspects || !OWN_ORIGINS.includes(origin.kind) || !isOfLoadedRows(results, state, session)) {
      panels.suspects.clear();
      return;
    }
    panels.suspects.wait();
    const { labels } = results.dataset;
    const first = suspects.rows.slice(0, MOST_ROWS);
    try {
      const rows = await session.coordinator.rows(first.map(({ example }) => example));
      const decisions = await this.#recalled(results);
      if (turn !== this.#asked) return;
      // The same file may be read by other columns.
      const isSame = (row, place) => row.line === first[place].line && row.target === labels[first[place].label];
      if (rows.length !== first.length || !rows.every(isSame)) {
        panels.suspects.clear();
        return;
      }
      this.#of = [results, state.dataset];
      this.#decisions = decisions;
      this.#labels = labels;
      this.#given = new Map(first.map(({ example, label }) => [example, labels[label]]));
      const shown = first.map((suspect, place) => ({ ...suspect, ...rows[place], decision: this.#decisionOn(suspect.example) }));
      const folds = results.config.folds ?? 0; // there were none in earlier versions
      this.#isOfTest = state.dataset.has_own_split && folds === 0;
      panels.suspects.show(suspects, shown, labels, { isOfTest: this.#isOfTest, folds });
      this.#showOffers();
    } catch (error) {
      if (turn === this.#asked) showError(error, "suspects-errors");
    }
  }

  /** Decisions about the rows that are loaded: those of now, those that were kept, or else the corrections in force. */
  async #recalled(results) {
    const { state, session, settings } = this.#page;
    if (this.#of[0] === results && this.#of[1] === state.dataset) return this.#decisions;
    const kept = (await this.#decisionsKept.of(session.inputs.dataset)) ?? correctionsOf(settings).map(decisionFrom);
    return new Map(kept.map((decision) => [decision.example, decision]));
  }

  /** @returns {string} a class, "right", "drop", or "" where nothing is decided */
  #decisionOn(example) {
    const decision = this.#decisions.get(example);
    if (!decision) return "";
    return decision.kind === "relabel" ? String(this.#labels.indexOf(decision.corrected)) : decision.kind;
  }

  /** @returns {Correction[]} what the decisions change, in the order of the rows */
  get #corrections() {
    const changing = [...this.#decisions.values()].filter(({ kind }) => kind !== "right").sort((left, right) => left.example - right.example);
    return changing.map(({ example, given, corrected = null }) => ({ example, given, corrected }));
  }

  #showOffers() {
    this.#showChanges(); // in any case: what cannot be used says why
    const { state, settings, panels } = this.#page;
    const { suspects, dataset } = state.verdict?.results ?? {};
    if (!suspects || !state.dataset) return;
    const [folds, seeds] = [settings.get("folds"), settings.get("seeds")];
    const testsAll = folds > 0 && seedsOf(folds).every((seed) => seeds.includes(seed));
    panels.suspects.showUntested({
      untested: dataset.rows - suspects.tested_rows,
      all: dataset.rows,
      hasOwnSplit: state.dataset.has_own_split,
      planned: testsAll ? folds : 0,
      lock: state.lockOf("folds"),
    });
  }

  #showChanges() {
    const { state, settings, panels } = this.#page;
    const [corrections, inForce] = [this.#corrections, correctionsOf(settings)];
    panels.suspects.showChanges({
      changes: corrections.length,
      right: this.#decisions.size - corrections.length,
      inForce: inForce.length,
      isPending: JSON.stringify(corrections) !== JSON.stringify(inForce),
      isOfTest: this.#isOfTest,
      lock: state.lockOf("dataset-file"),
    });
  }

  /**
   * @param {number} example
   * @param {string} chosen a class, "right", "drop", or "" for no decision
   */
  decide(example, chosen) {
    const given = this.#given.get(example);
    if (chosen === "") this.#decisions.delete(example);
    else if (chosen === "right" || chosen === "drop") this.#decisions.set(example, { example, given, kind: chosen });
    else this.#decisions.set(example, { example, given, kind: "relabel", corrected: this.#labels[Number(chosen)] });
    this.#showChanges();
    return this.#try(() => this.#decisionsKept.keep(this.#page.session.inputs.dataset, [...this.#decisions.values()]));
  }

  /** The next experiment tests every row, by as many seeds as now, and at least one of each fold. */
  testEveryRow() {
    const { settings } = this.#page;
    settings.assign({ folds: FOLDS, seeds: seedsOf(Math.max(FOLDS, settings.get("seeds").length)) });
    byId("run").focus();
  }

  /** The reader's file with the decisions, for use elsewhere. */
  async save() {
    const { state, session } = this.#page;
    const { name, layout } = state.dataset;
    await this.#try(async () => download(correctedName(name, layout), await session.inputs.corrected(this.#corrections), "text/csv"));
  }

  /** Trains on the corrected labels from now on. */
  async use() {
    await this.#try(() => this.#onUse(this.#corrections));
  }

  async #try(act) {
    clearErrors("suspects-errors");
    try {
      await act();
    } catch (error) {
      showError(error, "suspects-errors");
    }
  }
}

/** As many seeds, which test as many folds once. @returns {number[]} */
const seedsOf = (folds) => Array.from({ length: folds }, (_, place) => place + 1);

/** @param {Correction} correction @returns {Decision} */
const decisionFrom = ({ example, given, corrected }) =>
  corrected === null ? { example, given, kind: "drop" } : { example, given, kind: "relabel", corrected };

/** `tickets.csv`: `tickets-corrected.csv`. */
const correctedName = (name, { format }) => `${name.replace(/\.[^.]*$/, "")}-corrected.${format === "tsv" ? "tsv" : "csv"}`;
