// The page's own readers, which are JavaScript: zips that somebody exported, and addresses, on made-up bytes.
//
//   node --test tests/fuzz/readers.mjs        FUZZ_SECONDS (2 a reader), FUZZ_EXECUTIONS, FUZZ_SEED, FUZZ_FROM as in harness.rs
//
// Each input is taken or refused in the page's own words: no other exception, no wait of more than a second of processor time per 100 kB, no
// room out of proportion, no object changed that all share. A thread reads, and this one ends it where it no longer comes back.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { room } from "./stage.mjs";
import { zip } from "./bytes.mjs";

const { unpack } = await import("../../www/store/archive.js");
const setting = (name, otherwise) => Number(process.env[name] ?? otherwise);
const EXECUTIONS = setting("FUZZ_EXECUTIONS", Infinity);
const SECONDS = EXECUTIONS < Infinity ? Infinity : setting("FUZZ_SECONDS", 2);
/** An input that takes so long hangs, whatever else the machine does. */
const HANG_MS = 60_000;
const MEMORY_MB = 1024;

async function fuzz(name) {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const [seed, from] = [setting("FUZZ_SEED", 1), setting("FUZZ_FROM", 0)];
  const reader = new Worker(new URL("reading.mjs", import.meta.url), {
    workerData: { name, seed, from, executions: EXECUTIONS, seconds: SECONDS, progress },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  let watch;
  try {
    return await new Promise((resolve, reject) => {
      let last = { index: -1, since: performance.now() };
      watch = setInterval(() => {
        const index = Atomics.load(progress, 0);
        if (index !== last.index) last = { index, since: performance.now() };
        else if (performance.now() - last.since > HANG_MS) reject(new Error(`${name}, execution ${index} of seed ${seed}: does not come back`));
      }, 1000);
      reader.once("message", resolve);
      reader.once("error", (error) =>
        reject(
          error.code === "ERR_WORKER_OUT_OF_MEMORY"
            ? new Error(`${name}, execution ${Atomics.load(progress, 0)} of seed ${seed}: more than ${MEMORY_MB} MB`)
            : error,
        ),
      );
      reader.once("exit", (code) => reject(new Error(`${name}: ended with ${code}`)));
    });
  } finally {
    clearInterval(watch);
    await reader.terminate();
  }
}

describe("made-up input", () => {
  for (const name of ["zip", "address"]) {
    test(`${name}: taken, or refused in the page's own words`, async (context) => {
      const { executions, taken, slowestMs, most } = await fuzz(name);
      context.diagnostic(
        `${name}: ${executions} executions, ${taken} taken, slowest ${slowestMs.toFixed(1)} ms by the clock, room for at most ${(most / 1e6).toFixed(1)} MB`,
      );
      assert.ok(executions > 0 && taken < executions && (taken > 0 || executions < 200), "some are taken, and some are not");
    });
  }
});

// --- what an attacker would send ----------------------------------------------------------------------------------------------

const HASH = "0".repeat(64);
const EMPTY = createHash("sha256").digest("hex");
const input = (name) => ({ name, own: false, sha256: { file: HASH } });
const RECORD = {
  format: "guided-dropout-experiment",
  version: 1,
  id: "id",
  name: "own",
  created: "2026-11-25T10:00:00.000Z",
  updated: "2026-11-25T10:00:00.000Z",
  address: "",
  config: { seeds: [1], arms: ["none"] },
  device: { kind: "cpu" },
  core: null,
  inputs: { dataset: input("a"), model: input("b"), corpus: input("c") },
  planned: { fisher: 0, run: 1 },
  jobs: [],
  verdict: "",
  done: false,
};
const json = (name, value) => ({ name, content: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)) });
const SOUND = [json("experiment.json", RECORD), json("jobs.json", [])];
const read = (bytes) =>
  unpack({ size: bytes.length, arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });

/** Refused in these words, and with no more room than this. */
async function refused(bytes, words, mostRoom = 1e6) {
  room.reset();
  const error = await read(bytes).then(
    (taken) => assert.fail(`taken: ${Object.keys(taken.files)}`),
    (reason) => reason,
  );
  assert.equal(error.kind, "archive", error.stack);
  assert.match(error.message, words);
  assert.ok(room.made <= mostRoom, `room for ${room.made} bytes`);
}

describe("zips made to harm", () => {
  test("paths lead nowhere: three names and files by digest are looked up, all else is passed over", async () => {
    const paths = [
      "../../evil",
      "/etc/passwd",
      "..\\..\\evil",
      "C:\\evil",
      "files/../evil",
      `files/${HASH}/../evil`,
      `./files/${EMPTY}`,
      `FILES/${EMPTY}`,
      `files/${EMPTY.toUpperCase()}`,
      `files//${EMPTY}`,
      "experiment.json/",
      "experiment.json\u0000",
      "__proto__",
      "constructor",
      "toString",
      "",
      "https://elsewhere.example/x",
    ];
    const { files, record } = await read(zip([...SOUND, ...paths.map((name) => ({ name, content: Buffer.from("evil") }))]));
    assert.deepEqual(Object.keys(files), []);
    assert.equal(record.name, "own");
    assert.deepEqual(Object.keys((await read(zip([...SOUND, { name: `files/${EMPTY}`, stored: true }]))).files), [EMPTY]);
    await refused(zip(paths.map((name) => ({ name, content: Buffer.from("evil") }))), /expected experiment\.json, got \.\.\/\.\.\/evil/);
  });

  test("bombs are refused before room is made for them", async () => {
    const zeros = Buffer.alloc(20e6);
    const bomb = zip([...SOUND, { name: `files/${HASH}`, content: zeros }]);
    assert.ok(bomb.length < 25_000);
    await refused(bomb, /SHA-256/, 21e6 + 1e5); // one that says what it is, and stays below the limits, is unpacked: it is no file of ours
    await refused(zip([...SOUND, { name: `files/${HASH}`, content: zeros, says: { size: 600e6 } }]), /at most 500.MB, got 600.MB/);
    await refused(zip([...SOUND, { name: `files/${HASH}`, content: zeros, says: { size: 499e6 } }]), /said to be 499000000 bytes out of/);
    await refused(zip([...SOUND, { name: `files/${HASH}`, content: zeros, says: { size: 10 } }]), /not the 10 bytes that it says/);
    await refused(zip([...SOUND, { name: `files/${HASH}`, content: zeros, says: { size: 0 } }]), /not the 0 bytes that it says/);
    const copies = Array.from({ length: 40 }, (_, index) => ({
      name: `files/${String(index).padStart(64, "0")}`,
      content: Buffer.alloc(10e6),
      sameAs: index === 0 ? undefined : 2,
    }));
    await refused(zip([...SOUND, ...copies]), /under two names/);
    const kernel = { name: `files/${HASH}`, content: Buffer.alloc(10e6) };
    await refused(
      zip([...SOUND, kernel, { ...kernel, name: `files/${"1".repeat(64)}`, sameAs: 2, says: { localName: Buffer.from(kernel.name) } }]),
      /under two names/,
    );
    await refused(zip([...SOUND, ...Array.from({ length: 200 }, (_, index) => ({ name: `note ${index}` }))]), /at most 100 files, got more/);
    await refused(zip(SOUND, { count: 0xffff }), /no entry 3 of 65535/);
    await refused(zip([...SOUND, { name: "results.json", content: zeros, says: { size: 150e6 } }]), /at most 100.MB, got 150.MB/);
  });

  test("files that share their bytes are refused", async () => {
    const name = Buffer.from("experiment.json");
    const inner = zip([json("experiment.json", RECORD)]).subarray(0, -(46 + name.length + 22)); // its header and content, within another's content
    const outer = { name: `files/${createHash("sha256").update(inner).digest("hex")}`, content: inner, stored: true };
    const start = 30 + outer.name.length;
    await refused(
      zip([outer, { ...json("experiment.json", RECORD), says: { offset: start } }, json("jobs.json", [])]),
      /shares bytes with another file/,
    );
  });

  test("what contradicts itself, is locked, cut off or damaged is refused", async () => {
    const sound = zip(SOUND);
    assert.equal((await read(sound)).record.name, "own");
    assert.equal((await read(zip(SOUND, { comment: Buffer.from("a comment") }))).record.name, "own");
    for (let length = 0; length < sound.length; length += 1) await refused(sound.subarray(0, length), /expected a zip/);
    const [record, jobs] = SOUND;
    await refused(zip([{ ...record, flags: 1 }, jobs]), /password/);
    await refused(zip([{ ...record, method: 12 }, jobs]), /method 12/);
    await refused(zip([{ ...record, says: { crc: 1 } }, jobs]), /checksum/);
    await refused(zip([{ ...record, says: { localName: Buffer.from("experiment.jsOn") } }, jobs]), /under two names/);
    await refused(zip([{ ...record, says: { offset: 1e6 } }, jobs]), /no experiment\.json where/);
    await refused(zip([{ ...record, says: { packed: 1e6, size: 1e6 } }, jobs]), /cut off/);
    await refused(zip([record, record, jobs]), /got a duplicate/);
    await refused(zip(SOUND, { directoryAt: 3 }), /no entry 1 of 2/);
    let changed = 0;
    for (let at = 0; at < sound.length; at += 1) {
      // one bit anywhere: refused, or of no account
      const other = Buffer.from(sound);
      other[at] ^= 1;
      const taken = await read(other).catch((error) => (assert.equal(error.kind, "archive", error.stack), null));
      if (taken) assert.deepEqual(taken.record, (await read(sound)).record, `bit at ${at}`);
      else changed += 1;
    }
    assert.ok(changed > sound.length / 3, `${changed} of ${sound.length}`);
  });

  test("JSON that is deep, has odd members or is something else changes nothing that objects share", async () => {
    for (const [value, words] of [
      ["null", /an object, got null/],
      ["[]", /an object, got \[\]/],
      ["1", /an object, got 1/],
      ['"text"', /an object, got text/],
      [`${"[".repeat(1e6)}`, /at most 64 values within each other/],
      [`{"a":${"[".repeat(200)}${"]".repeat(200)}}`, /at most 64/],
      ["", /expected JSON/],
      ["{", /expected JSON/],
    ]) {
      await refused(zip([json("experiment.json", value), SOUND[1]]), words, 4e6);
    }
    const odd = { ...RECORD, done: true };
    const results = {
      format: "guided-dropout-results",
      version: 1,
      runs: [{ arm: { toString: 1 }, seed: { toString: 1, valueOf: 1 }, fraction: {} }],
    };
    await refused(zip([json("experiment.json", odd), SOUND[1], json("results.json", results)]), /one of the arms/);
    await refused(
      zip([json("experiment.json", odd), SOUND[1], json("results.json", { ...results, runs: [{ ...results.runs[0], arm: "none" }] })]),
      /seed and fraction/,
    );
    const polluting = JSON.stringify(RECORD).replace("{", '{"__proto__":{"polluted":1,"done":true},"constructor":{"prototype":{"polluted":1}},');
    const { record } = await read(zip([json("experiment.json", polluting), SOUND[1]]));
    assert.equal({}.polluted, undefined);
    assert.equal(record.polluted, undefined);
    assert.equal(Object.getPrototypeOf(record), Object.prototype);
  });
});
