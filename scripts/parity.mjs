// The page's exports, for scripts/parity.py to compare with Hugging Face transformers: a tiny experiment in Chromium, its fine-tuned
// model, schedule and snippet downloaded as a reader would, and the core's own answers to some texts. node scripts/parity.mjs FOLDER

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { initSync, Lab } from "../pkg/guided_dropout_lab.js";
import { launch } from "./chromium.mjs";
import { serve } from "./serve.mjs";

const { unzipSync } = createRequire(import.meta.url)("fflate");
const WWW = fileURLToPath(new URL("../www", import.meta.url));
const ARM = "guided";
const out = process.argv[2];
const texts = ["What is the capital of Peru?", "How far is it from the earth to the moon?", "café, naïve: who wrote it?", "x", "why ".repeat(80)];

const server = await serve(WWW);
const browser = await launch();
let archive;
try {
  const page = await browser.newPage({ acceptDownloads: true });
  await page.goto(`${server.address}#sample=questions&max_rows=60&fisher_texts=20&epochs=1&seeds=1&arms=standard,${ARM}&max_tokens=48`);
  const reach = async (phase) => {
    const reached = await page.waitForFunction(
      (wanted) => [wanted, "error"].includes(document.documentElement.dataset.phase) && document.documentElement.dataset.phase,
      phase,
      { timeout: 300_000 },
    );
    if ((await reached.jsonValue()) === "error") throw new Error(await page.textContent("main"));
  };
  await reach("ready");
  await page.click("#run");
  await reach("done");
  const download = async (button) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    return readFileSync(await file.path());
  };
  mkdirSync(out, { recursive: true });
  await page.selectOption("#model-arm", ARM);
  archive = unzipSync(await download("#download-model"));
  writeFileSync(`${out}/schedule.json`, await download("#download-schedule"));
  writeFileSync(`${out}/guided_dropout.py`, await download("#download-snippet"));
} finally {
  await browser.close();
  await server.close();
}
const files = Object.fromEntries(Object.entries(archive).map(([path, bytes]) => [path.split("/").pop(), bytes]));
mkdirSync(`${out}/model`, { recursive: true });
for (const [name, bytes] of Object.entries(files)) writeFileSync(`${out}/model/${name}`, bytes);

initSync({ module: readFileSync(new URL("../pkg/guided_dropout_lab_bg.wasm", import.meta.url)) });
const lab = await Lab.open("cpu");
const pretrained = (name) => readFileSync(`${WWW}/data/models/mini-4x256/${name}`);
lab.loadModel("mini-4x256", pretrained("config.json"), pretrained("model.safetensors"), pretrained("tokenizer.json"));
lab.loadTrained(ARM, files["model.safetensors"], Object.values(JSON.parse(new TextDecoder().decode(files["config.json"])).id2label));
const answers = [];
for (const text of texts) answers.push({ text, ...(await lab.predict(ARM, text, undefined)) });
writeFileSync(`${out}/answers.json`, JSON.stringify({ max_tokens: 64, answers }));
