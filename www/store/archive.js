// An experiment as one zip: all that it takes to repeat it, to read it elsewhere, or to bring it back into the page.

import { canFingerprint, fingerprint } from "../platform/fingerprint.js";
import { bytes as size } from "../ui/format.js";
import { LabError } from "../platform/lab-error.js";
import { translated } from "../i18n/core.js";
import { text } from "../i18n/text.js";
import { SCHEMA } from "../platform/schema.js";
import { unzip } from "./unzip.js";

const { name: FORMAT, version: VERSION } = SCHEMA.formats.experiment;
const ARMS = SCHEMA.arms.map(({ name }) => name);
/** A zip that is larger, or unpacks to more, is none of ours. */
const LARGEST = 500e6;
/** JSON takes some ten times its size in memory. */
const LARGEST_JSON = 100e6;
/** Maximum nesting of JSON values; deeper ones could overflow the stack of a recursive reader. */
const MOST_NESTED = 64;
/** Two files of texts and a handful of our own are all that there can be. */
const MOST_ENTRIES = 100;
const RECORD = "experiment.json";
const RESULTS = "results.json";
const JOBS = "jobs.json";
const OWN_FILE = /^files\/([0-9a-f]{64})$/;

/**
 * @param {object} parts
 * @param {import("./records.js").ExperimentRecord} parts.record
 * @param {object | null} parts.results results.json, where there is a verdict
 * @param {Array<{id: string, kind: string, key: string, value: object}>} parts.jobs
 * @param {Record<string, Uint8Array>} parts.files the reader's own, by digest
 * @param {(results: any) => string} csvOf the runs of results.json as a table
 * @returns {Promise<Uint8Array>} the zip
 */
export async function pack({ record, results, jobs, files }, csvOf) {
  const { zipSync, strToU8 } = await import("../vendor/fflate.js");
  const json = (value) => strToU8(`${JSON.stringify(value, null, 1)}\n`);
  const { models: _, dismissed: __, ...said } = record; // trained models are a download of their own
  const content = {
    "README.txt": strToU8(text.history.readme(record)),
    [RECORD]: json({
      format: FORMAT,
      version: VERSION,
      exported: new Date().toISOString(),
      browser: navigator.userAgent,
      seeds: record.config.seeds,
      ...said,
    }),
    [JOBS]: json(jobs),
  };
  if (results) Object.assign(content, { [RESULTS]: json(results), "runs.csv": strToU8(csvOf(results)) });
  for (const [sha256, bytes] of Object.entries(files)) content[`files/${sha256}`] = bytes;
  return zipSync(content, { level: 6 });
}

/**
 * Reads what `pack` wrote.
 * @param {File} file
 * @returns {Promise<{record: import("./records.js").ExperimentRecord, results: object | null, jobs: object[], files: Record<string, Uint8Array>}>}
 *   rejects with {kind: "archive", message}, which says what was expected and what was found
 */
export async function unpack(file) {
  expect(file.size <= LARGEST, text.history.theFile, text.history.atMost(size(LARGEST)), size(file.size));
  const content = await ourFiles(new Uint8Array(await file.arrayBuffer()));
  const said = parse(content, RECORD);
  expect(isObject(said), RECORD, "an object", said);
  expect(said.format === FORMAT, RECORD, `"format": "${FORMAT}"`, said.format);
  expect(isVersion(said.version, VERSION), RECORD, `"version": ${VERSION}`, said.version);
  const record = checkedRecord(said);
  const jobs = checkedJobs(parse(content, JOBS), record);
  const results = content[RESULTS] ? checkedResults(parse(content, RESULTS)) : null;
  expect(results || !record.done, RESULTS, "the results of a finished experiment", "no such file");
  return { record, results, jobs, files: await checkedFiles(content) };
}

/** The reader's own files; under its digest each replaces what is kept, so it must be what the digest says. */
async function checkedFiles(content) {
  /** @type {Record<string, Uint8Array>} */
  const files = {};
  for (const [path, own] of Object.entries(content)) {
    const digest = path.match(OWN_FILE)?.[1];
    if (!digest || !canFingerprint) continue;
    const found = await fingerprint(own);
    expect(found === digest, path, text.history.ofThisDigest, found);
    files[digest] = own;
  }
  return files;
}

/** The files of a zip that we know; each is judged by what the zip says of it before room is made for it. */
async function ourFiles(bytes) {
  const seen = [];
  const total = { all: 0, json: 0 };
  const count = (kind, added, most) => {
    total[kind] += added;
    expect(total[kind] <= most, text.history.theZip, text.history.atMost(size(most)), size(total[kind]));
  };
  const wants = ({ name, packed, size: unpacked }) => {
    seen.push(name);
    expect(seen.length <= MOST_ENTRIES, text.history.theZip, text.history.entries(MOST_ENTRIES), text.history.more);
    const isJson = [RECORD, RESULTS, JOBS].includes(name);
    if (!isJson && !OWN_FILE.test(name)) return false;
    expect(seen.indexOf(name) === seen.length - 1, text.history.theZip, name, text.history.twice);
    count("all", Math.max(packed, unpacked), LARGEST);
    if (isJson) count("json", unpacked, LARGEST_JSON);
    return true;
  };
  try {
    const content = await unzip(bytes, wants);
    expect(RECORD in content, text.history.theZip, RECORD, seen.slice(0, 8).join(", ") || undefined);
    return content;
  } catch (error) {
    if (error.kind === "archive") throw error;
    throw wrong(text.history.theFile, text.history.aZip, error.message);
  }
}

function parse(content, name) {
  expect(name in content, text.history.theZip, name, Object.keys(content).slice(0, 8).join(", ") || undefined);
  expect(isFlat(content[name]), name, `at most ${MOST_NESTED} values within each other`, text.history.more);
  try {
    return JSON.parse(new TextDecoder().decode(content[name]));
  } catch (error) {
    throw wrong(name, "JSON", error.message);
  }
}

/** Whether JSON opens no more than so many brackets at a time. */
function isFlat(json) {
  let open = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const letter = json[at];
    if (quoted) {
      if (letter === 0x5c) at += 1;
      else if (letter === 0x22) quoted = false;
    } else if (letter === 0x22) quoted = true;
    else if (letter === 0x5b || letter === 0x7b) open += 1;
    else if (letter === 0x5d || letter === 0x7d) open -= 1;
    if (open > MOST_NESTED) return false;
  }
  return true;
}

const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isDate = (value) => isText(value) && !Number.isNaN(Date.parse(value));
const isCount = (value) => Number.isInteger(value) && value >= 0;
const isFiniteNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isList = (value, isEach) => Array.isArray(value) && value.every(isEach);
const isInput = (value) =>
  isObject(value) && isText(value.name) && typeof value.own === "boolean" && isObject(value.sha256) && Object.values(value.sha256).every(isText);
const isJob = (value) => isObject(value) && isText(value.id) && ["fisher", "run"].includes(value.kind) && isText(value.key);

/**
 * The required type of each field of a record; other fields are dropped.
 * @type {Record<string, [(value: any) => boolean, string]>}
 */
const RECORD_PARTS = {
  id: [isText, "a text"],
  name: [isText, "a text"],
  created: [isDate, "a date"],
  updated: [isDate, "a date"],
  address: [isText, "a text"],
  config: [
    (value) => isObject(value) && isList(value.seeds, isCount) && isList(value.arms, (arm) => ARMS.includes(arm)),
    "a configuration with arms and seeds",
  ],
  device: [(value) => isObject(value) && isText(value.kind), "a device with a kind"],
  core: [(value) => value === null || isText(value), "a digest"],
  inputs: [
    (value) => isObject(value) && ["dataset", "model", "corpus"].every((name) => isInput(value[name])),
    "dataset, model and corpus with name and digests",
  ],
  planned: [(value) => isObject(value) && isCount(value.fisher) && isCount(value.run), "numbers of jobs"],
  jobs: [(value) => isList(value, isJob), "a list of jobs with id, kind and key"],
  verdict: [isText, "a text"],
  done: [(value) => typeof value === "boolean", "true or false"],
};

/** @returns {any} the parts that are listed, each checked */
function checkedRecord(said) {
  const record = { models: [], dismissed: true };
  for (const [name, [holds, expected]] of Object.entries(RECORD_PARTS)) {
    expect(holds(said[name]), `${RECORD}, ${name}`, expected, said[name]);
    record[name] = said[name];
  }
  return record;
}

function checkedJobs(jobs, record) {
  expect(isList(jobs, isJob), JOBS, "a list of jobs with id, kind, key and value", jobs);
  const keys = new Map(record.jobs.map(({ id, key }) => [id, key]));
  for (const job of jobs) {
    expect(keys.get(job.id) === job.key, `${JOBS}, ${job.id}`, `the key that ${RECORD} names`, job.key);
    if (job.kind === "run") checkRun(job.value?.run, `${JOBS}, ${job.id}`);
    else {
      expect(
        isList(job.value?.texts, (one) => isObject(one) && isCount(one.index)),
        `${JOBS}, ${job.id}`,
        "texts with their index",
        job.value?.texts,
      );
    }
  }
  return jobs.map(({ key, value }) => ({ key, value }));
}

function checkRun(run, place) {
  expect(isObject(run) && ARMS.includes(run.arm), place, `a run of one of the arms ${ARMS.join(", ")}`, run?.arm);
  expect(isCount(run.seed) && isFiniteNumber(run.fraction), place, "a run with seed and fraction", [run.seed, run.fraction]);
  expect(
    isList(run.steps, (step) => isObject(step) && isCount(step.step) && isFiniteNumber(step.loss)),
    place,
    "steps with their loss",
    run.steps,
  );
  expect(
    isList(
      run.epochs,
      (epoch) => isObject(epoch) && isCount(epoch.epoch) && Object.values(epoch).every((value) => value === null || isFiniteNumber(value)),
    ),
    place,
    "epochs with numbers",
    run.epochs,
  );
}

/** This version of a format, or an earlier one. */
const isVersion = (said, present) => isCount(said) && said >= 1 && said <= present;

function checkedResults(results) {
  const { name, version } = SCHEMA.formats.results;
  expect(results?.format === name && isVersion(results.version, version), RESULTS, `"format": "${name}", "version": ${version}`, results?.format);
  expect(isList(results.runs, isObject) && results.runs.length > 0, RESULTS, "runs", results.runs);
  results.runs.forEach((run, index) => checkRun(run, `${RESULTS}, run ${index + 1}`));
  expect(
    isObject(results.dataset) && isText(results.dataset.name) && isList(results.dataset.labels, isText),
    RESULTS,
    "a dataset with name and labels",
    results.dataset,
  );
  expect(isObject(results.model) && isText(results.model.name), RESULTS, "a model with a name", results.model);
  expect(isList(results.comparisons, isObject), RESULTS, "comparisons", results.comparisons);
  expect(isObject(results.arms) && Object.values(results.arms).every((rates) => isList(rates, isObject)), RESULTS, "arms with rates", results.arms);
  expect(
    !results.fisher || isList(results.fisher.sites, (one) => isObject(one) && isText(one.site)),
    RESULTS,
    "Fisher scores by site",
    results.fisher?.sites,
  );
  expect(isText(results.verdict), RESULTS, "a verdict", results.verdict);
  return results;
}

function expect(holds, place, expected, found) {
  if (!holds) throw wrong(place, expected, found);
}

function wrong(place, expected, found) {
  const got = brief(found);
  return new LabError("archive", text.history.wrong(place.slice(0, 120), inWords(expected), inWords(got).slice(0, 120)), { expected, got });
}

/** A phrase in the reader's language, where it is translated. */
const inWords = (phrase) => translated(phrase) ?? phrase;

/** The value found, shortened. */
function brief(found) {
  if (found === undefined) return text.history.nothing;
  if (isText(found)) return found;
  if (Array.isArray(found)) {
    return `[${found
      .slice(0, 4)
      .map((one) => (typeof one === "object" && one !== null ? "…" : brief(one)))
      .join(", ")}${found.length > 4 ? ", …" : ""}]`;
  }
  if (isObject(found)) return `{${Object.keys(found).slice(0, 8).join(", ")}}`;
  return String(found);
}
