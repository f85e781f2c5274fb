// A press on a cell of a confusion matrix: which rows of the loaded data set it counts.

import { clearErrors, showError } from "../panels/errors.js";
import { isOfLoadedRows } from "./same-data.js";

/** Rows of a cell that are shown. */
const MOST_ROWS = 50;

/** Looks up the texts behind a cell. */
export class CellController {
  #page;
  /** Counts what was asked of the core: only the last answer is shown. */
  #asked = 0;

  /** @param {import("./run.js").Page} page */
  constructor(page) {
    this.#page = page;
    page.state.subscribe(["verdict", "dataset"], () => {
      this.#asked += 1;
      page.panels.cell.clear();
    });
  }

  /**
   * @param {{arm: string, truth: number, predicted: number}} cell classes by number
   */
  async show({ arm, truth, predicted }) {
    const { state, session, panels } = this.#page;
    const { results } = state.verdict;
    const turn = (this.#asked += 1);
    const { labels } = results.dataset;
    const largest = Math.max(...results.runs.map(({ fraction }) => fraction));
    const runs = results.runs
      .filter((run) => run.arm === arm && run.fraction === largest && run.predictions?.length > 0)
      .map(({ seed, predictions }) => ({ seed, predictions }));
    clearErrors("verdict-errors");
    if (!isOfLoadedRows(results, state, session)) {
      panels.cell.showOther();
      return;
    }
    try {
      const cell = await session.coordinator.cell(results.config, runs, truth, predicted, MOST_ROWS);
      if (turn === this.#asked) panels.cell.show({ arm, truth: labels[truth], predicted: labels[predicted] }, cell);
    } catch (error) {
      if (turn === this.#asked) showError(error, "verdict-errors");
    }
  }
}
