// How a job of any kind is done: recalled where it is kept, else given to a worker of the pool and advanced until it ends.

import { LabError } from "../platform/lab-error.js";
import { MicroBatches } from "./micro-batches.js";

/**
 * One call of `advance` should take about this long, and pausing waits for it. A step of the CPU is longer than that, so that each call is one
 * step; a GPU answers the slower the oftener it is asked.
 */
const ADVANCE_MS = { cpu: 30, webgpu: 120 };
const LARGEST_BATCH = 64;
/** Evaluation batches in a row, at most: far more than a test part has. */
const MOST_SILENT_CALLS = 20_000;

/** @typedef {any} Job {id, work, units, kind} and what its kind needs (src/lab/plan/job.rs) */
/** @typedef {import("./worker-client.js").WorkerClient} WorkerClient */

/**
 * How one kind of job is done.
 * @typedef {object} Course
 * @property {(job: Job) => object | null} arm noise and rates of the job
 * @property {(job: Job, events: any[]) => {share: number | null, done: boolean}} take notes what the core said; `share` of the job that is done
 * @property {(job: Job, events: any[], worker: WorkerClient, made: {elapsedMs: number, rows: number}) => Promise<void>} finish keeps its result;
 *   `rows`: how many of a step were computed together
 * @property {(worker: WorkerClient) => Promise<void>} [prepare] brings into a worker what such jobs need besides
 */

/**
 * The shared context of the jobs of one task.
 * @typedef {object} Task
 * @property {import("./session.js").Session} session
 * @property {import("../store/store.js").Store} store
 * @property {import("../platform/events.js").EventBus} events
 * @property {import("./keys.js").JobKeys} keys
 * @property {Record<string, any>} config as the core checked it
 * @property {import("./progress.js").Progress} progress of the whole plan, and how many workers there are at present
 * @property {import("./pool.js").Pool} pool
 * @property {boolean} again whether what is finished altogether is done again
 */

/** Jobs on the workers of one task. */
export class JobRunner {
  /** @type {Task} */
  #task;
  #microBatches;

  /** @param {Task} task */
  constructor(task) {
    this.#task = task;
    this.#microBatches = new MicroBatches(task.config);
  }

  /**
   * @param {Job[]} jobs
   * @param {(job: Job) => Promise<string>} keyOf
   * @returns {Promise<Map<Job, any>>} the stored results of these jobs
   */
  async recall(jobs, keyOf) {
    const { store, events } = this.#task;
    const kept = new Map();
    for (const job of jobs) {
      const key = await keyOf(job);
      const value = await store.get("jobs", key);
      if (!value) continue;
      kept.set(job, value);
      events.emit({ type: "job_kept", job, key });
    }
    const imported = [...kept.values()].filter((value) => value.imported).length;
    if (imported > 0) events.emit({ type: "jobs_imported", kind: jobs[0].kind, jobs: imported });
    return kept;
  }

  /**
   * @param {Job} job
   * @param {string} key
   * @param {object} value its result
   * @param {boolean} [withModel] whether its fine-tuned model is kept, too
   */
  async keep(job, key, value, withModel = false) {
    const { store, events } = this.#task;
    await store.put("jobs", key, value);
    events.emit({ type: "job_kept", job, key, withModel });
  }

  /**
   * Has the pool do these jobs.
   * @param {Job[]} jobs
   * @param {Course | ((job: Job) => Course)} course
   * @param {{ahead?: Job[], later?: Promise<Job[]>, onLost?: (job: Job, error: LabError) => void}} [others] `ahead`, `later`: as of `Pool.drain`
   * @returns {Promise<Array<{job: Job, error: LabError}>>} the jobs that failed
   */
  work(jobs, course, { onLost = () => {}, ...others } = {}) {
    const { progress, pool, events } = this.#task;
    const courseOf = typeof course === "function" ? course : () => course;
    return pool.drain(
      jobs,
      progress.workers,
      (worker, job) => this.#perform(worker, job, courseOf(job)),
      (job, error, { retried, workers, rows }) => {
        if (!retried) {
          progress.skip(job.id);
          onLost(job, error);
        }
        progress.workers = workers;
        events.emit({ type: "job_died", job, error, retried, workers, rows });
      },
      { ...others, lessen: (job, error, { device }) => this.#lessen(job, error, device) },
    );
  }

  /** Fewer rows at once of a job for which there is no memory; a GPU that has not even enough for one is given up. */
  #lessen(job, error, device) {
    const { workers } = this.#task.session;
    const rows = this.#microBatches.halve(job, device);
    if (rows === null && device === workers.device && device.kind !== "cpu") workers.giveUp(error);
    return rows;
  }

  /**
   * The loop of every job: start, then advance until the core says that it is done.
   * @param {WorkerClient} worker
   * @param {Job} job
   * @param {Course} course
   */
  async #perform(worker, job, { arm, take, finish, prepare = undefined }) {
    const { progress, pool, events: bus, session } = this.#task;
    const config = this.#microBatches.configFor(worker.device);
    progress.begin(job.id);
    bus.emit({ type: "job_started", job });
    await prepare?.(worker);
    await worker.call("start", config, job, arm(job));
    let batch = 1;
    let elapsedMs = 0;
    let share = 0;
    let silent = 0;
    for (let done = false; !done;) {
      if (!(await pool.gate())) return;
      const begin = performance.now();
      const events = await worker.call("advance", batch);
      const tookMs = performance.now() - begin;
      if (pool.stopped) return;
      const divergence = events.find((event) => event.type === "diverged");
      if (divergence) {
        bus.emit({ type: "job_events", job, events });
        throw new LabError("diverged", job.id, { divergence });
      }
      // A batch of evaluation has no event of its own; a worker that lost its job never has one again.
      silent = events.length === 0 ? silent + 1 : 0;
      if (silent > MOST_SILENT_CALLS) throw new LabError("crash", `${job.id}: the worker no longer advances`);
      elapsedMs += tookMs;
      batch = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(batch * Math.min(4, ADVANCE_MS[worker.device.kind] / tookMs))));
      const taken = take(job, events);
      done = taken.done;
      share = done ? 1 : Math.min(taken.share ?? share, 0.999);
      if (done) {
        if (job.kind === "fisher" || job.kind === "run") session.estimator.noteBytes(config, await worker.call("memory"));
        await finish(job, events, worker, { elapsedMs, rows: config.micro_batch_size });
      }
      progress.advance(job.id, share, tookMs / 1000);
      session.estimator.noteSpeeds(progress.speeds);
      bus.emit({ type: "job_events", job, events });
      bus.emit({ type: "progress", share: progress.share, secondsLeft: progress.secondsLeft });
    }
  }
}
