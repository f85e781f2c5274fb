// Several files at once, of labelled texts or of a model, and what the reader chooses of them: node --test tests/browser/own-files.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { csv, downloaded, experiment, journey, phase, says } from "./page.mjs";
import { changed, CONFIG, drop, file, headerOf, only, sha256, start, upload, WEIGHTS } from "./support/model-files.mjs";

const TINY = "sample=opinions&max_rows=24&fisher_texts=4&epochs=1&seeds=1&arms=standard,guided&max_tokens=24&workers=1";

/** The same file with a classifier of so many classes. */
function withClassifier(bytes, classes, width) {
  const begin = 8 + Number(bytes.readBigUInt64LE());
  const added = Buffer.alloc(4 * classes * (width + 1));
  for (let place = 0; place < classes * width; place += 1) added.writeFloatLE(Math.sin(place) / 50, 4 * place);
  const at = bytes.length - begin;
  const split = at + 4 * classes * width;
  return Buffer.concat([
    start({
      ...headerOf(bytes),
      "classifier.weight": { dtype: "F32", shape: [classes, width], data_offsets: [at, split] },
      "classifier.bias": { dtype: "F32", shape: [classes], data_offsets: [split, at + added.length] },
    }),
    bytes.subarray(begin),
    added,
  ]);
}

describe("labelled files", { timeout: 5 * 60_000 }, () => {
  test("files dropped together are training, validation and test data by their names; the rest is said to be unused", (context) =>
    journey(context, { hash: `${TINY}&max_rows=0` }, async (page) => {
      const rows = (from, to) =>
        Array.from({ length: to - from }, (_, index) => `number ${from + index} of the list,${index % 2 ? "odd" : "even"}`).join("\n");
      const table = (name, from, to) => csv(name, `text,label\n${rows(from, to)}\n`);
      const [train, tested] = [table("train.csv", 0, 40), table("test.csv", 40, 50)];
      await drop(page, tested, train, table("sample_submission.csv", 60, 64));
      await says(page, "#dataset-summary", /train\.csv: 50 examples.*own split is used: 40 training, 0 validation and 10 test rows/);
      await says(page, "#dataset-errors", /Not used: sample_submission\.csv/);
      const { runs, dataset } = await experiment(page);
      assert.deepEqual([dataset.train_rows, dataset.test_rows, runs[0].predictions.length], [40, 10, 10]);
      await page.check("#export-files");
      const { content } = await downloaded(page, "#download-everything");
      for (const table of [train, tested]) assert.ok(content.includes(`files/${sha256(table.buffer)}`), `${table.name} is not in the zip`);
      await page.selectOption("#dataset-sample", "questions");
      await says(page, "#dataset-summary", /questions\.csv/);
      await page.selectOption("#dataset-sample", "own");
      await says(page, "#dataset-summary", /train\.csv: 50 examples.*10 test rows/);
      await drop(page, upload("config.json", CONFIG), table("more.csv", 0, 20), upload("README.md", "read me"));
      await says(page, "#dataset-summary", /more\.csv: 20 examples/);
      await says(page, "#bring-have", /config\.json/);
      await says(page, "#dataset-errors", /Not used: README\.md/);
    }));

  test("the next file says which settings stay, brings its own sentence, and has its long class names shortened", (context) =>
    journey(context, { hash: `${TINY}&max_rows=0&seeds=1,&arms=none` }, async (page) => {
      const long = ["account_and_subscription_management", "account_and_subscription_cancellation", "short"];
      const rowsOf = (name, words) =>
        csv(name, `text,label\n${Array.from({ length: 30 }, (_, row) => `${words} ${row},${long[row % 3]}\n`).join("")}`);
      const load = async (name, words) => {
        await page.setInputFiles("#dataset-file", rowsOf(name, words));
        await says(page, "#dataset-summary", new RegExp(`${name}: 30 examples`));
      };
      await load("first.csv", "one text");
      assert.equal(await page.textContent("#dataset-errors"), "", "there was no file before");
      await experiment(page);
      assert.equal(await page.inputValue("#predict-text"), "one text 0");
      await load("second.csv", "another text");
      assert.match(await page.textContent("#dataset-errors"), /^Settings chosen for the last file stay in force for this one: .*Seeds.*Epochs/);
      await experiment(page);
      assert.equal(await page.inputValue("#predict-text"), "another text 0");
      const heads = await page.$$eval("#confusion thead th", (cells) => cells.map((cell) => [cell.textContent, cell.title]));
      assert.deepEqual(heads, [
        ["account_and_s…ellation", long[1]],
        ["account_and_s…nagement", long[0]],
        ["short", ""],
      ]);
      await page.fill("#predict-text", "the reader's own");
      await load("first.csv", "one text");
      await experiment(page);
      assert.equal(await page.inputValue("#predict-text"), "the reader's own");
    }));

  test("any character can be the delimiter", (context) =>
    journey(context, { hash: `${TINY}&max_rows=0` }, async (page) => {
      const rows = Array.from({ length: 12 }, (_, index) => `number ${index}, of the list^${index % 2 ? "odd" : "even"}`);
      await page.setInputFiles("#dataset-file", csv("carets.csv", `text^label\n${rows.join("\n")}\n`));
      await page.waitForFunction(() => !document.querySelector("#dataset-figure[aria-busy=true]"));
      await page.fill("#delimiter", "^");
      await page.press("#delimiter", "Tab");
      await says(page, "#dataset-summary", /carets\.csv: 12 examples, 2 classes.*separated by “\^”/);
      await page.fill("#delimiter", '"');
      await page.press("#delimiter", "Tab");
      await page.waitForSelector("#delimiter[aria-invalid=true]");
      await page.fill("#delimiter", "");
      await page.press("#delimiter", "Tab");
      await page.waitForFunction(() => !/separated by “\^”/.test(document.querySelector("#dataset-summary").textContent));
    }));

  test("Run waits for what was pasted before it", (context) =>
    journey(context, { hash: `${TINY}&max_rows=0` }, async (page) => {
      const rows = Array.from({ length: 40 }, (_, index) => `number ${index} of the list,${index % 2 ? "odd" : "even"}`);
      await page.click("summary:has-text('Paste')");
      await page.evaluate(
        (pasted) => {
          const area = document.querySelector("#dataset-text");
          area.value = pasted;
          area.dispatchEvent(new InputEvent("input"));
          document.querySelector("#run").click();
        },
        `text,label\n${rows.join("\n")}\n`,
      );
      await phase(page, "done");
      const { dataset } = JSON.parse((await downloaded(page, "#download-results")).content);
      assert.deepEqual([dataset.rows, dataset.labels], [40, ["even", "odd"]]);
      assert.ok((await page.textContent("#verdict-caption")).includes(dataset.name), "the verdict names its data");
    }));
});

describe("a model's files", { timeout: 5 * 60_000 }, () => {
  test("shards with their index give the numbers of one file", async (context) => {
    let expected;
    await journey(context, { hash: TINY, shipped: true }, async (page) => {
      expected = await experiment(page);
    });
    await journey(context, { hash: TINY }, async (page) => {
      const isHead = (name) => name.startsWith("cls.");
      const shards = [only(WEIGHTS, (name) => !isHead(name)), only(WEIGHTS, isHead)].map((bytes, index) =>
        upload(`model-0000${index + 1}-of-00002.safetensors`, bytes),
      );
      const map = Object.fromEntries(shards.flatMap(({ name, buffer }) => Object.keys(headerOf(buffer)).map((tensor) => [tensor, name])));
      await drop(page, upload("config.json", CONFIG), upload("tokenizer.json", file("tokenizer.json")), shards[0]);
      await says(page, "#bring-status", /Missing: model\.safetensors\.index\.json/);
      await drop(page, upload("model.safetensors.index.json", JSON.stringify({ metadata: {}, weight_map: map })));
      await says(page, "#bring-status", /Missing: model-00002-of-00002\.safetensors/);
      await drop(page, shards[1]);
      await says(page, "#bring-status", /is loaded/);
      const results = await experiment(page);
      const numbersOf = ({ model, runs }) => [model.parameters, runs.map(({ elapsed_ms: _, ...run }) => run)];
      assert.deepEqual(numbersOf(results), numbersOf(expected));
    });
  });

  test("a classifier in the checkpoint is kept only where the reader says so, and where its classes are the labels", (context) =>
    journey(context, { hash: TINY }, async (page) => {
      const { hidden_size: width } = JSON.parse(CONFIG);
      assert.ok(await page.isHidden("#keep-classifier"));
      const named = changed({ id2label: { 0: "OPINION", 1: "fact" } });
      await drop(page, named, upload("tokenizer.json", file("tokenizer.json")), upload("model.safetensors", withClassifier(WEIGHTS, 2, width)));
      await says(page, "#model-summary", /classifier \(2 classes\) is not used unless you keep it/);
      assert.ok(!(await experiment(page)).config.keep_classifier);
      assert.doesNotMatch(await page.textContent("#verdict"), /own classifier/);
      await page.check("#keep-classifier");
      const { config, remarks } = await experiment(page);
      assert.ok(config.keep_classifier && remarks.some(({ kind }) => kind === "kept_classifier"));
      await says(page, "#verdict", /began with the checkpoint’s own classifier/);
      await page.selectOption("#dataset-sample", "questions");
      await says(page, "#train-errors", /the classes of the checkpoint's classifier/);
      await drop(page, upload("config.json", CONFIG), upload("tokenizer.json", file("tokenizer.json")), upload("model.safetensors", WEIGHTS));
      await page.waitForFunction(
        () => document.querySelector("#keep-classifier-field").hidden && document.querySelector("#train-errors").textContent === "",
      );
    }));
});
