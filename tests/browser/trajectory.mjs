// The plane of two trained models, computed and looked at: node --test tests/browser/trajectory.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, csv, downloaded, experiment, journey, noteJobs, noteTables, phase, TINY, withHoles } from "./page.mjs";
import { hold, holdable, release, standingStill } from "./support/held-workers.mjs";

const SMALL = `${TINY.replace("fisher_texts=20", "fisher_texts=4").replace("epochs=1", "epochs=2")}&surface_points=8&workers=2`;

/** Rows of three classes. */
const OTHER = `text,label\n${Array.from({ length: 30 }, (_, row) => `word ${row} of the text,${"abc"[row % 3]}`).join("\n")}\n`;

async function compute(page) {
  await page.click("#run-plane");
  await page.waitForFunction(() => ["done", "error"].includes(document.documentElement.dataset.phase));
  await phase(page, "done");
  return JSON.parse((await downloaded(page, "#download-plane")).content);
}

const begun = (page, kinds) => page.evaluate((pattern) => globalThis.begun.filter((id) => new RegExp(pattern).test(id)), kinds);

describe("the plane of two models", { timeout: 20 * 60_000 }, () => {
  test("two maps, and two paths from one start to what was trained", (context) =>
    journey(context, { hash: SMALL, shipped: true, prepare: noteJobs }, async (page) => {
      assert.ok(await page.isDisabled("#run-plane"), "there are no models yet");
      assert.ok(await page.isVisible("#plane-needs"));
      const { runs } = await experiment(page);
      assert.ok(await page.isHidden("#plane-needs"));
      await page.waitForFunction(() => /8 × 8 points.*on this machine/.test(document.querySelector("#plane-estimate").textContent));
      const { arms, rows, x, y, losses, start, ends, paths, unit } = await compute(page);

      assert.deepEqual([arms, x.length, y.length, rows.train > 20, rows.test], [["guided", "standard"], 8, 8, true, 8]);
      assert.ok(Math.abs((ends[0].x + ends[1].x) / 2 - 1) < 1e-9 && ends[0].y > 0 && ends[1].y < 0 && unit > 0);
      for (const part of ["train", "test"]) assert.equal(losses[part].flat().filter((loss) => loss > 0).length, 64, part);
      arms.forEach((arm, index) => {
        const run = runs.find((each) => each.arm === arm && each.seed === 1 + Math.min(...runs.map(({ seed }) => seed)) - 1);
        assert.ok(Math.abs(ends[index].test - run.epochs.at(-1).eval_loss) < 1e-5, `${arm}: ${ends[index].test} for ${run.epochs.at(-1).eval_loss}`);
        assert.equal(paths[index].length, run.steps.length, "a place for each step");
        const last = paths[index].at(-1);
        assert.ok(Math.hypot(last.x - ends[index].x, last.y - ends[index].y) < 1e-3 && last.off < 0.02, `${arm} ends at ${JSON.stringify(last)}`);
        assert.ok(Math.max(...paths[index].map(({ off }) => off)) > 0.05, "on its way it is outside the plane");
      });
      assert.ok(start.train > ends[0].train && start.train > ends[1].train);

      assert.equal(await page.locator("#plane-chart svg.contours").count(), 2);
      assert.equal(await page.locator("#plane-chart canvas").count(), 0);
      assert.match(await page.textContent("#plane-chart .surface-scale"), /\d nats$/);
      assert.equal(await page.locator("#plane-chart svg.contours .paths .path").count(), 4);
      assert.equal(await page.textContent("#plane-places tbody tr:nth-child(2) td:nth-of-type(2)"), ends[0].test.toFixed(3));
      const farthest = unit * Math.max(...paths[0].map(({ off }) => off));
      assert.equal(await page.textContent("#plane-places tbody tr:nth-child(2) td:nth-of-type(4)"), farthest.toFixed(2));
      await page.locator("#plane-chart svg.contours").first().focus();
      await page.keyboard.press("0");
      await page.keyboard.press("ArrowRight");
      const column = x.findIndex((value, index) => index > 0 && Math.abs(x[index - 1]) === Math.min(...x.map(Math.abs)));
      const row = y.findIndex((value) => Math.abs(value) === Math.min(...y.map(Math.abs)));
      const possible = [row, y.length - 1 - row].map(
        (up) => `training ${losses.train[up][column].toFixed(2)} · test ${losses.test[up][column].toFixed(2)}`,
      );
      await page.waitForFunction((wanted) => wanted.some((words) => document.querySelector("#plane-readout").textContent.endsWith(words)), possible);
      await assertAccessible(page);

      await page.click("#plane-tables summary");
      await page.evaluate(() => {
        globalThis.begun = [];
      });
      await page.evaluate(noteTables, "#plane-tables");
      assert.deepEqual((await compute(page)).losses, losses);
      assert.ok(await page.evaluate(() => globalThis.emptied), "the table is emptied with the figure");
      assert.deepEqual(await begun(page, "plane|trajectory"), [], "nothing that is kept is computed again");

      await page.setInputFiles("#dataset-file", csv("other.csv", OTHER));
      await page.waitForFunction(() => /other\.csv/.test(document.querySelector("#dataset-summary").textContent));
      const { model, dataset } = JSON.parse((await downloaded(page, "#download-plane")).content);
      assert.deepEqual([model, dataset], ["mini-4x256", "opinions.csv"], "what it was computed with");

      for (const points of ["9", "10"]) {
        // the first might be told for other data
        await page.fill("#surface-points", points);
        await page.press("#surface-points", "Tab");
        await page.waitForFunction((words) => document.querySelector("#plane-estimate").textContent.includes(words), `${points} × ${points} points`);
      }
    }));

  test("any two models, and never one beside itself", (context) =>
    journey(
      context,
      { hash: SMALL.replace("arms=standard,guided", "arms=standard,guided,uniform-mean").replace("seeds=2", "seeds=1"), prepare: noteJobs },
      async (page) => {
        await experiment(page);
        const pair = () => page.evaluate(() => ["#plane-arm", "#plane-beside"].map((select) => document.querySelector(select).value));
        assert.deepEqual(await pair(), ["guided", "standard"]);
        await page.selectOption("#plane-arm", "standard");
        assert.deepEqual(await pair(), ["standard", "guided"], "they change places");
        await page.selectOption("#plane-beside", "uniform-mean");
        await page.selectOption("#plane-arm", "guided");
        assert.deepEqual(await pair(), ["guided", "uniform-mean"]);
        const { arms, paths } = await compute(page);
        assert.deepEqual([arms, paths.length], [["guided", "uniform-mean"], 2]);
        assert.match(await page.textContent("#plane-caption"), /guided and uniform-mean/);
        assert.deepEqual(await pair(), ["guided", "uniform-mean"], "what was chosen stays");
      },
    ));

  test("a worker that dies on a path costs only that, stopping keeps what is done, and what is not finite is no fault", (context) =>
    journey(
      context,
      {
        hash: SMALL,
        prepare: async (page) => {
          await holdable(page);
          await noteJobs(page);
          await withHoles(page, ({ point }) => point === 3);
        },
      },
      async (page) => {
        await experiment(page);
        await page.evaluate(() => {
          let deaths = 1;
          globalThis.kill = (id) => id === "trajectory/guided" && deaths-- > 0;
        });
        await hold(page, "advance", "^trajectory/", 1);
        await page.press("#run-plane", "Enter");
        await standingStill(page, 2);
        assert.equal(await page.evaluate(() => document.activeElement.id), "pause");
        const underway = await page.textContent("#status");
        assert.match(underway, /trajectories/);
        for (const words of ["Paused. Nothing is lost.", underway]) {
          await page.click("#pause");
          assert.equal(await page.textContent("#status"), words);
        }
        await page.click("#stop");
        await phase(page, "ready");
        assert.equal(await page.locator(".origin.live").count(), 0, "nothing runs");
        const before = await begun(page, "plane/0");
        assert.ok(before.length > 0);
        await release(page);
        await page.evaluate(() => {
          globalThis.begun = [];
        });
        const { paths, losses } = await compute(page);
        assert.deepEqual(await begun(page, "plane/0"), [], "the coarse grid was kept");
        const holes = losses.train.flat().filter((loss) => loss === null).length;
        assert.ok(holes > 4 && losses.train.flat().every((loss) => loss === null || loss > 0), `${holes} holes`);
        assert.ok((await page.textContent("#plane-caption")).includes(`${2 * holes} of 128 losses are not finite.`));
        assert.deepEqual(
          paths.map((path) => path.map(({ step }) => step)),
          paths.map((path) => path.map((_, index) => index + 1)),
          "no step is missing or told twice",
        );
      },
    ));

  test("models of other settings are refused in words, and nothing is lost", (context) =>
    journey(
      context,
      {
        hash: SMALL,
        prepare: async (page) => {
          await holdable(page);
          await noteJobs(page);
        },
      },
      async (page) => {
        await experiment(page);
        await page.fill("#learning-rate", "0.0001");
        await page.dispatchEvent("#learning-rate", "change");
        await page.waitForFunction(() => document.documentElement.dataset.phase === "ready" || !document.querySelector("#run-plane").disabled);
        await page.click("#run-plane");
        await page.waitForFunction(() => document.documentElement.dataset.phase === "error");
        assert.match(await page.textContent("#plane-errors"), /trained with different data/);
        assert.deepEqual(await begun(page, "plane|trajectory"), []);
        assert.ok(await page.isEnabled("#run-plane"));
        await page.setInputFiles("#dataset-file", csv("three.csv", OTHER));
        await page.waitForFunction(() => /three\.csv/.test(document.querySelector("#dataset-summary").textContent));
        await page.click("#run-plane"); // which takes the first refusal away
        await page.waitForFunction(() =>
          /trained with different data|Unsupported model weights/.test(document.querySelector("#plane-errors").textContent),
        );
        assert.match(
          await page.textContent("#plane-errors"),
          /trained with different data/,
          "other classes are other data, and no fault of the model's file",
        );

        await page.selectOption("#model-arm", "guided");
        await page.fill("#epochs", "3");
        await page.press("#epochs", "Tab");
        await page.waitForFunction(() => document.querySelector("#predict-result table"));
        assert.equal(await page.inputValue("#model-arm"), "guided");
        assert.ok(await page.isEnabled("#download-model"));
        await hold(page, "start", "^run/");
        await page.click("#run");
        await phase(page, "training");
        assert.ok(await page.isDisabled("#download-model"), "while others are trained, none can be saved");
        await page.click("#stop");
        await phase(page, "ready");
        assert.ok(await page.isDisabled("#download-model"), "the former models are gone");
        assert.ok(await page.isVisible("#predict-result .empty"));
      },
    ));
});
