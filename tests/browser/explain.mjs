// What explains: symbols and what they light up, one text step by step, one site's noise, the glossary.
// node --test tests/browser/explain.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, journey, phase, says, TINY } from "./page.mjs";

const THREE_TEXTS = TINY.replace("fisher_texts=20", "fisher_texts=3");
const lit = (page, part) =>
  page.evaluate((id) => {
    const nodes = [...document.querySelectorAll(`#${id} .lit`)];
    return {
      symbols: [...new Set(nodes.map((node) => node.getAttribute("data-symbol")).filter(Boolean))],
      inFormula: nodes.some((node) => node.closest("math")),
      inFigure: nodes.filter((node) => !node.closest(".formula")).length,
    };
  }, part);
const measureFisher = async (page) => {
  await page.click("#run-fisher");
  await page.waitForFunction(() => document.querySelector("#fisher-figure").dataset.origin === "finished");
  await phase(page, "ready");
};
const startWalk = async (page) => {
  await page.locator("#walk").scrollIntoViewIfNeeded();
  await page.waitForSelector("#walk-body .token.hidden");
};
const nextText = async (page, number) => {
  await page.click("#walk-another");
  await page.waitForFunction((wanted) => document.querySelector("#walk-count").textContent.startsWith(`text ${wanted} `), number);
};
const toStep = (page, number) => page.click(`#walk-steps li:nth-child(${number}) button`);
const described = (page) =>
  page.evaluate(() => {
    const note = document.querySelector("#glossary-note");
    const box = note.getBoundingClientRect();
    return {
      words: note.hidden ? null : note.textContent,
      within: box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight,
      by: document.activeElement.getAttribute("aria-describedby"),
    };
  });

describe("what explains", { timeout: 20 * 60_000 }, () => {
  test("each part explains itself and has something to try", (context) =>
    journey(context, {}, async (page) => {
      for (const part of ["data", "fisher", "rates", "train", "verdict-part"]) {
        assert.match(await page.textContent(`:is(#${part}, #${part} > .subpart) > .look`), /\w{3}.*\./, part);
        assert.match(await page.textContent(`:is(#${part}, #${part} > .subpart) > .try`), /^Try it\. .{40}/, part);
      }
      for (const part of ["fisher", "rates", "train", "verdict-part"]) {
        const names = (list) => list.map((node) => node.getAttribute("data-symbol"));
        const [inFormula, keys] = [
          await page.locator(`#${part} > .formula math [data-symbol]`).evaluateAll(names),
          await page.locator(`#${part} > .formula .symbol-key`).evaluateAll(names),
        ];
        assert.ok(keys.length >= 4, `${part}: ${keys}`);
        assert.deepEqual([...new Set(inFormula)].sort(), [...keys].sort(), `${part}: a button for each symbol`);
      }
    }));

  test("a symbol lights up what it denotes, and the other way round", (context) =>
    journey(context, { hash: THREE_TEXTS }, async (page) => {
      await measureFisher(page);
      await page.locator("#rates .formula").scrollIntoViewIfNeeded();
      await page.mouse.move(5, 5); // what scrolled under the pointer is not pointed at
      await page.focus("#rates .symbol-key[data-symbol=rate]");
      assert.deepEqual(await lit(page, "rates"), {
        symbols: ["rate"],
        inFormula: true,
        inFigure: await page.locator("#rates-table :is(.track-cell, .guided-rate)").count(),
      });
      await page.focus("#p-upper");
      const upper = await lit(page, "rates");
      assert.ok(upper.symbols.join() === "upper" && upper.inFormula, "a slider lights its symbol");
      await page.hover("#rates-table .rank");
      assert.deepEqual((await lit(page, "rates")).symbols, ["rank"], "a column lights its symbol");
      await page.hover("#rates math [data-symbol=sites]");
      assert.ok((await lit(page, "rates")).inFigure >= 13, "a symbol under the pointer lights its column");
      assert.equal((await lit(page, "fisher")).inFigure, 0, "parts keep to themselves");

      await page.click("#fisher .symbol-key[data-symbol=fisher]");
      await page.mouse.move(5, 5);
      await page.evaluate(() => document.activeElement.blur());
      const pinned = await lit(page, "fisher");
      assert.ok(pinned.inFormula && pinned.inFigure >= 13, "a pinned symbol stays");
      assert.equal(await page.getAttribute("#fisher .symbol-key[data-symbol=fisher]", "aria-pressed"), "true");
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await assertAccessible(page);
      }
      await page.keyboard.press("Escape");
      assert.equal(await page.locator(".lit").count(), 0);
    }));

  test("the walk: seven steps whose numbers are those of the measurement", (context) =>
    journey(context, { hash: THREE_TEXTS }, async (page) => {
      await startWalk(page);
      const steps = await page.locator("#walk-steps button").count();
      assert.equal(steps, 7);
      assert.ok(await page.isDisabled("#walk-back"));
      assert.match(await page.textContent("#walk-body .walk-note"), /\d+ of \d+ tokens are selected/);
      const hidden = await page.locator(".token.hidden").count();

      await page.click("#walk-next");
      assert.equal(await page.locator("#walk-body tbody tr").count(), hidden);
      const rows = await page.locator("#walk-body tbody tr").evaluateAll((list) =>
        list.map((row) => {
          const least = (cell) => parseFloat(cell.textContent.replace("< ", "")); // "< 0.1 %"
          return { p: least(row.querySelector(".number")) / 100, best: [...row.querySelectorAll(".guesses .bar-value")].map(least) };
        }),
      );
      assert.ok(
        rows.every(({ p, best }) => p > 0 && p <= 1 && best.length === 5 && best.every((value, index) => index === 0 || value <= best[index - 1])),
      );

      await page.focus("#walk-next");
      await page.keyboard.press("ArrowRight");
      assert.match(await page.textContent("#walk-title"), /^Step 3 of 7: Loss/);
      const losses = await page.locator("#walk-body .bar-value").allTextContents();
      const loss = parseFloat((await page.textContent("#walk-body .walk-note")).match(/= ([\d.]+) nats/)[1]);
      assert.ok(Math.abs(losses.map(Number).reduce((sum, value) => sum + value, 0) / losses.length - loss) < 0.006, `mean of ${losses} is ${loss}`);

      await toStep(page, 4);
      assert.equal(await page.locator("#walk-body .heat > div").count(), 256);
      assert.ok((await page.locator("#walk-body .heat > .minus").count()) > 10, "gradients have both signs");
      assert.equal(await page.locator("#fisher .formula mfrac.followed").count(), 1, "the formula follows");
      await toStep(page, 5);
      assert.equal(await page.locator("#walk-body .heat > .minus").count(), 0, "squares have one");

      await nextText(page, 2);
      await nextText(page, 3);
      await page.selectOption("#walk-site", "layer.1.output");
      await toStep(page, 6);
      assert.match(await page.textContent("#walk-explained"), /^The site score of one text /);
      assert.equal(await page.locator("#walk-body tbody tr").count(), 3);
      await toStep(page, 7);
      const score = (await page.textContent("#walk-body .walk-note")).match(/score (.+), rank/)[1];
      await measureFisher(page);
      await page.click("#fisher-tables summary >> nth=0");
      const measured = await page.textContent("#fisher-tables tbody tr:has(th:text-is('layer.1.output')) td");
      assert.equal(score, measured, "the mean of three texts is the Fisher estimate of three texts");
    }));

  test("the walk before the program is there, and with other masks", (context) => {
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    const prepare = (page) =>
      page.route("**/*.wasm", async (route) => {
        await held;
        await route.fallback();
      });
    return journey(context, { prepare, settled: ["loading"] }, async (page) => {
      await page.locator("#walk").scrollIntoViewIfNeeded();
      await says(page, "#walk-body", /appear here once the model is loaded/);
      await page.click("#walk-next");
      assert.match(await page.textContent("#walk-explained"), /logit/);
      await assertAccessible(page);
      await toStep(page, 1);
      release();
      await phase(page, "ready");
      await startWalk(page);
      const masks = () => page.locator(".tokens li").evaluateAll((list) => list.map((node) => node.classList.contains("hidden")).join());
      const first = await masks();
      await nextText(page, 2);
      await page.fill("#fisher-seed", "77");
      await page.press("#fisher-seed", "Tab");
      await page.locator("#walk").scrollIntoViewIfNeeded();
      await page.waitForFunction(() => document.querySelector("#walk-count").textContent.startsWith("text 1 "));
      assert.notEqual(await masks(), first, "another seed hides other words, from the first text on");
    });
  });

  test("every step of the walk is accessible", (context) =>
    journey(context, {}, async (page) => {
      await startWalk(page);
      await nextText(page, 2);
      for (let step = 1; step <= 7; step += 1) {
        await toStep(page, step);
        for (const summary of await page.locator("#walk-body summary").all()) await summary.click();
        await assertAccessible(page);
      }
    }));

  test("one site's noise: what is dropped, what it is scaled by, and the mean", (context) =>
    journey(context, {}, async (page) => {
      await page.locator("#noise").scrollIntoViewIfNeeded();
      await page.waitForFunction(() => /loaded model/.test(document.querySelector("#noise-origin").textContent));
      const crosses = () =>
        page
          .locator("#noise-chart [data-symbol=multiplier] > :not(.hit)")
          .evaluateAll((list) => list.map((node) => node.classList.contains("cross")));
      const setRate = (value) =>
        page.locator("#noise-rate").evaluate((input, rate) => {
          input.value = rate;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }, value);
      const low = await crosses();
      assert.equal(low.length, 32);
      await setRate("0.5");
      const high = await crosses();
      assert.ok(
        high.filter(Boolean).length > low.filter(Boolean).length && low.every((dropped, index) => !dropped || high[index]),
        "a higher rate drops the same and more",
      );
      assert.match(await page.textContent("#noise-summary"), new RegExp(`^${high.filter(Boolean).length} of 32 .* = 2\\.00\\.$`));
      await page.click("#noise-draw");
      assert.notDeepEqual(await crosses(), high);
      for (let times = 0; times < 20; times += 1) await page.click("#noise-draw-many");
      const means = (await page.textContent("#noise-means"))
        .replaceAll("−", "-")
        .match(/before: (-?[\d.]+)\. After: (-?[\d.]+)\. Average over ([\d,]+) draws: (-?[\d.]+)\./)
        .slice(1)
        .map((word) => parseFloat(word.replace(",", "")));
      assert.equal(means[2], 2002);
      await page.click("#noise-table summary");
      await page.waitForSelector("#noise-table tbody tr");
      const before = (await page.locator("#noise-table tbody tr td:nth-child(2)").allTextContents()).map((word) =>
        parseFloat(word.replace("−", "-")),
      );
      // At rate 1/2 a mean of 32 has a standard deviation of √Σh²/32; four of those of 2002 draws.
      const bound = (4 * Math.sqrt(before.reduce((sum, value) => sum + value * value, 0))) / 32 / Math.sqrt(2002) + 0.001;
      assert.ok(Math.abs(means[3] - means[0]) < bound, `${means} within ${bound}`);
      await page.selectOption("#noise-kind", "gaussian");
      assert.equal((await crosses()).filter(Boolean).length, 0);
      assert.match(await page.textContent("#noise-summary"), /= 1\.00\./);
      await page.hover("#train math [data-symbol=after]");
      assert.equal(await page.locator("#noise-chart [data-symbol=after].lit").count(), 1);
      await assertAccessible(page);
    }));

  test("the glossary: by focus, by pointer, by touch; Escape closes it; all terms are in its list", (context) =>
    journey(context, { options: { hasTouch: true, reducedMotion: "reduce", viewport: { width: 390, height: 800 } } }, async (page) => {
      const terms = page.locator(".term");
      assert.ok((await terms.count()) >= 20, `${await terms.count()} terms`);
      const names = await page.locator("#glossary-list dt").count();
      for (const term of await terms.all()) {
        await term.focus();
        const note = await described(page);
        assert.ok(note.words?.length > 30 && note.within && note.by === "glossary-note", `${await term.textContent()}: ${JSON.stringify(note)}`);
      }
      await assertAccessible(page);
      await page.keyboard.press("Escape");
      assert.equal((await described(page)).words, null);
      await page.keyboard.press("Enter");
      assert.ok((await described(page)).words);
      await page.evaluate(() => document.activeElement.blur());
      assert.equal((await described(page)).words, null);
      const gradient = page.locator("#fisher .term[data-term=gradient]");
      await gradient.hover();
      assert.match((await described(page)).words, /^Gradient/);
      await page.hover("#glossary-note");
      await page.waitForTimeout(400); // longer than the grace
      assert.match((await described(page)).words, /^Gradient/, "the note stays under the pointer");
      await page.mouse.move(0, 0);
      await page.waitForFunction(() => document.querySelector("#glossary-note").hidden);
      await page.locator("#fisher .term[data-term=loss]").tap();
      assert.match((await described(page)).words, /^Loss/);
      await page.locator("#fisher-heading").tap();
      assert.equal((await described(page)).words, null);
      await page.click("#glossary summary");
      assert.ok(names >= 20 && (await page.locator("#glossary-list dt").first().isVisible()));
      await assertAccessible(page);
    }));
});
