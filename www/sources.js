// What the page is fed: samples and own files, for the data set, the model and the prose. Each is fetched or read, given to
// the session, and shown; what goes wrong is said beside it.

import { byId, element, fill } from "./dom.js";
import { fetchBytes, fetchModel, pickModel } from "./files.js";
import { count } from "./format.js";
import { NO_COLUMN } from "./panels/data.js";
import { clearErrors, showError, showNotice } from "./panels/errors.js";
import { OWN } from "./state.js";
import { text } from "./text.js";

export const SAMPLES = ["tickets", "questions", "opinions", "paraphrases"];
export const BUILT_IN_MODELS = ["mini-4x256"];
const PROSE = "samples/prose.txt";
/** Settings by which a data set is read. */
export const READING = ["text_column", "pair_column", "label_column", "has_header", "task", "max_rows"];
/** Another file has other columns. */
const NO_COLUMNS_CHOSEN = { text_column: "", pair_column: "", label_column: "", has_header: "", task: "" };

/**
 * @param {object} page {state, session, panels, view}
 * @param {{onReady: () => void, onOtherSites: () => void}} actions `onReady`: something new can be planned with;
 *   `onOtherSites`: the model has other dropout sites than the rates edited by hand
 */
export function createSources({ state, session, panels, view }, { onReady, onOtherSites }) {
  const offerModels = (names) => fill(byId("model"), names.map((name) => element("option", { value: name }, name)));

  function takeModel(info) {
    const words = text.data;
    const missing = info.missing.filter((tensor) => !tensor.startsWith("classifier")); // a pretrained model has no classifier yet
    fill(byId("model-summary"), `${words.modelSummary(info.name, count(info.parameters), info.layers, info.hidden, info.sites.length)}. `,
      info.has_mlm_head ? null : words.modelNoHead,
      missing.length > 0 && info.has_mlm_head ? words.modelMissing(missing.slice(0, 6).join(", ")) : null);
    if (state.get("custom_rates")?.some(({ site }) => !info.sites.includes(site))) onOtherSites();
  }

  async function loadBuiltInModel() {
    clearErrors("model-errors");
    const files = await fetchModel(state.get("model"), (received) => panels.bar.showDownload("model", received));
    takeModel(await session.loadModel(files));
  }

  async function loadProse() {
    const { texts } = await session.loadCorpus(await fetchBytes(PROSE));
    panels.fisher.showCorpus("", texts);
  }

  async function readDataset() {
    clearErrors("dataset-errors");
    panels.data.showReading();
    view.dataset = null;
    const given = Object.fromEntries(READING.map((name) => [name, state.get(name)]));
    const options = { name: view.source.name };
    for (const name of ["text_column", "label_column", "task"]) if (given[name]) options[name] = given[name];
    if (given.pair_column) options.pair_column = given.pair_column === NO_COLUMN ? "" : given.pair_column;
    if (given.has_header) options.has_header = given.has_header === "yes";
    if (given.max_rows) options.max_rows = given.max_rows;
    try {
      view.dataset = await session.readDataset(view.source.content, options);
      panels.data.show(view.dataset, { text: given.text_column, pair: given.pair_column, label: given.label_column });
    } catch (error) {
      panels.data.showNone();
      if (error.kind === "crash") throw error; // no fault of the file
      showError(error, "dataset-errors");
    }
  }

  async function loadSample() {
    const name = state.get("sample");
    view.source = { name: `${name}.csv`, content: await fetchBytes(`samples/${name}.csv`) };
    await readDataset();
  }

  panels.data.offerSamples(SAMPLES, false);
  offerModels(BUILT_IN_MODELS);

  return {
    loadBuiltInModel,
    readDataset,

    /** Everything that the page starts with. */
    loadAll: () => Promise.all([loadBuiltInModel(), loadSample(), loadProse()]),

    /** The sample that the picker names, read with guessed columns. */
    async changeSample() {
      state.assign(NO_COLUMNS_CHOSEN, { quiet: true });
      await loadSample();
      onReady();
    },

    /** A file that was picked, dropped or pasted. */
    async takeOwnFile(name, content) {
      if (session.running) return;
      view.source = { name, content };
      panels.data.offerSamples(SAMPLES, true);
      state.assign({ ...NO_COLUMNS_CHOSEN, sample: OWN }, { quiet: true });
      await readDataset();
      onReady();
    },

    /** @param {File[]} picked config.json, model.safetensors and tokenizer.json */
    async takeModelFiles(picked) {
      clearErrors("model-errors");
      const files = await pickModel(picked);
      if (files.missing) {
        showNotice(text.data.modelIncomplete(files.missing.join(", ")), "model-errors");
        return;
      }
      takeModel(await session.loadModel(files));
      offerModels([...BUILT_IN_MODELS, files.name]);
      state.assign({ model: files.name }, { quiet: true });
      onReady();
    },

    /** @param {File | undefined} file plain prose */
    async takeCorpusFile(file) {
      clearErrors("fisher-errors");
      if (!file) return;
      const { texts } = await session.loadCorpus(new Uint8Array(await file.arrayBuffer()));
      panels.fisher.showCorpus(file.name, texts);
      onReady();
    },
  };
}
