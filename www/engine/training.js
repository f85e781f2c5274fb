// The runs of an experiment: what is kept of them, how each is done, and the results so far.

import { runShare } from "./progress.js";
import { seedsWithModels } from "./trained-models.js";

/** @typedef {import("./job-runner.js").Job} Job */

/**
 * What a run needs to begin.
 * @typedef {object} Known
 * @property {object | null} fisher the estimate; null until there is one
 * @property {Record<string, {rates: object[]}>} arms rates
 */

/** Passes over the training rows of a run: its arm's own, where they were searched for. */
const epochsOf = (config, job) => config.choices.find(({ arm, fraction }) => arm === job.arm && fraction === job.fraction)?.epochs ?? config.epochs;

/** All runs of one experiment, whenever each begins. */
export class Training {
  #task;
  #runner;
  #jobs;
  #known;
  /** @type {Map<Job, any>} */
  #finished = new Map();
  /** @type {object[]} scores of the baselines so far */
  #baselines = [];
  #compared;
  /** @type {number[]} seeds whose models are kept */
  #withModels;
  /** @type {Promise<void> | null} the results that are being made */
  #reporting = null;
  /** Whether runs have finished since those were begun. */
  #isOutdated = false;

  /**
   * @param {import("./job-runner.js").Task} task
   * @param {import("./job-runner.js").JobRunner} runner
   * @param {Job[]} jobs
   * @param {Known} known what the runs need by when they begin
   */
  constructor(task, runner, jobs, known) {
    this.#task = task;
    this.#runner = runner;
    this.#jobs = jobs;
    this.#known = known;
    this.#withModels = seedsWithModels(task.config, task.session.inputs.model.info.parameters);
    task.session.models.clear(task.config.seeds); // once: runs are recalled in two parts, and the second must not drop what was trained meanwhile
    this.#compared = this.#compareBaselines().catch((error) => task.events.emit({ type: "error", error }));
  }

  /**
   * Takes what is known of some of the runs from before.
   * @param {Job[]} some
   * @param {boolean} [again] nothing is taken where it is all
   * @returns {Promise<Map<Job, any>>}
   */
  async recall(some, again = false) {
    const { progress, keys, events } = this.#task;
    const keyOf = (job) => keys.run(job, this.#known.arms);
    const kept = await this.#runner.recall(some, keyOf);
    if (again && kept.size === this.#jobs.length) kept.clear();
    await this.#recallModels(
      [...kept.keys()].filter((job) => this.#isKeeper(job)),
      keyOf,
    );
    for (const [job, { run }] of kept) {
      this.#finished.set(job, run);
      progress.skip(job.id);
      events.emit({ type: "job_events", job, events: [{ type: "run_done", run }] });
    }
    return kept;
  }

  /** @returns {import("./job-runner.js").Course} */
  get course() {
    const { config } = this.#task;
    return {
      arm: (job) => this.#known.arms[job.arm],
      take: (job, events) => ({ share: runShare(job, epochsOf(config, job), events), done: events.some((event) => event.type === "run_done") }),
      finish: (job, events, worker, made) => this.#finish(job, events, worker, made),
    };
  }

  /** The last results. */
  async end() {
    const { pool } = this.#task;
    if (!pool.stopped) await this.#compared;
    this.#isOutdated = false;
    await this.#reporting;
    await this.#report(!pool.stopped);
  }

  async #finish(job, events, worker, { elapsedMs, rows }) {
    const { config, keys, session, events: bus } = this.#task;
    const { run } = events.find((event) => event.type === "run_done");
    Object.assign(run, { elapsed_ms: Math.round(elapsedMs), device: worker.device });
    if (rows !== config.micro_batch_size) run.micro_batch_size = rows; // kept under what was asked for: the numbers are the same but for rounding
    const key = await keys.run(job, this.#known.arms, worker.device);
    if (this.#isKeeper(job)) {
      const { labels } = session.inputs.dataset.info;
      await session.models.keep({ ...job, key }, { bytes: await worker.call("exportModel"), labels, max_tokens: config.max_tokens });
    }
    this.#finished.set(job, run);
    await this.#runner.keep(job, key, { run }, this.#isKeeper(job));
    this.#isOutdated = true;
    this.#reporting ??= this.#reportWhileOutdated().catch((error) => bus.emit({ type: "error", error })); // not awaited: the pool goes on meanwhile
  }

  /** Whose model is kept. */
  #isKeeper(job) {
    const { config } = this.#task;
    return this.#withModels.includes(job.seed) && job.fraction === Math.max(...config.fractions);
  }

  async #recallModels(jobs, keyOf) {
    const { session, events } = this.#task;
    const keepers = await Promise.all(jobs.map(async (job) => ({ job, arm: job.arm, seed: job.seed, key: await keyOf(job) })));
    await session.models.recall(keepers);
    const there = keepers.filter(({ arm, seed }) => session.models.seeds(arm).includes(seed));
    for (const { job, key } of there) events.emit({ type: "job_kept", job, key, withModel: true });
  }

  /** The baselines of every seed and fraction, one after the other and beside the runs: the coordinator has other questions to answer. */
  async #compareBaselines() {
    const { session, config, pool } = this.#task;
    for (const fraction of config.fractions) {
      for (const seed of config.seeds) {
        if (pool.stopped) return;
        this.#baselines.push(...(await session.coordinator.baselines(config, seed, fraction)));
      }
    }
  }

  /** Runs that finish while results are being made are in the next ones, all together: a queue of results would outlast the training. */
  async #reportWhileOutdated() {
    try {
      while (this.#isOutdated) {
        this.#isOutdated = false;
        await this.#report(false);
      }
    } finally {
      this.#reporting = null;
    }
  }

  async #report(final) {
    const { session, config, events } = this.#task;
    const finished = this.#finished;
    const runs = this.#jobs.filter((job) => finished.has(job)).map((job) => finished.get(job));
    if (runs.length === 0) return;
    const { device } = session;
    const elsewhere = (run) => (run.device && run.device.kind !== device.kind ? run.device : null); // a GPU was lost in between
    const { name } = session.inputs.dataset.options;
    const parts = {
      config,
      ...this.#known,
      baselines: this.#baselines,
      runs: runs.map((run) => ({ ...run, device: elsewhere(run) })),
      device,
      dataset_name: name,
    };
    const earlier = final ? await session.earlier(config) : null;
    events.emit({
      type: "results",
      results: await session.coordinator.results({ ...parts, earlier }),
      final,
      runs: runs.length,
      of: this.#jobs.length,
    });
  }
}
