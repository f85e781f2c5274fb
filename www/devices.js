// Which device computes: what the reader chose, what there is, and whether it has passed its trial.

import { chooseDevice, probeDevice } from "./device.js";
import { element } from "./dom.js";
import { PATIENCE_MS } from "./gputrial.js";
import { CORE_LANGUAGE } from "./languages.js";
import { showNotice } from "./panels/errors.js";
import { text } from "./text.js";
import { CPU } from "./trainers.js";

/** Under this key the browser keeps what GPUs were refused for, by adapter and version of the core: {version, findings}. */
const SHELF = "gpu-trials";
const VERSION = 1;
const KEPT = 8;
/** What is no fault of the GPU's, or depends on how much is asked of it. */
const FORGOTTEN = ["full", "untried"];

/**
 * @typedef {object} Finding
 * @property {"agrees"|"differs"|"hang"|"failed"|"lost"|"full"|"untried"} outcome
 * @property {string} message more of it, in the browser's or the core's own words; "" where it agrees
 * @property {import("./gputrial.js").Row[]} rows
 * @property {string} date ISO
 */

/**
 * @param {object} page {state, session, panels}
 * @param {{onSettled: () => void}} actions told when the device may have changed
 */
export function createDevices({ state, session, panels }, { onSettled }) {
  let probe = null;
  /** What was found by this visit, and refused by earlier ones. */
  const findings = recall();
  /** Counts choices: a trial that ends after another choice no longer matters. */
  let choice = 0;

  const show = (standing) => panels.device.show({ adapter: probe.adapter, reason: probe.reason, ...standing });
  const keyNow = () => `${probe.adapter} ${session.core}`;
  const found = (outcome, message, rows) => ({ outcome, message, rows, date: new Date().toISOString() });

  /** Goes by the present settings. */
  function choose({ afresh = false } = {}) {
    if (!probe) return;
    const mine = ++choice;
    session.workers.endTrial();
    session.device = CPU; // until the GPU is known to be sound
    if (chooseDevice(state.get("device"), probe) === "cpu") {
      session.settled = Promise.resolve();
      show({ standing: "cpu" });
    } else {
      session.settled = judge(afresh, () => mine === choice);
    }
  }

  async function judge(afresh, isPresent) {
    show({ standing: "checking", rows: [] });
    try {
      await session.workers.desk(); // a part of the key is known only then
    } catch {
      if (isPresent()) show({ standing: "cpu" }); // whoever loads the model meets the same error and tells it
      return;
    }
    const known = afresh ? null : findings.get(keyNow());
    const finding = known ?? (isPresent() ? await tried(isPresent) : null);
    if (!isPresent()) return;
    if (!known) remember(finding);
    if (finding.outcome === "agrees") session.device = { kind: "webgpu", adapter: probe.adapter };
    else if (!known) notify(finding);
    show({ standing: finding.outcome === "agrees" ? "believed" : "refused", finding, remembered: Boolean(known) });
    onSettled();
  }

  /** @returns {Promise<Finding>} */
  async function tried(isPresent) {
    const patienceMs = probe.reason === "software" ? PATIENCE_MS.software : PATIENCE_MS.hardware;
    const rows = [];
    const onRow = (row) => {
      rows.push(row);
      if (isPresent()) show({ standing: "checking", rows });
    };
    try {
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
    const refused = [...findings].filter(([, { outcome }]) => outcome !== "agrees");
    try {
      localStorage.setItem(SHELF, JSON.stringify({ version: VERSION, findings: refused.slice(-KEPT) }));
    } catch {
      // a browser that keeps nothing tries the GPU at each visit
    }
  }

  function notify({ outcome, message }) {
    const words = text.device.outcomes[outcome];
    showNotice(message ? [words, text.marks.gap, element("span", { lang: CORE_LANGUAGE }, message)] : words);
  }

  return {
    choose,

    /** Asks the browser once what there is. */
    async start() {
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
