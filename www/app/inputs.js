// What the page is fed: samples and own files, for the data set, the model and the prose. Each is fetched or read, given to
// the session, and shown, one change of the inputs after another; what goes wrong is said beside it.

import { byId, element, fill } from "../ui/dom.js";
import { fetchBytes, fetchModel, modelFiles, readTexts } from "../platform/files.js";
import { NO_COLUMN } from "../panels/data.js";
import { clearErrors, showError } from "../panels/errors.js";
import { OWN, READING } from "./settings.js";
import { text } from "../i18n/text.js";

export const SAMPLES = ["tickets", "questions", "opinions", "paraphrases"];
export const BUILT_IN_MODELS = ["mini-4x256"];
const PROSE = "prose.txt";
/** Another file has other columns. */
const NO_COLUMNS_CHOSEN = { text_column: "", pair_column: "", label_column: "", has_header: "", task: "" };

/**
 * @param {object} page {state, session, panels, view}
 * @param {{onReady: () => void, onOtherSites: () => void}} actions `onReady`: something new can be planned with;
 *   `onOtherSites`: the model has other dropout sites than the rates edited by hand
 */
export function createSources({ state, session, panels, view }, { onReady, onOtherSites }) {
  /** Whether part 1 shows what a recorded experiment knows of the sample, which the core is still to read. */
  let foretold = false;
  const offerModels = (names) => fill(byId("model"), names.map((name) => element("option", { value: name }, name)));

  function takeModel(info) {
    panels.model.showLoaded(info);
    if (state.get("custom_rates")?.some(({ site }) => !info.sites.includes(site))) onOtherSites();
  }

  async function loadBuiltInModel() {
    clearErrors("model-errors");
    const files = await fetchModel(state.get("model"), (received) => panels.bar.showDownload("model", received));
    takeModel(await session.loadModel(files));
    panels.rates.offerModelFiles(modelFiles(state.get("model")));
    view.own.model = false;
  }

  async function loadOwnModel({ name, ...content }) {
    const files = { name: BUILT_IN_MODELS.includes(name) ? text.modelImport.ownName(name) : name, ...content };
    clearErrors("model-errors");
    takeModel(await session.loadModel(files));
    panels.rates.offerModelFiles([]); // the reader or the hub has them
    view.own.model = true;
    offerModels([...BUILT_IN_MODELS, files.name]);
    state.assign({ model: files.name }, { quiet: true });
  }

  async function loadProse() {
    const { texts } = await session.inputs.loadCorpus(await fetchBytes(`data/samples/${PROSE}`));
    Object.assign(view, { corpusName: PROSE, own: { ...view.own, corpus: false } });
    panels.fisher.showCorpus("", texts);
  }

  async function loadOwnProse(name, content) {
    const { texts } = await session.inputs.loadCorpus(content);
    Object.assign(view, { corpusName: name, own: { ...view.own, corpus: true } });
    panels.fisher.showCorpus(name, texts);
  }

  async function readDataset() {
    clearErrors("dataset-errors");
    if (!foretold) panels.data.showReading();
    view.dataset = null;
    const given = Object.fromEntries(READING.map((name) => [name, state.get(name)]));
    const options = { name: view.source.name };
    for (const name of ["text_column", "label_column", "task"]) if (given[name]) options[name] = given[name];
    if (given.pair_column) options.pair_column = given.pair_column === NO_COLUMN ? "" : given.pair_column;
    if (given.has_header) options.has_header = given.has_header === "yes";
    if (given.max_rows) options.max_rows = given.max_rows;
    const chosen = { text: given.text_column, pair: given.pair_column, label: given.label_column };
    try {
      view.dataset = await session.inputs.readDataset(view.source.content, options);
      panels.data.show(view.dataset, chosen);
    } catch (error) {
      panels.data.showNone();
      if (error.kind === "crash") throw error; // no fault of the file
      panels.data.offerColumns(await session.inputs.columns(view.source.content, options), chosen);
      showError(error, "dataset-errors");
    }
    foretold = false;
  }

  async function loadSample() {
    const name = state.get("sample");
    view.source = { name: `${name}.csv`, content: await fetchBytes(`data/samples/${name}.csv`) };
    view.own.dataset = false;
    await readDataset();
  }

  /** An own file, read as the settings say. */
  async function loadOwnFile(name, content) {
    view.source = { name, content };
    view.own.dataset = true;
    panels.data.offerSamples(SAMPLES, true);
    state.assign({ sample: OWN }, { quiet: true });
    await readDataset();
  }

  panels.data.offerSamples(SAMPLES, false);
  offerModels(BUILT_IN_MODELS);

  return {
    /**
     * Shows what a recorded experiment knows of the same sample and model, while the core is still to come.
     * @param {object} recorded results.json as `fetchRecorded` gives it
     */
    foretell({ dataset, model, fisher, recorded }) {
      if (view.dataset || `${state.get("sample")}.csv` !== dataset.name || READING.some((name) => state.get(name))) return;
      foretold = true;
      panels.data.show(recorded.sample, { text: "", pair: "", label: "" });
      panels.data.showSplit(dataset.train_rows, dataset.test_rows);
      if (!session.inputs.model && model.name === state.get("model")) {
        panels.model.showLoaded({ ...model, sites: fisher.sites, has_mlm_head: true, missing: [] });
      }
    },

    /** Everything that the page starts with. */
    loadAll: () => session.inputs.change(() => Promise.all([loadBuiltInModel(), loadSample(), loadProse()])),

    /** The model that the picker names. */
    async changeModel() {
      await session.inputs.change(loadBuiltInModel);
      onReady();
    },

    /** The sample that the picker names, read with guessed columns. */
    async changeSample() {
      state.assign(NO_COLUMNS_CHOSEN, { quiet: true });
      await session.inputs.change(loadSample);
      onReady();
    },

    /** The same file, by other columns or another way. */
    async readAgain() {
      await session.inputs.change(readDataset);
      onReady();
    },

    /** Loads what an address names otherwise than before; columns stay as it names them. */
    follow: (names) => session.inputs.change(async () => {
      const changed = (...properties) => properties.some((name) => names.includes(name));
      if (changed("model") && BUILT_IN_MODELS.includes(state.get("model"))) await loadBuiltInModel();
      if (changed("sample") && state.get("sample") !== OWN) await loadSample();
      else if (changed(...READING)) await readDataset();
    }),

    /** A file that was picked, dropped or pasted. */
    async takeOwnFile(name, content) {
      await session.inputs.change(() => {
        state.assign(NO_COLUMNS_CHOSEN, { quiet: true });
        return loadOwnFile(name, content);
      });
      onReady();
    },

    /** @param {{name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array}} files of a reader's model */
    async takeModel(files) {
      await session.inputs.change(() => loadOwnModel(files));
      onReady();
    },

    /** @param {File | undefined} file plain prose */
    async takeCorpusFile(file) {
      clearErrors("fisher-errors");
      if (!file) return;
      await session.inputs.change(async () => loadOwnProse(file.name, await readTexts(file)));
      onReady();
    },

    /**
     * Brings back the settings and inputs of a kept experiment.
     * @param {import("../store/records.js").Kept} record
     * @param {(sha256: string) => Promise<Uint8Array | undefined>} fileOf finds the reader's own files
     * @returns {Promise<string[]>} the names of own files that are no longer here; what was loaded stays in their place
     */
    restore: ({ address, inputs: { dataset, model, corpus } }, fileOf) => session.inputs.change(async () => {
      const missing = [];
      const loaded = { model: session.inputs.model?.name, sample: state.get("sample") };
      state.readAddress(address, { keep: ["language"] });

      const weights = model.own ? await Promise.all(["config.json", "model.safetensors", "tokenizer.json"].map((file) => fileOf(model.sha256[file]))) : [];
      if (!model.own) {
        if (view.own.model || state.get("model") !== loaded.model) await loadBuiltInModel();
      } else if (JSON.stringify(session.inputs.model?.sha256) !== JSON.stringify(model.sha256)) {
        if (weights.every(Boolean)) await loadOwnModel({ name: model.name, config: weights[0], weights: weights[1], tokenizer: weights[2] });
        else missing.push(`${model.name} (config.json, model.safetensors, tokenizer.json)`);
      }
      if (missing.length > 0) state.assign({ model: loaded.model }, { quiet: true });

      const [prose] = corpus.own ? [await fileOf(Object.values(corpus.sha256)[0])] : [];
      if (prose) await loadOwnProse(corpus.name, prose);
      else if (!corpus.own && view.own.corpus) await loadProse();
      else if (corpus.own && session.inputs.corpus?.sha256 !== Object.values(corpus.sha256)[0]) missing.push(corpus.name);

      const [sha256] = Object.values(dataset.sha256);
      const rows = dataset.own ? await fileOf(sha256) ?? (session.inputs.dataset?.sha256 === sha256 ? session.inputs.dataset.bytes : undefined) : undefined;
      if (rows) await loadOwnFile(dataset.name, rows);
      else if (!dataset.own) await loadSample();
      else {
        missing.push(dataset.name);
        state.assign({ ...NO_COLUMNS_CHOSEN, sample: loaded.sample }, { quiet: true });
        await readDataset();
      }
      state.assign({}, { quiet: true }); // the address follows
      return missing;
    }),
  };
}
