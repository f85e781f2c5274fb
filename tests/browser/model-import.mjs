// Model files of the reader: node --test tests/browser/model-import.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { unzipSync } from "fflate";
import { assertAccessible, downloaded, experiment, shippedJourney as journey, says, replacedFile } from "./page.mjs";
import {
  builtInNumbers,
  changed,
  CONFIG,
  file,
  HEAD,
  headerOf,
  drop,
  HEADLESS,
  imagined,
  numbersOf,
  only,
  sha256,
  SHORT,
  TOKENIZER_CONFIG,
  upload,
  VOCABULARY,
  WEIGHTS,
} from "./support/model-files.mjs";
import { sparse } from "./support/sparse-files.mjs";

describe("model files", { timeout: 10 * 60_000 }, () => {
  test("dropped in steps with vocab.txt, it gives the numbers of the same model with tokenizer.json", async (context) => {
    const expected = await builtInNumbers(context);
    await journey(context, { hash: SHORT }, async (page) => {
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
    await journey(context, { hash: SHORT }, async (page) => {
      await page.setInputFiles("#model-files", mine);
      await says(page, "#model-summary", /no masked-language-model head, and the page has none/);
      await says(page, "#model-errors", /arms without guided rates can still be compared/);
    });
    const prepare = async (page) => {
      await replacedFile(page, "data/models/heads/index.json", JSON.stringify({ [sha256(HEADLESS)]: "played" }));
      await page.route("**/models/heads/played/head.json", (route) => route.fulfill({ json: { heldout: { loss: 3.21, accuracy: 0.456 } } }));
      await page.route("**/models/heads/played/head.safetensors", (route) => route.fulfill({ body: HEAD }));
    };
    await journey(context, { hash: SHORT, prepare }, async (page) => {
      await page.setInputFiles("#model-files", mine);
      await says(page, "#model-summary", /page added one.*3\.21 nats.*45\.6\s%/);
      assert.deepEqual(numbersOf(await experiment(page)), expected);
      const inputs = await page.evaluate(
        () =>
          new Promise((resolve) => {
            indexedDB.open("guided-dropout-lab").onsuccess = ({ target }) => {
              target.result.transaction("experiments").objectStore("experiments").getAll().onsuccess = (event) =>
                resolve(event.target.result[0].inputs);
            };
          }),
      );
      assert.equal(inputs.model.sha256["head.safetensors"], sha256(HEAD));
    });
  });

  for (const { family, base = family, sites, module, tensor, architecture } of [
    {
      family: "distilbert",
      sites: 5,
      module: "transformer.layer.1.ffn.dropout",
      tensor: "distilbert.transformer.layer.0.attention.q_lin.weight",
      architecture: "DistilBertForSequenceClassification",
    },
    {
      family: "roberta",
      sites: 7,
      module: "encoder.layer.1.attention.output.dropout",
      tensor: "classifier.out_proj.weight",
      architecture: "RobertaForSequenceClassification",
    },
    {
      family: "electra",
      sites: 7,
      module: "encoder.layer.1.output.dropout",
      tensor: "electra.embeddings_project.weight",
      architecture: "ElectraForSequenceClassification",
    },
    {
      family: "gpt2",
      base: "transformer",
      sites: 7,
      module: "h.1.mlp.dropout",
      tensor: "transformer.h.0.attn.c_attn.weight",
      architecture: "GPT2ForSequenceClassification",
    },
    {
      family: "modernbert",
      base: "model",
      sites: 10,
      module: "layers.1.attn.attention_dropout",
      tensor: "model.layers.0.attn.Wqkv.weight",
      architecture: "ModernBertForSequenceClassification",
    },
  ]) {
    test(`${family}: imported, trained, and exported under its own names`, (context) =>
      journey(context, { hash: SHORT }, async (page) => {
        const tiny = (name) => readFileSync(new URL(`../fixtures/families/${family}/${name}`, import.meta.url));
        await page.setInputFiles(
          "#model-files",
          ["config.json", "model.safetensors", "tokenizer.json"].map((name) => upload(name, tiny(name))),
        );
        await says(page, "#bring-status", /is loaded/);
        assert.match(await page.textContent("#model-summary"), new RegExp(`${sites} dropout sites`));
        const results = await experiment(page);
        assert.equal(results.fisher.sites.length, sites);
        assert.ok(results.fisher.sites.every(({ score }) => score > 0));
        const snippet = (await downloaded(page, "#download-snippet")).content.toString();
        assert.ok(snippet.includes(`"${module}": `) && snippet.includes(`getattr(model, "${base}", model)`), snippet);
        const entries = Object.entries(unzipSync((await downloaded(page, "#download-model")).content));
        const exported = (name) => Buffer.from(entries.find(([path]) => path.endsWith(`/${name}`))[1]);
        const config = JSON.parse(exported("config.json"));
        assert.deepEqual(config.architectures, [architecture]);
        assert.equal(typeof config.pad_token_id, "number");
        const padding = JSON.parse(exported("tokenizer_config.json")).pad_token;
        const { added_tokens: added } = JSON.parse(exported("tokenizer.json"));
        assert.equal(added.find(({ id }) => id === config.pad_token_id).content, padding);
        assert.ok(Object.hasOwn(headerOf(exported("model.safetensors")), tensor));
      }));
  }

  test("every head of the table is there, for the encoder that it is listed under", () => {
    const heads = new URL("../../www/data/models/heads/", import.meta.url);
    for (const [encoder, name] of Object.entries(JSON.parse(readFileSync(new URL("index.json", heads))))) {
      const about = JSON.parse(readFileSync(new URL(`${name}/head.json`, heads)));
      assert.equal(about.encoder_sha256, encoder);
      assert.ok(about.heldout.loss < Math.log(30_522) && about.heldout.accuracy > 0.1, "better than chance"); // of BERT's vocabulary
      assert.ok(Object.keys(headerOf(readFileSync(new URL(`${name}/head.safetensors`, heads)))).includes("cls.predictions.bias"));
    }
  });

  test("what cannot be used is refused with what would work, and the model in force stays", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      const tokenizer = upload("tokenizer.json", file("tokenizer.json"));
      const cases = [
        [
          /model_type.*expected one of bert, .*got nomic_bert.*Supported families: BERT/,
          changed({ model_type: "nomic_bert" }),
          upload("model.safetensors", WEIGHTS),
        ],
        [/hidden_act.*gelu_new/, changed({ hidden_act: "gelu_new" }), upload("model.safetensors", WEIGHTS)],
        [/pytorch_model\.bin contains pickled PyTorch weights.*safe_serialization/, upload("config.json", CONFIG), upload("pytorch_model.bin", "PK")],
        [
          /index\.json: expected a weight_map of tensors to files, got none/,
          upload("config.json", CONFIG),
          upload("model.safetensors.index.json", "{}"),
        ],
        [
          /pytorch_model\.bin\.index\.json contains pickled PyTorch weights/,
          upload("config.json", CONFIG),
          upload("pytorch_model.bin.index.json", "{}"),
        ],
        [/adapter_model\.safetensors is an adapter/, upload("config.json", CONFIG), upload("adapter_model.safetensors", WEIGHTS)],
        [
          /Git LFS pointer/,
          upload("config.json", CONFIG),
          upload("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        ],
        [/has no safetensors header/, upload("config.json", CONFIG), upload("model.safetensors", Buffer.alloc(100, 255))],
        [/is the file complete/, upload("config.json", CONFIG), upload("model.safetensors", WEIGHTS.subarray(0, 1_000_000))],
        [
          /none named encoder\.layer\.2\.output\.dense\.weight/,
          upload("config.json", CONFIG),
          upload(
            "model.safetensors",
            only(WEIGHTS, (name) => !name.endsWith("encoder.layer.2.output.dense.weight")),
          ),
        ],
        [/word_embeddings\.weight of shape/, changed({ vocab_size: 30522 }), upload("model.safetensors", WEIGHTS)],
      ];
      for (const [words, ...files] of cases) {
        await page.setInputFiles("#model-files", [...files, tokenizer]);
        await says(page, "#bring-errors", words);
        await page.click("#bring-clear");
        await page.waitForFunction(() => document.querySelector("#bring-errors").children.length === 0);
      }
      await page.setInputFiles("#model-files", [
        upload("config.json", CONFIG),
        upload("model.safetensors", WEIGHTS),
        upload("vocab.txt", "[PAD]\n[UNK]\n"),
      ]);
      await says(page, "#bring-errors", /vocab\.txt: expected .*no \[CLS\]/);
      assert.equal(await page.inputValue("#model"), "mini-4x256");
      assert.deepEqual(numbersOf(await experiment(page)), await builtInNumbers(context));
    }));

  test("a large one waits for a press, a too large one is refused, both unread", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      const base = {
        ...JSON.parse(CONFIG),
        vocab_size: 30522,
        hidden_size: 768,
        num_hidden_layers: 12,
        num_attention_heads: 12,
        intermediate_size: 3072,
        max_position_embeddings: 512,
        type_vocab_size: 2,
      };
      const large = { ...base, hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, intermediate_size: 4096 };
      for (const [shape, name] of [
        [base, "base.safetensors"],
        [large, "large.safetensors"],
      ]) {
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
