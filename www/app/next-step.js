// What to do next: read from the state alone, and shown in the workbench's bar (panels/workbench.js).

/** @typedef {import("./state.js").AppState} AppState */
/** @typedef {"wait"|"watch"|"waitSurface"|"data"|"bring"|"run"|"diverged"|"longer"|"seeds"|"suspects"|"label"} NextStep */

/** Where each step is taken: ids of index.html. @type {Record<NextStep, string>} */
export const PLACES = {
  wait: "judged-part",
  watch: "train-part",
  waitSurface: "surface",
  data: "dataset-part",
  bring: "dataset-part",
  run: "dataset-part",
  diverged: "lost-runs",
  longer: "settled",
  seeds: "tune-part",
  suspects: "suspects",
  label: "labelling",
};

/** Remarks beside a verdict which say that the runs were too short. */
const TOO_SHORT = ["climbing", "not_settled"];
/** Origins of results that this browser computed. */
const OWN_ORIGINS = ["finished", "kept"];

/**
 * @param {Pick<AppState, "phase"|"dataset"|"own"|"source"|"verdict"|"diverged">} state
 * @returns {NextStep}
 */
export function nextStep({ phase, dataset, own, source, verdict, diverged }) {
  if (phase === "loading") return "wait";
  if (phase === "surface") return "waitSurface";
  if (phase === "fisher" || phase === "training") return "watch";
  if (!dataset) return "data";
  const isOwnResult = verdict && OWN_ORIGINS.includes(verdict.origin.kind) && verdict.results.dataset.name === source.name;
  if (!isOwnResult) return own.dataset ? "run" : "bring";
  if (diverged.length > 0) return "diverged";
  const { remarks = [], clauses = [], suspects } = verdict.results;
  if (remarks.some(({ kind }) => TOO_SHORT.includes(kind))) return "longer";
  if (clauses.some(({ clause }) => clause === "cannot_show" || clause === "too_few_seeds")) return "seeds";
  return suspects?.rows.length > 0 ? "suspects" : "label";
}
