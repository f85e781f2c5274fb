// The sticky run bar: run, pause, stop, progress and status.

import { byId, fill, oncePerBeat, oncePerFrame } from "../ui/dom.js";
import { bytes, duration, percent } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

/** The longest that common systems allow between the clicks of a double click. */
const DOUBLE_CLICK_MS = 500;

/**
 * @param {{onRun: () => void, onRunFisher: () => void, onPause: () => void, onStop: () => void}} actions
 */
export function runBar({ onRun, onRunFisher, onPause, onStop }) {
  /** The current display; the page's state has it too (app/state.js). */
  const shown = { phase: "", busy: false, sinceMs: -Infinity };
  for (const [id, act] of Object.entries({ run: onRun, "run-fisher": onRunFisher, pause: onPause, stop: onStop })) {
    // Pause stands where Run stood: the second click of a double click, and an Enter that is held down, mean no more than the first.
    byId(id).addEventListener("click", ({ detail }) => {
      if (detail < 2 || performance.now() - shown.sinceMs > DOUBLE_CLICK_MS) act();
    });
    byId(id).addEventListener("keydown", (event) => {
      if (event.repeat && event.key === "Enter") event.preventDefault();
    });
  }
  /** The label of the run button: new runs, or a repetition. */
  const next = { again: false, newRuns: 0 };
  const showNext = () => {
    byId("run").textContent = next.newRuns > 0 ? text.run.newRuns(next.newRuns) : next.again ? text.run.again : text.run.run;
  };
  const downloaded = { core: 0, model: 0, total: NaN };
  const showDownloads = oncePerFrame(() => {
    if (shown.phase !== "loading") return;
    const { core, model, total } = downloaded;
    fill(byId("time-left"), text.run.downloaded(bytes(core + model), total > 0 && bytes(total)));
    byId("progress").hidden = !(total > 0);
    byId("progress").value = Math.min(1, (core + model) / total) || 0;
  });

  return {
    /**
     * The one place that tells scripts outside the page where it stands: `document.documentElement.dataset.phase`.
     * @param {string} phase see app/state.js
     * @param {Pick<import("../app/state.js").AppState, "busy"|"runnable"|"again"|"lockReason"|"lockOf">} state
     */
    showPhase(phase, state) {
      const { busy, runnable, again, lockReason } = state;
      const was = { ...shown };
      Object.assign(shown, { phase, busy, sinceMs: busy === was.busy ? was.sinceMs : performance.now() });
      document.documentElement.dataset.phase = phase;
      const held = document.activeElement ?? document.body;
      byId("run").hidden = busy;
      byId("pause").hidden = byId("stop").hidden = !busy;
      for (const id of ["run", "run-fisher", "run-surface"]) disable(byId(id), lockReason || (runnable ? "" : "incomplete"));
      Object.assign(next, { again, newRuns: 0 }); // until a plan is known
      showNext();
      this.showLink();
      byId("progress").hidden = !busy;
      if (busy && !was.busy) byId("progress").value = 0; // not the value of the last experiment
      if (!busy) this.showPaused(false);
      lockForm(state);
      disable(byId("language"), busy ? lockReason : "");
      if (was.busy !== busy && isGone(held, busy)) byId(busy ? "pause" : "run").focus({ preventScroll: true });
    },

    lockForm,

    /** The status line, announced by screen readers. */
    showStatus(words) {
      if (byId("status").textContent !== words) byId("status").textContent = words;
    },

    /** Shows a link after the status to the element `id`; hides it without arguments. */
    showLink(words = "", id = "") {
      byId("status-link").textContent = words;
      byId("status-link").setAttribute("href", `#${id}`);
      byId("status-link").hidden = words === "";
    },

    /** Number of new runs if others are already finished; 0 if none or all are finished. */
    showNewRuns(count) {
      next.newRuns = count;
      showNext();
    },

    showPaused(paused) {
      byId("pause").textContent = paused ? text.run.resume : text.run.pause;
      byId("run-bar").classList.toggle("paused", paused);
    },

    /** @param {string} words shown beside the status, not announced */
    showTime(words) {
      fill(byId("time-left"), words);
    },

    /** Received bytes of a file during loading. */
    showDownload(part, received) {
      downloaded[part] = received;
      showDownloads();
    },

    /** Total bytes; NaN if unknown. */
    showDownloadTotal(total) {
      downloaded.total = total;
      showDownloads();
    },

    /** @param {{share: number, secondsLeft: number}} progress */
    showProgress: oncePerBeat(({ share, secondsLeft }) => {
      if (!shown.busy) return; // finished before this frame
      byId("progress").value = share;
      byId("progress").textContent = percent(share, 0);
      fill(byId("time-left"), Number.isFinite(secondsLeft) ? text.run.left(duration(secondsLeft)) : text.run.leftUnknown);
    }),
  };
}

/** Whether the focused control has disappeared. Starting is triggered by a control, so a focus on the body means that it is gone. */
const isGone = (held, begins) => (held === document.body ? begins : held.matches(":disabled") || !held.checkVisibility());

/**
 * Locks the settings while inputs load, during an experiment, and as a lesson says.
 * @param {Pick<import("../app/state.js").AppState, "lockOf">} state
 */
function lockForm(state) {
  const controls = document.querySelectorAll(
    ".controls input, .controls select, .controls textarea, .controls .link, fieldset input, .rates input, #reset-rates",
  );
  const lockOf = (control) => state.lockOf(control.closest("fieldset[id], #rates-table")?.id ?? control.id);
  for (const control of controls) {
    if (!control.id.startsWith("predict") && !control.closest("#noise, #labelling")) disable(control, lockOf(control));
  }
  for (const handle of document.querySelectorAll("#rates-table .handle")) handle.setAttribute("aria-disabled", String(lockOf(handle) !== ""));
}
