// How one worker's time and memory grow: with layers, width, tokens, batch, vocabulary and number of jobs. Random models, the built wasm
// under Node; after `make page`.
//
//   node bench/scale.mjs                     the tables, some ten minutes: one line of JSON for each
//   node bench/scale.mjs '{"layers": 12}'    one shape, the rest as below
//
// A table varies one size and keeps the others. Each shape gets a process of its own, for a worker's memory never shrinks. Milliseconds
// are of processor time; the exponent is that of the power of the size which fits them best (least squares of the logarithms).

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const BASE = { layers: 4, width: 256, tokens: 64, batch: 16, vocabulary: 8192, jobs: 1, steps: 6 };
const TABLES = {
  layers: [2, 4, 8],
  width: [128, 256, 512],
  tokens: [16, 32, 64, 128],
  batch: [4, 8, 16, 32],
  vocabulary: [8192, 16384, 32768],
  jobs: [1, 5, 20],
  steps: [10, 100, 1000],
};
/** Of jobs and of steps only the memory matters; small ones are as good. */
const SMALL = { layers: 2, width: 128, tokens: 16, batch: 4 };
const REPEATS = 3;
const file = (path) => readFileSync(new URL(`../www/${path}`, import.meta.url));

/** Numbers from −1 to 1 that are the same every time. */
function sequence(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A model of this shape: its config.json, and a model.safetensors of seeded weights. */
function modelOf({ layers, width, tokens, vocabulary }) {
  const config = {
    architectures: ["BertForMaskedLM"],
    model_type: "bert",
    hidden_act: "gelu",
    vocab_size: vocabulary,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: width / 64,
    intermediate_size: 4 * width,
    max_position_embeddings: tokens,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
  };
  const shapes = {
    "embeddings.word_embeddings.weight": [vocabulary, width],
    "embeddings.position_embeddings.weight": [tokens, width],
    "embeddings.token_type_embeddings.weight": [2, width],
  };
  const linear = (name, from, to) => Object.assign(shapes, { [`${name}.weight`]: [to, from], [`${name}.bias`]: [to] });
  const norm = (name) => Object.assign(shapes, { [`${name}.LayerNorm.weight`]: [width], [`${name}.LayerNorm.bias`]: [width] });
  norm("embeddings");
  for (let layer = 0; layer < layers; layer += 1) {
    const part = (name) => `encoder.layer.${layer}.${name}`;
    for (const name of ["query", "key", "value"]) linear(part(`attention.self.${name}`), width, width);
    linear(part("attention.output.dense"), width, width);
    linear(part("intermediate.dense"), width, 4 * width);
    linear(part("output.dense"), 4 * width, width);
    norm(part("attention.output"));
    norm(part("output"));
  }
  const next = sequence(1);
  const header = {};
  let end = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const begin = end;
    end += 4 * shape.reduce((product, side) => product * side);
    header[`bert.${name}`] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = (8 - (json.length % 8)) % 8; // so that the numbers lie where numbers may lie
  const weights = Buffer.alloc(8 + json.length + padding + end, " ");
  weights.writeBigUInt64LE(BigInt(json.length + padding));
  json.copy(weights, 8);
  const values = new Float32Array(weights.buffer, weights.byteOffset + 8 + json.length + padding, end / 4);
  for (const [
    name,
    {
      data_offsets: [from, to],
    },
  ] of Object.entries(header)) {
    const isGain = name.endsWith("LayerNorm.weight");
    for (let at = from / 4; at < to / 4; at += 1) values[at] = isGain ? 1 : name.endsWith("bias") ? 0 : 0.035 * next();
  }
  return { config: Buffer.from(JSON.stringify(config)), weights, parameters: end / 4 };
}

/** Rows of exactly so many tokens, [CLS] and [SEP] included. */
function rowsOf({ tokens }, count) {
  const { model } = JSON.parse(file("data/models/mini-4x256/tokenizer.json"));
  const words = Object.keys(model.vocab)
    .filter((word) => /^[a-z]{3,}$/.test(word))
    .sort();
  const next = sequence(2);
  const text = () => Array.from({ length: tokens - 2 }, () => words[Math.floor(((next() + 1) / 2) * words.length)]).join(" ");
  return Buffer.from(`text,label\n${Array.from({ length: count }, (_, row) => `${text()},${row % 2 ? "odd" : "even"}`).join("\n")}\n`);
}

const median = (values) => [...values].sort((left, right) => left - right)[values.length >> 1];

/** Milliseconds of a step, and the worker's memory in the end. */
async function measure(shape) {
  const { initSync, Lab } = await import("../pkg/guided_dropout_lab.js");
  const { memory } = initSync({ module: readFileSync(new URL("../pkg/guided_dropout_lab_bg.wasm", import.meta.url)) });
  const lab = await Lab.open("cpu");
  const { config, weights, parameters } = modelOf(shape);
  lab.loadModel("random", config, weights, file("data/models/mini-4x256/tokenizer.json"));
  const { tokens, batch, steps, jobs } = shape;
  const warm = 2;
  lab.readDataset(rowsOf(shape, Math.max(8, Math.ceil((Math.min(steps, 100) + warm) * batch * 1.3))), { name: "random" });
  const plan = lab.plan({ arms: ["standard"], seeds: [1], epochs: steps > 100 ? Math.ceil(steps / 100) : 1, batch_size: batch, max_tokens: tokens });
  const run = plan.jobs.find(({ kind }) => kind === "run");
  const { standard } = lab.arms(plan.config, null);
  const advance = async (count) => {
    for (let done = 0; done < count;) {
      const events = await lab.advance(1);
      if (events.length === 0) throw new Error(`the run ended after ${done} of ${count} steps`);
      done += events.filter(({ type }) => type === "step").length;
    }
  };
  const times = [];
  for (let job = 0; job < Math.max(jobs, jobs > 1 || steps > BASE.steps ? 1 : REPEATS); job += 1) {
    lab.start(plan.config, run, standard);
    await advance(warm);
    const begin = process.cpuUsage();
    await advance(Math.min(steps, run.units) - warm);
    const { user, system } = process.cpuUsage(begin);
    times.push((user + system) / 1000 / (Math.min(steps, run.units) - warm));
  }
  return { parameters, ms: +median(times).toFixed(1), megabytes: +(memory.buffer.byteLength / 1e6).toFixed(0) };
}

const [given] = process.argv.slice(2);
if (given) console.log(JSON.stringify(await measure({ ...BASE, ...JSON.parse(given) })));
else {
  const alone = (shape) => JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(shape)], { encoding: "utf8" }));
  const exponent = (sizes, values) => {
    const [x, y] = [sizes, values].map((list) => list.map(Math.log));
    const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
    const [mx, my] = [mean(x), mean(y)];
    return +(x.reduce((sum, value, index) => sum + (value - mx) * (y[index] - my), 0) / x.reduce((sum, value) => sum + (value - mx) ** 2, 0)).toFixed(
      2,
    );
  };
  for (const [size, values] of Object.entries(TABLES)) {
    const found = values.map((value) => alone({ ...(["jobs", "steps"].includes(size) ? SMALL : {}), [size]: value }));
    const [ms, megabytes] = ["ms", "megabytes"].map((name) => found.map((each) => each[name]));
    console.log(
      JSON.stringify({
        size,
        values,
        ms,
        megabytes,
        exponent_of_time: exponent(values, ms),
        exponent_of_memory: exponent(values, megabytes),
        load: +loadavg()[0].toFixed(1),
      }),
    );
  }
}
