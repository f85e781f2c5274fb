// Runs that were made elsewhere, judged in the page: node --test tests/browser/elsewhere.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, csv, downloaded, experiment, journey, says, TINY } from "./page.mjs";

const json = (name, value) => ({ name, mimeType: "application/json", buffer: Buffer.from(JSON.stringify(value)) });
const verdict = (page) => page.textContent("#verdict");

/** A table of two arms over ten seeds that still climb in the second of two epochs; guided ends ahead by `lead` points, more or less. */
function table(lead) {
  const rows = Array.from({ length: 10 }, (_, seed) => [
    `standard,${seed},1,0.5`,
    `standard,${seed},2,${(80 + (seed % 3)) / 100}`,
    `guided,${seed},1,0.5`,
    `guided,${seed},2,${(80 + (seed % 3) + lead + (seed % 2) / 10) / 100}`,
  ]);
  return ["arm,seed,epoch,eval_accuracy", ...rows.flat()].join("\n");
}

describe("runs made elsewhere", { timeout: 5 * 60_000 }, () => {
  test("results of the page give its own verdict again, and an altered score another one", (context) =>
    journey(context, { hash: TINY.replace("seeds=2", "seeds=3") }, async (page) => {
      await experiment(page);
      const own = await verdict(page);
      const results = JSON.parse((await downloaded(page, "#download-results")).content);
      await page.click("#elsewhere summary");
      await page.setInputFiles("#runs-file", json("results.json", results));
      await says(page, "#verdict-caption", /From the file “results\.json”, not computed here/);
      assert.equal(await verdict(page), own);
      assert.ok(await page.isDisabled("#download-results"), "the files would be of other runs");

      for (const run of results.runs.filter(({ arm }) => arm === "guided")) run.epochs.at(-1).accuracy = 0.99;
      await page.setInputFiles("#runs-file", json("altered.json", results));
      await says(page, "#verdict-caption", /“altered\.json”/);
      assert.notEqual(await verdict(page), own);
      await experiment(page);
      await says(page, "#verdict-caption", /Your result/);
      assert.equal(await verdict(page), own, "what is computed here takes the place again");
    }));

  test("a table of runs is judged; what is none is refused by line and column, and the figures stay", (context) =>
    journey(context, {}, async (page) => {
      await page.click("#elsewhere summary");
      await page.setInputFiles("#runs-file", csv("sweep.csv", table(3)));
      await says(page, "#verdict", /Guided dropout is ahead of standard dropout: guided − standard is \+3\.\d points in accuracy/);
      await says(page, "#verdict-caption", /“sweep\.csv”/);
      assert.equal(await page.locator("#train-longer").count(), 0, "these runs cannot be trained longer here");
      assert.match(await page.textContent("#results-table"), /83\.\d\s%/);
      await assertAccessible(page);
      const shown = await verdict(page);
      await page.setInputFiles("#runs-file", csv("sweep.csv", "arm,seed,accuracy\nguided,1,0.5\ngiuded,2,0.5\n"));
      await says(page, "#verdict-errors", /sweep.csv, line 3, column "arm": expected one of .*got giuded/);
      assert.equal(await verdict(page), shown);
      await page.setInputFiles("#runs-file", csv("sweep.csv", table(0)));
      await says(page, "#verdict", /No significant difference between guided and standard dropout/);
      assert.equal(await page.locator("#verdict-errors > *").count(), 0);
    }));
});
