// Which device computes: what the reader chose, what there is, and whether it has passed its check.

import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";
import { PATIENCE_MS } from "./check.js";
import { chooseDevice, CPU, probeDevice } from "./probe.js";

/** Under this key the browser keeps what GPUs were refused for, by adapter and version of their core: {version, findings}. */
const STORAGE_KEY = "gpu-trials";
const VERSION = 1;
const KEPT = 8;
/** Errors that do not show a faulty GPU, or that depend on the workload. */
const FORGOTTEN = ["full", "untried", "unloaded"];

/**
 * @typedef {object} Finding
 * @property {"agrees"|"differs"|"hang"|"failed"|"lost"|"full"|"untried"|"unloaded"} outcome
 * @property {string} message more of it, in the browser's or the core's own words; "" where it agrees
 * @property {import("./check.js").Row[]} rows
 * @property {import("./kernels.js").Choice | null} choice the kernels that it was checked with; null where none was chosen
 * @property {string} date ISO
 */

/**
 * The part of the session that the controller steers: its device.
 * @typedef {object} Session
 * @property {{device: {kind: string, adapter: string | null}, endCheck: () => void, loadGpu: () => Promise<void>,
 *   checkGpu: (how: {adapter: string, patienceMs: number, afresh: boolean, onRow: (row: import("./check.js").Row) => void,
 *   onChoice: (choice: import("./kernels.js").Choice | null) => void}) => Promise<void>}} workers
 * @property {Promise<void>} settled until then the device may still become another
 * @property {Promise<void>} checked what begins waits for this
 * @property {() => Promise<void>} rest settles when nothing computes
 */

/** Chooses the device, and has a GPU checked before it is used. */
export class GpuController {
  #settings;
  #session;
  #events;
  #panel;
  #core;
  #onSettled;
  /** @type {import("./probe.js").Probe | null} */
  #probe = null;
  /** Downloads for the CPU come before those for a GPU. @type {Promise<unknown>} */
  #loaded = Promise.resolve();
  /** GPUs found during this visit, and those that earlier visits refused. */
  #findings = recall();
  /** Counts choices: a check that ends after another choice no longer matters. */
  #choice = 0;

  /**
   * @param {object} page
   * @param {{get: (name: string) => any}} page.settings
   * @param {Session} page.session
   * @param {import("../platform/events.js").EventBus} page.events
   * @param {{device: {show: (standing: object) => void}}} page.panels
   * @param {object} means
   * @param {{sha256: string | null, keep: () => void}} means.core the core for GPUs: its digest, and how the browser is asked to keep it
   * @param {() => void} means.onSettled told when the device may have changed
   */
  constructor({ settings, session, events, panels }, { core, onSettled }) {
    this.#settings = settings;
    this.#session = session;
    this.#events = events;
    this.#panel = panels.device;
    this.#core = core;
    this.#onSettled = onSettled;
    events.on("device_fallback", ({ error }) => this.#lost(error));
  }

  /** Whether the browser has said what there is. */
  get known() {
    return this.#probe !== null;
  }

  /**
   * Asks the browser once what there is.
   * @param {Promise<unknown>} loading what the CPU needs
   */
  async start(loading) {
    this.#loaded = loading.catch(() => {}); // reported by the loader
    this.#probe = await probeDevice();
    this.choose();
  }

  #show(standing) {
    this.#panel.show({ adapter: this.#probe.adapter, reason: this.#probe.reason, ...standing });
  }

  get #key() {
    return `${this.#probe.adapter} ${this.#core.sha256}`;
  }

  /** Goes by the present settings. */
  choose({ afresh = false } = {}) {
    if (!this.#probe) return;
    const session = this.#session;
    const mine = ++this.#choice;
    session.workers.endCheck();
    session.workers.device = CPU; // until the GPU is known to be sound
    session.settled = session.checked = Promise.resolve();
    if (chooseDevice(this.#settings.get("device"), this.#probe) === "cpu") {
      this.#show({ standing: "cpu" });
      return;
    }
    session.settled = this.#judge(afresh, () => mine === this.#choice);
    if (afresh || this.#settings.get("device") === "webgpu") session.checked = session.settled; // an explicit choice waits for the check
  }

  async #judge(afresh, isPresent) {
    const known = afresh ? undefined : this.#findings.get(this.#key);
    const finding = known ?? (await this.#check(isPresent, afresh));
    if (!isPresent()) return;
    if (!known) this.#remember(finding);
    const agrees = finding.outcome === "agrees";
    if (agrees) {
      this.#session.workers.device = { kind: "webgpu", adapter: this.#probe.adapter };
      this.#core.keep();
    } else if (!known) {
      this.#notify(finding);
    }
    this.#show({ standing: agrees ? "believed" : "refused", finding, remembered: Boolean(known) });
    this.#onSettled();
  }

  /** @returns {Promise<Finding | null>} null where it is of no interest any more */
  async #check(isPresent, afresh) {
    const { workers } = this.#session;
    const patienceMs = this.#probe.reason === "software" ? PATIENCE_MS.software : PATIENCE_MS.hardware;
    const rows = [];
    let choice = null;
    const onChoice = (chosen) => {
      choice = chosen;
    };
    const onRow = (row) => {
      rows.push(row);
      if (isPresent()) this.#show({ standing: "checking", rows });
    };
    this.#show({ standing: "loading" });
    try {
      await this.#loaded;
      if (isPresent()) await workers.loadGpu();
      await this.#session.rest(); // an experiment that has begun without the GPU ends without it
      if (!isPresent()) return null;
      this.#session.checked = this.#session.settled;
      this.#show({ standing: "checking" });
      await workers.checkGpu({ adapter: this.#probe.adapter, patienceMs, afresh, onRow, onChoice });
      return found("agrees", "", rows, choice);
    } catch (error) {
      return found(error.outcome ?? "untried", error.message, rows, choice);
    }
  }

  /** The GPU failed while an experiment ran, which has gone on with the CPU. */
  #lost(error) {
    const finding = found(error.outcome ?? "failed", error.message, []);
    this.#remember(finding);
    this.#notify(finding);
    this.#show({ standing: "refused", finding });
  }

  #remember(finding) {
    if (FORGOTTEN.includes(finding.outcome)) return;
    this.#findings.delete(this.#key);
    this.#findings.set(this.#key, finding);
    if (!this.#core.sha256) return; // of another version it could not be told apart
    const refused = [...this.#findings].filter(([, { outcome }]) => outcome !== "agrees");
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify({ version: VERSION, findings: refused.slice(-KEPT) }));
    } catch {
      // a browser that keeps nothing checks the GPU at each visit
    }
  }

  #notify({ outcome, message }) {
    const words = text.device.outcomes[outcome];
    this.#events.emit({ type: "notice", words: message ? [words, text.marks.gap, technicalDetail(message)] : words });
  }
}

/** @returns {Finding} */
const found = (outcome, message, rows, choice = null) => ({ outcome, message, rows, choice, date: new Date().toISOString() });

/** @returns {Map<string, Finding>} the checks that failed */
function recall() {
  try {
    const { version, findings } = JSON.parse(localStorage.getItem(STORAGE_KEY));
    if (version === VERSION) return new Map(findings.filter(([, { outcome, rows }]) => outcome in text.device.outcomes && Array.isArray(rows)));
  } catch {
    // nothing is kept, or nothing that this page can read
  }
  return new Map();
}
