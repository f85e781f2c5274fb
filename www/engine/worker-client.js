// The workers and what each has loaded: the desk, which answers short questions, and the trainers of a pool.

import { PATIENCE_MS, tryGpu } from "../gpu/check.js";
import { LabWorker } from "./pool.js";

/** Questions that bring a file along, so that nothing else need be loaded before them. */
const BRINGING = ["readDataset", "loadModel", "loadCorpus"];

/** Of models that were kept before it was kept with them how long their texts could be. */
const DEFAULT_TOKENS = 64;

/**
 * @typedef {object} Loaded what every worker is brought up to date with; each part has a `revision`
 * @property {object | null} model
 * @property {object | null} dataset
 * @property {object | null} corpus
 */

/** Opens workers, all of a kind with one compiled core, and keeps them up to date. */
export class Workers {
  #onBytes;
  #files;
  #desk = null;
  /** By kind of device the compiled core and its digest, from the first worker that needed it. */
  #cores = {};
  /** The worker that loads what a GPU needs, or in which it is on trial. */
  #candidate = null;
  #patienceMs = PATIENCE_MS.hardware;

  /**
   * @param {() => Loaded} files the present ones
   * @param {(received: number) => void} onBytes told while the CPU's core downloads
   */
  constructor(files, onBytes) {
    this.#files = files;
    this.#onBytes = onBytes;
  }

  /**
   * The digest of a kind's core, which is its version; null before a worker has compiled it.
   * @param {"cpu"|"webgpu"} kind
   */
  digest(kind) {
    return this.#cores[kind]?.sha256 ?? null;
  }

  async #compiled(kind, worker) {
    this.#cores[kind] ??= await worker.call("compile", kind);
    return this.#cores[kind].compiled;
  }

  /** The worker that never trains, opened anew where it died. */
  desk() {
    if (!this.#desk || this.#desk.ended) {
      const desk = new LabWorker("desk", this.#onBytes);
      desk.loaded = { trained: {} };
      desk.ready = this.#compiled("cpu", desk).then((core) => desk.call("open", "cpu", core)).then(() => desk, (error) => {
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
      const core = await this.#compiled(kind, worker);
      if (kind === "webgpu") await tryGpu(worker, core, { patienceMs: this.#patienceMs, lastOnly: true });
      else await worker.call("open", kind, core);
      await this.#load(worker);
      return worker;
    } catch (error) {
      worker.end();
      throw error;
    }
  }

  /**
   * Has the core for GPUs at hand, which nothing asks for before.
   * @returns {Promise<void>} rejects with {kind: "device", outcome: "unloaded", message}, or with kind "stopped"
   */
  async loadGpu() {
    if (this.#cores.webgpu) return;
    try {
      await this.#withCandidate((worker) => this.#compiled("webgpu", worker));
    } catch (error) {
      throw error.kind === "stopped" ? error : { ...error, kind: "device", outcome: "unloaded" };
    }
  }

  /**
   * Compares the GPU with the CPU, in a worker for nothing else; after `loadGpu`.
   * @param {{patienceMs: number, onRow: (row: import("../gpu/check.js").Row) => void}} how
   * @returns {Promise<void>} rejects as `gputrial.js` says, or with kind "stopped"
   */
  tryGpu(how) {
    this.#patienceMs = how.patienceMs;
    return this.#withCandidate((worker) => tryGpu(worker, this.#cores.webgpu.compiled, how));
  }

  async #withCandidate(act) {
    this.endTrial();
    const worker = new LabWorker("candidate");
    this.#candidate = worker;
    try {
      return await act(worker);
    } finally {
      worker.end();
    }
  }

  /** What is being found out about the GPU is of no interest any more. */
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
  async loadTrained(arm, { bytes, labels, max_tokens: maxTokens = DEFAULT_TOKENS, key }) {
    const desk = await this.desk();
    if (desk.loaded.trained[arm] === key) return;
    await this.ask("loadTrained", arm, bytes, labels, maxTokens);
    desk.loaded.trained[arm] = key;
  }
}
