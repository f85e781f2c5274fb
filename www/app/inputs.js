// What the page is fed: samples and own files, for the data set, the model and the prose. Each is fetched or read, given to
// the session, and shown, one change of the inputs after another; what goes wrong is said beside it.

import { NO_COLUMN } from "../panels/data.js";
import { clearErrors, showError, showNotice } from "../panels/errors.js";
import { fits } from "../panels/train.js";
import { fetchBytes, fetchModel, modelFiles } from "../platform/files.js";
import { readTexts } from "../ui/text-files.js";
import { byId, element, fill } from "../ui/dom.js";
import { FIRST_EXPERIMENT } from "./first-experiment.js";
import { mendsOf } from "./health.js";
import { APPEARANCE, OWN, READING, correctionsOf } from "./settings.js";
import { text } from "../i18n/text.js";

const SAMPLES = ["tickets", "questions", "opinions", "paraphrases"];
export const BUILT_IN_MODELS = ["mini-4x256"];
const PROSE = "prose.txt";
const MODEL_PARTS = ["config.json", "model.safetensors", "tokenizer.json"];
/** Another file has other columns. */
const NO_COLUMNS_CHOSEN = { text_column: "", pair_column: "", label_column: "", has_header: "", task: "", delimiter: "", mend: "", corrections: "" };

/** Loads what experiments are made of. */
export class InputsController {
  #page;
  #onReady;
  #onOtherSites;
  /** The last file of labelled texts that the reader brought. @type {import("./state.js").Source | null} */
  #ownSource = null;
  /** What the page starts with, as far as it is on its way: settles with the last of it. @type {Promise<unknown>} */
  #begun = Promise.resolve();
  /** Files that have come and are not loaded, since another request failed. @type {Map<string, Uint8Array>} */
  #fetched = new Map();
  /** Whether section 1 shows the sample's summary from the recorded experiment, before the core has read it. */
  #showsRecorded = false;

  /**
   * @param {import("./run.js").Page} page
   * @param {{onReady: () => void, onOtherSites: (sites: string[]) => void}} actions `onReady`: something new can be planned with; `onOtherSites`: there
   *   is a model with these dropout sites
   */
  constructor(page, { onReady, onOtherSites }) {
    this.#page = page;
    this.#onReady = onReady;
    this.#onOtherSites = onOtherSites;
    page.panels.data.offerSamples(SAMPLES, false);
    this.#offerModels(BUILT_IN_MODELS);
  }

  #offerModels(names) {
    fill(
      byId("model"),
      names.map((name) => element("option", { value: name }, name)),
    );
  }

  #setOwn(own) {
    const { state } = this.#page;
    state.set({ own: { ...state.own, ...own } });
  }

  /** A file of the page, fetched once until it is loaded. @type {typeof fetchBytes} */
  #fetch = async (path, options) => {
    const bytes = this.#fetched.get(path) ?? (await fetchBytes(path, options));
    this.#fetched.set(path, bytes);
    return bytes;
  };

  // --- the model --------------------------------------------------------------------------------------------------

  #showModel(info) {
    const { panels, settings } = this.#page;
    panels.model.showLoaded(info);
    panels.model.offerClassifier(info.classes);
    if (!info.classes) settings.assign({ keep_classifier: false }, { quiet: true });
    this.#onOtherSites(info.sites);
  }

  async #loadBuiltInModel() {
    const { session, settings, panels } = this.#page;
    clearErrors("model-errors");
    const parts = modelFiles(settings.get("model"));
    const files = await fetchModel(settings.get("model"), (received) => panels.bar.showDownload("model", received), this.#fetch);
    this.#showModel(await session.loadModel(files));
    for (const { address } of parts) this.#fetched.delete(address);
    panels.rates.offerModelFiles(parts);
    this.#setOwn({ model: false });
  }

  async #loadOwnModel({ name, ...content }) {
    const { session, settings, panels } = this.#page;
    const files = { name: BUILT_IN_MODELS.includes(name) ? text.modelImport.ownName(name) : name, ...content };
    clearErrors("model-errors");
    this.#showModel(await session.loadModel(files));
    panels.rates.offerModelFiles([]); // the reader or the hub has them
    this.#setOwn({ model: true });
    this.#offerModels([...BUILT_IN_MODELS, files.name]);
    settings.assign({ model: files.name }, { quiet: true });
  }

  // --- the prose --------------------------------------------------------------------------------------------------

  async #loadProse() {
    const path = `data/samples/${PROSE}`;
    const { texts } = await this.#page.session.inputs.loadCorpus(await this.#fetch(path), PROSE);
    this.#fetched.delete(path);
    this.#setOwn({ corpus: false });
    this.#page.panels.fisher.showCorpus("", texts);
  }

  async #loadOwnProse(name, content) {
    const { texts } = await this.#page.session.inputs.loadCorpus(content, name);
    this.#setOwn({ corpus: true });
    this.#page.panels.fisher.showCorpus(name, texts);
  }

  // --- the labelled texts -----------------------------------------------------------------------------------------

  /** How the settings say that the file is to be read. */
  #readingOptions() {
    const { settings, state } = this.#page;
    const chosen = Object.fromEntries(READING.map((name) => [name, settings.get(name)]));
    const options = { name: state.source.name };
    for (const name of ["text_column", "label_column", "task"]) if (chosen[name]) options[name] = chosen[name];
    if (chosen.pair_column) options.pair_column = chosen.pair_column === NO_COLUMN ? "" : chosen.pair_column;
    if (chosen.has_header) options.has_header = chosen.has_header === "yes";
    if (chosen.max_rows) Object.assign(options, { max_rows: chosen.max_rows, sample: "stratified" });
    if (chosen.delimiter) options.delimiter = chosen.delimiter;
    if (chosen.mend) options.mend = mendsOf(settings);
    if (chosen.corrections) options.corrections = correctionsOf(settings);
    return { options, columns: { text: chosen.text_column, pair: chosen.pair_column, label: chosen.label_column } };
  }

  async #readDataset() {
    const { session, state, panels } = this.#page;
    clearErrors("dataset-errors");
    if (!this.#showsRecorded) panels.data.showReading();
    state.set({ dataset: null });
    const { options, columns } = this.#readingOptions();
    try {
      state.set({ dataset: await session.inputs.readDataset(state.source.content, options, state.source.others) });
      panels.data.show(state.dataset, columns);
      this.#suit(state.dataset.task);
    } catch (error) {
      panels.data.showNone();
      if (["crash", "network"].includes(error.kind)) throw error; // no fault of the file
      panels.data.offerColumns(await session.inputs.inspectDataset(state.source.content, options), columns);
      showError(error, "dataset-errors");
    }
    this.#showsRecorded = false;
  }

  /** Settings of the task before give way to the usual ones. */
  #suit(task) {
    const { panels, settings } = this.#page;
    panels.train.suit(task);
    if (!fits(settings.get("metric"), task)) settings.assign({ metric: "automatic" }, { quiet: true });
    if (task === "regression" && settings.get("class_weights") !== "none") settings.assign({ class_weights: "none" }, { quiet: true });
  }

  async #loadSample() {
    const { settings, state } = this.#page;
    const name = settings.get("sample");
    const path = `data/samples/${name}.csv`;
    state.set({ source: { name: `${name}.csv`, content: await this.#fetch(path), others: [] } });
    this.#setOwn({ dataset: false });
    await this.#readDataset();
    this.#fetched.delete(path);
  }

  /** An own file, and those beside it, read as the settings say. */
  async #loadOwnFile(source) {
    const { settings, state, panels } = this.#page;
    this.#ownSource = source;
    state.set({ source });
    this.#setOwn({ dataset: true });
    panels.data.offerSamples(SAMPLES, true);
    settings.assign({ sample: OWN }, { quiet: true });
    await this.#readDataset();
  }

  /**
   * Shows what a recorded experiment knows of the same sample and model, while the core is still to come.
   * @param {any} recorded results.json as `fetchRecorded` gives it
   */
  showRecorded({ config, dataset, model, fisher, recorded }) {
    const { session, settings, state, panels } = this.#page;
    if (state.dataset || `${settings.get("sample")}.csv` !== dataset.name || READING.some((name) => settings.get(name))) return;
    this.#showsRecorded = true;
    panels.data.show(recorded.sample, { text: "", pair: "", label: "" });
    panels.data.showSplit({ ...dataset, config });
    if (!session.inputs.model && model.name === settings.get("model")) {
      panels.model.showLoaded({ ...model, sites: fisher.sites, has_mlm_head: true, missing: [] });
    }
  }

  // --- changes ----------------------------------------------------------------------------------------------------

  async #change(act) {
    await this.#page.session.inputs.change(act);
    this.#onReady();
  }

  /** Everything that the page starts with and that has not come yet: where a request fails, the rest stays. */
  loadAll() {
    const { inputs } = this.#page.session;
    return inputs.change(async () => {
      await this.#begun;
      const loads = [];
      if (!inputs.model) loads.push(this.#loadBuiltInModel());
      if (!inputs.dataset) loads.push(this.#loadSample());
      if (!inputs.corpus) loads.push(this.#loadProse());
      this.#begun = Promise.allSettled(loads);
      await Promise.all(loads);
    });
  }

  /** The model that the picker names. */
  changeModel() {
    return this.#change(() => this.#loadBuiltInModel());
  }

  /** The sample that the picker names, read with guessed columns. */
  changeSample() {
    const { settings, state } = this.#page;
    if (state.own.dataset) settings.suit(false);
    settings.assign(NO_COLUMNS_CHOSEN, { quiet: true });
    return this.#change(() => this.#loadSample());
  }

  /** The same file, by other columns or another way. */
  readAgain() {
    return this.#change(() => this.#readDataset());
  }

  /** Loads what an address names otherwise than before; columns stay as it names them. */
  follow(names) {
    const { session, settings } = this.#page;
    const changed = (...properties) => properties.some((name) => names.includes(name));
    return session.inputs.change(async () => {
      if (changed("model") && BUILT_IN_MODELS.includes(settings.get("model"))) await this.#loadBuiltInModel();
      if (changed("sample") && settings.get("sample") !== OWN) await this.#loadSample();
      else if (changed(...READING)) await this.#readDataset();
    });
  }

  /** The reader's last own file once more, which the picker names. */
  changeToOwn() {
    if (!this.#ownSource) return Promise.resolve();
    this.#suitOwn();
    return this.#change(() => this.#loadOwnFile(this.#ownSource));
  }

  /** Settings for the reader's own rows: guessed columns, and not what suits the first experiment's sample. */
  #suitOwn() {
    const { settings, state } = this.#page;
    const sample = settings.get("sample");
    const before = sample === OWN ? state.source?.name : `${sample}.csv`;
    if (before === `${FIRST_EXPERIMENT.sample}.csv`) settings.suit(true);
    settings.assign(NO_COLUMNS_CHOSEN, { quiet: true });
  }

  /**
   * Files that were picked, dropped or pasted together. They count from now on: what is begun before they are read waits for them.
   * @param {Promise<Array<{name: string, content: Uint8Array}>>} reading rejects where one cannot be read; empty where there is nothing
   */
  takeOwnFiles(reading) {
    reading.catch(() => {}); // told below, once it is their turn
    return this.#change(async () => {
      const files = await reading;
      if (files.length === 0) return;
      const names = files.map(({ name }) => name);
      const { main, others, ignored } =
        files.length > 1 ? await this.#page.session.coordinator.arrangeFiles(names) : { main: 0, others: [], ignored: [] };
      const isNext = this.#ownSource !== null && this.#ownSource.name !== files[main].name;
      this.#suitOwn();
      await this.#loadOwnFile({ ...files[main], others: others.map((place) => files[place]) });
      if (isNext) this.#tellKeptSettings();
      if (ignored.length > 0) showNotice(text.data.filesIgnored(ignored.map((place) => names[place]).join(", ")), "dataset-errors");
    });
  }

  /** Settings that were chosen for the file before are in force for this one as well. */
  #tellKeptSettings() {
    const names = this.#page.settings.unusual().map((name) => text.verdict.printSettings.settings[name]?.label ?? name);
    if (names.length > 0) showNotice(text.data.settingsKept(names.join(text.marks.comma)), "dataset-errors");
  }

  /** @param {{name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array}} files of a reader's model */
  takeModel(files) {
    return this.#change(() => this.#loadOwnModel(files));
  }

  /** @param {File | undefined} file plain prose */
  async takeCorpusFile(file) {
    clearErrors("fisher-errors");
    if (file) await this.#change(async () => this.#loadOwnProse(file.name, await readTexts(file)));
  }

  // --- a kept experiment ------------------------------------------------------------------------------------------

  /**
   * Brings back the settings and inputs of a kept experiment.
   * @param {import("../store/records.js").ExperimentRecord} record
   * @param {(sha256: string) => Promise<Uint8Array | undefined>} fileOf finds the reader's own files
   * @returns {Promise<string[]>} the names of own files that are no longer here; what was loaded stays in their place
   */
  restore({ address, inputs: { dataset, model, corpus } }, fileOf) {
    const { session, settings } = this.#page;
    return session.inputs.change(async () => {
      const loaded = { model: session.inputs.model?.name, sample: settings.get("sample") };
      settings.readAddress(address, { keep: APPEARANCE, isKept: true });
      const missing = [
        ...(await this.#restoreModel(model, loaded, fileOf)),
        ...(await this.#restoreProse(corpus, fileOf)),
        ...(await this.#restoreDataset(dataset, loaded, fileOf)),
      ];
      settings.assign({}, { quiet: true }); // the address follows
      return missing;
    });
  }

  async #restoreModel(model, loaded, fileOf) {
    const { session, settings, state } = this.#page;
    if (!model.own) {
      if (state.own.model || settings.get("model") !== loaded.model) await this.#loadBuiltInModel();
      return [];
    }
    if (JSON.stringify(session.inputs.model?.sha256) === JSON.stringify(model.sha256)) return [];
    const [config, weights, tokenizer] = await Promise.all(MODEL_PARTS.map((file) => fileOf(model.sha256[file])));
    if (config && weights && tokenizer) {
      await this.#loadOwnModel({ name: model.name, config, weights, tokenizer });
      return [];
    }
    settings.assign({ model: loaded.model }, { quiet: true });
    return [`${model.name} (${MODEL_PARTS.join(", ")})`];
  }

  async #restoreProse(corpus, fileOf) {
    const { session, state } = this.#page;
    const [sha256] = Object.values(corpus.sha256);
    const prose = corpus.own ? await fileOf(sha256) : undefined;
    if (prose) await this.#loadOwnProse(corpus.name, prose);
    else if (!corpus.own && state.own.corpus) await this.#loadProse();
    else if (corpus.own && session.inputs.corpus?.sha256 !== sha256) return [corpus.name];
    return [];
  }

  async #restoreDataset(dataset, loaded, fileOf) {
    const { session, settings } = this.#page;
    if (!dataset.own) {
      await this.#loadSample();
      return [];
    }
    const contentOf = async (sha256) => (await fileOf(sha256)) ?? session.inputs.contentOf(sha256);
    const files = await Promise.all(Object.entries(dataset.sha256).map(async ([name, sha256]) => ({ name, content: await contentOf(sha256) })));
    if (files.every(({ content }) => content)) {
      await this.#loadOwnFile({
        ...(files.find(({ name }) => name === dataset.name) ?? files[0]),
        others: files.filter(({ name }) => name !== dataset.name),
      });
      return [];
    }
    settings.assign({ ...NO_COLUMNS_CHOSEN, sample: loaded.sample }, { quiet: true });
    await this.#readDataset();
    return files.filter(({ content }) => !content).map(({ name }) => name);
  }
}
