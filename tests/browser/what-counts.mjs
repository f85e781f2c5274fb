// What counts: the chosen metric, scores by class, the rows behind a cell, the learning curve in rows: node --test tests/browser/what-counts.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, csv, experiment, journey, says } from "./page.mjs";

const TINY = "fisher_texts=4&epochs=1&seeds=1,2&arms=standard,none&fractions=1,0.5&batch_size=8&max_tokens=16&workers=1";
const LABELS = ["even", "odd", "other"];
const textOf = (row) => `number ${row} of the list`;
const labelOf = (row) => LABELS[(row * 7) % 3];
const FILE = `text,label\n${Array.from({ length: 60 }, (_, row) => `${textOf(row)},${labelOf(row)}`).join("\n")}\n`;
const SCORES = `text,score\n${Array.from({ length: 30 }, (_, row) => `${textOf(row)},${row}.5`).join("\n")}\n`;

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);

describe("what counts", { timeout: 5 * 60_000 }, () => {
  test("macro-F1 is judged by, classes and cells are shown, and the curve is in rows", (context) =>
    journey(context, { hash: TINY }, async (page) => {
      await page.setInputFiles("#dataset-file", csv("numbers.csv", FILE));
      await says(page, "#dataset-summary", /numbers\.csv: 60 examples/);
      await page.evaluate(() => {
        document.querySelector("#metric").closest("details").open = true;
      });
      const offered = await page.$$eval("#metric option:not(:disabled)", (options) => options.map(({ value }) => value));
      assert.deepEqual(offered, ["automatic", "accuracy", "macro_f1", "matthews"]);
      await page.selectOption("#metric", "macro_f1");
      assert.match(await page.evaluate(() => location.hash), /metric=macro_f1/, "written at once");
      const results = await experiment(page);
      assert.equal(results.config.metric, "macro_f1");
      // An experiment that has ended has drawn its figures: what is not there by now never comes, and is said at once.
      assert.match(await page.textContent("#results-table caption"), /Difference in macro-F1/);
      assert.match(await page.textContent("#accuracy-title"), /Macro-F1 on the test set/);

      const [all, half] = results.dataset.fraction_rows;
      assert.match(
        await page.textContent("#learning-sentence"),
        new RegExp(`The last doubling of the rows \\(${half} to ${all}\\) gave standard .* points in macro-F1`),
      );
      assert.match(
        await page.getAttribute("#learning-chart [role=application]", "aria-label"),
        new RegExp(`Macro-F1.*training rows ${all}: standard`),
      );

      assert.deepEqual(
        results.learning_baseline.map(({ baseline, fraction, seeds }) => [baseline, fraction, seeds]),
        [half, all].map((_, place) => ["tfidf-logistic", [0.5, 1][place], 2]),
      );
      const [{ mean }] = results.learning_baseline.slice(-1);
      const scores = results.baselines.filter((run) => run.baseline === "tfidf-logistic" && run.fraction === 1).map((run) => run.macro_f1);
      assert.ok(Math.abs(mean - (scores[0] + scores[1]) / 2) < 1e-12, "the mean over the splits");
      assert.match(await page.textContent("#learning-legend"), /standard.*none.*tfidf-logistic/s);

      await page.click("#confusion-table summary");
      const shown = await page.$$eval("#confusion-table tbody tr", (rows) => rows.map((row) => row.textContent));
      assert.equal(shown.length, results.classes.length);
      for (const [place, { class: label, f1 }] of results.classes.entries()) {
        assert.ok(shown[place].startsWith(LABELS[label]) && shown[place].includes(`${(100 * f1.mean).toFixed(1)}\u00a0%`), shown[place]);
      }

      const [matrix] = await page.$$("#confusion table");
      const first = await matrix.$("button.cell");
      assert.equal((await matrix.$$("button.cell[tabindex='0']")).length, 1, "one stop of the Tab key");
      await first.focus();
      await page.keyboard.press("ArrowRight");
      const [truth, predicted, count] = await page.evaluate(() => {
        const button = document.activeElement;
        const cell = button.closest("td");
        return [cell.parentElement.rowIndex - 1, cell.cellIndex - 1, Number(button.textContent)];
      });
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.activeElement.id === "cell-heading");
      assert.equal(await page.textContent("#cell-heading"), `standard: “${LABELS[truth]}” predicted as “${LABELS[predicted]}”`);
      const rows = await page.$$eval("#cell-table tbody tr", (all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
      const seeds = rows.map(([text, line, agreeing]) => {
        const row = Number(text.match(/number (\d+)/)[1]);
        assert.deepEqual([labelOf(row), line.endsWith(String(row + 2))], [LABELS[truth], true], text);
        return Number(agreeing.match(/(\d) of \d$/)[1]);
      });
      assert.equal(
        seeds.reduce((sum, each) => sum + each, 0),
        count,
        "each test row of the cell is there as often as it was predicted so",
      );
      await assertAccessible(page);
      await page.click("#cell-close");
      assert.equal(await focused(page), String(count), "back where the reader was");

      await page.setInputFiles("#dataset-file", csv("scores.csv", SCORES));
      await says(page, "#dataset-summary", /scores\.csv.*regression/);
      assert.equal(await page.inputValue("#metric"), "automatic", "a regression has no F1");
      assert.ok(await page.$eval("#class-weights [value=balanced]", (option) => option.disabled), "scores have no classes");
    }));
});
