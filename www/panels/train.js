// Section 4: arms, estimated cost and training curves.

import { epochCurves, levelLines, lossCurves, MANY_SEEDS, metricOf, withAir } from "../charts/curves.js";
import { lineChart } from "../charts/lines.js";
import { armStyle, swatch } from "../charts/palette.js";
import { byId, element, fill, numeric, oncePerBeat, oncePerFrame, table } from "../ui/dom.js";
import { count, fixed, number, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { SCHEMA } from "../platform/schema.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";
import { FRACTION_METRICS } from "./verdict-sentences.js";

/** Maximum number of runs in the readout; beyond it, only the extremes. */
const LISTED_RUNS = 6;

/**
 * @typedef {{arm: string, seed: number, fraction: number, steps: Array<{step: number, loss: number}>, epochs: object[], total?: number}} Run
 *   a finished or running run; `total`: its number of steps
 */

/** @param {{arms: string[], fractions: number[]}} choices offered as check boxes */
export function trainPanel({ arms, fractions }) {
  const words = text.train;
  offerArms(arms);
  offerFractions(fractions);
  /** The arm whose seeds are shown: the hovered one, else the pinned one, else the only one. */
  const emphasis = { pointed: null, picked: null, only: null };
  const emphasise = (change) => {
    Object.assign(emphasis, change);
    const arm = emphasis.pointed ?? emphasis.picked ?? emphasis.only;
    for (const chart of [lossChart, accuracyChart]) chart.emphasise(arm);
    for (const item of byId("train-legend").querySelectorAll("button")) {
      item.classList.toggle("shown", item.value === arm);
      item.setAttribute("aria-pressed", String(item.value === emphasis.picked));
    }
  };
  const pointing = {
    onPoint: (arm) => emphasise({ pointed: arm }),
    onPick: (arm) => emphasise(arm === emphasis.picked ? { picked: null, pointed: null } : { picked: arm }),
  };
  const formatLoss = (value) => number(value, 2);
  const formatScore = (value) => (FRACTION_METRICS.includes(metric) ? percent(value) : fixed(value, 3));
  const lossChart = lineChart(byId("loss-chart"), {
    xLabel: words.lossAxis,
    role: text.lineChart,
    label: words.loss,
    format: formatLoss,
    range: (low, high) => [Math.min(0, low), high * 1.05],
    wholeSteps: true,
    detail: (line, index) => detailOf(line, index, formatLoss),
    ...pointing,
  });
  const accuracyChart = lineChart(byId("accuracy-chart"), {
    xLabel: words.accuracyAxis,
    role: text.lineChart,
    label: () => words.onTest[metric],
    format: formatScore,
    formatTicks: (values) => formatMetric(metric, values),
    range: withAir,
    wholeSteps: true,
    detail: (line, index) => detailOf(line, index, formatScore),
    ...pointing,
  });
  const shownFraction = byId("shown-fraction");
  let latest = null;
  let metric = "accuracy";
  shownFraction.addEventListener("change", () => latest && draw(...latest));
  const refreshTables = foldedTables(byId("train-tables"), [
    { title: text.dataTable, build: () => (latest ? numbersTable(shownRuns(latest[0]), metric) : element("p", {}, words.empty)) },
  ]);

  const shownRuns = (runs) => runs.filter((run) => run.fraction === Number(shownFraction.value || 1));

  const draw = (runs, origin, beside) => {
    latest = [runs, origin, beside];
    offerShownFractions(runs);
    const shown = shownRuns(runs);
    const names = arms.filter((arm) => shown.some((run) => run.arm === arm));
    const restyle = (lines) => lines.map((line) => ({ ...line, style: armStyle(line.name) }));
    const loss = lossCurves(shown, names, words.seed);
    if (loss.x.length > 0) lossChart.show(loss.x, restyle(loss.lines), restyle);
    metric = metricOf(shown, beside.metric);
    byId("accuracy-title").textContent = words.onTest[metric];
    const accuracy = epochCurves(shown, names, metric, words.seed);
    const levels = levelLines(beside.baselines ?? [], { fraction: Number(shownFraction.value || 1), metric, length: accuracy.x.length });
    if (accuracy.x.length > 0) accuracyChart.show(accuracy.x, restyle([...accuracy.lines, ...levels]), restyle);
    else {
      accuracyChart.clear();
      showEmpty(byId("accuracy-chart"), words.empty);
    }
    showLegend(
      names,
      levels.map(({ name }) => name),
      pointing,
    );
    const gone = (arm) => (names.includes(arm) ? arm : null);
    emphasise({ only: names.length === 1 ? names[0] : null, picked: gone(emphasis.picked), pointed: gone(emphasis.pointed) });
    const seeds = new Set(shown.map((run) => run.seed)).size;
    byId("train-note").textContent = [
      words.bandCaption(seeds, seeds >= MANY_SEEDS),
      seeds > 1 && names.length > 1 ? words.runsCaption : "",
      words.binCaption(loss.width),
    ]
      .filter(Boolean)
      .join(text.marks.gap);
    showOrigin(byId("train-caption"), origin);
    refreshTables();
  };

  const drawSome = (runs, origin, beside) => runs.length > 0 && draw(runs, origin, beside);
  const showSoon = oncePerBeat(drawSome);
  const showNext = oncePerFrame(drawSome);
  /** Finished or opened results are drawn immediately and cancel pending frames. */
  const show = (runs, origin, beside = {}) => {
    showSoon(origin.kind === "live" ? runs : [], origin, beside);
    if (origin.kind !== "live") showNext(runs, origin, beside);
  };

  return {
    showEmpty() {
      show([], { kind: "empty" }); // cancels pending frames
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
     * @param {{baselines?: object[], metric?: string}} [beside] `baselines` that are no transformers: docs/formats.md, baselines; `metric`: the setting
     */
    show,

    /** Only metrics of a task can be chosen, and scores have no classes to weigh. @param {"classification" | "regression"} task */
    suit(task) {
      for (const option of /** @type {HTMLSelectElement} */ (byId("metric")).options) option.disabled = !fits(option.value, task);
      byId("class-weights").querySelector('[value="balanced"]').disabled = task === "regression";
    },

    /** @param {string} estimate of the cost, in words */
    showEstimate(estimate) {
      byId("estimate").textContent = estimate;
    },
  };
}

/** Whether a metric measures a task, or stands for the usual one of any. */
export const fits = (metric, task) => metric === "automatic" || SCHEMA.metrics.some((each) => each.name === metric && each.task === task);

function offerArms(arms) {
  byId("arms").append(
    ...arms.map((arm) =>
      element(
        "label",
        { class: "choice" },
        element("input", { type: "checkbox", value: arm }),
        swatch(arm),
        element("span", {}, element("strong", { translate: false }, arm), element("small", {}, text.train.armNames[arm])),
      ),
    ),
  );
}

function offerFractions(fractions) {
  byId("fractions").append(
    ...fractions.map((fraction) =>
      element(
        "label",
        { class: "choice" },
        element("input", { type: "checkbox", value: String(fraction) }),
        element("span", {}, `${fraction * 100} %`),
      ),
    ),
  );
}

function offerShownFractions(runs) {
  const fractions = [...new Set(runs.map((run) => run.fraction))].sort((left, right) => right - left);
  const select = byId("shown-fraction");
  byId("shown-fraction-field").hidden = fractions.length < 2;
  if ([...select.options].map(({ value }) => value).join() === fractions.join()) return;
  const chosen = select.value;
  fill(
    select,
    fractions.map((fraction) => element("option", { value: String(fraction) }, text.train.fractionName(fraction))),
  );
  select.value = fractions.map(String).includes(chosen) ? chosen : String(fractions[0]);
}

/** Legend buttons: hovering or focusing an arm shows its seeds, clicking pins them. `levels`: level lines, which have none. */
function showLegend(arms, levels, { onPoint, onPick }) {
  const legend = byId("train-legend");
  const key = [...arms, ...levels].join();
  if (legend.dataset.names === key && legend.childElementCount > 0) return;
  legend.dataset.names = key;
  fill(
    legend,
    arms.map((arm) =>
      element(
        "button",
        {
          type: "button",
          class: "legend-item",
          value: arm,
          "aria-pressed": "false",
          onpointerenter: () => onPoint(arm),
          onpointerleave: () => onPoint(null),
          onfocus: () => onPoint(arm),
          onblur: () => onPoint(null),
          onclick: () => onPick(arm),
        },
        swatch(arm),
        arm,
      ),
    ),
    levels.map((name) => element("span", { class: "legend-item" }, swatch(name), name)),
  );
}

/** @param {import("../charts/lines.js").Line} line */
function detailOf({ name, mid, min, max, runs }, index, format) {
  if (!runs) return `${name} ${format(mid[index])}`; // a level line
  const known = runs.filter(({ values }) => Number.isFinite(values[index]));
  if (known.length === 0) return name;
  const middle = `${name} ${format(mid[index])}`;
  if (known.length === 1) return `${middle} (${known[0].name})`;
  if (known.length <= LISTED_RUNS) return [middle, ...known.map((run) => `${run.name}: ${format(run.values[index])}`)].join(" · ");
  const at = (value) => known.find((run) => run.values[index] === value).name;
  return text.train.spread(middle, known.length, `${format(min[index])} (${at(min[index])})`, `${format(max[index])} (${at(max[index])})`);
}

function formatMetric(metric, values) {
  if (!FRACTION_METRICS.includes(metric)) return values.map((value) => fixed(value, 2));
  const whole = values.every((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6);
  return values.map((value) => percent(value, whole ? 0 : 1));
}

function numbersTable(runs, metric) {
  const { columns } = text.train;
  const arms = [...new Set(runs.map((run) => run.arm))];
  const build = (caption, axis, { x, lines }) =>
    table({
      caption,
      columns: [columns.arm, ...[axis, columns.mean, columns.low, columns.high, columns.seeds].map(numeric)],
      rows: lines.flatMap(({ name, mid, min, max, runs: ofSeeds }) =>
        x.map((position, index) => [
          name,
          count(position),
          ...[mid, min, max].map((values) => fixed(values[index] ?? NaN, 3)),
          count(ofSeeds.filter(({ values }) => Number.isFinite(values[index])).length),
        ]),
      ),
    });
  return element(
    "div",
    { class: "split" },
    build(text.train.loss, columns.step, lossCurves(runs, arms, text.train.seed)),
    build(byId("accuracy-title").textContent, columns.epoch, epochCurves(runs, arms, metric, text.train.seed)),
  );
}
