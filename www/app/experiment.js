// The experiment as the page tells it: what it will cost, the run, and its events on their way to the figures.

import { afterPause, byId, fill, oncePerFrame, rich } from "../ui/dom.js";
import { bytes, day, duration } from "../ui/format.js";
import { asError, clearErrors, clearPlanErrors, showError, showNotice } from "../panels/errors.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

const LIVE = { kind: "live" };
const FINISHED = { kind: "finished" };

/**
 * @param {object} page {state, session, panels, view}
 * @param {{onDone: () => void, onEstimated: () => void, onBegin: (planned: object) => void, onJob: (kept: object) => void, onEnd: (outcome: {done: boolean, results: object | null}) => Promise<void>, onFallback: (error: object) => void}} actions
 *   `onDone`: an experiment has ended with a verdict; `onEstimated`: its cost is known; `onFallback`: the GPU is given up; the others go to whoever keeps experiments
 */
export function createExperiment({ state, session, panels, view }, { onDone, onEstimated, onBegin, onJob, onEnd, onFallback }) {
  /** What is under way, in words. */
  let underway = "";
  /** How each figure that is live is shown, given its origin. */
  const live = new Map();
  /** Results that a link brought, until the reader's own take their place. */
  let linked = null;
  /** Of the experiment under way. */
  let latestResults = null;
  let finishedRuns = 0;
  /** Runs that diverged. */
  let lostRuns = [];
  let plannedRuns = 0;

  /** Notes what figures show from now on. */
  function note(parts, of, date = new Date().toISOString()) {
    for (const part of parts) view.shown[part] = { of, date };
  }

  // --- before the run -------------------------------------------------------------------------------------------

  /** Checks the settings and says what they cost; called after every change, acts after a pause. */
  const replan = afterPause(200, async () => {
    if (!session.inputs.complete || session.running) return;
    if (state.get("p_lower") > state.get("p_upper")) { // told beside the slider
      panels.train.showEstimate("");
      return;
    }
    try {
      const plan = await session.plan(state.config());
      clearPlanErrors();
      panels.data.showSplit(plan.train_rows, plan.test_rows);
      const kept = await session.kept(plan);
      const { seconds, workers, bytes: memory, capped } = await session.estimate({ ...plan, jobs: plan.jobs.filter((job) => !kept.includes(job)) }, state.get("workers"));
      if (session.running) return;
      const [runs, keptRuns] = [plan.jobs, kept].map((jobs) => jobs.filter((job) => job.kind === "run").length);
      if (document.documentElement.dataset.phase === "error") toRest(); // whatever it was, this plan can run
      const known = Number.isFinite(seconds);
      const time = known ? text.train.estimateTime(duration(seconds)) : text.train.estimateUnknown;
      panels.train.showEstimate(text.train.estimate(runs, keptRuns, time, workers, bytes(memory), capped));
      panels.bar.showNewRuns(keptRuns > 0 ? runs - keptRuns : 0);
      onEstimated();
      if (document.documentElement.dataset.phase === "ready") panels.bar.showTime(known ? text.run.about(duration(seconds)) : "");
    } catch (error) {
      panels.train.showEstimate("");
      panels.bar.showNewRuns(0);
      showError(error);
    }
  });

  /** The reader has changed a setting. */
  function changed() {
    const { phase } = document.documentElement.dataset;
    if (phase === "ready" && session.inputs.complete) panels.bar.showStatus(readyWords());
    replan();
  }

  const readyWords = () => text.run.ready(view.source.name, state.get("arms").length, state.get("seeds").length);

  /** The rates that the present scores and sliders give. */
  const refreshRates = oncePerFrame(async () => {
    if (!view.fisher || state.get("p_lower") > state.get("p_upper")) return; // the core has no rates between crossed bounds
    try {
      if (session.inputs.complete) view.rates = await session.schedule(view.fisher.sites, state.get("p_upper"), state.get("p_lower"));
      if (view.rates) showRates();
    } catch (error) {
      showError(error, "rates-errors");
    }
  });

  function showRates() {
    panels.rates.show({ scores: view.fisher.sites, rates: view.rates, custom: state.get("custom_rates") }, view.ratesOrigin);
    disable(byId("download-schedule"), "");
    disable(byId("download-snippet"), session.inputs.complete ? "" : "loading");
  }

  // --- the run --------------------------------------------------------------------------------------------------

  async function run(options = {}) {
    if (session.running || !(session.inputs.complete || session.inputs.changing)) return;
    clearErrors("page-errors", "train-errors", "fisher-errors");
    view.runs = new Map();
    finishedRuns = plannedRuns = 0;
    lostRuns = [];
    panels.lost.clear();
    latestResults = linked = null;
    state.assign({}, { quiet: true }); // results that the address carries are not of this experiment
    handlers.phase({ phase: "fisher" }); // at once: the desk may be in the middle of something
    panels.bar.showProgress({ share: 0, secondsLeft: NaN });
    try {
      const ended = await session.experiment(state.config(), { ...options, workers: state.get("workers") });
      // The same seed would diverge again, so that nothing is left to do.
      await onEnd({ done: ended === "done" && finishedRuns + lostRuns.length === plannedRuns, results: latestResults });
      if (ended === "stopped") {
        toRest();
        panels.bar.showStatus(text.run.stopped(finishedRuns, plannedRuns));
        return;
      }
      markFinished();
      if (options.fisherOnly) {
        toRest();
        panels.bar.showStatus(text.run.fisherDone);
        return;
      }
      panels.bar.showPhase("done", { runnable: true });
      panels.bar.showStatus(lostRuns.length > 0 ? text.run.doneDiverged(lostRuns.length) : text.run.done);
      if (lostRuns.length > 0) panels.bar.showLink(text.run.readDiverged, "lost-runs");
      else panels.bar.showLink(text.run.readVerdict, "verdict-part");
      panels.bar.showTime("");
      byId("next-steps").hidden = false;
      onDone();
      replan();
    } catch (error) {
      fail(error);
      await onEnd({ done: false, results: latestResults });
    }
  }

  const halfRate = () => Number((state.get("learning_rate") / 2).toPrecision(3));

  /** Once more at a lower rate, from the beginning: a run at another rate is another run, so none that is finished is taken over. */
  function repeatSlower(rate) {
    state.set("learning_rate", rate);
    return run();
  }

  /** Something is under way; while it is paused, the bar says that instead. */
  function showPhase(phase, words) {
    panels.bar.showPhase(phase, { runnable: true });
    tell(words);
  }

  function tell(words) {
    underway = words;
    if (!session.paused) panels.bar.showStatus(words);
  }

  function togglePause() {
    if (session.paused) session.resume();
    else session.pause();
    panels.bar.showPaused(session.paused);
    panels.bar.showStatus(session.paused ? text.run.paused : underway);
  }

  /** Nothing is under way: ready if everything is there. */
  function toRest() {
    if (session.running) return;
    markFinished();
    panels.bar.showPhase("ready", { runnable: session.inputs.complete });
    panels.bar.showTime("");
    panels.bar.showStatus(session.inputs.complete ? readyWords() : text.run.notReady);
    if (session.inputs.complete) refreshRates();
    replan();
  }

  /** Loading, or the experiment, cannot go on; it is told at `slot`, or where its kind belongs. */
  function fail(thrown, slot) {
    markFinished();
    panels.bar.showPhase("error", { runnable: session.inputs.complete });
    panels.bar.showStatus(text.run.failed);
    panels.bar.showTime("");
    panels.bar.showLink(text.run.readError, thrown.divergence ? "lost-runs" : showError(asError(thrown), slot));
    if (thrown instanceof Error) console.error(thrown);
  }

  function showLive(figure, show) {
    live.set(figure, show);
    show(LIVE);
  }

  /** Nothing is under way any more, however it ended. */
  function markFinished() {
    for (const show of live.values()) show(FINISHED);
    live.clear();
  }

  // --- its events -----------------------------------------------------------------------------------------------

  const handlers = {
    core_bytes({ received }) {
      panels.bar.showDownload("core", received);
    },
    planned(planned) {
      plannedRuns = planned.jobs.filter((job) => job.kind === "run").length;
      panels.data.showSplit(planned.train_rows, planned.test_rows); // where Run was pressed at once, nobody has said it yet
      onBegin(planned);
    },
    kept(kept) {
      onJob(kept);
    },
    imported({ kind, jobs }) {
      showNotice(kind === "run" ? text.run.importedRuns(jobs) : text.run.importedJobs(jobs));
    },
    phase({ phase }) {
      const [words, watch, place] = phase === "training" ? [text.run.training(finishedRuns, plannedRuns), text.run.watchCurves, "train"] : [text.run.fisher, text.run.watchScores, "fisher"];
      showPhase(phase, words);
      panels.bar.showLink(watch, place);
    },
    fisher({ fisher, of }) {
      view.fisher = fisher;
      note(["fisher", "rates"], session.inputs.model.name);
      showLive("fisher", (origin) => {
        view.ratesOrigin = origin;
        panels.fisher.show(fisher, origin, of);
        if (origin === LIVE) refreshRates();
        else if (view.rates) showRates();
      });
    },
    arms({ arms }) {
      if (!arms.guided || view.ratesOrigin !== LIVE) return;
      view.rates = arms.guided.rates;
      showRates();
    },
    job_started({ job }) {
      if (job.kind === "run") view.runs.set(job.id, { arm: job.arm, seed: job.seed, fraction: job.fraction, steps: [], epochs: [], total: job.steps });
    },
    events({ job, events }) {
      if (job.kind === "run" && events.length > 0) takeRunEvents(job, events);
    },
    progress(progress) {
      panels.bar.showProgress(progress);
    },
    results({ results, final, runs, of }) {
      const confusions = new Map([...view.runs.values()].map((run) => [`${run.arm}/${run.seed}/${run.fraction}`, run.confusion]));
      for (const run of results.runs) run.confusion ??= confusions.get(`${run.arm}/${run.seed}/${run.fraction}`) ?? null;
      view.results = latestResults = results;
      note(["verdict-part"], results.dataset.name);
      live.delete("verdict");
      if (final) panels.verdict.show(results, FINISHED); // what is missing is lost
      else showLive("verdict", (origin) => panels.verdict.show(results, origin, { runs, of }));
      offerDownloads({ own: view.own.dataset });
    },
    job_died({ job, error, retried, workers }) {
      if (error.divergence) {
        const { arm, seed, fraction } = job;
        lostRuns.push({ ...error.divergence, arm, seed, fraction });
        panels.lost.show(lostRuns, halfRate());
        return;
      }
      if (error.kind === "device" && retried) return; // what becomes of it is told once it is known
      const remedy = error.kind === "memory" ? text.run.memory(workers) : error.message;
      showNotice([retried ? text.run.retried(job.id) : text.run.lost(job.id), remedy].join(text.marks.gap));
    },
    device_reopened({ error }) {
      showNotice(`${text.run.reopened}${text.marks.gap}${error.message}`);
    },
    device_fallback({ error }) {
      onFallback(error);
    },
    error({ error }) {
      showError(error);
    },
  };

  function takeRunEvents(job, events) {
    const run = view.runs.get(job.id);
    for (const event of events) {
      if (event.type === "step") run.steps.push({ step: event.step, loss: event.loss });
      else if (event.type === "epoch") run.epochs.push(event);
      else if (event.type === "run_done") {
        view.runs.set(job.id, event.run);
        finishedRuns += 1;
        tell(text.run.training(finishedRuns, plannedRuns));
      }
    }
    note(["train"], view.source.name);
    showLive("train", (origin) => panels.train.show([...view.runs.values()], origin));
  }

  /**
   * Fills the figures from an experiment that was made before.
   * @param {object} results results.json
   * @param {import("../panels/origin.js").Origin} origin
   */
  function showResults(results, origin) {
    live.clear();
    panels.lost.clear();
    if (results.fisher?.sites?.length > 0) {
      Object.assign(view, { fisher: results.fisher, rates: results.arms.guided, ratesOrigin: origin });
      panels.fisher.show(results.fisher, origin);
      if (view.rates) showRates();
    }
    note(["fisher", "rates"], results.model.name, origin.date);
    note(["train", "verdict-part"], results.dataset.name, origin.date);
    panels.train.show(results.runs, origin);
    panels.verdict.show(results, origin);
  }

  /**
   * Shows an experiment that the browser kept as if it had just ended.
   * @param {import("../store/records.js").Kept} record
   */
  function showKept({ name, updated, inputs }, results) {
    view.results = results;
    linked = null;
    showResults(results, { kind: "kept", name, date: updated });
    panels.bar.showStatus(text.run.opened(name));
    offerDownloads({ own: inputs.dataset.own });
    onDone();
  }

  /** Shows what a link brought: its figures at once, what they show as soon as the core can say. */
  function showLinked(results, origin) {
    linked = { results, origin };
    lockDownloads("linked"); // they would hand out what was shown before
    fill(byId("linked-note"), rich(text.share.opened({ date: day(origin.date), own: results.own, name: results.dataset.name, run: text.run.run })));
    showResults(results, origin);
    return judgeLinked();
  }

  async function judgeLinked() {
    if (!linked || !session.inputs.complete) return;
    const { results, origin } = linked;
    try {
      const config = { ...results.config, custom_rates: results.arms.custom ?? null };
      Object.assign(results, await session.judge(config, results.dataset.task, results.runs));
      if (!results.own && results.dataset.name === view.dataset.name && results.classes === view.dataset.labels.length) results.dataset.labels = view.dataset.labels;
      if (linked?.results === results) panels.verdict.show(results, origin);
    } catch (error) {
      showError(error, "verdict-errors");
    }
  }

  /** @param {{own: boolean}} facts whether the results are of a reader's own file, which may not be what is loaded */
  function offerDownloads({ own }) {
    view.resultsFrom = { address: state.address(), own };
    lockDownloads("");
  }

  /** @param {string} reason why there is nothing to hand out; "" where there is */
  function lockDownloads(reason) {
    for (const id of ["download-results", "download-csv", "download-everything", "permalink-results"]) disable(byId(id), reason);
  }

  lockDownloads("results");
  for (const id of ["download-schedule", "download-snippet"]) disable(byId(id), "rates");

  return { run, repeatSlower, showPhase, showResults, showKept, showLinked, judgeLinked, togglePause, toRest, fail, replan, changed, refreshRates, takeEvent: (event) => handlers[event.type](event) };
}
