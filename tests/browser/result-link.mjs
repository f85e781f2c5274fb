// Results in a link (www/share/result-link.js): what goes in comes out, and whatever else is in the address is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { decode, encode, pack, seal, unpack } from "../../www/share/result-link.js";
import { base64, bytesOf, Writer } from "../../www/share/packing.js";

/** Numbers that look random and are the same on every run. */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = chance(20240614);
const below = (most) => Math.floor(random() * most);
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** The results of the default experiment, or of another size. */
function experiment({
  arms = ["standard", "guided", "uniform-mean"],
  seeds = [1, 2, 3],
  fractions = [1],
  epochs = 3,
  steps = 72,
  layers = 4,
  labels = times(6, (index) => `secret ${index}`),
  task = "classification",
  fisher = true,
} = {}) {
  const sites = [
    "embeddings",
    ...times(layers, (layer) => ["attention.self", "attention.output", "output"].map((part) => `layer.${layer}.${part}`)).flat(),
  ];
  const test = 96;
  const scores = task === "regression" ? ["pearson", "spearman"] : ["macro_f1", "matthews"];
  return {
    format: "guided-dropout-results",
    version: 2,
    config: { arms, seeds, fractions },
    device: { kind: "cpu", adapter: null },
    dataset: { name: "secret.csv", rows: 480, train_rows: 384, test_rows: test, labels, task, rejected: [{ line: 3, reason: "secret" }] },
    model: { name: "secret model", parameters: 11_170_560, layers, hidden: 256 },
    fisher: fisher
      ? {
          texts: 200,
          sites: sites.map((site) => ({ site, score: Math.fround(Math.exp(-12 * random())) })),
          tensors: [{ name: "secret", mean: 1 }],
          stability: [10, 25, 50, 100].map((texts) => ({ texts, kendall_tau: below(10_001) / 10_000 })),
        }
      : null,
    arms: Object.fromEntries(
      arms.map((arm) => [arm, sites.map((site, index) => ({ site, rate: below(10_001) / 1e5 + (arm === "custom" ? index / 1e3 : 0) }))]),
    ),
    runs: arms.flatMap((arm) =>
      seeds.flatMap((seed) =>
        fractions.map((fraction) => ({
          arm,
          seed,
          fraction,
          elapsed_ms: below(60_000),
          steps: times(steps, (index) => ({ step: index + 1, loss: 1.8 * Math.exp(-index / 30) + 0.3 * random() })),
          epochs: times(epochs, (index) => ({
            epoch: index + 1,
            steps: 24,
            train_loss: Math.fround(random()),
            eval_loss: Math.fround(random()),
            ...(task === "regression" ? {} : { accuracy: index === epochs - 1 ? below(test) / test : Math.fround(random()) }),
            ...Object.fromEntries(scores.map((name) => [name, index === epochs - 1 ? 2 * random() - 1 : Math.fround(random())])),
          })),
          confusion: task === "regression" ? null : labels.map(() => labels.map(() => below(17))),
          predictions: [1, 2, 3],
        })),
      ),
    ),
    probes: fractions.map((fraction) => ({ arm: "standard", fraction, epochs, seeds: 7, change: 4 * random() - 2 })),
    baselines: seeds.flatMap((seed) =>
      fractions.flatMap((fraction) =>
        (task === "regression" ? ["mean", "tfidf-ridge"] : ["majority", "tfidf-logistic"]).map((baseline) => ({
          baseline,
          seed,
          fraction,
          ...(baseline === "mean" ? {} : Object.fromEntries(scores.map((name) => [name, 2 * random() - 1]))),
        })),
      ),
    ),
    comparisons: [],
    verdict: "secret",
  };
}

/** What a link is to keep of a run, where nothing is binned. */
const kept = ({ arm, seed, fraction, elapsed_ms: elapsed, epochs, confusion }) => ({
  arm,
  seed,
  fraction,
  elapsed,
  confusion,
  epochs: epochs.map(({ steps: _, ...rest }) => rest),
});

test("results of any size become text", () => {
  const bytes = Uint8Array.from(times(300_000, (index) => index % 251));
  assert.deepEqual(bytesOf(base64(bytes)), bytes);
});

test("the default experiment fits into a link, and comes back", async () => {
  const results = experiment();
  const word = await pack(results, { own: false });
  assert.match(word, /^2\.[\w-]+$/, "characters that an address carries as they are");
  assert.ok(word.length < 7000, `${word.length} characters`);
  const back = await unpack(word);
  assert.deepEqual(back.config, results.config);
  assert.deepEqual(back.fisher.sites, results.fisher.sites);
  assert.deepEqual(back.fisher.stability, results.fisher.stability);
  assert.deepEqual(back.arms, results.arms);
  assert.deepEqual(back.runs.map(kept), results.runs.map(kept));
  assert.deepEqual([back.probes, back.baselines], [results.probes, results.baselines]);
  assert.equal(back.own, false);
  assert.equal(back.labelCount, 6);
  for (const [index, run] of back.runs.entries()) {
    assert.equal(run.total, 72);
    assert.deepEqual(
      run.steps.map(({ step }) => step),
      times(36, (bin) => 2 * bin + 2),
    );
    for (const [bin, { loss }] of run.steps.entries()) {
      const [first, second] = results.runs[index].steps.slice(2 * bin);
      assert.ok(Math.abs(loss - (first.loss + second.loss) / 2) <= 0.0005 + 1e-9, `bin ${bin}: ${loss}`);
    }
  }
});

test("experiments of other shapes come back", async () => {
  const shapes = [
    { arms: ["none"], seeds: [4_294_967_295], epochs: 1, steps: 1, layers: 1, labels: ["a", "b"] },
    { arms: ["custom", "gaussian"], seeds: [7], fractions: [1, 0.5, 0.25, 0.1], fisher: false },
    { task: "regression", labels: [] },
    { labels: times(150, (index) => `class ${index}`), seeds: [1] },
    { layers: 12, seeds: times(10, (index) => index + 1), steps: 1000, epochs: 12 },
    { epochs: 0, steps: 0 },
  ];
  for (const shape of shapes) {
    const results = experiment(shape);
    const back = await unpack(await pack(results, { own: true }));
    const small = results.dataset.labels.length <= 12;
    assert.deepEqual(
      back.runs.map(kept),
      results.runs.map((run) => kept({ ...run, confusion: small ? run.confusion : null })),
      JSON.stringify(shape),
    );
    assert.deepEqual(back.fisher?.sites ?? null, results.fisher?.sites ?? null);
    assert.deepEqual([back.probes, back.baselines], [results.probes, results.baselines]);
    assert.ok(back.runs.every((run) => run.steps.length <= 60));
    assert.equal(back.own, true);
  }
});

test("a link of the first version is read: it has neither probes nor baselines", async () => {
  const first =
    "1.27yIkYGB4QFzA3MCE2MDU8OzlayMbIyMjBP8GFj-Swq8458gwszAyARS9OEPI9My-fNMjPZHJeMUGBgY7Pcc8APTx1aBwGr7A428X4H8_Y9a9ngfYGBgYuTjZFp_bWIGAA";
  const { config, probes, baselines, runs } = await unpack(first);
  assert.deepEqual(config, { arms: ["none"], seeds: [1], fractions: [1] });
  assert.deepEqual([probes, baselines], [[], []]);
  assert.equal(runs[0].epochs[0].accuracy, 17 / 96);
  await refused(`2${first.slice(1)}`, "damaged");
});

test("no word of anybody is in a link", async () => {
  const body = encode(experiment(), { own: true });
  assert.ok(!Buffer.from(body).toString("latin1").includes("secret"));
  const back = JSON.stringify(decode(body));
  const said = new Set(back.match(/[a-z]{3,}/gi));
  for (const word of ["secret", "csv"]) assert.ok(!said.has(word), word);
});

const REASONS = ["damaged", "large", "version"];
async function refused(word, expected) {
  const outcome = await unpack(word).then(
    (back) => ({ back }),
    (error) => ({ error }),
  );
  if (outcome.back) return outcome.back;
  assert.equal(outcome.error.kind, "link", `${word.slice(0, 80)}: ${outcome.error.stack ?? outcome.error}`);
  assert.ok(REASONS.includes(outcome.error.reason));
  if (expected) assert.equal(outcome.error.reason, expected, word.slice(0, 80));
  return null;
}

test("links that were cut, changed, made by others or blown up are refused by name", async () => {
  const word = await pack(experiment(), { own: false });
  for (let length = 0; length < word.length; length += 7) {
    assert.equal(await refused(word.slice(0, length), length < 2 ? undefined : "damaged"), null);
  }
  for (const foreign of ["", ".", "x", "1", "1.", "2.", "1.%%%", "2.%%%", "1.<b>", "1.A", "2.A", "hello", "constructor", "__proto__"]) {
    assert.equal(await refused(foreign, "damaged"), null);
  }
  for (const version of ["0", "3", "17", "999999"]) assert.equal(await refused(`${version}.${word.slice(2)}`, "version"), null);
  assert.equal(await refused(`1.${"A".repeat(100_000)}`, "large"), null);
  const bomb = await seal(new Uint8Array(8_000_000));
  assert.ok(bomb.length < 16_000, "the bomb is short enough to be opened");
  assert.equal(await refused(bomb, "large"), null);
});

test("3,000 words with changed characters are refused: the checksum tells", async () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.%=&\u0000é";
  const word = await pack(experiment({ seeds: [1], steps: 8 }), { own: false });
  for (let round = 0; round < 3000; round += 1) {
    const letters = [...word];
    for (let change = below(3); change >= 0; change -= 1) {
      const place = below(letters.length);
      const what = below(3);
      if (what === 0) letters[place] = alphabet[below(alphabet.length)];
      else if (what === 1) letters.splice(place, 1 + below(5));
      else letters.splice(place, 0, alphabet[below(alphabet.length)]);
    }
    const changed = letters.join("");
    const back = await refused(changed);
    // The last character of base64 has bits that say nothing.
    if (back) {
      assert.equal(
        await seal(encode({ ...back, dataset: { ...back.dataset, labels: times(back.labelCount, String) } }, { own: false })),
        word,
        changed,
      );
    }
  }
});

test("what the bounds leave is carried to its last item", async () => {
  const back = async (results) => unpack(await pack(results, { own: false }));
  const { runs } = await back(experiment({ steps: 61, labels: times(12, String) }));
  for (const { steps, confusion } of runs) {
    assert.deepEqual(
      [steps.length, steps.at(-1).step, confusion.length],
      [31, 61, 12],
      "the last bin is of one step, and twelve classes are not too many",
    );
  }
  const results = experiment();
  delete results.runs[4].epochs[1].macro_f1;
  for (const { epochs } of (await back(results)).runs) {
    assert.deepEqual(
      Object.keys(epochs[0]).sort(),
      ["accuracy", "epoch", "eval_loss", "matthews", "train_loss"],
      "a metric that one run lacks is left out",
    );
  }
  const out = new Writer();
  for (const count of [0, 127, 128]) out.count(count);
  assert.deepEqual([...out.bytes()], [0, 127, 128, 1]);
});

test("what no experiment has is refused, value by value", async () => {
  assert.equal(await refused(`1.${base64(deflateRawSync(Buffer.from([1, 2, 3])))}`, "damaged"), null, "shorter than a checksum");
  const one = { arms: ["guided"], seeds: [1], epochs: 2, steps: 2 };
  const changed = (change) => {
    const results = experiment(one);
    change(results);
    return encode(results, { own: false });
  };
  const body = changed(() => {});
  assert.equal(read(body), true);
  const infinite = Uint8Array.from(
    changed((results) => {
      results.runs[0].epochs[1].train_loss = 0.123;
    }),
  );
  const at = Buffer.from(infinite).indexOf(Buffer.from(new Uint8Array(Float64Array.of(0.123).buffer).reverse()));
  assert.ok(at > 0);
  new DataView(infinite.buffer).setFloat64(at, Infinity);
  for (const [what, other] of [
    [
      "no part of the rows",
      changed(({ config, runs: [run] }) => {
        config.fractions = [0];
        run.fraction = 0;
      }),
    ],
    [
      "a run twice",
      changed((results) => {
        results.config.seeds = [1, 2];
        results.runs.push(results.runs[0]);
      }),
    ],
    ["more after the end", [...body, 0]],
    [
      "a rate of 1",
      changed(({ arms }) => {
        arms.guided[0].rate = 1;
      }),
    ],
    [
      "an accuracy above 1",
      changed(({ runs: [run] }) => {
        run.epochs[1].accuracy = 1.5;
      }),
    ],
    [
      "a negative loss",
      changed(({ runs: [run] }) => {
        run.epochs[1].train_loss = -1;
      }),
    ],
    ["an infinite loss", infinite],
    [
      "a change beyond any metric's",
      changed(({ probes }) => {
        probes[0].change = 3;
      }),
    ],
    [
      "a baseline's score above 1",
      changed(({ baselines }) => {
        baselines[0].accuracy = 1.5;
      }),
    ],
    ["a number of ten bytes that could have one", [...Array(10).fill(0x80), 0, ...body.subarray(3)]],
  ]) {
    assert.equal(read(Uint8Array.from(other)), false, what);
  }
});

/** Whatever a body says, what is read from it can be shown. */
function assertShowable(back) {
  const finite = (value) => assert.ok(Number.isFinite(value), String(value));
  assert.ok(["classification", "regression"].includes(back.dataset.task));
  assert.ok(back.runs.length > 0 && back.runs.length <= 4000);
  for (const run of back.runs) {
    assert.ok(back.config.arms.includes(run.arm) && back.config.seeds.includes(run.seed) && back.config.fractions.includes(run.fraction));
    assert.ok(run.steps.length <= 60 && run.epochs.length <= 1000);
    for (const { step, loss } of run.steps) [step, loss].forEach(finite);
    for (const epoch of run.epochs) Object.values(epoch).forEach(finite);
    for (const row of run.confusion ?? []) {
      assert.equal(row.length, back.labelCount);
      row.forEach(finite);
    }
  }
  for (const { epochs, seeds, change } of back.probes) [epochs, seeds, change].forEach(finite);
  for (const { baseline, ...numbers } of back.baselines) Object.values(numbers).forEach(finite);
  for (const { score } of back.fisher?.sites ?? []) assert.ok(score >= 0 && score < Infinity);
  for (const rates of Object.values(back.arms)) for (const { rate } of rates) assert.ok(rate >= 0 && rate < 1);
}

function read(body) {
  try {
    const back = decode(body);
    assertShowable(back);
    return true;
  } catch (error) {
    assert.equal(error.kind, "link", error.stack ?? JSON.stringify(error));
    return false;
  }
}

test("6,000 bodies with changed bytes, and 6,000 of random bytes, are read or refused, never anything else", () => {
  const bodies = [
    experiment({ seeds: [1], steps: 8 }),
    experiment({ task: "regression", labels: [], seeds: [1, 2], steps: 3 }),
    experiment({ layers: 1, arms: ["none"], seeds: [1], epochs: 1, steps: 2 }),
  ].map((results) => encode(results, { own: false }));
  let sound = 0;
  for (let round = 0; round < 6000; round += 1) {
    const body = Uint8Array.from(bodies[round % bodies.length]);
    for (let change = below(4); change >= 0; change -= 1) body[random() < 0.5 ? below(Math.min(40, body.length)) : below(body.length)] = below(256);
    sound += read(random() < 0.2 ? body.subarray(0, below(body.length)) : body);
  }
  assert.ok(sound > 300 && sound < 5700, `${sound} of 6000 could be read: the test reaches both ends`);
  for (let round = 0; round < 6000; round += 1) read(Uint8Array.from(times(below(200), () => (random() < 0.5 ? below(4) : below(256)))));
});

test("a body that promises much and holds little is refused at once", () => {
  const head = [...encode(experiment({ seeds: [1] }), { own: false }).subarray(0, 24)];
  for (const tail of [[0xff, 0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], Array(64).fill(0xff)]) {
    for (let length = 0; length < head.length; length += 1) assert.equal(read(Uint8Array.from([...head.slice(0, length), ...tail])), false);
  }
});
