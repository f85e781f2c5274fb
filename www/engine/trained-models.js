// The models that the last experiment fine-tuned, one of each arm: the first seed, on the largest fraction.

/**
 * @typedef {object} TrainedModel
 * @property {Uint8Array} bytes safetensors
 * @property {string[]} labels
 * @property {number} [max_tokens] how long its texts could be; missing in those of an earlier version
 * @property {string} key of the run that trained it
 */

/** Trained models by arm, in memory and in the browser's database. */
export class TrainedModels {
  #workers;
  #store;
  /** @type {Map<string, TrainedModel>} */
  #models = new Map();

  /**
   * @param {import("./workers.js").Workers} workers the coordinator predicts with them
   * @param {import("../store/store.js").Store} store
   */
  constructor(workers, store) {
    this.#workers = workers;
    this.#store = store;
  }

  get arms() {
    return [...this.#models.keys()];
  }

  /** @returns {TrainedModel | undefined} */
  get(arm) {
    return this.#models.get(arm);
  }

  clear() {
    this.#models.clear();
  }

  /** Keeps the model that a run has just trained. */
  async keep(arm, key, model) {
    this.#models.set(arm, { ...model, key });
    await this.#store.put("models", key, model);
  }

  /**
   * Adds models that an earlier experiment trained from the model now loaded.
   * @param {Array<{arm: string, key: string}>} kept
   */
  async recall(kept) {
    for (const { arm, key } of kept) {
      const model = await this.#store.get("models", key);
      if (model) this.#models.set(arm, { ...model, key });
    }
  }

  /**
   * The predictions of each model for a text.
   * @param {string} text
   * @param {string | null} pair the second text of a pair
   * @returns {Promise<Array<{arm: string, tokens: string[], probabilities?: number[], score?: number}>>}
   */
  async predict(text, pair) {
    const predictions = [];
    for (const [arm, model] of this.#models) {
      await this.#workers.loadTrained(arm, model);
      predictions.push({ arm, ...(await this.#workers.ask("predict", arm, text, pair || null)) });
    }
    return predictions;
  }
}
