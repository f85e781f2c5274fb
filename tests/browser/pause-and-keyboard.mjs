// Pause and Stop, keyboard, phone, settings in the address: node --test tests/browser/pause-and-keyboard.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LIVE_BEAT_MS } from "../../www/ui/dom.js";
import { downloaded, experiment, journey, phase, TINY } from "./page.mjs";
import { allAnswered, hold, holdable, release, standingStill } from "./support/held-workers.mjs";
import { assertSchema } from "./support/results-schema.mjs";

describe("pause and keyboard", { timeout: 15 * 60_000 }, () => {
  test("pause holds, resume goes on, stop drops, and another run finishes", (context) =>
    journey(context, { hash: `${TINY.replace("epochs=1", "epochs=40")}&workers=2`, prepare: holdable }, async (page) => {
      await hold(page, "advance", "^run/", 4);
      await page.click("#run");
      await standingStill(page, 2);
      await page.waitForFunction(() => /Live/.test(document.querySelector("#train-caption").textContent));
      await page.click("#pause");
      await release(page); // the steps under way may still end
      await allAnswered(page);
      await page.evaluate(
        (beatMs) =>
          new Promise((drawn) => {
            setTimeout(() => requestAnimationFrame(drawn), beatMs);
          }),
        LIVE_BEAT_MS,
      ); // and what they did is drawn
      const held = await page.getAttribute("#progress", "value");
      await page.waitForTimeout(1000); // several steps long
      assert.equal(await page.getAttribute("#progress", "value"), held);
      assert.match(await page.textContent("#status"), /Paused/);
      await hold(page, "advance", "^run/", 1);
      await page.click("#pause");
      await page.waitForFunction((value) => document.querySelector("#progress").getAttribute("value") !== value, held);
      await standingStill(page, 2);
      await page.click("#stop");
      await phase(page, "ready");
      assert.match(await page.textContent("#status"), /Stopped/);
      await release(page);
      await page.waitForFunction(() => /Your result/.test(document.querySelector("#train-caption").textContent));
      assert.equal(await page.locator(".origin.live").count(), 0, "nothing runs");
      await page.fill("#epochs", "1");
      await page.press("#epochs", "Tab");
      assertSchema(await experiment(page), { arms: ["standard", "guided"], seeds: [1, 2], epochs: 1, fisherTexts: 20 });
    }));

  test("a worker that dies costs its job, which is done again", (context) =>
    journey(context, { hash: `${TINY.replace("epochs=1", "epochs=8")}&workers=2`, prepare: holdable }, async (page) => {
      await hold(page, "advance", "^run/", 4);
      await page.click("#run");
      await standingStill(page, 2); // a worker that has no job yet is replaced in silence
      const names = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.name)));
      const victim = page.workers()[names.indexOf("trainer")];
      await victim.evaluate(() => {
        setTimeout(() => {
          throw new Error("killed by the test");
        });
      });
      await page.waitForSelector("#page-errors .notice");
      assert.match(await page.textContent("#page-errors"), /run\/.* crashed; the job was restarted/);
      await release(page);
      await phase(page, "done");
      const results = JSON.parse((await downloaded(page, "#download-results")).content);
      assertSchema(results, { arms: ["standard", "guided"], seeds: [1, 2], epochs: 8, fisherTexts: 20 });
    }));

  test("settings travel in the address; a rate edited by hand becomes an arm", (context) =>
    journey(context, { prepare: holdable }, async (page) => {
      await hold(page, "start", "^fisher/");
      await page.press("#run-fisher", "Enter");
      await phase(page, "fisher");
      assert.equal(await page.evaluate(() => document.activeElement.id), "pause", "the focus of a button that is off now");
      await release(page);
      await phase(page, "ready");
      const first = page.locator("#rates-table tr[data-site=embeddings] input");
      await first.fill("0.25");
      await first.press("Tab");
      assert.ok(await page.isChecked("#arms input[value=custom]"));
      const address = await page.getAttribute("#permalink", "href");
      assert.match(address, /custom_rates=embeddings:0\.25/);
      const copy = await page.context().newPage();
      await copy.goto(address);
      await phase(copy, "ready");
      assert.ok(await copy.isChecked("#arms input[value=custom]"));
      assert.equal(await copy.inputValue("#epochs"), "1");
      assert.equal(await copy.inputValue("#dataset-sample"), "opinions");
      await page.fill("#epochs", "0");
      await page.press("#epochs", "Tab");
      assert.match(await page.textContent("#train-errors"), /Epochs/);
    }));

  test("by keyboard alone", (context) =>
    journey(context, { prepare: holdable }, async (page) => {
      const focused = () => page.evaluate(() => document.activeElement.id);
      for (let presses = 0; presses < 5 && (await focused()) !== "run"; presses += 1) await page.keyboard.press("Tab");
      assert.equal(await focused(), "run");
      await hold(page, "start", "^fisher/");
      await page.keyboard.press("Enter");
      await phase(page, "fisher");
      assert.equal(await focused(), "pause");
      await release(page);
      await phase(page, "done");
      assert.equal(await focused(), "run");
    }));

  test("what cannot be used says why, before, during and after an experiment", (context) =>
    journey(context, { prepare: holdable }, async (page) => {
      const silent = () =>
        page.$$eval("button:disabled, input:disabled, select:disabled, textarea:disabled", (controls) =>
          controls
            .filter((control) => !control.title || document.getElementById(control.getAttribute("aria-describedby"))?.textContent !== control.title)
            .map((control) => control.id || control.textContent),
        );
      assert.deepEqual(await silent(), []);
      assert.match(await page.getAttribute("#download-results", "title"), /No results yet/);
      await hold(page, "start", "^fisher/");
      await page.click("#run");
      assert.deepEqual(await silent(), []);
      assert.match(await page.getAttribute("#epochs", "title"), /An experiment is running/);
      await release(page);
      await phase(page, "done");
      assert.deepEqual(await silent(), []);
      for (const id of ["download-results", "epochs", "run"]) assert.equal(await page.getAttribute(`#${id}`, "title"), null, id);
    }));

  test("fits a phone", (context) =>
    journey(context, { options: { viewport: { width: 360, height: 720 } } }, async (page) => {
      await experiment(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page scrolls sideways");
    }));
});
