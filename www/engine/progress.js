// How far an experiment is and how long it will still take, from the work of its jobs and the speed measured so far.

/**
 * Time to finish when each worker takes the longest waiting job as soon as it is free.
 * @param {number[]} running work left in the jobs under way
 * @param {number[]} waiting work of the jobs not begun
 * @param {number} workers
 * @param {number} speed work per second of one worker
 * @returns {number} seconds
 */
export function makespan(running, waiting, workers, speed) {
  const busy = running.map((work) => work / speed);
  while (busy.length < workers) busy.push(0);
  for (const work of [...waiting].sort((left, right) => right - left)) {
    const freest = busy.indexOf(Math.min(...busy));
    busy[freest] += work / speed;
  }
  return Math.max(0, ...busy);
}

/**
 * How much of a run is done, by the last thing that it told.
 * @param {{units: number, evaluation?: number}} job `units`: its steps; `evaluation`: the share of its work that is evaluation, at the end of each epoch; none where it is not said
 * @param {number} epochs
 * @param {Array<{type: string, step?: number, epoch?: number}>} events
 * @returns {number | null} 0 to 1; null where they do not say
 */
export function runShare({ units: steps, evaluation = 0 }, epochs, events) {
  const last = events.findLast(({ type }) => type === "step" || type === "epoch");
  if (!last) return null;
  if (last.type === "epoch") return last.epoch / epochs;
  const evaluated = Math.floor(((last.step - 1) * epochs) / steps);
  return ((1 - evaluation) * last.step) / steps + (evaluation * evaluated) / epochs;
}

/** Kinds of jobs, in the order in which they are done. */
const KINDS = ["fisher", "run", "trajectory", "landscape", "plane"];

/** Work done and left of one plan. */
export class Progress {
  #jobs = new Map();
  #measured = Object.fromEntries(KINDS.map((kind) => [kind, { work: 0, seconds: 0 }]));

  /**
   * @param {Array<{id: string, kind: "fisher"|"run"|"trial"|"trajectory"|"landscape"|"plane", work: number}>} jobs of the whole plan
   * @param {number} workers
   * @param {Record<string, number>} speeds by kind: work per second of one worker, from before; 0 where unknown
   */
  constructor(jobs, workers, speeds) {
    this.workers = workers;
    this.speeds = { ...speeds };
    this.add(jobs);
  }

  /** Further jobs of the plan, which only its first ones could tell. A trial is a run like any other. */
  add(jobs) {
    for (const { id, kind, work } of jobs) this.#jobs.set(id, { kind: kind === "trial" ? "run" : kind, work, share: 0, running: false });
  }

  /** A job was finished in an earlier run of the same plan. */
  skip(id) {
    this.#jobs.get(id).share = 1;
  }

  /** A job begins, or begins again. */
  begin(id) {
    Object.assign(this.#jobs.get(id), { share: 0, running: true });
  }

  /**
   * @param {string} id
   * @param {number} share of the job that is done, 0 to 1
   * @param {number} seconds that its worker took since the last call
   */
  advance(id, share, seconds) {
    const job = this.#jobs.get(id);
    const measured = this.#measured[job.kind];
    measured.work += (share - job.share) * job.work;
    measured.seconds += seconds;
    job.share = share;
    if (measured.work > 0) this.speeds[job.kind] = measured.work / measured.seconds;
  }

  /** Share of all work that is done. */
  get share() {
    let done = 0;
    let total = 0;
    for (const { work, share } of this.#jobs.values()) {
      done += work * share;
      total += work;
    }
    return total === 0 ? 1 : done / total;
  }

  /** Seconds left, or NaN while nothing has been measured. */
  get secondsLeft() {
    let seconds = 0;
    for (const kind of KINDS) {
      const jobs = [...this.#jobs.values()].filter((job) => job.kind === kind && job.share < 1);
      if (jobs.length === 0) continue;
      const speed = this.speeds[kind] || this.speeds.fisher || this.speeds.run;
      if (!speed) return NaN;
      const left = (running) => jobs.filter((job) => job.running === running).map((job) => job.work * (1 - job.share));
      seconds += makespan(left(true), left(false), this.workers, speed);
    }
    return seconds;
  }
}
