// A fair search before the comparison: node --test tests/browser/tune.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { downloaded, journey, phase, TINY } from "./page.mjs";

describe("tune first", { timeout: 15 * 60_000 }, () => {
  test("every arm is searched for alike, and the comparison runs each at its own best", (context) => journey(context, { hash: `${TINY}&seeds=1&arms=standard,tuned&max_tokens=8` }, async (page) => {
    await page.waitForFunction(() => !document.querySelector("#run-tune").disabled);
    page.setDefaultTimeout(8 * 60_000); // forty short trainings, perhaps beside another test
    await page.click("#run-tune");
    await page.waitForFunction(() => /Searching/.test(document.querySelector("#status").textContent));
    await phase(page, "done");
    assert.match(page.url(), /validation_fraction=0\.2/);
    assert.match(page.url(), /choices=standard:1:/);
    assert.equal(await page.locator("#choices tbody tr").count(), 2);
    const results = JSON.parse((await downloaded(page, "#download-results")).content);
    assert.deepEqual(results.config.choices.map(({ arm, settings, trials }) => [arm, settings, trials]), [["standard", 12, 20], ["tuned", 12, 20]]);
    for (const choice of results.config.choices) assert.equal(results.runs.find(({ arm }) => arm === choice.arm).epochs.length, choice.epochs);
    const { rate } = results.config.choices[1];
    assert.ok(results.arms.tuned.every((site) => site.rate === rate), `${rate}`);
    assert.match(await page.textContent("#verdict"), /Each arm ran at its own best of 12 settings\./);
    assert.equal(await page.locator("#train-longer").count(), 0, "each arm has a length of its own");
    await page.waitForFunction(() => /The search takes about/.test(document.querySelector("#tune-estimate").textContent));

    await page.selectOption("#dataset-sample", "questions");
    await page.waitForFunction(() => document.querySelectorAll("#choices tr").length === 0);
    assert.doesNotMatch(page.url(), /choices=/, "what was chosen for other texts is forgotten");
  }));
});
