// Downloads, and the box that predicts a sentence.

import { afterPause, byId, element, fill } from "../ui/dom.js";
import { saveCsv, saveModel, saveResults, saveSchedule, saveSnippet } from "../share/export.js";
import { clearErrors, showError } from "../panels/errors.js";
import { disable } from "../ui/reasons.js";
import { FIRST_EXPERIMENT } from "./first-experiment.js";
import { ARMS } from "./settings.js";
import { text } from "../i18n/text.js";

const byArm = (left, right) => ARMS.indexOf(left.arm) - ARMS.indexOf(right.arm);

/**
 * @param {import("./run.js").Page} page
 * @param {{onEverything: () => void}} actions `onEverything`: the whole experiment is asked for
 */
export function createDownloads({ state, settings, session, panels }, { onEverything }) {
  /** The text that the page has put into the box, and the reader has not changed. */
  let offered = "";

  const rates = () => settings.get("custom_rates") ?? state.rates;

  const predict = afterPause(200, async () => {
    const words = byId("predict-text").value.trim();
    if (session.models.arms.length === 0 || session.running || session.inputs.changing) return;
    if (words === "") {
      fill(byId("predict-result")); // a prediction for nothing would be the last text's
      return;
    }
    try {
      const pair = byId("predict-pair-field").hidden ? null : byId("predict-pair").value;
      const predictions = (await session.models.predict(words, pair)).sort(byArm);
      panels.verdict.showPrediction(predictions, session.models.get(predictions[0].arm).labels);
      clearErrors("verdict-errors");
    } catch (error) {
      showError(error, "verdict-errors");
    }
  });

  const onClick = (id, act) =>
    byId(id).addEventListener("click", async (event) => {
      try {
        await act(event);
      } catch (error) {
        showError(error, byId(id).closest("section").querySelector(".errors").id);
      }
    });
  byId("predict-text").addEventListener("input", predict);
  byId("predict-pair").addEventListener("input", predict);
  onClick("download-results", () => saveResults(state.results));
  onClick("download-csv", () => saveCsv(state.results));
  onClick("download-everything", onEverything);
  onClick("download-schedule", () =>
    saveSchedule(rates(), {
      model: session.inputs.model?.name ?? settings.get("model"),
      upper: settings.get("p_upper"),
      lower: settings.get("p_lower"),
    }),
  );
  onClick("download-snippet", async () => saveSnippet(await session.coordinator.snippet(rates())));
  onClick("download-model", async () => {
    const arm = byId("model-arm").value;
    const trained = session.models.get(arm);
    const format = byId("model-format").value;
    const card = await session.coordinator.modelCard(state.results, arm, format);
    const onnx = format === "onnx" ? await session.coordinator.onnxFiles(trained.bytes) : null;
    await saveModel(arm, trained, session.inputs.model, { card, onnx });
  });
  panels.verdict.showNoModels();

  // Of the reader, and not whichever model was the only one for a moment.
  let chosen = "";
  byId("model-arm").addEventListener("change", () => {
    chosen = byId("model-arm").value;
  });

  /** Offers the models that there are, and none while something is under way: it may train others, or drop them. */
  function offerModels() {
    const arms = ARMS.filter((arm) => session.models.arms.includes(arm));
    fill(
      byId("model-arm"),
      arms.map((arm) => element("option", { value: arm, selected: arm === chosen }, arm)),
    );
    for (const id of ["model-arm", "model-format", "download-model"]) disable(byId(id), state.lockReason || (arms.length === 0 ? "models" : ""));
    if (arms.length === 0) panels.verdict.showNoModels();
    if (!state.lockReason) predict();
  }

  state.subscribe(["phase"], offerModels);

  return {
    /** After an experiment: its models can be asked and saved. */
    showTrained() {
      offerModels();
      byId("predict-pair-field").hidden = !state.dataset?.layout.pair_column;
      const box = byId("predict-text");
      if ((box.value === "" || box.value === offered) && state.dataset) {
        const [first] = state.dataset.preview;
        box.value = offered = settings.get("sample") === FIRST_EXPERIMENT.sample ? text.verdict.predictExample : first.text;
        byId("predict-pair").value = first.pair ?? "";
      }
    },
  };
}
