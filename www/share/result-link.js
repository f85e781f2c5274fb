// An experiment's results in so few characters that a link can carry them.
//
// A result link holds numbers and nothing else: arms, sites, metrics and devices by their places in the lists below, no name, label or
// text of anybody. So whatever a stranger puts into a link, a reader sees numbers in figures. The settings are the link's own words.
//
// Text: version, full stop, base64url of deflated bytes: the body and its checksum. Body: see `encode`; sizes are varints.

import { LabError } from "../platform/lab-error.js";
import { SCHEMA } from "../platform/schema.js";
import { base64, bytesOf, checksum, Reader, through, Writer } from "./packing.js";

const VERSION = SCHEMA.formats.link.version;
/** The first version has neither probes nor baselines. */
const FIRST_WITH_PROBES = 2;
/** A longer word is none of ours; deflate makes at most a thousand times as much of it. */
const LONGEST_WORD = 16_000;
const LARGEST_BODY = 256_000;

/** Arms by their code. */
const ARMS = [...SCHEMA.arms].sort((left, right) => left.code - right.code).map(({ name }) => name);
/** Places in these lists are part of the format: add at the end, never change the order. */
const METRICS = ["accuracy", "macro_f1", "matthews", "pearson", "spearman"];
const TASKS = ["classification", "regression"];
const DEVICES = ["cpu", "webgpu"];
const BASELINES = ["majority", "tfidf-logistic", "mean", "tfidf-ridge"];

/** A run's loss is carried as the means of at most so many bins of steps: what its curve shows. */
const LOSS_BINS = 60;
/** Larger confusion matrices are left out. */
const MOST_CLASSES_CONFUSED = 12;
const most = (name) => SCHEMA.settings.find((setting) => setting.name === name).most;
const MOST = { layers: 200, classes: 100_000, seeds: most("seeds"), fractions: most("fractions"), epochs: 1000, steps: 1e7, stability: 200 };

/** Units in which numbers are rounded: far finer than the figures show. */
const UNITS = { loss: 1000, rate: 1e5, fraction: 1e4, tau: 1e4 };
const DAY_MS = 86_400_000;

/**
 * @typedef {{date: string, own: boolean, labelCount: number} & Record<string, any>} LinkedResults results.json without what a link cannot carry: no names, no tensors, no step losses but their bins' means.
 *   `date`: ISO, of the day on which it was packed; `own`: whether the data set was the reader's own; `labelCount`: how many classes
 */

/**
 * @param {object} results results.json
 * @param {{own: boolean}} facts `own`: whether the data set is the reader's own
 * @returns {Promise<string>} a word for a link
 */
export async function pack(results, { own }) {
  return seal(encode(results, { own }));
}

/**
 * Makes a word of a body.
 * @param {Uint8Array} body
 * @returns {Promise<string>}
 */
export async function seal(body) {
  const sealed = new Uint8Array(body.length + 4);
  sealed.set(body);
  new DataView(sealed.buffer).setUint32(body.length, checksum(body));
  const { bytes } = await through(new CompressionStream("deflate-raw"), sealed);
  return `${VERSION}.${base64(bytes)}`;
}

/**
 * Reads what `pack` wrote, or anything else.
 * @param {string} word
 * @returns {Promise<LinkedResults>} rejects with {kind: "link", reason: "version"|"large"|"damaged"}
 */
export async function unpack(word) {
  const version = word.match(/^(\d{1,6})\./)?.[1];
  if (version !== undefined && !(Number(version) >= 1 && Number(version) <= VERSION)) throw refusal("version");
  if (word.length > LONGEST_WORD) throw refusal("large");
  const packed = version && bytesOf(word.slice(version.length + 1));
  if (!packed) throw refusal("damaged");
  let inflated;
  try {
    inflated = await through(new DecompressionStream("deflate-raw"), packed, LARGEST_BODY);
  } catch {
    throw refusal("damaged");
  }
  const { bytes, cut } = inflated;
  if (cut) throw refusal("large");
  if (bytes.length < 4) throw refusal("damaged");
  const body = bytes.subarray(0, -4);
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(body.length) !== checksum(body)) throw refusal("damaged");
  return decode(body, Number(version));
}

function refusal(reason) {
  return new LabError("link", reason, { reason });
}

// --- the body -----------------------------------------------------------------------------------------------------------

/** The sites of an encoder, in its order. */
function sitesOf(layers) {
  return [
    "embeddings",
    ...Array.from({ length: layers }, (_, layer) => ["attention.self", "attention.output", "output"].map((part) => `layer.${layer}.${part}`)).flat(),
  ];
}

/**
 * The body of a result link.
 * @param {object} results results.json
 * @param {{own: boolean}} facts
 * @returns {Uint8Array}
 */
export function encode({ config, device, dataset, model, fisher, arms: ratesOf, runs, probes = [], baselines = [] }, { own }) {
  const out = new Writer();
  const arms = config.arms.filter((arm) => ARMS.includes(arm));
  const sites = sitesOf(model.layers);
  const metrics = METRICS.filter((metric) => runs.every(({ epochs }) => epochs.every((epoch) => Number.isFinite(epoch[metric]))));

  out.count(Math.floor(Date.now() / DAY_MS));
  out.byte(TASKS.indexOf(dataset.task));
  out.byte(DEVICES.indexOf(device.kind));
  out.byte(own ? 1 : 0);
  for (const size of [dataset.rows, dataset.train_rows, dataset.test_rows, dataset.labels.length]) out.count(size);
  for (const size of [model.layers, model.hidden, model.parameters]) out.count(size);
  out.list(arms, (arm) => out.byte(ARMS.indexOf(arm)));
  out.list(config.seeds, (seed) => out.count(seed));
  out.list(config.fractions, (fraction) => out.count(Math.round(fraction * UNITS.fraction)));

  out.list(fisher ? [fisher] : [], () => {
    const scores = new Map(fisher.sites.map(({ site, score }) => [site, score]));
    out.count(fisher.texts);
    for (const site of sites) out.single(scores.get(site));
    out.list(fisher.stability.slice(-MOST.stability), ({ texts, kendall_tau: tau }) => {
      out.count(texts);
      out.signed(Math.round(tau * UNITS.tau));
    });
  });
  for (const arm of arms) {
    const rates = new Map((ratesOf[arm] ?? []).map(({ site, rate }) => [site, rate]));
    const known = sites.every((site) => rates.has(site));
    out.list(known ? sites : [], (site) => out.count(Math.max(0, Math.round(rates.get(site) * UNITS.rate))));
  }

  out.list(metrics, (metric) => out.byte(METRICS.indexOf(metric)));
  out.list(runs, (run) => {
    out.byte(arms.indexOf(run.arm));
    out.byte(config.seeds.indexOf(run.seed));
    out.byte(config.fractions.indexOf(run.fraction));
    out.count(Math.round(run.elapsed_ms));
    encodeLosses(
      out,
      run.steps.map(({ loss }) => loss),
    );
    out.list(run.epochs, (epoch, index) => {
      // The comparisons are drawn from the last epoch: a rounded score would break ties that are real.
      const write = index === run.epochs.length - 1 ? (value) => out.double(value) : (value) => out.single(value);
      for (const name of ["train_loss", "eval_loss", ...metrics]) write(epoch[name]);
    });
    const matrix = run.confusion && dataset.labels.length <= MOST_CLASSES_CONFUSED ? run.confusion : [];
    out.list(matrix, (row) => row.forEach((value) => out.count(value)));
  });
  encodeBeside(out, config, probes, baselines);
  return out.bytes();
}

/** What the remarks beside the verdict follow from: whether longer training was tried, and scores of the baselines that are no transformers. */
function encodeBeside(out, { seeds, fractions }, probes, baselines) {
  const ofFractions = (each) => fractions.includes(each.fraction);
  out.list(probes.filter(ofFractions), (probe) => {
    out.byte(ARMS.indexOf(probe.arm));
    out.byte(fractions.indexOf(probe.fraction));
    out.count(probe.epochs);
    out.count(probe.seeds);
    out.double(probe.change);
  });
  out.list(
    baselines.filter((each) => ofFractions(each) && seeds.includes(each.seed)),
    (each) => {
      out.byte(BASELINES.indexOf(each.baseline));
      out.byte(seeds.indexOf(each.seed));
      out.byte(fractions.indexOf(each.fraction));
      const scored = METRICS.filter((metric) => Number.isFinite(each[metric])); // a constant has no correlation
      out.list(scored, (metric) => {
        out.byte(METRICS.indexOf(metric));
        out.double(each[metric]);
      });
    },
  );
}

/**
 * Reads a body. Every length is bounded and every item takes at least one byte: what a body lacks ends the reading.
 * @param {Uint8Array} body
 * @param {number} [version] of the link
 * @returns {LinkedResults} throws {kind: "link", reason: "damaged"}
 */
export function decode(body, version = VERSION) {
  const from = new Reader(body, () => refusal("damaged"));
  const date = new Date(from.count(100_000) * DAY_MS).toISOString();
  const task = from.oneOf(TASKS);
  const device = { kind: from.oneOf(DEVICES), adapter: null };
  const own = from.count(1) === 1;
  const [rows, trainRows, testRows, classes] = [from.count(), from.count(), from.count(), from.count(MOST.classes)];
  const [layers, hidden, parameters] = [from.count(MOST.layers), from.count(), from.count()];
  const arms = from.distinct(ARMS.length, () => from.oneOf(ARMS));
  const seeds = from.distinct(MOST.seeds, () => from.count(SCHEMA.limits.seed));
  const fractions = from.distinct(MOST.fractions, () => from.count(UNITS.fraction) / UNITS.fraction);
  from.expect(arms.length > 0 && seeds.length > 0 && fractions.length > 0 && !fractions.includes(0) && layers > 0);
  const sites = sitesOf(layers);

  const [fisher = null] = from.list(1, () => ({
    texts: from.count(),
    sites: sites.map((site) => ({ site, score: from.single(0) })),
    tensors: [],
    stability: from.list(MOST.stability, () => ({ texts: from.count(), kendall_tau: from.signed() / UNITS.tau })),
  }));
  const rates = arms.map((arm) => [
    arm,
    from.sized([0, sites.length], (index) => ({ site: sites[index], rate: from.count(UNITS.rate - 1) / UNITS.rate })),
  ]);

  const metrics = from.distinct(METRICS.length, () => from.oneOf(METRICS));
  const runs = from.list(arms.length * seeds.length * fractions.length, () => {
    /** @type {Record<string, any>} */
    const run = { arm: from.oneOf(arms), seed: from.oneOf(seeds), fraction: from.oneOf(fractions), elapsed_ms: from.count() };
    Object.assign(run, decodeLosses(from));
    const epochs = from.count(MOST.epochs);
    run.epochs = Array.from({ length: epochs }, (_, index) => {
      const read = index === epochs - 1 ? (least, most) => from.double(least, most) : (least, most) => from.single(least, most);
      const losses = { epoch: index + 1, train_loss: read(0), eval_loss: read(0) };
      return Object.assign(losses, ...metrics.map((metric) => ({ [metric]: read(-1, 1) })));
    });
    const matrix = from.sized([0, classes <= MOST_CLASSES_CONFUSED ? classes : 0], () => Array.from({ length: classes }, () => from.count()));
    run.confusion = matrix.length === 0 ? null : matrix;
    return run;
  });
  from.expect(runs.length > 0 && new Set(runs.map(({ arm, seed, fraction }) => `${arm}/${seed}/${fraction}`)).size === runs.length);
  const beside = version >= FIRST_WITH_PROBES ? decodeBeside(from, seeds, fractions) : { probes: [], baselines: [] };
  from.end();
  return {
    format: SCHEMA.formats.results.name,
    version: SCHEMA.formats.results.version,
    date,
    own,
    labelCount: classes,
    config: { arms, seeds, fractions },
    device,
    dataset: { rows, train_rows: trainRows, test_rows: testRows, task, rejected: [] },
    model: { parameters, layers, hidden },
    fisher,
    arms: Object.fromEntries(rates.filter(([, list]) => list.length > 0)),
    runs,
    ...beside,
  };
}

function decodeBeside(from, seeds, fractions) {
  const probes = from.list(fractions.length, () => ({
    arm: from.oneOf(ARMS),
    fraction: from.oneOf(fractions),
    epochs: from.count(MOST.epochs),
    seeds: from.count(MOST.seeds),
    change: from.double(-2, 2),
  }));
  const baselines = from.list(BASELINES.length * seeds.length * fractions.length, () => {
    const of = { baseline: from.oneOf(BASELINES), seed: from.oneOf(seeds), fraction: from.oneOf(fractions) };
    return Object.assign(of, ...from.list(METRICS.length, () => ({ [from.oneOf(METRICS)]: from.double(-1, 1) })));
  });
  return { probes, baselines };
}

function encodeLosses(out, losses) {
  const width = Math.max(1, Math.ceil(losses.length / LOSS_BINS));
  out.count(losses.length);
  let last = 0;
  for (let start = 0; start < losses.length; start += width) {
    const bin = losses.slice(start, start + width);
    const mean = Math.round((bin.reduce((sum, loss) => sum + loss, 0) / bin.length) * UNITS.loss);
    out.signed(mean - last);
    last = mean;
  }
}

/** Each bin comes back as one step, the last one in it. */
function decodeLosses(from) {
  const total = from.count(MOST.steps);
  const width = Math.max(1, Math.ceil(total / LOSS_BINS));
  let last = 0;
  const steps = Array.from({ length: Math.ceil(total / width) }, (_, bin) => {
    last += from.signed();
    return { step: Math.min(total, (bin + 1) * width), loss: last / UNITS.loss };
  });
  return { steps, total };
}
