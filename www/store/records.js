// A stored experiment: settings, inputs and finished jobs, with references to the other object stores.

import { fingerprintOf } from "../platform/fingerprint.js";

/** Trained models are large: those of the newest few experiments are kept, and but for the newest one only the first seed's. */
const WITH_MODELS = 3;
/** A reader's own files beyond this are not copied into the database. */
const LARGEST_FILE = 200e6;

/**
 * @typedef {object} ExperimentRecord
 * @property {string} id digest of configuration, inputs, device and core: the same experiment has the same record
 * @property {string} name the reader may change it
 * @property {string} created
 * @property {string} updated ISO dates
 * @property {string} address the settings, as the page's address has them
 * @property {object} config as the core checked it
 * @property {{kind: string, adapter: string | null}} device
 * @property {string | null} core its digest
 * @property {{dataset: Input, model: Input, corpus: Input}} inputs
 * @property {{fisher: number, run: number}} planned how many jobs there are of each kind
 * @property {Array<{id: string, kind: "fisher"|"run", key: string}>} jobs the finished ones
 * @property {Array<{arm: string, seed?: number, key: string}>} models the trained ones; without a seed, as an earlier version wrote it, the first one's
 * @property {string} verdict the core's; "" while there is none
 * @property {object} [judgement] what the page says of it; missing in records of an earlier version
 * @property {boolean} done
 * @property {boolean} dismissed whether the reader declined to go on with it
 */

/**
 * @typedef {object} Input
 * @property {string} name
 * @property {boolean} own whether the reader brought it
 * @property {object} sha256 digest by file name
 * @property {object} [options] by which a data set is read
 * @property {boolean} [tooLarge] whether it was too large to be kept
 */

/** The experiments that this browser keeps. */
export class Records {
  #store;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @returns {Promise<ExperimentRecord[]>} the newest first */
  async list() {
    const records = await this.#store.all("experiments");
    return records.sort((left, right) => right.updated.localeCompare(left.updated));
  }

  /** @returns {Promise<object | undefined>} results.json, once there is a verdict */
  results(record) {
    return this.#store.get("results", record.id);
  }

  /** @returns {Promise<Uint8Array | undefined>} one of the reader's own files, if it was kept */
  file(sha256) {
    return this.#store.get("files", sha256);
  }

  /** @returns {Promise<Array<{id: string, kind: string, key: string, value: object}>>} what its finished jobs gave */
  async jobs(record) {
    const jobs = await Promise.all(record.jobs.map(async (job) => ({ ...job, value: await this.#store.get("jobs", job.key) })));
    return jobs.filter(({ value }) => value !== undefined);
  }

  /**
   * The record of an experiment that begins, or goes on.
   * @param {Pick<ExperimentRecord, "address"|"config"|"device"|"core"|"inputs"|"planned">} parts
   * @param {Record<string, Uint8Array>} files the reader's own, by digest
   * @returns {Promise<ExperimentRecord>}
   */
  async begin(parts, files) {
    const { config, device, core, inputs } = parts;
    const digests = Object.values(inputs).map(({ sha256, options }) => [sha256, { ...options, name: undefined }]);
    const id = await fingerprintOf([config, device, core, digests]);
    const others = (await this.list()).filter((record) => record.id !== id);
    const known = await this.#store.get("experiments", id);
    const now = new Date().toISOString();
    const record = {
      name: freeName(inputs.dataset.name, others),
      created: now,
      jobs: [],
      models: [],
      verdict: "",
      done: false,
      ...known,
      ...parts,
      id,
      updated: now,
      dismissed: false,
    };
    for (const [sha256, bytes] of Object.entries(files)) {
      if (bytes.length <= LARGEST_FILE && !(await this.file(sha256))) await this.#store.put("files", sha256, bytes);
    }
    for (const input of Object.values(inputs)) input.tooLarge = Object.values(input.sha256).some((sha256) => files[sha256]?.length > LARGEST_FILE);
    await this.save(record);
    await this.#dropModels(others.slice(WITH_MODELS - 1), [record, ...others.slice(0, WITH_MODELS - 1)]);
    return record;
  }

  /** A job of the experiment has finished, and is kept under its key. */
  async addJob(record, { job: { id, kind, arm, seed }, key, withModel }) {
    record.jobs = [...record.jobs.filter((job) => job.id !== id), { id, kind, key }];
    if (withModel) {
      const others = modelsOf(record).filter((model) => model.arm !== arm || model.seed !== seed);
      record.models = [...others, { arm, seed, key }];
    }
    await this.save(record);
  }

  /**
   * The experiment has ended, or was stopped with some results.
   * @param {ExperimentRecord} record
   * @param {{done: boolean, results: object | null, judgement: object | null}} outcome
   */
  async end(record, { done, results, judgement }) {
    if (results && (done || !record.done)) {
      await this.#store.put("results", record.id, results);
      Object.assign(record, { verdict: results.verdict, judgement });
    }
    record.done ||= done;
    record.updated = new Date().toISOString();
    await this.save(record);
    const others = (await this.list()).filter(({ id }) => id !== record.id);
    await this.#dropModels(others, [record], (model, { config }) => model.seed === config.seeds[0]); // only now: it may have recalled some of them
  }

  /** Writes a record as it is. */
  save(record) {
    return this.#store.put("experiments", record.id, record);
  }

  /** Removes an experiment and whatever no other one needs. */
  async remove(record) {
    await this.#store.remove("experiments", record.id);
    await this.#store.remove("results", record.id);
    const others = await this.list();
    const needed = new Set(others.flatMap((other) => [...other.jobs.map(({ key }) => key), ...digestsOf(other)]));
    for (const { key } of record.jobs.filter((job) => !needed.has(job.key))) {
      await this.#store.remove("jobs", key);
      await this.#store.remove("models", key);
    }
    for (const sha256 of digestsOf(record).filter((digest) => !needed.has(digest))) {
      await this.#store.remove("files", sha256);
      await this.#store.remove("decisions", sha256);
    }
  }

  /** @returns {Promise<string[]>} keys of jobs that no experiment has: of Fisher information and surfaces made by themselves, and of former versions */
  async unclaimed() {
    const claimed = new Set((await this.list()).flatMap(({ jobs }) => jobs.map(({ key }) => key)));
    return (await this.#store.keys("jobs")).filter((key) => !claimed.has(key));
  }

  /** Removes the jobs of no experiment; they are recomputed when needed. */
  async removeUnclaimed() {
    for (const key of await this.unclaimed()) await this.#store.remove("jobs", key);
  }

  /**
   * Takes an experiment from elsewhere. What is here already stays, but for what the other one has more of. Its jobs stay marked: this machine has
   * not computed them.
   * @param {{record: ExperimentRecord, results: object | null, jobs: Array<{key: string, value: object}>, files: Record<string, Uint8Array>}} archive
   * @returns {Promise<"new"|"known">}
   */
  async take({ record, results, jobs, files }) {
    for (const { key, value } of jobs) if (!(await this.#store.get("jobs", key))) await this.#store.put("jobs", key, { ...value, imported: true });
    for (const [sha256, bytes] of Object.entries(files)) await this.#store.put("files", sha256, bytes);
    const known = await this.#store.get("experiments", record.id);
    if (known?.done || (known && !record.done)) return "known";
    if (results) await this.#store.put("results", record.id, results);
    await this.save({ ...record, ...(known && { name: known.name, created: known.created }) });
    return known ? "known" : "new";
  }

  /** Removes models of some experiments, but for those that others need. */
  async #dropModels(olds, keepers, stays = (_model, _record) => false) {
    const staying = new Map(olds.map((old) => [old, modelsOf(old).filter((model) => stays(model, old))]));
    const ofKeepers = keepers.flatMap(({ models, jobs }) => [...models, ...jobs]);
    const needed = new Set([...ofKeepers, ...[...staying.values()].flat()].map(({ key }) => key));
    for (const [old, models] of staying) {
      if (models.length === old.models.length) continue;
      for (const { key } of old.models) if (!needed.has(key)) await this.#store.remove("models", key);
      await this.save({ ...old, models });
    }
  }
}

/**
 * @param {ExperimentRecord} record
 * @returns {import("../engine/trained-models.js").KeptModel[]} the models that it has
 */
export const modelsOf = ({ models, config }) => models.map((model) => ({ seed: config.seeds[0], ...model }));

const digestsOf = (record) => Object.values(record.inputs).flatMap(({ sha256 }) => Object.values(sha256));

/** "tickets", or "tickets 2" where that is taken. */
function freeName(file, others) {
  const stem = file.replace(/\.\w{1,6}$/, "");
  const taken = new Set(others.map(({ name }) => name));
  let name = stem;
  for (let number = 2; taken.has(name); number += 1) name = `${stem} ${number}`;
  return name;
}

/**
 * How far an experiment is.
 * @param {ExperimentRecord} record
 * @returns {{runs: number, of: number, fisher: boolean}} `fisher`: whether its Fisher information is complete
 */
export function progressOf({ jobs, planned }) {
  const finished = (kind) => jobs.filter((job) => job.kind === kind).length;
  return { runs: finished("run"), of: planned.run, fisher: finished("fisher") >= planned.fisher };
}
