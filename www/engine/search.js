// The search for each arm's own best setting on validation data: rounds of trials until the core has chosen (src/lab/tune.rs).

import { SCHEMA } from "../platform/schema.js";

/** @typedef {import("./jobs.js").Job} Job */

/** One search over all arms and fractions of a configuration. */
export class Search {
  #coordinator;
  #config;
  #metric;
  /** @type {Array<{arm: string, fraction: number, done: object[]}>} */
  #parts;

  /**
   * @param {import("./coordinator.js").Coordinator} coordinator
   * @param {Record<string, any>} config as the core checked it
   * @param {"classification"|"regression"} task whose usual metric is searched by where none is chosen
   */
  constructor(coordinator, config, task) {
    this.#coordinator = coordinator;
    this.#config = config;
    this.#metric = config.metric === "automatic" ? SCHEMA.metrics.find((metric) => metric.task === task).name : config.metric;
    this.#parts = config.fractions.flatMap((fraction) => config.arms.map((arm) => ({ arm, fraction, done: [] })));
  }

  /** The trials that are still needed; none when the search is over. @returns {Promise<Job[]>} */
  async next() {
    const jobs = await Promise.all(this.#parts.map(({ arm, fraction, done }) => this.#coordinator.trials(this.#config, arm, fraction, done)));
    return jobs.flat();
  }

  /** The metric of a finished run. @returns {number | null} null where the metric is not defined */
  scoreOf(run) {
    return run.epochs.at(-1)[this.#metric] ?? null;
  }

  /**
   * Notes how a trial ended.
   * @param {Job} job
   * @param {number | null} score null where it diverged
   */
  note({ arm, fraction, seed, setting }, score) {
    const { done } = this.#parts.find((part) => part.arm === arm && part.fraction === fraction);
    done.push({ ...setting, seed, score });
  }

  /** How many trials have ended. */
  get ended() {
    return this.#parts.reduce((sum, { done }) => sum + done.length, 0);
  }

  /** The choices, without arms of which every trial diverged. @returns {Promise<object[]>} docs/formats.md, choices */
  async choices() {
    const choices = await Promise.all(this.#parts.map(({ arm, fraction, done }) => this.#coordinator.choose(arm, fraction, done)));
    return choices.filter((choice) => choice !== null);
  }
}
