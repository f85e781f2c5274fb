// The bar that stays in view: run, pause, stop, progress, and one line on where things stand.

import { byId, fill, oncePerBeat, oncePerFrame } from "../ui/dom.js";
import { bytes, duration, percent } from "../ui/format.js";
import { disable, reasonOfPhase } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

/** Phases in which something is under way. */
const BUSY = ["fisher", "training", "surface"];

/**
 * @param {{onRun: () => void, onRunFisher: () => void, onPause: () => void, onStop: () => void, onLock: (locked: boolean) => void}} actions
 *   `onLock`: called when nothing else may be opened, and when it may again
 */
export function runBar({ onRun, onRunFisher, onPause, onStop, onLock }) {
  byId("run").addEventListener("click", onRun);
  byId("run-fisher").addEventListener("click", onRunFisher);
  byId("pause").addEventListener("click", onPause);
  byId("stop").addEventListener("click", onStop);
  /** What a press on Run would do. */
  const next = { again: false, newRuns: 0 };
  const showNext = () => { byId("run").textContent = next.newRuns > 0 ? text.run.newRuns(next.newRuns) : next.again ? text.run.again : text.run.run; };
  const downloaded = { core: 0, model: 0, total: NaN };
  const showDownloads = oncePerFrame(() => {
    if (document.documentElement.dataset.phase !== "loading") return;
    const { core, model, total } = downloaded;
    fill(byId("time-left"), text.run.downloaded(bytes(core + model), total > 0 && bytes(total)));
    byId("progress").hidden = !(total > 0);
    byId("progress").value = Math.min(1, (core + model) / total) || 0;
  });

  return {
    /**
     * @param {"loading"|"ready"|"fisher"|"training"|"surface"|"done"|"error"} phase
     * @param {{runnable: boolean, again?: boolean}} options whether an experiment could start, and whether one has ended
     */
    showPhase(phase, { runnable, again = phase === "done" }) {
      const was = document.documentElement.dataset.phase;
      document.documentElement.dataset.phase = phase;
      const busy = BUSY.includes(phase);
      const held = document.activeElement ?? document.body;
      byId("run").hidden = busy;
      byId("pause").hidden = byId("stop").hidden = !busy;
      const reason = busy || phase === "loading" ? reasonOfPhase() : "";
      for (const id of ["run", "run-fisher", "run-surface"]) disable(byId(id), reason || (runnable ? "" : "incomplete"));
      Object.assign(next, { again, newRuns: 0 }); // until the plan says otherwise
      showNext();
      this.showLink();
      byId("progress").hidden = !busy;
      if (busy && !BUSY.includes(was)) byId("progress").value = 0; // not what the last one left, until its own first beat
      if (!busy) this.showPaused(false);
      lockForm(reason);
      disable(byId("language"), busy ? reason : "");
      onLock(busy || phase === "loading");
      if (BUSY.includes(was) !== busy && isGone(held, busy)) byId(busy ? "pause" : "run").focus({ preventScroll: true });
    },

    /** The line that a screen reader announces; so only what is worth hearing. */
    showStatus(words) {
      if (byId("status").textContent !== words) byId("status").textContent = words;
    },

    /** A link after the status, to the id of what it speaks of; none without arguments. */
    showLink(words = "", id = "") {
      byId("status-link").textContent = words;
      byId("status-link").setAttribute("href", `#${id}`);
      byId("status-link").hidden = words === "";
    },

    /** How many runs would be new where others are finished and kept; 0 where none is, or all are and would be done again. */
    showNewRuns(count) {
      next.newRuns = count;
      showNext();
    },

    showPaused(paused) {
      byId("pause").textContent = paused ? text.run.resume : text.run.pause;
      byId("run-bar").classList.toggle("paused", paused);
    },

    /** @param {string} words beside the status, not announced */
    showTime(words) {
      fill(byId("time-left"), words);
    },

    /** What has come of a file, while the page loads. */
    showDownload(part, received) {
      downloaded[part] = received;
      showDownloads();
    },

    /** How much will come; NaN where that is not known. */
    showDownloadTotal(total) {
      downloaded.total = total;
      showDownloads();
    },

    /** @param {{share: number, secondsLeft: number}} progress */
    showProgress: oncePerBeat(({ share, secondsLeft }) => {
      if (!BUSY.includes(document.documentElement.dataset.phase)) return; // it ended before this frame
      byId("progress").value = share;
      byId("progress").textContent = percent(share, 0);
      fill(byId("time-left"), Number.isFinite(secondsLeft) ? text.run.left(duration(secondsLeft)) : text.run.leftUnknown);
    }),
  };
}

/** Whether the focus has lost its control. What begins was begun by one: if it is nowhere then, that control is not there any more. */
const isGone = (held, begins) => (held === document.body ? begins : held.matches(":disabled") || !held.checkVisibility());

/** Settings are fixed while the page loads what they name, and while an experiment runs: it would not be the one that they describe. */
function lockForm(reason) {
  const controls = document.querySelectorAll(".controls input, .controls select, .controls textarea, .controls .link, fieldset input, .rates input, #reset-rates");
  for (const control of controls) if (!control.id.startsWith("predict") && !control.closest("#noise")) disable(control, reason);
  for (const handle of document.querySelectorAll("#rates-table .handle")) handle.setAttribute("aria-disabled", String(reason !== ""));
}
