// What has been measured of this machine: how fast each kind of job goes, and how much memory a worker takes.

import { runShare } from "./progress.js";

/** How many batches of texts, or steps, are tried, and how long. */
const TRIAL = { units: 4, milliseconds: 500 };

/** Speeds, and memory by what it depends on. */
export class Measured {
  /** Work per second of one worker; 0 where unknown. */
  speeds = { fisher: 0, run: 0, surface: 0 };
  #bytes = new Map();

  /** @returns {number | undefined} bytes of one worker */
  bytes(key) {
    return this.#bytes.get(key)?.bytes;
  }

  /** The most that a worker of the pool had counts; before there is one, what was tried elsewhere, beside other things, does. */
  noteBytes(key, bytes, { tried = false } = {}) {
    const known = this.#bytes.get(key);
    if (known && tried) return;
    this.#bytes.set(key, { tried, bytes: known && !known.tried ? Math.max(known.bytes, bytes) : bytes });
  }

  /**
   * Times some steps of a job but for its first, which still warms up; a run's steps tell the memory too.
   * @param {(method: string, ...args: unknown[]) => Promise<any>} ask a worker with everything loaded
   * @param {object} config
   * @param {object} job
   * @param {{sites: string[], key: string}} model `key`: on what the memory of a run depends
   * @param {() => boolean} isOver asked before each step: an experiment has begun, which measures better and wants the processor
   */
  async try(ask, config, job, { sites, key }, isOver) {
    const isRun = job.kind === "run";
    await ask("start", config, job, isRun ? { noise: "bernoulli", rates: sites.map((site) => ({ site, rate: 0.1 })) } : null);
    const first = await ask("advance", 1);
    const begin = performance.now();
    const events = [];
    for (let unit = 0; unit < TRIAL.units && performance.now() - begin < TRIAL.milliseconds && !isOver(); unit += 1) events.push(...await ask("advance", 1));
    const seconds = (performance.now() - begin) / 1000;
    const share = isRun ? runShare(job, config.epochs, events) - runShare(job, config.epochs, first)
      : events.filter(({ type }) => type === "fisher_text").length / (job.to - job.from);
    if (share > 0) this.speeds[job.kind] ||= job.work * share / seconds;
    if (isRun) this.noteBytes(key, await ask("memory"), { tried: true });
  }
}
