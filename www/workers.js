// The workers and what each has loaded: the desk, which answers short questions, and the trainers of a pool.

import { PATIENCE_MS, tryGpu } from "./gputrial.js";
import { LabWorker } from "./pool.js";

/** Questions that bring a file along, so that nothing else need be loaded before them. */
const BRINGING = ["readDataset", "loadModel", "loadCorpus"];

/**
 * @typedef {object} Loaded what every worker is brought up to date with; each part has a `revision`
 * @property {object | null} model
 * @property {object | null} dataset
 * @property {object | null} corpus
 */

/** Opens workers, all with one compiled core, and keeps them up to date. */
export class Workers {
  #onBytes;
  #files;
  #desk = null;
  /** The compiled core, from the first worker that opened. */
  #core = null;
  /** The worker in which the GPU is on trial. */
  #candidate = null;
  #patienceMs = PATIENCE_MS.hardware;

  /**
   * @param {() => Loaded} files the present ones
   * @param {(received: number) => void} onBytes told while the core downloads
   */
  constructor(files, onBytes) {
    this.#files = files;
    this.#onBytes = onBytes;
  }

  /** The digest of the core, which is its version; null before a worker is open. */
  get core() {
    return this.#core?.sha256 ?? null;
  }

  /** The worker that never trains, opened anew where it died. */
  desk() {
    if (!this.#desk || this.#desk.ended) {
      const desk = new LabWorker("desk", this.#onBytes);
      desk.loaded = { trained: {} };
      desk.ready = desk.call("open", "cpu", this.#core?.compiled).then((core) => {
        this.#core ??= core;
        return desk;
      }, (error) => {
        desk.end(); // the next question tries again
        throw error;
      });
      this.#desk = desk;
    }
    return this.#desk.ready;
  }

  /** Calls the desk, after bringing it up to date where it is new. */
  async ask(method, ...args) {
    const desk = await this.desk();
    if (!BRINGING.includes(method)) await this.#load(desk);
    return desk.call(method, ...args);
  }

  /**
   * A worker of a pool, with everything loaded.
   * @param {"cpu"|"webgpu"} kind
   * @returns {Promise<LabWorker>} rejects with kind "device" where there is no such device
   */
  async trainer(kind) {
    const worker = new LabWorker("trainer");
    try {
      if (kind === "webgpu") await tryGpu(worker, this.#core?.compiled, { patienceMs: this.#patienceMs, lastOnly: true });
      else await worker.call("open", kind, this.#core?.compiled);
      await this.#load(worker);
      return worker;
    } catch (error) {
      worker.end();
      throw error;
    }
  }

  /**
   * Compares the GPU with the CPU, in a worker for nothing else.
   * @param {{patienceMs: number, onRow: (row: import("./gputrial.js").Row) => void}} how
   * @returns {Promise<void>} rejects as `gputrial.js` says, or with kind "stopped"
   */
  async tryGpu(how) {
    await this.desk();
    this.endTrial();
    this.#patienceMs = how.patienceMs;
    const worker = new LabWorker("candidate");
    this.#candidate = worker;
    try {
      await tryGpu(worker, this.#core.compiled, how);
    } finally {
      worker.end();
    }
  }

  /** A trial under way is of no interest any more. */
  endTrial() {
    this.#candidate?.end();
  }

  /** Brings into a worker what it lacks. */
  async #load(worker) {
    const { loaded } = worker;
    const bring = async (part, file, method, args) => {
      if (!file || loaded[part] === file.revision) return;
      loaded[part] = file.revision;
      if (part === "model") Object.assign(loaded, { head: null, trained: {} }); // the core forgets them
      await worker.call(method, ...args(file));
    };
    const { model, dataset, corpus } = this.#files();
    await bring("model", model, "loadModel", ({ name, config, weights, tokenizer }) => [name, config, weights, tokenizer]);
    await bring("head", model?.head, "addHead", ({ bytes }) => [bytes]);
    await bring("dataset", dataset, "readDataset", ({ bytes, options }) => [bytes, options]);
    await bring("corpus", corpus, "loadCorpus", ({ bytes }) => [bytes]);
  }

  /** Brings a trained model to the desk, where it is not yet there under this key. */
  async loadTrained(arm, { bytes, labels, key }) {
    const desk = await this.desk();
    if (desk.loaded.trained[arm] === key) return;
    await this.ask("loadTrained", arm, bytes, labels);
    desk.loaded.trained[arm] = key;
  }
}
