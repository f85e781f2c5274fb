// What the runs show, in the reader's language and the table's units. The numbers and what each comparison shows are the core's.

import { metricOf } from "../charts/curves.js";
import { percent, points, probability, signed } from "../ui/format.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";

/** Metrics that are shares, shown in points. */
export const SHARES = ["accuracy", "macro_f1"];

/** Arms that tell whether the information guided, or merely the lower average rate helped. */
export const CONTROLS = ["uniform-mean", "shuffled"];

/** More classes than this are not named one by one. */
const NAMED_CLASSES = 4;

export const differenceIn = (metric, value) => (SHARES.includes(metric) ? points(value) : signed(value, 3));

/** The same where no column's note says the unit. */
export const withUnit = (metric, value) => (SHARES.includes(metric) ? text.verdict.sentences.points(points(value)) : signed(value, 3));

/** The sentences say what is true of all of the training part, or of the largest share of it. */
export const largestFraction = (runs) => Math.max(...runs.map(({ fraction }) => fraction));

/**
 * What is said of results, plain enough to be kept: the comparisons of the metric that the figures show.
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
 * Guided dropout against the standard rate, and against none at all where that was run.
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

/** Without a shown difference, the mean still says which arm is the higher one. */
function outcomeOf({ outcome, mean_difference: difference }) {
  if (outcome !== "undecided") return outcome ?? "few";
  return difference === 0 ? "equal" : difference > 0 ? "higher" : "lower";
}

/** The comparisons of one metric that are tested, and corrected for, together. */
const familyOf = (comparisons) => comparisons.filter(({ p_value: p }) => Number.isFinite(p)).length;

/** The numbers behind a sentence; `brief` without what the one before has said. */
function evidence(item, { comparisons, fractions }, { brief = false } = {}) {
  const { baseline, fraction, metric, seeds, mean_difference: difference, ci95, p_value: p, p_holm: corrected, missing_seeds: missing = [] } = item;
  if (seeds === 0) return "";
  const words = text.verdict.sentences;
  const family = familyOf(comparisons);
  return words.evidence({
    pair: text.evidence.pair(baseline),
    difference: withUnit(metric, difference),
    metric: text.verdict.metrics[metric],
    share: fractions.length > 1 && !brief ? text.train.fractionName(fraction) : "",
    interval: ci95 ? text.evidence.interval(...ci95.map((bound) => differenceIn(metric, bound))) : "",
    p: Number.isFinite(p) ? words.p(probability(family > 1 ? corrected : p), family) : "",
    seeds: words.seeds(seeds, seeds + missing.length),
  });
}

/** What a control says to a win over the standard rate; its numbers stand in the list below. */
function explanation(control, item) {
  const { leads, because } = text.verdict.sentences;
  const outcome = item ? item.outcome ?? "few" : "missing";
  const why = because[control];
  return leads[outcome](control, outcome === "ahead" ? why.excluded : why.possible);
}

/** How many seeds it would take, after a comparison that shows nothing: the test's own bound, or for this effect; results of an earlier version lack both. */
function outlook({ outcome, seeds, least_seeds: least, seeds_needed_corrected: needed }) {
  if (outcome !== "undecided") return "";
  const words = text.verdict.sentences;
  if (seeds < least) return words.cannot(seeds, least);
  return needed > seeds ? words.needed(needed) : "";
}

/**
 * What an accuracy has to be compared with: the most frequent class of the test rows, and classes that some arm never answers.
 * @param {object} results results.json; without matrices nothing is said
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
    ...fractions.map((fraction) => unanswered(matrices.filter((run) => run.fraction === fraction), labels, fractions.length > 1 ? text.train.fractionName(fraction) : "")),
  ].filter(Boolean);
}

const rowsOf = (matrix) => matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
const added = (lists) => lists.reduce((sums, counts) => sums.map((sum, index) => sum + counts[index]));

/** How many test rows each class has, each seed's counted once: its arms and fractions share them. */
function testRows(runs) {
  return added([...new Map(runs.map(({ seed, confusion }) => [seed, rowsOf(confusion)])).values()]);
}

/** Names the classes that test rows have and that an arm has not answered once in any of these runs. */
function unanswered(runs, labels, share) {
  const words = text.verdict.sentences;
  const arms = [...new Set(runs.map(({ arm }) => arm))].map((arm) => ({ arm, answers: added(runs.filter((run) => run.arm === arm).flatMap(({ confusion }) => confusion)) }));
  const rows = testRows(runs);
  const missed = labels.map((label, index) => ({ label, by: arms.filter(({ answers }) => rows[index] > 0 && answers[index] === 0).map(({ arm }) => arm) })).filter(({ by }) => by.length > 0);
  if (missed.length === 0) return null;
  const named = missed.slice(0, NAMED_CLASSES).map(({ label, by }) => words.unansweredBy(label, by.length === arms.length ? "" : by.join(text.marks.comma)));
  return words.unanswered(share, named.join(text.marks.semicolon), missed.length - named.length);
}
