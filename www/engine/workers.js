// The workers: what each has loaded, and on which device it computes. One, the coordinator, never trains: it reads files, plans, estimates
// Fisher information, draws up results and answers the sentence box, so that those stay quick while the others train.

import { PATIENCE_MS, checkGpuIn } from "../gpu/check.js";
import { KernelChoices } from "../gpu/kernels.js";
import { CPU } from "../gpu/probe.js";
import { LabError } from "../platform/lab-error.js";
import { besides } from "./loaded.js";
import { WorkerClient } from "./worker-client.js";

/** A driver starts anew after a failure; one that fails again in the same task is left. */
const MOST_LOSSES = 1;
/** The core for each kind of device, as the manifest names it. */
const CORES = { cpu: "pkg/guided_dropout_lab_bg.wasm", webgpu: "pkg/gpu/guided_dropout_lab_bg.wasm" };
/** Calls that carry a file, so that nothing else need be loaded before them. */
const WITH_FILES = ["readDataset", "loadModel", "loadCorpus"];
/** Of models that were kept before it was kept with them how long their texts could be. */
const DEFAULT_TOKENS = 64;

/** @typedef {{kind: string, adapter: string | null}} Device */

/**
 * @typedef {object} Files what every worker is brought up to date with; each part has a `revision`
 * @property {any} model
 * @property {any} dataset
 * @property {any} corpus
 */

/** Opens workers, all of a device with one compiled core, and keeps them up to date. */
export class Workers {
  #files;
  #events;
  #createClient;
  /** @type {any} */
  #coordinator = null;
  /** @type {Record<string, {compiled: WebAssembly.Module, sha256: string}>} by kind of device, from the first worker that needed it */
  #cores = {};
  /** @type {WorkerClient | null} loads what a GPU needs, or checks it */
  #candidate = null;
  #patienceMs = PATIENCE_MS.hardware;
  #losses = 0;
  #kernels = new KernelChoices();
  #onFallback = () => {};
  /** @type {Device} on which trainers open; the CPU from when a GPU is given up */
  device = CPU;

  /**
   * @param {object} means
   * @param {() => Files} means.files the present ones
   * @param {import("../platform/events.js").EventBus} means.events
   * @param {(name: string, onBytes?: (received: number) => void) => WorkerClient} [means.createClient]
   */
  constructor({ files, events, createClient = (name, onBytes) => new WorkerClient(name, onBytes) }) {
    this.#files = files;
    this.#events = events;
    this.#createClient = createClient;
  }

  /**
   * The digest of a core, which is its version; null before a worker has compiled it.
   * @param {string} [kind] of device
   */
  digest(kind = this.device.kind) {
    return this.#cores[kind]?.sha256 ?? null;
  }

  async #compiled(kind, worker) {
    this.#cores[kind] ??= await worker.call("compile", kind, globalThis.pageManifest?.files[CORES[kind]]);
    return this.#cores[kind].compiled;
  }

  // --- the coordinator --------------------------------------------------------------------------------------------

  /** @returns {Promise<WorkerClient>} opened anew where it died */
  coordinator() {
    if (!this.#coordinator || this.#coordinator.client.ended) {
      const client = this.#createClient("coordinator", (received) => this.#events.emit({ type: "core_bytes", received }));
      client.loaded = { trained: {} };
      const ready = this.#compiled("cpu", client)
        .then((core) => client.call("open", "cpu", core))
        .then(
          () => client,
          (error) => {
            client.end(); // the next question tries again
            throw error;
          },
        );
      this.#coordinator = { client, ready };
    }
    return this.#coordinator.ready;
  }

  /** Calls the coordinator, after bringing it up to date where it is new. */
  async ask(method, ...args) {
    const client = await this.coordinator();
    if (!WITH_FILES.includes(method)) await this.#load(client);
    return client.call(method, ...args);
  }

  /** Brings a trained model to the coordinator, where it is not yet there under this key. */
  async loadTrained(arm, { bytes, labels, max_tokens: maxTokens = DEFAULT_TOKENS, key }) {
    const client = await this.coordinator();
    if (client.loaded.trained[arm] === key) return;
    await this.ask("loadTrained", arm, bytes, labels, maxTokens);
    client.loaded.trained[arm] = key;
  }

  /**
   * A worker on the CPU with the model now loaded and these trained ones, which labels a file beside everything else; whoever asks ends it.
   * @param {AsyncIterable<import("./trained-models.js").TrainedModel>} trained
   * @returns {Promise<{client: WorkerClient, slots: string[]}>} `slots`: of the trained models
   */
  async labeller(trained) {
    const client = this.#createClient("labeller");
    try {
      await client.call("open", "cpu", await this.#compiled("cpu", client));
      const { name, config, weights, tokenizer } = this.#files().model;
      await client.call("loadModel", name, config, weights, tokenizer);
      const slots = [];
      for await (const { bytes, labels, max_tokens: maxTokens = DEFAULT_TOKENS, key } of trained) {
        await client.call("loadTrained", key, bytes, labels, maxTokens);
        slots.push(key);
      }
      return { client, slots };
    } catch (error) {
      client.end();
      throw error;
    }
  }

  // --- trainers ---------------------------------------------------------------------------------------------------

  /**
   * A task begins: losses of a GPU are counted anew.
   * @param {() => void} onFallback the GPU is given up, so that there is room for as many workers as there are cores
   */
  beginTask(onFallback) {
    this.#losses = 0;
    this.#onFallback = onFallback;
  }

  /**
   * A worker of a pool with everything loaded: on the present device for as long as that can be had, then on the CPU. A GPU whose memory ended
   * is not lost: whoever can ask less of it does so, and otherwise gives it up.
   * @param {WorkerClient | null} before the ended worker whose place the new one takes
   * @returns {Promise<WorkerClient>} with its `device`
   */
  async trainer(before) {
    // Workers that lose their GPU together share one object, and it is one loss: the first of them replaces it.
    let loss = before?.ended?.kind === "device" && !before.ended.isFull && before.device === this.device ? before.ended : null;
    if (loss) {
      this.#losses += 1;
      this.device = { ...this.device };
      if (this.#losses > MOST_LOSSES) {
        this.giveUp(loss);
        loss = null;
      }
    }
    const { device } = this;
    try {
      const client = await this.#despiteKernels(() => this.#open(device));
      if (loss) this.#events.emit({ type: "device_reopened", error: loss });
      return client;
    } catch (error) {
      if (error.kind !== "device" || device.kind === "cpu") throw error;
      if (this.device === device) this.giveUp(error);
      return this.#open(this.device);
    }
  }

  /**
   * From now on trainers open on the CPU.
   * @param {LabError} error why
   */
  giveUp(error) {
    this.device = CPU;
    this.#events.emit({ type: "device_fallback", error });
    this.#onFallback();
  }

  /** @param {Device} device */
  async #open(device) {
    const client = this.#createClient("trainer");
    client.device = device;
    try {
      const core = await this.#compiled(device.kind, client);
      if (device.kind === "webgpu") {
        await checkGpuIn(client, core, { patienceMs: this.#patienceMs, lastOnly: true, fit: (answer) => this.#fit(answer, device.adapter) });
      } else await client.call("open", device.kind, core);
      await this.#load(client);
      return client;
    } catch (error) {
      client.end();
      throw error;
    }
  }

  /** Brings into a worker what it lacks. */
  async #load(client) {
    const { loaded } = client;
    const load = async (part, file, method, args) => {
      if (!file || loaded[part] === file.revision) return;
      loaded[part] = file.revision;
      if (part === "model") Object.assign(loaded, { head: null, trained: {} }); // the core forgets them
      await client.call(method, ...args(file));
    };
    const { model, dataset, corpus } = this.#files();
    await load("model", model, "loadModel", ({ name, config, weights, tokenizer }) => [name, config, weights, tokenizer]);
    await load("head", model?.head, "addHead", ({ bytes }) => [bytes]);
    await load("dataset", dataset, "readDataset", ({ bytes, options, others }) => [bytes, options, ...besides(others)]);
    await load("corpus", corpus, "loadCorpus", ({ bytes }) => [bytes]);
  }

  // --- a GPU's check ----------------------------------------------------------------------------------------------

  /**
   * Has the core for GPUs at hand, which nothing asks for before.
   * @returns {Promise<void>} rejects with kind "device" and outcome "unloaded", or with kind "stopped"
   */
  async loadGpu() {
    if (this.#cores.webgpu) return;
    try {
      await this.#withCandidate((client) => this.#compiled("webgpu", client));
    } catch (error) {
      throw error.kind === "stopped" ? error : LabError.from(error).with({ kind: "device", outcome: "unloaded" });
    }
  }

  /**
   * Compares the GPU with the CPU, in a worker for nothing else; after `loadGpu`.
   * @param {{adapter: string, patienceMs: number, afresh: boolean, onRow: (row: import("../gpu/check.js").Row) => void,
   *   onChoice: (choice: import("../gpu/kernels.js").Choice | null) => void}} how `afresh`: kernels are timed anew
   * @returns {Promise<void>} rejects as gpu/check.js says, or with kind "stopped"
   */
  checkGpu(how) {
    this.#patienceMs = how.patienceMs;
    if (how.afresh) this.#kernels.forget();
    const fit = async (answer) => how.onChoice(await this.#fit(answer, how.adapter));
    return this.#despiteKernels(() => this.#withCandidate((client) => checkGpuIn(client, this.#cores.webgpu.compiled, { ...how, fit })));
  }

  /** Does it again, where a kernel that is not needed brought the worker down as it was timed. */
  async #despiteKernels(act) {
    const { failures } = this.#kernels;
    try {
      return await act();
    } catch (error) {
      if (this.#kernels.failures === failures || error.kind === "stopped") throw error;
      return act();
    }
  }

  /** Has a worker compute by the kernels that are fastest for the present model, if there is one. */
  async #fit(answer, adapter) {
    const { model } = this.#files();
    return model ? this.#kernels.fit(answer, { adapter, sha256: this.digest("webgpu"), config: model.config }) : null;
  }

  async #withCandidate(act) {
    this.endCheck();
    const client = this.#createClient("candidate");
    this.#candidate = client;
    try {
      return await act(client);
    } finally {
      client.end();
    }
  }

  /** The GPU check in progress is abandoned. */
  endCheck() {
    this.#candidate?.end();
  }
}
