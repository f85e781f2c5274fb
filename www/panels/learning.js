// Would more labels help? Each arm's score by the number of training rows, and what the last doubling of the rows gave.

import { withAir } from "../charts/curves.js";
import { lineChart } from "../charts/lines.js";
import { armStyle, swatch } from "../charts/palette.js";
import { byId, element, fill, numeric, table } from "../ui/dom.js";
import { count, fixed, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";
import { foldedTables } from "./origin.js";
import { differenceIn, FRACTION_METRICS, withUnit } from "./verdict-sentences.js";

/** Quotients that differ from 2 by rounded numbers of rows alone are one doubling. */
const NEARLY_ONE = 0.05;

/** The learning curve in section 5; hidden where one fraction alone was compared. */
export function learningPanel() {
  const words = text.learning;
  let metric = "accuracy";
  let latest = null;
  const write = (value) => (FRACTION_METRICS.includes(metric) ? percent(value) : fixed(value, 3));
  const chart = lineChart(byId("learning-chart"), {
    xLabel: words.axis,
    role: text.lineChart,
    label: () => text.train.onTest[metric],
    format: write,
    formatTicks: (values) => values.map((value) => (FRACTION_METRICS.includes(metric) ? percent(value, 0) : fixed(value, 2))),
    range: withAir,
    wholeSteps: true,
    detail: ({ name, mid, low, high }, index) =>
      Number.isFinite(mid[index])
        ? words.detail(name, write(mid[index]), Number.isFinite(low[index]) ? `${write(low[index])} … ${write(high[index])}` : "")
        : name,
  });
  const refreshTable = foldedTables(byId("learning-table"), [
    { title: text.dataTable, build: () => (latest ? pointTable(latest) : element("p", {}, text.verdict.empty)) },
  ]);

  const clear = () => {
    latest = null;
    byId("learning").hidden = true;
    chart.clear();
  };

  return {
    clear,

    /** @param {any} results results.json; one of an earlier version has no learning curve, and a table made elsewhere no numbers of rows */
    show(results) {
      const { learning: ofArms = [], learning_baseline: baseline = [], doublings = [], config } = results;
      const learning = [...ofArms, ...baseline.map((point) => ({ ...point, arm: point.baseline }))];
      const rowsOf = rowsByFraction(results);
      if (ofArms.length === 0 || !rowsOf) {
        clear();
        return;
      }
      latest = { learning, rowsOf, write: (value) => write(value) };
      metric = learning[0].metric;
      byId("learning").hidden = false;
      const arms = [...new Set([...config.arms, ...baseline.map((point) => point.baseline)])].filter((arm) =>
        learning.some((point) => point.arm === arm),
      );
      const fractions = [...config.fractions].sort((left, right) => left - right);
      const lines = arms.map((arm) => lineOf(arm, fractions, learning));
      const restyle = (some) => some.map((line) => ({ ...line, style: armStyle(line.name) }));
      chart.show(fractions.map(rowsOf), restyle(lines), restyle);
      fill(
        byId("learning-legend"),
        arms.map((arm) => element("span", { class: "legend-item" }, swatch(arm), arm)),
      );
      const said = doublings.find(({ arm }) => arm === "standard") ?? doublings[0];
      fill(byId("learning-sentence"), said ? sentence(said, rowsOf) : "");
      refreshTable();
    },
  };
}

/** How many rows a fraction is, as results.json says it or, of a link, by the size of the training part. */
function rowsByFraction({ config, dataset }) {
  const { fraction_rows: rows, train_rows: all } = dataset;
  if (rows) return (fraction) => rows[config.fractions.indexOf(fraction)];
  return all ? (fraction) => Math.round(fraction * all) : null;
}

/** An arm's means, with their intervals as a band. */
function lineOf(arm, fractions, learning) {
  const points = fractions.map((fraction) => learning.find((point) => point.arm === arm && point.fraction === fraction));
  const edge = (place) => points.map((point) => point?.ci95?.[place] ?? null);
  return { name: arm, mid: points.map((point) => point?.mean ?? null), low: edge(0), high: edge(1) };
}

function sentence({ arm, metric, fraction, from_fraction: from, doublings, gain, ci95, seeds }, rowsOf) {
  const words = text.learning;
  const span = Math.abs(doublings - 1) < NEARLY_ONE ? words.last : words.each(fixed(doublings, 1));
  const [low, high] = ci95 ?? [gain, gain]; // without spread the gain is that of every seed
  const outcome = seeds === 1 ? "unknown" : low > 0 ? "helps" : high < 0 ? "hurts" : "undecided";
  return words.sentence({
    span,
    rows: words.rows(count(rowsOf(from)), count(rowsOf(fraction))),
    arm,
    gain: withUnit(metric, gain),
    metric: text.verdict.metrics[metric],
    interval: ci95 ? text.evidence.interval(...ci95.map((end) => differenceIn(metric, end))) : "",
    seeds: text.verdict.sentences.seeds(seeds, seeds),
    outcome: words.outcomes[outcome],
  });
}

function pointTable({ learning, rowsOf, write }) {
  const { columns } = text.learning;
  return table({
    columns: [columns.arm, ...[columns.rows, columns.mean, columns.interval, columns.seeds].map(numeric)],
    rows: learning.map(({ arm, fraction, mean, ci95, seeds }) => [
      armCell(arm),
      count(rowsOf(fraction)),
      write(mean),
      ci95 ? `${write(ci95[0])} … ${write(ci95[1])}` : text.verdict.notEnough,
      count(seeds),
    ]),
  });
}
