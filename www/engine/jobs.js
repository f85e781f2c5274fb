// The kinds of jobs: Fisher information, training runs, trials of a search, and points of loss landscapes.

import { JobRunner } from "./job-runner.js";
import { runShare } from "./progress.js";
import { Training } from "./training.js";

/** Scores are computed from the texts so far no more often than this: it takes a core from the workers. */
const ESTIMATE_EVERY_MS = 400;

/** @typedef {import("./job-runner.js").Job} Job */

const byIndex = (left, right) => left.index - right.index;

/** Fisher information, training runs, and points of loss landscapes. */
export class Jobs {
  #task;
  #runner;

  /** @param {import("./job-runner.js").Task} task */
  constructor(task) {
    this.#task = task;
    this.#runner = new JobRunner(task);
  }

  // --- Fisher information ------------------------------------------------------------------------------------------

  /**
   * @param {Job[]} jobs shards of texts
   * @param {{only?: boolean}} [options] `only`: nothing follows, so that what is finished altogether may be measured again
   * @returns {Promise<any>} the estimate; null without jobs, or where the pool was stopped
   */
  async estimateFisher(jobs, { only = false } = {}) {
    const { pool, again } = this.#task;
    if (jobs.length === 0) return null;
    const kept = await this.recallFisher(jobs);
    if (only && again && kept.size === jobs.length) kept.clear();
    const { left, course, estimate } = this.#fisherWork(jobs, kept);
    const failed = await this.#runner.work(left, course);
    if (pool.stopped) return null;
    if (failed.length > 0) throw failed[0].error;
    return estimate();
  }

  /** @param {Job[]} jobs shards of texts @returns {Promise<Map<Job, any>>} what is known of them from before */
  recallFisher(jobs) {
    return this.#runner.recall(jobs, (job) => this.#task.keys.fisher(job));
  }

  /** The shards that are not kept, how each is done, and the estimate from all of them. */
  #fisherWork(jobs, kept) {
    const { progress, keys } = this.#task;
    const texts = new Map();
    for (const [job, value] of kept) {
      for (const text of value.texts) texts.set(text.index, text);
      progress.skip(job.id);
    }
    const within = (job) => [...texts.values()].filter(({ index }) => index >= job.from && index < job.to);
    const estimate = this.#estimator(texts, Math.max(...jobs.map((job) => job.to)));
    const course = {
      arm: () => null,
      take: (job, events) => {
        for (const { type, ...text } of events) if (type === "fisher_text") texts.set(text.index, text);
        estimate();
        return { share: within(job).length / job.units, done: events.some((event) => event.type === "fisher_done") };
      },
      finish: async (job, _, worker) => this.#runner.keep(job, await keys.fisher(job, worker.device), { texts: within(job) }),
    };
    return { left: jobs.filter((job) => !kept.has(job)), course, estimate: () => estimate({ last: true }) };
  }

  /** Computes scores from the texts so far, once at a time and not too often; what arrives meanwhile waits for the next time. */
  #estimator(texts, of) {
    const { session, config, events } = this.#task;
    let current = null;
    let lastMs = -Infinity;
    const compute = async () => {
      lastMs = performance.now();
      const sorted = [...texts.values()].filter(({ index }) => index < of).sort(byIndex);
      const fisher = await session.coordinator.estimateFisher(config, sorted);
      events.emit({ type: "fisher", fisher, of, loss: config.fisher_loss });
      return fisher;
    };
    return async ({ last = false } = {}) => {
      if (!last && (current || performance.now() - lastMs < ESTIMATE_EVERY_MS)) return null;
      await current?.catch(() => null);
      current = compute().finally(() => {
        current = null;
      });
      if (last) return current;
      current.catch(() => null); // the last time meets the same error and reports it
      return null;
    };
  }

  // --- training runs -----------------------------------------------------------------------------------------------

  /**
   * @param {Job[]} jobs
   * @param {import("./training.js").Known} known
   */
  async train(jobs, known) {
    const { again, pool } = this.#task;
    const training = this.#training(jobs, known);
    const kept = await training.recall(jobs, again);
    const failed = await this.#runner.work(
      jobs.filter((job) => !kept.has(job)),
      training.course,
    );
    if (!pool.stopped && failed.length === jobs.length) throw failed[0].error;
    await training.end();
  }

  /**
   * Fisher information and training at once: one worker takes the first run that needs no Fisher information, the others measure that; then all train.
   * @param {Job[]} fisherJobs shards of texts
   * @param {Map<Job, any>} keptFisher those that are known
   * @param {Job[]} jobs
   * @param {import("./training.js").Known} known of what needs no Fisher information; what does is added to it
   * @param {(fisher: object) => Promise<import("./training.js").Known>} learn what the estimate tells
   */
  async trainMeanwhile(fisherJobs, keptFisher, jobs, known, learn) {
    const { pool } = this.#task;
    const fisher = this.#fisherWork(fisherJobs, keptFisher);
    const training = this.#training(jobs, known);
    const isFree = (job) => job.arm in known.arms;
    const free = jobs.filter(isFree);
    const bound = jobs.filter((job) => !isFree(job));
    const keptFree = await training.recall(free);
    const [first, ...others] = free.filter((job) => !keptFree.has(job));

    /** @type {(value?: any) => void} */
    let measured = () => {};
    /** @type {(error: Error) => void} */
    let lost = () => {};
    const all = new Promise((resolve, reject) => {
      [measured, lost] = [resolve, reject];
    });
    const later = all.then(async () => {
      Object.assign(known, await learn(await fisher.estimate()));
      const keptBound = await training.recall(bound);
      return bound.filter((job) => !keptBound.has(job));
    });
    let left = fisher.left.length;
    const measure = {
      ...fisher.course,
      finish: async (...ended) => {
        await fisher.course.finish(...ended);
        left -= 1;
        if (left === 0) measured();
      },
    };
    const failed = await this.#runner.work(others, (job) => (job.kind === "fisher" ? measure : training.course), {
      ahead: first ? [first, ...fisher.left] : fisher.left,
      later,
      onLost: (job, error) => {
        if (job.kind === "fisher") lost(error);
      },
    });
    if (!pool.stopped && failed.length === jobs.length) throw failed[0].error;
    await training.end();
  }

  #training(jobs, known) {
    return new Training(this.#task, this.#runner, jobs, known);
  }

  /**
   * Trials of a search. Those that an earlier search finished are not repeated.
   * @param {Job[]} jobs
   * @param {(job: Job) => {rates: object[]}} arm noise and rates of a trial
   * @param {import("./search.js").Search} search is told how each ended
   */
  async tryOut(jobs, arm, search) {
    const { progress, keys } = this.#task;
    progress.add(jobs);
    const kept = await this.#runner.recall(jobs, (job) => keys.trial(job, arm(job)));
    for (const [job, { score }] of kept) {
      progress.skip(job.id);
      search.note(job, score);
    }
    const failed = await this.#runner.work(
      jobs.filter((job) => !kept.has(job)),
      {
        arm,
        take: (job, events) => ({ share: runShare(job, job.setting.epochs, events), done: events.some((event) => event.type === "run_done") }),
        finish: async (job, events, worker) => {
          const score = search.scoreOf(events.find((event) => event.type === "run_done").run);
          search.note(job, score);
          await this.#runner.keep(job, await keys.trial(job, arm(job), worker.device), { score });
        },
      },
    );
    for (const { job, error } of failed) {
      if (!error.divergence) throw error;
      search.note(job, null);
    }
  }

  // --- points of landscapes ----------------------------------------------------------------------------------------

  /** @param {Job[]} jobs the strips of all three surfaces, coarse grids first */
  async landscape(jobs) {
    const { keys } = this.#task;
    await this.#points(jobs, { key: (job, device) => keys.landscape(job, device), arm: () => null });
  }

  /**
   * @param {Job[]} jobs the start and the ends, the grid, coarse first, and both trajectories
   * @param {Record<string, {rates: object[]}>} arms
   * @param {{seed: number, models: Array<{bytes: Uint8Array, key: string}>}} ends what the plane is made of
   */
  async trajectory(jobs, arms, { seed, models }) {
    const { config, keys } = this.#task;
    const ends = models.map((model) => model.key);
    const ready = new WeakSet();
    const prepare = async (worker) => {
      if (ready.has(worker)) return;
      await worker.call("setPlane", config, seed, ...models.map(({ bytes }) => bytes));
      ready.add(worker);
    };
    await this.#points(jobs, { key: (job, device) => keys.trajectory(job, ends, device), prepare, arm: (job) => arms[job.arm] ?? null });
  }

  /** Jobs that are points one after the other, one grid after the other: the pool itself would take the longest first. Trajectories go with the first finer grid. */
  async #points(jobs, { key, arm, prepare = undefined }) {
    const { progress, pool, events: bus } = this.#task;
    const kept = await this.#runner.recall(jobs, key);
    for (const [job, { points }] of kept) {
      progress.skip(job.id);
      bus.emit({ type: "job_events", job, events: points });
    }
    const levelOf = ({ level = 1 }) => level;
    const computed = new Map();
    const failed = [];
    for (const level of [...new Set(jobs.map(levelOf))].sort((left, right) => left - right)) {
      const left = jobs.filter((job) => levelOf(job) === level && !kept.has(job));
      failed.push(
        ...(await this.#runner.work(left, {
          prepare,
          arm: (job) => {
            computed.set(job, []); // it begins, or begins again
            return arm(job);
          },
          take: (job, events) => {
            const points = computed.get(job);
            points.push(...events.filter((event) => event.type.endsWith("_point")));
            return { share: points.length / job.units, done: events.some((event) => event.type.endsWith("_done")) };
          },
          finish: async (job, _, worker) => this.#runner.keep(job, await key(job, worker.device), { points: computed.get(job) }),
        })),
      );
      if (pool.stopped) return;
    }
    if (failed.length > 0 && failed.length === jobs.length - kept.size) throw failed[0].error;
  }
}

/**
 * The jobs of a plan that are finished already. Where Fisher information has still to be measured, the rates of its arms are not known, and no run counts.
 * @param {{coordinator: import("./coordinator.js").Coordinator, store: import("../store/store.js").Store, keys: import("./keys.js").JobKeys}} means
 * @param {{config: object, jobs: Job[]}} plan
 * @returns {Promise<Job[]>}
 */
export async function keptJobs({ coordinator, store, keys }, { config, jobs }) {
  const [fisherJobs, runJobs] = ["fisher", "run"].map((kind) => jobs.filter((job) => job.kind === kind));
  const known = new Set(await store.keys("jobs"));
  const fisherKeys = await Promise.all(fisherJobs.map((job) => keys.fisher(job)));
  if (!fisherKeys.every((key) => known.has(key))) return [];
  const texts = (await Promise.all(fisherKeys.map((key) => store.get("jobs", key)))).flatMap((value) => value?.texts ?? []);
  const fisher = fisherJobs.length > 0 ? await coordinator.estimateFisher(config, texts.sort(byIndex)) : null;
  const arms = await coordinator.arms(config, fisher?.sites ?? null);
  const runKeys = await Promise.all(runJobs.map((job) => keys.run(job, arms)));
  return [...fisherJobs, ...runJobs.filter((_, index) => known.has(runKeys[index]))];
}
