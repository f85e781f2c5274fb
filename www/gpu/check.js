// The GPU on trial: every family of kernels that training uses, on the GPU and on the CPU, in a worker of its own.

/**
 * No answer for so long is a hang. A software adapter is itself a program on a busy CPU. Later, in training, a step of a large model may truly
 * take so long; there the system ends what hangs, and the GPU is lost.
 */
export const PATIENCE_MS = { hardware: 10_000, software: 120_000 };

/**
 * @typedef {object} Row how the two compare in one family
 * @property {string} family
 * @property {number} difference the largest, as a share of the largest number
 * @property {number} tolerance
 * @property {boolean} ok
 * @property {number} ms on both devices together, compiling included
 */

/**
 * Opens the GPU in a worker and lets it compute what the CPU computes too.
 * @param {import("../engine/pool.js").LabWorker} worker not yet open
 * @param {WebAssembly.Module} core compiled
 * @param {{patienceMs: number, lastOnly?: boolean, onRow?: (row: Row) => void}} how `lastOnly`: a whole training step alone, for a GPU that has
 *   passed before
 * @returns {Promise<void>} rejects with {kind: "device", outcome: "differs"|"hang"|"failed"|"lost"|"full"|"unloaded", message}, or with what is
 *   no fault of the GPU's, as it came
 */
export async function tryGpu(worker, core, { patienceMs, lastOnly = false, onRow = () => {} }) {
  const answer = (...call) => withPatience(worker.call(...call), patienceMs);
  try {
    await answer("open", "webgpu", core);
    const families = await answer("families");
    for (let family = lastOnly ? families - 1 : 0; family < families; family += 1) {
      const begin = performance.now();
      const row = { ...await answer("check", family), ms: Math.round(performance.now() - begin) };
      onRow(row);
      if (!row.ok) throw { kind: "device", outcome: "differs", message: `${row.family}: ${row.difference.toExponential(1)} > ${row.tolerance}` };
    }
  } catch (error) {
    if (error.kind === "network") throw { ...error, kind: "device", outcome: "unloaded" };
    // A driver can bring the program down in more ways than one.
    if (error.kind === "device" || (error.kind === "crash" && !error.unloadable)) throw { outcome: "failed", ...error, kind: "device" };
    throw error;
  }
}

function withPatience(promise, patienceMs) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject({ kind: "device", outcome: "hang", message: "" }), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
