// Opens the workers of a pool: on the session's device for as long as that can be had, then on the CPU.

export const CPU = { kind: "cpu", adapter: null };
/** A driver starts anew after a failure; one that fails again in the same undertaking is left. */
const MOST_LOSSES = 1;

export class Trainers {
  #session;
  #workers;
  #emit;
  #widen;
  /** How often the GPU was lost. */
  #losses = 0;

  /**
   * For one undertaking.
   * @param {import("./session.js").Session} session whose `device` becomes the CPU when the GPU is given up
   * @param {import("./worker-client.js").Workers} workers
   * @param {{emit: (event: object) => void, widen: () => void}} means `widen`: there is room for as many workers as there are cores
   */
  constructor(session, workers, { emit, widen }) {
    this.#session = session;
    this.#workers = workers;
    this.#emit = emit;
    this.#widen = widen;
  }

  /**
   * @param {import("./pool.js").LabWorker | null} before the ended worker whose place the new one takes
   * @returns {Promise<import("./pool.js").LabWorker>} with its `device`
   */
  async open(before) {
    const session = this.#session;
    // Workers that lose their GPU together share one object, and it is one loss: whoever comes first puts another in its place.
    let loss = before?.ended.kind === "device" && before.device === session.device ? before.ended : null;
    if (loss) {
      this.#losses += 1;
      session.device = { ...session.device };
      if (this.#losses > MOST_LOSSES) {
        this.#giveUp(loss);
        loss = null;
      }
    }
    const { device } = session;
    try {
      const worker = await this.#on(device);
      if (loss) this.#emit({ type: "device_reopened", error: loss });
      return worker;
    } catch (error) {
      if (error.kind !== "device" || device.kind === "cpu") throw error;
      if (session.device === device) this.#giveUp(error);
      return this.#on(session.device);
    }
  }

  async #on(device) {
    return Object.assign(await this.#workers.trainer(device.kind), { device });
  }

  #giveUp(error) {
    this.#session.device = CPU;
    this.#emit({ type: "device_fallback", error });
    this.#widen();
  }
}
