// Which device computes: what the reader chose, what there is, and whether it has passed its trial.

import { chooseDevice, probeDevice } from "./probe.js";
import { PATIENCE_MS } from "./check.js";
import { showNotice } from "../panels/errors.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";
import { CPU } from "../engine/trainers.js";
import { gpuCore, keepGpuCore } from "../app/version.js";

/** Under this key the browser keeps what GPUs were refused for, by adapter and version of their core: {version, findings}. */
const SHELF = "gpu-trials";
const VERSION = 1;
const KEPT = 8;
/** What is no fault of the GPU's, or depends on how much is asked of it. */
const FORGOTTEN = ["full", "untried", "unloaded"];

/**
 * @typedef {object} Finding
 * @property {"agrees"|"differs"|"hang"|"failed"|"lost"|"full"|"untried"|"unloaded"} outcome
 * @property {string} message more of it, in the browser's or the core's own words; "" where it agrees
 * @property {import("./check.js").Row[]} rows
 * @property {string} date ISO
 */

/**
 * @param {object} page {state, session, panels}
 * @param {{onSettled: () => void}} actions told when the device may have changed
 */
export function createDevices({ state, session, panels }, { onSettled }) {
  let probe = null;
  /** What the CPU needs comes before what a GPU needs. */
  let loaded = Promise.resolve();
  /** What was found by this visit, and refused by earlier ones. */
  const findings = recall();
  /** Counts choices: a trial that ends after another choice no longer matters. */
  let choice = 0;

  const show = (standing) => panels.device.show({ adapter: probe.adapter, reason: probe.reason, ...standing });
  const keyNow = () => `${probe.adapter} ${gpuCore}`;
  const found = (outcome, message, rows) => ({ outcome, message, rows, date: new Date().toISOString() });

  /** Goes by the present settings. */
  function choose({ afresh = false } = {}) {
    if (!probe) return;
    const mine = ++choice;
    session.workers.endTrial();
    session.device = CPU; // until the GPU is known to be sound
    session.settled = session.tried = Promise.resolve();
    if (chooseDevice(state.get("device"), probe) === "cpu") {
      show({ standing: "cpu" });
      return;
    }
    session.settled = judge(afresh, () => mine === choice);
    if (afresh || state.get("device") === "webgpu") session.tried = session.settled; // whoever asks for it waits for it
  }

  async function judge(afresh, isPresent) {
    const known = afresh ? null : findings.get(keyNow());
    const finding = known ?? await tried(isPresent);
    if (!isPresent()) return;
    if (!known) remember(finding);
    if (finding.outcome === "agrees") {
      session.device = { kind: "webgpu", adapter: probe.adapter };
      keepGpuCore();
    } else if (!known) {
      notify(finding);
    }
    show({ standing: finding.outcome === "agrees" ? "believed" : "refused", finding, remembered: Boolean(known) });
    onSettled();
  }

  /** @returns {Promise<Finding | null>} null where it is of no interest any more */
  async function tried(isPresent) {
    const patienceMs = probe.reason === "software" ? PATIENCE_MS.software : PATIENCE_MS.hardware;
    const rows = [];
    const onRow = (row) => {
      rows.push(row);
      if (isPresent()) show({ standing: "checking", rows });
    };
    show({ standing: "loading" });
    try {
      await loaded;
      if (isPresent()) await session.workers.loadGpu();
      await session.rest(); // an experiment that has begun without the GPU ends without it
      if (!isPresent()) return null;
      session.tried = session.settled;
      show({ standing: "checking" });
      await session.workers.tryGpu({ patienceMs, onRow });
      return found("agrees", "", rows);
    } catch (error) {
      return found(error.outcome ?? "untried", error.message, rows);
    }
  }

  function remember(finding) {
    if (FORGOTTEN.includes(finding.outcome)) return;
    findings.delete(keyNow());
    findings.set(keyNow(), finding);
    if (!gpuCore) return; // of another version it could not be told apart
    const refused = [...findings].filter(([, { outcome }]) => outcome !== "agrees");
    try {
      localStorage.setItem(SHELF, JSON.stringify({ version: VERSION, findings: refused.slice(-KEPT) }));
    } catch {
      // a browser that keeps nothing tries the GPU at each visit
    }
  }

  function notify({ outcome, message }) {
    const words = text.device.outcomes[outcome];
    showNotice(message ? [words, text.marks.gap, technicalDetail(message)] : words);
  }

  return {
    choose,

    /**
     * Asks the browser once what there is.
     * @param {Promise<unknown>} loading what the CPU needs
     */
    async start(loading) {
      loaded = loading.catch(() => {}); // told by whoever loads it
      probe = await probeDevice();
      choose();
    },

    get known() {
      return probe !== null;
    },

    /** The GPU failed while an experiment ran, and its session has gone on with the CPU. */
    lost(error) {
      const finding = found(error.outcome ?? "failed", error.message, []);
      remember(finding);
      notify(finding);
      show({ standing: "refused", finding });
    },
  };
}

/** @returns {Map<string, Finding>} the trials that failed */
function recall() {
  try {
    const { version, findings } = JSON.parse(localStorage.getItem(SHELF));
    if (version === VERSION) return new Map(findings.filter(([, { outcome, rows }]) => outcome in text.device.outcomes && Array.isArray(rows)));
  } catch {
    // nothing is kept, or nothing that this page can read
  }
  return new Map();
}
