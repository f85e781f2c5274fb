// Experiments stored in the browser: saved while they run; resumed, opened, renamed and exported afterwards.

import { runsAsCsv } from "../share/export.js";
import { pack, unpack } from "../store/archive.js";
import { modelsOf, progressOf } from "../store/records.js";
import { clearErrors, showError, showNotice } from "../panels/errors.js";
import { judgementOf } from "../panels/verdict-sentences.js";
import { canFingerprint } from "../platform/fingerprint.js";
import { LabError } from "../platform/lab-error.js";
import { byId, download } from "../ui/dom.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

const SLOT = "past-errors";
const lockName = (id) => `experiment ${id}`;

/** @typedef {import("../store/records.js").ExperimentRecord} ExperimentRecord */

/** The experiments that this browser keeps. */
export class History {
  #page;
  #store;
  #records;
  #actions;
  /** @type {ExperimentRecord | null} the experiment under way; its record is written as its jobs end */
  #current = null;
  /** @type {ExperimentRecord | null} the experiment whose verdict is shown */
  #shown = null;
  /** Records are written one after the other, in the order of the events. */
  #last = Promise.resolve();
  #release = () => {};

  /**
   * @param {import("./run.js").Page} page
   * @param {object} means
   * @param {import("../store/store.js").Store} means.store
   * @param {import("../store/records.js").Records} means.records
   * @param {(record: ExperimentRecord, fileOf: (sha256: string) => Promise<Uint8Array | undefined>) => Promise<string[]>} means.onRestore brings settings and inputs
   *   back and names what is missing
   * @param {() => void} means.onContinue
   * @param {(record: ExperimentRecord, results: object) => void} means.onShow
   */
  constructor(page, { store, records, ...actions }) {
    this.#page = page;
    this.#store = store;
    this.#records = records;
    this.#actions = actions;
    page.events.on("planned", (planned) => {
      this.#begin(planned);
    });
    page.events.on("results", () => {
      this.#inOrder(() => {
        this.#shown = this.#current ?? this.#shown;
      });
    });
    page.events.on("job_kept", (event) => {
      this.#inOrder(async () => {
        if (this.#current) await this.#records.addJob(this.#current, event);
      });
    });
  }

  #inOrder(act) {
    this.#last = this.#last.then(act).catch((error) => {
      showError(error, SLOT);
    });
    return this.#last;
  }

  // --- while an experiment runs -----------------------------------------------------------------------------------

  #begin({ config, jobs, fisherOnly }) {
    this.#page.panels.history.offer(null);
    if (fisherOnly) {
      // no experiment; its jobs are kept all the same
      this.#current = null;
      return;
    }
    const { parts, files } = this.#describe(config, jobs);
    this.#inOrder(async () => {
      this.#current = await this.#records.begin(parts, files); // what is shown is still the one before
      this.#hold(this.#current.id);
      await this.#refresh();
    });
  }

  #describe(config, jobs) {
    const {
      session: {
        inputs: { dataset, model, corpus, provenance },
        device,
        core,
      },
      state: { own },
      settings,
    } = this.#page;
    const inputs = {
      dataset: { ...provenance.dataset, own: own.dataset },
      model: { ...provenance.model, own: own.model },
      corpus: { ...provenance.corpus, own: own.corpus },
    };
    const files = {
      ...(own.dataset && { [dataset.sha256]: dataset.bytes, ...Object.fromEntries(dataset.others.map((file) => [file.sha256, file.content])) }),
      ...(own.corpus && { [corpus.sha256]: corpus.bytes }),
      ...(own.model && {
        [model.sha256["config.json"]]: model.config,
        [model.sha256["model.safetensors"]]: model.weights,
        [model.sha256["tokenizer.json"]]: model.tokenizer,
      }),
    };
    const planned = { fisher: 0, run: 0 };
    for (const { kind } of jobs) planned[kind] += 1;
    return { parts: { address: settings.address({ reading: true, kept: true }), config, device: { ...device }, core, inputs, planned }, files };
  }

  /** Another tab of this page must not offer to go on with what runs here. */
  #hold(id) {
    this.#release();
    navigator.locks
      ?.request(
        lockName(id),
        { ifAvailable: true },
        () =>
          new Promise((resolve) => {
            this.#release = () => resolve(null);
          }),
      )
      .catch(() => null);
  }

  async #runsElsewhere(id) {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    return held.some(({ name }) => name === lockName(id));
  }

  /** @param {{done: boolean, results: any}} outcome of the experiment under way */
  end(outcome) {
    return this.#inOrder(async () => {
      this.#release();
      if (this.#current) {
        await this.#records.end(this.#current, { ...outcome, judgement: outcome.results && judgementOf(outcome.results) });
        this.#store.persist();
      }
      this.#current = null; // an experiment that fails before it has a record of its own is none
      await this.#refresh();
    });
  }

  /**
   * The experiment that one with corrected labels is compared with: of the newest ones on the same files, model and device, with the same settings but
   * for arms and seeds, the first with other corrections or none.
   * @param {Record<string, any>} config as the core checked it
   * @returns {Promise<object | null>} the parts of its results.json that the core needs
   */
  async earlier(config) {
    const { inputs, device, core } = this.#page.session;
    if (!inputs.dataset.options.corrections) return null;
    const here = versionOf({ config, device, core, inputs: inputs.provenance });
    for (const record of await this.#records.list()) {
      if (record.id === this.#current?.id || versionOf(record) !== here) continue;
      const results = await this.#records.results(record);
      const inCommon = (name) => results.config[name].some((each) => config[name].includes(each));
      if (!results?.dataset.test_parts || !inCommon("arms") || !inCommon("seeds")) continue;
      const runs = results.runs.map(({ arm, seed, fraction, epochs }) => ({ arm, seed, fraction, epochs, steps: [] }));
      return { config: results.config, dataset: { test_parts: results.dataset.test_parts }, runs };
    }
    return null;
  }

  // --- the list ---------------------------------------------------------------------------------------------------

  /** Opens the database and shows the list. */
  async start() {
    await this.#store.open({ allowed: canFingerprint, reason: text.history.insecure });
    this.showStorage();
    await this.#refresh();
  }

  /** Says whether experiments outlast this visit. */
  showStorage() {
    this.#page.panels.history.showStorage(this.#store.lasting ? text.history.stored : text.history.notStored);
  }

  async #refresh() {
    const records = await this.#records.list();
    /** @type {StorageEstimate} */
    const { usage = NaN } = this.#store.lasting ? ((await navigator.storage?.estimate?.().catch(() => ({}))) ?? {}) : {};
    this.#page.panels.history.show(records.map(entryOf), { used: usage, unclaimed: (await this.#records.unclaimed()).length });
  }

  /** @returns {Promise<ExperimentRecord>} rejects where another tab has deleted it, or the browser's data were cleared */
  async #find(id) {
    const record = (await this.#records.list()).find((each) => each.id === id);
    if (record) return record;
    await this.#refresh();
    throw new LabError("gone", text.history.gone);
  }

  /** Errors of the list's actions appear beside it. */
  async #act(act) {
    clearErrors(SLOT);
    try {
      await act();
    } catch (error) {
      showError(error, SLOT);
    }
  }

  /** After an action on the list. */
  async #tell(words, id) {
    const { history } = this.#page.panels;
    await this.#refresh();
    history.announce(words);
    history.focus(id);
  }

  /** Offers to go on with the newest experiment, if it was interrupted. */
  async offer() {
    const [newest] = await this.#records.list();
    if (!newest || newest.done || newest.dismissed || this.#page.session.running || (await this.#runsElsewhere(newest.id))) return;
    this.#page.panels.history.offer(entryOf(newest));
  }

  async #restore(record) {
    this.#page.panels.history.offer(null);
    const missing = await this.#actions.onRestore(record, (sha256) => this.#records.file(sha256));
    if (missing.length > 0) showNotice(text.history.missing(missing.join(", ")), SLOT);
    return missing;
  }

  open(id) {
    return this.#act(async () => {
      const { session } = this.#page;
      if (session.running) return;
      const record = await this.#find(id);
      const results = await this.#resultsOf(record);
      if (!results) throw new LabError("gone", text.history.gone);
      if (!results.clauses) await this.#judgeAnew({ record, results }); // kept by an earlier version
      const missing = await this.#restore(record);
      const sameModel = JSON.stringify(session.inputs.model.sha256) === JSON.stringify(record.inputs.model.sha256);
      session.models.clear(record.config.seeds);
      await session.models.recall(sameModel && missing.length === 0 ? modelsOf(record) : []);
      this.#shown = record;
      this.#actions.onShow(record, results);
      byId("verdict-part").scrollIntoView();
      byId("verdict-part").focus({ preventScroll: true });
    });
  }

  continue(id) {
    return this.#act(async () => {
      const { session } = this.#page;
      if (session.running) return;
      if (await this.#runsElsewhere(id)) {
        showNotice(text.history.inAnotherTab, SLOT);
        return;
      }
      const record = await this.#find(id);
      const missing = await this.#restore(record);
      if (missing.length > 0) {
        byId(SLOT).scrollIntoView({ block: "center" });
        return;
      }
      await session.settled;
      const {
        core,
        device: { kind, adapter },
      } = session;
      if (core !== record.core || kind !== record.device.kind || adapter !== record.device.adapter) showNotice(text.history.elsewhere, SLOT);
      this.#actions.onContinue();
    });
  }

  dismiss(id) {
    return this.#act(async () => {
      const record = await this.#find(id);
      await this.#records.save({ ...record, dismissed: true });
      this.#page.panels.history.offer(null);
      byId("run").focus({ preventScroll: true });
    });
  }

  rename(id, name) {
    return this.#act(async () => {
      const stored = await this.#find(id);
      const record = [this.#current, this.#shown].find((each) => each?.id === id) ?? stored;
      record.name = name;
      await this.#inOrder(() => this.#records.save(record));
      await this.#tell(text.history.renamed(name), id);
    });
  }

  remove(id) {
    return this.#act(async () => {
      const record = await this.#find(id);
      if (await this.#runsElsewhere(id)) {
        showNotice(text.history.inAnotherTab, SLOT);
        return;
      }
      await this.#records.remove(record);
      if (this.#shown?.id === id) {
        this.#shown = null;
        disable(byId("download-everything"), "deleted");
      }
      this.#page.panels.history.offer(null);
      await this.#tell(text.history.removed(record.name), id);
    });
  }

  removeUnclaimed() {
    return this.#act(async () => {
      await this.#records.removeUnclaimed();
      await this.#tell(text.history.removedUnclaimed);
    });
  }

  // --- as a file --------------------------------------------------------------------------------------------------

  export(id, withFiles) {
    return this.#act(async () => this.#export(await this.#find(id), withFiles));
  }

  /** The zip of the experiment that the verdict part shows. */
  exportCurrent() {
    return this.#act(async () => {
      if (this.#shown) await this.#export(this.#shown, /** @type {HTMLInputElement} */ (byId("export-files")).checked);
    });
  }

  async #export(record, withFiles) {
    /** @type {Record<string, Uint8Array>} */
    const files = {};
    for (const input of withFiles ? [record.inputs.dataset, record.inputs.corpus].filter(({ own }) => own) : []) {
      for (const sha256 of Object.values(input.sha256)) {
        const content = (await this.#records.file(sha256)) ?? this.#page.session.inputs.contentOf(sha256);
        if (content) files[sha256] = content;
      }
    }
    const results = (await this.#resultsOf(record)) ?? null;
    if (record.done && !results) throw new LabError("gone", text.history.gone);
    const zip = await pack({ record, results, jobs: await this.#jobsOf(record, results), files }, runsAsCsv);
    download(`${record.name.replaceAll(/[^\p{L}\p{N}._ -]+/gu, "-")}.zip`, /** @type {BlobPart} */ (zip), "application/zip");
  }

  /** Its results.json; of the experiment that is shown, the page has it even where the database has lost it. */
  async #resultsOf(record) {
    return (await this.#records.results(record)) ?? (record.id === this.#shown?.id ? this.#page.state.results : undefined);
  }

  /** Its finished jobs; runs that the database has lost are in the results. */
  async #jobsOf(record, results) {
    const stored = new Map((await this.#records.jobs(record)).map((job) => [job.id, job]));
    const runs = new Map(results?.runs.map((run) => [`run/${run.arm}/${run.seed}/${run.fraction}`, run]));
    return record.jobs
      .map((job) => stored.get(job.id) ?? (runs.has(job.id) ? { ...job, value: { run: runs.get(job.id) } } : null))
      .filter((job) => job !== null);
  }

  importFile(file) {
    return this.#act(async () => {
      const archive = await unpack(file);
      if (archive.results) await this.#judgeAnew(archive);
      const outcome = await this.#records.take(archive);
      await this.#tell(text.history.imported[outcome](archive.record.name), archive.record.id);
    });
  }

  /** The verdict on a file's runs, computed by this page's own core; the verdict in the file is ignored. */
  async #judgeAnew({ record, results }) {
    const config = { custom_rates: results.arms.custom ?? null, ...results.config };
    for (const beside of ["probes", "baselines", "baseline_comparisons"]) delete results[beside]; // they take the texts, which may not be here
    try {
      Object.assign(results, await this.#page.session.coordinator.judge({ ...results.dataset, config, runs: results.runs }));
    } catch (thrown) {
      const error = LabError.from(thrown);
      throw error.kind === "config" ? error.with({ kind: "archive", message: `results.json, ${error.message}` }) : error;
    }
    Object.assign(record, { verdict: results.verdict, judgement: judgementOf(results) });
  }
}

/** Everything that two versions of a data set, with other corrections of labels, must share to be compared. */
function versionOf({ config: all, device: { kind, adapter }, core, inputs }) {
  const { arms: _arms, seeds: _seeds, metric: _metric, ...config } = /** @type {Record<string, any>} */ (all);
  const { corrections: _corrections, ...reading } = inputs.dataset.options;
  return JSON.stringify([config, kind, adapter, core, reading, ...[inputs.dataset, inputs.model, inputs.corpus].map(({ sha256 }) => sha256)]);
}

/** @param {ExperimentRecord} record */
const entryOf = (record) => ({
  id: record.id,
  name: record.name,
  date: record.updated,
  dataset: record.inputs.dataset.name,
  arms: record.config.arms.length,
  seeds: record.config.seeds.length,
  progress: progressOf(record),
  verdict: record.verdict,
  judgement: record.judgement,
  done: record.done,
  shown: record.verdict !== "",
});
