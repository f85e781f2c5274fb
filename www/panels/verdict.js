// Section 5: verdict, comparisons, results per seed, confusion matrices and predictions for a text.

import { addMatrices, confusionMatrix, recallByClass, frequentConfusions, READABLE_CLASSES } from "../charts/confusion.js";
import { metricOf } from "../charts/curves.js";
import { direction, paddedDomain, pairedDots } from "../charts/paired-dots.js";
import { armStyle, swatch } from "../charts/palette.js";
import { byId, element, fill, numeric, rich, scrollable, table } from "../ui/dom.js";
import { count, fixed, mean, percent, probability, signed } from "../ui/format.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";
import { showPrintSettings } from "./print-settings.js";
import { settledPanel } from "./settled.js";
import {
  CONTROLS,
  FRACTION_METRICS,
  classSentences,
  differenceIn,
  judgementOf,
  largestFraction,
  saysNothing,
  verdictSentences,
  withUnit,
} from "./verdict-sentences.js";

const SHOWN_LABELS = 8;

/** The last epoch's value of a metric, or NaN. */
function finalValue(run, metric) {
  return run.epochs.at(-1)?.[metric] ?? NaN;
}

/** @param {{onTrainLonger: (epochs: number) => void}} actions */
export function verdictPanel({ onTrainLonger }) {
  const words = text.verdict;
  const settled = settledPanel(byId("settled"), { onTrainLonger });
  let latest = null;
  const refreshTables = [
    foldedTables(byId("dots-table"), [{ title: words.dotsNumbers, build: () => seedTable(latest) }]),
    foldedTables(byId("confusion-table"), [
      { title: words.confusionNumbers, build: () => recallByClass({ ...matricesOf(latest), words: words.confusionColumns }) },
    ]),
  ];

  return {
    showEmpty() {
      latest = null;
      showEmpty(byId("verdict"), words.empty);
      settled.clear();
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
      settled.show(results);
      showControls(results);
      showTable(results, partial);
      fill(byId("results-classes"), classSentences(results).join(text.marks.gap));
      showDots(results);
      showConfusion(results);
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
  const metric = metricOf(runs);
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

function showTable({ runs, comparisons, baselines: plain = [] }, partial) {
  const { columns, metrics } = text.verdict;
  const main = metricOf(runs);
  const fractions = [...new Set(runs.map((run) => run.fraction))].sort((left, right) => right - left);
  const format = (metric, value) => (FRACTION_METRICS.includes(metric) ? percent(value) : fixed(value, 3));
  const valueOf = (arm, fraction, metric) => {
    const values = runs.filter((run) => run.arm === arm && run.fraction === fraction).map((run) => finalValue(run, metric));
    return format(metric, mean(values));
  };
  const compared = comparisons.filter((comparison) => comparison.metric === main && comparison.seeds > 0);
  const rows = fractions.flatMap((fraction) => {
    const shown = compared.filter((comparison) => comparison.fraction === fraction);
    const baselines = [...new Set(shown.map(({ baseline }) => baseline))];
    const inRows = new Set(shown.map(({ arm }) => arm));
    const others = [...new Set(runs.filter((run) => run.fraction === fraction).map((run) => run.arm))].filter((arm) => !inRows.has(arm));
    return [
      ...others.map((arm) => [
        armCell(arm),
        percent(fraction, 0),
        valueOf(arm, fraction, main),
        baselines.includes(arm) ? text.verdict.baseline : text.verdict.notEnough,
        "",
        "",
        "",
        "",
        "",
        "",
      ]),
      ...shown.map((item) => [
        armCell(item.arm, item.baseline === baselines[0] ? "" : item.baseline),
        percent(fraction, 0),
        valueOf(item.arm, fraction, main),
        differenceIn(main, item.mean_difference),
        interval(item, differenceIn),
        probability(item.p_value ?? NaN),
        probability(item.p_holm ?? NaN),
        Number.isFinite(item.effect_size) ? signed(item.effect_size, 2) : text.verdict.notEnough,
        count(item.seeds),
        neededOf(item),
      ]),
      ...baselineRows(
        plain.filter((each) => each.fraction === fraction),
        (scores) => format(main, mean(scores.map((each) => each[main] ?? NaN))),
      ),
    ];
  });
  const oneFraction = fractions.length === 1;
  const keep = (row) => (oneFraction ? row.filter((_, index) => index !== 1) : row);
  fill(
    byId("results-table"),
    table({
      caption: text.verdict.table(metrics[main] ?? main),
      columns: keep([
        columns.arm,
        columns.fraction,
        numeric(columns.value),
        { ...numeric(columns.difference), symbol: "difference" },
        { ...numeric(columns.interval), symbol: "interval" },
        ...[columns.p, columns.corrected, columns.effect].map(numeric),
        { ...numeric(columns.seeds), symbol: "seeds" },
        numeric(columns.needed),
      ]),
      rows: rows.map(keep),
      stacks: true,
    }),
  );
  const notes = new Map();
  for (const item of compared.filter(({ note }) => note)) {
    // a note on all fractions is said once
    const key = `${item.arm} ${item.baseline} ${item.note}`;
    notes.set(key, [...(notes.get(key) ?? []), item]);
  }
  const noted = [...notes.values()].map((items) => {
    const [{ arm, baseline, note, notes: coded }] = items;
    const of = items.length < fractions.length ? ` (${items.map(({ fraction }) => percent(fraction, 0)).join(text.marks.comma)})` : "";
    return [`${text.verdict.against(arm, baseline)}${of}${text.marks.colon}`, coded ? notesInWords(coded) : technicalDetail(note)];
  });
  const missing = partial
    ? []
    : comparisons
        .filter(({ metric, missing_seeds: seeds = [] }) => metric === main && seeds.length > 0)
        .map(({ arm, baseline, fraction, missing_seeds: seeds }) => text.verdict.missingPairs(arm, baseline, percent(fraction, 0), seeds.join(", ")));
  fill(
    byId("results-note"),
    [FRACTION_METRICS.includes(main) ? text.verdict.tableNote : text.verdict.tableNoteRegression, ...noted, ...missing].flatMap((part) =>
      [part, " "].flat(),
    ),
  );
}

/** A row for each baseline that is no transformer; its differences are those of the best arm's sentence. */
function baselineRows(baselines, write) {
  const names = [...new Set(baselines.map(({ baseline }) => baseline))];
  return names.map((name) => {
    const scores = baselines.filter(({ baseline }) => baseline === name);
    return [armCell(name), percent(scores[0].fraction, 0), write(scores), text.verdict.noTransformer, "", "", "", "", count(scores.length), ""];
  });
}

/** The notes on a comparison in the reader's language. */
function notesInWords(notes) {
  const words = notes.map(({ note, ...numbers }) => text.verdict.notes[note](numbers));
  return `${words.join(text.marks.semicolon)}${text.marks.stop}`;
}

/** How many seeds it would take, with the correction that the verdict uses; results of earlier versions have the one without. */
function neededOf({ seeds_needed_corrected: corrected, seeds_needed: needed }) {
  const seeds = corrected === undefined ? needed : corrected;
  return Number.isFinite(seeds) ? count(seeds) : text.verdict.notEnough;
}

function interval({ metric, ci95 }, difference) {
  if (!ci95 || !ci95.every(Number.isFinite)) return text.verdict.notEnough;
  if (saysNothing(metric, ci95)) return text.verdict.anyDifference;
  return `${difference(metric, ci95[0])} … ${difference(metric, ci95[1])}`;
}

/** The final value of the shown metric, at the largest fraction of the training set. */
function finalValues({ runs }) {
  const metric = metricOf(runs);
  const largest = largestFraction(runs);
  const valueOf = (arm, seed) => {
    const run = runs.find((candidate) => candidate.arm === arm && candidate.seed === seed && candidate.fraction === largest);
    return run ? finalValue(run, metric) : NaN;
  };
  return { metric, largest, valueOf, seeds: [...new Set(runs.map((run) => run.seed))] };
}

function showDots(results) {
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
  const format = (value) => (metric === "accuracy" ? percent(value, narrow ? 1 : 0) : fixed(value, narrow ? 3 : 2));
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

function seedTable(results) {
  const { metric, valueOf, seeds } = finalValues(results);
  const arms = [...new Set(results.runs.map(({ arm }) => arm))];
  const decimals = metric === "accuracy" ? (value) => percent(value) : (value) => fixed(value, 3);
  return table({
    columns: [text.verdict.seed, ...arms.map(numeric)],
    rows: seeds.map((seed) => [String(seed), ...arms.map((arm) => decimals(valueOf(arm, seed)))]),
  });
}

/** The confusion matrix of each arm, summed over seeds, and the classes. */
function matricesOf({ runs, dataset }) {
  const largest = largestFraction(runs);
  const arms = [...new Set(runs.map((run) => run.arm))];
  const summed = (arm) => addMatrices(runs.filter((run) => run.arm === arm && run.fraction === largest && run.confusion).map((run) => run.confusion));
  return { labels: dataset.labels, matrices: arms.map((arm) => ({ arm, heading: arm, matrix: summed(arm) })).filter(({ matrix }) => matrix) };
}

function showConfusion(results) {
  const { matrices, labels } = matricesOf(results);
  byId("confusion-table").hidden = matrices.length === 0;
  if (matrices.length === 0) {
    fill(byId("confusion"));
    return;
  }
  const many = labels.length > READABLE_CLASSES;
  fill(
    byId("confusion"),
    element("h3", { class: "small" }, text.verdict.confusion),
    many ? pairsTable(matrices, labels) : matrixGrid(matrices, labels),
    element("p", { class: "legend-note" }, many ? text.verdict.confusionPairs(labels.length) : text.verdict.confusionCaption),
  );
}

function pairsTable(matrices, labels) {
  const pairs = frequentConfusions({
    matrices: matrices.map(({ arm, matrix }) => ({ arm, matrix, heading: armCell(arm) })),
    labels,
    words: text.verdict.confusionColumns,
  });
  pairs.classList.add("confusion-pairs");
  return scrollable(text.verdict.confusion, pairs);
}

function matrixGrid(matrices, labels) {
  const grid = element(
    "div",
    { class: "matrices" },
    matrices.map(({ arm, matrix }) => scrollable(arm, confusionMatrix({ matrix, labels, caption: armCell(arm) }))),
  );
  grid.style.setProperty("--classes", labels.length);
  return grid;
}

function predictionTable(predictions, labels) {
  const heads = predictions.map(({ arm }) => element("th", { scope: "col" }, swatch(arm), " ", arm));
  const score = predictions[0].score;
  if (Number.isFinite(score)) {
    return element(
      "table",
      { class: "prediction" },
      element("thead", {}, element("tr", {}, heads)),
      element(
        "tbody",
        {},
        element(
          "tr",
          {},
          predictions.map((prediction) => element("td", { class: "number" }, fixed(prediction.score, 3))),
        ),
      ),
    );
  }
  const average = labels.map((_, index) => mean(predictions.map(({ probabilities }) => probabilities[index])));
  const order = [...labels.keys()].sort((left, right) => average[right] - average[left]).slice(0, SHOWN_LABELS);
  const winners = predictions.map(({ probabilities }) => probabilities.indexOf(Math.max(...probabilities)));
  return scrollable(
    text.verdict.predict,
    element(
      "table",
      { class: "prediction" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, text.verdict.predictColumns.label), heads)),
      element(
        "tbody",
        {},
        order.map((label) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, labels[label]),
            predictions.map(({ arm, probabilities }, index) => {
              const bar = element("div", { class: `bar arm-fill-${arm}` });
              bar.style.width = `${100 * probabilities[label]}%`;
              return element(
                "td",
                { class: winners[index] === label ? "winner" : undefined },
                element(
                  "div",
                  { class: "bar-cell" },
                  element("div", { class: "bar-track" }, bar),
                  element("span", { class: "bar-value" }, percent(probabilities[label], 0)),
                ),
              );
            }),
          ),
        ),
      ),
    ),
  );
}
