// "Labels worth a second look": listed, relabelled, dropped, downloaded and used as a new data set: node --test tests/browser/suspects.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, csv, downloaded, experiment, journey, says } from "./page.mjs";

const TINY = "fisher_texts=4&epochs=1&seeds=1,2&arms=standard,none&max_tokens=16&workers=1";
const LABELS = ["even", "odd", "other"];
const ROWS = 60;
const textOf = (row) => `number ${row}, "of" the list`;
const labelOf = (row) => LABELS[(row * 7) % 3];
const FILE = `id,label,sentence\n${Array.from({ length: ROWS }, (_, row) => `${row},${labelOf(row)},"${textOf(row).replaceAll('"', '""')}"`).join("\n")}\n`;

/** Texts and labels of the corrected file. */
function rowsOf(content) {
  const [header, ...lines] = content.toString().trim().split("\n");
  assert.equal(header, "text,label");
  return lines.map((line) => {
    const [, words, label] = line.match(/^"(.*)",(\w+)$/);
    return [words.replaceAll('""', '"'), label];
  });
}

describe("suspect labels", { timeout: 5 * 60_000 }, () => {
  test("rows are relabelled, dropped and kept; what comes out is a data set of its own", (context) =>
    journey(context, { hash: TINY }, async (page) => {
      await page.setInputFiles("#dataset-file", csv("numbers.csv", FILE));
      await says(page, "#dataset-summary", /numbers\.csv: 60 examples/);
      assert.ok(!(await page.isVisible("#suspects")), "the recorded experiment is of other rows");
      const { suspects, dataset, config } = await experiment(page);
      assert.deepEqual([suspects.arm, suspects.seeds, config.seeds.length], ["standard", 2, 2]);
      const [first, second] = suspects.rows;
      assert.ok(suspects.found >= 2 && first.self_confidence <= second.self_confidence, JSON.stringify(suspects));

      await page.click("#suspects > summary");
      const shown = await page.$$eval("#suspects tbody tr", (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
      assert.equal(shown.length, Math.min(suspects.found, 20));
      for (const [place, cells] of shown.entries()) {
        const { example, line, label, usual, agreeing, tested } = suspects.rows[place];
        assert.equal(line, example + 2);
        assert.deepEqual([dataset.labels[label], cells[0]], [labelOf(example), textOf(example)]);
        assert.ok(
          cells[1].endsWith(labelOf(example)) && cells[2].endsWith(dataset.labels[usual]) && cells[3].endsWith(`${agreeing} of ${tested}`),
          cells.join(),
        );
      }
      for (const id of ["download-corrected", "use-corrected"]) assert.ok(await page.isDisabled(`#${id}`), id);

      await assertAccessible(page);

      const decide = (place, option) => page.selectOption(`#suspects tbody tr:nth-child(${place}) select`, option);
      await decide(1, { label: "drop" });
      await decide(2, { label: `relabel: ${dataset.labels[second.usual]}` });
      await says(page, "#suspects-status", /2 rows/);
      await decide(1, { label: "keep" });
      await says(page, "#suspects-status", /1 row is/);
      await decide(1, { label: "drop" });
      const expected = Array.from({ length: ROWS }, (_, row) => [textOf(row), row === second.example ? dataset.labels[second.usual] : labelOf(row)]);
      expected.splice(first.example, 1);
      const { name, content } = await downloaded(page, "#download-corrected");
      assert.equal(name, "numbers-corrected.csv");
      assert.deepEqual(rowsOf(content), expected);

      await page.click("#use-corrected");
      await says(page, "#dataset-summary", /numbers-corrected\.csv: 59 examples, 3 classes/);
      await page.waitForTimeout(300); // time for the table of the data set before, which there must not be
      assert.ok(!(await page.isVisible("#suspects")));
      const again = await experiment(page);
      assert.deepEqual([again.dataset.name, again.dataset.rows], ["numbers-corrected.csv", ROWS - 1]);
      assert.deepEqual(again.config, config, "the settings are the same");
      assert.ok(await page.isVisible("#suspects"));
    }));
});
