// What Run begins, and what it does not: node --test tests/browser/run-controls.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { experiment, journey, TINY } from "./page.mjs";
import { hold, holdable } from "./support/held-workers.mjs";

const SHORT = TINY.replace("fisher_texts=20", "fisher_texts=2");
const HALF_A_SECOND_MS = 500;

/** A page whose clock stands still from when it is ready, and whose workers stand still at the first step of any job. */
const stillPage = (context, act) =>
  journey(
    context,
    {
      hash: SHORT,
      prepare: async (page) => {
        await page.clock.install();
        await holdable(page);
      },
    },
    async (page) => {
      await hold(page, "advance", ".");
      await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
      await act(page);
    },
  );

/** Whether what was begun goes on: a worker has got a job, or else it has been stopped. */
async function assertUnderWay(page, what) {
  const reached = await page.waitForFunction(() =>
    globalThis.withheld.length > 0 ? "under way" : document.documentElement.dataset.phase === "ready" && "stopped",
  );
  assert.equal(await reached.jsonValue(), "under way", what);
  assert.equal(await page.textContent("#pause"), "Pause", what);
}
/** The second click of a double click, wherever the pointer is. */
const secondClick = (page, id) => page.dispatchEvent(id, "click", { detail: 2, bubbles: true });

describe("run controls", { timeout: 5 * 60_000 }, () => {
  test("the second click of a double click means nothing for half a second after Run", (context) =>
    stillPage(context, async (page) => {
      await page.dblclick("#run"); // the second click hits Stop
      await assertUnderWay(page, "Stop is under the pointer");
      await page.clock.fastForward(HALF_A_SECOND_MS - 1);
      await secondClick(page, "#pause");
      assert.equal(await page.textContent("#pause"), "Pause", "half a second is not over");
      await page.clock.fastForward(2);
      await secondClick(page, "#pause");
      assert.equal(await page.textContent("#pause"), "Resume", "half a second is over");
    }));

  test("a click on its own counts at once", (context) =>
    stillPage(context, async (page) => {
      await page.click("#run");
      await page.dispatchEvent("#pause", "click", { detail: 1, bubbles: true });
      assert.equal(await page.textContent("#pause"), "Resume");
    }));

  test("an Enter that is held down begins an experiment, and neither pauses nor stops it", (context) =>
    stillPage(context, async (page) => {
      await page.focus("#run");
      await page.keyboard.down("Enter");
      await page.waitForFunction(() => document.activeElement.id === "pause");
      for (const repeat of [1, 2, 3]) {
        await page.keyboard.down("Enter"); // repeats, since it was not let go
        assert.equal(await page.textContent("#pause"), "Pause", `repeat ${repeat}`);
      }
      await page.keyboard.up("Enter");
      await assertUnderWay(page, "Enter was held");
      await page.keyboard.press("Enter");
      assert.equal(await page.textContent("#pause"), "Resume", "another press is another");
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
