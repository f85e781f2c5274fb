// What results.json of a finished classification has to hold.

import assert from "node:assert/strict";

export function assertSchema(results, { arms, seeds, epochs, fisherTexts }) {
  assert.equal(results.format, "guided-dropout-results");
  assert.equal(results.version, 2);
  assert.equal(results.device.kind, "cpu");
  assert.equal(results.dataset.rows, results.dataset.train_rows + results.dataset.test_rows);
  assert.ok(results.dataset.labels.length >= 2 && Array.isArray(results.dataset.rejected));
  for (const key of ["parameters", "layers", "hidden"]) assert.ok(results.model[key] > 0, key);
  const sites = 3 * results.model.layers + 1;
  assert.equal(results.fisher.texts, fisherTexts);
  assert.equal(results.fisher.sites.length, sites);
  assert.ok(results.fisher.sites.every(({ site, score }) => typeof site === "string" && score > 0));
  assert.ok(results.fisher.tensors.length > sites);
  for (const arm of arms) assert.equal(results.arms[arm].length, sites, arm);
  const rates = results.arms.guided.map(({ rate }) => rate);
  assert.ok(Math.abs(Math.max(...rates) - 0.1) < 1e-6 && Math.abs(Math.min(...rates)) < 1e-6, `guided rates span 0 to 0.1: ${rates}`);
  assert.deepEqual(
    new Set(results.runs.map(({ arm, seed }) => `${arm}/${seed}`)),
    new Set(arms.flatMap((arm) => seeds.map((seed) => `${arm}/${seed}`))),
  );
  for (const run of results.runs) {
    assert.equal(run.epochs.length, epochs);
    assert.ok(run.steps.length > 0 && run.steps.every(({ loss }) => Number.isFinite(loss)));
    assert.ok(run.epochs.every(({ accuracy }) => accuracy >= 0 && accuracy <= 1));
    assert.ok(run.elapsed_ms > 0);
  }
  assert.ok(results.comparisons.some(({ arm, baseline }) => arm === "guided" && baseline === "standard"));
  const said = results.verdict.match(
    /^Too few seeds to judge: a verdict needs at least 3, and (\d+) pairs have finished \(mean difference of guided dropout from standard dropout in accuracy so far: (-?[\d.]+) points\)/,
  );
  const { mean_difference: difference } = results.comparisons.find(
    (item) => item.arm === "guided" && item.baseline === "standard" && item.metric === "accuracy",
  );
  assert.deepEqual([said?.[1], Number(said?.[2])], [`${seeds.length}`, Number((100 * difference).toFixed(2))], results.verdict);
}
