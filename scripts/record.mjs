// Makes www/data/recorded.json, which the page shows before anything has run, from the results.json of `guided-dropout compare`:
// node scripts/record.mjs RESULTS.json "the command that made it" [--machine WORDS] [--commit HASH | --anyway]
//
// Needs pkg/ (`make pkg`): the core reads the sample once more, so that the first view has its table without the core, and judges the runs by its present rules.
// Refuses to record with uncommitted changes to the core: the commit it names, HEAD or --commit, must be what ran; --anyway names none.
//
// Every reader loads this file first, so it is cut to what the figures draw: single predictions are left out, losses averaged as the
// curve shows them, scores other than the compared one kept for the last epoch alone, losses rounded to two decimals and other numbers to five digits. www/platform/files.js
// opens it again.

import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { initSync, Lab } from "../pkg/guided_dropout_lab.js";

/** As many as the page's curve has (www/panels). */
const POINTS = 60;
const WWW = new URL("../www/", import.meta.url);

const {
  values: options,
  positionals: [from, command],
} = parseArgs({
  allowPositionals: true,
  options: { machine: { type: "string" }, commit: { type: "string" }, anyway: { type: "boolean", default: false } },
});
if (!from || !command) throw new Error('node scripts/record.mjs RESULTS.json "the command that made it"');
const git = (...args) => execFileSync("git", args, { cwd: new URL("..", import.meta.url), encoding: "utf8" }).trim();
const changed = git(
  "status",
  "--porcelain",
  "--",
  "src",
  "examples",
  "Cargo.toml",
  "Cargo.lock",
  "www/data/models/*/model.safetensors",
  "www/data/samples",
);
if (changed && !options.commit && !options.anyway) throw new Error(`uncommitted changes to what the results came from:\n${changed}`);

/** Mean loss of each so many steps in a row. */
function averaged(steps) {
  const each = Math.max(1, Math.ceil(steps.length / POINTS));
  const losses = [];
  for (let at = 0; at < steps.length; at += each) {
    const bin = steps.slice(at, at + each);
    losses.push(Number((bin.reduce((sum, { loss }) => sum + loss, 0) / bin.length).toFixed(2)));
  }
  return { each, total: steps.length, losses };
}

function cutRun({ arm, seed, fraction, steps, epochs, elapsed_ms, confusion }) {
  const drawn = ({ epoch, accuracy, pearson }) => ({ epoch, accuracy, pearson });
  return {
    arm,
    seed,
    fraction,
    steps: averaged(steps),
    elapsed_ms: Math.round(elapsed_ms),
    confusion,
    epochs: epochs.map((epoch, index) => (index === epochs.length - 1 ? epoch : drawn(epoch))),
  };
}

/** Data shown beside the runs: whether they have settled, how guided dropout's lead moved, and the baselines' scores. */
function cutRemarks({ trainings = [], along = [], baselines = [], remarks = [] }) {
  return {
    trainings: trainings.map(({ curve: _, ...training }) => training),
    along: along.filter(({ arm }) => arm === "guided"),
    baselines: baselines.map(({ baseline, seed, fraction, accuracy, pearson }) => ({ baseline, seed, fraction, accuracy, pearson })),
    baseline_comparisons: [],
    remarks: remarks.map(({ text: _, ...remark }) => remark),
  };
}

function machine() {
  const processor = cpus()[0]
    .model.replaceAll(/\(R\)|\(TM\)|CPU|@.*$/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return `${availableParallelism()} cores of ${/^\S+$/.test(processor) ? `an ${processor}` : processor}, natively`;
}

/** The sample as the core reads it, which part 1 shows, and what the present core says of the runs. */
async function judge({ config, device, dataset: { name }, model, runs, baselines = [] }) {
  initSync({ module: readFileSync(new URL("../pkg/guided_dropout_lab_bg.wasm", import.meta.url)) });
  const lab = await Lab.open("cpu");
  const sample = lab.readDataset(readFileSync(new URL(`data/samples/${name}`, WWW)), { name });
  lab.loadModel(
    model.name,
    ...["config.json", "model.safetensors", "tokenizer.json"].map((file) => readFileSync(new URL(`data/models/${model.name}/${file}`, WWW))),
  );
  const { trainings, along, probes, remarks, clauses, comparisons, verdict } = lab.results({
    config,
    device,
    fisher: null,
    arms: {},
    runs,
    baselines,
  });
  return { sample, judgement: { trainings, along, probes, remarks, clauses, comparisons, verdict } };
}

/** The README's table: by fraction, each arm's mean score after the last epoch, and guided dropout's difference from it. */
function markdown() {
  const metric = runs[0].epochs.at(-1).accuracy === undefined ? "pearson" : "accuracy";
  const [scale, digits] = metric === "accuracy" ? [100, 1] : [1, 3];
  const shown = (value, sign = "") => `${value < 0 ? "−" : sign}${Math.abs(value * scale).toFixed(digits)}`;
  const cells = (arm, fraction) => {
    const scores = runs.filter((run) => run.arm === arm && run.fraction === fraction).map((run) => run.epochs.at(-1)[metric]);
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const against = comparisons.find(
      (item) => item.arm === "guided" && item.baseline === arm && item.fraction === fraction && item.metric === metric,
    );
    if (!against) return [shown(mean), "", ""];
    const [low, high] = against.ci95;
    return [shown(mean), `${shown(against.mean_difference, "+")} (${shown(low, "+")} to ${shown(high, "+")})`, against.p_holm.toPrecision(2)];
  };
  const { arms, fractions } = results.config;
  const head = fractions.flatMap((fraction) => [`${metric}, ${fraction * 100} %`, "guided − arm", "p"]);
  return [
    ["arm", ...head],
    ["---", ...head.map(() => "---")],
    ...arms.map((arm) => [`\`${arm}\``, ...fractions.flatMap((fraction) => cells(arm, fraction))]),
  ]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

const made = JSON.parse(readFileSync(from));
const { sample, judgement } = await judge(made);
const { runs, comparisons, ...results } = { ...made, ...judgement };
if (sample.rows !== results.dataset.rows) {
  throw new Error(`${from} is of ${results.dataset.rows} rows, the sample has ${sample.rows}: record the whole of it`);
}
const recorded = {
  date: statSync(from).mtime.toISOString().slice(0, 10),
  machine: options.machine ?? machine(),
  command,
  commit: changed && !options.commit ? undefined : git("rev-parse", "--short", options.commit ?? "HEAD"),
  sample,
};
const cut = { ...results, ...cutRemarks(results), runs: runs.map(cutRun), comparisons, recorded };
const round = (_, value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value);
const bytes = Buffer.from(`${JSON.stringify(cut, round)}\n`);
writeFileSync(new URL("data/recorded.json", WWW), bytes);
console.log(markdown());
console.log(`www/data/recorded.json: ${runs.length} runs, ${bytes.length} bytes (${gzipSync(bytes).length} with gzip). ${results.verdict}`);
