// The questions that the coordinator answers: short ones, so that it has an answer while the trainers are busy.

import { canFingerprint } from "../platform/fingerprint.js";

/** Typed calls of the core (src/web/) on the worker that never trains. */
export class Coordinator {
  #workers;
  #inputs;
  /** @type {{of: string, plan: Promise<any>} | null} the last plan, and of what */
  #planned = null;
  /** @type {Map<string, Promise<object[]>>} scores of baselines, by what they depend on */
  #baselines = new Map();

  /**
   * @param {import("./workers.js").Workers} workers
   * @param {import("./loaded.js").Inputs} inputs
   */
  constructor(workers, inputs) {
    this.#workers = workers;
    this.#inputs = inputs;
  }

  /**
   * The plan that was asked for last is kept: an experiment begins with the one that its estimate was made of, without waiting for the worker.
   * @param {object} config raw settings
   * @returns {Promise<{config: Record<string, any>, jobs: import("./jobs.js").Job[], train_rows: number, test_rows: number, fraction_rows: number[]}>}
   */
  plan(config) {
    const of = JSON.stringify([config, this.#inputs.revisions]);
    if (this.#planned?.of !== of) {
      const plan = this.#workers.ask("plan", config);
      this.#planned = { of, plan };
      plan.catch(() => {
        this.#planned = null;
      });
    }
    return this.#planned.plan;
  }

  /**
   * The grid of loss surfaces and the jobs of its points.
   * @param {object} config
   * @param {object} settings of the surfaces
   * @param {object[] | null} tensors Fisher information by tensor, which says which move in the halves
   */
  landscapePlan(config, settings, tensors) {
    return this.#workers.ask("landscapePlan", config, settings, tensors);
  }

  /** The grid on the plane of two trainings and the jobs of its points and trajectories. */
  trajectoryPlan(config, settings, pair) {
    return this.#workers.ask("trajectoryPlan", config, settings, pair);
  }

  /** Spans a plane by two trained models; gives their places on it. */
  setPlane(config, seed, ...models) {
    return this.#workers.ask("setPlane", config, seed, ...models);
  }

  /** Fisher information from that of single texts. */
  estimateFisher(config, texts) {
    return this.#workers.ask("fisher", config, texts);
  }

  /**
   * The rates of every arm.
   * @param {object} config
   * @param {object[] | null} scores by site; null where no arm needs them
   * @returns {Promise<Record<string, {rates: object[]}>>}
   */
  arms(config, scores) {
    return this.#workers.ask("arms", config, scores);
  }

  /** Rates for scores, without an experiment. */
  schedule(scores, upper, lower) {
    return this.#workers.ask("schedule", scores, upper, lower);
  }

  /**
   * The baselines that are no transformers, on one split. Those that were asked for before are not computed again.
   * @param {Record<string, any>} config as the core checked it
   * @param {number} seed
   * @param {number} fraction of the training part
   * @returns {Promise<object[]>} docs/formats.md, baselines
   */
  baselines(config, seed, fraction) {
    const of = JSON.stringify([this.#inputs.revisions, config.test_fraction, config.folds, config.validation_fraction, seed, fraction]);
    if (!this.#baselines.has(of)) {
      const scores = this.#workers.ask("baselines", config, seed, fraction);
      this.#baselines.set(of, scores);
      scores.catch(() => this.#baselines.delete(of));
    }
    return this.#baselines.get(of);
  }

  /** The trials that an arm's search over the core's own grid still needs. */
  trials(config, arm, fraction, done) {
    return this.#workers.ask("trials", config, { grid: {}, arm, fraction, done });
  }

  /** The choices of that search; null where every trial diverged. */
  choose(arm, fraction, done) {
    return this.#workers.ask("choose", { grid: {}, arm, fraction, done });
  }

  /** results.json of finished runs, with the digests of the files that they were made from where the browser makes any. */
  results(parts) {
    return this.#workers.ask("results", { ...parts, inputs: canFingerprint ? this.#inputs.provenance : null });
  }

  /**
   * Comparisons and verdict of runs from a file or a link, and of what came with them.
   * @param {{config: object, task: string, labels: string[], runs: object[], probes?: object[], baselines?: object[]}} made
   * @returns {Promise<{comparisons: object[], clauses: object[], verdict: string}>}
   */
  judge({ config, task, labels, runs, probes = [], baselines = [] }) {
    return this.#workers.ask("judge", config, task, labels, runs, { probes, baselines });
  }

  /**
   * results.json of runs that were made elsewhere, with comparisons and verdict; of a table it has settings and runs alone.
   * @param {string[]} names of the files
   * @param {Uint8Array[]} contents
   * @returns {Promise<Record<string, any>>}
   */
  judgeFiles(names, contents) {
    return this.#workers.ask("judgeFiles", names, contents);
  }

  /** One text of the prose on its way through Fisher; `config` needs its mask seed and token limit only. */
  walk(config, index) {
    return this.#workers.ask("walk", config, index);
  }

  /** The PyTorch hand-off. */
  snippet(rates) {
    return this.#workers.ask("snippet", rates, this.#inputs.model?.name ?? "");
  }

  /**
   * The model card of an arm's model.
   * @param {object} results results.json
   * @param {string} arm
   * @param {"transformers" | "onnx"} of the program that the exported folder is for
   * @returns {Promise<string>} Markdown
   */
  modelCard(results, arm, of) {
    return this.#workers.ask("modelCard", results, arm, of);
  }

  /**
   * A trained model as ONNX files, in f32 and with weights in int8, under the names that transformers.js looks for.
   * @param {Uint8Array} bytes safetensors
   * @returns {Promise<Record<string, Uint8Array>>}
   */
  async onnxFiles(bytes) {
    return {
      "onnx/model.onnx": await this.#workers.ask("toOnnx", bytes, false),
      "onnx/model_quantized.onnx": await this.#workers.ask("toOnnx", bytes, true),
    };
  }

  /** The tokenizer.json that knows what the files beside it say of it. */
  tokenizerWithRoles(tokenizer, config, map) {
    return this.#workers.ask("tokenizerWithRoles", tokenizer, config ?? undefined, map ?? undefined);
  }

  /**
   * @param {object} config of the core
   * @returns {Promise<object[]>} what is found in the labelled texts, and in their split by the first seed
   */
  health(config) {
    return this.#workers.ask("health", config);
  }

  /** @returns {Promise<Uint32Array>} tokens of each labelled text, before anything is cut */
  lengths() {
    return this.#workers.ask("lengths");
  }

  /**
   * @param {number[]} places among the usable rows of the labelled texts
   * @returns {Promise<Array<{line: number, text: string, pair: string | null, target: string}>>} those that there are
   */
  rows(places) {
    return this.#workers.ask("rows", places);
  }

  /**
   * The rows behind a cell of a confusion matrix.
   * @param {object} config
   * @param {Array<{seed: number, predictions: number[]}>} runs of one arm
   * @param {number} truth a class
   * @param {number} predicted a class
   * @param {number} most rows
   * @returns {Promise<{found: number, rows: import("../panels/cell.js").CellRow[]}>}
   */
  cell(config, runs, truth, predicted, most) {
    return this.#workers.ask("cell", config, runs, truth, predicted, most);
  }

  /**
   * Model metadata, before the weights are read.
   * @param {Uint8Array} config config.json
   * @param {Uint8Array} header the JSON of its model.safetensors
   * @param {number} size of that file, in bytes
   */
  appraise(config, header, size) {
    return this.#workers.ask("appraise", config, header, size);
  }

  /**
   * @param {string[]} names of labelled files
   * @returns {Promise<{main: number, others: number[], ignored: number[]}>} the place of the file to train on, of those to test on, and of the rest
   */
  arrangeFiles(names) {
    return this.#workers.ask("arrangeFiles", names);
  }

  /** @returns {Promise<string[]>} the names of the files that a model.safetensors.index.json names */
  shardsOf(index) {
    return this.#workers.ask("shardsOf", index);
  }

  /** @returns {Promise<{header: string, size: number}>} of the one file that shards with these headers make */
  joinHeaders(names, headers) {
    return this.#workers.ask("joinHeaders", names, headers);
  }

  /** @returns {Promise<Uint8Array>} the model.safetensors that the shards make */
  joinShards(names, shards) {
    return this.#workers.ask("joinShards", names, shards);
  }

  /** The tokenizer.json that a vocab.txt means. */
  tokenizerOfVocabulary(vocabulary, config) {
    return this.#workers.ask("tokenizerOfVocabulary", vocabulary, config ?? undefined);
  }
}
