// Throughput of one worker, without a page: Fisher texts and optimisation steps of the built wasm under Node, whose engine is
// Chromium's. After `make page`; prints one line of JSON: medians over the repeats, and their spread.
//
//   node bench/core.mjs [SAMPLE or FILE.csv] [REPEATS] [MODEL_DIR]
//
// Milliseconds are of processor time, the compiler's and collector's threads included: on a machine with other work the clock says little.
// Guided and standard rates take turns, so that their ratio is of pairs. Profile it with `node --cpu-prof`.

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { basename } from "node:path";
import { initSync, Lab } from "../pkg/guided_dropout_lab.js";

const [sample = "tickets", repeats = "5", folder] = process.argv.slice(2);
const file = (path) => readFileSync(new URL(`../www/${path}`, import.meta.url));
/** All of one job. */
const FISHER_TEXTS = 16;
const STEPS = 24;
/** Texts walked through Fisher one by one: a plain backward pass each, as without the batched norms. */
const WALKED = 8;

initSync({ module: readFileSync(new URL("../pkg/guided_dropout_lab_bg.wasm", import.meta.url)) });
const lab = await Lab.open("cpu");
const model = (name) => (folder ? readFileSync(`${folder}/${name}`) : file(`data/models/mini-4x256/${name}`));
lab.loadModel(folder ? basename(folder) : "mini-4x256", model("config.json"), model("model.safetensors"), model("tokenizer.json"));
lab.readDataset(sample.endsWith(".csv") ? readFileSync(sample) : file(`data/samples/${sample}.csv`), { name: basename(sample, ".csv") });
lab.loadCorpus(file("data/samples/prose.txt"));

const plan = (arms) => lab.plan({ arms, seeds: [1], epochs: 1, fisher_texts: FISHER_TEXTS });
const { config, jobs } = plan(["standard"]);
const fisher = plan(["guided"]).jobs.find((job) => job.kind === "fisher");
const run = jobs.find((job) => job.kind === "run");
const { standard } = lab.arms(config, null);
const highest = standard.rates.length - 1;
const guided = { ...standard, rates: standard.rates.map(({ site }, i) => ({ site, rate: 0.1 * (1 - i / highest) })) };

/** Processor milliseconds of each unit of a job, over the first `count` of them. */
async function timed(job, arm, count, counted) {
  lab.start(config, job, arm);
  const begin = process.cpuUsage();
  for (let done = 0; done < count;) {
    const events = await lab.advance(1);
    if (events.length === 0) throw new Error(`the job ended after ${done} of ${count} ${counted}`);
    done += events.filter((event) => event.type === counted).length;
  }
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000 / count;
}

/** Processor milliseconds of each text that is walked through by itself. */
async function walked(count) {
  const begin = process.cpuUsage();
  for (let index = 0; index < count; index += 1) await lab.walk(config, index);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000 / count;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const summary = (values, digits = 1) =>
  Object.fromEntries(
    Object.entries({ median: median(values), least: Math.min(...values), most: Math.max(...values) }).map(([name, value]) => [
      name,
      +value.toFixed(digits),
    ]),
  );
const count = Math.min(STEPS, run.units);
await timed(run, standard, 4, "step"); // warm-up: the engine compiles what is hot
await walked(2);
const [texts, alone, steps, ratios] = [[], [], [], []];
for (let i = 0; i < Number(repeats); i += 1) {
  texts.push(await timed(fisher, null, FISHER_TEXTS, "fisher_text"));
  alone.push(await walked(WALKED));
  steps.push(await timed(run, standard, count, "step"));
  ratios.push((await timed(run, guided, count, "step")) / steps.at(-1));
}
console.log(
  JSON.stringify({
    sample: basename(sample),
    repeats: Number(repeats),
    load: +loadavg()[0].toFixed(1),
    ms_per_fisher_text: summary(texts),
    one_by_one: summary(alone),
    ms_per_step: summary(steps),
    guided_to_standard: summary(ratios, 3),
  }),
);
