// The state of the page: plain values in one place, and who is told when they are set. Events become state (run-events.js), state becomes
// figures (bindings.js); nothing is read back from the document.

/** @typedef {import("../panels/origin.js").Origin} Origin */
/** @typedef {{name: string, content: Uint8Array, others: Array<{name: string, content: Uint8Array}>}} Source a labelled file, and those beside it */
/** @typedef {"loading"|"ready"|"fisher"|"training"|"surface"|"done"|"error"} Phase */

/** @type {Origin} */
export const LIVE = { kind: "live" };
/** @type {Origin} */
export const FINISHED = { kind: "finished" };

/** Phases in which something is under way. */
const BUSY = ["fisher", "training", "surface"];

/** Values of the page; set them by {@link AppState#set}, so that who shows them is told. */
export class AppState {
  // --- what is under way
  /** @type {Phase} */
  phase = "loading";
  /** Whether an experiment could start. */
  runnable = false;
  /** Whether one has ended, so that Run would repeat it. */
  again = false;
  /** The experiment under way: how many runs there are, how many have finished, and results.json so far. @type {{planned: number, finished: number, results: any, metric?: string}} */
  run = { planned: 0, finished: 0, results: null };
  /** @type {object[]} its runs that left the finite numbers */
  diverged = [];

  // --- what is loaded
  /** @type {Source | null} the file of labelled texts */
  source = null;
  /** @type {any} what the core read in it */
  dataset = null;
  /** Which of them the reader brought. */
  own = { dataset: false, model: false, corpus: false };

  /** A lesson is open: ids of the controls that it leaves to the reader. @type {{unlocked: string[]} | null} */
  lesson = null;

  // --- what the figures show
  /** @type {{fisher: any, origin: Origin, of?: number, loss?: string} | null} */
  fisher = null;
  /** The last estimate of each loss, and of which inputs it is. @type {Record<string, {fisher: any, inputs: string}>} */
  losses = {};
  /** @type {Array<{site: string, rate: number}> | null} */
  rates = null;
  /** @type {{runs: object[], origin: Origin, baselines?: object[], metric?: string} | null} curves of training runs, and what is drawn beside them */
  training = null;
  /** @type {{results: any, origin: Origin, progress?: {runs: number, of: number}} | null} */
  verdict = null;
  /** @type {Map<string, any>} runs of the experiment under way, by job */
  runs = new Map();
  /** @type {{results: any, origin: any} | null} what a link brought, until the reader's own results take its place */
  linked = null;
  /** Of what each figure is, and of which day: by id of the figure or of its part. @type {Record<string, {of: string, date: string}>} */
  sources = {};

  /** A file that is labelled by a fine-tuned model. @type {import("../panels/label-file.js").Labelling} */
  labelling = { phase: "none" };

  // --- what can be handed out
  /** @type {any} results.json */
  results = null;
  /** @type {{address: string, own: boolean} | null} the settings that made it, and whether of a reader's own file */
  resultsFrom = null;

  /** @type {Map<string, Set<() => void>>} */
  #subscribers = new Map();

  get busy() {
    return BUSY.includes(this.phase);
  }

  /** @returns {"loading"|"running"|""} why nothing else can begin */
  get lockReason() {
    return this.phase === "loading" ? "loading" : this.busy ? "running" : "";
  }

  /**
   * @param {string} control id of a control of settings
   * @returns {"loading"|"running"|"lesson"|""} why it cannot be used
   */
  lockOf(control) {
    return this.lockReason || (this.lesson && !this.lesson.unlocked.includes(control) ? "lesson" : "");
  }

  /**
   * Sets values as one change; every subscriber of any of them is told once, also where the value is the same as before.
   * @param {Partial<AppState>} values
   */
  set(values) {
    Object.assign(this, values);
    const told = new Set(Object.keys(values).flatMap((name) => [...(this.#subscribers.get(name) ?? [])]));
    for (const subscriber of told) subscriber();
  }

  /**
   * @param {Array<keyof AppState>} names
   * @param {() => void} subscriber called after each change of these values
   */
  subscribe(names, subscriber) {
    for (const name of names) this.#subscribers.set(name, (this.#subscribers.get(name) ?? new Set()).add(subscriber));
  }

  /** Notes of what figures are from now on. */
  note(parts, of, date = new Date().toISOString()) {
    this.set({ sources: { ...this.sources, ...Object.fromEntries(parts.map((part) => [part, { of, date }])) } });
  }

  /** A live figure has ended, finished or not. */
  finishLive() {
    const finished = {};
    for (const name of ["fisher", "training", "verdict"]) {
      if (this[name]?.origin.kind === "live") finished[name] = { ...this[name], origin: FINISHED };
    }
    if (finished.fisher) finished.rates = this.rates; // shown with the same origin
    this.set(finished);
  }
}
