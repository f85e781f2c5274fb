// Data and models that the reader brings: node --test tests/browser/bring.mjs

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { assertAccessible, csv, downloaded, experiment, journey, phase, server, withoutTimes } from "./page.mjs";

const TINY = "sample=opinions&max_rows=24&fisher_texts=4&epochs=1&seeds=1&arms=standard,guided&max_tokens=24&workers=1";
const HUB = /^https:\/\/huggingface\.co\//;
const NAME = "somebody/small-bert";

// --- the built-in model's files, and others made of them --------------------------------------------------------------

const folder = new URL("../../www/data/models/mini-4x256/", import.meta.url);
const file = (name) => readFileSync(new URL(name, folder));
const CONFIG = file("config.json");
const WEIGHTS = file("model.safetensors");
const TOKENIZER_CONFIG = file("tokenizer_config.json");
const { vocab } = JSON.parse(file("tokenizer.json")).model;
const VOCABULARY = Buffer.from(`${Object.keys(vocab).sort((left, right) => vocab[left] - vocab[right]).join("\n")}\n`);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const headerOf = (bytes) => JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())));

/** The safetensors file of those tensors whose name passes. */
function only(bytes, passes) {
  const begin = 8 + Number(bytes.readBigUInt64LE());
  const parts = [];
  const header = {};
  let offset = 0;
  for (const [name, entry] of Object.entries(headerOf(bytes)).filter(([tensor]) => tensor !== "__metadata__" && passes(tensor))) {
    const [from, to] = entry.data_offsets;
    parts.push(bytes.subarray(begin + from, begin + to));
    header[name] = { ...entry, data_offsets: [offset, offset + to - from] };
    offset += to - from;
  }
  return Buffer.concat([start(header), ...parts]);
}

function start(header) {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json]);
}

const HEADLESS = only(WEIGHTS, (name) => !name.startsWith("cls."));
const HEAD = only(WEIGHTS, (name) => name.startsWith("cls."));

const upload = (name, buffer) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(buffer) });
const changed = (change) => upload("config.json", JSON.stringify({ ...JSON.parse(CONFIG), ...change }));

/** A file that says to be large and takes no room on the disk. */
const scratch = mkdtempSync(join(tmpdir(), "bring-"));
after(() => rmSync(scratch, { recursive: true }));
function sparse(name, head, size) {
  const path = join(scratch, name);
  const target = openSync(path, "w");
  writeSync(target, head);
  closeSync(target);
  truncateSync(path, size);
  return path;
}

/** The header of an encoder of this shape in f32, and the size of its file. */
function imagined({ vocab_size: v, hidden_size: d, num_hidden_layers: layers, intermediate_size: f, max_position_embeddings: positions, type_vocab_size: types }) {
  const shapes = [["embeddings.word_embeddings.weight", v, d], ["embeddings.position_embeddings.weight", positions, d], ["embeddings.token_type_embeddings.weight", types, d]];
  const norm = (name) => shapes.push([`${name}.weight`, d], [`${name}.bias`, d]);
  const linear = (name, from, to) => shapes.push([`${name}.weight`, to, from], [`${name}.bias`, to]);
  norm("embeddings.LayerNorm");
  for (let layer = 0; layer < layers; layer += 1) {
    const prefix = `encoder.layer.${layer}`;
    for (const part of ["query", "key", "value"]) linear(`${prefix}.attention.self.${part}`, d, d);
    linear(`${prefix}.attention.output.dense`, d, d);
    norm(`${prefix}.attention.output.LayerNorm`);
    linear(`${prefix}.intermediate.dense`, d, f);
    linear(`${prefix}.output.dense`, f, d);
    norm(`${prefix}.output.LayerNorm`);
  }
  let offset = 0;
  const header = {};
  for (const [name, ...shape] of shapes) {
    const size = 4 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const head = start(header);
  return { head, size: head.length + offset };
}

// --- what the page says -----------------------------------------------------------------------------------------------

const says = (page, selector, pattern) => page.waitForFunction(([place, source]) => new RegExp(source, "s").test(document.querySelector(place)?.textContent), [selector, pattern.source]);

/** Drops files on the data part, as a hand would. */
async function drop(page, ...files) {
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, content } of list) data.items.add(new File([Uint8Array.from(atob(content), (character) => character.charCodeAt(0))], name));
    return data;
  }, files.map(({ name, buffer }) => ({ name, content: buffer.toString("base64") })));
  await page.dispatchEvent("#data", "dragover", { dataTransfer: transfer });
  await page.dispatchEvent("#data", "drop", { dataTransfer: transfer });
}

/** What an experiment says apart from the model's name. */
const numbersOf = (results) => ({ ...withoutTimes(results), model: { ...results.model, name: "" }, config: { ...results.config, model: "" } });

describe("data that the reader brings", { timeout: 10 * 60_000 }, () => {
  test("says what it guessed; the histogram of lengths follows the limit", (context) => journey(context, { hash: `${TINY}&max_rows=0` }, async (page) => {
    // Each word is one token; [CLS] and [SEP] make two more.
    const rows = Array.from({ length: 40 }, (_, index) => `${Array(1 + index).fill("the").join(" ")};${index % 2 ? "odd" : "even"}`);
    await page.setInputFiles("#dataset-file", csv("lengths.csv", `review;verdict\n${rows.join("\n")}\n`));
    await says(page, "#dataset-summary", /lengths\.csv: 40 examples.*Read as CSV separated by semicolons, 2 columns.*first row is a header.*Text: column “review”.*Label: column “verdict”.*Labels are classes: 2 distinct values/);
    await says(page, "#lengths-summary", /Median 22 tokens, maximum 42\. 18 texts are truncated to 24 tokens \(45\.0\s%\)/);
    const counted = () => page.evaluate(() => [...document.querySelectorAll("#dataset-lengths tbody tr")].map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent.replace("–", "0")))));
    const sum = (list, index) => list.reduce((total, row) => total + row[index], 0);
    assert.deepEqual([sum(await counted(), 0), sum(await counted(), 1)], [40, 18]);
    const beyond = await page.locator("#dataset-lengths .column.beyond").count();
    assert.ok(beyond > 0 && await page.isVisible("#dataset-lengths .limit"));
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

  test("the broken file says what is wrong, line by line", (context) => journey(context, { hash: TINY }, async (page) => {
    await page.click("summary:has-text('Paste')");
    const taken = await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/plain", "text,label");
      return !document.querySelector("#dataset-text").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    assert.equal(taken, false, "text dropped into the field is the browser's business");
    await page.click("#dataset-broken");
    await says(page, "#dataset-rejected", /4 of \d+ rows rejected.*line 4.*label is empty.*line 5.*text is empty.*line 8.*expected 2 fields, got 4.*line 10.*quoted field that is not properly closed/);
  }));

  test("a wrong guess of a column that makes a file unusable is put right in the pickers", (context) => journey(context, { hash: `${TINY}&max_rows=0` }, async (page) => {
    const rows = Array.from({ length: 12 }, (_, index) => `a word of number ${index} on the board,${index % 2 ? "school" : "water"},L-${index}`);
    await page.setInputFiles("#dataset-file", { name: "three.csv", mimeType: "text/csv", buffer: Buffer.from(`text,kind,label\n${rows.join("\n")}\n`) });
    await page.waitForFunction(() => /single text of "L-0"/.test(document.querySelector("#dataset-errors").textContent));
    assert.deepEqual(await page.locator("#label-column option").evaluateAll((options) => options.map(({ value }) => value)), ["", "text", "kind", "label"]);
    await page.selectOption("#label-column", "kind");
    await page.waitForFunction(() => /three\.csv: 12 examples, 2 classes/.test(document.querySelector("#dataset-summary").textContent));
    assert.equal(await page.textContent("#dataset-errors"), "");
  }));

  test("an old spreadsheet's letters are read; a row that alone has its label is left out; the bar follows the settings", (context) => journey(context, { hash: `${TINY}&max_rows=0` }, async (page) => {
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

  test("a file over the limit is refused before it is read, and the data stay", (context) => journey(context, { hash: TINY }, async (page) => {
    await page.setInputFiles("#dataset-file", sparse("huge.csv", "text,label\n", 68e6));
    await says(page, "#dataset-errors", /huge\.csv has 68\sMB; the limit .* 67\sMB.*Nothing was read/);
    await page.setInputFiles("#corpus-file", sparse("huge.txt", "prose\n", 70e6));
    await says(page, "#fisher-errors", /huge\.txt has 70\sMB/);
    assert.match(await page.textContent("#dataset-summary"), /24 examples/);
    assert.ok(await page.isEnabled("#run"));
  }));
});

let builtIn;
async function builtInNumbers(context) {
  if (!builtIn) await journey(context, { hash: TINY }, async (page) => { builtIn = numbersOf(await experiment(page)); });
  return builtIn;
}

describe("a model that the reader brings", { timeout: 10 * 60_000 }, () => {

  test("dropped in steps with vocab.txt, it gives the numbers of the same model with tokenizer.json", async (context) => {
    const expected = await builtInNumbers(context);
    await journey(context, { hash: TINY }, async (page) => {
      await drop(page, upload("config.json", CONFIG), upload("tokenizer_config.json", TOKENIZER_CONFIG));
      await says(page, "#bring-status", /Missing: model\.safetensors, tokenizer\.json or vocab\.txt/);
      await page.setInputFiles("#model-files", upload("mine.safetensors", WEIGHTS));
      await says(page, "#bring-status", /Missing: tokenizer\.json or vocab\.txt/);
      await says(page, "#bring-card", /parameters: 4 layers, hidden size 256.*MB.*about \d+\sMB per worker.*has a masked-language-model head/);
      await assertAccessible(page);
      await drop(page, upload("vocab.txt", VOCABULARY));
      await says(page, "#bring-status", /mine is loaded.*lower-cased\.$/);
      assert.equal(await page.inputValue("#model"), "mine");
      assert.deepEqual(numbersOf(await experiment(page)), expected);
    });
  });

  test("without a head: the page's own for that encoder, else said clearly", async (context) => {
    const expected = await builtInNumbers(context);
    const mine = [upload("config.json", CONFIG), upload("headless.safetensors", HEADLESS), upload("tokenizer.json", file("tokenizer.json"))];
    await journey(context, { hash: TINY }, async (page) => {
      await page.setInputFiles("#model-files", mine);
      await says(page, "#model-summary", /no masked-language-model head, and the page has none/);
      await says(page, "#model-errors", /arms without guided rates can still be compared/);
    });
    const prepare = async (page) => {
      await page.route("**/models/heads/index.json", (route) => route.fulfill({ json: { [sha256(HEADLESS)]: "played" } }));
      await page.route("**/models/heads/played/head.json", (route) => route.fulfill({ json: { heldout: { loss: 3.21, accuracy: 0.456 } } }));
      await page.route("**/models/heads/played/head.safetensors", (route) => route.fulfill({ body: HEAD }));
    };
    await journey(context, { hash: TINY, prepare }, async (page) => {
      await page.setInputFiles("#model-files", mine);
      await says(page, "#model-summary", /page added one.*3\.21 nats.*45\.6\s%/);
      assert.deepEqual(numbersOf(await experiment(page)), expected);
      const inputs = await page.evaluate(() => new Promise((resolve) => {
        indexedDB.open("guided-dropout-lab").onsuccess = ({ target }) => {
          target.result.transaction("experiments").objectStore("experiments").getAll().onsuccess = (event) => resolve(event.target.result[0].inputs);
        };
      }));
      assert.equal(inputs.model.sha256["head.safetensors"], sha256(HEAD));
    });
  });

  test("every head of the table is there, for the encoder that it is listed under", () => {
    const heads = new URL("../../www/data/models/heads/", import.meta.url);
    for (const [encoder, name] of Object.entries(JSON.parse(readFileSync(new URL("index.json", heads))))) {
      const about = JSON.parse(readFileSync(new URL(`${name}/head.json`, heads)));
      assert.equal(about.encoder_sha256, encoder);
      assert.ok(about.heldout.loss < Math.log(30_522) && about.heldout.accuracy > 0.1, "better than chance"); // of BERT's vocabulary
      assert.ok(Object.keys(headerOf(readFileSync(new URL(`${name}/head.safetensors`, heads)))).includes("cls.predictions.bias"));
    }
  });

  test("what cannot be used is refused with what would work, and the model in force stays", (context) => journey(context, { hash: TINY }, async (page) => {
    const tokenizer = upload("tokenizer.json", file("tokenizer.json"));
    const cases = [
      [/model_type.*expected bert, got roberta.*Supported: BERT/, changed({ model_type: "roberta" }), upload("model.safetensors", WEIGHTS)],
      [/hidden_act.*gelu_new/, changed({ hidden_act: "gelu_new" }), upload("model.safetensors", WEIGHTS)],
      [/pytorch_model\.bin contains pickled PyTorch weights.*safe_serialization/, upload("config.json", CONFIG), upload("pytorch_model.bin", "PK")],
      [/model-00001-of-00002\.safetensors belongs to a sharded checkpoint/, upload("config.json", CONFIG), upload("model-00001-of-00002.safetensors", WEIGHTS)],
      [/index\.json belongs to a sharded checkpoint/, upload("config.json", CONFIG), upload("model.safetensors.index.json", "{}")],
      [/adapter_model\.safetensors is an adapter/, upload("config.json", CONFIG), upload("adapter_model.safetensors", WEIGHTS)],
      [/Git LFS pointer/, upload("config.json", CONFIG), upload("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")],
      [/has no safetensors header/, upload("config.json", CONFIG), upload("model.safetensors", Buffer.alloc(100, 255))],
      [/is the file complete/, upload("config.json", CONFIG), upload("model.safetensors", WEIGHTS.subarray(0, 1_000_000))],
      [/none named encoder\.layer\.2\.output\.dense\.weight/, upload("config.json", CONFIG), upload("model.safetensors", only(WEIGHTS, (name) => !name.endsWith("encoder.layer.2.output.dense.weight")))],
      [/word_embeddings\.weight of shape/, changed({ vocab_size: 30522 }), upload("model.safetensors", WEIGHTS)],
    ];
    for (const [words, ...files] of cases) {
      await page.setInputFiles("#model-files", [...files, tokenizer]);
      await says(page, "#bring-errors", words);
      await page.click("#bring-clear");
      await page.waitForFunction(() => document.querySelector("#bring-errors").children.length === 0);
    }
    await page.setInputFiles("#model-files", [upload("config.json", CONFIG), upload("model.safetensors", WEIGHTS), upload("vocab.txt", "[PAD]\n[UNK]\n")]);
    await says(page, "#bring-errors", /vocab\.txt: expected .*no \[CLS\]/);
    assert.equal(await page.inputValue("#model"), "mini-4x256");
    assert.deepEqual(numbersOf(await experiment(page)), await builtInNumbers(context));
  }));

  test("a large one waits for a press, a too large one is refused, both unread", (context) => journey(context, { hash: TINY }, async (page) => {
    const base = { ...JSON.parse(CONFIG), vocab_size: 30522, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072, max_position_embeddings: 512, type_vocab_size: 2 };
    const large = { ...base, hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, intermediate_size: 4096 };
    for (const [shape, name] of [[base, "base.safetensors"], [large, "large.safetensors"]]) {
      const { head, size } = imagined(shape);
      if (await page.isVisible("#bring-clear")) await page.click("#bring-clear");
      await page.setInputFiles("#model-files", sparse(name, head, size));
      await page.setInputFiles("#model-files", [upload("config.json", JSON.stringify(shape)), upload("vocab.txt", VOCABULARY)]);
      if (shape === base) {
        await says(page, "#bring-card", /109,\d{3},\d{3} parameters.*43\d\sMB.*GB per worker.*may still not fit.*checkpoint lacks/);
        assert.match(await page.textContent("#bring-load"), /Load \(43\d\sMB\)/);
        assert.equal(await page.inputValue("#model"), "mini-4x256");
      } else {
        await says(page, "#bring-errors", /One worker would need about 7\.\d\sGB.*limit is 4\.3\sGB.*MiniLM/);
      }
    }
  }));
});

describe("a model of the hub", { timeout: 10 * 60_000 }, () => {
  /** Plays the hub from the built-in model's files; `change` makes it misbehave. */
  const hub = ({ asked = [], files = { "config.json": CONFIG, "model.safetensors": WEIGHTS, "vocab.txt": VOCABULARY, "tokenizer_config.json": TOKENIZER_CONFIG, "README.md": Buffer.from("# A model") }, answer = () => null } = {}) =>
    (page) => page.route(HUB, async (route) => {
      const request = route.request();
      asked.push({ url: request.url(), headers: request.headers() });
      const headers = { "access-control-allow-origin": "*" };
      const special = await answer(request, route);
      if (special === "handled") return;
      if (special) { await route.fulfill({ headers, ...special }); return; }
      const path = new URL(request.url()).pathname;
      if (path === `/api/models/${NAME}`) {
        const siblings = Object.entries(files).map(([rfilename, content]) => ({ rfilename, size: content.length, ...rfilename.endsWith(".safetensors") && { lfs: { sha256: sha256(content) } } }));
        await route.fulfill({ headers, json: { sha: "c0ffee", gated: false, siblings } });
        return;
      }
      const content = files[path.replace(`/${NAME}/resolve/c0ffee/`, "")];
      const range = request.headers().range?.match(/^bytes=(\d+)-(\d+)$/);
      if (!content) await route.fulfill({ status: 404, headers });
      else if (range) await route.fulfill({ status: 206, headers, body: content.subarray(Number(range[1]), Number(range[2]) + 1) });
      else await route.fulfill({ headers, body: content });
    });

  const lookUp = async (page, name = NAME) => {
    await page.evaluate(() => { document.querySelector("#bring").open = true; });
    await page.fill("#hub-name", name);
    await page.press("#hub-name", "Enter");
  };

  const isWeights = (request) => request.url().endsWith("model.safetensors") && !request.headers().range;

  const beginDownload = async (page) => {
    await lookUp(page);
    await page.click("#hub-allow");
    await page.click("#bring-load");
    await page.waitForSelector("#bring-card progress");
  };

  test("asked for first, appraised, then loaded; the answer holds for the visit", async (context) => {
    const asked = [];
    await journey(context, { hash: TINY, allowed: HUB, prepare: hub({ asked }) }, async (page) => {
      await lookUp(page);
      await says(page, "#bring-card", /Allow requests to huggingface\.co for “somebody\/small-bert”.*send this name.*texts, labels and results are not sent/);
      await assertAccessible(page);
      await page.click("#hub-deny");
      await says(page, "#bring-status", /No request was sent/);
      assert.deepEqual(asked, [], "before it is allowed, nothing is asked");
      await lookUp(page, `https://huggingface.co/${NAME}/tree/main`);
      await page.press("#hub-allow", "Enter");
      await says(page, "#bring-card", /4 layers, hidden size 256.*Download\d+\sMB.*Memory.*Time.*has a masked-language-model head/);
      const before = asked.map(({ url, headers }) => `${new URL(url).pathname} ${headers.range ?? ""}`.trim());
      assert.deepEqual(before.slice(0, 3), [`/api/models/${NAME}`, `/${NAME}/resolve/c0ffee/config.json`, `/${NAME}/resolve/c0ffee/model.safetensors bytes=0-7`], "only the header before the press");
      assert.equal(before.length, 4);
      assert.ok(asked.every(({ headers }) => !headers.cookie && !headers.referer), "no cookie, no referrer");
      await page.click("#bring-load");
      await says(page, "#bring-status", /small-bert is loaded/);
      assert.equal(await page.inputValue("#model"), "small-bert");
      const results = await experiment(page);
      assert.deepEqual([results.model.name, numbersOf(results)], ["small-bert", await builtInNumbers(context)], "the hub's files are the built-in model's");
      const count = asked.length;
      await lookUp(page);
      await page.waitForSelector("#bring-load");
      assert.ok(asked.length > count, "no second question in one visit");
      await page.reload();
      await page.waitForFunction(() => document.documentElement.dataset.phase === "ready");
      await lookUp(page);
      await page.waitForSelector("#hub-allow");
    });
  });

  test("cancelled in the middle, it changes nothing and can be asked for again", async (context) => {
    let hold = true;
    const answer = async (request) => {
      if (hold && isWeights(request)) await new Promise((resolve) => setTimeout(resolve, 2000));
      return null;
    };
    await journey(context, { hash: TINY, allowed: HUB, prepare: hub({ answer }) }, async (page) => {
      await beginDownload(page);
      await page.click("#bring-cancel");
      await says(page, "#bring-status", /Cancelled; nothing was changed/);
      assert.equal(await page.inputValue("#model"), "mini-4x256");
      hold = false;
      await lookUp(page);
      await page.click("#bring-load");
      await says(page, "#bring-status", /small-bert is loaded/);
    });
  });

  test("a model that arrives while an experiment runs does not take the place of the one that it runs with", async (context) => {
    let arrive;
    const held = new Promise((resolve) => { arrive = resolve; });
    const answer = async (request) => {
      if (isWeights(request)) await held;
      return null;
    };
    await journey(context, { hash: TINY, allowed: HUB, prepare: hub({ answer }) }, async (page) => {
      await beginDownload(page);
      await page.click("#run");
      await page.waitForFunction(() => ["fisher", "training"].includes(document.documentElement.dataset.phase));
      await page.click("#pause");
      arrive();
      await says(page, "#bring-errors", /An experiment is running/);
      await page.click("#pause");
      await phase(page, "done");
      const results = JSON.parse((await downloaded(page, "#download-results")).content);
      assert.equal(results.model.name, "mini-4x256");
      assert.equal(await page.inputValue("#model"), "mini-4x256");
    });
  });

  for (const [what, name, words, options] of [
    ["no name at all", "bert", /“bert” is not a model name.*owner\/name/],
    ["an unknown name", NAME, /no public model “somebody\/small-bert” \(status 404\)/, { answer: () => ({ status: 404 }) }],
    ["a private model", NAME, /no public model .* \(status 401\).*private/, { answer: () => ({ status: 401 }) }],
    ["a gated model", NAME, /is gated \(status manual\).*accepted terms.*drop them here/, { answer: (request) => (request.url().includes("/api/") ? { json: { sha: "c0ffee", gated: "manual", siblings: [] } } : null) }],
    ["a refusal", NAME, /is gated \(status 403\)/, { answer: (request) => (request.url().includes("/resolve/") ? { status: 403 } : null) }],
    ["a hub out of order", NAME, /status 503/, { answer: () => ({ status: 503 }) }],
    ["no connection", NAME, /request to Hugging Face for .* failed/, { answer: async (_, route) => { await route.abort(); return "handled"; } }],
    ["no safetensors", NAME, /pytorch_model\.bin contains pickled PyTorch weights/, { files: { "config.json": CONFIG, "pytorch_model.bin": Buffer.from("PK"), "vocab.txt": VOCABULARY } }],
    ["no tokenizer", NAME, /has no tokenizer\.json or vocab\.txt on Hugging Face; its files are config\.json, model\.safetensors/, { files: { "config.json": CONFIG, "model.safetensors": WEIGHTS } }],
    ["another family", NAME, /expected bert, got gpt2/, { files: { "config.json": Buffer.from('{"model_type":"gpt2"}'), "model.safetensors": WEIGHTS, "tokenizer.json": file("tokenizer.json") } }],
    ["a damaged file", NAME, /download of model\.safetensors is corrupt/, { answer: (request) => (request.url().endsWith("model.safetensors") && !request.headers().range ? { body: Buffer.concat([WEIGHTS.subarray(0, -1), Buffer.from([WEIGHTS.at(-1) ^ 1])]) } : null) }],
  ]) {
    test(`${what}: said in words`, (context) => journey(context, { hash: TINY, allowed: HUB, tolerated: /Failed to load resource/, prepare: hub(options) }, async (page) => {
      await lookUp(page, name);
      if (name === NAME) await page.click("#hub-allow");
      if (what.startsWith("a damaged")) await page.click("#bring-load");
      await says(page, "#bring-errors", words);
      assert.equal(await page.inputValue("#model"), "mini-4x256");
    }));
  }

  test("the policy allows the hub's hosts and no other", (context) => journey(context, { hash: TINY, allowed: /./, tolerated: /./, prepare: (page) => page.route(/^https:\/\//, (route) => route.fulfill({ headers: { "access-control-allow-origin": "*" }, body: "here" })) }, async (page) => {
    const reaches = (url) => page.evaluate((address) => fetch(address).then((response) => response.text(), () => "refused"), url);
    for (const host of ["huggingface.co", "cdn-lfs.huggingface.co", "cdn-lfs-us-1.hf.co", "cas-bridge.xethub.hf.co"]) assert.equal(await reaches(`https://${host}/x`), "here", host);
    for (const host of ["example.com", "huggingface.co.example.com", "nothf.co"]) assert.equal(await reaches(`https://${host}/x`), "refused", host);
    assert.equal(await reaches(`${server.address}index.html`).then((body) => body.includes("<html")), true);
  }));
});
