// A pool of workers that works through independent jobs.

/** @typedef {import("./worker-client.js").WorkerClient} WorkerClient */

/** Kinds of errors that cost a job its worker. */
const DEADLY = ["crash", "device", "memory"];
/** How often a job is tried. A lost GPU may be lost again, before the CPU takes over. */
const TRIES = { crash: 2, device: 3, memory: 2 };

/**
 * Works through jobs on several workers, longest first. Jobs are independent, so neither the size nor the order changes a number.
 */
export class Pool {
  /** @type {WorkerClient[]} by slot */
  #workers = [];
  #create;
  #stopped = false;
  /** @type {(() => void) | null} */
  #resume = null;
  /** @type {Promise<void> | null} */
  #paused = null;
  /** @type {() => void} */
  #tellStopped;
  /** @type {Promise<void>} settles when it is stopped */
  whenStopped = new Promise((resolve) => {
    this.#tellStopped = resolve;
  });
  /** How many workers there is memory for, as far as is known. */
  #most = Infinity;
  /** @type {(size: number) => void} */
  #widen = () => {};

  /** @param {(before: WorkerClient | null) => Promise<WorkerClient>} create makes a worker with everything loaded; `before`: the ended one whose place it takes */
  constructor(create) {
    this.#create = create;
  }

  /** Stops pulling until `resume`. */
  pause() {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
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
   * Performs every job once, and again where it cost its worker. A worker that ran out of memory is not replaced while others work: what
   * it had goes to them. The last one is asked for less.
   * @param {Array<{id: string, work: number}>} jobs
   * @param {number} size how many workers
   * @param {(worker: WorkerClient, job: object) => Promise<void>} perform
   * @param {(job: object, error: object, outcome: {retried: boolean, workers: number, rows: number | null}) => void} report called for a job that died;
   *   `workers`: how many there are from now on; `rows`: what `lessen` said
   * @param {object} [others]
   * @param {Array<{id: string, work: number}>} [others.ahead] done before the longest, in this order
   * @param {Promise<Array<{id: string, work: number}>> | null} [others.later] jobs that become known meanwhile, and a fault that ends all where it rejects
   * @param {(job: any, error: any, worker: WorkerClient) => number | null} [others.lessen] asked where no memory is left to give: how many rows at once
   *   the job takes the next time; null where it cannot take fewer
   * @returns {Promise<Array<{job: object, error: object}>>} the jobs that failed
   */
  async drain(jobs, size, perform, report, { ahead = [], later = null, lessen = () => null } = {}) {
    const longestFirst = (some) => [...some].sort((left, right) => right.work - left.work);
    const queue = [...ahead, ...longestFirst(jobs)];
    const tries = new Map(queue.map(({ id }) => [id, 0]));
    const failed = [];
    const loops = [];
    /** Slots whose worker pulls jobs. */
    const pulling = new Set();
    let wanted;
    let fatal = null;
    /** Those that found the queue empty while more was to come. */
    const idle = [];
    const wake = () => {
      for (const go of idle.splice(0)) go();
    };
    let isOpen = later !== null;
    later
      ?.then(
        (more) => {
          for (const { id } of more) tries.set(id, 0);
          queue.push(...longestFirst(more));
        },
        (error) => {
          fatal ??= error;
        },
      )
      .finally(() => {
        isOpen = false;
        if (this.#widen === widen) widen(wanted); // there may be more to do than there was
        wake();
      });
    this.whenStopped.then(wake);

    /** @returns {boolean} whether the worker's slot goes on */
    const take = (job, error, slot) => {
      const deadly = DEADLY.includes(error.kind) && !error.unloadable;
      if (!deadly && !["crash", "diverged"].includes(error.kind)) {
        fatal = error;
        return false;
      }
      const worker = this.#workers[slot];
      if (deadly) worker?.end(error);
      const yields = error.isFull && pulling.size > 1;
      const madeRoom = error.isFull && this.#makeRoom(pulling);
      const rows = error.isFull && worker && !yields && !madeRoom ? lessen(job, error, worker) : null;
      if (!yields && rows === null) tries.set(job.id, tries.get(job.id) + 1);
      const retried = deadly && tries.get(job.id) < TRIES[error.kind];
      if (retried) queue.unshift(job);
      else failed.push({ job, error });
      report(job, error, { retried, workers: Math.min(wanted, this.#most), rows });
      return !yields;
    };
    const loop = async (slot) => {
      for (let goes = true; goes && (queue.length > 0 || isOpen) && !fatal && (await this.gate());) {
        const job = queue.shift();
        if (!job) {
          // Another worker was quicker at the gate; wait only while more is to come.
          if (isOpen) {
            await new Promise((go) => {
              idle.push(go);
            });
          }
          continue;
        }
        try {
          await perform(await this.#worker(slot), job);
        } catch (error) {
          if (this.#stopped) return;
          goes = take(job, error, slot);
          wake();
        }
      }
      pulling.delete(slot);
    };

    const widen = (this.#widen = (target) => {
      wanted = target;
      const most = Math.min(wanted, this.#most, pulling.size + queue.length);
      for (let slot = 0; pulling.size < most; slot += 1) {
        if (pulling.has(slot)) continue;
        pulling.add(slot);
        loops.push(loop(slot));
      }
    });
    widen(size);
    for (const under of loops) await under; // those that join later are awaited too
    this.#widen = () => {};
    if (fatal) throw fatal;
    return failed;
  }

  /** More workers from now on: what was to be done by a GPU is done by cores. */
  widen(size) {
    this.#widen(size);
  }

  /**
   * Memory has ended: there was enough for the others, and those that wait for the next phase give theirs back.
   * @returns {boolean} whether any gave
   */
  #makeRoom(pulling) {
    const idle = this.#workers.filter((worker, slot) => worker && !worker.ended && !pulling.has(slot));
    this.#most = Math.max(1, pulling.size - 1 + idle.length);
    for (const worker of idle) worker.end();
    return idle.length > 0;
  }

  async #worker(slot) {
    const present = this.#workers[slot] ?? null;
    if (present && !present.ended) return present;
    const fresh = await this.#create(present);
    if (this.#stopped) fresh.end();
    this.#workers[slot] = fresh;
    return fresh;
  }

  /** Ends the workers where they stand; what has not finished is dropped. */
  stop() {
    this.#stopped = true;
    this.#tellStopped();
    this.resume();
    this.close();
  }

  /** Ends every worker, which gives their memory back. */
  close() {
    for (const worker of this.#workers) worker?.end();
    this.#workers = [];
  }
}
