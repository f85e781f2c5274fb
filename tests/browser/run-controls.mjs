// What Run begins, and what it does not: node --test tests/browser/run-controls.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { experiment, journey, phase, TINY } from "./page.mjs";

const SHORT = TINY.replace("fisher_texts=20", "fisher_texts=2");
/** From now on no job advances, so that what is under way stays so. */
const holdJobs = (page) =>
  page.addInitScript(() => {
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function held(message, ...rest) {
      if (message.method !== "advance") postMessage.call(this, message, ...rest);
    };
  });
const pauseSays = (page) => page.textContent("#pause");

describe("run controls", { timeout: 5 * 60_000 }, () => {
  test("a double click and an Enter that is held down begin an experiment, and pause nothing", (context) =>
    journey(context, { hash: SHORT, prepare: holdJobs }, async (page) => {
      await page.dblclick("#run");
      await phase(page, "fisher");
      assert.equal(await pauseSays(page), "Pause");
      await page.click("#stop");
      await phase(page, "ready");
      await page.focus("#run");
      await page.keyboard.down("Enter");
      await page.waitForFunction(() => document.activeElement.id === "pause");
      await page.keyboard.down("Enter"); // repeats, since it was not let go
      await page.keyboard.down("Enter");
      await page.keyboard.up("Enter");
      assert.equal(await pauseSays(page), "Pause");
      await page.keyboard.press("Enter");
      assert.equal(await pauseSays(page), "Resume", "another press is another");
      await page.click("#stop");
      await phase(page, "ready");
    }));

  test("what the form refuses does not run, and is not shown while something else does", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      const type = async (id, value) => {
        await page.fill(id, value);
        await page.press(id, "Tab");
      };
      const isRefused = (id) => page.evaluate((selector) => document.querySelector(selector).getAttribute("aria-invalid") === "true", id);
      await type("#learning-rate", "0x1");
      assert.ok(await isRefused("#learning-rate"), "no decimal number");
      await type("#learning-rate", "1e-3");
      assert.ok(!(await isRefused("#learning-rate")));
      await type("#seeds", "7，9、11");
      assert.ok(!(await isRefused("#seeds")));
      await page.waitForFunction(() => location.hash.includes("seeds=7,9,11"));
      await type("#epochs", "0");
      assert.ok(await isRefused("#epochs"));
      const { config } = await experiment(page);
      assert.deepEqual([config.epochs, config.seeds, config.learning_rate], [1, [7, 9, 11], 1e-3]);
      assert.deepEqual([await page.inputValue("#epochs"), await isRefused("#epochs")], ["1", false]);
    }));

  test("a note on one fraction names it; seeds needed are those of the corrected test", (context) =>
    journey(
      context,
      {
        hash: `${SHORT}&fractions=1,0.5`,
        prepare: (page) =>
          page.addInitScript(() => {
            globalThis.Worker = class extends Worker {
              constructor(...args) {
                super(...args);
                this.addEventListener("message", ({ data: { result } }) => {
                  for (const item of result?.comparisons ?? []) {
                    const isEqual = item.fraction === 0.5;
                    Object.assign(item, {
                      note: isEqual ? "all 2 pairs are equal" : null,
                      notes: isEqual ? [{ note: "all_equal", seeds: 2 }] : [],
                      seeds_needed: 41,
                      seeds_needed_corrected: 67,
                      ci95: [-1, 1],
                    });
                  }
                });
              }
            };
          }),
      },
      async (page) => {
        await experiment(page);
        assert.match(await page.textContent(".split-sizes"), /32 training examples, 8 test examples, at 50\s%: 17 training examples\./);
        const note = await page.textContent("#results-note");
        assert.match(note, /\(50\s%\): all 2 pairs are equal/);
        const table = await page.textContent("#results-table");
        assert.ok(/67/.test(table) && !/41/.test(table), table);
        assert.match(table, /any difference/);
      },
    ));
});
