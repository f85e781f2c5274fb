// The phases of an experiment on a pool of workers. Each recalls what is kept of its jobs, works through the others, and keeps what ends.

import { fingerprintOf } from "../platform/fingerprint.js";
import { runShare } from "./progress.js";

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

/**
 * What the phases of one experiment share.
 * @typedef {object} Undertaking
 * @property {object} config as the core checked it
 * @property {import("./progress.js").Progress} progress of the whole plan, and how many workers there are at present
 * @property {import("./pool.js").Pool} pool
 * @property {boolean} again whether what is finished altogether is done again
 */

/** Fisher information, training and surfaces, as a session goes through them. */
export class Phases {
  #session;
  #store;
  #ask;
  #emit;
  /** @type {Undertaking} */
  #shared;

  /**
   * @param {import("./session.js").Session} session what is loaded, on which device, and the models that are kept
   * @param {{store: import("../store/store.js").Store, ask: (method: string, ...args: unknown[]) => Promise<any>, emit: (event: object) => void}} means
   * @param {Undertaking} shared
   */
  constructor(session, { store, ask, emit }, shared) {
    this.#session = session;
    this.#store = store;
    this.#ask = ask;
    this.#emit = emit;
    this.#shared = shared;
  }

  /** How many workers there are. */
  get size() {
    return this.#shared.progress.workers;
  }

  /**
   * @param {object[]} fisherJobs
   * @param {{only?: boolean}} [options] `only`: nothing follows, so that what is finished altogether may be measured again
   * @returns {Promise<object | null>} the estimate; null without jobs, or where the pool was stopped
   */
  async fisher(fisherJobs, { only = false } = {}) {
    const { progress, pool, again } = this.#shared;
    if (fisherJobs.length === 0) return null;
    const key = (job, device) => this.#fisherKey(job, device);
    const kept = await this.#recall(fisherJobs, key);
    if (only && again && kept.size === fisherJobs.length) kept.clear();
    const texts = new Map();
    for (const [job, { texts: measured }] of kept) {
      for (const each of measured) texts.set(each.index, each);
      progress.skip(job.id);
    }

    const within = (job) => [...texts.values()].filter(({ index }) => index >= job.from && index < job.to);
    const fold = this.#folder(texts, Math.max(...fisherJobs.map((job) => job.to)));
    const lost = await this.#work(fisherJobs.filter((job) => !kept.has(job)), {
      arm: () => null,
      take: (job, events) => {
        for (const { type, ...measured } of events) if (type === "fisher_text") texts.set(measured.index, measured);
        fold();
        return { share: within(job).length / (job.to - job.from), done: events.some((event) => event.type === "fisher_done") };
      },
      finish: async (job, _, worker) => this.#keep(job, await key(job, worker.device), { texts: within(job) }),
    });
    if (pool.stopped) return null;
    if (lost.length > 0) throw lost[0].error;
    return fold({ last: true });
  }

  #fisherKey({ from, to }, device) {
    const { model, corpus } = this.#session.inputs;
    const { config } = this.#shared;
    return fingerprintOf(["fisher", this.#machine(device), model.sha256, corpus.sha256, config.fisher_seed, config.max_tokens, from, to]);
  }

  /**
   * The jobs of a plan that are finished already. Where Fisher information has still to be measured, the rates of its arms are not known, and nothing is said.
   * @returns {Promise<object[]>}
   */
  async kept(fisherJobs, runJobs) {
    const known = new Set(await this.#store.keys("jobs"));
    const keys = await Promise.all(fisherJobs.map((job) => this.#fisherKey(job)));
    if (!keys.every((key) => known.has(key))) return [];
    const { config } = this.#shared;
    const texts = (await Promise.all(keys.map((key) => this.#store.get("jobs", key)))).flatMap((value) => value?.texts ?? []);
    const fisher = fisherJobs.length > 0 ? await this.#ask("fisher", config, texts.sort((left, right) => left.index - right.index)) : null;
    const arms = await this.#ask("arms", config, fisher?.sites ?? null);
    const runKeys = await Promise.all(runJobs.map((job) => this.runKey(job, arms)));
    return [...fisherJobs, ...runJobs.filter((_, index) => known.has(runKeys[index]))];
  }

  /** Folds the texts seen so far into scores, one fold at a time and not too often; what arrives meanwhile waits for the next. */
  #folder(texts, of) {
    let current = null;
    let lastMs = -Infinity;
    const foldNow = async () => {
      lastMs = performance.now();
      const sorted = [...texts.values()].filter(({ index }) => index < of).sort((left, right) => left.index - right.index);
      const fisher = await this.#ask("fisher", this.#shared.config, sorted);
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

  /**
   * @param {object[]} runJobs
   * @param {object | null} fisher the estimate
   * @param {Record<string, {rates: object[]}>} arms
   */
  async training(runJobs, fisher, arms) {
    const { config, progress, pool, again } = this.#shared;
    const { name } = this.#session.inputs.dataset.options;
    const key = (job, device) => this.runKey(job, arms, device);
    const kept = await this.#recall(runJobs, key);
    if (again && kept.size === runJobs.length) kept.clear();

    const finished = new Map([...kept].map(([job, { run }]) => [job, run]));
    const keeper = (job) => job.seed === config.seeds[0] && job.fraction === Math.max(...config.fractions);
    const report = async (final) => {
      const runs = runJobs.filter((job) => finished.has(job)).map((job) => finished.get(job));
      if (runs.length === 0) return;
      const { device } = this.#session;
      const elsewhere = (run) => (run.device && run.device.kind !== device.kind ? run.device : null); // a GPU was lost in between
      const results = await this.#ask("results", { config, fisher, arms, runs: runs.map((run) => ({ ...run, device: elsewhere(run) })), device, dataset_name: name });
      this.#emit({ type: "results", results, final, runs: runs.length, of: runJobs.length });
    };

    const keepers = await Promise.all([...kept.keys()].filter(keeper).map(async (job) => ({ job, arm: job.arm, key: await key(job) })));
    await this.#session.recallTrained(keepers);
    for (const { job, arm, key: ownKey } of keepers) if (this.#session.trained(arm)) this.#emit({ type: "kept", job, key: ownKey, withModel: true });
    for (const [job, run] of finished) {
      progress.skip(job.id);
      this.#emit({ type: "events", job, events: [{ type: "run_done", run }] });
    }

    const lost = await this.#work(runJobs.filter((job) => !kept.has(job)), {
      arm: (job) => arms[job.arm],
      take: (job, events) => ({ share: runShare(job, config.epochs, events), done: events.some((event) => event.type === "run_done") }),
      finish: async (job, events, worker, elapsedMs) => {
        const { run } = events.find((event) => event.type === "run_done");
        Object.assign(run, { elapsed_ms: Math.round(elapsedMs), device: worker.device });
        const ownKey = await key(job, worker.device);
        if (keeper(job)) {
          const { labels } = this.#session.inputs.dataset.info;
          await this.#session.keepTrained(job.arm, ownKey, { bytes: await worker.call("exportModel"), labels, max_tokens: config.max_tokens });
        }
        finished.set(job, run);
        await this.#keep(job, ownKey, { run }, keeper(job));
        report(false).catch((error) => this.#emit({ type: "error", error })); // not awaited: the pool goes on meanwhile
      },
    });
    await report(!pool.stopped);
    if (!pool.stopped && lost.length === runJobs.length) throw lost[0].error;
  }

  /**
   * What a run's numbers depend on, in short.
   * @param {object} job
   * @param {Record<string, {rates: object[]}>} arms
   * @param {{kind: string, adapter: object | null}} [device] the session's where none is named
   * @returns {Promise<string>}
   */
  runKey(job, arms, device) {
    const { model, dataset } = this.#session.inputs;
    const settings = Object.entries(this.#shared.config).filter(([name]) => !NOT_OF_A_RUN.includes(name));
    const { name: _, ...reading } = dataset.options;
    const rates = arms[job.arm === "shuffled" ? "guided" : job.arm]; // each seed shuffles the guided rates anew
    return fingerprintOf([job.id, this.#machine(device), model.sha256, dataset.sha256, reading, settings, rates]);
  }

  /** @param {object[]} jobs the strips of all three surfaces, coarse grids first */
  async surface(jobs) {
    const { config } = this.#shared;
    const { model, corpus } = this.#session.inputs;
    const inputs = [model.sha256, corpus.sha256, config.fisher_seed, config.max_tokens];
    const key = ({ id: _, level: __, work: ___, ...job }, device) => fingerprintOf([job, [this.#machine(device), ...inputs]]);
    await this.#points(jobs, { key, rates: () => null, size: (job) => job.columns.length });
  }

  /**
   * @param {object[]} jobs the start and the ends, the grid, coarse first, and both paths
   * @param {Record<string, {rates: object[]}>} arms
   * @param {{seed: number, models: Array<{bytes: Uint8Array, key: string}>}} ends what the plane is made of
   */
  async plane(jobs, arms, { seed, models }) {
    const ends = models.map((model) => model.key);
    const key = ({ id: _, level: __, work: ___, ...job }, device) => fingerprintOf([job, this.#machine(device), ends]);
    const ready = new WeakSet();
    const prepare = async (worker) => {
      if (ready.has(worker)) return;
      await worker.call("setPlane", seed, ...models.map(({ bytes }) => bytes));
      ready.add(worker);
    };
    await this.#points(jobs, { key, prepare, rates: (job) => arms[job.arm] ?? null, size: (job) => job.steps ?? job.at.length });
  }

  /** Jobs that are points one after the other, one grid after the other: the pool itself would take the longest first. Paths go with the first finer grid. */
  async #points(jobs, { key, rates, size, prepare }) {
    const { progress, pool } = this.#shared;
    const kept = await this.#recall(jobs, key);
    for (const [job, { points }] of kept) {
      progress.skip(job.id);
      this.#emit({ type: "events", job, events: points });
    }
    const levelOf = ({ level = 1 }) => level;
    const computed = new Map();
    const lost = [];
    for (const level of [...new Set(jobs.map(levelOf))].sort((left, right) => left - right)) {
      const left = jobs.filter((job) => levelOf(job) === level && !kept.has(job));
      lost.push(...await this.#work(left, {
        prepare,
        arm: (job) => {
          computed.set(job, []); // it begins, or begins again
          return rates(job);
        },
        take: (job, events) => {
          const points = computed.get(job);
          points.push(...events.filter((event) => event.type.endsWith("_point")));
          return { share: points.length / size(job), done: events.some((event) => event.type.endsWith("_done")) };
        },
        finish: async (job, _, worker) => this.#keep(job, await key(job, worker.device), { points: computed.get(job) }),
      }));
      if (pool.stopped) return;
    }
    if (lost.length > 0 && lost.length === jobs.length - kept.size) throw lost[0].error;
  }

  /** On what the numbers depend beside their inputs. A worker may have another device than those that open from now on. */
  #machine({ kind, adapter } = this.#session.device) {
    return [this.#session.workers.digest(kind), kind, adapter];
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
    const imported = [...kept.values()].filter((value) => value.imported).length;
    if (imported > 0) this.#emit({ type: "imported", kind: jobs[0].kind, jobs: imported });
    return kept;
  }

  async #keep(job, key, value, withModel = false) {
    await this.#store.put("jobs", key, value);
    this.#emit({ type: "kept", job, key, withModel });
  }

  /** The loop of every job: start, then pull until it says that it is done. */
  async #work(jobs, { arm, take, finish, prepare }) {
    const { config, progress, pool } = this.#shared;
    const { measured } = this.#session;
    const perform = async (worker, job) => {
      progress.begin(job.id);
      this.#emit({ type: "job_started", job });
      await prepare?.(worker);
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
        const divergence = events.find((event) => event.type === "diverged");
        if (divergence) {
          this.#emit({ type: "events", job, events });
          throw { kind: "diverged", message: job.id, divergence };
        }
        // A batch of evaluation has no event of its own; a worker that lost its job never has one again.
        silent = events.length === 0 ? silent + 1 : 0;
        if (silent > MOST_SILENT_CALLS) throw { kind: "crash", message: `${job.id}: the worker no longer advances` };
        elapsedMs += tookMs;
        batch = Math.max(1, Math.min(64, Math.floor(batch * Math.min(4, ADVANCE_MS[worker.device.kind] / tookMs))));
        const taken = take(job, events);
        done = taken.done;
        share = done ? 1 : Math.min(taken.share ?? share, 0.999);
        if (done) {
          if (job.kind === "fisher" || job.kind === "run") measured.noteBytes(this.#session.sizeKey(config), await worker.call("memory"));
          await finish?.(job, events, worker, elapsedMs);
        }
        progress.advance(job.id, share, tookMs / 1000);
        measured.speeds = { ...progress.speeds };
        this.#emit({ type: "events", job, events });
        this.#emit({ type: "progress", share: progress.share, secondsLeft: progress.secondsLeft });
      }
    };
    return pool.drain(jobs, progress.workers, perform, (job, error, { retried, workers }) => {
      if (!retried) progress.skip(job.id);
      progress.workers = workers;
      this.#emit({ type: "job_died", job, error, retried, workers });
    });
  }
}
