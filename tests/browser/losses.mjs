// Fisher information of either loss, and of both beside each other: node --test tests/browser/losses.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kendallTau } from "../../www/charts/sites.js";
import { assertAccessible, experiment, journey, phase, TINY } from "./page.mjs";

/** The estimate that the page holds in the end, from the downloads' results. */
const scoresOf = ({ fisher }) => fisher.sites.map(({ score }) => score);

describe("information of which loss", { timeout: 15 * 60_000 }, () => {
  test("Kendall's tau counts pairs, and corrects for ties", () => {
    assert.equal(kendallTau([1, 2, 3, 4], [10, 30, 20, 40]), 4 / 6);
    assert.equal(kendallTau([1, 2, 3], [3, 2, 1]), -1);
    assert.ok(Math.abs(kendallTau([1, 2, 2, 3], [1, 2, 3, 4]) - 5 / Math.sqrt(5 * 6)) < 1e-12);
  });

  test("the labelled loss is a setting, and both are drawn beside each other", (context) =>
    journey(context, { hash: `${TINY}&workers=1` }, async (page) => {
      const pretraining = await experiment(page);
      assert.equal(pretraining.config.fisher_loss, "pretraining");
      assert.equal(await page.locator("#fisher-losses > *").count(), 0, "one loss alone has nothing beside it");

      await page.selectOption("#fisher-loss", "labelled");
      assert.match(page.url(), /fisher_loss=labelled/);
      const labelled = await experiment(page);
      assert.equal(labelled.config.fisher_loss, "labelled");
      assert.match(await page.textContent("#fisher-caption"), /labelled loss/);
      assert.notDeepEqual(scoresOf(labelled), scoresOf(pretraining));
      assert.notDeepEqual(labelled.arms.guided, pretraining.arms.guided, "other scores, other rates");
      await page.waitForSelector("#fisher-losses .bars");
      assert.equal(await page.locator("#fisher-losses .bars").count(), 2);
      const tau = kendallTau(scoresOf(pretraining), scoresOf(labelled)).toFixed(2).replace("-", "−");
      assert.ok((await page.textContent("#fisher-losses")).includes(`Kendall’s τ between both orders: ${tau}.`), tau);
      await assertAccessible(page);

      await page.selectOption("#fisher-loss", "pretraining");
      await page.click("#run-fisher");
      await phase(page, "fisher");
      await phase(page, "ready");
      assert.doesNotMatch(await page.textContent("#fisher-caption"), /labelled loss/);
      await page.selectOption("#dataset-sample", "questions");
      await page.click("#run-fisher");
      await phase(page, "fisher");
      await phase(page, "ready");
      await page.waitForFunction(() => document.querySelectorAll("#fisher-losses > *").length === 0);
    }));
});
