// The files of a reader's own model, which may arrive one by one: which of them is which, what is missing, and what cannot be used.

import { LabError } from "../platform/lab-error.js";
import { text } from "../i18n/text.js";

/** A browser that saves a second copy calls it "config (1).json". */
const COPY = String.raw`( ?\(\d+\))?`;
const named = (stem, extension) => new RegExp(`^${stem}${COPY}\\.${extension}$`, "i");

/** The parts of a model by their files' names. @type {Array<["config"|"tokenizer"|"tokenizerConfig"|"specialTokens"|"vocabulary"|"index", RegExp]>} */
const PARTS = [
  ["config", named("config", "json")],
  ["tokenizer", named("tokenizer", "json")],
  ["tokenizerConfig", named("tokenizer_config", "json")],
  ["specialTokens", named("special_tokens_map", "json")],
  ["vocabulary", named("vocab", "txt")],
  ["index", named("model", String.raw`safetensors\.index\.json`)],
];
const SHARD = /-\d{5}-of-\d{5}\.safetensors$/i;
/** What stands for all weights of a sharded checkpoint. */
const INDEX = "model.safetensors.index.json";

/** Forms of weights that the page cannot read, and tokenizers of other families; each has words in text.modelImport.refused.
 * @type {Array<["adapter"|"pickle"|"otherFormat", RegExp]>}
 */
const UNREADABLE = [
  ["adapter", /^adapter_(config\.json|model\.safetensors|model\.bin)$/i],
  ["pickle", /\.(bin|pt|pth|ckpt|pkl)(\.index\.json)?$/i],
  ["otherFormat", /\.(h5|msgpack|onnx|ot|gguf|ggml|tflite|pb)(\.index\.json)?$/i],
];
const OTHER_TOKENIZER = /^(vocab\.json|merges\.txt|spiece\.model|sentencepiece\.bpe\.model|tokenizer\.model)$/i;

/**
 * A file, wherever it is.
 * @typedef {object} Part
 * @property {string} name
 * @property {number} size in bytes
 * @property {(from: number, to: number, signal: AbortSignal) => Promise<Uint8Array>} slice
 * @property {(signal: AbortSignal, onBytes?: (received: number) => void) => Promise<Uint8Array>} whole
 */

/**
 * The role of a file in a model folder, by its name.
 * @param {string} name
 * @returns {"config"|"weights"|"index"|"shard"|"tokenizer"|"tokenizerConfig"|"specialTokens"|"vocabulary"|"unreadable"|null} null: nothing that the page needs
 */
export function roleOf(name) {
  const known = PARTS.find(([, pattern]) => pattern.test(name));
  if (known) return known[0];
  if (UNREADABLE.some(([, pattern]) => pattern.test(name)) || OTHER_TOKENIZER.test(name)) return "unreadable";
  if (SHARD.test(name)) return "shard";
  return /\.safetensors$/i.test(name) ? "weights" : null;
}

/** Whether weights have the name that a checkpoint's have; among several they are the ones meant. */
const isExact = ({ name }) => named("model", "safetensors").test(name);

/** The files so far. */
export class ModelFiles {
  #parts = new Map();
  #unreadable = new Map();
  #ignored = new Set();
  /** Weights in several files, by name. @type {Map<string, Part>} */
  #shards = new Map();
  /** The files that the index names, once it is read. @type {string[]} */
  #wanted = [];

  /** @param {Part[]} files those of no use are passed over; a later file takes the place of an earlier one of its role */
  add(files) {
    for (const file of files) {
      const role = roleOf(file.name);
      if (role === "unreadable") this.#unreadable.set(file.name, file);
      else if (role === "shard") this.#shards.set(file.name, file);
      else if (role === "weights" && this.#parts.has("weights") && isExact(this.#parts.get("weights")) && !isExact(file)) {
        this.#ignored.add(file.name);
      } else if (role) {
        const before = this.#parts.get(role);
        if (role === "weights" && before && isExact(file) && !isExact(before)) this.#ignored.add(before.name);
        this.#parts.set(role, file);
      }
    }
  }

  /** @returns {string[]} the names of weights that are not used, since those of the exact name are */
  get ignored() {
    return [...this.#ignored];
  }

  clear() {
    this.#parts.clear();
    this.#unreadable.clear();
    this.#ignored.clear();
    this.#shards.clear();
    this.#wanted = [];
  }

  get empty() {
    return this.#parts.size + this.#unreadable.size + this.#shards.size === 0;
  }

  /** @param {string[]} names of the files that the index names */
  expectShards(names) {
    this.#wanted = names;
  }

  /** @returns {Part[]} the files that hold the weights; none while one of them is missing */
  get weights() {
    const whole = this.#parts.get("weights");
    if (whole) return [whole];
    const shards = this.#wanted.map((name) => this.#shards.get(name));
    return shards.includes(undefined) ? [] : shards;
  }

  /** @returns {Part | undefined} */
  get(role) {
    return this.#parts.get(role);
  }

  /** @returns {string[]} the names of the files that are of use */
  get names() {
    return [...this.#parts.values(), ...this.#shards.values()].map(({ name }) => name);
  }

  /** @returns {string[]} what a whole model still lacks, by name */
  get missing() {
    const tokenizer = this.#parts.has("tokenizer") || this.#parts.has("vocabulary");
    return [...(this.#parts.has("config") ? [] : ["config.json"]), ...this.#missingWeights, ...(tokenizer ? [] : [text.modelImport.eitherTokenizer])];
  }

  get #missingWeights() {
    if (this.weights.length > 0) return [];
    if (this.#parts.has("index")) return this.#wanted.filter((name) => !this.#shards.has(name));
    return [this.#shards.size > 0 ? INDEX : "model.safetensors"];
  }

  /**
   * The refusal of a file that stands where a usable one is missing.
   * @returns {LabError | null}
   */
  get refusal() {
    const names = [...this.#unreadable.keys()];
    if (!this.#parts.has("weights") && !this.#parts.has("index") && this.#shards.size === 0) {
      for (const [kind, pattern] of UNREADABLE) {
        const name = names.find((candidate) => pattern.test(candidate));
        if (name) return new LabError("weights", text.modelImport.refused[kind](name));
      }
    }
    const tokenizer = names.find((name) => OTHER_TOKENIZER.test(name));
    if (tokenizer && !this.#parts.has("tokenizer") && !this.#parts.has("vocabulary")) {
      return new LabError("tokenizer", text.modelImport.refused.otherTokenizer(tokenizer));
    }
    return null;
  }
}

/** @param {File} file @returns {Part} */
export function partOfFile(file) {
  const read = async (blob) => new Uint8Array(await blob.arrayBuffer());
  return { name: file.name, size: file.size, slice: (from, to) => read(file.slice(from, to)), whole: () => read(file) };
}

/** A header of more bytes is none: a thousand tensors take some hundred kilobytes. */
const LONGEST_HEADER = 25e6;

/**
 * The JSON header of a safetensors file, without the rest of it.
 * @param {Part} weights
 * @param {AbortSignal} signal
 * @returns {Promise<Uint8Array>}
 */
export async function readHeader(weights, signal) {
  const refuse = (message) => {
    throw new LabError("weights", message, { place: { name: weights.name } });
  };
  const start = await weights.slice(0, Math.min(weights.size, 8), signal);
  if (start.length < 8) refuse(text.modelImport.tooShort(weights.name, weights.size));
  if (new TextDecoder().decode(start) === "version ") refuse(text.modelImport.pointer(weights.name, weights.size));
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (length > Math.min(weights.size - 8, LONGEST_HEADER)) refuse(text.modelImport.noHeader(weights.name));
  return weights.slice(8, 8 + length, signal);
}

/** The last word of the name under which a configuration was saved, or null. */
export function nameInConfig(config) {
  try {
    const name = JSON.parse(new TextDecoder().decode(config))._name_or_path;
    return typeof name === "string" && name !== "" ? name.replace(/\/+$/, "").split("/").at(-1) || null : null;
  } catch {
    return null; // the core will say what is wrong with this file
  }
}
