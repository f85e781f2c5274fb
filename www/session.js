// The experiment as the page runs it: what is loaded, and the phases Fisher → arms → runs → results, or Fisher → surface, on a pool of workers.
// One further worker, the desk, never trains: it reads files, plans, folds Fisher sums, draws up results and answers the
// sentence box, so that those stay quick while the pool is busy.

import { poolSize } from "./device.js";
import { fingerprint, fingerprintOf } from "./fingerprint.js";
import { headFor } from "./heads.js";
import { Measured } from "./measured.js";
import { memoryOfWorker } from "./memory.js";
import { LabWorker, Pool } from "./pool.js";
import { Progress, runShare } from "./progress.js";

/**
 * One call of `advance` should take about this long, and pausing waits for it. A step of the CPU is longer than that, so that each call is one
 * step; a GPU answers the slower the oftener it is asked.
 */
const ADVANCE_MS = { cpu: 30, webgpu: 120 };
/** Scores are drawn up no more often than this: it takes a core from the workers. */
const FOLD_EVERY_MS = 400;
/** Evaluation batches in a row, at most: far more than a test part has. */
const MOST_SILENT_CALLS = 20_000;
/** Settings on which neither a run nor its numbers depend, once its arm, seed and fraction are fixed. */
const NOT_OF_A_RUN = ["arms", "seeds", "fractions", "fisher_texts", "fisher_seed", "p_upper", "p_lower", "custom_rates"];

/** The session: files in, events out. */
export class Session {
  #emit;
  #desk = null;
  /** The compiled core, from the first worker that opened. */
  #core = null;
  #pool = null;
  #model = null;
  #dataset = null;
  #corpus = null;
  #revision = 0;
  /** Finished work by key, so that a stopped, widened or interrupted experiment repeats nothing. */
  #store;
  #trained = new Map();
  #measured = new Measured();
  device = { kind: "cpu", adapter: null };

  /**
   * @param {(event: {type: string}) => void} emit receives every event; see `experiment.js` for the list
   * @param {import("./store.js").Store} store keeps finished jobs and trained models
   */
  constructor(emit, store) {
    this.#emit = emit;
    this.#store = store;
  }

  // --- what is loaded -------------------------------------------------------------------------------------------

  /**
   * Loads a model into the desk; the pool's workers get it when they start.
   * @param {{name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array}} files
   * @returns {Promise<object>} what the core says of it
   */
  async loadModel(files) {
    const previous = this.#model;
    this.#model = { ...files, revision: ++this.#revision };
    try {
      const digests = await Promise.all([files.config, files.weights, files.tokenizer].map(fingerprint));
      this.#model.sha256 = { "config.json": digests[0], "model.safetensors": digests[1], "tokenizer.json": digests[2] };
      this.#model.info = await this.#ask("loadModel", files.name, files.config, files.weights, files.tokenizer);
      const { loaded } = await this.#openDesk();
      Object.assign(loaded, { model: this.#model.revision, head: null, trained: {} });
      if (!this.#model.info.has_mlm_head) await this.#addHead();
    } catch (error) {
      this.#model = previous;
      throw error;
    }
    this.#trained.clear();
    return this.#model.info;
  }

  /** The head that the page has for this encoder, if it has one; its digest is from then on a part of what the model is. */
  async #addHead() {
    const head = await headFor(this.#model.sha256["model.safetensors"]);
    if (!head) return;
    const parameters = await this.#ask("addHead", head.bytes);
    this.#model.head = { ...head, revision: this.#model.revision };
    this.#model.sha256["head.safetensors"] = head.sha256;
    Object.assign(this.#model.info, { parameters, has_mlm_head: true, head: head.about });
    (await this.#openDesk()).loaded.head = this.#model.revision;
  }

  /** @returns {{name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array, sha256: object, info: object} | null} */
  get model() {
    return this.#model;
  }

  /**
   * Reads labelled texts. A file that cannot be read leaves no data set.
   * @param {Uint8Array} bytes
   * @param {{name: string}} options of the core's `readDataset`
   */
  async readDataset(bytes, options) {
    this.#dataset = null;
    const info = await this.#ask("readDataset", bytes, options);
    this.#dataset = { bytes, options, info, sha256: await fingerprint(bytes), revision: ++this.#revision };
    (await this.#openDesk()).loaded.dataset = this.#dataset.revision;
    return info;
  }

  /** @param {Uint8Array} bytes plain text, one passage a line */
  async loadCorpus(bytes) {
    const info = await this.#ask("loadCorpus", bytes);
    this.#corpus = { bytes, info, sha256: await fingerprint(bytes), revision: ++this.#revision };
    (await this.#openDesk()).loaded.corpus = this.#corpus.revision;
    return info;
  }

  /** @returns {{bytes: Uint8Array, options: object, sha256: string} | null} */
  get dataset() {
    return this.#dataset;
  }

  /** @returns {{bytes: Uint8Array, sha256: string, info: {texts: number}} | null} */
  get corpus() {
    return this.#corpus;
  }

  /** The digest of the core, which is its version. */
  get core() {
    return this.#core?.sha256 ?? null;
  }

  /** Whether an experiment could start. */
  get complete() {
    return Boolean(this.#model?.info && this.#dataset && this.#corpus);
  }

  // --- short questions, answered by the desk --------------------------------------------------------------------

  /**
   * What a model is, before its weights are read.
   * @param {Uint8Array} config
   * @param {Uint8Array} header the JSON of its model.safetensors
   * @param {number} size of that file, in bytes
   */
  appraise(config, header, size) {
    return this.#ask("appraise", config, header, size);
  }

  /** The tokenizer.json that a vocab.txt means. */
  tokenizerOfVocabulary(vocabulary, config) {
    return this.#ask("tokenizerOfVocabulary", vocabulary, config ?? undefined);
  }

  /** @returns {Promise<Uint32Array>} tokens of each labelled text, before anything is cut */
  lengths() {
    return this.#ask("lengths");
  }

  /** Work per second of one worker, by kind of job; 0 where nothing was measured yet. */
  get speeds() {
    return this.#measured.speeds;
  }

  /** @returns {Promise<{config: object, jobs: object[], train_rows: number, test_rows: number}>} */
  plan(config) {
    return this.#ask("plan", config);
  }

  /**
   * What runs that were made elsewhere show.
   * @returns {Promise<{comparisons: object[], verdict: string}>}
   */
  judge(config, task, runs) {
    return this.#ask("judge", config, task, runs);
  }

  /** One text of the prose on its way through Fisher; `config` needs its mask seed and token limit only. */
  walk(config, index) {
    return this.#ask("walk", config, index);
  }

  /** Puts the Fisher information of texts together. */
  fold(config, texts) {
    return this.#ask("fisher", config, texts);
  }

  /** Rates for scores, without an experiment. */
  schedule(scores, upper, lower) {
    return this.#ask("schedule", scores, upper, lower);
  }

  /** The PyTorch hand-off. */
  snippet(rates) {
    return this.#ask("snippet", rates, this.#model?.info?.name ?? "bert");
  }

  /**
   * What a plan would take, from what was measured so far; where speed or memory are not known, a few steps are tried first.
   * @param {{config: object, jobs: object[]}} plan
   * @param {number} workers the reader's number, 0 for automatic
   * @returns {Promise<{seconds: number, workers: number, bytes: number, capped: boolean}>} `capped`: whether memory allows no more workers
   */
  async estimate({ config, jobs }, workers) {
    for (const kind of ["fisher", "run"]) {
      const job = jobs.find((candidate) => candidate.kind === kind);
      const known = this.#measured.speeds[kind] > 0 && (kind === "fisher" || this.#measured.bytes(this.#sizeKey(config)) > 0);
      const trial = { sites: this.#model.info.sites, key: this.#sizeKey(config) };
      if (job && !known && this.device.kind === "cpu" && !this.#pool) await this.#measured.try((...call) => this.#ask(...call), config, job, trial);
    }
    const { size, capped } = this.#poolSize(config, jobs, workers);
    return { seconds: new Progress(jobs, size, this.#measured.speeds).secondsLeft, workers: size, bytes: size * this.#bytesPerWorker(config), capped };
  }

  #poolSize(config, jobs, wanted) {
    return poolSize({ device: this.device.kind, jobs: jobs.length, wanted, bytesPerWorker: this.#bytesPerWorker(config) });
  }

  #bytesPerWorker(config) {
    return this.#measured.bytes(this.#sizeKey(config)) ?? memoryOfWorker(config, this.#model.info);
  }

  /** On what a worker’s memory depends. Another file may be on its way in, so that there is no data set at the moment. */
  #sizeKey({ batch_size: batch, max_tokens: tokens }) {
    return [this.#model.revision, this.#dataset?.revision, batch, tokens].join(" ");
  }

  /** Seconds that surfaces would take without Fisher information, by the speed of whatever was measured so far; NaN before anything was. */
  async estimateSurface(config, settings, workers) {
    const { jobs } = await this.#ask("surfacePlan", config, settings, null);
    return new Progress(jobs, this.#poolSize(config, jobs, workers).size, this.#measured.speeds).secondsLeft;
  }

  /**
   * What each fine-tuned model says of a text.
   * @returns {Promise<Array<{arm: string, tokens: string[], probabilities?: number[], score?: number}>>}
   */
  async predict(text, pair) {
    const answers = [];
    for (const [arm, trained] of this.#trained) {
      await this.#loadTrained(arm, trained);
      answers.push({ arm, ...await this.#ask("predict", arm, text, pair || null) });
    }
    return answers;
  }

  /** Arms whose model is kept (first seed, largest fraction). */
  get trainedArms() {
    return [...this.#trained.keys()];
  }

  /** The safetensors bytes of an arm's model, with its labels. */
  trained(arm) {
    return this.#trained.get(arm);
  }

  /**
   * Takes models that an earlier experiment trained from the model now loaded.
   * @param {Array<{arm: string, key: string}>} kept
   */
  async recallTrained(kept) {
    this.#trained.clear();
    for (const { arm, key } of kept) {
      const trained = await this.#store.get("models", key);
      if (trained) this.#trained.set(arm, { ...trained, key });
    }
  }

  // --- the experiment -------------------------------------------------------------------------------------------

  get running() {
    return this.#pool !== null;
  }

  get paused() {
    return this.#pool?.paused ?? false;
  }

  pause() {
    this.#pool?.pause();
  }

  resume() {
    this.#pool?.resume();
  }

  /** Drops what is under way; finished runs stay and are not repeated by the next experiment that covers them. */
  stop() {
    this.#pool?.stop();
  }

  /**
   * Runs a plan. Events go out as they happen; the promise settles when it is over.
   * @param {object} rawConfig
   * @param {{fisherOnly?: boolean, again?: boolean, workers?: number}} [options] `again`: what is finished altogether is done again
   * @returns {Promise<"done"|"stopped">}
   */
  async experiment(rawConfig, { fisherOnly = false, again = true, workers = 0 } = {}) {
    if (this.#pool) throw { kind: "config", message: "an experiment is already running", place: { name: "run" } };
    const pool = new Pool(() => this.#openWorker());
    this.#pool = pool;
    try {
      const { config, jobs: planned } = await this.plan(fisherOnly ? { ...rawConfig, arms: ["guided"] } : rawConfig);
      const jobs = fisherOnly ? planned.filter((job) => job.kind === "fisher") : planned;
      const { size } = this.#poolSize(config, jobs, workers);
      const progress = new Progress(jobs, size, this.#measured.speeds);
      const context = { config, jobs, size, progress, pool, again };
      this.#emit({ type: "planned", config, jobs, workers: size, fisherOnly });

      this.#emit({ type: "phase", phase: "fisher" });
      const fisher = await this.#fisherPhase(context, fisherOnly);
      if (pool.stopped) return "stopped";
      const arms = await this.#ask("arms", config, fisher?.sites ?? null);
      this.#emit({ type: "arms", arms, fisher });
      if (fisherOnly) return "done";

      this.#emit({ type: "phase", phase: "training" });
      await this.#trainingPhase(context, fisher, arms);
      return pool.stopped ? "stopped" : "done";
    } finally {
      pool.close();
      this.#pool = null;
    }
  }

  /**
   * Computes the three loss surfaces, Fisher information first where it is not yet known: the halves are made by it.
   * @param {object} rawConfig
   * @param {{points: number, range: number, seed: number, texts: number, norm: "tensor"|"total"}} settings
   * @param {{workers?: number}} [options]
   * @returns {Promise<"done"|"stopped">}
   */
  async surface(rawConfig, settings, { workers = 0 } = {}) {
    if (this.#pool) throw { kind: "config", message: "an experiment is already running", place: { name: "run" } };
    const pool = new Pool(() => this.#openWorker());
    this.#pool = pool;
    try {
      const { config, jobs: planned } = await this.plan({ ...rawConfig, arms: ["guided"] });
      const jobs = planned.filter((job) => job.kind === "fisher");
      const expected = [...jobs, ...(await this.#ask("surfacePlan", config, settings, null)).jobs];
      const { size } = this.#poolSize(config, expected, workers);
      const context = { config, jobs, size, progress: new Progress(expected, size, this.#measured.speeds), pool, again: false };
      this.#emit({ type: "planned", config, jobs, workers: size, fisherOnly: true });

      this.#emit({ type: "phase", phase: "fisher" });
      const fisher = await this.#fisherPhase(context, true);
      if (pool.stopped) return "stopped";
      this.#emit({ type: "arms", arms: await this.#ask("arms", config, fisher.sites), fisher });

      this.#emit({ type: "phase", phase: "surface" });
      const plan = await this.#ask("surfacePlan", config, settings, fisher.tensors);
      this.#emit({ type: "surface", axis: plan.axis, texts: plan.texts });
      await this.#surfacePhase(context, plan.jobs);
      return pool.stopped ? "stopped" : "done";
    } finally {
      pool.close();
      this.#pool = null;
    }
  }

  async #surfacePhase({ config, size, progress, pool }, jobs) {
    const inputs = [this.#machine, this.#model.sha256, this.#corpus.sha256, config.fisher_seed, config.max_tokens];
    const key = ({ id: _, level: __, work: ___, ...job }) => fingerprintOf([job, inputs]);
    const kept = await this.#recall(jobs, key);
    for (const [job, { points }] of kept) {
      progress.skip(job.id);
      this.#emit({ type: "events", job, events: points });
    }
    const computed = new Map();
    const lost = [];
    // One grid after the other: the pool itself would take the longest jobs first.
    for (const level of new Set(jobs.map((job) => job.level))) {
      const left = jobs.filter((job) => job.level === level && !kept.has(job));
      lost.push(...await this.#work({ config, jobs: left, size, progress, pool }, {
        arm: (job) => {
          computed.set(job, []); // it begins, or begins again
          return null;
        },
        take: (job, events) => {
          const points = computed.get(job);
          points.push(...events.filter((event) => event.type === "surface_point"));
          return { share: points.length / job.columns.length, done: events.some((event) => event.type === "surface_done") };
        },
        finish: async (job) => this.#keep(job, await key(job), { points: computed.get(job) }),
      }));
      if (pool.stopped) return;
    }
    if (lost.length > 0 && lost.length === jobs.length - kept.size) throw lost[0].error;
  }

  async #fisherPhase({ config, jobs, size, progress, pool, again }, fisherOnly) {
    const fisherJobs = jobs.filter((job) => job.kind === "fisher");
    if (fisherJobs.length === 0) return null;
    const key = ({ from, to }) => fingerprintOf(["fisher", this.#machine, this.#model.sha256, this.#corpus.sha256, config.fisher_seed, config.max_tokens, from, to]);
    const kept = await this.#recall(fisherJobs, key);
    if (fisherOnly && again && kept.size === fisherJobs.length) kept.clear();
    const texts = new Map();
    for (const [job, { texts: measured }] of kept) {
      for (const each of measured) texts.set(each.index, each);
      progress.skip(job.id);
    }

    const within = (job) => [...texts.values()].filter(({ index }) => index >= job.from && index < job.to);
    const fold = this.#folder(config, texts, Math.max(...fisherJobs.map((job) => job.to)));
    const lost = await this.#work({ config, jobs: fisherJobs.filter((job) => !kept.has(job)), size, progress, pool }, {
      arm: () => null,
      take: (job, events) => {
        for (const { type, ...measured } of events) if (type === "fisher_text") texts.set(measured.index, measured);
        fold();
        return { share: within(job).length / (job.to - job.from), done: events.some((event) => event.type === "fisher_done") };
      },
      finish: async (job) => this.#keep(job, await key(job), { texts: within(job) }),
    });
    if (pool.stopped) return null;
    if (lost.length > 0) throw lost[0].error;
    return fold({ last: true });
  }

  /** Folds the texts seen so far into scores, one fold at a time and not too often; what arrives meanwhile waits for the next. */
  #folder(config, texts, of) {
    let current = null;
    let lastMs = -Infinity;
    const foldNow = async () => {
      lastMs = performance.now();
      const sorted = [...texts.values()].filter(({ index }) => index < of).sort((left, right) => left.index - right.index);
      const fisher = await this.#ask("fisher", config, sorted);
      this.#emit({ type: "fisher", fisher, of });
      return fisher;
    };
    return async ({ last = false } = {}) => {
      if (!last && (current || performance.now() - lastMs < FOLD_EVERY_MS)) return null;
      await current?.catch(() => null);
      current = foldNow().finally(() => { current = null; });
      if (last) return current;
      current.catch(() => null); // the last fold meets the same error and reports it
      return null;
    };
  }

  async #trainingPhase({ config, jobs, size, progress, pool, again }, fisher, arms) {
    const runJobs = jobs.filter((job) => job.kind === "run");
    const settings = Object.entries(config).filter(([name]) => !NOT_OF_A_RUN.includes(name));
    const { name, ...reading } = this.#dataset.options;
    // Each seed shuffles the guided rates anew.
    const ratesOf = ({ arm }) => (arm === "shuffled" ? arms.guided : arms[arm]);
    const key = (job) => fingerprintOf([job.id, this.#machine, this.#model.sha256, this.#dataset.sha256, reading, settings, ratesOf(job)]);
    const kept = await this.#recall(runJobs, key);
    if (again && kept.size === runJobs.length) kept.clear();

    const finished = new Map([...kept].map(([job, { run }]) => [job, run]));
    const keeper = (job) => job.seed === config.seeds[0] && job.fraction === Math.max(...config.fractions);
    const report = async (final) => {
      const runs = runJobs.filter((job) => finished.has(job)).map((job) => finished.get(job));
      if (runs.length === 0) return;
      const results = await this.#ask("results", { config, fisher, arms, runs, device: this.device, dataset_name: name });
      this.#emit({ type: "results", results, final, runs: runs.length, of: runJobs.length });
    };

    const keepers = await Promise.all([...kept.keys()].filter(keeper).map(async (job) => ({ job, arm: job.arm, key: await key(job) })));
    await this.recallTrained(keepers);
    for (const { job, arm, key: ownKey } of keepers) if (this.#trained.has(arm)) this.#emit({ type: "kept", job, key: ownKey, withModel: true });
    for (const [job, run] of finished) {
      progress.skip(job.id);
      this.#emit({ type: "events", job, events: [{ type: "run_done", run }] });
    }

    const lost = await this.#work({ config, jobs: runJobs.filter((job) => !kept.has(job)), size, progress, pool }, {
      arm: (job) => arms[job.arm],
      take: (job, events) => ({ share: runShare(job, config.epochs, events), done: events.some((event) => event.type === "run_done") }),
      finish: async (job, events, worker, elapsedMs) => {
        const { run } = events.find((event) => event.type === "run_done");
        run.elapsed_ms = Math.round(elapsedMs);
        const ownKey = await key(job);
        if (keeper(job)) {
          const model = { bytes: await worker.call("exportModel"), labels: this.#dataset.info.labels };
          this.#trained.set(job.arm, { ...model, key: ownKey });
          await this.#store.put("models", ownKey, model);
        }
        finished.set(job, run);
        await this.#keep(job, ownKey, { run }, keeper(job));
        report(false).catch((error) => this.#emit({ type: "error", error })); // not awaited: the pool goes on meanwhile
      },
    });
    await report(!pool.stopped);
    if (!pool.stopped && lost.length === runJobs.length) throw lost[0].error;
  }

  /** On what the numbers depend beside their inputs. */
  get #machine() {
    return [this.core, this.device.kind, this.device.adapter];
  }

  /** What is already known of these jobs. */
  async #recall(jobs, keyOf) {
    const kept = new Map();
    for (const job of jobs) {
      const key = await keyOf(job);
      const value = await this.#store.get("jobs", key);
      if (!value) continue;
      kept.set(job, value);
      this.#emit({ type: "kept", job, key });
    }
    return kept;
  }

  async #keep(job, key, value, withModel = false) {
    await this.#store.put("jobs", key, value);
    this.#emit({ type: "kept", job, key, withModel });
  }

  /** The loop of every job: start, then pull until it says that it is done. */
  async #work({ config, jobs, size, progress, pool }, { arm, take, finish }) {
    const perform = async (worker, job) => {
      progress.begin(job.id);
      this.#emit({ type: "job_started", job });
      await worker.call("start", config, job, arm(job));
      let batch = 1;
      let elapsedMs = 0;
      let share = 0;
      let silent = 0;
      for (let done = false; !done;) {
        if (!await pool.gate()) return;
        const begin = performance.now();
        const events = await worker.call("advance", batch);
        const tookMs = performance.now() - begin;
        if (pool.stopped) return;
        // A batch of evaluation has no event of its own; a worker that lost its job never has one again.
        silent = events.length === 0 ? silent + 1 : 0;
        if (silent > MOST_SILENT_CALLS) throw { kind: "crash", message: `${job.id}: the worker no longer advances` };
        elapsedMs += tookMs;
        batch = Math.max(1, Math.min(64, Math.floor(batch * Math.min(4, ADVANCE_MS[this.device.kind] / tookMs))));
        const taken = take(job, events);
        done = taken.done;
        share = done ? 1 : Math.min(taken.share ?? share, 0.999);
        if (done) {
          if (job.kind !== "surface") this.#measured.noteBytes(this.#sizeKey(config), await worker.call("memory"));
          await finish?.(job, events, worker, elapsedMs);
        }
        progress.advance(job.id, share, tookMs / 1000);
        this.#measured.speeds = { ...progress.speeds };
        this.#emit({ type: "events", job, events });
        this.#emit({ type: "progress", share: progress.share, secondsLeft: progress.secondsLeft });
      }
    };
    return pool.drain(jobs, size, perform, (job, error, retried) => this.#emit({ type: "job_died", job, error, retried }));
  }

  // --- workers --------------------------------------------------------------------------------------------------

  #openDesk() {
    if (!this.#desk || this.#desk.dead) {
      const desk = new LabWorker("desk", (received) => this.#emit({ type: "core_bytes", received }));
      desk.loaded = { trained: {} };
      desk.ready = desk.call("open", "cpu", this.#core?.compiled).then((core) => {
        this.#core ??= core;
        return desk;
      }, (error) => {
        desk.terminate(); // the next question tries again
        throw error;
      });
      this.#desk = desk;
    }
    return this.#desk.ready;
  }

  /** Calls the desk, after bringing it up to date where it is new. */
  async #ask(method, ...args) {
    const desk = await this.#openDesk();
    if (!["readDataset", "loadModel", "loadCorpus"].includes(method)) await this.#load(desk);
    return desk.call(method, ...args);
  }

  async #openWorker() {
    const worker = new LabWorker("trainer");
    try {
      try {
        await worker.call("open", this.device.kind, this.#core?.compiled);
      } catch (error) {
        if (error.kind !== "device" || this.device.kind === "cpu") throw error;
        this.device = { kind: "cpu", adapter: null };
        this.#emit({ type: "device_fallback", error });
        await worker.call("open", "cpu", this.#core?.compiled);
      }
      await this.#load(worker);
      return worker;
    } catch (error) {
      worker.terminate();
      throw error;
    }
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
    const model = this.#model?.info ? this.#model : null;
    await bring("model", model, "loadModel", ({ name, config, weights, tokenizer }) => [name, config, weights, tokenizer]);
    await bring("head", model?.head, "addHead", ({ bytes }) => [bytes]);
    await bring("dataset", this.#dataset, "readDataset", ({ bytes, options }) => [bytes, options]);
    await bring("corpus", this.#corpus, "loadCorpus", ({ bytes }) => [bytes]);
  }

  async #loadTrained(arm, { bytes, labels, key }) {
    const desk = await this.#openDesk();
    if (desk.loaded.trained[arm] === key) return;
    await this.#ask("loadTrained", arm, bytes, labels);
    desk.loaded.trained[arm] = key;
  }
}
