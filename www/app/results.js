// Results that were made before: recorded with the page, brought by a link, or kept by the browser; and what can be handed out of them.

import { clearErrors, showError } from "../panels/errors.js";
import { LabError } from "../platform/lab-error.js";
import { byId, fill, rich } from "../ui/dom.js";
import { day } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

const DOWNLOADS = ["download-results", "download-csv", "download-everything", "permalink-results"];

/** Fills the figures from results that are complete. */
export class ResultsController {
  #page;
  #onTrained;

  /**
   * @param {import("./run.js").Page} page
   * @param {{onTrained: () => void}} actions `onTrained`: there may be other models than before
   */
  constructor(page, { onTrained }) {
    this.#page = page;
    this.#onTrained = onTrained;
    page.state.subscribe(["resultsFrom"], () => this.#lockDownloads(""));
    const picker = byId("runs-file");
    picker.addEventListener("change", async () => {
      if (picker.files.length > 0) await this.showFiles([...picker.files]);
      picker.value = ""; // the same file chosen again is read again
    });
    this.#lockDownloads("results");
  }

  /**
   * @param {any} results results.json
   * @param {any} origin see panels/origin.js
   */
  show(results, origin) {
    const { state } = this.#page;
    const { fisher, arms, model, dataset, runs, baselines } = results;
    if (fisher?.sites?.length > 0) {
      state.set({ fisher: { fisher, origin, loss: results.config.fisher_loss ?? "pretraining" } });
      state.set({ rates: arms.guided ?? null });
    }
    state.note(["fisher", "rates"], model.name, origin.date);
    state.note(["train", "verdict-part"], dataset.name, origin.date);
    state.set({ diverged: [], training: { runs, origin, baselines, metric: results.config.metric }, verdict: { results, origin } });
  }

  /**
   * Shows an experiment that the browser kept as if it had just ended.
   * @param {import("../store/records.js").ExperimentRecord} record
   * @param {any} results
   */
  showKept({ name, updated, inputs }, results) {
    const { state, settings, panels } = this.#page;
    state.set({ linked: null, results });
    this.show(results, { kind: "kept", name, date: updated });
    panels.bar.showStatus(text.run.opened(name));
    state.set({ resultsFrom: { address: settings.address({ kept: true }), own: inputs.dataset.own } });
    this.#onTrained();
  }

  /** Shows what a link brought: its figures at once, what they show as soon as the core can say. */
  showLinked(results, origin) {
    this.#page.state.set({ linked: { results, origin } });
    this.#lockDownloads("linked"); // they would hand out what was shown before
    fill(byId("linked-note"), rich(text.share.opened({ date: day(origin.date), own: results.own, name: results.dataset.name, run: text.run.run })));
    this.show(results, origin);
    return this.judgeLinked();
  }

  /**
   * Judges runs that were made elsewhere, and shows what they say.
   * @param {File[]} files results.json, or the files of one table of runs
   */
  async showFiles(files) {
    const { state, session } = this.#page;
    clearErrors("verdict-errors");
    const [{ name }] = files;
    try {
      if (session.running) throw new LabError("page", text.errors.busy);
      const contents = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
      const names = files.map((file) => file.webkitRelativePath || file.name);
      const judged = await session.coordinator.judgeFiles(names, contents);
      // A table names no model, and its data set by nothing but its own name.
      const results = { arms: {}, model: { name: "" }, ...judged, dataset: { name, ...judged.dataset } };
      state.set({ linked: null });
      this.#lockDownloads("elsewhere"); // they would hand out what was shown before
      this.show(results, { kind: "elsewhere", name });
      byId("verdict-part").scrollIntoView();
    } catch (error) {
      showError(error, "verdict-errors");
    }
  }

  async judgeLinked() {
    const { state, session } = this.#page;
    if (!state.linked || !session.inputs.complete) return;
    const { results, origin } = state.linked;
    try {
      const config = { ...results.config, custom_rates: results.arms.custom ?? null };
      const { runs, probes, baselines } = results;
      Object.assign(results, await session.coordinator.judge({ ...results.dataset, config, runs, probes, baselines }));
      if (!results.own && results.dataset.name === state.dataset.name && results.labelCount === state.dataset.labels.length) {
        results.dataset.labels = state.dataset.labels;
      }
      if (state.linked?.results === results) state.set({ verdict: { results, origin } });
    } catch (error) {
      showError(error, "verdict-errors");
    }
  }

  /** @param {string} reason why there is nothing to hand out; "" where there is */
  #lockDownloads(reason) {
    for (const id of DOWNLOADS) disable(byId(id), reason);
  }
}
