// The page's exports, for scripts/parity.py to compare with Hugging Face transformers: a tiny experiment in Chromium with the built-in model and
// with each of FOLDER/families, its fine-tuned model, schedule and snippet downloaded as a reader would, and the core's own answers to some texts.
// node scripts/parity.mjs FOLDER

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { initSync, Lab } from "../pkg/guided_dropout_lab.js";
import { launch } from "./chromium.mjs";
import { serve } from "./serve.mjs";

const { unzipSync } = createRequire(import.meta.url)("fflate");
const WWW = fileURLToPath(new URL("../www", import.meta.url));
const ARM = "guided";
const MAX_TOKENS = 48;
const out = process.argv[2];
const texts = ["What is the capital of Peru?", "How far is it from the earth to the moon?", "café, naïve: who wrote it?", "x", "why ".repeat(80)];

const server = await serve(WWW);
const browser = await launch();
const FAMILIES = `${out}/families`;
const FILES = ["config.json", "model.safetensors", "tokenizer.json"];

/**
 * A tiny experiment with a model, and what a reader downloads of it.
 * @param {string} folder where the downloads go
 * @param {string | null} own a folder with a model to import; null: the built-in one
 */
async function handOver(folder, own) {
  const page = await browser.newPage({ acceptDownloads: true });
  await page.goto(`${server.address}#sample=questions&max_rows=60&fisher_texts=20&epochs=1&seeds=1&arms=standard,${ARM}&max_tokens=${MAX_TOKENS}`);
  const reach = async (phase) => {
    const reached = await page.waitForFunction(
      (wanted) => [wanted, "error"].includes(document.documentElement.dataset.phase) && document.documentElement.dataset.phase,
      phase,
      { timeout: 300_000 },
    );
    if ((await reached.jsonValue()) === "error") throw new Error(await page.textContent("main"));
  };
  await reach("ready");
  if (own) {
    await page.setInputFiles(
      "#model-files",
      FILES.map((name) => `${own}/${name}`),
    );
    await page.waitForFunction(() => /is loaded/.test(document.getElementById("bring-status").textContent), undefined, { timeout: 60_000 });
  }
  await page.click("#run");
  await reach("done");
  const download = async (button) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    return readFileSync(await file.path());
  };
  await page.selectOption("#model-arm", ARM);
  const archive = unzipSync(await download("#download-model"));
  const files = Object.fromEntries(Object.entries(archive).map(([path, bytes]) => [path.split("/").pop(), bytes]));
  mkdirSync(`${folder}/model`, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(`${folder}/model/${name}`, bytes);
  writeFileSync(`${folder}/schedule.json`, await download("#download-schedule"));
  writeFileSync(`${folder}/guided_dropout.py`, await download("#download-snippet"));
  await page.close();
  await answer(folder, own ?? `${WWW}/data/models/mini-4x256`, files);
}

/** The core's own answers with a downloaded model. */
async function answer(folder, pretrained, files) {
  const lab = await Lab.open("cpu");
  lab.loadModel("a model", ...FILES.map((name) => readFileSync(`${pretrained}/${name}`)));
  lab.loadTrained(ARM, files["model.safetensors"], Object.values(JSON.parse(new TextDecoder().decode(files["config.json"])).id2label), MAX_TOKENS);
  const answers = [];
  for (const text of texts) answers.push({ text, ...(await lab.predict(ARM, text, undefined)) });
  writeFileSync(`${folder}/answers.json`, JSON.stringify({ max_tokens: MAX_TOKENS, answers }));
}

initSync({ module: readFileSync(new URL("../pkg/guided_dropout_lab_bg.wasm", import.meta.url)) });
try {
  await handOver(out, null);
  for (const family of readdirSync(FAMILIES)) await handOver(`${FAMILIES}/${family}`, `${FAMILIES}/${family}`);
} finally {
  await browser.close();
  await server.close();
}
