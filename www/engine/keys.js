// Under which names finished jobs are kept: digests of everything that their numbers depend on, so that whatever is found was made of the same.
// A run for which memory ended, so that it computed fewer rows at once than it was asked to, is kept under what it was asked to: its numbers differ by rounding.

import { fingerprintOf } from "../platform/fingerprint.js";

/** Settings on which neither a run nor its numbers depend, once its arm, seed and fraction are fixed. */
const NOT_OF_A_RUN = [
  "arms",
  "seeds",
  "fractions",
  "fisher_texts",
  "fisher_seed",
  "fisher_loss",
  "p_upper",
  "p_lower",
  "custom_rates",
  "tuned_rate",
  "choices",
  "metric",
];

/** Settings of which each run of a search has its own; it is evaluated once, at its end. */
const OF_A_SETTING = ["learning_rate", "epochs", "evaluate_every"];

/** A job of a grid without what only orders or describes it: its points do not depend on that. */
function withoutOrder(job) {
  const { id: _id, level: _level, work: _work, units: _units, ...rest } = job;
  return rest;
}

/** The digest of the labelled file, and of those beside it with their names, which say what they are for. */
const textsOf = ({ sha256, others }) => (others.length > 0 ? [sha256, ...others.map((file) => [file.name, file.sha256])] : sha256);

/** Keys of the jobs of one configuration, with the present inputs. */
export class JobKeys {
  #workers;
  #inputs;
  #config;

  /**
   * @param {import("./workers.js").Workers} workers
   * @param {import("./loaded.js").Inputs} inputs
   * @param {Record<string, any>} config as the core checked it
   */
  constructor(workers, inputs, config) {
    this.#workers = workers;
    this.#inputs = inputs;
    this.#config = config;
  }

  /** On what numbers depend beside their inputs. A worker may have another device than those that open from now on. */
  #machine({ kind, adapter } = this.#workers.device) {
    return [this.#workers.digest(kind), kind, adapter];
  }

  /** On what the rows depend that every seed trains on, and the classifier that predicts their labels. */
  #labelled() {
    const { dataset } = this.#inputs;
    const { name: _, ...reading } = dataset.options;
    const { seeds, fractions, test_fraction: tested, folds, validation_fraction: validated, keep_classifier: kept } = this.#config;
    return [textsOf(dataset), reading, seeds, Math.max(...fractions), tested, folds, validated, kept];
  }

  /**
   * @param {{from: number, to: number}} job
   * @param {import("./workers.js").Device} [device] the present one where none is named
   * @returns {Promise<string>}
   */
  fisher({ from, to }, device) {
    const { model, corpus } = this.#inputs;
    const { fisher_loss: loss, fisher_seed: seed, max_tokens: tokens } = this.#config;
    if (loss === "labelled") return fingerprintOf(["labelled fisher", this.#machine(device), model.sha256, this.#labelled(), seed, tokens, from, to]);
    return fingerprintOf(["fisher", this.#machine(device), model.sha256, corpus.sha256, seed, tokens, from, to]);
  }

  /**
   * @param {{id: string, arm: string, fraction: number}} job
   * @param {Record<string, {rates: object[]}>} arms
   * @param {import("./workers.js").Device} [device]
   * @returns {Promise<string>}
   */
  run(job, arms, device) {
    const { model, dataset } = this.#inputs;
    const settings = Object.entries(this.#config).filter(([name]) => !NOT_OF_A_RUN.includes(name));
    const { name: _, ...reading } = dataset.options;
    const rates = arms[job.arm === "shuffled" ? "guided" : job.arm]; // each seed shuffles the guided rates anew
    const choice = this.#config.choices.find(({ arm, fraction }) => arm === job.arm && fraction === job.fraction);
    const own = choice ? [choice.learning_rate, choice.epochs] : null;
    return fingerprintOf([job.id, this.#machine(device), model.sha256, textsOf(dataset), reading, settings, rates, own]);
  }

  /**
   * @param {{id: string}} job a run of a search; its id names its learning rate and length
   * @param {{rates: object[]}} arm noise and rates of the run
   * @param {import("./workers.js").Device} [device]
   * @returns {Promise<string>}
   */
  trial(job, arm, device) {
    const { model, dataset } = this.#inputs;
    const settings = Object.entries(this.#config).filter(([name]) => !NOT_OF_A_RUN.includes(name) && !OF_A_SETTING.includes(name));
    const { name: _, ...reading } = dataset.options;
    return fingerprintOf([job.id, this.#machine(device), model.sha256, textsOf(dataset), reading, settings, arm]);
  }

  /**
   * @param {object} job a strip of a loss surface
   * @param {import("./workers.js").Device} [device]
   */
  landscape(job, device) {
    const { model, corpus } = this.#inputs;
    const { fisher_seed: seed, max_tokens: tokens } = this.#config;
    return fingerprintOf([withoutOrder(job), [this.#machine(device), model.sha256, corpus.sha256, seed, tokens]]);
  }

  /**
   * @param {object} job a strip of a plane, or a trajectory on it
   * @param {string[]} ends keys of the two models that span it
   * @param {import("./workers.js").Device} [device]
   */
  trajectory(job, ends, device) {
    return fingerprintOf([withoutOrder(job), this.#machine(device), ends]);
  }
}
