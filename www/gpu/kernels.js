// The choice of kernels by time. A GPU that nobody here has seen may be faster with other kernels than those that are usual for its like, so each
// way to compute is timed there on the model's own shapes, for a second at most. The browser keeps the choice, by adapter, version of the core and shapes.

/** Under this key: {version, choices: [[key, choice], …]}. */
const STORAGE_KEY = "gpu-kernels";
const VERSION = 1;
const KEPT = 8;
/** All ways together, compiling included; the way that is being timed is finished. */
const BUDGET_MS = 1000;
/** One way is timed for about so long: a clock of a browser is coarse, and reading an answer back takes some milliseconds of its own. */
const WAY_MS = 30;
const MOST_ROUNDS = 64;

/**
 * @typedef {{part: "products" | "rows", way: string}} Way
 * @typedef {object} Choice
 * @property {{products: string, rows: string}} kernels what is computed by
 * @property {[Way, number | null][]} times milliseconds of a round of each way that there was time for; null where it failed
 */

/**
 * Times the ways, the usual ones first.
 * @param {(method: string, ...args: unknown[]) => Promise<any>} answer asks a worker whose device is open; it keeps the clock
 * @param {Uint8Array} config the model's config.json
 * @param {Way[]} ways
 * @param {[Way, number | null][]} times filled; ends with the way that failed, if one did
 * @returns {Promise<void>}
 */
async function timed(answer, config, ways, times) {
  let left = BUDGET_MS;
  const run = async (way, rounds) => {
    const ms = await answer("timeWay", config, way, rounds);
    left -= ms;
    return ms;
  };
  for (const way of ways) {
    if (left <= 0) break;
    times.push([way, null]);
    await run(way, 1); // compiles
    const idle = await run(way, 0);
    const once = Math.max((await run(way, 1)) - idle, 0.1);
    const rounds = Math.min(Math.ceil(WAY_MS / once), MOST_ROUNDS);
    const ms = rounds === 1 ? once : ((await run(way, rounds)) - idle) / rounds;
    if (ms > 0) times.at(-1)[1] = ms;
  }
}

/** The choices of this browser. */
export class KernelChoices {
  #kept = recall();
  /** How often a way brought its worker down; the usual kernels are then the choice. */
  failures = 0;

  /**
   * Has a worker compute by the fastest kernels of its adapter for a model: those of an earlier visit, or timed now.
   * @param {(method: string, ...args: unknown[]) => Promise<any>} answer asks the worker
   * @param {{adapter: string | null, sha256: string | null, config: Uint8Array}} of the adapter's name, the core's digest, the model's config.json
   * @returns {Promise<Choice>} rejects where a way fails; asked again, it does without timing
   */
  async fit(answer, { adapter, sha256, config }) {
    const { shapes, usual, ways } = await answer("kernelWays", config);
    const key = [adapter, sha256, ...Object.values(shapes)].join(" ");
    let choice = this.#kept.get(key);
    if (!choice) {
      const times = [];
      const keep = (kernels) => {
        choice = { kernels, times };
        this.#keep(key, choice, sha256 !== null); // of another version it could not be told apart
      };
      try {
        await timed(answer, config, ways, times);
        keep(await answer("fastestKernels", times));
      } catch (error) {
        this.failures += 1;
        keep(usual);
        throw error;
      }
    }
    await answer("setKernels", choice.kernels);
    return choice;
  }

  /** Times anew what has been timed: the reader asks for another check. */
  forget() {
    this.#kept.clear();
  }

  #keep(key, choice, isLasting) {
    this.#kept.delete(key);
    this.#kept.set(key, choice);
    if (!isLasting) return;
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify({ version: VERSION, choices: [...this.#kept].slice(-KEPT) }));
    } catch {
      // a browser that keeps nothing times the kernels at each visit
    }
  }
}

/** @returns {Map<string, Choice>} */
function recall() {
  try {
    const { version, choices } = JSON.parse(localStorage.getItem(STORAGE_KEY));
    if (version === VERSION) return new Map(choices.filter(([, { kernels, times }]) => typeof kernels.products === "string" && Array.isArray(times)));
  } catch {
    // nothing is kept, or nothing that this page can read
  }
  return new Map();
}
