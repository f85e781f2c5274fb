// "Label a file": rows of any number through a fine-tuned model, paused, stopped and refused: node --test tests/browser/label-file.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { csv, downloaded, experiment, journey, predicted, says } from "./page.mjs";

const TINY = "sample=opinions&max_rows=24&fisher_texts=4&epochs=1&seeds=1&arms=standard,guided&max_tokens=24&workers=1";
const ADDED = "predicted_label,predicted_probability,predicted_second_label";
const ROWS = 420;

/** Withholds the labeller's pieces from the second on, until `globalThis.goOn()`; `globalThis.pieces` counts what it was sent. */
const holdPieces = (page) =>
  page.addInitScript(() => {
    globalThis.pieces = 0;
    let open = false;
    const withheld = [];
    globalThis.hold = () => {
      open = false;
      globalThis.pieces = 0;
    };
    globalThis.goOn = () => {
      open = true;
      for (const send of withheld.splice(0)) send();
    };
    globalThis.Worker = class extends Worker {
      constructor(address, options) {
        super(address, options);
        this.labels = options.name === "labeller";
      }

      postMessage(message, ...rest) {
        const send = () => super.postMessage(message, ...rest);
        if (this.labels && message.method === "labelRows") globalThis.pieces += 1;
        if (this.labels && message.method === "labelRows" && globalThis.pieces > 1 && !open) withheld.push(send);
        else send();
      }
    };
  });

const quoted = (cell) => `"${cell.replaceAll('"', '""')}"`;
const opinion = (row) => `In my view, room ${row} of the "old" library is\nfar too noisy for a place to read in.`;
/** A file with quotes, commas and line breaks within cells, and one row without a text. */
const file = `id,text,label\n${Array.from({ length: ROWS }, (_, row) => `${row},${quoted(row === 7 ? "" : opinion(row))},as found`).join("\n")}\n`;

/** The rows of a CSV file whose cells may hold anything. */
function parsed(content) {
  const cells = [...content.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])/g)];
  const rows = [[]];
  for (const [, inQuotes, plain, end] of cells) {
    rows.at(-1).push(inQuotes === undefined ? plain : inQuotes.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

const begin = async (page, upload) => {
  await page.setInputFiles("#unlabelled-file", upload);
  await page.click("#label-rows");
};
const pieces = (page, count) => page.waitForFunction((wanted) => globalThis.pieces === wanted, count);

describe("label a file", { timeout: 10 * 60_000 }, () => {
  test("the rows come back with the model's answers, after a pause too; of a stop what was done", (context) =>
    journey(context, { hash: TINY, prepare: holdPieces }, async (page) => {
      assert.match(await page.textContent("#labelling-status"), /First run the experiment/);
      for (const id of ["unlabelled-file", "label-rows", "download-predictions"]) assert.ok(await page.isDisabled(`#${id}`), id);
      const { dataset } = await experiment(page);
      await page.selectOption("#labelling-model", "guided");
      await begin(page, csv("library.csv", file));
      await pieces(page, 2);
      await page.click("#labelling-pause");
      await says(page, "#labelling-pause", /Resume/);
      await page.evaluate(() => globalThis.goOn());
      await says(page, "#labelling-time", /^3\d\d rows.*about/);
      await page.waitForTimeout(200); // time for a third piece, which there must not be
      assert.equal(await page.evaluate(() => globalThis.pieces), 2);
      await page.click("#labelling-pause");
      await says(page, "#labelling-status", /library\.csv: 419 rows are labelled by guided, fine-tuned on opinions\.csv\./);
      await says(page, "#labelling-rejected", /1 row has no label.*16.*the text is empty/s);

      const { name, content } = await downloaded(page, "#download-predictions");
      const [header, ...rows] = parsed(content.toString());
      assert.deepEqual([name, header.join(), rows.length], ["library-guided.csv", `id,text,label,${ADDED}`, ROWS]);
      for (const [row, cells] of rows.entries()) {
        assert.deepEqual(cells.slice(0, 3), [String(row), row === 7 ? "" : opinion(row), "as found"]);
        const [label, probability, second] = cells.slice(3);
        if (row === 7) assert.deepEqual([label, probability, second], ["", "", ""]);
        else assert.ok(dataset.labels.includes(label) && dataset.labels.includes(second) && label !== second && probability >= 0.5, cells.join());
      }
      for (const row of [0, 300, ROWS - 1]) {
        const { labels, answers } = await predicted(page, opinion(row));
        const { percents } = answers.find(({ arm }) => arm === "guided");
        const best = percents.indexOf(Math.max(...percents));
        assert.equal(rows[row][3], labels[best], `row ${row}`);
        assert.ok(Math.abs(Number(rows[row][4]) - percents[best] / 100) < 2e-6, `row ${row}: ${rows[row][4]}, ${percents[best]} %`);
      }

      await page.evaluate(() => globalThis.hold());
      await begin(page, csv("again.csv", file));
      await pieces(page, 2);
      await page.click("#labelling-stop");
      await page.evaluate(() => globalThis.goOn());
      await says(page, "#labelling-status", /^Stopped after 3\d\d rows/);
      const part = parsed((await downloaded(page, "#download-predictions")).content.toString());
      assert.ok(part.length > 100 && part.length < ROWS, `${part.length} rows`);
      assert.deepEqual(part.slice(1), rows.slice(0, part.length - 1));
    }));

  test("json lines stay as they are; a file without texts is refused in words, until its column is named", (context) =>
    journey(context, { hash: TINY }, async (page) => {
      await experiment(page);
      const lines = Array.from({ length: 5 }, (_, row) => `{"n": ${row}.50, "of": {"part": ${row}}, "text": "The bridge is ${row} metres long."}`);
      await begin(page, { name: "bridges.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(lines.join("\n")) });
      await says(page, "#labelling-status", /5 rows are labelled/);
      const { name, content } = await downloaded(page, "#download-predictions");
      const written = content.toString().trim().split("\n");
      assert.deepEqual([name, written.length], ["bridges-standard.jsonl", 5]);
      for (const [row, line] of written.entries()) {
        assert.ok(line.startsWith(lines[row].slice(0, -1)), line);
        assert.deepEqual(Object.keys(JSON.parse(line)), ["n", "of", "text", "label", "probability", "second_label"]);
      }

      await begin(page, csv("prices.csv", "id,price\n1,2.5\n2,3.5\n3,4.5\n"));
      await says(
        page,
        "#labelling-errors",
        /prices\.csv: expected a column of texts \("text", or another that is chosen\), got the columns "id", "price"/,
      );
      assert.match(await page.textContent("#labelling-errors"), /^This file cannot be labelled\..*Required: texts as CSV/s);
      assert.ok(await page.isDisabled("#download-predictions"), "the file before is not this one's");
      await page.fill("#labelling-column", "price");
      await page.click("#label-rows");
      await says(page, "#labelling-status", /3 rows are labelled/);
      assert.equal(await page.textContent("#labelling-errors"), "");
    }));
});
