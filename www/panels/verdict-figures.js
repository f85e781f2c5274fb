// The figures of the verdict: pairs of seeds, and confusion matrices.

import { addMatrices, confusionMatrix, frequentConfusions, READABLE_CLASSES } from "../charts/confusion.js";
import { metricOf } from "../charts/curves.js";
import { direction, paddedDomain, pairedDots } from "../charts/paired-dots.js";
import { armStyle } from "../charts/palette.js";
import { byId, element, fill, numeric, scrollable, table } from "../ui/dom.js";
import { fixed, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";
import { FRACTION_METRICS, finalValue, largestFraction } from "./verdict-sentences.js";

/** The final value of the shown metric, at the largest fraction of the training set. */
function finalValues({ runs, config }) {
  const metric = metricOf(runs, config.metric);
  const largest = largestFraction(runs);
  const valueOf = (arm, seed) => {
    const run = runs.find((candidate) => candidate.arm === arm && candidate.seed === seed && candidate.fraction === largest);
    return run ? finalValue(run, metric) : NaN;
  };
  return { metric, largest, valueOf, seeds: [...new Set(runs.map((run) => run.seed))] };
}

export function showDots(results) {
  const { metric, largest, valueOf, seeds } = finalValues(results);
  const multiples = results.comparisons
    .filter((item) => item.fraction === largest && item.metric === metric)
    .map(({ arm, baseline }) => ({
      arm,
      baseline,
      pairs: seeds
        .map((seed) => ({ seed, left: valueOf(baseline, seed), right: valueOf(arm, seed) }))
        .filter(({ left, right }) => Number.isFinite(left) && Number.isFinite(right)),
    }))
    .filter(({ pairs }) => pairs.length > 0);
  byId("dots-table").hidden = multiples.length === 0;
  if (multiples.length === 0) {
    fill(byId("dots"));
    return;
  }
  const domain = paddedDomain(
    FRACTION_METRICS.includes(metric) ? [0, 1] : [-1, 1],
    multiples.flatMap(({ pairs }) => pairs.flatMap(({ left, right }) => [left, right])),
  );
  const narrow = domain[1] - domain[0] < 0.1;
  const format = (value) => (FRACTION_METRICS.includes(metric) ? percent(value, narrow ? 1 : 0) : fixed(value, narrow ? 3 : 2));
  fill(
    byId("dots"),
    element("h3", { class: "small" }, text.verdict.dots),
    element(
      "div",
      { class: "multiples" },
      multiples.map(({ arm, baseline, pairs }) =>
        pairedDots({
          pairs,
          domain,
          arm,
          baseline,
          format,
          leftName: baseline,
          rightName: arm,
          leftStyle: armStyle(baseline),
          rightStyle: armStyle(arm),
          title: text.verdict.dotsTitle(arm, baseline),
          summary: directions(pairs),
          nameSeeds: (list) => text.verdict.seeds(list.join(", ")),
        }),
      ),
    ),
    element("p", { class: "legend-note" }, text.verdict.dotsCaption),
  );
}

/** Numbers of increases and decreases over seeds, in words. */
function directions(pairs) {
  const how = pairs.map(({ left, right }) => direction(left, right));
  const many = (wanted) => how.filter((each) => each === wanted).length;
  return text.verdict.dotsSummary(many("up"), many("down"), many("same"));
}

export function seedTable(results) {
  const { metric, valueOf, seeds } = finalValues(results);
  const arms = [...new Set(results.runs.map(({ arm }) => arm))];
  const decimals = FRACTION_METRICS.includes(metric) ? (value) => percent(value) : (value) => fixed(value, 3);
  return table({
    columns: [text.verdict.seed, ...arms.map(numeric)],
    rows: seeds.map((seed) => [String(seed), ...arms.map((arm) => decimals(valueOf(arm, seed)))]),
  });
}

/** The confusion matrix of each arm, summed over seeds, and the classes. */
export function matricesOf({ runs, dataset }) {
  const largest = largestFraction(runs);
  const arms = [...new Set(runs.map((run) => run.arm))];
  const summed = (arm) => addMatrices(runs.filter((run) => run.arm === arm && run.fraction === largest && run.confusion).map((run) => run.confusion));
  return { labels: dataset.labels, matrices: arms.map((arm) => ({ arm, heading: arm, matrix: summed(arm) })).filter(({ matrix }) => matrix) };
}

/**
 * @param {object} results
 * @param {((cell: {arm: string, truth: number, predicted: number}) => void) | null} onCell what a press on a cell does; null where its rows are not at hand
 */
export function showConfusion(results, onCell) {
  const { matrices, labels } = matricesOf(results);
  const predicts = (arm) => results.runs.some((run) => run.arm === arm && run.predictions?.length > 0);
  const press = (arm) =>
    onCell && predicts(arm) ? { name: text.cell.press, onPress: (truth, predicted) => onCell({ arm, truth, predicted }) } : null;
  byId("confusion-table").hidden = matrices.length === 0;
  if (matrices.length === 0) {
    fill(byId("confusion"));
    return;
  }
  const many = labels.length > READABLE_CLASSES;
  fill(
    byId("confusion"),
    element("h3", { class: "small" }, text.verdict.confusion),
    many ? pairsTable(matrices, labels, press) : matrixGrid(matrices, labels, press),
    onCell ? element("p", { class: "legend-note" }, text.verdict.confusionPress) : null,
    element("p", { class: "legend-note" }, many ? text.verdict.confusionPairs(labels.length) : text.verdict.confusionCaption),
  );
}

function pairsTable(matrices, labels, press) {
  const pairs = frequentConfusions({
    matrices: matrices.map(({ arm, matrix }) => ({ arm, matrix, heading: armCell(arm) })),
    labels,
    words: text.verdict.confusionColumns,
    press,
  });
  pairs.classList.add("confusion-pairs");
  return scrollable(text.verdict.confusion, pairs);
}

function matrixGrid(matrices, labels, press) {
  const grid = element(
    "div",
    { class: "matrices" },
    matrices.map(({ arm, matrix }) => scrollable(arm, confusionMatrix({ matrix, labels, caption: armCell(arm), press: press(arm) }))),
  );
  grid.style.setProperty("--classes", labels.length);
  return grid;
}
