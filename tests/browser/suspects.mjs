// "Labels worth a second look": listed, relabelled, dropped, downloaded and used as a new data set: node --test tests/browser/suspects.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, csv, downloaded, experiment, journey, says } from "./page.mjs";
import { open, press } from "./support/history-page.mjs";

const TINY = "fisher_texts=4&epochs=1&learning_rate=0.002&batch_size=8&seeds=1,2&arms=standard,none&max_tokens=16&workers=1";
const LABELS = ["even", "odd", "other"];
const ROWS = 60;
const textOf = (row) => `number ${row}, "of" the list`;
const labelOf = (row) => LABELS[(row * 7) % 3];
const lineOf = (row) => `${row},${labelOf(row)},${labelOf(row + 1)},"${textOf(row).replaceAll('"', '""')}"`;
const FILE = `id,label,other,sentence\n${Array.from({ length: ROWS }, (_, row) => lineOf(row)).join("\n")}\n`;

/** Waits until the rows of the table are looked up, whether it is then shown or not. */
const looked = (page) => page.waitForSelector("#suspects[aria-busy=false]", { state: "attached" });

/** Each arm's accuracies of this experiment, less those of the runs before, seed by seed. */
function assertEffect({ correction_effect: effect, runs }, before) {
  assert.deepEqual([effect.metric, effect.arms.map(({ arm }) => arm)], ["accuracy", ["standard", "none"]]);
  for (const { arm, seeds, earlier, corrected, mean_difference: difference, ci95 } of effect.arms) {
    const scores = (some) => some.filter((run) => run.arm === arm).map((run) => run.epochs.at(-1).accuracy);
    const [old, now] = [scores(before), scores(runs)];
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-12, `${arm}: ${found}, expected ${expected}`);
    assert.equal(seeds, 2);
    near(earlier, mean(old));
    near(corrected, mean(now));
    near(difference, mean(now.map((value, place) => value - old[place])));
    if (ci95) near((ci95[0] + ci95[1]) / 2, difference);
  }
}

/** The corrected file's lines: those of the file, but for these. `undefined`: dropped. */
function assertCorrected(content, file, changed) {
  const lines = file.trim().split("\n");
  for (const [row, line] of changed) lines[row + 1] = line;
  assert.deepEqual(
    content.toString().trim().split("\n"),
    lines.filter((line) => line !== undefined),
  );
}

describe("suspect labels", { timeout: 5 * 60_000 }, () => {
  test("rows are relabelled, dropped and kept; what comes out is a data set of its own", (context) =>
    journey(context, { hash: TINY }, async (page) => {
      await page.setInputFiles("#dataset-file", csv("numbers.csv", FILE));
      await says(page, "#dataset-summary", /numbers\.csv: 60 examples/);
      assert.ok(!(await page.isVisible("#suspects")), "the recorded experiment is of other rows");
      const { suspects, dataset, config, runs } = await experiment(page);
      await looked(page);
      assert.deepEqual([suspects.arm, suspects.seeds, config.seeds.length], ["standard", 2, 2]);
      const [first, second] = suspects.rows;
      assert.ok(suspects.found >= 2 && first.self_confidence <= second.self_confidence, JSON.stringify(suspects));

      await page.click("#suspects > summary");
      const shown = await page.$$eval("#suspects tbody tr", (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
      assert.equal(shown.length, Math.min(suspects.found, 20));
      for (const [place, cells] of shown.entries()) {
        const { example, line, label, usual, agreeing, tested } = suspects.rows[place];
        assert.equal(line, example + 2);
        assert.equal(dataset.labels[label], labelOf(example));
        const ends = [`Line ${line}${textOf(example)}`, labelOf(example), dataset.labels[usual], `${agreeing} of ${tested}`];
        for (const [column, end] of ends.entries()) assert.ok(cells[column].endsWith(end), cells.join());
      }
      for (const id of ["download-corrected", "use-corrected"]) assert.ok(await page.isDisabled(`#${id}`), id);

      await assertAccessible(page);

      const decide = (place, option) => page.selectOption(`#suspects tbody tr:nth-child(${place}) select`, option);
      await decide(1, { label: "drop" });
      await decide(2, { label: `relabel: ${dataset.labels[second.usual]}` });
      await says(page, "#suspects-status", /2 rows/);
      await decide(1, { label: "right as it is" });
      await says(page, "#suspects-status", /1 row is relabelled or dropped\. 1 row is marked as right/);
      await decide(1, { label: "undecided" });
      await says(page, "#suspects-status", /^1 row is relabelled or dropped\.$/);
      await decide(1, { label: "drop" });
      const { name, content } = await downloaded(page, "#download-corrected");
      assert.equal(name, "numbers-corrected.csv");
      const relabelled = lineOf(second.example).replace(`,${labelOf(second.example)},`, `,${dataset.labels[second.usual]},`);
      assertCorrected(content, FILE, [
        [first.example, undefined],
        [second.example, relabelled],
      ]);

      assert.ok(!(await page.isVisible("#correction-effect")));
      await page.click("#use-corrected");
      await looked(page);
      assert.match(await page.textContent("#dataset-summary"), /numbers\.csv: 60 examples, 3 classes/, "the rows stay");
      assert.match(await page.textContent("#suspects-status"), /2 rows are relabelled or dropped\. The next experiment/);
      assert.ok(await page.isDisabled("#use-corrected"), "in force");
      const again = await experiment(page);
      await looked(page);
      assert.deepEqual(again.config, config, "the settings are the same");
      assert.deepEqual([again.dataset.relabelled, again.dataset.dropped, again.dataset.rows], [1, 1, ROWS]);
      assert.deepEqual(again.dataset.test_parts, dataset.test_parts, "the test rows and their labels are the same");
      const given = { given: dataset.labels[second.label], corrected: dataset.labels[second.usual] };
      const corrections = [
        { example: first.example, given: dataset.labels[first.label], corrected: null },
        { example: second.example, ...given },
      ].sort((left, right) => left.example - right.example);
      assert.deepEqual(again.inputs.dataset.options.corrections, corrections);
      assertEffect(again, runs);
      const said = await page.$$eval("#correction-effect-arms li", (items) => items.map((item) => item.textContent));
      assert.match(said[0], /^standard: [\d.]+\u00A0% → [\d.]+\u00A0%, [+−±]?[\d.]+ points in accuracy \(.*2 seeds\): /);
      assert.equal((await page.$$("#correction-effect-table tbody tr")).length, 2);
      assert.match(await page.textContent("#correction-effect-sentence"), /^Trained with 1 row relabelled and 1 dropped\. Tested on the same rows/);
      await assertAccessible(page);
    }));

  test("rows of another file, or of another column, are not taken for those of the results", (context) =>
    journey(context, { hash: TINY }, async (page) => {
      const load = async (file) => {
        await page.setInputFiles("#dataset-file", csv("numbers.csv", file));
        await says(page, "#dataset-summary", /numbers\.csv: 60 examples/);
        await looked(page);
      };
      const visible = () => page.isVisible("#suspects");
      await load(FILE);
      await experiment(page);
      await looked(page);
      assert.ok(await visible());
      await load(FILE.replaceAll("number", "numeral"));
      assert.ok(!(await visible()), "as many rows with the same labels, and other texts");
      await page.click("#confusion button.cell[tabindex='0']");
      assert.match(await page.textContent("#cell-heading"), /Other texts are loaded/);
      await load(FILE);
      assert.ok(await visible(), "the file again");
      await page.selectOption("#label-column", "other");
      await says(page, "#dataset-summary", /numbers\.csv: 60 examples/);
      await looked(page);
      assert.ok(!(await visible()), "the same file with labels of another column");
    }));

  test("of a file with a test part of its own every suspect is a test row, which stays as it is", (context) =>
    journey(context, { hash: `${TINY}&seeds=1,&arms=none` }, async (page) => {
      const [header, ...lines] = FILE.trim().split("\n");
      const split = (line, row) => `${line},${row % 3 === 0 ? "test" : "train"}`;
      await page.setInputFiles("#dataset-file", csv("split.csv", `${header},split\n${lines.map(split).join("\n")}\n`));
      await says(page, "#dataset-summary", /split\.csv: 60 examples/);
      const { suspects } = await experiment(page);
      await looked(page);
      assert.ok(suspects.rows.length > 0 && suspects.rows.every(({ example }) => example % 3 === 0));
      await page.click("#suspects > summary");
      assert.match(await page.textContent("#suspects-test"), /own test part, which stays as it is/);
      await page.selectOption("#suspects tbody tr:nth-child(1) select", { label: "drop" });
      assert.ok((await page.isDisabled("#use-corrected")) && !(await page.isDisabled("#download-corrected")));
      const dropped = [[suspects.rows[0].example, undefined]];
      assertCorrected((await downloaded(page, "#download-corrected")).content, `${header},split\n${lines.map(split).join("\n")}\n`, dropped);
      assert.match(await page.textContent("#suspects-untested"), /^40 of 60 rows were never tested.*own split aside/);

      await page.click("#test-every-row");
      assert.deepEqual(await Promise.all(["#folds", "#seeds"].map((id) => page.inputValue(id))), ["5", "5"]);
      assert.match(await page.textContent("#suspects-untested"), /The next experiment has 5 folds and tests every row\.$/);
      assert.ok(await page.isHidden("#test-every-row"));
      const folded = await experiment(page);
      await looked(page);
      assert.deepEqual([folded.suspects.tested_rows, folded.suspects.untested_rows, folded.dataset.test_rows], [ROWS, 0, ROWS / 5]);
      assert.ok(folded.suspects.rows.some(({ example }) => example % 3 !== 0) && folded.suspects.rows.every(({ tested }) => tested === 1));
      assert.equal(await page.textContent("#suspects-untested"), "Every row was tested.");
      assert.match(await page.textContent("#suspects-test"), /^Every seed tests one of 5 folds/);
      assert.ok(await page.isEnabled("#use-corrected"), "training rows are corrected as well");
    }));

  test("decisions are kept with the file: another experiment is opened, and the page is closed", (context) =>
    journey(context, { hash: `${TINY}&seeds=1,&arms=none` }, async (page) => {
      const load = async (opened) => {
        await opened.setInputFiles("#dataset-file", csv("numbers.csv", FILE));
        await says(opened, "#dataset-summary", /numbers\.csv: 60 examples/);
      };
      const chosen = (opened) => opened.$$eval("#suspects tbody select", (boxes) => boxes.map((box) => box.selectedOptions[0].label));
      await load(page);
      const { suspects, dataset } = await experiment(page);
      await looked(page);
      assert.ok(suspects.found >= 3, JSON.stringify(suspects));
      await page.click("#suspects > summary");
      const words = ["right as it is", "drop", `relabel: ${dataset.labels[suspects.rows[2].usual]}`];
      for (const [place, label] of words.entries()) await page.selectOption(`#suspects tbody tr:nth-child(${place + 1}) select`, { label });
      await says(page, "#suspects-status", /2 rows are relabelled or dropped\. 1 row is marked as right/);

      await page.fill("#epochs", "2");
      await experiment(page);
      await press(page, "numbers", "Open");
      await says(page, "#status", /“numbers” is open/);
      await looked(page);
      assert.deepEqual((await chosen(page)).slice(0, 3), words, "the first experiment, opened again");

      await page.close();
      const again = await open(page.context(), `${TINY}&seeds=1,&arms=none`);
      await press(again, "numbers", "Open");
      await again.waitForSelector("#suspects tbody select", { state: "attached" });
      assert.deepEqual((await chosen(again)).slice(0, 3), words, "after a visit");
      assert.match(await again.textContent("#suspects-status"), /2 rows are relabelled or dropped/);
    }));

  test("where the models contradict many labels, the list says what it is worth", (context) =>
    journey(context, { hash: `${TINY}&seeds=1,&arms=none` }, async (page) => {
      await page.setInputFiles("#dataset-file", csv("numbers.csv", FILE));
      await says(page, "#dataset-summary", /numbers\.csv: 60 examples/);
      const { suspects } = await experiment(page);
      await looked(page);
      assert.ok(suspects.found > 0.3 * suspects.tested_rows, "labels that follow no text are not learnt");
      const said = {
        no_better_than_majority: /no more often than the most frequent label/,
        low_accuracy: /contradict \d+\u00A0% of the tested labels/,
      };
      assert.match(await page.textContent("#suspects-caution"), said[suspects.caution]);
    }));
});
