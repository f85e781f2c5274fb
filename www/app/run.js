// The experiment as the reader steers it: begun, paused, repeated, and how it ended. What happens meanwhile: run-events.js.

import { clearErrors, showError } from "../panels/errors.js";
import { LabError } from "../platform/lab-error.js";
import { byId } from "../ui/dom.js";
import { text } from "../i18n/text.js";

/**
 * The shared context of the page's controllers.
 * @typedef {object} Page
 * @property {import("./state.js").AppState} state
 * @property {import("./settings.js").Settings} settings
 * @property {import("../engine/session.js").Session} session
 * @property {import("../platform/events.js").EventBus} events
 * @property {Record<string, any>} panels
 */

/** The validation fraction of a search where the reader has set none. */
export const TUNING_FRACTION = 0.2;

/** Runs experiments and says where they stand. */
export class RunController {
  #page;
  #rates;
  #estimate;
  #onTrained;
  #onEnd;
  /** The current activity, in words. */
  #underway = "";

  /**
   * @param {Page} page
   * @param {object} means
   * @param {import("./rates.js").RatesController} means.rates
   * @param {import("./plan-estimate.js").PlanEstimate} means.estimate
   * @param {() => void} means.onTrained an experiment has ended with a verdict
   * @param {(outcome: {done: boolean, results: object | null}) => Promise<void>} means.onEnd an experiment has ended, however it did
   */
  constructor(page, { rates, estimate, onTrained, onEnd }) {
    this.#page = page;
    this.#rates = rates;
    this.#estimate = estimate;
    this.#onTrained = onTrained;
    this.#onEnd = onEnd;
  }

  /** @param {{fisherOnly?: boolean, again?: boolean}} [options] of `Session.run` */
  async run(options = {}) {
    const { session, settings, state, panels } = this.#page;
    if (session.running || !(session.inputs.complete || session.inputs.changing)) return;
    clearErrors("page-errors", "recorded-errors", "train-errors", "fisher-errors");
    settings.showInForce(); // no field shows what does not run
    state.set({ runs: new Map(), run: { planned: 0, finished: 0, results: null }, diverged: [], linked: null });
    settings.assign({}, { quiet: true }); // results that the address carries are not of this experiment
    this.begin("fisher"); // at once: the coordinator may be in the middle of something
    panels.bar.showProgress({ share: 0, secondsLeft: NaN });
    try {
      const ended = await session.run(settings.config(), { ...options, workers: settings.get("workers") });
      const { planned, finished, results } = state.run;
      // The same seed would diverge again, so that nothing is left to do.
      await this.#onEnd({ done: ended === "done" && finished + state.diverged.length === planned, results });
      if (ended === "stopped") this.#rest(text.run.stopped(finished, planned));
      else if (options.fisherOnly) this.#rest(text.run.fisherDone);
      else this.#finish();
    } catch (error) {
      this.fail(error, undefined, () => this.run(options));
      await this.#onEnd({ done: false, results: state.run.results });
    }
  }

  #rest(words) {
    this.toRest();
    this.#page.panels.bar.showStatus(words);
  }

  #finish() {
    const { state, panels } = this.#page;
    const diverged = state.diverged.length;
    state.finishLive();
    state.set({ phase: "done", runnable: true, again: true });
    panels.bar.showStatus(diverged > 0 ? text.run.doneDiverged(diverged) : text.run.done);
    if (diverged > 0) panels.bar.showLink(text.run.readDiverged, "lost-runs");
    else panels.bar.showLink(text.run.readVerdict, "verdict-part");
    panels.bar.showTime("");
    byId("next-steps").hidden = false;
    this.#onTrained();
    this.#estimate.refresh();
  }

  /** Once more at a lower rate, from the beginning: a run at another rate is another run, so none that is finished is taken over. */
  repeatSlower(rate) {
    this.#page.settings.set("learning_rate", rate);
    return this.run();
  }

  /** Searches each arm's own best setting, then runs the experiment with those. */
  async tune() {
    const { session, settings, state, panels } = this.#page;
    if (session.running || !session.inputs.complete) return;
    clearErrors("page-errors", "recorded-errors", "train-errors", "fisher-errors");
    settings.showInForce(); // no field shows what does not run
    settings.assign({ choices: [], validation_fraction: settings.get("validation_fraction") || TUNING_FRACTION });
    state.set({ run: { planned: 0, finished: 0, results: null }, diverged: [] });
    this.begin("fisher");
    panels.bar.showProgress({ share: 0, secondsLeft: NaN });
    try {
      const { choices, trials } = await session.tune(settings.config(), { workers: settings.get("workers") });
      if (choices === null) {
        this.#rest(text.run.tuningStopped(trials));
        return;
      }
      settings.set("choices", choices);
    } catch (error) {
      this.fail(error);
      return;
    }
    await this.run();
  }

  /** Once more, of another length. */
  runLonger(epochs) {
    this.#page.settings.set("epochs", epochs);
    return this.run();
  }

  togglePause() {
    const { session, panels } = this.#page;
    if (session.paused) session.resume();
    else session.pause();
    panels.bar.showPaused(session.paused);
    panels.bar.showStatus(session.paused ? text.run.paused : this.#underway);
  }

  /**
   * A phase of an experiment begins.
   * @param {"fisher"|"training"|"tuning"} phase
   */
  begin(phase) {
    if (phase === "tuning") {
      this.showPhase("training", text.run.tuning);
      return;
    }
    const { finished, planned } = this.#page.state.run;
    const [words, watch, place] =
      phase === "training"
        ? [text.run.training(finished, planned), text.run.watchCurves, "train"]
        : [text.run.fisher, text.run.watchScores, "fisher"];
    this.showPhase(phase, words);
    this.#page.panels.bar.showLink(watch, place);
  }

  /** An activity is running; while it is paused, the bar says so instead. */
  showPhase(phase, words) {
    this.#page.state.set({ phase, runnable: true, again: false });
    this.tell(words);
  }

  /** Says how far it is. */
  tell(words) {
    this.#underway = words;
    if (!this.#page.session.paused) this.#page.panels.bar.showStatus(words);
  }

  /** The reader has changed a setting. */
  settingsChanged() {
    const { state, session, panels } = this.#page;
    if (state.phase === "ready" && session.inputs.complete) panels.bar.showStatus(this.#readyWords());
    this.#estimate.refresh();
  }

  #readyWords() {
    const { state, settings } = this.#page;
    return text.run.ready(state.source.name, settings.get("arms").length, settings.get("seeds").length);
  }

  /** Nothing is under way: ready if everything is there. */
  toRest() {
    const { session, state, panels } = this.#page;
    if (session.running) return;
    const { complete } = session.inputs;
    state.finishLive();
    state.set({ phase: "ready", runnable: complete, again: false });
    panels.bar.showTime("");
    panels.bar.showStatus(complete ? this.#readyWords() : text.run.notReady);
    if (complete) this.#rates.refresh();
    this.#estimate.refresh();
  }

  /**
   * Loading, or the experiment, cannot go on.
   * @param {unknown} thrown
   * @param {string} [slot] where it is told; without it, where its kind belongs
   * @param {() => void} [onRetry] what is done again where a request has failed
   */
  fail(thrown, slot, onRetry) {
    const { session, state, panels } = this.#page;
    const error = LabError.from(thrown);
    state.finishLive();
    state.set({ phase: "error", runnable: session.inputs.complete, again: false });
    panels.bar.showStatus(text.run.failed);
    panels.bar.showTime("");
    panels.bar.showLink(text.run.readError, error.divergence ? "lost-runs" : showError(error, slot, onRetry));
    if (!(thrown instanceof LabError)) console.error(thrown);
  }
}
