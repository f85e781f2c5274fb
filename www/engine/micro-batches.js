// How many rows of a training step are computed together: as many as the settings say, until memory ends.

/** Kinds of jobs that train, in steps that can be computed a few rows at a time. */
const IN_STEPS = ["run", "trial", "trajectory"];

/** The micro-batches of one task. Each kind of device has its own: what is too much for a GPU may be little for the machine's memory. */
export class MicroBatches {
  #asked;
  /** @type {Map<string, number>} rows by kind of device, where they are fewer than the settings say */
  #rows = new Map();

  /** @param {Record<string, any>} config as the core checked it */
  constructor(config) {
    this.#asked = config;
  }

  /**
   * @param {{kind: string}} device
   * @returns {Record<string, any>} the settings by which a job is begun there
   */
  configFor({ kind }) {
    const rows = this.#rows.get(kind);
    return rows === undefined ? this.#asked : { ...this.#asked, micro_batch_size: rows };
  }

  /**
   * Memory has ended: half as many rows from now on.
   * @param {{kind: string}} job
   * @param {{kind: string}} device
   * @returns {number | null} how many; null where fewer would not help
   */
  halve(job, device) {
    const { batch_size: step, micro_batch_size: together } = this.configFor(device);
    const rows = Math.floor(Math.min(step, together) / 2);
    if (rows === 0 || !IN_STEPS.includes(job.kind)) return null;
    this.#rows.set(device.kind, rows);
    return rows;
  }
}
