// Errors in one shape, from the core, a worker or the page.

/**
 * @typedef {object} ErrorFacts
 * @property {{line?: number, column?: string, name?: string}} [place] where: in a file, or which setting
 * @property {string} [expected] what should have been there
 * @property {string} [got] what was found
 * @property {string} [language] of the message, where it is not the page's own
 * @property {boolean} [unloadable] whether a worker's program could not be fetched or started
 * @property {string} [outcome] of a GPU's check (gpu/check.js)
 * @property {object} [divergence] the core's event of a run whose loss is no longer finite
 * @property {string} [reason] why a result link was refused (share/result-link.js)
 * @property {string[]} [arms] whose models belong to other settings or data
 * @property {unknown} [cause]
 */

/** Facts that may cross from a worker to the page. */
const ON_THE_WIRE = ["place", "expected", "got", "language"];
/** How browsers, drivers and the core say that a buffer is larger than a GPU allows, or than its memory. */
const TOO_LARGE =
  /out[ _]of[ _](device |host |gpu |DEVICE_|HOST_)?memory|not enough memory|can't allocate buffer|(exceeds|larger than|greater than) the max/i;

/** @param {string} message of a GPU's error */
export const isTooLarge = (message) => TOO_LARGE.test(message);

/**
 * @typedef {object} WireError an error as a message between page and worker carries it
 * @property {string} kind
 * @property {string} message
 * @property {ErrorFacts["place"]} [place]
 * @property {string} [expected]
 * @property {string} [got]
 * @property {string} [language]
 */

/** An error with a kind, by which the page chooses where and in which words it is shown. */
export class LabError extends Error {
  /** @type {ErrorFacts["place"]} */
  place;
  /** @type {string | undefined} */
  expected;
  /** @type {string | undefined} */
  got;
  /** @type {string | undefined} */
  language;
  /** @type {boolean | undefined} */
  unloadable;
  /** @type {string | undefined} */
  outcome;
  /** @type {object | undefined} */
  divergence;
  /** @type {string | undefined} */
  reason;
  /** @type {string[] | undefined} */
  arms;

  /**
   * @param {string} kind the core's ("dataset", "tokenizer", "model_config", "weights", "config", …) or the page's ("page", "busy", "crash",
   *   "memory", "device", "network", "stopped", "diverged", "archive", "link", "hub", "unread", "unlabelled", "other models")
   * @param {string} message a sentence in the page's language, or in `facts.language`
   * @param {ErrorFacts} [facts]
   */
  constructor(kind, message, { cause, ...facts } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LabError";
    this.kind = kind;
    Object.assign(this, facts);
  }

  /**
   * Anything that was thrown: what has a kind keeps its facts, everything else is an error of the page's own program.
   * @param {unknown} thrown
   * @returns {LabError}
   */
  static from(thrown) {
    if (thrown instanceof LabError) return thrown;
    if (typeof thrown === "object" && thrown !== null && "kind" in thrown && typeof thrown.kind === "string") {
      const { kind, message, ...facts } = /** @type {WireError} */ (thrown);
      return new LabError(kind, String(message ?? kind), facts);
    }
    return new LabError("page", thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }

  /**
   * The same error with other facts.
   * @param {ErrorFacts & {kind?: string, message?: string}} changed
   */
  with({ kind = this.kind, message = this.message, ...facts }) {
    const { place, expected, got, language, unloadable, outcome, divergence, reason, arms } = this;
    return new LabError(kind, message, { place, expected, got, language, unloadable, outcome, divergence, reason, arms, ...facts, cause: this });
  }

  /** Whether less at once might do: memory has ended, the machine's or a GPU's. */
  get isFull() {
    return this.kind === "memory" || (this.kind === "device" && (this.outcome === "full" || isTooLarge(this.message)));
  }

  /** @returns {WireError} */
  toWire() {
    const facts = Object.fromEntries(ON_THE_WIRE.filter((name) => this[name] !== undefined).map((name) => [name, this[name]]));
    return { kind: this.kind, message: this.message, ...facts };
  }
}
