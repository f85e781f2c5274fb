// What bench/soak.mjs calls growth.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asLine, asTable, COLUMNS, fromLines, growth, verdicts } from "../../bench/growth.mjs";

/** A value every 30 seconds for four hours. */
const series = (valueAt) => Array.from({ length: 480 }, (_, index) => ({ hours: index / 120, value: valueAt(index / 120, index) }));
const noise = (index) => Math.sin(index * 12.9898) * 10;

test("a leak is told from noise, a warm-up and what falls", () => {
  const leak = growth(
    series((hours, index) => 500 + 15 * hours + noise(index)),
    0.02,
  );
  assert.equal(leak.verdict, "grows");
  assert.ok(Math.abs(leak.perHour - 15) < 3 * leak.error, `${leak.perHour} ± ${leak.error}`);
  for (const [what, valueAt] of [
    ["noise", (_, index) => 500 + noise(index)],
    ["a warm-up", (hours, index) => 500 - 300 * Math.max(0, 0.9 - hours) + noise(index)],
    ["a fall", (hours) => 500 - 20 * hours],
    ["less than is tolerated", (hours, index) => 500 + 2 * hours + noise(index) / 10],
    ["a constant", () => 3],
    ["nothing", () => 0],
  ]) {
    assert.equal(growth(series(valueAt), 0.02).verdict, "steady", what);
  }
  assert.equal(growth(series(() => 1).slice(0, 9), 0.02).verdict, "too few");
  const few = growth(series((_, index) => 500 + 10 * noise(index)).slice(0, 20), 0.02);
  assert.ok(few.share > 0.02 && few.verdict === "steady", `too few to tell from chance: ${few.share} an hour`);
  assert.equal(growth([], 0.02).verdict, "too few");
  assert.equal(
    growth(
      series((hours, index) => (index % 2 ? NaN : 100 + 10 * hours)),
      0.02,
    ).verdict,
    "grows",
    "a sample without this value is left out",
  );
  assert.equal(
    growth(
      series((hours) => 5000 + Math.floor(20 * hours)),
      0.005,
    ).verdict,
    "steady",
  );
  assert.equal(
    growth(
      series((hours) => 5000 + Math.floor(60 * hours)),
      0.005,
    ).verdict,
    "grows",
    "nodes that stay behind",
  );
});

test("samples are read as they were written, and each moment is judged by itself", () => {
  const samples = series((hours) => hours).map(({ hours }, index) => ({
    seconds: hours * 3600,
    at: index % 4 ? "running" : "rest",
    phase: "done",
    experiments: index,
    renderer_mb: index % 4 ? 800 : 500 + 40 * hours,
    workers: index % 4 ? 3 : 1,
    wasm_of_each: "coordinator 145, trainer ?",
  }));
  const read = fromLines([COLUMNS.join("\t"), ...samples.map(asLine)].join("\n"));
  assert.deepEqual(
    [read.length, read[1].seconds, read[1].at, read[1].wasm_of_each, Number.isNaN(read[1].heap_mb)],
    [480, 30, "running", "coordinator 145, trainer ?", true],
  );
  const rows = verdicts(read);
  const of = (column, when) => rows.find((row) => row.column === column && row.when === when).verdict;
  assert.deepEqual(
    [of("renderer_mb", "rest"), of("renderer_mb", "running"), of("workers", "rest"), of("heap_mb", "rest")],
    ["grows", "steady", "steady", "too few"],
  );
  assert.equal(asTable(rows).split("\n").length, rows.length + 1);
});
