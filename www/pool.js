// Workers, and a pool of them that works through independent jobs.

/** A worker with a Lab inside, called like an object: `await worker.call("plan", config)`. */
export class LabWorker {
  #worker;
  #pending = new Map();
  #next = 1;
  dead = false;
  /** What has been loaded into this worker; the session keeps its notes here. */
  loaded = {};

  /**
   * @param {string} name for the browser's own tools
   * @param {(received: number) => void} [onBytes] told while the core downloads
   */
  constructor(name, onBytes = () => {}) {
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module", name });
    this.#worker.addEventListener("message", ({ data: { id, result, error, received } }) => {
      if (received !== undefined) {
        onBytes(received);
        return;
      }
      const call = this.#pending.get(id);
      this.#pending.delete(id);
      if (error?.kind === "crash") this.#die(error);
      if (error) call?.reject(error);
      else call?.resolve(result);
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#die({ kind: "crash", message: event.message || "worker.js or the wasm core could not be loaded", unloadable: !event.message });
    });
    this.#worker.addEventListener("messageerror", () => this.#die({ kind: "crash", message: "a message could not be read" }));
  }

  #die(error) {
    this.dead = true;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  /**
   * @param {string} method one of the core's (contract), or "open"
   * @param {...unknown} args plain data; copied, not moved
   * @returns {Promise<any>} rejects with {kind, message, place}
   */
  call(method, ...args) {
    if (this.dead) return Promise.reject({ kind: "crash", message: "the worker has ended" });
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  terminate() {
    this.#die({ kind: "stopped", message: "stopped" });
  }
}

/**
 * Works through jobs on several workers, longest first. Jobs are independent, so neither the size nor the order changes a number.
 */
export class Pool {
  #workers = [];
  #create;
  #stopped = false;
  #resume = null;
  #paused = null;

  /** @param {(slot: number) => Promise<LabWorker>} create makes a worker with everything loaded */
  constructor(create) {
    this.#create = create;
  }

  /** Stops pulling until `resume`. */
  pause() {
    this.#paused ??= new Promise((resolve) => { this.#resume = resolve; });
  }

  resume() {
    this.#resume?.();
    this.#paused = this.#resume = null;
  }

  get paused() {
    return this.#paused !== null;
  }

  get stopped() {
    return this.#stopped;
  }

  /**
   * Waits while paused. Jobs await this between two calls of `advance`, so pausing takes effect within one of them.
   * @returns {Promise<boolean>} whether to go on
   */
  async gate() {
    while (this.#paused && !this.#stopped) await this.#paused;
    return !this.#stopped;
  }

  /**
   * Performs every job once, twice where its worker died.
   * @param {Array<{id: string, work: number}>} jobs
   * @param {number} size how many workers
   * @param {(worker: LabWorker, job: object) => Promise<void>} perform
   * @param {(job: object, error: object, retried: boolean) => void} report called for a job that died
   * @returns {Promise<Array<{job: object, error: object}>>} the jobs that were lost
   */
  async drain(jobs, size, perform, report) {
    const queue = [...jobs].sort((left, right) => right.work - left.work);
    const retried = new Set();
    const lost = [];
    let fatal = null;
    const loop = async (slot) => {
      while (queue.length > 0 && !fatal && await this.gate()) {
        const job = queue.shift();
        try {
          await perform(await this.#worker(slot), job);
        } catch (error) {
          if (this.#stopped) return;
          const again = error.kind === "crash" && !error.unloadable && !retried.has(job.id);
          if (error.kind === "crash" || error.kind === "diverged") {
            report(job, error, again);
            if (again) queue.unshift(job);
            else lost.push({ job, error });
            retried.add(job.id);
          } else {
            fatal = error;
          }
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(size, jobs.length) }, (_, slot) => loop(slot)));
    if (fatal) throw fatal;
    return lost;
  }

  async #worker(slot) {
    if (!this.#workers[slot] || this.#workers[slot].dead) {
      const worker = await this.#create(slot);
      if (this.#stopped) worker.terminate();
      this.#workers[slot] = worker;
    }
    return this.#workers[slot];
  }

  /** Ends the workers where they stand; what has not finished is dropped. */
  stop() {
    this.#stopped = true;
    this.resume();
    this.close();
  }

  /** Ends every worker, which gives their memory back. */
  close() {
    for (const worker of this.#workers) worker?.terminate();
    this.#workers = [];
  }
}
