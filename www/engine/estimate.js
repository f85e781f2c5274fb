// Estimated time and memory of a plan, from the measured speed of each kind of job and the memory of a worker.

import { memoryOfWorker, poolSize } from "./memory.js";
import { Progress, runShare } from "./progress.js";

/** How many batches of texts, or steps, are tried, and how long. */
const TRIAL = { units: 4, milliseconds: 500 };
/** The noise of a run that is tried: any does. */
const TRIAL_RATE = 0.1;

/** Speeds, memory by what it depends on, and what plans take by them. */
export class Estimator {
  #workers;
  #coordinator;
  #inputs;
  #isRunning;
  /** @type {Record<string, number>} work per second of one worker by kind of job; 0 where nothing was measured yet */
  speeds = { fisher: 0, run: 0, landscape: 0 };
  /** @type {Map<string, {tried: boolean, bytes: number}>} */
  #bytes = new Map();

  /**
   * @param {object} means
   * @param {import("./workers.js").Workers} means.workers
   * @param {import("./coordinator.js").Coordinator} means.coordinator
   * @param {import("./loaded.js").Inputs} means.inputs
   * @param {() => boolean} means.isRunning whether a task is under way, which measures better and wants the processor
   */
  constructor({ workers, coordinator, inputs, isRunning }) {
    this.#workers = workers;
    this.#coordinator = coordinator;
    this.#inputs = inputs;
    this.#isRunning = isRunning;
  }

  /** @param {Record<string, number>} speeds of the task under way */
  noteSpeeds(speeds) {
    this.speeds = { ...speeds };
  }

  /** The most that a worker of the pool had counts; before there is one, what was tried elsewhere, beside other things, does. */
  noteBytes(config, bytes, { tried = false } = {}) {
    const key = this.#sizeKey(config);
    const known = this.#bytes.get(key);
    if (known && tried) return;
    this.#bytes.set(key, { tried, bytes: known && !known.tried ? Math.max(known.bytes, bytes) : bytes });
  }

  /** On what a worker's memory depends. Another file may be on its way in, so that there is no data set at the moment. */
  #sizeKey({ batch_size: batch, max_tokens: tokens }) {
    return [this.#inputs.model.revision, this.#inputs.dataset?.revision, batch, tokens].join(" ");
  }

  #bytesPerWorker(config) {
    return this.#bytes.get(this.#sizeKey(config))?.bytes ?? memoryOfWorker(config, this.#inputs.model.info);
  }

  /**
   * @param {object} config
   * @param {object[]} jobs
   * @param {number} wanted the reader's number of workers, 0 for automatic
   */
  poolSize(config, jobs, wanted) {
    return poolSize({ device: this.#workers.device.kind, jobs: jobs.length, wanted, bytesPerWorker: this.#bytesPerWorker(config) });
  }

  #seconds(config, jobs, wanted) {
    return new Progress(jobs, this.poolSize(config, jobs, wanted).size, this.speeds).secondsLeft;
  }

  /**
   * Time and memory of a plan; where speed or memory are unknown, a few steps are run first.
   * @param {{config: any, jobs: import("./jobs.js").Job[]}} plan
   * @param {number} wanted the reader's number of workers, 0 for automatic
   * @returns {Promise<{seconds: number, workers: number, bytes: number, capped: boolean}>} `capped`: whether memory allows no more workers
   */
  async ofPlan({ config, jobs }, wanted) {
    for (const kind of ["fisher", "run"]) {
      const job = jobs.find((candidate) => candidate.kind === kind);
      const known = this.speeds[kind] > 0 && (kind === "fisher" || this.#bytes.has(this.#sizeKey(config)));
      if (job && !known && this.#workers.device.kind === "cpu" && !this.#isRunning()) await this.#try(config, job);
    }
    const { size, capped } = this.poolSize(config, jobs, wanted);
    return { seconds: this.#seconds(config, jobs, wanted), workers: size, bytes: size * this.#bytesPerWorker(config), capped };
  }

  /** Times some steps of a job but for its first, which still warms up; a run's steps tell the memory too. */
  async #try(config, job) {
    const ask = (method, ...args) => this.#workers.ask(method, ...args);
    const isRun = job.kind === "run";
    const { sites } = this.#inputs.model.info;
    await ask("start", config, job, isRun ? { noise: "bernoulli", rates: sites.map((site) => ({ site, rate: TRIAL_RATE })) } : null);
    const first = await ask("advance", 1);
    const begin = performance.now();
    const events = [];
    for (let unit = 0; unit < TRIAL.units && performance.now() - begin < TRIAL.milliseconds && !this.#isRunning(); unit += 1) {
      events.push(...(await ask("advance", 1)));
    }
    const seconds = (performance.now() - begin) / 1000;
    const share = isRun
      ? runShare(job, config.epochs, events) - runShare(job, config.epochs, first)
      : events.filter(({ type }) => type === "fisher_text").length / job.units;
    if (share > 0) this.speeds[job.kind] ||= (job.work * share) / seconds;
    if (isRun) this.noteBytes(config, await ask("memory"), { tried: true });
  }

  /**
   * Seconds of a search for every arm's own best setting, without Fisher information; NaN before anything was measured. The first round is one seed's; what
   * follows is two more seeds of the better third.
   */
  async ofSearch(config, wanted) {
    const [any] = config.arms;
    const first = (await Promise.all(config.fractions.map((fraction) => this.#coordinator.trials(config, any, fraction, [])))).flat();
    const jobs = config.arms.flatMap((arm) => first.map((job) => ({ ...job, id: `${arm}/${job.id}` })));
    return this.#seconds(config, jobs, wanted) * (1 + 2 / 3);
  }

  /**
   * Of how many texts surfaces would be, and how many seconds they would take without Fisher information, by the speed of whatever was measured so
   * far; NaN before anything was.
   */
  async ofLandscape(config, settings, wanted) {
    const { texts, jobs } = await this.#coordinator.landscapePlan(config, settings, null);
    return { texts, seconds: this.#seconds(config, jobs, wanted) };
  }

  /** Seconds that a plane would take without Fisher information. */
  async ofTrajectory(config, settings, pair, wanted) {
    const { jobs } = await this.#coordinator.trajectoryPlan({ ...config, arms: pair }, settings, pair);
    return this.#seconds(config, jobs, wanted);
  }
}
