// "Labels worth a second look" in section 5: rows whose label the runs contradict, and what is done about each.

import { byId, element, fill, numeric, scrollable, table } from "../ui/dom.js";
import { count, fixed, percent } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

/** Rows of the table; results.json has more. */
export const MOST_ROWS = 20;
/** With more labels than this, a row can only get its usual prediction. */
const MOST_LABELS = 30;

/**
 * @typedef {object} Suspect of results.json, and its texts
 * @property {number} example
 * @property {number} line
 * @property {number} label a class
 * @property {number} usual a class
 * @property {number} agreeing
 * @property {number} tested
 * @property {number} self_confidence
 * @property {string} text
 * @property {string | null} pair
 * @property {string} decision a class, "right", "drop" or ""
 */

/**
 * @param {{onDecide: (example: number, decision: string) => void, onDownload: () => void, onUse: () => void, onTestAll: () => void}} actions `decision`:
 *   a class, "right", "drop" or ""
 */
export function suspectsPanel({ onDecide, onDownload, onUse, onTestAll }) {
  const words = text.suspects;
  byId("download-corrected").addEventListener("click", onDownload);
  byId("use-corrected").addEventListener("click", onUse);
  byId("test-every-row").addEventListener("click", onTestAll);

  const setBusy = (isBusy) => byId("suspects").setAttribute("aria-busy", String(isBusy));

  return {
    /** The rows are being looked up. */
    wait: () => setBusy(true),

    clear() {
      setBusy(false);
      byId("suspects").hidden = true;
      fill(byId("suspects-table"));
    },

    /**
     * @param {{arm: string, seeds: number, tested_rows: number, found: number, caution?: "no_better_than_majority" | "low_accuracy" | null}} suspects
     *   of results.json; an earlier version has no caution
     * @param {Suspect[]} rows the first of them
     * @param {string[]} labels
     * @param {{isOfTest: boolean, folds: number}} split `isOfTest`: whether these rows are of the file's own test part
     */
    show({ arm, seeds, tested_rows: tested, found, caution }, rows, labels, { isOfTest, folds }) {
      setBusy(false);
      byId("suspects").hidden = false;
      const sentences = [words.found(count(found), count(tested), arm, seeds), rows.length < found ? words.first(rows.length) : ""];
      fill(byId("suspects-count"), sentences.filter(Boolean).join(text.marks.gap));
      fill(byId("suspects-test"), isOfTest ? words.ofTest : folds > 0 ? words.ofFolds(folds) : words.ofSeeds);
      const cautions = {
        no_better_than_majority: words.cautions.no_better_than_majority,
        low_accuracy: words.cautions.low_accuracy(percent(found / tested, 0)),
      };
      byId("suspects-caution").hidden = !caution;
      fill(byId("suspects-caution"), caution ? cautions[caution] : "");
      const chooser = (row) => decisionOf(row, labels, onDecide);
      fill(byId("suspects-table"), rows.length > 0 ? scrollable(words.heading, suspectTable(rows, labels, chooser)) : null);
    },

    /**
     * What is known of the rows that no seed tested.
     * @param {object} rows
     * @param {number} rows.untested
     * @param {number} rows.all
     * @param {boolean} rows.hasOwnSplit whether the file says which rows are tested
     * @param {number} rows.planned folds of the next experiment, if it tests every row; or else 0
     * @param {keyof typeof text.reasons | ""} rows.lock why no setting can be changed
     */
    showUntested({ untested, all, hasOwnSplit, planned, lock }) {
      const isOffered = untested > 0 && planned === 0;
      const next = isOffered && hasOwnSplit ? words.untestedOwn : untested > 0 && planned > 0 ? words.willTestAll(planned) : "";
      const said = [untested > 0 ? words.untested(count(untested), count(all)) : words.allTested, next];
      fill(byId("suspects-untested"), said.filter(Boolean).join(text.marks.gap));
      byId("test-every-row").hidden = !isOffered;
      disable(byId("test-every-row"), lock);
    },

    /**
     * @param {object} decisions
     * @param {number} decisions.changes how many rows are relabelled or dropped
     * @param {number} decisions.right how many are marked as right
     * @param {number} decisions.inForce of how many rows the present data set is
     * @param {boolean} decisions.isPending whether the former are not yet the latter
     * @param {boolean} decisions.isOfTest whether they are of the file's own test part, which stays as it is
     * @param {keyof typeof text.reasons | ""} decisions.lock why the data set cannot be changed
     */
    showChanges({ changes, right, inForce, isPending, isOfTest, lock }) {
      const said = [
        changes > 0 ? words.changes(changes) : words.noChanges,
        right > 0 ? words.markedRight(right) : "",
        !isPending && inForce > 0 ? words.inForce : "",
      ];
      fill(byId("suspects-status"), said.filter(Boolean).join(text.marks.gap));
      disable(byId("download-corrected"), changes > 0 ? "" : "corrections");
      disable(byId("use-corrected"), lock || (isOfTest ? "ofTest" : isPending ? "" : "corrections"));
    },
  };
}

function suspectTable(rows, labels, chooser) {
  const { columns } = text.suspects;
  return table({
    columns: [columns.text, columns.label, columns.usual, numeric(columns.agreeing), numeric(columns.confidence), columns.decision],
    rows: rows.map((row) => [
      element(
        "div",
        {},
        element("span", { class: "suspect-line" }, text.suspects.line(row.line)),
        element("span", { class: "suspect-text", translate: false }, row.pair === null ? row.text : `${row.text} ‖ ${row.pair}`),
      ),
      element("span", { translate: false }, labels[row.label]),
      element("span", { translate: false }, labels[row.usual]),
      text.suspects.agreeing(row.agreeing, row.tested),
      fixed(row.self_confidence, 2),
      chooser(row),
    ]),
    stacks: true,
  });
}

/** Nothing yet, right, drop, or another label: the usual prediction first. */
function decisionOf({ example, line, label, usual, decision }, labels, onDecide) {
  const words = text.suspects;
  const others = labels.map((_, place) => place).filter((place) => place !== label && place !== usual);
  const offered = labels.length > MOST_LABELS ? [...new Set([usual, ...others.filter((place) => String(place) === decision)])] : [usual, ...others];
  const option = (value, name) => element("option", { value, selected: value === decision }, name);
  return element(
    "select",
    { "aria-label": words.decide(line), onchange: ({ target }) => onDecide(example, target.value) },
    option("", words.undecided),
    option("right", words.right),
    option("drop", words.drop),
    offered.map((place) => option(String(place), words.relabel(labels[place]))),
  );
}
