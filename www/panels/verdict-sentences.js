// The verdict as sentences in the page's language. Numbers and outcomes come from the core.

import { metricOf } from "../charts/curves.js";
import { percent, points, probability, signed } from "../ui/format.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";
import { SCHEMA } from "../platform/schema.js";

/** Metrics that are fractions, shown in points. */
export const FRACTION_METRICS = SCHEMA.metrics.filter(({ is_fraction: isFraction }) => isFraction).map(({ name }) => name);

/** Arms that separate the effect of placement from that of a lower mean rate. */
export const CONTROLS = SCHEMA.arms.filter(({ is_control: isControl }) => isControl).map(({ name }) => name);

/** Maximum number of classes that are listed. */
const NAMED_CLASSES = 4;

export const differenceIn = (metric, value) => (FRACTION_METRICS.includes(metric) ? points(value) : signed(value, 3));

/** The same with the unit. */
export const withUnit = (metric, value) => (FRACTION_METRICS.includes(metric) ? text.verdict.sentences.points(points(value)) : signed(value, 3));

/** The sentences refer to the largest fraction of the training set. */
export const largestFraction = (runs) => Math.max(...runs.map(({ fraction }) => fraction));

/**
 * Serialisable input of the sentences: the comparisons of the displayed metric.
 * @typedef {{verdict: string, metric: string, fraction: number, fractions: number[], comparisons: object[]}} Judgement
 */

/**
 * @param {object} results results.json
 * @returns {Judgement}
 */
export function judgementOf({ verdict, comparisons, runs, config }) {
  const metric = metricOf(runs);
  return { verdict, metric, fraction: largestFraction(runs), fractions: config.fractions, comparisons: comparisons.filter((item) => item.metric === metric) };
}

/**
 * Guided against standard dropout, and against no dropout if that was run.
 * @param {Judgement} judgement
 * @returns {Array<Node | string>}
 */
export function verdictSentences(judgement) {
  const words = text.verdict.sentences;
  const [main, none] = ["standard", "none"].map((baseline) => guidedAgainst(baseline, judgement));
  const parts = [
    ...main ? [words.standard[outcomeOf(main)] + evidence(main, judgement), outlook(main)] : [],
    ...main?.outcome === "ahead" ? CONTROLS.map((control) => explanation(control, guidedAgainst(control, judgement))) : [],
    ...none ? [words.none[outcomeOf(none)] + evidence(none, judgement, { brief: main !== undefined })] : [],
  ];
  const sentences = parts.filter(Boolean).map((part) => part + text.marks.stop).join(text.marks.gap);
  return [...main ? [] : withoutOutcome(judgement), sentences];
}

/** Where guided and standard dropout were not both run, or an earlier version did not store the outcome; on a result link, until the core has judged. */
function withoutOutcome({ verdict, comparisons }) {
  if (verdict === text.share.verdictWaits) return [verdict];
  const words = text.verdict.sentences;
  const compared = comparisons.some(({ arm, baseline }) => arm === "guided" && baseline === "standard");
  return compared ? [`${words.earlierVersion}${text.marks.stop}${text.marks.gap}`, technicalDetail(verdict), text.marks.gap] : [`${words.notBoth}${text.marks.stop}${text.marks.gap}`];
}

function guidedAgainst(baseline, { comparisons, fraction }) {
  return comparisons.find((item) => item.arm === "guided" && item.baseline === baseline && item.fraction === fraction && item.outcome !== undefined);
}

/** The outcome; undecided ones are split by the sign of the mean difference. */
function outcomeOf({ outcome, mean_difference: difference }) {
  if (outcome !== "undecided") return outcome ?? "few";
  return difference === 0 ? "equal" : difference > 0 ? "higher" : "lower";
}

/** Number of comparisons of one metric that are corrected together. */
const familyOf = (comparisons) => comparisons.filter(({ p_value: p }) => Number.isFinite(p)).length;

/** The numbers of a sentence; `brief` omits those of the previous sentence. */
function evidence(item, { comparisons, fractions }, { brief = false } = {}) {
  const { baseline, fraction, metric, seeds, mean_difference: difference, ci95, p_value: p, p_holm: corrected, missing_seeds: missing = [] } = item;
  if (seeds === 0) return "";
  const words = text.verdict.sentences;
  const family = familyOf(comparisons);
  return words.evidence({
    pair: text.evidence.pair(baseline),
    difference: withUnit(metric, difference),
    metric: text.verdict.metrics[metric],
    fractionName: fractions.length > 1 && !brief ? text.train.fractionName(fraction) : "",
    interval: ci95 ? text.evidence.interval(...ci95.map((bound) => differenceIn(metric, bound))) : "",
    p: Number.isFinite(p) ? words.p(probability(family > 1 ? corrected : p), family) : "",
    seeds: words.seeds(seeds, seeds + missing.length),
  });
}

/** What the comparison with a control means for a difference from standard; its numbers are in the list below. */
function explanation(control, item) {
  const { leads, because } = text.verdict.sentences;
  const outcome = item ? item.outcome ?? "few" : "missing";
  const why = because[control];
  return leads[outcome](control, outcome === "ahead" ? why.excluded : why.possible);
}

/** Number of seeds needed after an undecided comparison: the minimum of the test, or for this effect size; missing in results of earlier versions. */
function outlook({ outcome, seeds, least_seeds: least, seeds_needed_corrected: needed }) {
  if (outcome !== "undecided") return "";
  const words = text.verdict.sentences;
  if (seeds < least) return words.cannot(seeds, least);
  return needed > seeds ? words.needed(needed) : "";
}

/**
 * The majority-class baseline, and test classes that an arm never predicts.
 * @param {object} results results.json; empty without confusion matrices
 * @returns {string[]}
 */
export function classSentences({ runs, dataset: { labels } }) {
  const matrices = runs.filter(({ confusion }) => confusion);
  if (matrices.length === 0) return [];
  const rows = testRows(matrices);
  const total = rows.reduce((sum, count) => sum + count, 0);
  const most = rows.indexOf(Math.max(...rows));
  const fractions = [...new Set(matrices.map(({ fraction }) => fraction))].sort((left, right) => right - left);
  return [
    text.verdict.sentences.majority(labels[most], percent(rows[most] / total)),
    ...fractions.map((fraction) => neverPredicted(matrices.filter((run) => run.fraction === fraction), labels, fractions.length > 1 ? text.train.fractionName(fraction) : "")),
  ].filter(Boolean);
}

const rowsOf = (matrix) => matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
const added = (lists) => lists.reduce((sums, counts) => sums.map((sum, index) => sum + counts[index]));

/** Test examples per class, counted once per seed, because arms and fractions share them. */
function testRows(runs) {
  return added([...new Map(runs.map(({ seed, confusion }) => [seed, rowsOf(confusion)])).values()]);
}

/** Lists test classes that an arm never predicts in any of these runs. */
function neverPredicted(runs, labels, fractionName) {
  const words = text.verdict.sentences;
  const arms = [...new Set(runs.map(({ arm }) => arm))].map((arm) => ({ arm, predictions: added(runs.filter((run) => run.arm === arm).flatMap(({ confusion }) => confusion)) }));
  const rows = testRows(runs);
  const missed = labels.map((label, index) => ({ label, by: arms.filter(({ predictions }) => rows[index] > 0 && predictions[index] === 0).map(({ arm }) => arm) })).filter(({ by }) => by.length > 0);
  if (missed.length === 0) return null;
  const named = missed.slice(0, NAMED_CLASSES).map(({ label, by }) => words.neverPredictedBy(label, by.length === arms.length ? "" : by.join(text.marks.comma)));
  return words.neverPredicted(fractionName, named.join(text.marks.semicolon), missed.length - named.length);
}
