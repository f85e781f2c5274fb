// One session: what is loaded, and one task at a time on a pool of workers.
//
// From a press on Run to a training step there are six hops:
//
//   1. panels/run-bar.js     the button calls RunController.run (app/run.js)
//   2. app/run.js            → Session.run: plan, Fisher information, rates of every arm
//   3. engine/session.js     → Jobs.train: what is kept of its runs is recalled, the rest is work
//   4. engine/job-runner.js  → Pool.drain: a free worker takes the longest waiting job
//   5. engine/pool.js        → WorkerClient.call("advance"), again and again until the job is done
//   6. engine/worker.js      → Lab.advance in the core: one optimiser step (src/training/train.rs)
//
// The core's events of each step come back the same way (platform/events.js) and become state (app/run-events.js).

import { LabError } from "../platform/lab-error.js";
import { SCHEMA } from "../platform/schema.js";
import { Coordinator } from "./coordinator.js";
import { Estimator } from "./estimate.js";
import { Jobs, keptJobs } from "./jobs.js";
import { JobKeys } from "./keys.js";
import { FileLabelling } from "./labelling.js";
import { Inputs } from "./loaded.js";
import { Pool } from "./pool.js";
import { Progress } from "./progress.js";
import { Search } from "./search.js";
import { TrainedModels } from "./trained-models.js";
import { Workers } from "./workers.js";

const NEEDS_FISHER = new Set(SCHEMA.arms.filter(({ needs_fisher: needs }) => needs).map(({ name }) => name));

const ofKind = (jobs, kind) => jobs.filter((job) => job.kind === kind);

/** Settings and files in, events out. */
export class Session {
  #events;
  #store;
  /** @type {Pool | null} of the task under way */
  #pool = null;
  /** The current task, once it no longer waits. */
  #act = Promise.resolve();
  /** Until this, the device may still become another: a GPU is being checked, or what it needs is being loaded. */
  settled = Promise.resolve();
  /** New tasks wait for this: for a GPU check, and for a download only if the reader asked for the GPU. */
  checked = Promise.resolve();

  /**
   * @param {import("../platform/events.js").EventBus} events
   * @param {import("../store/store.js").Store} store keeps finished jobs and trained models, so that a stopped, widened or interrupted experiment repeats nothing
   * @param {{earlier: (config: object) => Promise<object | null>}} means `earlier`: the experiment that one with corrected labels is compared with
   */
  constructor(events, store, { earlier }) {
    this.earlier = earlier;
    this.#events = events;
    this.#store = store;
    this.workers = new Workers({ files: () => this.inputs.files, events });
    this.inputs = new Inputs(this.workers, () => this.running);
    this.models = new TrainedModels(this.workers, store);
    this.coordinator = new Coordinator(this.workers, this.inputs);
    this.estimator = new Estimator({ workers: this.workers, coordinator: this.coordinator, inputs: this.inputs, isRunning: () => this.running });
  }

  /** Loads the coordinator's core in advance; errors are reported to the first caller. */
  open() {
    this.workers.coordinator().catch(() => {});
  }

  /** Loads a model as {@link Inputs#loadModel} does; those that were trained from the one before go with it. */
  async loadModel(files) {
    const info = await this.inputs.loadModel(files);
    this.models.clear();
    return info;
  }

  /** The device on which trainers open. */
  get device() {
    return this.workers.device;
  }

  /** The digest of the present device's core, which is its version. */
  get core() {
    return this.workers.digest();
  }

  /** The jobs of a plan that an experiment would not do anew: none where every run is finished, for then it does all of them again. */
  async kept(plan) {
    const kept = await keptJobs({ coordinator: this.coordinator, store: this.#store, keys: this.#keys(plan.config) }, plan);
    return ofKind(plan.jobs, "run").every((job) => kept.includes(job)) ? [] : kept;
  }

  #keys(config) {
    return new JobKeys(this.workers, this.inputs, config);
  }

  // --- the task under way -----------------------------------------------------------------------------------------

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

  /** Settles when nothing computes that has not waited for the device. */
  async rest() {
    await this.#act.catch(() => {}); // told where it was begun
  }

  /**
   * Runs a plan. Events go out as they happen; the promise settles when it is over.
   * @param {object} rawConfig
   * @param {{fisherOnly?: boolean, again?: boolean, workers?: number}} [options] `again`: what is finished altogether is done again
   * @returns {Promise<"done"|"stopped">}
   */
  run(rawConfig, { fisherOnly = false, again = true, workers = 0 } = {}) {
    return this.#task(async (pool) => {
      const { config, jobs: planned, ...sizes } = await this.coordinator.plan(fisherOnly ? { ...rawConfig, arms: ["guided"] } : rawConfig);
      const fisherJobs = ofKind(planned, "fisher");
      const work = this.#jobs({ config, planned: fisherOnly ? fisherJobs : planned, pool, again, workers });
      this.#events.emit({ type: "planned", config, jobs: fisherOnly ? fisherJobs : planned, ...sizes, workers: work.size, fisherOnly });

      if (fisherOnly) await this.#fisher(work.jobs, config, fisherJobs, { only: true });
      else await this.#experiment(work, config, fisherJobs, ofKind(planned, "run"));
    });
  }

  /** Fisher information and training: one after the other, or, where more than one worker has Fisher information still to measure, beside each other. */
  async #experiment({ jobs, size }, config, fisherJobs, runJobs) {
    const free = config.arms.filter((arm) => !NEEDS_FISHER.has(arm));
    const kept = size > 1 && free.length > 0 ? await jobs.recallFisher(fisherJobs) : null;
    if (!kept || kept.size === fisherJobs.length) {
      const known = await this.#fisher(jobs, config, fisherJobs, {});
      if (this.#pool.stopped) return;
      this.#events.emit({ type: "phase", phase: "training" });
      await jobs.train(runJobs, known);
      return;
    }
    this.#events.emit({ type: "phase", phase: "fisher" });
    const arms = await this.coordinator.arms({ ...config, arms: free }, null);
    await jobs.trainMeanwhile(fisherJobs, kept, runJobs, { fisher: null, arms }, async (fisher) => {
      const known = await this.#arms(config, fisher);
      this.#events.emit({ type: "phase", phase: "training" });
      return known;
    });
  }

  /**
   * Searches each arm's own best learning rate and length, and the rate of the arm tuned, on validation data.
   * @param {object} rawConfig with a validation fraction
   * @param {{workers?: number}} [options]
   * @returns {Promise<{choices: object[] | null, trials: number}>} what was chosen, null where the search was stopped; and how many trials have ended
   */
  async tune(rawConfig, { workers = 0 } = {}) {
    let choices = null;
    /** @type {Search | null} */
    let search = null;
    await this.#task(async (pool) => {
      const { config, jobs: planned, ...sizes } = await this.coordinator.plan({ ...rawConfig, choices: [], tuned_rate: rawConfig.tuned_rate ?? 0 });
      search = new Search(this.coordinator, config, this.inputs.dataset.info.task);
      let trials = await search.next();
      const fisherJobs = ofKind(planned, "fisher");
      const work = this.#jobs({ config, planned: [...fisherJobs, ...trials], pool, again: false, workers });
      this.#events.emit({ type: "planned", config, jobs: fisherJobs, ...sizes, workers: work.size, fisherOnly: true });

      const { fisher, arms } = await this.#fisher(work.jobs, config, fisherJobs, { only: true });
      if (pool.stopped) return;
      this.#events.emit({ type: "phase", phase: "tuning" });
      const tuned = new Map(); // the rates of the arm tuned, by the one that a trial has
      while (trials.length > 0) {
        for (const rate of trials.map(({ setting }) => setting.rate).filter((each) => each !== undefined && !tuned.has(each))) {
          tuned.set(rate, (await this.coordinator.arms({ ...config, arms: ["tuned"], tuned_rate: rate }, fisher?.sites ?? null)).tuned);
        }
        await work.jobs.tryOut(trials, ({ arm, setting }) => tuned.get(setting.rate) ?? arms[arm], search);
        if (pool.stopped) return;
        trials = await search.next();
      }
      choices = await search.choices();
    });
    return { choices, trials: search?.ended ?? 0 };
  }

  /**
   * Computes the three loss surfaces. The coarse grid of all tensors comes first, so that something is seen soon; then Fisher information, where it
   * is not yet known, for the halves are made by it; then the rest.
   * @param {object} rawConfig
   * @param {{points: number, range: number, seed: number, texts: number, norm: "tensor"|"total"}} settings
   * @param {{workers?: number}} [options]
   * @returns {Promise<"done"|"stopped">}
   */
  landscape(rawConfig, settings, { workers = 0 } = {}) {
    return this.#task(async (pool) => {
      // The surface is one of the pretraining loss, and so are its halves.
      const { config, jobs: planned, ...sizes } = await this.coordinator.plan({ ...rawConfig, arms: ["guided"], fisher_loss: "pretraining" });
      const fisherJobs = ofKind(planned, "fisher");
      const expected = await this.coordinator.landscapePlan(config, settings, null);
      const work = this.#jobs({ config, planned: [...fisherJobs, ...expected.jobs], pool, again: false, workers });
      this.#events.emit({ type: "planned", config, jobs: fisherJobs, ...sizes, workers: work.size, fisherOnly: true });

      this.#events.emit({ type: "phase", phase: "surface" });
      this.#events.emit({ type: "landscape", axis: expected.axis, texts: expected.texts });
      const first = expected.jobs.filter(({ subset, level }) => level === 0 && ["centre", "all"].includes(subset));
      await work.jobs.landscape(first);
      if (pool.stopped) return;
      const { fisher } = await this.#fisher(work.jobs, config, fisherJobs, { only: true });
      if (pool.stopped) return;
      this.#events.emit({ type: "phase", phase: "surface" });
      const { strides, jobs } = await this.coordinator.landscapePlan(config, settings, fisher.tensors);
      this.#events.emit({ type: "strides", strides });
      const done = new Set(first.map(({ id }) => id));
      await work.jobs.landscape(jobs.filter(({ id }) => !done.has(id)));
    });
  }

  /**
   * Shows two arms' fine-tuned models in the plane through them and their start: the task's loss on it, and both trainings made once more.
   * @param {object} rawConfig as it was when they were trained
   * @param {{points: number, rows: number}} settings
   * @param {[string, string]} pair of arms whose models are kept
   * @param {{workers?: number}} [options]
   * @returns {Promise<"done"|"stopped">} rejects with kind "other models" and their `arms` where these settings and data are not those of the models
   */
  trajectory(rawConfig, settings, pair, { workers = 0 } = {}) {
    return this.#task(async (pool) => {
      const { config, jobs: planned, ...sizes } = await this.coordinator.plan({ ...rawConfig, arms: pair });
      const [seed] = config.seeds;
      const models = pair.map((arm) => this.models.get(arm));
      const expected = await this.coordinator.trajectoryPlan(config, settings, pair);
      const fisherJobs = ofKind(planned, "fisher");
      const work = this.#jobs({ config, planned: [...fisherJobs, ...expected.jobs], pool, again: false, workers });
      this.#events.emit({ type: "planned", config, jobs: fisherJobs, ...sizes, workers: work.size, fisherOnly: true });

      const { arms } = await this.#fisher(work.jobs, config, fisherJobs, { only: true });
      if (pool.stopped) return;
      const runOf = (arm) =>
        planned.find((job) => job.kind === "run" && job.arm === arm && job.seed === seed && job.fraction === Math.max(...config.fractions));
      const keys = await Promise.all(pair.map((arm) => this.#keys(config).run(runOf(arm), arms)));
      const other = pair.filter((_, index) => keys[index] !== models[index].key);
      if (other.length > 0) throw new LabError("other models", other.join(", "), { arms: other });
      const { ends, unit } = await this.coordinator.setPlane(config, seed, ...models.map(({ bytes }) => bytes));
      const { x, y, rows, jobs } = await this.coordinator.trajectoryPlan(config, settings, pair);
      this.#events.emit({ type: "trajectory", arms: pair, x, y, rows, ends, unit, seed });
      await work.jobs.trajectory(jobs, arms, { seed, models });
    });
  }

  /**
   * A file of texts that an arm's models label, beside whatever else is under way.
   * @param {File} file
   * @param {{arm: string, seeds: number[]}} by whose models; of several seeds, the mean of their answers counts
   * @param {{options: object, usual: {text: string, pair: string | null}}} how of `FileLabelling.open`
   */
  openLabelling(file, { arm, seeds }, how) {
    return FileLabelling.open(this.workers, file, this.models.ofSeeds(arm, seeds), how);
  }

  /**
   * One task at a time, on a pool of its own.
   * @param {(pool: Pool) => Promise<void>} act
   * @returns {Promise<"done"|"stopped">}
   */
  async #task(act) {
    if (this.#pool) throw new LabError("busy", "an experiment is running");
    const pool = new Pool((before) => this.workers.trainer(before));
    this.#pool = pool;
    try {
      await Promise.race([Promise.all([this.checked, this.inputs.changed]), pool.whenStopped]);
      await (this.#act = act(pool));
      return pool.stopped ? "stopped" : "done";
    } finally {
      pool.close();
      this.#pool = null;
    }
  }

  /** The jobs of a task, which get as many workers as the present device takes. */
  #jobs({ config, planned, pool, again, workers }) {
    const sizeNow = () => this.estimator.poolSize(config, planned, workers).size;
    const progress = new Progress(planned, sizeNow(), this.estimator.speeds);
    this.workers.beginTask(() => {
      progress.workers = sizeNow();
      pool.widen(progress.workers);
    });
    const jobs = new Jobs({ session: this, store: this.#store, events: this.#events, keys: this.#keys(config), config, progress, pool, again });
    return { jobs, size: progress.workers };
  }

  /** Fisher information and the rates of every arm. */
  async #fisher(jobs, config, fisherJobs, options) {
    this.#events.emit({ type: "phase", phase: "fisher" });
    const fisher = await jobs.estimateFisher(fisherJobs, options);
    return this.#pool.stopped ? { fisher: null, arms: null } : this.#arms(config, fisher);
  }

  async #arms(config, fisher) {
    const arms = await this.coordinator.arms(config, fisher?.sites ?? null);
    this.#events.emit({ type: "arms", arms, fisher });
    return { fisher, arms };
  }
}
