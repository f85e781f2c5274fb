// What a reader has decided about suspect labels: kept by the digest of the labelled file and by how it is read.

import { fingerprintOf } from "../platform/fingerprint.js";

/** @typedef {{example: number, given: string, kind: "right" | "drop" | "relabel", corrected?: string}} Decision labels by name */

/** Decisions that outlast opening another experiment, and the visit where the browser lets them. */
export class Decisions {
  #store;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * @param {{sha256: string, others: Array<{sha256: string}>, options: Record<string, any>}} dataset
   * @returns {Promise<Decision[] | null>} null where there are none, not even that nothing is decided any more
   */
  async of(dataset) {
    if (!dataset.sha256) return null; // this browser makes no digests here
    const kept = await this.#store.get("decisions", dataset.sha256);
    return kept?.[await readingOf(dataset)] ?? null;
  }

  /**
   * @param {Parameters<Decisions["of"]>[0]} dataset
   * @param {Decision[]} decisions
   */
  async keep(dataset, decisions) {
    if (!dataset.sha256) return;
    const kept = await this.#store.get("decisions", dataset.sha256);
    await this.#store.put("decisions", dataset.sha256, { ...kept, [await readingOf(dataset)]: decisions });
  }
}

/**
 * A row has its number by how the files are read; labels that were corrected do not change it.
 * @param {Parameters<Decisions["of"]>[0]} dataset
 */
function readingOf({ others, options }) {
  const { name: _name, corrections: _corrections, ...reading } = options;
  return fingerprintOf([reading, others.map(({ sha256 }) => sha256)]);
}
