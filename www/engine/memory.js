// How much memory an experiment takes before it runs, and how many workers fit.

/** A worker's program with its tokenizer. */
const PROGRAM = 40e6;
/** No wasm instance can have more: its addresses are 32 bits wide. */
export const MOST_OF_A_WORKER = 2 ** 32;

/**
 * @typedef {object} Shape
 * @property {number} parameters
 * @property {number} layers
 * @property {number} hidden
 * @property {number} heads
 */

/**
 * Bytes of one worker that trains, roughly: five copies of the parameters (pretrained, present, gradient, two moments of AdamW)
 * and the activations kept for the backward pass.
 * @param {{batch_size: number, micro_batch_size: number, max_tokens: number}} config
 * @param {Shape} shape
 */
export function memoryOfWorker({ batch_size: rows, micro_batch_size: together, max_tokens: tokens }, { parameters, layers, hidden, heads }) {
  const activations = layers * Math.min(rows, together) * tokens * (24 * hidden + 4 * heads * tokens);
  return PROGRAM + 4 * (5 * parameters + activations);
}

/** Bytes of the whole pool and the coordinator, roughly. */
export function memoryOf(config, workers, shape) {
  return workers * memoryOfWorker(config, shape) + PROGRAM + 8 * shape.parameters;
}

/** Where the browser does not say how much memory the machine has; Chromium says at most 8 or 32, whatever there is. */
const ASSUMED_GIB = 4;
/** The share of it that workers may take together. */
const SHARE = 0.5;

/** More than this many workers gain little and cost memory. */
const MOST_WORKERS = 16;

/** @returns {number} bytes that all workers may take together */
export const memoryBudget = () => (navigator.deviceMemory ?? ASSUMED_GIB) * SHARE * 2 ** 30;

/**
 * How many workers train at once: one per core on the CPU, as far as memory goes; one on a GPU; never more than there are jobs.
 * @param {{device: string, jobs: number, wanted: number, bytesPerWorker: number}} need `wanted`: the reader's number, which nothing but the
 *   jobs caps, or 0 for automatic
 * @returns {{size: number, capped: boolean}} `capped`: whether memory is why there are no more
 */
export function poolSize({ device, jobs, wanted, bytesPerWorker }) {
  if (wanted) return { size: Math.max(1, Math.min(wanted, jobs)), capped: false };
  const useful = Math.min(device === "webgpu" ? 1 : navigator.hardwareConcurrency || 2, MOST_WORKERS, jobs);
  const fitting = Math.floor(memoryBudget() / bytesPerWorker);
  return { size: Math.max(1, Math.min(useful, fitting)), capped: fitting < useful };
}
