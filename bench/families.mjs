// Some training steps of a model in a folder, by the built CPU core under Node: what bench/families.py compares with PyTorch.
// node bench/families.mjs FOLDER BATCH TOKENS STEPS; FOLDER holds the model's three files and rows.csv.

import { readFileSync } from "node:fs";
import { initSync, Lab } from "../pkg/guided_dropout_lab.js";

const [folder, batch, tokens, steps] = process.argv.slice(2);
const file = (name) => readFileSync(`${folder}/${name}`);
const { memory } = initSync({ module: readFileSync(new URL("../pkg/guided_dropout_lab_bg.wasm", import.meta.url)) });
const lab = await Lab.open("cpu");
lab.loadModel("a model", file("config.json"), file("model.safetensors"), file("tokenizer.json"));
lab.readDataset(file("rows.csv"), { name: "rows" });
const { config, jobs } = lab.plan({ arms: ["standard"], seeds: [1], epochs: 1, batch_size: Number(batch), max_tokens: Number(tokens) });
lab.start(
  config,
  jobs.find(({ kind }) => kind === "run"),
  lab.arms(config, null).standard,
);
const times = [];
let before = process.cpuUsage();
while (times.length <= Number(steps)) {
  const events = await lab.advance(1);
  if (!events.some(({ type }) => type === "step")) continue;
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / 1000);
  before = process.cpuUsage();
}
const sorted = times.slice(1).sort((a, b) => a - b); // the first compiles what is hot
console.log(JSON.stringify({ ms_per_step: Math.round(sorted[sorted.length >> 1]), mb: Math.round(memory.buffer.byteLength / 1e6) }));
