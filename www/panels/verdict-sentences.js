// The verdict as sentences in the page's language. Numbers and outcomes come from the core.

import { number, percent, points, probability, signed } from "../ui/format.js";
import { element } from "../ui/dom.js";
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

/** Whether an interval excludes no difference that there can be: of fractions from −1 to 1, of correlations from −2 to 2. */
export function saysNothing(metric, [low, high]) {
  const most = FRACTION_METRICS.includes(metric) ? 1 : 2;
  return low <= -most && high >= most;
}

/** The same with the unit. */
export const withUnit = (metric, value) => (FRACTION_METRICS.includes(metric) ? text.verdict.sentences.points(points(value)) : signed(value, 3));

/** The sentences refer to the largest fraction of the training set. */
export const largestFraction = (runs) => Math.max(...runs.map(({ fraction }) => fraction));

/**
 * Serialisable input of the sentences.
 * @typedef {object} Judgement
 * @property {Array<Record<string, any>>} [clauses] the verdict of the core: docs/formats.md, clauses; missing in records of an earlier version
 * @property {string} verdict the clauses in English, or, on a result link, what the reader waits for
 * @property {number[]} fractions
 * @property {Array<Record<string, any>>} [remarks] what has to be said beside it: docs/formats.md, remarks; missing where the core did not say
 * @property {string} [metric] in which they measure
 */

/**
 * @param {object} results results.json
 * @returns {Judgement}
 */
export function judgementOf({ verdict, clauses, config, remarks, trainings }) {
  return { verdict, clauses, fractions: config.fractions, remarks: remarks?.map(({ text: _, ...remark }) => remark), metric: trainings?.[0]?.metric };
}

/** Remarks without which the verdict misleads: they come before it. */
const WARNINGS = ["climbing", "not_settled"];

/**
 * The verdict in the page's language, after what keeps it from being one and before what else has to be said.
 * @param {Judgement} judgement
 * @returns {Array<Node | string>}
 */
export function verdictSentences({ verdict, clauses, fractions, remarks = [], metric = "" }) {
  if (verdict === text.share.verdictWaits) return [verdict];
  if (!clauses) return [`${text.verdict.sentences.earlierVersion}${text.marks.stop}${text.marks.gap}`, technicalDetail(verdict)];
  const first = clauses.find(({ seeds, baseline }) => seeds !== undefined && baseline !== undefined);
  const said = (clause) => SENTENCES[clause.clause]?.(clause, clause !== first || fractions.length === 1);
  const isWarning = (remark) => WARNINGS.includes(remark.kind);
  const remarked = (chosen) => chosen.map((remark) => REMARKS[remark.kind]?.(remark, metric));
  const ofNone = clauses.findIndex(({ baseline, control }) => baseline === "none" && !control);
  const end = ofNone < 1 ? clauses.length : ofNone;
  const compared = [clauses.slice(0, end).map(said), clauses.slice(end).map(said)];
  const others = remarked(remarks.filter((remark) => !isWarning(remark)));
  // Who ran one arm asked whether a transformer is worth it, and not about dropout.
  const isOfOneArm = clauses[0]?.clause === "not_compared" && remarks.some(({ kind }) => kind === "baseline");
  return inParagraphs([remarked(remarks.filter(isWarning)), ...(isOfOneArm ? [others, ...compared] : [...compared, others])]);
}

/** Each list of sentences as a paragraph, but as one line of text for whoever reads the text alone. */
function inParagraphs(lists) {
  return lists
    .map((sentences) => sentences.filter(Boolean).map((sentence) => sentence + text.marks.stop))
    .filter((sentences) => sentences.length > 0)
    .flatMap((sentences, index) => [index > 0 ? text.marks.gap : "", element("span", { class: "paragraph" }, sentences.join(text.marks.gap))]);
}

/**
 * The sentence of each clause; `brief` omits the fraction. Other clauses are shown elsewhere: the seeds of a pair include missing ones, and
 * `classSentences` has those on classes.
 * @type {Record<string, (clause: Record<string, any>, brief: boolean) => string>}
 */
const SENTENCES = {
  not_compared: () => text.verdict.sentences.notBoth,
  no_pairs: (clause, brief) => finding(clause, "few", brief),
  too_few_seeds: (clause, brief) => finding(clause, "few", brief),
  identical: (clause, brief) => finding(clause, "equal", brief),
  ahead: (clause, brief) => finding(clause, "ahead", brief),
  behind: (clause, brief) => finding(clause, "behind", brief),
  no_difference: (clause, brief) => finding(clause, direction(clause.mean_difference), brief),
  equivalence: ({ metric, bound, excluded, ci90 }) =>
    text.verdict.sentences.equivalence[excluded](
      FRACTION_METRICS.includes(metric) ? text.verdict.sentences.onePoint : number(bound),
      text.verdict.sentences.interval90(...ci90.map((end) => differenceIn(metric, end))),
    ),
  cannot_show: ({ seeds, least_seeds: least }) => text.verdict.sentences.cannot(seeds, least),
  seeds_needed: ({ seeds_needed: needed }) => text.verdict.sentences.needed(needed),
  tests_disagree: () => text.verdict.sentences.testsDisagree,
  at_the_edge: () => text.verdict.sentences.atTheEdge,
  beyond_reach: () => text.verdict.sentences.beyondReach,
  control: ({ control, finding: found }) => explanation(control, found),
};

/**
 * The sentence of each remark.
 * @type {Record<string, (remark: Record<string, any>, metric: string) => string>}
 */
const REMARKS = {
  climbing: ({ arms, gain, suggested_epochs: epochs }, metric) => text.verdict.remarks.climbing(listed(arms), withUnit(metric, gain), epochs),
  not_settled: ({ arms, change, suggested_epochs: epochs }, metric) =>
    text.verdict.remarks.notSettled(listed(arms), withUnit(metric, change), epochs),
  flat: ({ arms, suggested_epochs: epochs }) => text.verdict.remarks.flat(listed(arms), epochs),
  settled: (_, metric) => text.verdict.remarks.settled(settledWithin(metric)),
  kept_classifier: () => text.verdict.remarks.keptClassifier,
  own_best: ({ settings }) => text.verdict.remarks.ownBest(settings),
  baseline: (remark, metric) =>
    text.verdict.remarks.baseline[remark.outcome ?? "few"]({
      arm: remark.arm,
      baseline: text.verdict.baselineNames[remark.baseline],
      difference: withUnit(metric, remark.difference),
      evidence: evidenceOnBaseline(remark, metric),
    }),
};

/** The change that a settled training may still have (docs/method.md, section 5). */
const settledWithin = (metric) => (FRACTION_METRICS.includes(metric) ? text.verdict.sentences.onePoint : number(0.01));

const listed = (arms) => arms.join(text.marks.comma);

function finding(clause, outcome, brief) {
  return text.verdict.sentences[clause.baseline][outcome] + evidence(clause, brief);
}

/** Interval, p and seeds of the difference from a baseline, or how many seeds are missing; remarks of an earlier version have none of these. */
function evidenceOnBaseline(/** @type {Record<string, any>} */ { seeds, ci95, p_value: p, family, least_seeds: least, outcome }, metric) {
  if (seeds === undefined) return "";
  const words = text.verdict.sentences;
  if (!outcome) return words.inBrackets([words.seeds(seeds, seeds), words.seedsNeeded(least)]);
  return words.inBrackets([intervalOf(ci95, metric), p === null ? "" : words.p(probability(p), family), words.seeds(seeds, seeds)]);
}

/** A 95 % interval with its name; "" where there is none. */
function intervalOf(ci95, metric) {
  if (!ci95) return "";
  const ends = saysNothing(metric, ci95) ? text.verdict.anyDifference : text.evidence.interval(...ci95.map((bound) => differenceIn(metric, bound)));
  return text.verdict.sentences.interval95(ends);
}

function direction(difference) {
  return difference === 0 ? "equal" : difference > 0 ? "higher" : "lower";
}

/** The numbers of a sentence. */
function evidence({ baseline, fraction, metric, seeds, planned_seeds: planned, mean_difference: difference, ci95, p_value: p, family }, brief) {
  if (seeds === 0) return "";
  const words = text.verdict.sentences;
  return words.evidence({
    pair: text.evidence.pair(baseline),
    difference: withUnit(metric, difference),
    metric: text.verdict.metrics[metric],
    fractionName: brief ? "" : text.train.fractionName(fraction),
    interval:
      ci95 && saysNothing(metric, ci95)
        ? text.verdict.anyDifference
        : ci95
          ? text.evidence.interval(...ci95.map((bound) => differenceIn(metric, bound)))
          : "",
    p: Number.isFinite(p) ? words.p(probability(p), family) : "",
    seeds: words.seeds(seeds, planned),
  });
}

/** The interpretation of a comparison with a control; its numbers are in the list below. */
function explanation(control, found) {
  const { leads, because } = text.verdict.sentences;
  return leads[found](control, because[control][found === "ahead" ? "excluded" : "possible"]);
}

/**
 * The majority-class baseline, and test classes that an arm never predicts.
 * @param {object} results results.json; empty without confusion matrices
 * @returns {string[]}
 */
export function classSentences({ clauses = [], config, dataset: { labels = [] } }) {
  const words = text.verdict.sentences;
  const name = (label) => labels[label] ?? String(label + 1);
  const neverPredictedBy = ({ class: label, arms, by_all: byAll }) => words.neverPredictedBy(name(label), byAll ? "" : arms.join(text.marks.comma));
  /** @type {Record<string, (clause: Record<string, any>) => string>} */
  const sentences = {
    answering_majority: ({ class: label, rows, of }) => words.majority(name(label), percent(rows / of)),
    never_answered: ({ fraction, classes }) =>
      words.neverPredicted(
        config.fractions.length > 1 ? text.train.fractionName(fraction) : "",
        classes.slice(0, NAMED_CLASSES).map(neverPredictedBy).join(text.marks.semicolon),
        Math.max(0, classes.length - NAMED_CLASSES),
      ),
  };
  return clauses.filter(({ clause }) => clause in sentences).map((clause) => sentences[clause.clause](clause));
}

/** The last epoch's value of a metric, or NaN. */
export function finalValue(run, metric) {
  return run.epochs.at(-1)?.[metric] ?? NaN;
}
