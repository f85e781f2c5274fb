// The page's one event bus: engine, GPU controller and model import emit events, and the panels' controllers listen.

/**
 * Events by type. `job` is one of the plan's jobs {id, kind, work, …}.
 *
 * | type | further fields | from |
 * |---|---|---|
 * | core_bytes | received | a worker, while the core downloads |
 * | planned | config, jobs, train_rows, test_rows, fraction_rows, workers, fisherOnly | the session, before the first job |
 * | phase | phase: "fisher", "training" or "surface" | the session |
 * | fisher | fisher, of | Fisher information so far, of so many texts |
 * | arms | arms, fisher | the rates of every arm |
 * | job_started | job | |
 * | job_events | job, events | what the core says of a job, in its order (src/lab/event.rs) |
 * | job_kept | job, key, withModel | a finished job is in the browser's database |
 * | jobs_imported | kind, jobs | so many finished jobs come from an imported experiment |
 * | job_died | job, error, retried, workers, rows | `rows`: of a training step at once from now on, where memory ended; else null |
 * | progress | share, secondsLeft | |
 * | results | results, final, runs, of | results.json so far |
 * | landscape | axis, texts | the grid of loss surfaces |
 * | strides | strides | how far each surface moves |
 * | trajectory | arms, x, y, rows, ends, unit, seed | the plane of two trainings |
 * | device_reopened, device_fallback | error | a GPU was lost: opened again, or left for the CPU |
 * | error | error, slot | to be shown, at the place `slot` or where its kind belongs |
 * | notice | words, slot | a remark to be shown |
 * | errors_cleared | slots | these places show nothing any more |
 *
 * @typedef {{type: string, [field: string]: any}} LabEvent
 */

/** @typedef {(event: any) => void} Listener takes the event of its type */

/** Listeners by type of event. Each event reaches all of them at once, in the order in which they came. */
export class EventBus {
  /** @type {Map<string, Listener[]>} */
  #listeners = new Map();

  /**
   * @param {string} type
   * @param {Listener} listener
   */
  on(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  /** @param {Record<string, Listener>} listeners by type */
  onAll(listeners) {
    for (const [type, listener] of Object.entries(listeners)) this.on(type, listener);
  }

  /** @param {LabEvent} event */
  emit(event) {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }
}
