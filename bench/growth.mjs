// Whether a measured series grows: a straight line through it, and a verdict.

/** The warm-up is left out: caches fill, the engine compiles, the first of everything is made. */
const WARM_UP = 0.25;
/** Fewer points show nothing. */
const FEWEST = 8;
/** A slope counts where it is so many times its standard error... */
const CERTAIN = 3;

/**
 * Fits value = a + b · hours by least squares.
 * @param {Array<{hours: number, value: number}>} points in the order of time
 * @param {number} tolerance share of the mean per hour below which nothing is said to grow: noise, and load that drifts
 * @returns {{points: number, mean: number, perHour: number, error: number, share: number, verdict: "grows"|"steady"|"too few"}} `error`: standard
 *   error of the slope; `share`: slope per hour over the mean
 */
export function growth(points, tolerance) {
  const known = points.filter(({ value }) => Number.isFinite(value));
  const [begin, end] = [points[0]?.hours ?? 0, points.at(-1)?.hours ?? 0];
  const kept = known.filter(({ hours }) => hours >= begin + WARM_UP * (end - begin));
  if (kept.length < FEWEST) return { points: kept.length, mean: NaN, perHour: NaN, error: NaN, share: NaN, verdict: "too few" };
  const meanOf = (pick) => kept.reduce((sum, point) => sum + pick(point), 0) / kept.length;
  const [middle, mean] = [meanOf(({ hours }) => hours), meanOf(({ value }) => value)];
  const spread = kept.reduce((sum, { hours }) => sum + (hours - middle) ** 2, 0);
  const perHour = kept.reduce((sum, { hours, value }) => sum + (hours - middle) * (value - mean), 0) / spread;
  const rest = kept.reduce((sum, { hours, value }) => sum + (value - mean - perHour * (hours - middle)) ** 2, 0);
  const error = Math.sqrt(rest / (kept.length - 2) / spread);
  const share = mean === 0 ? 0 : perHour / mean;
  return { points: kept.length, mean, perHour, error, share, verdict: perHour > CERTAIN * error && share > tolerance ? "grows" : "steady" };
}

/** The quantities of a soak: column, unit, when it is read, and the allowed drift per hour. */
const LOOKED_AT = [
  { column: "renderer_mb", when: "rest", tolerance: 0.02 },
  { column: "browser_mb", when: "rest", tolerance: 0.02 },
  { column: "gpu_mb", when: "rest", tolerance: 0.02 },
  { column: "renderer_mb", when: "running", tolerance: 0.02 },
  { column: "wasm_mb", when: "running", tolerance: 0.02 },
  { column: "wasm_mb", when: "rest", tolerance: 0.02 },
  { column: "heap_mb", when: "rest", tolerance: 0.02 },
  { column: "nodes", when: "rest", tolerance: 0.005 },
  { column: "listeners", when: "rest", tolerance: 0.005 },
  { column: "workers", when: "rest", tolerance: 0.005 },
  { column: "workers", when: "running", tolerance: 0.05 },
  { column: "targets", when: "rest", tolerance: 0.005 },
  { column: "database_mb", when: "rest", tolerance: 0.02 },
  { column: "step_ms", when: "running", tolerance: 0.1 },
  { column: "experiment_cpu_s", when: "rest", tolerance: 0.02 },
];

/**
 * @param {object[]} samples as bench/soak.mjs writes them
 * @returns {object[]} a row for each thing that it looks at
 */
export const verdicts = (samples) =>
  LOOKED_AT.map(({ column, when, tolerance }) => {
    const points = samples.filter(({ at }) => at === when).map((sample) => ({ hours: sample.seconds / 3600, value: sample[column] }));
    return { column, when, ...growth(points, tolerance) };
  });

const rounded = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);

/** The rows as lines of a table. */
export function asTable(rows) {
  const cells = [
    ["", "read", "points", "mean", "per hour", "± (s.e.)", "share per hour", "verdict"],
    ...rows.map(({ column, when, points, mean, perHour, error, share, verdict }) => [
      column,
      when,
      points,
      rounded(mean),
      rounded(perHour),
      rounded(error),
      Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : null,
      verdict,
    ]),
  ].map((row) => row.map((cell) => String(cell ?? "–")));
  const widths = cells[0].map((_, index) => Math.max(...cells.map((row) => row[index].length)));
  return cells.map((row) => row.map((cell, index) => (index < 2 ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))).join("  ")).join("\n");
}

/** Samples as lines of tab-separated values, and back. */
export const COLUMNS = [
  "seconds",
  "at",
  "phase",
  "experiments",
  "load",
  "renderer_mb",
  "browser_mb",
  "gpu_mb",
  "heap_mb",
  "nodes",
  "listeners",
  "workers",
  "targets",
  "wasm_mb",
  "wasm_of_each",
  "steps",
  "step_ms",
  "cpu_s",
  "experiment_cpu_s",
  "database_mb",
];
const WORDS = ["at", "phase", "wasm_of_each"];
export const asLine = (sample) => COLUMNS.map((column) => sample[column] ?? "").join("\t");
export const fromLines = (text) =>
  text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) =>
      Object.fromEntries(
        line.split("\t").map((cell, index) => {
          const column = COLUMNS[index];
          return [column, WORDS.includes(column) ? cell : cell === "" ? NaN : Number(cell)];
        }),
      ),
    );
