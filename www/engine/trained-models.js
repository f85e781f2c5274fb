// The models that the last experiment fine-tuned on the largest fraction: of each arm the first seed's, and those of further seeds for means over seeds.

import { LabError } from "../platform/lab-error.js";

/** All kept models of an experiment together; of one beyond it, the first seed's alone. */
const MOST_BYTES = 400e6;

/** Weights are kept in f32. */
const BYTES_OF_A_PARAMETER = 4;

/**
 * @typedef {object} TrainedModel
 * @property {Uint8Array} bytes safetensors
 * @property {string[]} labels
 * @property {number} [max_tokens] how long its texts could be; missing in those of an earlier version
 * @property {string} key of the run that trained it
 */

/** @typedef {{arm: string, seed: number, key: string}} KeptModel where the database has it */

/**
 * The seeds of an experiment whose models are kept: the first ones, as many as {@link MOST_BYTES} leaves room for.
 * @param {Record<string, any>} config as the core checked it
 * @param {number} parameters of a model
 * @returns {number[]} one at least
 */
export function seedsWithModels({ arms, seeds }, parameters) {
  const ofOneSeed = arms.length * parameters * BYTES_OF_A_PARAMETER;
  return seeds.slice(0, Math.max(1, Math.floor(MOST_BYTES / ofOneSeed)));
}

/** Trained models in the browser's database; the first seed's of each arm in memory, too. */
export class TrainedModels {
  #workers;
  #store;
  /** Of the experiment; the first one's models are at hand. @type {number[]} */
  #seeds = [];
  /** @type {Map<string, TrainedModel>} by arm */
  #first = new Map();
  /** @type {Map<string, Map<number, string>>} keys by arm and seed */
  #keys = new Map();

  /**
   * @param {import("./workers.js").Workers} workers the coordinator predicts with them
   * @param {import("../store/store.js").Store} store
   */
  constructor(workers, store) {
    this.#workers = workers;
    this.#store = store;
  }

  get arms() {
    return [...this.#first.keys()];
  }

  /** All kept models of an experiment take no more. */
  get mostBytes() {
    return MOST_BYTES;
  }

  /** How many seeds the experiment has, whether their models are kept or not. */
  get planned() {
    return this.#seeds.length;
  }

  /** @returns {TrainedModel | undefined} the first seed's */
  get(arm) {
    return this.#first.get(arm);
  }

  /** @returns {number[]} the seeds whose models are kept, in the experiment's order */
  seeds(arm) {
    return this.#seeds.filter((seed) => this.#keys.get(arm)?.has(seed));
  }

  /** Forgets the models of the experiment before. @param {number[]} [seeds] of the one that begins, or is opened */
  clear(seeds = []) {
    this.#seeds = seeds;
    this.#first.clear();
    this.#keys.clear();
  }

  /**
   * Keeps the model that a run has just trained.
   * @param {KeptModel} which
   * @param {Omit<TrainedModel, "key">} model
   */
  async keep(which, model) {
    await this.#store.put("models", which.key, model);
    this.#note(which, model);
  }

  /** @param {KeptModel} which @param {Omit<TrainedModel, "key">} [model] */
  #note({ arm, seed, key }, model) {
    if (model && seed === this.#seeds[0]) this.#first.set(arm, { ...model, key });
    if (!this.#keys.has(arm)) this.#keys.set(arm, new Map());
    this.#keys.get(arm).set(seed, key);
  }

  /**
   * Adds models that an earlier experiment trained from the model now loaded, where the database still has them.
   * @param {KeptModel[]} kept
   */
  async recall(kept) {
    const stored = new Set(await this.#store.keys("models"));
    for (const which of kept.filter(({ key }) => stored.has(key))) {
      if (which.seed !== this.#seeds[0]) this.#note(which);
      else {
        const model = await this.#store.get("models", which.key);
        if (model) this.#note(which, model);
      }
    }
  }

  /**
   * An arm's models one after the other, so that no more than one of them is in the page's memory.
   * @param {string} arm
   * @param {number[]} seeds
   * @returns {AsyncGenerator<TrainedModel>}
   */
  async *ofSeeds(arm, seeds) {
    for (const seed of seeds) {
      const key = this.#keys.get(arm)?.get(seed);
      const model = seed === this.#seeds[0] ? this.#first.get(arm) : await this.#store.get("models", key);
      if (!model) throw new LabError("gone", key);
      yield { ...model, key };
    }
  }

  /**
   * The predictions of each arm's first model for a text.
   * @param {string} text
   * @param {string | null} pair the second text of a pair
   * @returns {Promise<Array<{arm: string, tokens: string[], probabilities?: number[], score?: number}>>}
   */
  async predict(text, pair) {
    const predictions = [];
    for (const [arm, model] of this.#first) {
      await this.#workers.loadTrained(arm, model);
      predictions.push({ arm, ...(await this.#workers.ask("predict", arm, text, pair || null)) });
    }
    return predictions;
  }
}
