// The loss surfaces, computed: node --test tests/browser/landscape.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { ARGUMENTS, launch } from "../../scripts/chromium.mjs";
import { assertAccessible, downloaded, journey, noteTables, phase, replacedFile, withHoles, WWW } from "./page.mjs";
import { hold, release, standingStill } from "./support/held-workers.mjs";
import { SMALL, AT_ONCE, watch, RECORDED, recordedSurfaces, twoFrames } from "./support/surfaces-page.mjs";

const SUBSETS = ["all", "top", "bottom"];

/** The tests' browser draws in software; this one not at all. */
let plain;

before(async () => {
  plain = await launch([...ARGUMENTS, "--disable-3d-apis"]);
});

after(() => plain?.close());

async function compute(page) {
  await page.click("#run-surface");
  await page.waitForFunction(() => ["done", "error"].includes(document.documentElement.dataset.phase));
  await phase(page, "done");
  return JSON.parse((await downloaded(page, "#download-surface")).content);
}

describe("the loss surfaces", { timeout: 40 * 60_000 }, () => {
  test("three small surfaces, from above where there is no WebGL2", (context) =>
    journey(context, { hash: SMALL, prepare: watch, through: plain }, async (page) => {
      assert.match(await page.textContent("#surface-hint"), /no WebGL2/);
      assert.ok(await page.evaluate(() => document.querySelector('#surface-view [value="turning"]').disabled));
      const { centre, axis, losses, settings, strides } = await compute(page);
      const under = await page.evaluate(() => globalThis.phases.filter((phase) => ["fisher", "surface"].includes(phase)));
      assert.deepEqual(
        under.filter((phase, index) => phase !== under[index - 1]),
        ["surface", "fisher", "surface"],
      );
      assert.deepEqual(settings, { points: 9, range: 1, seed: 1, texts: 2, norm: "tensor", max_tokens: 12, fisher_texts: 4, fisher_seed: 1 });
      assert.equal(strides.top.tensors + strides.bottom.tensors, strides.all.tensors);
      assert.ok(strides.all.one_dimensional > 0 && strides.all.length > strides.bottom.length && strides.all.length < 1);
      const cells = await page.locator("#surface-strides tbody tr:first-child td").allTextContents();
      assert.deepEqual(cells, [`${strides.all.tensors}`, `${strides.all.one_dimensional}`, `${(100 * strides.all.length).toFixed(1)}\u00a0%`]);
      assert.deepEqual([axis.length, axis[0], axis[4], axis[8]], [9, -1, 0, 1]);
      for (const subset of SUBSETS) {
        const values = losses[subset].flat();
        assert.equal(values.filter((loss) => Number.isFinite(loss) && loss > 0).length, 81, subset);
        assert.equal(losses[subset][4][4], centre, `the middle of ${subset} is the model itself`);
        assert.equal(new Set(values).size > 70, true, `${subset} is no plain`);
        assert.ok(losses[subset][0][0] > centre, `${subset} rises to its corner`);
      }
      assert.notDeepEqual(losses.top, losses.bottom);

      assert.equal(await page.locator("#surface-chart svg.contours rect").count(), 3 * 81);
      assert.ok((await page.locator("#surface-chart svg.contours .contour").count()) > 3);
      await page.click("#surface-tables summary");
      await page.waitForSelector("#surface-tables tbody tr"); // it is filled after the press
      assert.equal(await page.locator("#surface-tables tbody tr").count(), 81);
      assert.equal(await page.textContent("#surface-tables tbody tr:nth-child(41) td:nth-child(3)"), centre.toFixed(4));
      assert.equal(await page.locator(".origin.live").count(), 0, "nothing runs");
      await page.locator("#surface-chart svg.contours").first().focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowUp");
      await page.waitForFunction(
        (wanted) => document.querySelector("#surface-readout").textContent.includes(wanted),
        `a 0.25, b 0.25: All tensors ${losses.all[5][5].toFixed(2)}`,
      );
      assert.equal(await page.textContent("#slice-a-title"), "Along a, at b = 0.25, in nats");
      assert.equal(await page.locator("#surface-chart svg.contours .chosen").count(), 3);
      await assertAccessible(page);

      const before = await page.evaluate(() => globalThis.begun.splice(0));
      assert.ok(before.length > 30, `${before.length} jobs`);
      const first = before.slice(
        0,
        before.findIndex((id) => id.startsWith("fisher")),
      );
      assert.deepEqual(
        first.sort(),
        ["landscape/all/0/0", "landscape/all/0/2", "landscape/all/0/4", "landscape/all/0/6", "landscape/all/0/8", "landscape/centre"],
        "something is seen before Fisher information",
      );
      assert.equal(new Set(before).size, before.length, "nothing is computed twice");
      await page.evaluate(noteTables, "#surface-tables");
      assert.deepEqual((await compute(page)).losses, losses);
      assert.ok(await page.evaluate(() => globalThis.emptied), "the table is emptied with the figure");
      assert.equal(
        await page.evaluate(() => globalThis.begun.filter((id) => id.startsWith("landscape")).length),
        0,
        "what is known is not computed again",
      );

      const prose = readFileSync(`${WWW}/data/samples/prose.txt`, "utf8")
        .split("\n")
        .filter((line) => line.trim() !== "").length;
      await page.fill("#surface-texts", "9999");
      await page.press("#surface-texts", "Tab");
      await page.waitForFunction((words) => document.querySelector("#surface-estimate").textContent.includes(words), `${prose} texts each`);
    }));

  test("stopped in the middle, it goes on; other settings give other surfaces", (context) =>
    journey(context, { hash: `${SMALL}&surface_norm=total&surface_seed=7`, prepare: watch }, async (page) => {
      assert.equal(await page.inputValue("#surface-norm"), "total");
      assert.equal(await page.inputValue("#surface-seed"), "7");
      await hold(page, "start", "^fisher/");
      await page.click("#run-surface");
      await standingStill(page);
      await page.click("#stop");
      await release(page);
      await phase(page, "ready");
      assert.match(await page.textContent("#surface-caption"), /25 of 243 points; linear interpolation/);
      assert.equal(await page.locator("#surface-figure .origin.live").count(), 0, "nothing runs");
      assert.equal(await page.locator("#surface-strides table").count(), 0, "the halves are not yet known");
      const coarse = await page.evaluate(() => globalThis.begun.splice(0).filter((id) => id.startsWith("landscape")));

      await hold(page, "start", "^landscape/", 6);
      await page.click("#run-surface");
      await standingStill(page, 2);
      assert.equal(await page.evaluate((ids) => globalThis.begun.some((id) => ids.includes(id)), coarse), false, "the first points were kept");
      await page.waitForFunction(() => /Live.*of 243 points; linear interpolation/.test(document.querySelector("#surface-caption").textContent));
      await page.click("#stop");
      await release(page);
      await phase(page, "ready");
      assert.match(await page.textContent("#status"), /Stopped\. Finished grid rows are kept/);
      const first = await page.evaluate(() => globalThis.begun.splice(0));
      const { losses, centre } = await compute(page);
      const second = await page.evaluate(() => globalThis.begun.splice(0));
      const twice = second.filter((id) => first.includes(id) && id.startsWith("landscape"));
      assert.ok(twice.length <= 2, `only the jobs under way were begun again: ${twice}`);
      for (const subset of SUBSETS) assert.equal(losses[subset][4][4], centre);
      assert.deepEqual(await page.locator("#surface-strides td:last-child").allTextContents(), Array(3).fill("100.0\u00a0%"));

      assert.match(await page.textContent("#surface-caption"), /masked-token loss of 2 texts; equal total norm, seed 7, range ±1\./);
      assert.equal(await page.textContent("#surface-other"), "");
      await page.fill("#surface-seed", "8");
      await page.press("#surface-seed", "Tab");
      assert.match(await page.textContent("#surface-other"), /settings have changed/);
      await page.fill("#surface-seed", "7");
      await page.press("#surface-seed", "Tab");
      assert.equal(await page.textContent("#surface-other"), "");

      await page.fill("#surface-points", "99");
      await page.press("#surface-points", "Tab");
      assert.match(await page.textContent("#surface-errors"), /Points per side.*expected a number from 8 to 32/);
      assert.equal(await page.getAttribute("#surface-points", "aria-invalid"), "true");
    }));

  test("points without a finite loss are holes", (context) =>
    journey(
      context,
      {
        hash: SMALL,
        prepare: async (page) => {
          await watch(page);
          await withHoles(page, ({ column }) => column === 6);
        },
      },
      async (page) => {
        const { losses } = await compute(page);
        for (const subset of SUBSETS) {
          assert.ok(
            losses[subset].every((row) => row.every((loss, column) => (loss === null) === (column === 6))),
            subset,
          );
        }
        assert.equal(await page.locator("#page-errors .notice").count(), 0, "nothing is lost");
        assert.match(await page.textContent("#surface-caption"), /27 of 243 points have no finite loss; use a smaller range/);
        assert.doesNotMatch(await page.textContent("#surface-caption"), /so far/);
        await page.selectOption("#surface-view", "flat");
        await page.waitForFunction((count) => document.querySelectorAll("#surface-chart svg.contours rect").length === count, 3 * 72);
        assert.equal(await page.locator("#surface-chart svg.contours .known").count(), 0, "the maps are whole");
        await page.locator("#surface-chart svg.contours").first().focus();
        for (const _ of [1, 2]) await page.keyboard.press("ArrowRight");
        await page.waitForFunction(() => /All tensors not finite/.test(document.querySelector("#surface-readout").textContent));
        await page.click("#surface-tables summary");
        assert.equal(await page.textContent("#surface-tables tbody tr:nth-child(7) td:nth-child(4)"), "not finite");
        const lines = (await downloaded(page, '#surface-figure .figure-tools button:text-is("SVG")')).content
          .toString()
          .match(/ d="M[^"]*M[^"]*"[^>]*stroke-width="2"/g);
        assert.equal(lines.length, 3, "the slices along a are broken");
      },
    ));

  test("on a narrow range, neighbouring values are written differently", (context) =>
    journey(context, { hash: SMALL.replace("range=1", "range=0.01"), prepare: watch, settled: AT_ONCE }, async (page) => {
      const recorded = recordedSurfaces();
      const narrow = (loss) => 8 + loss / 1e4;
      const other = {
        ...recorded,
        axis: recorded.axis.map((value) => value / 150),
        losses: Object.fromEntries(SUBSETS.map((subset) => [subset, recorded.losses[subset].map((row) => row.map(narrow))])),
      };
      await replacedFile(page, RECORDED, JSON.stringify(other));
      await page.reload();
      await page.waitForSelector("#surface-chart .surface-view");
      await page.selectOption("#surface-view", "flat");
      assert.ok(await page.isHidden("#surface-camera"));
      await page.waitForSelector("#surface-chart svg.contours .contour-level");
      const levels = await page.locator("#surface-chart svg.contours").first().locator(".contour-level").allTextContents();
      assert.equal(new Set(levels).size, levels.length, levels.join());
      assert.deepEqual(await page.locator("#surface-chart svg.contours").first().locator(".tick").allTextContents(), [
        "−0.0100",
        "a",
        "0.0100",
        "−0.0100",
        "b",
        "0.0100",
      ]);
      const map = page.locator("#surface-chart svg.contours").first();
      await map.scrollIntoViewIfNeeded();
      const { x, y, width, height } = await map.boundingBox();
      const said = async () => {
        await twoFrames(page);
        return page.textContent("#surface-readout");
      };
      await page.mouse.move(x + width * 0.4, y + height * 0.4);
      await page.mouse.down();
      const before = await said();
      await page.mouse.move(x + width * 0.7, y + height * 0.3);
      assert.notEqual(await said(), before, "what is dragged over is read");
      await page.mouse.up();
      assert.match(
        (await downloaded(page, '#surface-figure .figure-tools button:text-is("SVG")')).content.toString(),
        /<text[^>]*paint-order="stroke"/,
        "numbers on lines stay legible",
      );
      await map.focus();
      await page.keyboard.press("0");
      const readouts = new Set();
      for (const _ of [1, 2, 3]) {
        await page.keyboard.press("ArrowRight");
        await twoFrames(page);
        readouts.add((await page.textContent("#surface-readout")).match(/^a [\d.−]+/)[0]);
      }
      assert.equal(readouts.size, 3, [...readouts].join());
      assert.match(await page.textContent("#slice-b-title"), /0\.00\d\d/);
      const ends = (await page.textContent("#surface-chart .surface-scale")).match(/8\.\d+/g);
      assert.notEqual(ends[0], ends[1]);
      await page.click("#surface-tables summary");
      assert.match(await page.textContent("#surface-tables tbody td"), /^−0\.0100$/);
    }));
});
