// docs/formats.md against what the page writes: experiment.zip, runs.csv, schedule.json, and the link's limits.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./fuzz/stage.mjs";

const { pack } = await import("../www/store/archive.js");
const { unzip } = await import("../www/store/unzip.js");
const { runsAsCsv, scheduleFile, withPoints } = await import("../www/share/export.js");

const { decode, encode } = await import("../www/share/result-link.js");
const { Settings } = await import("../www/app/settings.js");

const DOCUMENT = readFileSync(new URL("../docs/formats.md", import.meta.url), "utf8");
const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** The first column of the table below a heading of the document. */
function documented(heading) {
  const section = DOCUMENT.split("\n## ").find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `docs/formats.md has a section ${heading}`);
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, field]) => field).sort();
}

/** The path of every value, in the document's notation; what `opaque` names is not looked into. */
function fields(value, opaque, path = "") {
  if (opaque.includes(path)) return [path];
  if (Array.isArray(value)) return value.flatMap((item) => fields(item, opaque, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) => fields(item, opaque, path ? `${path}.${key}` : key));
}

const general = (path) => path.replace(/^inputs\.(dataset|model|corpus)\.(name|own|sha256)/, "inputs.INPUT.$2").replace(/(sha256)\..+$/, "$1.FILE");
const unique = (list) => [...new Set(list)].sort();

const RUN = {
  arm: "guided",
  seed: 1,
  fraction: 1,
  elapsed_ms: 12.5,
  steps: [{ step: 1, loss: 1 }],
  epochs: [{ epoch: 1, train_loss: 1, eval_loss: 1, accuracy: 1, macro_f1: 1, matthews: 1, pearson: 1, spearman: 1 }],
};
const RESULTS = { format: "guided-dropout-results", version: 1, dataset: { name: "own.csv" }, model: { name: "tiny" }, runs: [RUN] };
const input = (file) => ({ name: file, own: true, sha256: { [file]: "0".repeat(64) } });
const RECORD = {
  id: "a",
  name: "own",
  created: "2026-11-29T12:00:00Z",
  updated: "2026-11-29T12:00:00Z",
  address: "#seeds=1",
  config: { seeds: [1], arms: ["guided"] },
  device: { kind: "cpu", adapter: null },
  core: "c",
  inputs: { dataset: { ...input("own.csv"), options: { task: "" } }, model: input("config.json"), corpus: input("prose.txt") },
  planned: { fisher: 1, run: 1 },
  jobs: [{ id: "run", kind: "run", key: "k" }],
  models: [],
  verdict: "none",
  done: true,
  dismissed: false,
};

test("experiment.zip and experiment.json", async () => {
  const zip = await pack(
    { record: RECORD, results: RESULTS, jobs: [{ ...RECORD.jobs[0], value: { run: RUN } }], files: { ["0".repeat(64)]: new Uint8Array(3) } },
    runsAsCsv,
  );
  const entries = await unzip(zip, () => true);
  assert.deepEqual(
    Object.keys(entries)
      .map((name) => name.replace(/^files\/.*/, "files/DIGEST"))
      .sort(),
    documented("experiment.zip"),
  );
  const written = fields(json(entries["experiment.json"]), ["config", "inputs.dataset.options"]).map(general);
  assert.deepEqual(unique(written), documented("experiment.json"));
  assert.deepEqual(Object.keys(json(entries["jobs.json"])[0]).sort(), ["id", "key", "kind", "value"]);
});

test("runs.csv", () => {
  assert.deepEqual(runsAsCsv(RESULTS).split("\n")[0].split(",").sort(), documented("runs.csv"));
});

test("schedule.json", () => {
  const written = fields(scheduleFile([{ site: "embeddings", rate: 0.1 }], { model: "tiny", upper: 0.1, lower: 0 }), []);
  assert.deepEqual(unique(written), documented("schedule.json"));
});

test("surface.json, as the page saved the recorded one", () => {
  const { recorded: _, ...saved } = json(readFileSync(new URL("../www/data/surfaces/recorded.json", import.meta.url)));
  const written = fields(saved, []).map((path) => path.replace(/^(strides|losses)\.(all|top|bottom)/, "$1.SUBSET"));
  assert.deepEqual(unique(written), documented("surface.json"));
});

test("a result link carries what fits the bounds, and nothing else", () => {
  const results = (accuracy) => ({
    config: { arms: ["guided"], seeds: [1], fractions: [1] },
    device: { kind: "cpu" },
    fisher: null,
    arms: {},
    dataset: { task: "classification", rows: 9, train_rows: 7, test_rows: 2, labels: ["a", "b"] },
    model: { layers: 1, hidden: 4, parameters: 9 },
    runs: [
      {
        arm: "guided",
        seed: 1,
        fraction: 1,
        elapsed_ms: 1,
        steps: [{ step: 1, loss: 1 }],
        epochs: [{ epoch: 1, train_loss: 2.5, eval_loss: 3, accuracy }],
        confusion: null,
      },
    ],
  });
  const epoch = (accuracy) => decode(encode(results(accuracy), { own: false })).runs[0].epochs[0];
  assert.deepEqual(epoch(0.3), { epoch: 1, train_loss: 2.5, eval_loss: 3, accuracy: 0.3 });
  for (const accuracy of [1.5, -2]) assert.throws(() => epoch(accuracy), { kind: "link", reason: "damaged" });
});

test("a lesson has the fields of the document", () => {
  const lesson = json(readFileSync(new URL("../www/data/lessons/one-seed.json", import.meta.url)));
  const opaque = ["title", "unlocked", "parts", "without", "steps[].text", "steps[].question", "steps[].answer"];
  assert.deepEqual(unique(fields(lesson, opaque)), documented("Lesson"));
});

test("an address means the defaults of its time, and one that is written now keeps its meaning", () => {
  const read = (hash, options) => {
    const settings = new Settings();
    assert.deepEqual(settings.readAddress(hash, options).rejected, []);
    const { arms, seeds, fractions, epochs, evaluate_every: every, learning_rate: rate, batch_size: batch } = settings.config();
    return { settings, told: [settings.get("sample"), arms.join(), seeds.length, fractions.join(), epochs, every, rate, batch] };
  };
  const FIRST = ["tickets", "standard,guided,uniform-mean", 3, "1", 2, 1, 3e-4, 16]; // of version 0.2, by hand
  const present = read("").told;
  assert.notDeepEqual(present, FIRST);
  assert.deepEqual(read("#language=zh").told, present, "says nothing of an experiment");
  assert.deepEqual(read("#p_upper=0.2").told, FIRST);
  assert.deepEqual(read("#epochs=5").told, FIRST.with(4, 5));
  assert.deepEqual(read("", { isKept: true }).told, FIRST, "of an old experiment that was all defaults");
  assert.deepEqual(read("#defaults=2&p_upper=0.2").told, present);

  for (const hash of ["#epochs=5", "#defaults=2&epochs=5", "#language=zh", ""]) {
    const { settings, told } = read(hash);
    assert.deepEqual(read(settings.address()).told, told, `${hash} as it is written again`);
    assert.deepEqual(read(settings.address({ kept: true }), { isKept: true }).told, told, `${hash} as it is kept`);
  }
  const plan = JSON.parse(readFileSync(new URL("../examples/first-experiment.json", import.meta.url), "utf8"));
  const first = read("").settings.config();
  assert.deepEqual(
    Object.fromEntries(Object.keys(plan).map((name) => [name, first[name]])),
    plan,
    "the plan of the first experiment, for the native program",
  );

  const { settings } = read("#defaults=2&epochs=5");
  settings.suit(true);
  assert.deepEqual(settings.config().fractions, [1], "an own file is trained on whole");
  assert.equal(settings.get("epochs"), 5, "what was chosen stays");
  settings.suit(false);
  assert.deepEqual(settings.config().fractions, [0.25]);
  assert.equal(read("").settings.address(), "");
  assert.equal(read("").settings.address({ kept: true }), "#defaults=2");
});

test("whole numbers keep the point that the model's own configuration has", () => {
  const source = '{"cutoff": 2.0, "rope": {"theta": 160000.0}, "layers": 3, "eps": 1e-05, "note": "\\"layers\\": 3.0,"}';
  const written = withPoints(JSON.stringify({ ...JSON.parse(source), num_labels: 2 }, null, 2), source);
  assert.deepEqual(JSON.parse(written), { ...JSON.parse(source), num_labels: 2 });
  for (const line of ['"cutoff": 2.0,', '"theta": 160000.0\n', '"layers": 3,', '"num_labels": 2\n']) assert.ok(written.includes(line), line);
});
