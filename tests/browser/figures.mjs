// The figures, from the fewest to the most that they may have to show: node --test tests/browser/figures.mjs
// SHOTS=directory also writes a picture of each.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { describe, test } from "node:test";
import { assertAccessible, csv, journey, phase, TINY } from "./page.mjs";
import { shown } from "./support/recorded-page.mjs";

const FIGURES = ["fisher-figure", "rates-figure", "train-figure", "verdict-figure"];

const EXTREMES = {
  least: { sites: 3, classes: 2, seeds: 1, arms: 1, epochs: 1 },
  usual: {},
  "most classes of a matrix": { classes: 12, seeds: 10, arms: 8 },
  "most sites, seeds and arms": { sites: 40, classes: 2, seeds: 50, arms: 8, epochs: 10, steps: 300 },
  "most classes": { classes: 150, arms: 8, testRows: 600 },
};

const WINDOWS = {
  wide: { width: 1280, height: 900 },
  "zoomed to 200 %": { width: 640, height: 450 },
  phone: { width: 360, height: 720 },
};

/** How many pixels of the canvas have an arm's colour, or nearly. */
const inked = (page, chart, arm) =>
  page.evaluate(
    ([selector, name]) => {
      const canvas = document.querySelector(`${selector} canvas`);
      const wanted = getComputedStyle(document.documentElement)
        .getPropertyValue(`--arm-${name}`)
        .trim()
        .match(/[0-9a-f]{2}/g)
        .map((part) => Number.parseInt(part, 16));
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const distance = Math.hypot(...wanted.map((value, channel) => value - data[at + channel]));
        if (data[at + 3] > 150 && distance < 60) count += 1;
      }
      return count;
    },
    [chart, arm],
  );

/** What makes the page scroll sideways. */
const assertFits = async (page, where) =>
  assert.deepEqual(
    await page.evaluate(() =>
      document.documentElement.scrollWidth <= innerWidth
        ? []
        : [...document.querySelectorAll("body *")]
            .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 0.5)
            .map((node) => `${node.localName}.${node.getAttribute("class")} in #${node.closest("[id]")?.id}`)
            .slice(0, 5),
    ),
    [],
    `${where}: too wide`,
  );

/** What a canvas shows, to be compared. */
const pixels = (page, chart) =>
  page.evaluate(async (selector) => {
    await new Promise((drawn) => {
      requestAnimationFrame(() => requestAnimationFrame(drawn));
    });
    return document.querySelector(`${selector} canvas`).toDataURL();
  }, chart);

/** Everything that the results hold is in the figures, and each has its numbers behind it. */
async function assertComplete(page, { fisher, runs, comparisons, dataset, arms: rates }) {
  const count = (selector) => page.locator(selector).count();
  const arms = [...new Set(runs.map((run) => run.arm))];
  const seeds = new Set(runs.map((run) => run.seed)).size;
  assert.equal(await count("#fisher-chart .bar"), fisher.sites.length);
  assert.equal(await count("#rates-table tbody tr"), rates.guided.length);
  assert.equal(await count("#train-legend button"), arms.length);
  assert.equal(await count("#dots svg"), comparisons.length);
  for (const id of ["fisher-tables", "train-tables", ...(comparisons.length > 0 ? ["dots-table"] : []), "confusion-table"]) {
    assert.ok((await count(`#${id} tbody tr`)) > 0, `#${id} has no numbers`);
  }
  if (comparisons.length > 0) assert.equal(await count("#dots-table tbody tr"), seeds);
  assert.equal(await count("#confusion-table tbody tr"), dataset.labels.length);
  if (dataset.labels.length <= 12) {
    assert.equal(await count("#confusion table"), arms.length);
    return;
  }
  const sums = await page
    .locator("#confusion tbody tr")
    .evaluateAll((rows) =>
      rows
        .map((row) => [...row.querySelectorAll(".number")].map((cell) => Number(cell.textContent.replaceAll(",", ""))))
        .reduce((total, row) => row.map((value, index) => value + (total[index] ?? 0)), []),
    );
  assert.deepEqual(
    sums,
    arms.map(() => dataset.test_rows * seeds),
    "what is listed and what is summed up make all test rows",
  );
}

async function shoot(page, name) {
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.evaluate(() => {
    document.querySelector("#run-bar").style.position = "static";
  });
  for (const id of FIGURES) await page.locator(`#${id}`).screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(/\W+/g, "-")}-${id}.png` });
}

describe("figures", { timeout: 15 * 60_000 }, () => {
  test("while texts are read, the caption says how many of how many; an hour has sixty minutes", (context) =>
    shown(context, {}, {}, async (page, { fisher }) => {
      const caption = async (texts, of) => {
        await page.evaluate(
          async ([part, whole]) => {
            const { fisherPanel } = await import(new URL("panels/fisher.js", location.href));
            fisherPanel().show(part, { kind: "live" }, whole);
            await new Promise((drawn) => {
              requestAnimationFrame(() => requestAnimationFrame(drawn));
            });
          },
          [{ ...fisher, texts }, of],
        );
        return page.textContent("#fisher-caption");
      };
      assert.deepEqual([await caption(30, 200), await caption(200, 200)], ["Live 30 of 200 texts", "Live 200 texts"]);
      const durations = await page.evaluate(async () => {
        const { duration } = await import(new URL("ui/format.js", location.href));
        return [6300, 7169, 7175].map((seconds) => duration(seconds).replaceAll("\u00a0", " "));
      });
      assert.deepEqual(durations, ["1 h 45 min", "1 h 59 min", "2 h 0 min"]);
    }));

  for (const [reducedMotion, moves] of [
    ["no-preference", true],
    ["reduce", false],
  ]) {
    test(`rows ${moves ? "glide" : "jump"} into another order with motion: ${reducedMotion}`, (context) =>
      shown(context, {}, { reducedMotion }, async (page) => {
        const moving = await page.evaluate(() => {
          const order = document.querySelector("#rates-order");
          order.value = "model";
          order.dispatchEvent(new Event("change"));
          return document.querySelector("#rates-table").getAnimations({ subtree: true }).length > 0;
        });
        assert.equal(moving, moves);
      }));
  }

  test("an arm pointed at, focused or picked shows its seeds", (context) =>
    shown(context, { seeds: 5 }, {}, async (page) => {
      const item = page.locator("#train-legend button[value=guided]");
      await item.scrollIntoViewIfNeeded();
      await page.mouse.move(5, 5);
      const plain = await pixels(page, "#loss-chart");
      const ink = await inked(page, "#accuracy-chart", "guided");
      await item.hover();
      const pointed = await pixels(page, "#loss-chart");
      assert.notEqual(pointed, plain);
      const inkOfSeeds = await inked(page, "#accuracy-chart", "guided");
      assert.ok(inkOfSeeds > 2 * ink, `${ink} pixels of the arm's colour before, ${inkOfSeeds} with five seeds`);
      await page.mouse.move(5, 5);
      assert.equal(await pixels(page, "#loss-chart"), plain);
      await item.focus();
      assert.equal(await pixels(page, "#loss-chart"), pointed);
      await page.keyboard.press("Enter");
      assert.equal(await item.getAttribute("aria-pressed"), "true");
      await page.locator("#accuracy-chart .plot").focus();
      assert.equal(await pixels(page, "#loss-chart"), pointed, "a picked arm stays");
      await page.keyboard.press("ArrowRight");
      assert.match(await page.textContent("#accuracy-chart .readout"), /^epoch 1: guided .*seed 1: .*seed 5: /);
      await page.keyboard.press("ArrowDown");
      assert.match(await page.textContent("#accuracy-chart .readout"), /^epoch 1: uniform-mean /);
      await page.keyboard.press("Escape");
      await item.click();
      assert.equal(await item.getAttribute("aria-pressed"), "false");
    }));

  for (const [name, size] of Object.entries(EXTREMES)) {
    test(`to show: ${name}`, (context) =>
      shown(context, size, {}, async (page, results) => {
        const opened = (open) =>
          page.evaluate(
            ([figures, now]) =>
              figures.forEach((id) =>
                document.querySelectorAll(`#${id} details`).forEach((details) => {
                  details.open = now;
                }),
              ),
            [FIGURES, open],
          );
        for (const [window, viewport] of Object.entries(WINDOWS)) {
          await page.setViewportSize(viewport);
          await assertFits(page, window);
          if (window === "phone") {
            assert.ok(await page.$eval("#results-table", (box) => box.scrollWidth <= box.clientWidth), "the verdict's table is cut");
          }
          if (process.env.SHOTS) await shoot(page, `${name}-${window}`);
          await opened(true);
          await assertFits(page, `${window}, tables open`);
          await opened(false);
        }
        await page.setViewportSize(WINDOWS.wide);
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          await assertAccessible(page);
          if (process.env.SHOTS) await shoot(page, `${name}-${colorScheme}`);
        }
        await opened(true);
        await assertComplete(page, results);
        if (name === "usual") await assertAccessible(page);
      }));
  }

  test("150 classes: the most frequent rows as bars, the rest in a table, however often it is read", (context) =>
    journey(context, { hash: TINY.replace("max_rows=40&", "") }, async (page) => {
      const rows = Array.from({ length: 150 }, (_, label) => `Text ${label} a,class ${label}\nText ${label} b,class ${label}`);
      for (const name of ["once.csv", "twice.csv"]) {
        await page.setInputFiles("#dataset-file", csv(name, ["text,label", ...rows].join("\n")));
        await page.waitForFunction((wanted) => document.querySelector("#dataset-summary").textContent.includes(`${wanted}: 300 examples`), name);
        assert.equal(await page.locator("#dataset-counts .bar").count(), 20);
        assert.equal(await page.locator("#dataset-counts details").count(), 1);
        assert.equal(await page.locator("#dataset-counts tbody tr").count(), 130);
      }
      await phase(page, "ready");
    }));

  test("on paper: prose and whole figures, no controls", (context) =>
    shown(context, EXTREMES["most classes of a matrix"], { viewport: { width: 680, height: 900 }, colorScheme: "dark" }, async (page) => {
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await assertFits(page, "on paper");
      const controls = await page.evaluate(() =>
        [...document.querySelectorAll("button, select, input, textarea, summary, progress")]
          .filter((node) => node.checkVisibility() && !node.matches(".legend-item, .symbol-key, #rates-table input"))
          .map((node) => node.id || node.className || node.textContent),
      );
      assert.deepEqual(controls, []);
      const columns = await page.evaluate(() =>
        [...document.querySelectorAll("canvas, figure svg, figure table")]
          .filter((node) => node.checkVisibility())
          .map((node) => ({
            what: node.closest("[id]").id,
            over: node.getBoundingClientRect().right - document.querySelector("main").getBoundingClientRect().right,
          }))
          .filter(({ over }) => over > 1),
      );
      assert.deepEqual(columns, [], "cut off at the edge of the paper");
      const settings = await page.innerText("#printed");
      for (const words of [/Epochs\s+3\s/, /Seeds\s+1, 2, 3/, /invented: 600 examples/, /p-value\s+Probability of a difference/]) {
        assert.match(settings, words);
      }
      const tooWide = await page.evaluate(() => {
        document.body.style.width = "450px"; // paper is narrower than the window, and nothing is drawn again for it
        return [...document.querySelectorAll("canvas")].filter((canvas) => canvas.getBoundingClientRect().right > 450).length;
      });
      assert.equal(tooWide, 0, "canvases that keep the width of the window");
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim()), "#1f1f22", "dark ink");
      for (const id of FIGURES) assert.ok(await page.isVisible(`#${id}`), id);
    }));
});
