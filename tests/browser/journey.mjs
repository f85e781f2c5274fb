// Journeys through the served page in a real browser: node --test tests/browser/journey.mjs

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  assertAccessible,
  assertAnswers,
  csv,
  downloaded,
  experiment,
  FILES,
  inPoints,
  shippedJourney as journey,
  phase,
  predicted,
  TINY,
  withoutTimes,
  WWW,
} from "./page.mjs";
import { assertSchema } from "./support/results-schema.mjs";

const { unzipSync } = createRequire(import.meta.url)("fflate");

const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** The files of an exported model, each of which is what it has to be. */
function filesOf(content, folder) {
  const files = Object.fromEntries(Object.entries(unzipSync(content)).map(([path, bytes]) => [path.replace(`${folder}/`, ""), bytes]));
  assert.deepEqual(Object.keys(files).sort(), ["README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]);
  const original = (file) => readFileSync(join(WWW, "data/models/mini-4x256", file));
  assert.ok(original("tokenizer.json").equals(files["tokenizer.json"]), "the tokenizer is the pretrained model's");
  const config = parsed(files["config.json"]);
  assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
  const common = ({ architectures: _, dtype: _1, torch_dtype: _2, id2label: _3, label2id: _4, num_labels: _5, problem_type: _6, ...rest }) => rest;
  assert.deepEqual(common(config), common(parsed(original("config.json"))), "everything else is as it was");
  const { tokenizer_class: kind, model_max_length: longest, ...tokens } = parsed(files["tokenizer_config.json"]);
  assert.deepEqual(
    [kind, longest, Object.values(tokens).sort()],
    ["PreTrainedTokenizerFast", config.max_position_embeddings, ["[CLS]", "[MASK]", "[PAD]", "[SEP]", "[UNK]"]],
  );
  return { files, config };
}

/** Asks an exported model of a text, in a core of its own, with nothing but the files. */
async function askedOf(files, labels, { config: { max_tokens: length } }, sentence, pair) {
  const { initSync, Lab } = await import(FILES.get("pkg/guided_dropout_lab.js"));
  initSync({ module: readFileSync(FILES.get("pkg/guided_dropout_lab_bg.wasm")) });
  const lab = await Lab.open("cpu");
  lab.loadModel("exported", files["config.json"], files["model.safetensors"], files["tokenizer.json"]);
  lab.loadTrained("exported", files["model.safetensors"], labels, length);
  return lab.predict("exported", sentence, pair);
}

describe("the page", { timeout: 15 * 60_000 }, () => {
  test("a sample through Fisher, training and verdict, and its results", (context) =>
    journey(context, {}, async (page) => {
      assert.match(await page.textContent("#dataset-summary"), /40 examples/);
      await page.waitForFunction(() => /^4 runs, about .* of memory/.test(document.querySelector("#estimate").textContent));
      const results = await experiment(page);
      assertSchema(results, { arms: ["standard", "guided"], seeds: [1, 2], epochs: 1, fisherTexts: 20 });
      assert.match(await page.textContent("#verdict"), /^Guided and standard dropout have too few complete pairs; at least 3 are needed: /);
      assert.ok((await page.textContent("#verdict")).includes(inPoints(results)), await page.textContent("#verdict"));
      assert.equal(await page.locator("#fisher-chart .bar").count(), results.fisher.sites.length);
      assert.equal(await page.locator("#rates-table tbody tr").count(), results.fisher.sites.length);
      assert.ok(await page.locator("#loss-chart canvas").isVisible());
      assert.equal(await page.locator("#results-table tbody tr").count(), 4, "two arms and two baselines");

      const sentence = "The bridge is 300 metres long.";
      const said = await predicted(page, sentence);
      assertAnswers(said, ["standard", "guided"], results.dataset.labels, sentence);

      const table = (await downloaded(page, "#download-csv")).content.toString().trim().split("\n");
      assert.equal(table.length, 1 + results.runs.length);
      assert.match(table[0], /^dataset,model,arm,seed,fraction,.*accuracy/);
      const schedule = JSON.parse((await downloaded(page, "#download-schedule")).content);
      assert.deepEqual(
        schedule.rates.map(({ site }) => site),
        results.fisher.sites.map(({ site }) => site),
      );
      assert.match((await downloaded(page, "#download-snippet")).content.toString(), /dropout|Dropout/);
      const links = await page.$$eval("#snippet-files a", (nodes) => nodes.map(({ href }) => href.split("/models/")[1]));
      assert.deepEqual(
        links,
        ["config.json", "model.safetensors", "tokenizer.json"].map((file) => `mini-4x256/${file}`),
      );
      for (const [index, arm] of ["standard", "guided"].entries()) {
        await page.selectOption("#model-arm", arm);
        const { name, content } = await downloaded(page, "#download-model");
        assert.equal(name, `mini-4x256-${arm}.zip`);
        const { labels } = results.dataset;
        const { files, config } = filesOf(content, `mini-4x256-${arm}`);
        assert.deepEqual(
          [config.problem_type, Object.values(config.id2label), config.label2id],
          ["single_label_classification", labels, Object.fromEntries(labels.map((label, at) => [label, at]))],
        );
        const { probabilities } = await askedOf(files, labels, results, sentence, null);
        const shown = said.labels.map((label, row) => [label, said.answers[index].percents[row]]); // six digits, as CSS writes them
        assert.deepEqual(new Map(labels.map((label, at) => [label, Number((100 * probabilities[at]).toPrecision(6))])), new Map(shown), arm);
      }
    }));

  test("the same seeds give the same numbers with one worker and with two", (context) =>
    journey(context, { hash: `${TINY}&workers=1` }, async (page) => {
      const alone = await experiment(page);
      await page.fill("#workers", "2");
      await page.press("#workers", "Tab");
      const together = await experiment(page);
      assert.deepEqual(withoutTimes(together), withoutTimes(alone));
    }));

  test("Run waits for what was just chosen, and of two choices the later one holds", (context) => {
    const held = Object.fromEntries(
      ["questions", "paraphrases"].map((sample) => {
        const gate = {};
        gate.opened = new Promise((resolve) => {
          gate.open = resolve;
        });
        return [sample, gate];
      }),
    );
    const prepare = (page) =>
      page.route(/samples\/(questions|paraphrases)\.csv/, async (route) => {
        await held[
          route
            .request()
            .url()
            .match(/(\w+)\.csv/)[1]
        ].opened;
        await route.fallback();
      });
    return journey(context, { prepare }, async (page) => {
      await page.selectOption("#dataset-sample", "paraphrases");
      await page.selectOption("#dataset-sample", "questions");
      await page.fill("#max-rows", "60");
      await page.click("#run"); // leaving the field and the press come together
      await phase(page, "fisher");
      held.questions.open();
      held.paraphrases.open();
      await phase(page, "done");
      const results = JSON.parse((await downloaded(page, "#download-results")).content);
      assert.deepEqual([results.dataset.name, results.dataset.rows], ["questions.csv", 60]);
      assert.match(await page.textContent("#dataset-summary"), /60 examples/);
    });
  });

  test("an own file by the file picker, and another pasted", (context) =>
    journey(context, {}, async (page) => {
      const rows = Array.from({ length: 30 }, (_, index) =>
        index % 2 ? `"Rain, wind and ${index} clouds",weather` : `A goal in minute ${index},sport`,
      );
      const file = csv("own.csv", `\ufeffmessage,topic\r\n${rows.join("\r\n")}\r\n`);
      await page.setInputFiles("#dataset-file", file);
      await page.waitForFunction(() => /own\.csv: 30 examples, 2 classes/.test(document.querySelector("#dataset-summary").textContent));
      assert.match(await page.textContent("#dataset-preview"), /Rain, wind and 1 clouds/);
      assert.equal(await page.inputValue("#dataset-sample"), "own");
      await page.selectOption("#text-column", "topic");
      await page.selectOption("#label-column", "message");
      await page.waitForFunction(
        () =>
          /own\.csv: 30 examples, 30 classes/.test(document.querySelector("#dataset-summary").textContent) ||
          document.querySelector("#dataset-errors .error, #train-errors .error"),
      );
      await page.selectOption("#text-column", "message");
      await page.selectOption("#label-column", "topic");
      await page.waitForFunction(() => /own\.csv: 30 examples, 2 classes/.test(document.querySelector("#dataset-summary").textContent));
      const results = await experiment(page);
      assert.deepEqual([...results.dataset.labels].sort(), ["sport", "weather"]);
      assert.equal(results.dataset.name, "own.csv");
      const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
      const ofPage = (path) => sha256(readFileSync(join(WWW, "data", path)));
      assert.deepEqual(results.inputs.dataset.sha256, { "own.csv": sha256(file.buffer) }, "the digest is of the file's own bytes");
      assert.deepEqual(
        [results.inputs.dataset.options.text_column, results.inputs.dataset.options.label_column, results.inputs.dataset.options.max_rows],
        ["message", "topic", 40],
      );
      assert.deepEqual(results.inputs.corpus.sha256, { "prose.txt": ofPage("samples/prose.txt") });
      const files = ["config.json", "model.safetensors", "tokenizer.json"];
      assert.deepEqual(results.inputs.model.sha256, Object.fromEntries(files.map((part) => [part, ofPage(`models/mini-4x256/${part}`)])));

      await page.click("summary:has-text('Paste')");
      await page.fill("#dataset-text", `text\tlabel\n${Array.from({ length: 24 }, (_, index) => `word ${index}\t${index % 3}`).join("\n")}`);
      await page.waitForFunction(() => /24 examples, 3 classes/.test(document.querySelector("#dataset-summary").textContent));
    }));

  test("regression, and a second text", (context) =>
    journey(context, { hash: TINY.replace("sample=opinions", "sample=paraphrases") }, async (page) => {
      assert.match((await page.inputValue("#pair-column")) || (await page.textContent("#pair-column option")), /text_b/);
      const rows = Array.from({ length: 30 }, (_, index) => `first ${index},second ${index % 7},${(index % 8) / 2}`);
      await page.setInputFiles("#dataset-file", csv("scores.csv", `text,other,score\n${rows.join("\n")}\n`));
      await page.waitForFunction(() => /scores\.csv: 30 examples/.test(document.querySelector("#dataset-summary").textContent));
      await page.selectOption("#task", "regression");
      await page.selectOption("#pair-column", "other");
      await page.waitForFunction(
        () =>
          /regression/.test(document.querySelector("#dataset-summary").textContent) &&
          document.querySelectorAll("#dataset-preview > .scroll th[scope=col]").length === 4,
      );
      const results = await experiment(page);
      for (const {
        predictions,
        epochs: [{ pearson }],
      } of results.runs) {
        assert.ok(predictions.length === results.dataset.test_rows && new Set(predictions).size > 1, `${predictions}`);
        assert.ok(Math.abs(pearson) <= 1 && pearson !== 0, `${pearson}`);
      }
      assert.match(await page.textContent("#results-table"), /Pearson/);
      await page.fill("#predict-pair", "second 3");
      await page.fill("#predict-text", "first 3");
      await page.waitForFunction(() =>
        /: \[CLS\] first 3 \[SEP\] second 3 \[SEP\]$/.test(document.querySelector("#predict-result .legend-note")?.textContent),
      );
      const { content } = await downloaded(page, "#download-model");
      const { files, config } = filesOf(content, "mini-4x256-standard");
      assert.deepEqual([config.num_labels, config.problem_type, config.id2label], [1, "regression", undefined]);
      const { score } = await askedOf(files, [], results, "first 3", "second 3");
      assert.equal(await page.textContent("#predict-result tbody td"), score.toFixed(3).replace("-", "−"));
    }));

  test("a broken file says which line and why; a useless one cannot be run", (context) =>
    journey(context, {}, async (page) => {
      const rows = Array.from({ length: 20 }, (_, index) => `text ${index},${index % 2 ? "yes" : "no"}`);
      rows.splice(3, 0, "no label here,");
      await page.setInputFiles("#dataset-file", csv("broken.csv", `text,label\n${rows.join("\n")}\n`));
      await page.waitForSelector("#dataset-rejected li");
      assert.match(await page.textContent("#dataset-rejected li"), /line 5\b.+/);
      assert.ok(await page.isEnabled("#run"));

      await page.setInputFiles("#dataset-file", csv("one-label.csv", "text,class\na text,same\nanother,same\na third,same\n"));
      await page.waitForSelector("#dataset-errors .error");
      assert.match(await page.textContent("#dataset-errors"), /one-label\.csv.*label/s);
      assert.ok(await page.isDisabled("#run"));
      const offered = (id) => page.locator(`#${id} option`).evaluateAll((options) => options.map(({ value }) => value));
      for (const id of ["text-column", "label-column"]) {
        assert.deepEqual(await offered(id), ["", "text", "class"], `${id} offers the columns of the file that is refused`);
      }
      for (const [workers, messages] of [
        ["99", 2],
        ["1", 1],
      ]) {
        await page.fill("#workers", workers);
        await page.press("#workers", "Tab");
        assert.equal(await page.locator("#dataset-errors .error").count(), messages, `the file is still unusable, with ${workers} workers`);
      }
      await page.fill("#fisher-texts", "0");
      await page.press("#fisher-texts", "Tab");
      assert.match(await page.textContent("#fisher-errors"), /expected a number from 1 to 100000/);
      await page.fill("#fisher-texts", "20");
      await page.press("#fisher-texts", "Tab");
      assert.equal(await page.textContent("#fisher-errors"), "");

      await page.selectOption("#dataset-sample", "opinions");
      await page.waitForFunction(() => !document.querySelector("#run").disabled);
      assert.equal(await page.locator("#dataset-errors .error").count(), 0);
    }));

  for (const [name, script] of [
    ["no WebGPU at all", "Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined })"],
    ["an adapter that is null", "Object.defineProperty(Navigator.prototype, 'gpu', { get: () => ({ requestAdapter: async () => null }) })"],
    [
      "an adapter request that fails",
      "Object.defineProperty(Navigator.prototype, 'gpu', { get: () => ({ requestAdapter: async () => { throw new Error('lost') } }) })",
    ],
    [
      "an adapter that never answers",
      "Object.defineProperty(Navigator.prototype, 'gpu', { get: () => ({ requestAdapter: () => new Promise(() => {}) }) })",
    ],
  ]) {
    test(`${name} leaves the CPU`, (context) =>
      journey(context, { hash: `${TINY}&device=webgpu`, prepare: (page) => page.addInitScript(script) }, async (page) => {
        assert.equal(await page.textContent("#device-badge"), "CPU");
        assert.match(await page.textContent("#device-reason"), /CPU is used/);
        if (name.includes("null")) assert.equal((await experiment(page)).device.kind, "cpu");
      }));
  }

  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing, ${colorScheme}`, (context) =>
      journey(context, { options: { colorScheme } }, async (page) => {
        await assertAccessible(page);
        await experiment(page);
        await page.evaluate(() =>
          document.querySelectorAll("details").forEach((details) => {
            details.open = true;
          }),
        );
        await page.waitForSelector("#predict-result table");
        await assertAccessible(page);
        await page.setInputFiles("#dataset-file", csv("empty.csv", "text,label\n"));
        await page.waitForSelector("#dataset-errors .error");
        await assertAccessible(page);
      }));
  }
});
