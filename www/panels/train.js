// Part 4: what is compared, what it costs, and the curves while it runs.

import { lineChart } from "../charts/lines.js";
import { armStyle, swatch } from "../charts/palette.js";
import { byId, element, fill, oncePerFrame, table } from "../dom.js";
import { count, fixed, mean, number, percent } from "../format.js";
import { text } from "../text.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";

/** The loss of single steps jumps with each batch; each point of its curve averages the steps of one of so many bins. */
const LOSS_BINS = 60;

/**
 * @typedef {{arm: string, seed: number, fraction: number, steps: Array<{step: number, loss: number}>, epochs: object[], total?: number}} Run
 *   a finished run of results.json, or one under way; `total`: how many steps it will have
 */

/** @param {{arms: string[], fractions: number[]}} choices offered as check boxes */
export function trainPanel({ arms, fractions }) {
  const words = text.train;
  offerArms(arms);
  offerFractions(fractions);
  const lossChart = lineChart(byId("loss-chart"), { xLabel: words.lossAxis, format: (value) => number(value, 2), range: (low, high) => [Math.min(0, low), high * 1.05], label: words.loss, wholeSteps: true });
  const accuracyChart = lineChart(byId("accuracy-chart"), { xLabel: words.accuracyAxis, format: (value) => formatMetric(metric, [value])[0], formatTicks: (values) => formatMetric(metric, values), range: withAir, label: words.accuracy, wholeSteps: true });
  const shownFraction = byId("shown-fraction");
  let latest = null;
  let metric = "accuracy";
  shownFraction.addEventListener("change", () => latest && draw(...latest));
  const refreshTables = foldedTables(byId("train-tables"), [{ title: text.dataTable, build: () => (latest ? numbersTable(shownRuns(latest[0])) : element("p", {}, words.empty)) }]);

  const shownRuns = (runs) => runs.filter((run) => run.fraction === Number(shownFraction.value || 1));

  const draw = (runs, origin) => {
    latest = [runs, origin];
    offerShownFractions(runs);
    const shown = shownRuns(runs);
    const names = arms.filter((arm) => shown.some((run) => run.arm === arm));
    const restyle = (lines) => lines.map((line) => ({ ...line, style: armStyle(line.name) }));
    const loss = lossCurves(shown, names);
    if (loss.x.length > 0) lossChart.show(loss.x, restyle(loss.lines), restyle);
    metric = metricOf(shown);
    byId("accuracy-title").textContent = metric === "pearson" ? words.correlation : words.accuracy;
    const accuracy = epochCurves(shown, names, metric);
    if (accuracy.x.length > 0) accuracyChart.show(accuracy.x, restyle(accuracy.lines), restyle);
    else {
      accuracyChart.clear();
      showEmpty(byId("accuracy-chart"), words.empty);
    }
    showLegend(names);
    const seeds = new Set(shown.map((run) => run.seed)).size;
    byId("train-note").textContent = [words.bandCaption(seeds), words.binCaption(loss.width)].filter(Boolean).join(" ");
    showOrigin(byId("train-caption"), origin);
    refreshTables();
  };

  return {
    showEmpty() {
      latest = null;
      lossChart.clear();
      accuracyChart.clear();
      showEmpty(byId("loss-chart"), words.empty);
      showEmpty(byId("accuracy-chart"), words.empty);
      fill(byId("train-legend"));
      byId("train-note").textContent = "";
      showOrigin(byId("train-caption"), { kind: "empty" });
    },

    /**
     * @param {Run[]} runs
     * @param {import("./origin.js").Origin} origin
     */
    show: oncePerFrame((runs, origin) => runs.length > 0 && draw(runs, origin)),

    /** @param {string} words of the cost before the run */
    showEstimate(estimate) {
      byId("estimate").textContent = estimate;
    },
  };
}

function offerArms(arms) {
  byId("arms").append(...arms.map((arm) => element("label", { class: "choice" },
    element("input", { type: "checkbox", value: arm }), swatch(arm),
    element("span", {}, element("strong", {}, arm), element("small", {}, text.train.armNames[arm])))));
}

function offerFractions(fractions) {
  byId("fractions").append(...fractions.map((share) => element("label", { class: "choice" },
    element("input", { type: "checkbox", value: String(share) }), element("span", {}, `${share * 100} %`))));
}

function offerShownFractions(runs) {
  const fractions = [...new Set(runs.map((run) => run.fraction))].sort((left, right) => right - left);
  const select = byId("shown-fraction");
  byId("shown-fraction-field").hidden = fractions.length < 2;
  if ([...select.options].map(({ value }) => value).join() === fractions.join()) return;
  const chosen = select.value;
  fill(select, fractions.map((share) => element("option", { value: String(share) }, text.train.fractionName(share))));
  select.value = fractions.map(String).includes(chosen) ? chosen : String(fractions[0]);
}

function showLegend(arms) {
  const legend = byId("train-legend");
  if (legend.dataset.arms === arms.join()) return;
  legend.dataset.arms = arms.join();
  fill(legend, arms.map((arm) => element("span", { class: "legend-item" }, swatch(arm), arm)));
}

/** Pearson where a number is predicted, accuracy otherwise. */
function metricOf(runs) {
  return runs.some((run) => run.epochs.some((epoch) => Number.isFinite(epoch.pearson))) ? "pearson" : "accuracy";
}

function formatMetric(metric, values) {
  if (metric === "pearson") return values.map((value) => fixed(value, 2));
  const whole = values.every((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6);
  return values.map((value) => percent(value, whole ? 0 : 1));
}

function withAir(low, high) {
  const air = Math.max(0.02, (high - low) * 0.1);
  return [Math.max(low >= 0 ? 0 : -1, low - air), Math.min(1, high + air)];
}

/** Mean and extremes over seeds of the loss, in bins of `width` steps. */
function lossCurves(runs, arms) {
  const longest = Math.max(0, ...runs.map((run) => run.total ?? run.steps.length));
  const width = Math.max(1, Math.ceil(longest / LOSS_BINS));
  const perRun = runs.map((run) => ({ arm: run.arm, bins: binMeans(run.steps, width) }));
  const x = [...new Set(perRun.flatMap(({ bins }) => [...bins.keys()]))].sort((left, right) => left - right);
  return { x: x.map((bin) => (bin + 1) * width), width, lines: envelope(arms, x, (arm, bin) => perRun.filter((run) => run.arm === arm).map(({ bins }) => bins.get(bin))) };
}

/** Bins of runs by run, so that a frame only works on the runs that have grown. */
const binned = new WeakMap();

function binMeans(steps, width) {
  const known = binned.get(steps);
  if (known?.width === width && known.length === steps.length) return known.means;
  const means = computeBins(steps, width);
  binned.set(steps, { width, length: steps.length, means });
  return means;
}

function computeBins(steps, width) {
  const sums = new Map();
  for (const { step, loss } of steps) {
    const bin = Math.floor((step - 1) / width);
    const sum = sums.get(bin) ?? { total: 0, count: 0 };
    sum.total += loss;
    sum.count += 1;
    sums.set(bin, sum);
  }
  return new Map([...sums].map(([bin, { total, count: steps }]) => [bin, total / steps]));
}

function epochCurves(runs, arms, metric) {
  const x = [...new Set(runs.flatMap((run) => run.epochs.map(({ epoch }) => epoch)))].sort((left, right) => left - right);
  return { x, lines: envelope(arms, x, (arm, epoch) => runs.filter((run) => run.arm === arm).map((run) => run.epochs.find((entry) => entry.epoch === epoch)?.[metric])) };
}

function envelope(arms, x, valuesAt) {
  return arms.map((arm) => {
    const line = { name: arm, mid: [], low: [], high: [] };
    for (const position of x) {
      const values = valuesAt(arm, position).filter(Number.isFinite);
      line.mid.push(values.length > 0 ? mean(values) : null);
      line.low.push(values.length > 0 ? Math.min(...values) : null);
      line.high.push(values.length > 0 ? Math.max(...values) : null);
    }
    return line;
  });
}

function numbersTable(runs) {
  const { columns } = text.train;
  const arms = [...new Set(runs.map((run) => run.arm))];
  const numeric = (label) => ({ label, numeric: true });
  const loss = lossCurves(runs, arms);
  const epochs = epochCurves(runs, arms, metricOf(runs));
  const rows = ({ x, lines }, decimals) => lines.flatMap(({ name, mid, low, high }) => x.map((position, index) =>
    [name, count(position), fixed(mid[index] ?? NaN, decimals), fixed(low[index] ?? NaN, decimals), fixed(high[index] ?? NaN, decimals)]));
  return element("div", { class: "split" },
    table({ caption: text.train.loss, columns: [columns.arm, ...[columns.step, columns.mean, columns.low, columns.high].map(numeric)], rows: rows(loss, 3) }),
    table({ caption: byId("accuracy-title").textContent, columns: [columns.arm, ...[columns.epoch, columns.mean, columns.low, columns.high].map(numeric)], rows: rows(epochs, 3) }));
}
