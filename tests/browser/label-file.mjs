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

/**
 * Notes in `globalThis.held` what labelling a file holds at most: calls under way, bytes of the file that are read at once, bytes of the output that are
 * in no blob yet, and bytes of the worker at its end; `globalThis.forget()` begins anew.
 */
const noteHeld = (page) =>
  page.addInitScript(() => {
    let [underWay, unjoined] = [0, 0];
    globalThis.forget = () => {
      [underWay, unjoined] = [0, 0];
      globalThis.held = { pieces: 0, outstanding: 0, read: 0, unjoined: 0, wasm: 0 };
    };
    globalThis.forget();
    const noteMost = (name, value) => {
      globalThis.held[name] = Math.max(globalThis.held[name], value);
    };
    for (const method of ["arrayBuffer", "text", "bytes", "stream"]) {
      const original = Blob.prototype[method];
      Blob.prototype[method] = function (...args) {
        noteMost("read", this.size);
        return original.apply(this, args);
      };
    }
    globalThis.Blob = class extends Blob {
      constructor(parts = [], options = {}) {
        super(parts, options);
        for (const part of parts) if (part instanceof Uint8Array) unjoined -= part.length;
      }
    };
    globalThis.Worker = class extends Worker {
      constructor(address, options) {
        super(address, options);
        if (options.name !== "labeller") return;
        this.asked = new Set();
        this.addEventListener("message", ({ data: { id, result } }) => {
          if (id === -1) globalThis.held.wasm = result;
          if (!this.asked.delete(id)) return;
          underWay -= 1;
          noteMost("unjoined", (unjoined += result.length));
        });
      }

      postMessage(message, ...rest) {
        super.postMessage(message, ...rest);
        if (message.method !== "labelRows") return;
        this.asked.add(message.id);
        globalThis.held.pieces += 1;
        noteMost("outstanding", (underWay += 1));
        noteMost("read", message.args[0].length);
        if (message.args[1]) super.postMessage({ id: -1, method: "memory", args: [] });
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

  test("the mean over seeds is the mean of what the single models say; of an older experiment one model stays", (context) =>
    journey(context, { hash: TINY.replace("seeds=1&arms=standard,guided", "seeds=2&arms=standard") }, async (page) => {
      const { dataset } = await experiment(page);
      const texts = csv("library.csv", `text\n${Array.from({ length: 6 }, (_, row) => quoted(opinion(row))).join("\n")}\n`);
      const label = async (by, status) => {
        await page.selectOption("#labelling-seeds", by);
        await begin(page, texts);
        await says(page, "#labelling-status", status);
        const { name, content } = await downloaded(page, "#download-predictions");
        return { name, rows: parsed(content.toString()).slice(1) };
      };
      /** Of the first label, whichever is the more probable one. */
      const probability = ([, answer, value]) => (answer === dataset.labels[0] ? Number(value) : 1 - Number(value));
      assert.equal(dataset.labels.length, 2);
      assert.deepEqual(await page.locator("#labelling-seeds option").allTextContents(), ["seed 1", "mean of 2 seeds"]);
      assert.match(await page.textContent("#labelling-kept"), /^Models of 2 of 2 seeds are kept: at most 400.MB/);
      const mean = await label("mean", /library\.csv: 6 rows are labelled by the mean over 2 seeds of standard, fine-tuned on opinions\.csv\./);
      const first = await label("one", /6 rows are labelled by standard, fine-tuned/);
      await page.fill("#seeds", "2,");
      await experiment(page);
      assert.deepEqual(await page.locator("#labelling-seeds option").allTextContents(), ["seed 2"]);
      assert.equal(await page.textContent("#labelling-kept"), "");
      const second = await label("one", /6 rows are labelled by standard, fine-tuned/);

      assert.deepEqual([mean.name, first.name, second.name], ["library-standard-mean-of-2.csv", "library-standard.csv", "library-standard.csv"]);
      assert.notDeepEqual(first.rows, second.rows);
      for (const [row, cells] of mean.rows.entries()) {
        const expected = (probability(first.rows[row]) + probability(second.rows[row])) / 2;
        assert.ok(
          Math.abs(probability(cells) - expected) < 1e-6 + 1e-12,
          `row ${row}: ${cells}, where the models say ${first.rows[row]} and ${second.rows[row]}`,
        );
      }

      await page.locator("#past-list > li").filter({ hasText: "2 seeds" }).locator("button", { hasText: "Open" }).click();
      await says(page, "#labelling-kept", /^Models of 1 of 2 seeds are kept/);
      assert.deepEqual(await page.locator("#labelling-seeds option").allTextContents(), ["seed 1"]);
      assert.deepEqual((await label("one", /6 rows are labelled by standard, fine-tuned/)).rows, first.rows);
    }));

  test("of 50,000 rows the page and its worker hold no more at once than of 2,000", (context) =>
    journey(context, { hash: TINY.replace("standard,guided", "standard"), prepare: noteHeld }, async (page) => {
      await experiment(page);
      const long = "x".repeat(90);
      const seen = {};
      for (const rows of [2000, 50_000]) {
        await page.evaluate(() => globalThis.forget());
        // Most have no text, so that the model does not have to read them.
        const lines = Array.from({ length: rows }, (_, row) => `${row},${long},${row % 1000 === 0 ? quoted(opinion(row)) : ""}`);
        await begin(page, csv(`${rows}.csv`, `id,other,text\n${lines.join("\n")}\n`));
        await says(page, "#labelling-status", new RegExp(`^${rows}\\.csv: ${rows / 1000} rows are labelled`));
        seen[rows] = await page.evaluate(() => globalThis.held);
        const { content } = await downloaded(page, "#download-predictions");
        assert.equal(content.toString().split("\n").length, rows + 2 + rows / 1000, "the texts have a line break each");
      }
      const { pieces: calls, outstanding, read, unjoined, wasm } = seen[50_000];
      assert.ok(calls > 250 && outstanding === 1, JSON.stringify(seen));
      assert.ok(read <= 256 * 1024, `${read} bytes of the file were read at once`);
      assert.ok(unjoined <= 1024 * 1024 + 64 * 1024, `${unjoined} bytes of the output were held at once`);
      assert.ok(wasm <= seen[2000].wasm + 2 ** 20, `${wasm} bytes of the worker, ${seen[2000].wasm} for 2,000 rows`);
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
