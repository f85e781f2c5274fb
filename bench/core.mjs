// What one worker does per second, without a page: Fisher texts and optimisation steps of the built wasm under Node, whose engine is
// Chromium's. `node bench/core.mjs [sample] [repeats]` after `make page`; prints one line of JSON: medians over the repeats, and their spread.
// Profile it with `node --cpu-prof`.

import { readFileSync } from "node:fs";
import { initSync, Lab } from "../www/pkg/guided_dropout_lab.js";

const [sample = "tickets", repeats = "5"] = process.argv.slice(2);
const file = (path) => readFileSync(new URL(`../www/${path}`, import.meta.url));
const FISHER_TEXTS = 25;
const STEPS = 24;

initSync({ module: file("pkg/guided_dropout_lab_bg.wasm") });
const lab = await Lab.open("cpu");
const model = (name) => file(`models/mini-4x256/${name}`);
lab.loadModel("mini-4x256", model("config.json"), model("model.safetensors"), model("tokenizer.json"));
lab.readDataset(file(`samples/${sample}.csv`), { name: sample });
lab.loadCorpus(file("samples/prose.txt"));

const plan = (arms) => lab.plan({ arms, seeds: [1], epochs: 1, fisher_texts: FISHER_TEXTS });
const { config, jobs } = plan(["standard"]);
const fisher = plan(["guided"]).jobs.find((job) => job.kind === "fisher");
const run = jobs.find((job) => job.kind === "run");
const rates = lab.arms(config, null).standard;

/** Milliseconds of each unit of a job until `count` of them are done. */
async function timed(job, arm, count, counted) {
  lab.start(config, job, arm);
  const begin = performance.now();
  for (let done = 0; done < count;) done += (await lab.advance(1)).filter((event) => event.type === counted).length;
  return (performance.now() - begin) / count;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const summary = (values) => ({ median: +median(values).toFixed(1), least: +Math.min(...values).toFixed(1), most: +Math.max(...values).toFixed(1) });
await timed(run, rates, 4, "step"); // warm-up: the engine compiles what is hot
const [texts, steps] = [[], []];
for (let i = 0; i < Number(repeats); i += 1) {
  texts.push(await timed(fisher, null, FISHER_TEXTS, "fisher_text"));
  steps.push(await timed(run, rates, Math.min(STEPS, run.steps), "step"));
}
console.log(JSON.stringify({ sample, repeats: Number(repeats), ms_per_fisher_text: summary(texts), ms_per_step: summary(steps) }));
