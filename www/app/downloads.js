// What the page offers to take away or try: downloads and the sentence box.

import { afterPause, byId, element, fill } from "../ui/dom.js";
import { saveCsv, saveModel, saveResults, saveSchedule, saveSnippet } from "../share/export.js";
import { clearErrors, showError } from "../panels/errors.js";
import { disable, reasonOfPhase } from "../ui/reasons.js";
import { ARMS } from "./settings.js";
import { text } from "../i18n/text.js";

const byArm = (left, right) => ARMS.indexOf(left.arm) - ARMS.indexOf(right.arm);

/**
 * @param {object} page {state, session, panels, view}
 * @param {{onEverything: () => void}} actions `onEverything`: the whole experiment is asked for
 */
export function createOffers({ state, session, panels, view }, { onEverything }) {
  const rates = () => state.get("custom_rates") ?? view.rates;

  const predict = afterPause(200, async () => {
    const words = byId("predict-text").value.trim();
    if (session.trainedArms.length === 0 || session.running || session.inputs.changing) return;
    if (words === "") {
      fill(byId("predict-result")); // an answer to nothing would be the last text's
      return;
    }
    try {
      const pair = byId("predict-pair-field").hidden ? null : byId("predict-pair").value;
      const answers = (await session.predict(words, pair)).sort(byArm);
      panels.verdict.showPrediction(answers, session.trained(answers[0].arm).labels);
      clearErrors("verdict-errors");
    } catch (error) {
      showError(error, "verdict-errors");
    }
  });

  const onClick = (id, act) => byId(id).addEventListener("click", async (event) => {
    try {
      await act(event);
    } catch (error) {
      showError(error, byId(id).closest("section").querySelector(".errors").id);
    }
  });
  byId("predict-text").addEventListener("input", predict);
  byId("predict-pair").addEventListener("input", predict);
  onClick("download-results", () => saveResults(view.results));
  onClick("download-csv", () => saveCsv(view.results));
  onClick("download-everything", onEverything);
  onClick("download-schedule", () => saveSchedule(rates(), {
    model: session.inputs.model?.name ?? state.get("model"), upper: state.get("p_upper"), lower: state.get("p_lower"),
  }));
  onClick("download-snippet", async () => saveSnippet(await session.snippet(rates())));
  onClick("download-model", () => saveModel(byId("model-arm").value, session.trained(byId("model-arm").value), session.inputs.model));
  panels.verdict.showNoModels();

  /** Offers the models that there are, and none while something is under way: it may train others, or drop them. */
  function lock(locked) {
    const arms = ARMS.filter((arm) => session.trainedArms.includes(arm));
    const chosen = byId("model-arm").value;
    fill(byId("model-arm"), arms.map((arm) => element("option", { value: arm, selected: arm === chosen }, arm)));
    for (const id of ["model-arm", "download-model"]) disable(byId(id), locked ? reasonOfPhase() : arms.length === 0 ? "models" : "");
    if (arms.length === 0) panels.verdict.showNoModels();
    if (!locked) predict();
  }

  return {
    lock,

    /** After an experiment: its models can be asked and saved. */
    showTrained() {
      lock(false);
      byId("predict-pair-field").hidden = !view.dataset?.layout.pair_column;
      const box = byId("predict-text");
      if (box.value === "" && view.dataset) {
        const [first] = view.dataset.preview;
        box.value = state.get("sample") === "tickets" ? text.verdict.predictExample : first.text;
        byId("predict-pair").value = first.pair ?? "";
      }
    },
  };
}
