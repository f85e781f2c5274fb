// Labels that an experiment contradicts: looked at, relabelled or dropped, trained on as corrected, and handed out as a file.

import { clearErrors, showError } from "../panels/errors.js";
import { MOST_ROWS } from "../panels/suspects.js";
import { download } from "../ui/dom.js";
import { isOfLoadedRows } from "./same-data.js";
import { correctionsOf } from "./settings.js";

/** Of whose runs the rows can be looked up: those of the data set that is loaded here. */
const OWN_ORIGINS = ["finished", "kept"];

/** @typedef {{example: number, given: string, corrected: string | null}} Correction of the core: labels by name; null where the row is not trained on */

/** The reader's decisions about suspect labels. */
export class SuspectsController {
  #page;
  #onUse;
  /** By example. @type {Map<number, Correction>} */
  #decisions = new Map();
  /** Of which results and data set they are. */
  #of = [];
  /** Labels of the rows that are shown, by example. @type {Map<number, string>} */
  #given = new Map();
  #labels = [];
  /** Counts what was asked of the core: only the last answer is shown. */
  #asked = 0;

  /**
   * @param {import("./run.js").Page} page
   * @param {{onUse: (corrections: Correction[]) => Promise<void>}} actions `onUse`: these rows are to be trained on otherwise than the file says
   */
  constructor(page, { onUse }) {
    this.#page = page;
    this.#onUse = onUse;
    page.state.subscribe(["verdict", "dataset"], () => this.#refresh());
    page.state.subscribe(["phase", "lesson"], () => this.#showChanges());
  }

  async #refresh() {
    const { state, session, settings, panels } = this.#page;
    const turn = (this.#asked += 1);
    const { results, origin } = state.verdict ?? {};
    const { suspects } = results ?? {};
    if (!suspects || !OWN_ORIGINS.includes(origin.kind) || !isOfLoadedRows(results, state, session)) {
      panels.suspects.clear();
      return;
    }
    if (this.#of[0] !== results || this.#of[1] !== state.dataset) {
      this.#decisions = new Map(correctionsOf(settings).map((correction) => [correction.example, correction]));
    }
    this.#of = [results, state.dataset];
    panels.suspects.wait();
    const { labels } = results.dataset;
    const first = suspects.rows.slice(0, MOST_ROWS);
    try {
      const rows = await session.coordinator.rows(first.map(({ example }) => example));
      if (turn !== this.#asked) return;
      // The same file may be read by other columns.
      const isSame = (row, place) => row.line === first[place].line && row.target === labels[first[place].label];
      if (rows.length !== first.length || !rows.every(isSame)) {
        panels.suspects.clear();
        return;
      }
      this.#labels = labels;
      this.#given = new Map(first.map(({ example, label }) => [example, labels[label]]));
      const shown = first.map((suspect, place) => ({ ...suspect, ...rows[place], decision: this.#decisionOn(suspect.example) }));
      panels.suspects.show(suspects, shown, labels, state.dataset.has_own_split);
      this.#showChanges();
    } catch (error) {
      if (turn === this.#asked) showError(error, "suspects-errors");
    }
  }

  /** @returns {string} a class, "drop", or "" where the label is kept */
  #decisionOn(example) {
    const decision = this.#decisions.get(example);
    if (!decision) return "";
    return decision.corrected === null ? "drop" : String(this.#labels.indexOf(decision.corrected));
  }

  get #corrections() {
    return [...this.#decisions.values()].sort((left, right) => left.example - right.example);
  }

  #showChanges() {
    const { state, settings, panels } = this.#page;
    const inForce = correctionsOf(settings);
    panels.suspects.showChanges({
      changes: this.#decisions.size,
      inForce: inForce.length,
      isPending: JSON.stringify(this.#corrections) !== JSON.stringify(inForce),
      isOfTest: state.dataset?.has_own_split ?? false,
      lock: state.lockOf("dataset-file"),
    });
  }

  /**
   * @param {number} example
   * @param {string} decision a class, "drop", or "" to keep the label
   */
  decide(example, decision) {
    const corrected = decision === "drop" ? null : this.#labels[Number(decision)];
    if (decision === "") this.#decisions.delete(example);
    else this.#decisions.set(example, { example, given: this.#given.get(example), corrected });
    this.#showChanges();
  }

  /** The corrected rows as a file, for use elsewhere. */
  async save() {
    const { state, session } = this.#page;
    await this.#try(async () => download(correctedName(state.dataset.name), await session.coordinator.corrected(this.#corrections), "text/csv"));
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

/** `tickets.csv`: `tickets-corrected.csv`. */
const correctedName = (name) => `${name.replace(/\.[^.]*$/, "")}-corrected.csv`;
