// pkg/ as others use it: its description, its declarations, examples/embed typed. node --test tests/package.mjs

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { initSync, Lab, schema } from "../pkg/guided_dropout_lab.js";
import { PKG } from "../scripts/page.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OPTIONS = {
  noEmit: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
  lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
};

/** The errors that `tsc` finds in some files. */
const errorsIn = (files) =>
  ts.getPreEmitDiagnostics(ts.createProgram(files, OPTIONS)).map(({ file, start, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName.replace(ROOT, "")}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });

test("the package is described: version, licences, both cores, and every file that it names", () => {
  const description = JSON.parse(readFileSync(join(PKG, "package.json"), "utf8"));
  const [, version] = readFileSync(join(ROOT, "Cargo.toml"), "utf8").match(/^version = "(.*)"$/m);
  assert.deepEqual([description.name, description.version, description.license], ["guided-dropout-lab", version, "MIT OR Apache-2.0"]);
  const exported = Object.values(description.exports).flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry)));
  for (const path of [...exported, ...description.files, "README.md", "LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(existsSync(join(PKG, path)), path);
  assert.deepEqual(Object.keys(description.exports).slice(0, 2), [".", "./gpu"]);
});

test("no declaration has an any", () => {
  for (const path of ["guided_dropout_lab.d.ts", "gpu/guided_dropout_lab.d.ts"]) {
    const source = ts.createSourceFile(path, readFileSync(join(PKG, path), "utf8"), ts.ScriptTarget.ES2022, true);
    const found = [];
    const look = (node) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) {
        found.push(`${path}:${source.getLineAndCharacterOfPosition(node.pos).line + 1} ${node.parent.getText()}`);
      }
      ts.forEachChild(node, look);
    };
    look(source);
    assert.deepEqual(found, []);
  }
});

test("the embedded classifier is typed, and slips in it are errors", () => assert.deepEqual(errorsIn([join(ROOT, "tests/embed.ts")]), []));

/** A lab with the tiny BERT and twelve rows that have several findings. */
async function openLab() {
  initSync({ module: readFileSync(join(PKG, "guided_dropout_lab_bg.wasm")) });
  const tiny = (name) => readFileSync(join(ROOT, "tests/fixtures/tiny_bert", name));
  const files = [tiny("config.json"), tiny("model.safetensors"), tiny("tokenizer.json")];
  const lab = await Lab.open("cpu");
  const rows = [
    "the river,water",
    "the river,water",
    "a word,school",
    "a word,water",
    ...Array.from({ length: 9 }, (_, i) => `the boat ${i} at night,${i % 2 ? "water" : "school"}`),
  ];
  const csv = Buffer.from(`text,label\n${rows.join("\n")}\nno label,\nhalf,Water\nfull,Water\n`);
  lab.loadCorpus(Buffer.from("the cat sat on the mat\na small boat crossed the wide river\nthe old clock stopped\nthe rain at night\n"));
  return {
    lab,
    model: lab.loadModel("tiny", ...files),
    dataset: lab.readDataset(csv, { name: "rows.csv" }),
    inspection: lab.inspectDataset(csv, {}),
  };
}

async function eventsOf(lab, config, job, arm) {
  lab.start(config, job, arm);
  const events = [];
  for (let some; (some = await lab.advance(8)).length > 0;) events.push(...some);
  return events;
}

async function labelledAll(lab, texts) {
  await lab.labelRows(texts, true);
  return lab.labelled();
}

/** What the core gives for a tiny experiment, from the data set to its results: pairs of a declared type and a value. */
async function valuesOfTheCore() {
  const { lab, model, dataset, inspection } = await openLab();
  const plan = lab.plan({
    arms: ["guided", "standard", "none"],
    seeds: [1, 2],
    epochs: 2,
    batch_size: 4,
    max_tokens: 16,
    fisher_texts: 4,
    validation_fraction: 0.25,
  });
  const { config, jobs } = plan;
  const measured = (await Promise.all(jobs.filter(({ kind }) => kind === "fisher").map((job) => eventsOf(lab, config, job, null)))).flat();
  const fisher = lab.fisher(
    config,
    measured.filter(({ type }) => type === "fisher_text"),
  );
  const arms = lab.arms(config, fisher.sites);
  const events = [];
  for (const job of jobs.filter(({ kind }) => kind === "run")) events.push(...(await eventsOf(lab, config, job, arms[job.arm])));
  lab.loadTrained("none", await lab.exportModel(), dataset.labels, 16);
  const runs = events.filter(({ type }) => type === "run_done").map(({ run }) => run);
  const baselines = [1, 2].flatMap((seed) => lab.baselines(config, seed, 1));
  const surface = lab.landscapePlan(config, { points: 9, range: 1, seed: 1, texts: 2, norm: "tensor" }, fisher.tensors);
  const landscape = await eventsOf(lab, config, surface.jobs[0], null);
  const texts = Buffer.from("text,n\nthe river,1\n,2\n");
  let error;
  try {
    lab.plan({ ...config, epochs: -1 });
  } catch (thrown) {
    error = thrown;
  }
  return [
    ["Schema", schema()],
    ["ModelView", model],
    ["DatasetView", dataset],
    ["DatasetInspection", inspection],
    ["RowView[]", lab.rows([0, 3])],
    ["Finding[]", lab.health(config)],
    ["Plan", plan],
    ["Event[]", [...measured, ...events, ...landscape]],
    ["Estimate", fisher],
    ["Arms", arms],
    ["Walk", await lab.walk(config, 0)],
    ["BaselineRun[]", baselines],
    ["Judgement", lab.judge(config, dataset.task, dataset.labels, runs, undefined)],
    ["Judgement", lab.judge(config, dataset.task, dataset.labels, runs, { baselines })],
    ["JudgedFile", lab.judgeFiles(["runs.csv"], [new TextEncoder().encode("arm,seed,accuracy\nguided,1,.5\nnone,1,.25\n")])],
    ["Cell", lab.cell(config, [{ seed: 1, predictions: runs.find(({ seed }) => seed === 1).predictions }], 0, 0, 5)],
    ["Results", lab.results({ config, device: { kind: "cpu", adapter: null }, fisher, arms, runs, baselines })],
    ["LandscapePlan", surface],
    ["TrajectoryPlan", lab.trajectoryPlan(config, { points: 9, rows: 8 }, ["guided", "none"])],
    ["Job[]", lab.trials(config, { grid: {}, arm: "standard", fraction: 1, done: [] })],
    ["Prediction", await lab.predict("none", "the river", undefined)],
    ["UnlabelledView", lab.openUnlabelled(["none"], texts, true, { name: "texts.csv" }, { text: "text", pair: null })],
    ["Labelled", await labelledAll(lab, texts)],
    ["CoreError", error],
    ["Agreement", await lab.check(0)],
    ["KernelWays", lab.kernelWays(readFileSync(join(ROOT, "tests/fixtures/tiny_bert/config.json")))],
    ["Kernels", lab.fastestKernels([[{ part: "products", way: "burn" }, 1]])],
  ];
}

test("every value of the core has its declared type, and no field that is not declared", async () => {
  const values = await valuesOfTheCore();
  const folder = mkdtempSync(join(tmpdir(), "declared-"));
  try {
    const checked = (lines) => {
      const file = join(folder, "values.ts");
      writeFileSync(file, `import type * as core from ${JSON.stringify(join(PKG, "guided_dropout_lab.js"))};\n${lines.join("\n")}\n`);
      return errorsIn([file]);
    };
    const line = ([type, value], index) => `export const value${index}: core.${type} = ${JSON.stringify(value)};`;
    assert.deepEqual(checked(values.map(line)), []);
    const [results] = values.filter(([type]) => type === "Results").map(([, value]) => value);
    const slips = [
      { ...results, more: 1 },
      { ...results, runs: undefined },
      { ...results, clauses: [{ clause: "invented" }] },
    ];
    assert.equal(
      checked(slips.map((value, index) => line(["Results", value], index))).length,
      slips.length,
      "the check sees fields that are missing, undeclared or wrong",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
