// A fair search before the comparison: node --test tests/browser/tune.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { downloaded, journey, phase, TINY } from "./page.mjs";

/** Notes each trial that a trainer begins, how each ended, and the trials that a choice is made of; from the `globalThis.limit`-th on, none is begun. */
const noteTrials = (page) =>
  page.addInitScript(() => {
    globalThis.limit = Infinity;
    Object.assign(globalThis, { begun: [], held: 0, scores: {}, chosenOf: {} });
    globalThis.Worker = class extends Worker {
      constructor(address, options) {
        super(address, options);
        this.trainer = options.name === "trainer";
        this.addEventListener("message", ({ data: { result } }) => {
          if (!this.trial || !Array.isArray(result)) return;
          for (const { type, run } of result) if (type === "run_done") globalThis.scores[this.trial] = run.epochs.at(-1).accuracy;
        });
      }

      postMessage(message, ...rest) {
        if (message.method === "choose") globalThis.chosenOf[message.args[0].arm] = message.args[0].done;
        if (this.trainer && message.method === "start") {
          const [, { id, kind }] = message.args;
          this.trial = kind === "trial" ? id : null;
          if (kind === "trial") {
            if (globalThis.begun.length === globalThis.limit) {
              globalThis.held += 1;
              return;
            }
            globalThis.begun.push(id);
          }
        }
        super.postMessage(message, ...rest);
      }
    };
  });

describe("tune first", { timeout: 15 * 60_000 }, () => {
  test("a search that was stopped resumes; every arm is searched for alike, and the comparison runs each at its own best", (context) =>
    journey(
      context,
      {
        hash: `${TINY}&seeds=1&epochs=2&arms=standard,tuned&max_rows=20&max_tokens=8&workers=1`,
        prepare: noteTrials,
      },
      async (page) => {
        await page.waitForFunction(() => !document.querySelector("#run-tune").disabled);
        page.setDefaultTimeout(8 * 60_000); // forty short trainings, perhaps beside another test
        await page.evaluate(() => {
          globalThis.limit = 5;
        });
        await page.click("#run-tune");
        await page.waitForFunction(() => globalThis.held === 1); // the one worker has ended five
        assert.match(await page.textContent("#status"), /Searching/);
        await page.click("#stop");
        await phase(page, "ready");
        assert.equal(
          await page.textContent("#status"),
          "The search was stopped; nothing was chosen. 5 trials are kept: “Tune first” resumes from there.",
        );
        assert.equal(await page.locator("#choices tbody tr").count(), 0);
        assert.doesNotMatch(page.url(), /choices=/);

        await page.evaluate(() => {
          globalThis.limit = Infinity;
        });
        await page.click("#run-tune");
        await phase(page, "done");
        assert.match(page.url(), /validation_fraction=0\.2/);
        assert.match(page.url(), /choices=standard:1:/);
        assert.equal(await page.locator("#choices tbody tr").count(), 2);
        const { begun, scores, chosenOf } = await page.evaluate(() => ({
          begun: globalThis.begun,
          scores: globalThis.scores,
          chosenOf: globalThis.chosenOf,
        }));
        assert.deepEqual([begun.length, new Set(begun).size], [40, 40], "no trial is repeated");
        for (const arm of ["standard", "tuned"]) {
          const idOf = ({ seed, learning_rate: learningRate, epochs, rate }) =>
            `trial/${arm}/${seed}/1/${learningRate}/${epochs}${rate === undefined ? "" : `/${rate}`}`;
          assert.equal(chosenOf[arm].length, 20);
          for (const trial of chosenOf[arm]) assert.equal(trial.score, scores[idOf(trial)], idOf(trial));
        }
        const results = JSON.parse((await downloaded(page, "#download-results")).content);
        assert.deepEqual(
          results.config.choices.map(({ arm, settings, trials }) => [arm, settings, trials]),
          [
            ["standard", 12, 20],
            ["tuned", 12, 20],
          ],
        );
        for (const choice of results.config.choices) assert.equal(results.runs.find(({ arm }) => arm === choice.arm).epochs.length, choice.epochs);
        const { rate } = results.config.choices[1];
        assert.ok(
          results.arms.tuned.every((site) => site.rate === rate),
          `${rate}`,
        );
        assert.match(await page.textContent("#verdict"), /Each arm ran at its own best of 12 settings\./);
        assert.equal(await page.locator("#train-longer").count(), 0, "each arm has a length of its own");
        await page.waitForFunction(() => /The search takes about/.test(document.querySelector("#tune-estimate").textContent));

        await page.selectOption("#dataset-sample", "questions");
        await page.waitForFunction(() => document.querySelectorAll("#choices tr").length === 0);
        assert.doesNotMatch(page.url(), /choices=/, "what was chosen for other texts is forgotten");
      },
    ));
});
