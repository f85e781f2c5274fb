// Runs that diverge, and workers that run out of memory: node --test tests/browser/run-failures.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assertAccessible, csv, experiment, shippedJourney as journey, noteJobs, phase, replacedFile } from "./page.mjs";
import { hold, holdable, release } from "./support/held-workers.mjs";

const SETTINGS = "fisher_texts=2&epochs=2&batch_size=4&seeds=3&arms=standard,guided&max_tokens=32";

/** The built-in weights, with a number that is none in the embedding of one position: only a text that long meets it. */
function poisoned(position) {
  const bytes = readFileSync(new URL("../../www/data/models/mini-4x256/model.safetensors", import.meta.url));
  const begin = 8 + Number(bytes.readBigUInt64LE());
  const {
    dtype,
    shape,
    data_offsets: [from],
  } = JSON.parse(bytes.subarray(8, begin))["bert.embeddings.position_embeddings.weight"];
  assert.equal(dtype, "F16");
  bytes.writeUInt16LE(0x7e00, begin + from + 2 * position * shape[1]);
  return bytes;
}

/** Thirty short rows, and one of more than twenty tokens; all prose is short. */
async function loadRows(page) {
  const rows = Array.from({ length: 30 }, (_, index) => (index % 2 ? `rain and ${index} clouds,weather` : `a goal in minute ${index},sport`));
  rows[4] = `${"a long match and ".repeat(7)}no goal,sport`;
  await page.setInputFiles("#corpus-file", {
    name: "own.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("The river was high that spring.\nNobody had seen the boat since March.\n"),
  });
  await page.setInputFiles("#dataset-file", csv("own.csv", `text,label\n${rows.join("\n")}\n`));
  await page.waitForFunction(
    () =>
      /own\.csv\D+30/.test(document.querySelector("#dataset-summary").textContent) &&
      /own\.txt\D+2/.test(document.querySelector("#corpus-summary").textContent),
  );
}

const withPoison = async (page) => {
  await holdable(page);
  await noteJobs(page);
  await replacedFile(page, "data/models/mini-4x256/model.safetensors", poisoned(20));
};

describe("run failures", { timeout: 15 * 60_000 }, () => {
  test("a run that diverges ends there and says where; the others go on, and half the rate is one press away", (context) =>
    journey(context, { hash: `${SETTINGS}&fractions=0.5`, prepare: withPoison }, async (page) => {
      await loadRows(page);
      const results = await experiment(page);
      const lost = await page.locator("#lost-runs li").allTextContents();
      assert.ok(results.runs.length > 0 && lost.length > 0, `${results.runs.length} runs, ${lost.length} lost`);
      assert.equal(results.runs.length + lost.length, 6);
      for (const sentence of lost) {
        assert.match(
          sentence,
          /^(standard|guided), seed [123], 50 % of the training set: the (loss|prediction for a test example) was not finite at step \d+\. Learning rate [\d.]+/,
        );
      }
      assert.ok(lost.some((sentence) => /largest gradient norm before [\d.]+\./.test(sentence)));
      const seeds = [...new Set(lost.map((sentence) => Number(sentence.match(/seed (\d)/)[1])))].sort();
      assert.ok(results.comparisons.some(({ arm, baseline, metric }) => arm === "guided" && baseline === "standard" && metric === "accuracy"));
      assert.deepEqual(
        results.comparisons.map(({ missing_seeds: missing }) => missing),
        results.comparisons.map(() => seeds),
      );
      assert.match(results.verdict, new RegExp(`${seeds.length} of 3 planned pairs (is|are) missing`));
      assert.match(await page.textContent("#results-note"), /a run of seed .* is missing/);
      assert.match(await page.textContent("#status"), new RegExp(`Done, but ${lost.length} runs? diverged`));
      assert.equal(await page.getAttribute("#status-link", "href"), "#lost-runs");
      assert.equal(await page.locator("#past-list button:has-text('Resume')").count(), 0, "the same seeds would diverge again");
      await assertAccessible(page);

      await page.evaluate(() => {
        globalThis.begun = [];
      });
      await page.fill("#learning-rate", "0.5");
      await page.press("#learning-rate", "Tab");
      await hold(page, "start", "^run/");
      await page.press("#repeat-slower", "Enter"); // at the rate that it names, whatever has been set since
      assert.equal(await page.evaluate(() => document.activeElement.id), "pause");
      await phase(page, "training");
      assert.equal(await page.inputValue("#learning-rate"), "0.00015");
      await release(page);
      await phase(page, "done");
      const begun = await page.evaluate(() => globalThis.begun);
      assert.equal(begun.filter((id) => id.startsWith("run/")).length, 6, "no run at another rate is taken over");
    }));

  test("where every run diverges, there is no verdict but a way on", (context) =>
    journey(context, { hash: `${SETTINGS.replace("seeds=3", "seeds=1")}&language=zh`, prepare: withPoison }, async (page) => {
      await loadRows(page);
      await page.click("#run");
      await page.waitForFunction(() => document.documentElement.dataset.phase === "error");
      assert.equal(await page.locator("#lost-runs li").count(), 2);
      assert.ok(await page.isEnabled("#repeat-slower"));
      assert.equal(await page.getAttribute("#status-link", "href"), "#lost-runs");
      assert.doesNotMatch(await page.textContent("#lost-runs"), /[a-z]{3} [a-z]{3}/);
    }));

  test("a worker that gets no more memory gives its job to another, and the pool is smaller from then on", (context) =>
    journey(
      context,
      {
        hash: "sample=opinions&max_rows=32&fisher_texts=2&epochs=1&seeds=2&arms=standard,none&max_tokens=12&workers=2",
        prepare: async (page) => {
          await noteJobs(page);
          await page.addInitScript(() => {
            let trainers = 0;
            globalThis.Worker = class extends Worker {
              constructor(address, options) {
                super(address, options);
                if (options.name === "trainer") trainers += 1;
                if (options.name === "trainer" && trainers === 1) this.postMessage({ id: 0, method: "memory", args: ["full"] });
              }
            };
          });
          // All addresses that a program can have are taken before the first job: the next request for more is refused.
          const full = `
        let full = false;
        addEventListener('message', ({ data }) => {
          full ||= data.args[0] === 'full';
          if (full && data.method === 'start') memory.grow(65536 - memory.buffer.byteLength / 65536);
        });`;
          await page.route("**/engine/worker.js", async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, body: `${await response.text()}\n${full}\n` });
          });
        },
      },
      async (page) => {
        const results = await experiment(page);
        assert.equal(results.runs.length, 4);
        assert.match(
          await page.textContent("#page-errors"),
          /^The worker running run\/\S+ crashed; the job was restarted\. The browser is out of memory; one worker continues\. A smaller batch, .* need less\.$/,
        );
        assert.equal((await page.evaluate(() => globalThis.begun)).filter((id) => id.startsWith("run/")).length, 5);
      },
    ));
});
