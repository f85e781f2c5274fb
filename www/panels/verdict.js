// Section 5: verdict, comparisons, results per seed, confusion matrices and predictions for a text.

import { recallByClass } from "../charts/confusion.js";
import { metricOf } from "../charts/curves.js";
import { byId, element, fill, rich } from "../ui/dom.js";
import { text } from "../i18n/text.js";
import { classScores } from "./class-scores.js";
import { learningPanel } from "./learning.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";
import { predictionTable } from "./prediction.js";
import { showPrintSettings } from "./print-settings.js";
import { settledPanel } from "./settled.js";
import { matricesOf, seedTable, showConfusion, showDots } from "./verdict-figures.js";
import { CONTROLS, classSentences, differenceIn, judgementOf, verdictSentences, withUnit } from "./verdict-sentences.js";
import { interval, showTable } from "./verdict-table.js";

/** Of whose runs the rows can be looked up: those of the data set that is loaded here. */
const OWN_ORIGINS = ["finished", "kept"];

/**
 * @param {object} actions
 * @param {(epochs: number) => void} actions.onTrainLonger
 * @param {(cell: {arm: string, truth: number, predicted: number}) => void} actions.onCell a cell of a confusion matrix was pressed
 */
export function verdictPanel({ onTrainLonger, onCell }) {
  const words = text.verdict;
  const learning = learningPanel();
  const settled = settledPanel(byId("settled"), { onTrainLonger });
  let latest = null;
  const refreshTables = [
    foldedTables(byId("dots-table"), [{ title: words.dotsNumbers, build: () => seedTable(latest) }]),
    foldedTables(byId("confusion-table"), [
      {
        title: words.confusionNumbers,
        // Results of earlier versions have the matrices alone.
        build: () => (latest.classes?.length > 0 ? classScores(latest) : recallByClass({ ...matricesOf(latest), words: words.confusionColumns })),
      },
    ]),
  ];

  return {
    showEmpty() {
      latest = null;
      showEmpty(byId("verdict"), words.empty);
      settled.clear();
      learning.clear();
      for (const id of ["controls", "results-table", "results-classes", "results-note", "dots", "confusion", "printed"]) fill(byId(id));
      for (const id of ["dots-table", "confusion-table"]) byId(id).hidden = true;
      showOrigin(byId("verdict-caption"), { kind: "empty" });
    },

    /**
     * @param {object} results results.json; `runs` may contain `confusion`
     * @param {import("./origin.js").Origin} origin
     * @param {{runs: number, of: number}} [sofar] progress while runs are missing
     */
    show(results, origin, sofar) {
      latest = results;
      const partial = sofar && sofar.runs < sofar.of;
      fill(
        byId("verdict"),
        partial ? element("span", { class: "so-far" }, `${words.soFar(sofar.runs, sofar.of)} `) : null,
        verdictSentences(judgementOf(results)),
      );
      settled.show(results, origin.kind !== "elsewhere");
      showControls(results);
      showTable(results, partial);
      fill(byId("results-classes"), classSentences(results).join(text.marks.gap));
      showDots(results);
      learning.show(results);
      showConfusion(results, OWN_ORIGINS.includes(origin.kind) ? onCell : null);
      showPrintSettings(results);
      for (const refresh of refreshTables) refresh();
      showOrigin(byId("verdict-caption"), origin);
      byId("verdict-caption").append(" ", element("span", { class: "of-dataset", translate: "no" }, results.dataset.name));
    },

    /** Disables what begins an experiment. @param {string} reason "" to unlock */
    lock: settled.lock,

    /** Placeholder before there are models. */
    showNoModels() {
      fill(byId("predict-result"), element("p", { class: "empty" }, words.predictWaiting));
    },

    /**
     * @param {Array<{arm: string, tokens: string[], probabilities?: number[], score?: number}>} predictions
     * @param {string[]} labels
     */
    showPrediction(predictions, labels) {
      fill(
        byId("predict-result"),
        predictionTable(predictions, labels),
        element("p", { class: "legend-note" }, words.predictTokens(predictions[0].tokens.join(" "))),
      );
    },
  };
}

/** Why controls are needed, and the outcome against each of them. */
function showControls(results) {
  const { config, comparisons } = results;
  const words = text.verdict.controls;
  const { comma, colon, stop } = text.marks;
  if (!config.arms.includes("guided") || comparisons.length === 0) {
    fill(byId("controls"));
    return;
  }
  fill(
    byId("controls"),
    element("p", {}, rich(words.why)),
    element(
      "ul",
      {},
      CONTROLS.map((control) =>
        element(
          "li",
          { "data-control": control },
          rich(`\`${control}\`${comma}${words.what[control]}${colon}${outcomeAgainst(control, results) ?? words.notRun}${stop}`),
        ),
      ),
    ),
  );
}

/** Outcome of `guided` against a baseline, with its numbers; null without such a comparison. */
function outcomeAgainst(baseline, { config, comparisons, runs }) {
  const words = text.verdict.controls;
  const metric = metricOf(runs, config.metric);
  const fraction = Math.max(...config.fractions);
  const found = comparisons.find(
    (item) => item.arm === "guided" && item.baseline === baseline && item.metric === metric && item.fraction === fraction,
  );
  if (!found) return null;
  const difference =
    found.seeds === 0 ? "" : ` (${withUnit(metric, found.mean_difference)}${found.ci95 ? `; ${interval(found, differenceIn)}` : ""})`;
  // Results of earlier versions have no outcome.
  return (found.outcome === undefined ? words.difference : words.outcomes[found.outcome ?? "few"]) + difference;
}
