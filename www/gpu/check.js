// The check of a GPU before it is used: every family of kernels that training uses, on the GPU and on the CPU, in a worker of its own.

import { LabError } from "../platform/lab-error.js";

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
 * @param {{call: (method: string, ...args: unknown[]) => Promise<any>}} worker not yet open
 * @param {WebAssembly.Module} core compiled
 * @param {{patienceMs: number, lastOnly?: boolean, onRow?: (row: Row) => void, fit?: (answer: (method: string, ...args: unknown[]) => Promise<any>) => Promise<unknown>}} how
 *   `lastOnly`: a whole training step alone, for a GPU that has passed before; `fit`: chooses the kernels that are checked, once the GPU is open
 * @returns {Promise<void>} rejects with a LabError of kind "device" whose outcome is "differs", "hang", "failed", "lost", "full" or "unloaded", or with what is
 *   no fault of the GPU's, as it came
 */
export async function checkGpuIn(worker, core, { patienceMs, lastOnly = false, onRow = () => {}, fit = async () => {} }) {
  /** @param {string} method */
  const answer = (method, ...args) => withPatience(worker.call(method, ...args), patienceMs);
  try {
    await answer("open", "webgpu", core);
    await fit(answer);
    const families = await answer("families");
    for (let family = lastOnly ? families - 1 : 0; family < families; family += 1) {
      const begin = performance.now();
      const row = { ...(await answer("check", family)), ms: Math.round(performance.now() - begin) };
      onRow(row);
      if (!row.ok) throw new LabError("device", `${row.family}: ${row.difference.toExponential(1)} > ${row.tolerance}`, { outcome: "differs" });
    }
  } catch (thrown) {
    const error = LabError.from(thrown);
    if (error.kind === "network") throw error.with({ kind: "device", outcome: "unloaded" });
    // A driver can bring the program down in more ways than one.
    if (error.kind === "device" || (error.kind === "crash" && !error.unloadable)) {
      throw error.with({ kind: "device", outcome: error.outcome ?? "failed" });
    }
    throw error;
  }
}

function withPatience(promise, patienceMs) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LabError("device", "", { outcome: "hang" })), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
