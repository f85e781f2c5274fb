// The texts behind a cell of a confusion matrix: rows of one label that an arm predicted as another or the same.

import { byId, element, fill, numeric, scrollable, table } from "../ui/dom.js";
import { count } from "../ui/format.js";
import { text } from "../i18n/text.js";

/** @typedef {{line: number, text: string, pair: string | null, agreeing: number, tested: number}} CellRow */

/** Texts of one cell. */
export function cellPanel() {
  const words = text.cell;
  /** Where the reader was. @type {HTMLElement | null} */
  let pressed = null;

  const clear = () => {
    byId("cell").hidden = true;
    fill(byId("cell-table"));
  };
  byId("cell-close").addEventListener("click", () => {
    clear();
    if (pressed?.isConnected) pressed.focus();
  });

  return {
    clear,

    /**
     * @param {{arm: string, truth: string, predicted: string}} cell labels by name
     * @param {{found: number, rows: CellRow[]}} content the first rows
     */
    show({ arm, truth, predicted }, { found, rows }) {
      pressed = /** @type {HTMLElement} */ (document.activeElement);
      byId("cell").hidden = false;
      byId("cell-heading").textContent = words.heading(arm, truth, predicted);
      const sentences = [words.found(count(found)), rows.length < found ? words.first(rows.length) : ""];
      byId("cell-count").textContent = sentences.filter(Boolean).join(text.marks.gap);
      fill(byId("cell-table"), scrollable(words.heading(arm, truth, predicted), rowTable(rows)));
      byId("cell-heading").focus();
    },

    /** The experiment's rows are not those that are loaded. */
    showOther() {
      byId("cell").hidden = false;
      byId("cell-heading").textContent = words.otherHeading;
      byId("cell-count").textContent = words.other;
      fill(byId("cell-table"));
      byId("cell-heading").focus();
    },
  };
}

function rowTable(rows) {
  const { columns } = text.cell;
  return table({
    columns: [columns.text, numeric(columns.line), numeric(columns.seeds)],
    rows: rows.map((row) => [
      element("span", { class: "suspect-text", translate: false }, row.pair === null ? row.text : `${row.text} ‖ ${row.pair}`),
      count(row.line),
      text.cell.seeds(row.agreeing, row.tested),
    ]),
    stacks: true,
  });
}
