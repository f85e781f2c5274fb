// Estimated time and memory of an experiment with the current settings.

import { clearPlanErrors, showError } from "../panels/errors.js";
import { afterPause } from "../ui/dom.js";
import { bytes, duration } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { TUNING_FRACTION } from "./run.js";

const PAUSE_MS = 200;

/** Checks the settings and says what they cost. */
export class PlanEstimate {
  #page;
  #onRunnable;
  #onEstimated;

  /**
   * @param {import("./run.js").Page} page
   * @param {{onRunnable: () => void, onEstimated: () => void}} actions `onRunnable`: after an error, this plan can run; `onEstimated`: its cost is known
   */
  constructor(page, { onRunnable, onEstimated }) {
    this.#page = page;
    this.#onRunnable = onRunnable;
    this.#onEstimated = onEstimated;
  }

  /** To be called after every change; acts after a pause. */
  refresh = afterPause(PAUSE_MS, async () => {
    const { session, settings, panels } = this.#page;
    if (!session.inputs.complete || session.running) return;
    if (settings.get("p_lower") > settings.get("p_upper")) {
      // told beside the slider
      panels.train.showEstimate("");
      return;
    }
    try {
      await this.#estimate();
    } catch (error) {
      panels.train.showEstimate("");
      panels.bar.showNewRuns(0);
      showError(error);
    }
  });

  /** The estimated time of a search, in words; "" where it is not known. */
  async #searchTime(config) {
    const { session, settings } = this.#page;
    const searched = {
      ...config,
      choices: [],
      tuned_rate: config.tuned_rate ?? 0,
      validation_fraction: config.validation_fraction || TUNING_FRACTION,
    };
    const seconds = await session.estimator.ofSearch(searched, settings.get("workers")).catch(() => NaN); // what keeps it from being searched is told when it is asked for
    return Number.isFinite(seconds) ? duration(seconds) : "";
  }

  async #estimate() {
    const { session, settings, state, panels } = this.#page;
    const plan = await session.coordinator.plan(settings.config());
    clearPlanErrors();
    panels.data.showSplit(plan);
    const kept = await session.kept(plan);
    const {
      seconds,
      workers,
      bytes: memory,
      capped,
    } = await session.estimator.ofPlan({ ...plan, jobs: plan.jobs.filter((job) => !kept.includes(job)) }, settings.get("workers"));
    if (session.running) return;
    const [runs, keptRuns] = [plan.jobs, kept].map((jobs) => jobs.filter((job) => job.kind === "run").length);
    if (state.phase === "error") this.#onRunnable();
    const known = Number.isFinite(seconds);
    const time = known ? text.train.estimateTime(duration(seconds)) : text.train.estimateUnknown;
    panels.train.showEstimate(text.train.estimate(runs, keptRuns, time, workers, bytes(memory), capped));
    panels.bar.showNewRuns(keptRuns > 0 ? runs - keptRuns : 0);
    this.#onEstimated();
    if (state.phase === "ready") panels.bar.showTime(known ? text.run.about(duration(seconds)) : "");
    panels.tune.showEstimate(await this.#searchTime(plan.config));
  }
}
