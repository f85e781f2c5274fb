// One reader of the page on one made-up input after the other: what readers.mjs starts in a thread of its own, so that it can watch it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { deflateRawSync } from "node:zlib";
import { room } from "./stage.mjs";
import { askew, elsewise, jsonOf, noise, numbers, random, turned, words } from "./bytes.mjs";

const OUT = fileURLToPath(new URL("../../target/tmp/fuzz/", import.meta.url));
/** The longest that 100 kB may take of a processor, and the least that is measured. */
const LIMIT_MS = 1000;
/** Room for any input, and for each of its bytes: deflate makes at most 1,032 of one, and a link's are bounded besides. */
const ROOM = { zip: { base: 2e6, perByte: 1100 }, address: { base: 1e6, perByte: 20 } };

const site = (name) => ({ site: name, rate: 0.05 });
const RUN = {
  arm: "guided",
  seed: 1,
  fraction: 1,
  elapsed_ms: 5,
  steps: [
    { step: 1, loss: 1.5 },
    { step: 2, loss: 1.25 },
  ],
  epochs: [{ epoch: 1, train_loss: 1, eval_loss: 1, accuracy: 0.5, macro_f1: 0.5, matthews: 0 }],
  confusion: [
    [1, 2],
    [3, 4],
  ],
  predictions: [0, 1],
};
const OWN_FILE = Buffer.from("text,label\nmine,a\nyours,b\n");
const RECORD = {
  format: "guided-dropout-experiment",
  version: 1,
  id: "id",
  name: "tickets",
  created: "2026-11-25T10:00:00.000Z",
  updated: "2026-11-25T10:00:00.000Z",
  address: "#epochs=1",
  config: { seeds: [1], arms: ["standard", "guided"], fractions: [1] },
  device: { kind: "cpu", adapter: null },
  core: "0".repeat(64),
  planned: { fisher: 1, run: 2 },
  verdict: "no difference",
  done: true,
  inputs: Object.fromEntries(["dataset", "model", "corpus"].map((name) => [name, { name, own: false, sha256: { file: "0".repeat(64) } }])),
  jobs: [
    { id: "fisher/0-2", kind: "fisher", key: "k1" },
    { id: "run/guided/1/1", kind: "run", key: "k2" },
  ],
};
const JOBS = [
  { ...RECORD.jobs[0], value: { texts: [{ index: 0, sums: [1, 2] }] } },
  { ...RECORD.jobs[1], value: { run: RUN } },
];
const RESULTS = {
  format: "guided-dropout-results",
  version: 1,
  config: RECORD.config,
  device: RECORD.device,
  dataset: { name: "tickets.csv", rows: 4, train_rows: 3, test_rows: 1, labels: ["a", "b"], task: "classification", rejected: [] },
  model: { name: "mini", parameters: 5, layers: 1, hidden: 4 },
  fisher: {
    texts: 2,
    sites: ["embeddings", "layer.0.attention.self", "layer.0.attention.output", "layer.0.output"].map((name) => ({ site: name, score: 0.5 })),
    tensors: [],
    stability: [{ texts: 1, kendall_tau: 1 }],
  },
  arms: { standard: ["embeddings"].map(site), guided: ["embeddings"].map(site) },
  runs: [RUN, { ...RUN, arm: "standard" }],
  comparisons: [],
  probes: [{ arm: "guided", fraction: 1, epochs: 2, seeds: 1, change: 0.5 }],
  baselines: [{ baseline: "majority", seed: 1, fraction: 1, accuracy: 0.5, macro_f1: 0.25, matthews: 0 }],
  verdict: "no difference",
};
const ADDRESSES = [
  "",
  "epochs=2&seeds=3&arms=standard,guided",
  "sample=questions&max_rows=50&learning_rate=0.001&fractions=1,0.5&custom_rates=embeddings:0.1,layer.0.output:0.25",
  "text_column=a%20b&label_column=%E5%8C%97&seeds=7,9,12&language=zh",
  "device=cpu&workers=2&p_upper=0.2&p_lower=0.01&surface_points=8&surface_norm=total&seeds=2-4",
  "model=elsewhere&seeds=5,",
];

/** A value for a setting, that may be one. */
function settingOf({ choices = [], default: usual }, dice) {
  if (dice.chance(0.25)) return words(dice);
  if (dice.chance(0.25)) return encodeURIComponent(words(dice).toWellFormed?.() ?? "x");
  if (dice.chance(0.5)) return dice.of([...choices, String(usual), "own"]);
  return numbers(dice);
}

const isPlain = (value) => value === null || typeof value !== "object" || [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value));
const SHARED = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const members = () => SHARED.map((object) => Reflect.ownKeys(object).length).join();
const before = members();

/** By name: how an input is made, and what its reading must keep to; it says whether the input was taken. */
const TARGETS = {
  async zip() {
    const [{ pack, unpack }, { runsAsCsv }] = await Promise.all(["store/archive", "share/export"].map((file) => import(`../../www/${file}.js`)));
    const parts = new Set([
      "id",
      "name",
      "created",
      "updated",
      "address",
      "config",
      "device",
      "core",
      "inputs",
      "planned",
      "jobs",
      "verdict",
      "done",
      "models",
      "dismissed",
    ]);
    const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
    const real = Buffer.from(
      await pack({ record: { ...RECORD, models: [] }, results: RESULTS, jobs: JOBS, files: { [digest(OWN_FILE)]: OWN_FILE } }, runsAsCsv),
    );
    const content = {
      "README.txt": Buffer.from("x"),
      "experiment.json": RECORD,
      "jobs.json": JOBS,
      "results.json": RESULTS,
      [`files/${digest(OWN_FILE)}`]: OWN_FILE,
    };
    return {
      first: real,
      make(dice) {
        if (dice.chance(0.04)) return noise(dice);
        if (dice.chance(0.3)) return turned(real, dice);
        const other = Object.fromEntries(
          Object.entries(content).map(([name, value]) => {
            if (Buffer.isBuffer(value)) return [name, dice.chance(0.1) ? turned(value, dice) : value];
            return [name, jsonOf(dice.chance(0.5) ? elsewise(value, dice) : value, dice)];
          }),
        );
        const zipped = askew(other, dice);
        return dice.chance(0.1) ? turned(zipped, dice) : zipped;
      },
      async read(bytes) {
        let taken;
        try {
          taken = await unpack({
            size: bytes.length,
            arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
          });
        } catch (error) {
          assert.equal(error?.kind, "archive", error?.stack ?? String(error));
          assert.ok(typeof error.message === "string" && error.message.length > 20 && error.message.length < 1000, error.message);
          return false;
        }
        const { record, results, jobs, files } = taken;
        assert.deepEqual(
          Object.keys(record).filter((name) => !parts.has(name)),
          [],
        );
        assert.ok([record, record.config, results, jobs, files].every(isPlain));
        assert.ok(Array.isArray(record.jobs) && Array.isArray(jobs) && jobs.every(({ key, value }) => typeof key === "string" && isPlain(value)));
        for (const [name, own] of Object.entries(files)) assert.equal(digest(own), name);
        assert.ok(results || !record.done);
        JSON.stringify(taken); // what is kept can be exported again
        return true;
      },
    };
  },

  async address() {
    const [{ createAddress }, { Settings, PROPERTIES }, link, { checksum }, { SCHEMA }] = await Promise.all(
      ["app/address", "app/settings", "share/result-link", "share/packing", "platform/schema"].map((file) => import(`../../www/${file}.js`)),
    );
    const settings = new Settings();
    const shown = [];
    const address = createAddress(
      { settings, session: { inputs: { model: { name: "mini-4x256" } }, running: false }, state: { own: {} } },
      { onFollow: async () => {}, onResults: (results) => shown.push(results), onFile: () => {} },
    );
    const body = Buffer.from(link.encode(RESULTS, { own: false }));
    const versions = Array.from({ length: SCHEMA.formats.link.version }, (_, index) => index + 1);
    const seal = (bytes, version = versions.at(-1)) => {
      // as result-link.js does, without waiting, and as each earlier version did
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(checksum(bytes));
      return `${version}.${deflateRawSync(Buffer.concat([bytes, sum])).toString("base64url")}`;
    };
    const word = seal(body);
    const bomb = seal(new Uint8Array(11e6));
    assert.equal(word, await link.seal(body));
    const notices = document.getElementById("page-errors");
    return {
      first: Buffer.from(`epochs=1&results=${word}`),
      make(dice) {
        const settings = Buffer.from(dice.of(ADDRESSES));
        const linked = (results) => Buffer.concat([settings, Buffer.from(`&results=${results}`)]);
        switch (dice.below(8)) {
          case 0:
            return noise(dice);
          case 1:
            return Buffer.from(words(dice));
          case 2:
            return turned(settings, dice);
          case 3:
            return Buffer.from(
              PROPERTIES.filter(() => dice.chance(0.2))
                .map((property) => `${property.name}=${settingOf(property, dice)}`)
                .join("&"),
            );
          case 4:
            return turned(linked(word), dice);
          case 5:
            return linked(seal(noise(dice), dice.of(versions)));
          case 6:
            return dice.chance(0.2) ? linked(bomb) : linked(seal(new Uint8Array(dice.of([1e3, 1e5, 3e5])).fill(dice.below(256))));
          default:
            return linked(seal(turned(body, dice), dice.of(versions)));
        }
      },
      async read(bytes) {
        location.hash = bytes.toString("utf8");
        shown.length = 0;
        notices.replaceChildren();
        address.readSettings();
        const hasResults = await address.readResults();
        assert.ok(notices.textContent.length < 3000, notices.textContent);
        for (const tag of notices.tags()) assert.ok(["div", "p", "#text"].includes(tag), tag);
        for (const { name, type, minimum = -Infinity, maximum = Infinity, choices } of PROPERTIES) {
          const value = settings.get(name);
          if (typeof value === "number") assert.ok(Number.isFinite(value) && value >= minimum && value <= maximum, `${name} ${value}`);
          if (choices) {
            assert.ok(
              [value].flat().every((each) => choices.includes(each)),
              `${name} ${value}`,
            );
          }
          if (type === "seeds") {
            assert.ok(
              value.length > 0 && value.length <= 50 && value.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32),
              `seeds ${value}`,
            );
          }
          if (type === "arms" || type === "fractions") assert.ok(value.length > 0 && new Set(value).size === value.length, `${name} ${value}`);
        }
        JSON.stringify(settings.config());
        const written = settings.address();
        const again = new Settings();
        const { rejected } = again.readAddress(new URL(`https://lab.example/${written}`).hash);
        assert.deepEqual(rejected, [], "what the page writes it can read");
        assert.equal(again.address(), written);
        if (!hasResults) return false;
        const [results] = shown;
        assert.ok(results.runs.length > 0 && results.runs.length <= 4000 && results.dataset.labels.length <= 100_000);
        assert.ok(
          results.runs.every(({ steps, epochs }) => steps.length <= 60 && steps.every(({ loss }) => Number.isFinite(loss)) && epochs.length <= 1000),
        );
        return true;
      },
    };
  },
};

async function assertQuick(input, allowedMs) {
  const start = process.cpuUsage();
  await read(input);
  const { user, system } = process.cpuUsage(start);
  assert.ok((user + system) / 1000 <= allowedMs, `${(user + system) / 1000} ms of processor time for ${input.length} bytes`);
}

const { name, seed, from, executions, seconds, progress } = workerData;
const { first, make, read } = await TARGETS[name]();
assert.ok(await read(first), `${name}: what the page itself wrote is taken`);
const began = performance.now();
const told = { executions: 0, taken: 0, slowestMs: 0, most: 0 };
for (let index = from; told.executions < executions && performance.now() - began < seconds * 1000; index += 1) {
  const input = Buffer.from(make(random(Math.imul(seed, 0x9e3779b9) ^ index)));
  Atomics.store(progress, 0, index);
  room.reset();
  const start = performance.now();
  try {
    told.taken += (await read(input)) ? 1 : 0;
    const tookMs = performance.now() - start;
    const allowedMs = LIMIT_MS * Math.max(1, input.length / 1e5);
    if (tookMs > allowedMs) await assertQuick(input, allowedMs); // or a busy machine stopped this thread
    assert.ok(room.made <= ROOM[name].base + ROOM[name].perByte * input.length, `room for ${room.made} bytes for an input of ${input.length}`);
    assert.equal(members(), before, "members of all objects were changed");
    assert.equal({}.polluted, undefined);
    told.slowestMs = Math.max(told.slowestMs, tookMs);
    told.most = Math.max(told.most, room.made);
  } catch (error) {
    mkdirSync(OUT, { recursive: true });
    writeFileSync(`${OUT}${name}-${index}.bin`, input);
    throw new Error(
      `${name}, execution ${index} of seed ${seed}: ${String(error?.message ?? error).slice(0, 500)}; its input is target/tmp/fuzz/${name}-${index}.bin`,
      { cause: error },
    );
  }
  told.executions += 1;
}
parentPort.postMessage(told);
