// Kinds of checkpoint folders, dropped on the page as a reader has them: node --test tests/browser/checkpoint-folders.mjs
//
// Each folder of fixtures/cases from 20 on is one, and here is what the page says of it. tests/checkpoints.rs has the numbers. A file that a
// folder lacks is that of the plain checkpoint.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { journey, says } from "./page.mjs";
import { drop, SHORT, upload } from "./support/model-files.mjs";

const CASES = new URL("../fixtures/cases/", import.meta.url);
const file = (path) => upload(path.split("/").at(-1), readFileSync(new URL(path, CASES)));

/** The files of a folder, with the plain ones that it lacks. */
function filesOf(folder) {
  const own = readdirSync(new URL(folder, CASES)).map((name) => file(`${folder}/${name}`));
  const has = (name) => own.some((each) => each.name === name);
  const plain = ["config.json", "model.safetensors"].filter((name) => !has(name)).map((name) => file(`20-vocab-txt/plain/${name}`));
  const tokenizer = has("vocab.txt") || has("tokenizer.json") ? [] : [file("26-case/said-cased/tokenizer.json")];
  return [...own, ...plain, ...tokenizer];
}

const LOADED = { status: /is loaded/ };

/** What is said, by folder; where nothing is listed, it is loaded. */
const SAID = {
  "21-two-safetensors/extra-after": { status: /is loaded.*Ignored: projector\.safetensors\./ },
  "21-two-safetensors/extra-before": { status: /is loaded.*Ignored: adapter_head\.safetensors\./ },
  "22-prefix/0-auto_model": { summary: /prefix “0\.auto_model\.” was removed/ },
  "22-prefix/model": { summary: /prefix “model\.” was removed/ },
  "22-prefix/module": { summary: /prefix “module\.” was removed/ },
  "24-config/hidden_act-gelu_new": { refusal: /hidden_act.*gelu_new/ },
  "24-config/hidden_act-gelu_pytorch_tanh": { refusal: /hidden_act.*gelu_pytorch_tanh/ },
  "24-config/is_decoder-True": { summary: /describes a decoder/ },
  "24-config/model_type-distilbert": { refusal: /none named embeddings\.word_embeddings\.weight/ },
  "24-config/model_type-modernbert": { refusal: /none named embeddings\.tok_embeddings\.weight/ },
  "24-config/model_type-roberta": { refusal: /none named embeddings\.word_embeddings\.weight/ },
  "24-config/num_hidden_layers-1": { summary: /The file has 2 layers; config\.json uses the first 1/ },
  "24-config/position_embedding_type-relative_key": { refusal: /position_embedding_type/ },
  "27-lfs/tokenizer-pointer": { refusal: /tokenizer\.json.*pointer of Git LFS/ },
};

describe("checkpoint folders", { timeout: 5 * 60_000 }, () => {
  test("each is loaded, with what is removed or ignored, or refused, with the reason", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      const kinds = readdirSync(CASES).filter((kind) => kind.startsWith("2"));
      const folders = kinds.flatMap((kind) => readdirSync(new URL(kind, CASES)).map((name) => `${kind}/${name}`));
      assert.ok(folders.length > 25 && Object.keys(SAID).every((folder) => folders.includes(folder)), `${folders.length} folders`);
      for (const folder of folders) {
        const { status, summary, refusal } = SAID[folder] ?? LOADED;
        await drop(page, ...filesOf(folder));
        if (refusal) {
          await says(page, "#bring-errors", refusal);
          await page.click("#bring-clear");
          await page.waitForFunction(() => document.querySelector("#bring-errors").children.length === 0);
        } else {
          await says(page, "#bring-status", status ?? LOADED.status);
          if (summary) await says(page, "#model-summary", summary);
          assert.equal(await page.locator("#bring-errors > *").count(), 0, folder);
        }
        await page.evaluate(() => {
          document.querySelector("#bring-status").textContent = "";
        });
      }
    }));
});
