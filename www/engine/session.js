// The experiment as the page runs it: the phases Fisher → arms → runs → results, or Fisher → surface, on a pool of workers.
// One further worker, the desk, never trains: it reads files, plans, folds Fisher sums, draws up results and answers the
// sentence box, so that those stay quick while the pool is busy.

import { poolSize } from "../gpu/probe.js";
import { Inputs } from "./loaded.js";
import { Measured } from "./measured.js";
import { memoryOfWorker } from "./memory.js";
import { Phases } from "./jobs.js";
import { Pool } from "./pool.js";
import { Progress } from "./progress.js";
import { CPU, Trainers } from "./trainers.js";
import { Workers } from "./worker-client.js";

/** The session: files in, events out. */
export class Session {
  #emit;
  #workers;
  #pool = null;
  /** The last plan, and of what. */
  #planned = null;
  /** Finished work by key, so that a stopped, widened or interrupted experiment repeats nothing. */
  #store;
  #trained = new Map();
  /** @type {Inputs} what is loaded */
  inputs;
  /** Speed and memory of jobs so far. */
  measured = new Measured();
  device = CPU;
  /** Until this, the device may still become another: a GPU is on trial, or what it needs is being loaded. */
  settled = Promise.resolve();
  /** What begins waits for this: for a trial, but for no download unless the reader asked for the GPU. */
  tried = Promise.resolve();
  /** What is under way, once it no longer waits. */
  #act = Promise.resolve();
  /** Gives the undertaking under way as many workers as the present device takes. */
  #widen;

  /**
   * @param {(event: {type: string}) => void} emit receives every event; see `experiment.js` for the list
   * @param {import("../store/store.js").Store} store keeps finished jobs and trained models
   */
  constructor(emit, store) {
    this.#emit = emit;
    this.#store = store;
    this.#workers = new Workers(() => this.inputs.files, (received) => emit({ type: "core_bytes", received }));
    this.inputs = new Inputs(this.#workers, () => this.running);
  }

  #ask(method, ...args) {
    return this.#workers.ask(method, ...args);
  }

  /** Has the desk's core on its way before anything is asked of it; what fails is told to whoever asks. */
  open() {
    this.#workers.desk().catch(() => {});
  }

  /** Loads a model as {@link Inputs#loadModel} does; those that were trained from the one before go with it. */
  async loadModel(files) {
    const info = await this.inputs.loadModel(files);
    this.#trained.clear();
    return info;
  }

  /** The digest of the present device's core, which is its version. */
  get core() {
    return this.#workers.digest(this.device.kind);
  }

  /** For whoever puts a GPU on trial. */
  get workers() {
    return this.#workers;
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
    return this.measured.speeds;
  }

  /**
   * The plan that was asked for last is kept: an experiment begins with the one that its estimate was made of, without waiting for the desk.
   * @returns {Promise<{config: object, jobs: object[], train_rows: number, test_rows: number}>}
   */
  plan(config) {
    const of = JSON.stringify([config, this.inputs.revisions]);
    if (this.#planned?.of !== of) {
      const plan = this.#ask("plan", config);
      this.#planned = { of, plan };
      plan.catch(() => { this.#planned = null; });
    }
    return this.#planned.plan;
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
    return this.#ask("snippet", rates, this.inputs.model?.name ?? "bert");
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
      const known = this.measured.speeds[kind] > 0 && (kind === "fisher" || this.measured.bytes(this.sizeKey(config)) > 0);
      const trial = { sites: this.inputs.model.info.sites, key: this.sizeKey(config) };
      if (job && !known && this.device.kind === "cpu" && !this.running) await this.measured.try((...call) => this.#ask(...call), config, job, trial, () => this.running);
    }
    const { size, capped } = this.#poolSize(config, jobs, workers);
    return { seconds: new Progress(jobs, size, this.measured.speeds).secondsLeft, workers: size, bytes: size * this.#bytesPerWorker(config), capped };
  }

  /** The jobs of a plan that an experiment would not do anew: none where every run is finished, for then it does all of them again. */
  async kept({ config, jobs }) {
    const [fisherJobs, runJobs] = ["fisher", "run"].map((kind) => jobs.filter((job) => job.kind === kind));
    const kept = await new Phases(this, this.#means, { config }).kept(fisherJobs, runJobs);
    return runJobs.every((job) => kept.includes(job)) ? [] : kept;
  }

  #poolSize(config, jobs, wanted) {
    return poolSize({ device: this.device.kind, jobs: jobs.length, wanted, bytesPerWorker: this.#bytesPerWorker(config) });
  }

  #bytesPerWorker(config) {
    return this.measured.bytes(this.sizeKey(config)) ?? memoryOfWorker(config, this.inputs.model.info);
  }

  /** On what a worker’s memory depends. Another file may be on its way in, so that there is no data set at the moment. */
  sizeKey({ batch_size: batch, max_tokens: tokens }) {
    return [this.inputs.model.revision, this.inputs.dataset?.revision, batch, tokens].join(" ");
  }

  /**
   * Of how many texts surfaces would be, and how many seconds they would take without Fisher information, by the speed of whatever was measured so
   * far; NaN before anything was.
   */
  async estimateSurface(config, settings, workers) {
    const { texts, jobs } = await this.#ask("surfacePlan", config, settings, null);
    return { texts, seconds: new Progress(jobs, this.#poolSize(config, jobs, workers).size, this.measured.speeds).secondsLeft };
  }

  /** Seconds that a plane would take without Fisher information. */
  async estimatePlane(config, settings, pair, workers) {
    const { jobs } = await this.#ask("planePlan", { ...config, arms: pair }, settings, pair);
    return new Progress(jobs, this.#poolSize(config, jobs, workers).size, this.measured.speeds).secondsLeft;
  }

  /**
   * What each fine-tuned model says of a text.
   * @returns {Promise<Array<{arm: string, tokens: string[], probabilities?: number[], score?: number}>>}
   */
  async predict(text, pair) {
    const answers = [];
    for (const [arm, trained] of this.#trained) {
      await this.#workers.loadTrained(arm, trained);
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

  /** Keeps the model that a run has just trained. */
  async keepTrained(arm, key, model) {
    this.#trained.set(arm, { ...model, key });
    await this.#store.put("models", key, model);
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
  experiment(rawConfig, { fisherOnly = false, again = true, workers = 0 } = {}) {
    return this.#underway(async (pool) => {
      const { config, jobs: planned, train_rows, test_rows } = await this.plan(fisherOnly ? { ...rawConfig, arms: ["guided"] } : rawConfig);
      const [fisherJobs, runJobs] = ["fisher", "run"].map((kind) => planned.filter((job) => job.kind === kind));
      const jobs = fisherOnly ? fisherJobs : planned;
      const phases = this.#phases({ config, jobs, pool, again, workers });
      this.#emit({ type: "planned", config, jobs, train_rows, test_rows, workers: phases.size, fisherOnly });

      const { fisher, arms } = await this.#fisher(phases, config, fisherJobs, { only: fisherOnly });
      if (fisherOnly || pool.stopped) return;
      this.#emit({ type: "phase", phase: "training" });
      await phases.training(runJobs, fisher, arms);
    });
  }

  /**
   * Computes the three loss surfaces. The coarse grid of all tensors comes first, so that something is seen soon; then Fisher information, where it
   * is not yet known, for the halves are made by it; then the rest.
   * @param {object} rawConfig
   * @param {{points: number, range: number, seed: number, texts: number, norm: "tensor"|"total"}} settings
   * @param {{workers?: number}} [options]
   * @returns {Promise<"done"|"stopped">}
   */
  surface(rawConfig, settings, { workers = 0 } = {}) {
    return this.#underway(async (pool) => {
      const { config, jobs: planned, train_rows, test_rows } = await this.plan({ ...rawConfig, arms: ["guided"] });
      const fisherJobs = planned.filter((job) => job.kind === "fisher");
      const expected = await this.#ask("surfacePlan", config, settings, null);
      const phases = this.#phases({ config, jobs: [...fisherJobs, ...expected.jobs], pool, again: false, workers });
      this.#emit({ type: "planned", config, jobs: fisherJobs, train_rows, test_rows, workers: phases.size, fisherOnly: true });

      this.#emit({ type: "phase", phase: "surface" });
      this.#emit({ type: "surface", axis: expected.axis, texts: expected.texts });
      const first = expected.jobs.filter(({ subset, level }) => level === 0 && ["centre", "all"].includes(subset));
      await phases.surface(first);
      if (pool.stopped) return;
      const { fisher } = await this.#fisher(phases, config, fisherJobs, { only: true });
      if (pool.stopped) return;
      this.#emit({ type: "phase", phase: "surface" });
      const { strides, jobs } = await this.#ask("surfacePlan", config, settings, fisher.tensors);
      this.#emit({ type: "strides", strides });
      const done = new Set(first.map(({ id }) => id));
      await phases.surface(jobs.filter(({ id }) => !done.has(id)));
    });
  }

  /**
   * Shows two arms' fine-tuned models in the plane through them and their start: the task's loss on it, and both trainings made once more.
   * @param {object} rawConfig as it was when they were trained
   * @param {{points: number, rows: number}} settings
   * @param {[string, string]} pair of arms whose models are kept
   * @param {{workers?: number}} [options]
   * @returns {Promise<"done"|"stopped">} rejected with {kind: "other models", arms} where these settings and data are not those of the models
   */
  plane(rawConfig, settings, pair, { workers = 0 } = {}) {
    return this.#underway(async (pool) => {
      const { config, jobs: planned, train_rows, test_rows } = await this.plan({ ...rawConfig, arms: pair });
      const [seed] = config.seeds;
      const models = pair.map((arm) => this.#trained.get(arm));
      const expected = await this.#ask("planePlan", config, settings, pair);
      const fisherJobs = planned.filter((job) => job.kind === "fisher");
      const phases = this.#phases({ config, jobs: [...fisherJobs, ...expected.jobs], pool, again: false, workers });
      this.#emit({ type: "planned", config, jobs: fisherJobs, train_rows, test_rows, workers: phases.size, fisherOnly: true });

      const { arms } = await this.#fisher(phases, config, fisherJobs, { only: true });
      if (pool.stopped) return;
      const runOf = (arm) => planned.find((job) => job.kind === "run" && job.arm === arm && job.seed === seed && job.fraction === Math.max(...config.fractions));
      const keys = await Promise.all(pair.map((arm) => phases.runKey(runOf(arm), arms)));
      const other = pair.filter((_, index) => keys[index] !== models[index].key);
      if (other.length > 0) throw { kind: "other models", arms: other };
      const { ends, unit } = await this.#ask("setPlane", seed, ...models.map(({ bytes }) => bytes));
      const { x, y, rows, jobs } = await this.#ask("planePlan", config, settings, pair);
      this.#emit({ type: "plane", arms: pair, x, y, rows, ends, unit, seed });
      await phases.plane(jobs, arms, { seed, models });
    });
  }

  /** One undertaking at a time, on a pool of its own. */
  async #underway(act) {
    if (this.#pool) throw { kind: "busy", message: "an experiment is running" };
    const trainers = new Trainers(this, this.#workers, { emit: this.#emit, widen: () => this.#widen() });
    const pool = new Pool((before) => trainers.open(before));
    this.#pool = pool;
    try {
      await Promise.race([Promise.all([this.tried, this.inputs.changed]), pool.whenStopped]);
      await (this.#act = act(pool));
      return pool.stopped ? "stopped" : "done";
    } finally {
      pool.close();
      this.#pool = null;
    }
  }

  /** Settles when nothing computes that has not waited for the device. */
  async rest() {
    await this.#act.catch(() => {}); // told where it was begun
  }

  get #means() {
    return { store: this.#store, ask: (...call) => this.#ask(...call), emit: this.#emit };
  }

  #phases({ config, jobs, pool, again, workers }) {
    const sizeNow = () => this.#poolSize(config, jobs, workers).size;
    const progress = new Progress(jobs, sizeNow(), this.measured.speeds);
    this.#widen = () => {
      progress.workers = sizeNow();
      pool.widen(progress.workers);
    };
    return new Phases(this, this.#means, { config, progress, pool, again });
  }

  async #fisher(phases, config, jobs, options) {
    this.#emit({ type: "phase", phase: "fisher" });
    const fisher = await phases.fisher(jobs, options);
    if (this.#pool.stopped) return { fisher: null, arms: null };
    const arms = await this.#ask("arms", config, fisher?.sites ?? null);
    this.#emit({ type: "arms", arms, fisher });
    return { fisher, arms };
  }
}
