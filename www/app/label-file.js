// A file of texts is labelled by a fine-tuned model: chosen, begun, paused, stopped and handed out.

import { clearErrors, showError } from "../panels/errors.js";
import { isLabelling } from "../panels/label-file.js";
import { LabError } from "../platform/lab-error.js";
import { byId, download } from "../ui/dom.js";
import { ARMS } from "./settings.js";
import { text } from "../i18n/text.js";

/** Labels one file at a time, beside whatever else is under way. */
export class LabelFileController {
  #page;
  /** @type {import("../engine/labelling.js").FileLabelling | null} */
  #active = null;
  /** Of the reader, and not whichever model was the only one for a moment. */
  #chosen = { arm: "", isMean: false };

  /** @param {import("./run.js").Page} page */
  constructor(page) {
    this.#page = page;
    byId("unlabelled-file").addEventListener("change", () => {
      clearErrors("labelling-errors");
      page.state.set({ labelling: { phase: "none" } });
    });
    for (const id of ["labelling-model", "labelling-seeds"]) {
      byId(id).addEventListener("change", () => {
        this.#chosen = { arm: byId("labelling-model").value, isMean: byId("labelling-seeds").value === "mean" };
        this.offerModels();
      });
    }
    page.state.subscribe(["phase"], () => this.offerModels());
    page.state.subscribe(["labelling"], () => this.#show());
  }

  /** The models may be others than before. */
  offerModels() {
    const { models } = this.#page.session;
    const offered = this.#arms.map((arm) => ({ arm, seeds: models.seeds(arm) }));
    this.#page.panels.labelFile.offer(offered, { chosen: this.#chosen, planned: models.planned, mostBytes: models.mostBytes });
    this.#show();
  }

  get #arms() {
    return ARMS.filter((arm) => this.#page.session.models.arms.includes(arm));
  }

  /** @returns {File | null} */
  get #file() {
    return byId("unlabelled-file").files[0] ?? null;
  }

  #show() {
    const { state, panels } = this.#page;
    const lock = state.lockReason || (this.#arms.length === 0 ? "models" : "");
    panels.labelFile.show(state.labelling, { lock, file: this.#file });
  }

  /** Labels the chosen file, from its first row on. */
  async begin() {
    const { state, session } = this.#page;
    const file = this.#file;
    if (!file || isLabelling(state.labelling)) return;
    const arm = byId("labelling-model").value;
    const kept = session.models.seeds(arm);
    const seeds = byId("labelling-seeds").value === "mean" ? kept : kept.slice(0, 1);
    const { text_column: text, pair_column: pair } = session.inputs.dataset.info.layout;
    const options = { text_column: byId("labelling-column").value.trim() || null };
    clearErrors("labelling-errors");
    const by = { arm, seeds: seeds.length, dataset: state.verdict.results.dataset.name };
    state.set({ labelling: { phase: "opening", name: file.name, by } });
    try {
      this.#active = await session.openLabelling(file, { arm, seeds }, { options, usual: { text, pair } });
      const { layout } = this.#active;
      state.set({ labelling: { phase: "working", name: file.name, by, layout, progress: null } });
      const { blob, complete } = await this.#active.run((progress) => state.set({ labelling: { ...state.labelling, progress } }));
      const result = { name: labelledName(file.name, by), blob };
      state.set({ labelling: { ...state.labelling, phase: complete ? "done" : "stopped", result } });
    } catch (error) {
      state.set({ labelling: { phase: "none" } });
      showError(ofUnlabelled(error), "labelling-errors");
    } finally {
      this.#active = null;
    }
  }

  togglePause() {
    const { state } = this.#page;
    if (!this.#active) return;
    if (this.#active.paused) this.#active.resume();
    else this.#active.pause();
    state.set({ labelling: { ...state.labelling, phase: this.#active.paused ? "paused" : "working" } });
  }

  stop() {
    this.#active?.stop();
  }

  save() {
    const { result } = this.#page.state.labelling;
    if (result) download(result.name, result.blob, result.blob.type);
  }
}

/** What is wrong with a file of texts is no fault of the labelled data. */
function ofUnlabelled(thrown) {
  const error = LabError.from(thrown);
  if (error.kind === "gone") return error.with({ message: text.history.gone });
  return error.kind === "dataset" ? error.with({ kind: "unlabelled" }) : error;
}

/** `reviews.csv` labelled by a model of `guided`: `reviews-guided.csv`; by several, `reviews-guided-mean-of-3.csv`. */
function labelledName(name, { arm, seeds }) {
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  const by = seeds === 1 ? arm : `${arm}-mean-of-${seeds}`;
  return `${stem}-${by}${extension === ".txt" ? ".csv" : extension}`;
}
