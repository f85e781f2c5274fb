// The loaded inputs: model, labelled texts and prose, as files and as the coordinator's core reads them. One change after another.

import { fingerprint } from "../platform/fingerprint.js";
import { LabError } from "../platform/lab-error.js";
import { headFor } from "./mlm-heads.js";

/** @typedef {{name: string, sha256: Record<string, string>}} Files digests by file name */

/** Files beside the first as the core's `readDataset` takes them. */
export const besides = (files) => (files.length > 0 ? [files.map(({ name }) => name), files.map(({ content }) => content)] : []);

/** The inputs of an experiment. */
export class Inputs {
  #workers;
  #isBusy;
  /** @type {any} */
  #model = null;
  /** @type {any} */
  #dataset = null;
  /** @type {any} */
  #corpus = null;
  #revision = 0;
  /** While the coordinator takes another model it has, for certain, none. */
  #exchanging = false;
  /** How many changes are not over. */
  #changes = 0;
  /** Settles with the last of them, and never rejects. */
  changed = Promise.resolve();

  /**
   * @param {import("./workers.js").Workers} workers the coordinator reads what is loaded; the others get the files when they start
   * @param {() => boolean} isBusy whether something is under way, which must not lose what it was begun with
   */
  constructor(workers, isBusy) {
    this.#workers = workers;
    this.#isBusy = isBusy;
  }

  /**
   * Changes inputs: one change after another, so that the last one asked for is what stays, and none while something is under way. What is begun
   * meanwhile waits, and has what was asked for before it.
   * @template T
   * @param {() => Promise<T>} act fetches and loads
   * @returns {Promise<T>} rejects as `act` does, or with kind "busy"
   */
  change(act) {
    if (this.#isBusy()) return Promise.reject(new LabError("busy", "an experiment is running"));
    this.#changes += 1;
    const turn = this.changed.then(act).finally(() => {
      this.#changes -= 1;
    });
    this.changed = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  /**
   * Loads a model into the coordinator; the pool's workers get it when they start. A model that cannot be loaded leaves the one before.
   * @param {{name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array}} files
   * @returns {Promise<object>} what the core says of it
   */
  async loadModel(files) {
    const digests = await Promise.all([files.config, files.weights, files.tokenizer].map(fingerprint));
    const sha256 = { "config.json": digests[0], "model.safetensors": digests[1], "tokenizer.json": digests[2] };
    this.#exchanging = true;
    try {
      /** @type {any} */
      const model = { ...files, sha256, revision: ++this.#revision };
      model.info = await this.#workers.ask("loadModel", files.name, files.config, files.weights, files.tokenizer);
      const { loaded } = await this.#workers.coordinator();
      Object.assign(loaded, { model: model.revision, head: null, trained: {} });
      if (!model.info.has_mlm_head) await this.#addHead(model);
      this.#model = model;
    } finally {
      this.#exchanging = false;
    }
    return this.#model.info;
  }

  /** The head that the page has for this encoder, if it has one; its digest is from then on a part of what the model is. */
  async #addHead(model) {
    const head = await headFor(model.sha256["model.safetensors"]);
    if (!head) return;
    const parameters = await this.#workers.ask("addHead", head.bytes);
    model.head = { ...head, revision: model.revision };
    model.sha256["head.safetensors"] = head.sha256;
    Object.assign(model.info, { parameters, has_mlm_head: true, head: head.about });
    (await this.#workers.coordinator()).loaded.head = model.revision;
  }

  /** @returns {{name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array, sha256: Record<string, string>, info: any, revision: number} | null} */
  get model() {
    return this.#model;
  }

  /**
   * Reads labelled texts. A file that cannot be read leaves no data set.
   * @param {Uint8Array} bytes
   * @param {{name: string}} options of the core's `readDataset`
   * @param {Array<{name: string, content: Uint8Array}>} [files] for validation and testing
   */
  async readDataset(bytes, options, files = []) {
    this.#dataset = null;
    const info = await this.#workers.ask("readDataset", bytes, options, ...besides(files));
    const others = await Promise.all(files.map(async ({ name, content }) => ({ name, content, sha256: await fingerprint(content) })));
    this.#dataset = { bytes, options, others, info, sha256: await fingerprint(bytes), revision: ++this.#revision };
    (await this.#workers.coordinator()).loaded.dataset = this.#dataset.revision;
    return info;
  }

  /** @returns {Promise<object>} what can be said of a file that `readDataset` refuses; nothing where it is no table at all */
  inspectDataset(bytes, options) {
    return this.#workers.ask("inspectDataset", bytes, options).catch(() => ({ columns: [], rejected: [], losses: [], usable: 0 }));
  }

  /**
   * @param {Array<{example: number, given: string, corrected: string | null}>} corrections labels by name; null where the row is left out
   * @returns {Promise<Uint8Array>} the labelled file with these changes and all its columns, as delimited text
   */
  corrected(corrections) {
    const { bytes, options, others } = this.#dataset;
    return this.#workers.ask("corrected", bytes, options, corrections, ...besides(others));
  }

  /**
   * @param {Uint8Array} bytes plain text, one passage a line
   * @param {string} name of the file
   */
  async loadCorpus(bytes, name) {
    const info = await this.#workers.ask("loadCorpus", bytes);
    this.#corpus = { bytes, name, info, sha256: await fingerprint(bytes), revision: ++this.#revision };
    (await this.#workers.coordinator()).loaded.corpus = this.#corpus.revision;
    return info;
  }

  /**
   * @returns {{bytes: Uint8Array, options: Record<string, any>, others: Array<{name: string, content: Uint8Array, sha256: string}>, info: any,
   *   sha256: string, revision: number} | null}
   */
  get dataset() {
    return this.#dataset;
  }

  /** @returns {{bytes: Uint8Array, name: string, sha256: string, info: {texts: number}} | null} */
  get corpus() {
    return this.#corpus;
  }

  /**
   * The files by name and digest, and how the labelled one is read: docs/formats.md, inputs.
   * @returns {{dataset: Files & {options: Record<string, any>}, model: Files, corpus: Files}} of complete inputs
   */
  get provenance() {
    const { name, ...options } = this.#dataset.options;
    const { name: corpus, sha256: corpusDigest } = this.#corpus;
    return {
      dataset: {
        name,
        sha256: { [name]: this.#dataset.sha256, ...Object.fromEntries(this.#dataset.others.map((file) => [file.name, file.sha256])) },
        options,
      },
      model: { name: this.#model.name, sha256: this.#model.sha256 },
      corpus: { name: corpus, sha256: { [corpus]: corpusDigest } },
    };
  }

  /** @returns {Uint8Array | undefined} the file of labelled texts or prose that has this digest */
  contentOf(sha256) {
    if (this.#corpus?.sha256 === sha256) return this.#corpus.bytes;
    if (this.#dataset?.sha256 === sha256) return this.#dataset.bytes;
    return this.#dataset?.others.find((file) => file.sha256 === sha256)?.content;
  }

  /** Whether an experiment could start. */
  get complete() {
    return Boolean(this.#model && this.#dataset && this.#corpus);
  }

  /** Whether inputs are on their way, for which an experiment would wait. */
  get changing() {
    return this.#changes > 0;
  }

  /** One number for each part that changes with it. */
  get revisions() {
    return [this.#model, this.#dataset, this.#corpus].map((part) => part?.revision);
  }

  /** For a worker that starts. */
  get files() {
    return { model: this.#exchanging ? null : this.#model, dataset: this.#dataset, corpus: this.#corpus };
  }
}
