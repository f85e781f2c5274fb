// Exported ONNX files in onnxruntime-web, beside Hugging Face transformers' logits and the page's own predictions: node --test tests/browser/onnx.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { browser, downloaded, experiment, FILES, journey, predicted, server } from "./page.mjs";

const require = createRequire(import.meta.url);
const { unzipSync } = require("fflate");
const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));
const FAMILIES = ["tiny_bert", "families/distilbert", "families/electra", "families/gpt2", "families/modernbert", "families/roberta"];
const SMALL = "sample=opinions&max_rows=24&epochs=1&seeds=1&arms=standard&max_tokens=12&workers=1";
const BOUND = 1e-4;
/** Of the tiny models, whose logits are near 1 and agree to 2e-6: at 1e-4 another family's epsilon would pass. */
const BOUND_OF_TINY = 6e-6;
const ORT = dirname(require.resolve("onnxruntime-web"));
const ORT_FILES = {
  "ort.wasm.min.mjs": "text/javascript",
  "ort-wasm-simd-threaded.mjs": "text/javascript",
  "ort-wasm-simd-threaded.wasm": "application/wasm",
};
const PAGE = `<!doctype html><title>onnxruntime-web</title><script type="module">
  import * as ort from "./ort.wasm.min.mjs";
  ort.env.wasm.wasmPaths = new URL("./", location.href).href;
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  globalThis.logits = async (model, feeds) => {
    const session = await ort.InferenceSession.create(bytesOf(model), { executionProviders: ["wasm"] });
    const tensor = ({ values, dims }) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), dims);
    const inputs = Object.fromEntries(session.inputNames.map((name) => [name, tensor(feeds[name])]));
    return [...(await session.run(inputs)).logits.data];
  };
</script>`;

/** A safetensors file: values and dimensions by name. */
function tensorsOf(bytes) {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const read = { F32: (at) => bytes.readFloatLE(at), I64: (at) => Number(bytes.readBigInt64LE(at)) };
  return (name) => {
    const { dtype, shape, data_offsets: offsets } = JSON.parse(bytes.subarray(8, start))[name];
    const width = dtype === "F32" ? 4 : 8;
    const count = (offsets[1] - offsets[0]) / width;
    return { values: Array.from({ length: count }, (_, place) => read[dtype](start + offsets[0] + width * place)), dims: shape };
  };
}

const furthest = (found, expected) => {
  assert.equal(found.length, expected.length);
  return Math.max(...found.map((value, place) => Math.abs(value - expected[place])));
};

describe("ONNX", () => {
  /** Computes in a page of its own, with nothing but onnxruntime-web in it: the lab's policy would refuse it. */
  let logits;
  before(async () => {
    const page = await browser.newPage();
    await page.route("**/onnxruntime/*", (route) => {
      const file = new URL(route.request().url()).pathname.split("/").pop();
      if (file === "") return route.fulfill({ body: PAGE, contentType: "text/html" });
      return route.fulfill({ body: readFileSync(join(ORT, file)), contentType: ORT_FILES[file] });
    });
    await page.goto(`${server.address}onnxruntime/`);
    await page.waitForFunction(() => globalThis.logits);
    logits = (model, feeds) => page.evaluate(([bytes, inputs]) => globalThis.logits(bytes, inputs), [Buffer.from(model).toString("base64"), feeds]);
  });

  test("every family's logits, of texts of several lengths at once, are those of transformers", async () => {
    const { initSync, Lab } = await import(FILES.get("pkg/guided_dropout_lab.js"));
    initSync({ module: readFileSync(FILES.get("pkg/guided_dropout_lab_bg.wasm")) });
    const lab = await Lab.open("cpu");
    for (const family of FAMILIES) {
      const read = (file) => readFileSync(join(FIXTURES, family, file));
      lab.loadModel(family, read("config.json"), read("model.safetensors"), read("tokenizer.json"));
      const golden = tensorsOf(read("golden.safetensors"));
      const feeds = Object.fromEntries(["input_ids", "attention_mask", "token_type_ids"].map((name) => [name, golden(`batch.${name}`)]));
      const { values: expected } = golden("class.logits");
      const whole = furthest(await logits(lab.toOnnx(read("model.safetensors"), false), feeds), expected);
      assert.ok(whole < BOUND_OF_TINY, `${family}: ${whole}`);
      const rounded = furthest(await logits(lab.toOnnx(read("model.safetensors"), true), feeds), expected);
      assert.ok(rounded > BOUND && rounded < 0.1, `${family}, int8: ${rounded}`);
    }
  });

  test("the page's download gives the page's predictions, and has a model card", (context) =>
    journey(context, { hash: SMALL }, async (page) => {
      const results = await experiment(page);
      const said = await predicted(page, "The bridge is 300 metres long.");
      await page.selectOption("#model-format", "onnx");
      const { name, content } = await downloaded(page, "#download-model");
      assert.equal(name, "mini-4x256-standard-onnx.zip");
      const files = Object.fromEntries(Object.entries(unzipSync(content)).map(([path, bytes]) => [path.replace("mini-4x256-standard/", ""), bytes]));
      const expected = ["README.md", "config.json", "onnx/model.onnx", "onnx/model_quantized.onnx", "tokenizer.json", "tokenizer_config.json"];
      assert.deepEqual(Object.keys(files).sort(), expected);
      const card = Buffer.from(files["README.md"]).toString();
      assert.match(card, /^---\nlibrary_name: transformers\.js\n/);
      const [digest] = Object.values(results.inputs.dataset.sha256);
      for (const words of [`# mini-4x256-standard\n`, `| \`${digest}\` |`, "| arm | standard |", "TF-IDF with logistic regression"]) {
        assert.ok(card.includes(words), words);
      }
      const { vocab } = JSON.parse(Buffer.from(files["tokenizer.json"])).model;
      const ids = said.tokens
        .split(": ")
        .at(-1)
        .split(" ")
        .map((token) => vocab[token]);
      assert.ok(ids.length > 4 && ids.every(Number.isInteger), said.tokens);
      const of = (values) => ({ values, dims: [1, ids.length] });
      const feeds = { input_ids: of(ids), attention_mask: of(ids.map(() => 1)), token_type_ids: of(ids.map(() => 0)) };
      const powers = (await logits(files["onnx/model.onnx"], feeds)).map(Math.exp);
      const probabilities = results.dataset.labels.map((label, place) => [label, powers[place] / powers.reduce((sum, power) => sum + power)]);
      const [{ percents }] = said.answers;
      for (const [label, probability] of probabilities) {
        const shown = percents[said.labels.indexOf(label)] / 100;
        assert.ok(Math.abs(probability - shown) < BOUND, `${label}: ${probability}, where the page shows ${shown}`);
      }
    }));
});
