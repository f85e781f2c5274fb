// The arms and settings of part 4 on their way into an experiment and a link: node --test tests/browser/arms.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SCHEMA } from "../../www/platform/schema.js";
import { experiment, journey, TINY } from "./page.mjs";

const OTHER = {
  epochs: "3",
  evaluate_every: "2",
  learning_rate_schedule: "constant",
  validation_fraction: "0.2",
  arms: "standard,by-kind,spare-embeddings,tuned",
  seeds: "1",
};
const address = (settings) =>
  `${TINY}&workers=1&${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join("&")}`;

describe("arms and settings", { timeout: 15 * 60_000 }, () => {
  test("every arm is offered with a line and mark of its own", (context) =>
    journey(context, {}, async (page) => {
      const swatches = await page.locator("#arms label").evaluateAll((labels) =>
        labels.map((label) => {
          const [line, mark] = [label.querySelector("line"), label.querySelector("path")];
          return {
            arm: label.querySelector("input").value,
            dash: line.getAttribute("stroke-dasharray"),
            mark: mark.getAttribute("d"),
            color: getComputedStyle(mark).fill,
          };
        }),
      );
      assert.deepEqual(
        swatches.map(({ arm }) => arm),
        SCHEMA.arms.map(({ name }) => name),
      );
      for (const part of ["dash", "mark", "color"]) assert.equal(new Set(swatches.map((swatch) => swatch[part])).size, swatches.length, part);
    }));

  test("schedule, evaluation, validation and a rate for the arm tuned reach the core, its results and a link", (context) =>
    journey(context, { hash: address(OTHER) }, async (page) => {
      await page.waitForFunction(() => document.querySelector("#train-errors").textContent.includes("a rate for the arm tuned"));
      await page.locator("#train details.more summary").click();
      await page.fill("#tuned-rate", "0.05");
      await page.press("#tuned-rate", "Tab");
      await page.waitForFunction(() => /^4 runs/.test(document.querySelector("#estimate").textContent));
      assert.match(page.url(), /tuned_rate=0\.05/);
      const results = await experiment(page);
      const { evaluate_every: every, learning_rate_schedule: schedule, validation_fraction: validation } = results.config;
      assert.deepEqual([every, schedule, validation], [2, "constant", 0.2]);
      assert.ok(
        results.runs.every(({ epochs }) => epochs.map(({ epoch }) => epoch).join() === "2,3"),
        "evaluated after the second epoch and the last",
      );
      assert.ok(results.arms.tuned.every(({ rate }) => rate === 0.05));
      assert.equal(results.arms["spare-embeddings"][0].rate, 0);
      assert.match(await page.textContent("#settled"), /tuned/);

      await page.evaluate(() => {
        navigator.clipboard.writeText = async (link) => {
          globalThis.link = link;
        };
      });
      await page.click("#permalink-results");
      const copy = await page.context().newPage();
      await copy.goto(await (await page.waitForFunction(() => globalThis.link)).jsonValue());
      await copy.waitForFunction(() => document.querySelector("#train-figure").dataset.origin === "linked");
      await copy.waitForFunction(() => /epoch 3: /.test(document.querySelector("#accuracy-chart .plot")?.getAttribute("aria-label")));
      await copy.close();
    }));
});
