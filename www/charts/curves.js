// Curves of runs: mean over seeds, band, extremes and single runs of each arm.

/** Number of bins of the loss curve; each point averages the steps of a bin, because losses of single batches are noisy. */
const LOSS_BINS = 60;
/** From this many seeds on, the band shows the middle 80 % instead of the extremes. */
export const MANY_SEEDS = 10;
const MIDDLE = 0.8;

/**
 * @typedef {object} Curve
 * @property {string} name of the arm
 * @property {Array<number|null>} mid mean over seeds
 * @property {Array<number|null>} low lower edge of the band
 * @property {Array<number|null>} high
 * @property {Array<number|null>} min lowest seed
 * @property {Array<number|null>} max
 * @property {Array<{name: string, values: Array<number|undefined>}>} runs one per seed
 */

/**
 * The metric that counts: the chosen one, else Pearson of a regression and accuracy of classes.
 * @param {Array<{epochs: object[]}>} runs
 * @param {string} [chosen] the setting; results of earlier versions have none
 */
export function metricOf(runs, chosen = "automatic") {
  if (chosen !== "automatic") return chosen;
  return runs.some((run) => run.epochs.some((epoch) => Number.isFinite(epoch.pearson))) ? "pearson" : "accuracy";
}

/**
 * The loss, in bins of `width` steps.
 * @param {Array<{arm: string, seed: number, steps: Array<{step: number, loss: number}>, total?: number}>} runs
 * @param {string[]} arms
 * @param {(seed: number) => string} nameRun
 * @returns {{x: number[], width: number, lines: Curve[]}} x is the last step of each bin
 */
export function lossCurves(runs, arms, nameRun) {
  const longest = Math.max(0, ...runs.map((run) => run.total ?? run.steps.length));
  const width = Math.max(1, Math.ceil(longest / LOSS_BINS));
  const binnedRuns = runs.map((run) => ({ run, bins: binMeans(run.steps, width) }));
  const x = [...new Set(binnedRuns.flatMap(({ bins }) => [...bins.keys()]))].sort((left, right) => left - right);
  const curves = binnedRuns.map(({ run, bins }) => ({ arm: run.arm, name: nameRun(run.seed), values: x.map((bin) => bins.get(bin)) }));
  return { x: x.map((bin) => (bin + 1) * width), width, lines: envelopes(arms, x.length, curves) };
}

/**
 * A metric at the end of each epoch.
 * @param {Array<{arm: string, seed: number, epochs: object[]}>} runs
 * @param {string[]} arms
 * @param {string} metric
 * @param {(seed: number) => string} nameRun
 * @returns {{x: number[], lines: Curve[]}}
 */
export function epochCurves(runs, arms, metric, nameRun) {
  const x = [...new Set(runs.flatMap((run) => run.epochs.map(({ epoch }) => epoch)))].sort((left, right) => left - right);
  const curves = runs.map((run) => ({
    arm: run.arm,
    name: nameRun(run.seed),
    values: x.map((epoch) => run.epochs.find((entry) => entry.epoch === epoch)?.[metric]),
  }));
  return { x, lines: envelopes(arms, x.length, curves) };
}

/**
 * The better of the baselines that are no transformers, as a level line beside the curves of a metric.
 * @param {Array<Record<string, any>>} baselines scores by seed: docs/formats.md, baselines
 * @param {{fraction: number, metric: string, length: number}} of `length`: points of the curves
 * @returns {Array<{name: string, mid: number[]}>} none where no baseline has such a score
 */
export function levelLines(baselines, { fraction, metric, length }) {
  const scored = baselines.filter((each) => each.fraction === fraction && Number.isFinite(each[metric]));
  const levels = [...new Set(scored.map(({ baseline }) => baseline))].map((name) => {
    const values = scored.filter(({ baseline }) => baseline === name).map((each) => each[metric]);
    return { name, level: values.reduce((sum, value) => sum + value, 0) / values.length };
  });
  return levels
    .sort((left, right) => right.level - left.level)
    .slice(0, 1)
    .map(({ name, level }) => ({ name, mid: Array(length).fill(level) }));
}

/** The range of an axis of scores: some air around them, within what is possible. */
export function withAir(low, high) {
  const air = Math.max(0.02, (high - low) * 0.1);
  return [Math.max(low >= 0 ? 0 : -1, low - air), Math.min(1, high + air)];
}

function envelopes(arms, length, curves) {
  return arms.map((arm) => {
    const runs = curves.filter((curve) => curve.arm === arm).map(({ name, values }) => ({ name, values }));
    const line = { name: arm, mid: [], low: [], high: [], min: [], max: [], runs };
    for (let index = 0; index < length; index += 1) {
      const values = runs
        .map((run) => run.values[index])
        .filter(Number.isFinite)
        .sort((left, right) => left - right);
      const cut = values.length < MANY_SEEDS ? 0 : (1 - MIDDLE) / 2;
      const some = values.length > 0;
      line.mid.push(some ? values.reduce((sum, value) => sum + value, 0) / values.length : null);
      line.low.push(some ? quantile(values, cut) : null);
      line.high.push(some ? quantile(values, 1 - cut) : null);
      line.min.push(some ? values[0] : null);
      line.max.push(some ? values.at(-1) : null);
    }
    return line;
  });
}

/** Quantile of sorted values, linearly interpolated. */
function quantile(sorted, fraction) {
  const place = fraction * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

/** Cached bins by run, so that a frame updates only runs with new steps. */
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
