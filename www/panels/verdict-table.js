// The table of results, with what it lacks and why.

import { metricOf } from "../charts/curves.js";
import { byId, fill, numeric, table } from "../ui/dom.js";
import { count, fixed, mean, percent, probability, signed } from "../ui/format.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";
import { FRACTION_METRICS, differenceIn, finalValue, saysNothing } from "./verdict-sentences.js";

/** The table of results: a row for each comparison, for each arm that is in none, and for each baseline that is no transformer. */
export function showTable(results, partial) {
  const metric = metricOf(results.runs, results.config.metric);
  const fractions = [...new Set(results.runs.map((run) => run.fraction))].sort((left, right) => right - left);
  const keep = (row) => (fractions.length === 1 ? row.filter((_, index) => index !== 1) : row);
  fill(
    byId("results-table"),
    table({
      caption: text.verdict.table(text.verdict.metrics[metric] ?? metric),
      columns: keep(columnHeads()),
      rows: fractions.flatMap((fraction) => rowsOf(fraction, metric, results)).map(keep),
      stacks: true,
    }),
  );
  const notes = [
    FRACTION_METRICS.includes(metric) ? text.verdict.tableNote : text.verdict.tableNoteRegression,
    ...notesOf(results.comparisons, metric, fractions.length),
    ...(partial ? [] : missingPairs(results.comparisons, metric)),
  ];
  fill(
    byId("results-note"),
    notes.flatMap((part) => [part, " "].flat()),
  );
}

function columnHeads() {
  const { columns } = text.verdict;
  return [
    columns.arm,
    columns.fraction,
    numeric(columns.value),
    { ...numeric(columns.difference), symbol: "difference" },
    { ...numeric(columns.interval), symbol: "interval" },
    ...[columns.p, columns.corrected, columns.effect].map(numeric),
    { ...numeric(columns.seeds), symbol: "seeds" },
    numeric(columns.needed),
  ];
}

/** The rows of one fraction of the training set. */
function rowsOf(fraction, metric, { runs, comparisons, baselines: plain = [] }) {
  const share = percent(fraction, 0);
  const write = (values) => (FRACTION_METRICS.includes(metric) ? percent(mean(values)) : fixed(mean(values), 3));
  const here = runs.filter((run) => run.fraction === fraction);
  const valueOf = (arm) => write(here.filter((run) => run.arm === arm).map((run) => finalValue(run, metric)));
  const shown = comparisons.filter((item) => item.metric === metric && item.seeds > 0 && item.fraction === fraction);
  const baselines = [...new Set(shown.map(({ baseline }) => baseline))];
  const compared = new Set(shown.map(({ arm }) => arm));
  const others = [...new Set(here.map((run) => run.arm))].filter((arm) => !compared.has(arm));
  const { baseline, notEnough } = text.verdict;
  return [
    ...others.map((arm) => [armCell(arm), share, valueOf(arm), baselines.includes(arm) ? baseline : notEnough, "", "", "", "", "", ""]),
    ...shown.map((item) => [
      armCell(item.arm, item.baseline === baselines[0] ? "" : item.baseline),
      share,
      valueOf(item.arm),
      differenceIn(metric, item.mean_difference),
      interval(item, differenceIn),
      probability(item.p_value ?? NaN),
      probability(item.p_holm ?? NaN),
      Number.isFinite(item.effect_size) ? signed(item.effect_size, 2) : notEnough,
      count(item.seeds),
      neededOf(item),
    ]),
    ...baselineRows(
      plain.filter((each) => each.fraction === fraction),
      (scores) => write(scores.map((each) => each[metric] ?? NaN)),
    ),
  ];
}

/** Why numbers of comparisons are absent; a note on all fractions is said once. */
function notesOf(comparisons, metric, fractions) {
  const notes = new Map();
  for (const item of comparisons.filter((each) => each.metric === metric && each.seeds > 0 && each.note)) {
    const key = `${item.arm} ${item.baseline} ${item.note}`;
    notes.set(key, [...(notes.get(key) ?? []), item]);
  }
  return [...notes.values()].map((items) => {
    const [{ arm, baseline, note, notes: coded }] = items;
    const of = items.length < fractions ? ` (${items.map(({ fraction }) => percent(fraction, 0)).join(text.marks.comma)})` : "";
    return [`${text.verdict.against(arm, baseline)}${of}${text.marks.colon}`, coded ? notesInWords(coded) : technicalDetail(note)];
  });
}

/** The seeds that a comparison lacks. */
function missingPairs(comparisons, metric) {
  return comparisons
    .filter((item) => item.metric === metric && (item.missing_seeds ?? []).length > 0)
    .map(({ arm, baseline, fraction, missing_seeds: seeds }) => text.verdict.missingPairs(arm, baseline, percent(fraction, 0), seeds.join(", ")));
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

/** A 95 % interval in words; differences that may be any are said so. */
export function interval({ metric, ci95 }, difference) {
  if (!ci95 || !ci95.every(Number.isFinite)) return text.verdict.notEnough;
  if (saysNothing(metric, ci95)) return text.verdict.anyDifference;
  return `${difference(metric, ci95[0])} … ${difference(metric, ci95[1])}`;
}
