// Labels that an experiment contradicts: looked at, relabelled or dropped, and handed out as a new version of the data set.

import { clearErrors, showError } from "../panels/errors.js";
import { MOST_ROWS } from "../panels/suspects.js";
import { download } from "../ui/dom.js";

/** Of whose runs the rows can be looked up: those of the data set that is loaded here. */
const OWN_ORIGINS = ["finished", "kept"];

/** The reader's decisions about suspect labels. */
export class SuspectsController {
  #page;
  #onUse;
  /** By example: a class, or "drop". @type {Map<number, string>} */
  #decisions = new Map();
  /** Of which results and data set they are. */
  #of = [];
  /** Counts what was asked of the core: only the last answer is shown. */
  #asked = 0;

  /**
   * @param {import("./run.js").Page} page
   * @param {{onUse: (file: {name: string, content: Uint8Array}) => Promise<void>}} actions `onUse`: the corrected rows are to be the data set
   */
  constructor(page, { onUse }) {
    this.#page = page;
    this.#onUse = onUse;
    page.state.subscribe(["verdict", "dataset"], () => this.#refresh());
    page.state.subscribe(["phase"], () => this.#showChanges());
  }

  async #refresh() {
    const { state, session, panels } = this.#page;
    const turn = (this.#asked += 1);
    const { results, origin } = state.verdict ?? {};
    const { suspects } = results ?? {};
    if (!suspects || !state.dataset || !OWN_ORIGINS.includes(origin.kind)) {
      panels.suspects.clear();
      return;
    }
    if (this.#of[0] !== results || this.#of[1] !== state.dataset) this.#decisions.clear();
    this.#of = [results, state.dataset];
    const { labels } = results.dataset;
    const first = suspects.rows.slice(0, MOST_ROWS);
    try {
      const rows = await session.coordinator.rows(first.map(({ example }) => example));
      if (turn !== this.#asked) return;
      const isSame = (row, place) => row.line === first[place].line && row.target === labels[first[place].label];
      if (results.dataset.rows !== state.dataset.rows || rows.length !== first.length || !rows.every(isSame)) {
        panels.suspects.clear(); // another data set is loaded
        return;
      }
      const shown = first.map((suspect, place) => ({ ...suspect, ...rows[place] }));
      panels.suspects.show(suspects, shown, labels, this.#decisions);
      this.#showChanges();
    } catch (error) {
      if (turn === this.#asked) showError(error, "suspects-errors");
    }
  }

  #showChanges() {
    const { state, panels } = this.#page;
    panels.suspects.showChanges(this.#decisions.size, state.lockReason);
  }

  /**
   * @param {number} example
   * @param {string} decision a class, "drop", or "" to keep the label
   */
  decide(example, decision) {
    if (decision === "") this.#decisions.delete(example);
    else this.#decisions.set(example, decision);
    this.#showChanges();
  }

  async save() {
    await this.#with((file) => download(file.name, file.content, "text/csv"));
  }

  async use() {
    await this.#with((file) => this.#onUse(file));
  }

  /** @param {(file: {name: string, content: Uint8Array}) => void | Promise<void>} act with the corrected rows */
  async #with(act) {
    const { state, session } = this.#page;
    clearErrors("suspects-errors");
    try {
      const corrections = [...this.#decisions].map(([example, decision]) => ({ example, label: decision === "drop" ? null : Number(decision) }));
      await act({ name: correctedName(state.dataset.name), content: await session.coordinator.corrected(corrections) });
    } catch (error) {
      showError(error, "suspects-errors");
    }
  }
}

/** `tickets.csv`: `tickets-corrected.csv`. */
const correctedName = (name) => `${name.replace(/\.[^.]*$/, "").replace(/-corrected$/, "")}-corrected.csv`;
