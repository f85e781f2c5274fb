// Data files: what is read of them, what is reported, and what is refused: node --test tests/browser/data-files.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { csv, journey, says } from "./page.mjs";
import { SHORT } from "./support/model-files.mjs";
import { sparse } from "./support/sparse-files.mjs";

describe("data files", { timeout: 10 * 60_000 }, () => {
  test("says what it guessed; the histogram of lengths follows the limit", (context) =>
    journey(context, { hash: `${SHORT.replace("max_tokens=12", "max_tokens=24")}&max_rows=0` }, async (page) => {
      // Each word is one token; [CLS] and [SEP] make two more.
      const rows = Array.from(
        { length: 40 },
        (_, index) =>
          `${Array(1 + index)
            .fill("the")
            .join(" ")};${index % 2 ? "odd" : "even"}`,
      );
      await page.setInputFiles("#dataset-file", csv("lengths.csv", `review;verdict\n${rows.join("\n")}\n`));
      await says(
        page,
        "#dataset-summary",
        /lengths\.csv: 40 examples.*Read as CSV separated by semicolons, 2 columns.*first row is a header.*Text: column “review”.*Label: column “verdict”.*Labels are classes: 2 distinct values/,
      );
      await says(page, "#lengths-summary", /Median 22 tokens, maximum 42\. 18 texts are truncated to 24 tokens \(45\.0\s%\)/);
      const counted = () =>
        page.evaluate(() =>
          [...document.querySelectorAll("#dataset-lengths tbody tr")].map((row) =>
            [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent.replace("–", "0"))),
          ),
        );
      const sum = (list, index) => list.reduce((total, row) => total + row[index], 0);
      assert.deepEqual([sum(await counted(), 0), sum(await counted(), 1)], [40, 18]);
      const beyond = await page.locator("#dataset-lengths .column.beyond").count();
      assert.ok(beyond > 0 && (await page.isVisible("#dataset-lengths .limit")));
      await page.fill("#max-tokens", "41");
      await page.press("#max-tokens", "Tab");
      await says(page, "#lengths-summary", /1 text is truncated to 41 tokens/);
      assert.deepEqual([sum(await counted(), 0), sum(await counted(), 1)], [40, 1]);
      await page.fill("#max-tokens", "50");
      await page.press("#max-tokens", "Tab");
      await says(page, "#lengths-summary", /No text exceeds the limit of 50/);
      assert.equal(await page.locator("#dataset-lengths .column.beyond").count(), 0);
      await page.setInputFiles("#dataset-file", csv("none.csv", "text,label\n"));
      await page.waitForFunction(() => document.querySelector("#dataset-lengths").children.length === 0);
    }));

  test("the broken file says what is wrong, line by line", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      await page.click("summary:has-text('Paste')");
      const taken = await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData("text/plain", "text,label");
        return !document.querySelector("#dataset-text").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      });
      assert.equal(taken, false, "text dropped into the field is the browser's business");
      await page.click("#dataset-broken");
      await says(
        page,
        "#dataset-rejected",
        /4 of \d+ rows rejected.*line 4.*label is empty.*line 5.*text is empty.*line 8.*expected 2 fields, got 4.*line 10.*quoted field that is not properly closed/,
      );
    }));

  test("a wrong guess of a column that makes a file unusable is put right in the pickers", (context) =>
    journey(context, { hash: `${SHORT.replace("max_tokens=12", "max_tokens=24")}&max_rows=0` }, async (page) => {
      const rows = Array.from({ length: 12 }, (_, index) => `a word of number ${index} on the board,${index % 2 ? "school" : "water"},L-${index}`);
      await page.setInputFiles("#dataset-file", {
        name: "three.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(`text,kind,label\n${rows.join("\n")}\n`),
      });
      await page.waitForFunction(() => /single text of "L-0"/.test(document.querySelector("#dataset-errors").textContent));
      assert.deepEqual(await page.locator("#label-column option").evaluateAll((options) => options.map(({ value }) => value)), [
        "",
        "text",
        "kind",
        "label",
      ]);
      await page.selectOption("#label-column", "kind");
      await page.waitForFunction(() => /three\.csv: 12 examples, 2 classes/.test(document.querySelector("#dataset-summary").textContent));
      assert.equal(await page.textContent("#dataset-errors"), "");
    }));

  test("an old spreadsheet's letters are read; a row that alone has its label is left out; the bar follows the settings", (context) =>
    journey(context, { hash: `${SHORT.replace("max_tokens=12", "max_tokens=24")}&max_rows=0` }, async (page) => {
      const rows = Array.from({ length: 24 }, (_, index) => `Die Lösung für Gerät ${index} ist schön;${index % 2 ? "gut" : "schlecht"}`);
      const file = `Text;Urteil\n${rows.join("\n")}\nEtwas völlig anderes;Rückfrage\n`;
      await page.setInputFiles("#dataset-file", { name: "alt.csv", mimeType: "text/csv", buffer: Buffer.from(file, "latin1") });
      await says(page, "#dataset-summary", /alt\.csv: 24 examples, 2 classes/);
      await says(page, "#dataset-summary", /is not UTF-8 and was read as Windows-1252/);
      assert.match(await page.textContent("#dataset-preview"), /Die Lösung für Gerät 0 ist schön/);
      await says(page, "#dataset-rejected", /1 of 25 rows rejected.*line 26.*"Rückfrage" is the label of no other text/);
      await says(page, "#status", /alt\.csv, 2 arms, 1 seeds?/);
      await page.fill("#seeds", "3");
      await page.press("#seeds", "Tab");
      await says(page, "#status", /alt\.csv, 2 arms, 3 seeds/);
    }));

  test("a file over the limit is refused before it is read, and the data stay", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      await page.setInputFiles("#dataset-file", sparse("huge.csv", "text,label\n", 68e6));
      await says(page, "#dataset-errors", /huge\.csv has 68\sMB; the limit .* 67\sMB.*Nothing was read/);
      await page.setInputFiles("#corpus-file", sparse("huge.txt", "prose\n", 70e6));
      await says(page, "#fisher-errors", /huge\.txt has 70\sMB/);
      assert.match(await page.textContent("#dataset-summary"), /24 examples/);
      assert.ok(await page.isEnabled("#run"));
    }));
});
