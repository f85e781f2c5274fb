// What the page keeps of its experiments while they run, and what it does with them afterwards: go on, open, rename, hand over.

import { pack, unpack } from "../store/archive.js";
import { byId, download } from "../ui/dom.js";
import { progressOf } from "../store/records.js";
import { canFingerprint } from "../platform/fingerprint.js";
import { clearErrors, showError, showNotice } from "../panels/errors.js";
import { judgementOf } from "../panels/verdict-sentences.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

const lockName = (id) => `experiment ${id}`;

/**
 * @param {object} page {state, session, panels, view, store, experiments}
 * @param {{onRestore: (record: object, fileOf: (sha256: string) => Promise<Uint8Array | undefined>) => Promise<string[]>, onContinue: () => void,
 *   onShow: (record: object, results: object) => void}} actions `onRestore` brings settings and inputs back and names what is missing
 */
export function createKeeping({ state, session, panels, view, store, experiments }, { onRestore, onContinue, onShow }) {
  /** The experiment under way; its record is written as its jobs end. */
  let current = null;
  /** The experiment whose verdict is shown. */
  let shown = null;
  /** Records are written one after the other, in the order of the events. */
  let last = Promise.resolve();
  let letGo = () => {};
  const inOrder = (act) => {
    last = last.then(act).catch((error) => showError(error, "past-errors"));
    return last;
  };

  // --- while an experiment runs ---------------------------------------------------------------------------------

  function begin({ config, jobs, fisherOnly }) {
    panels.past.offer(null);
    if (fisherOnly) { // no experiment; its jobs are kept all the same
      current = null;
      return last;
    }
    const { parts, files } = describe(config, jobs);
    return inOrder(async () => {
      current = shown = await experiments.begin(parts, files);
      hold(current.id);
      await refresh();
    });
  }

  function describe(config, jobs) {
    const { inputs: { dataset, model, corpus }, device, core } = session;
    const own = view.own;
    const { name: _, ...options } = dataset.options;
    const inputs = {
      dataset: { name: dataset.options.name, own: own.dataset, sha256: { [dataset.options.name]: dataset.sha256 }, options },
      model: { name: model.name, own: own.model, sha256: model.sha256 },
      corpus: { name: view.corpusName, own: own.corpus, sha256: { [view.corpusName]: corpus.sha256 } },
    };
    const files = {
      ...own.dataset && { [dataset.sha256]: dataset.bytes },
      ...own.corpus && { [corpus.sha256]: corpus.bytes },
      ...own.model && { [model.sha256["config.json"]]: model.config, [model.sha256["model.safetensors"]]: model.weights, [model.sha256["tokenizer.json"]]: model.tokenizer },
    };
    const planned = { fisher: 0, run: 0 };
    for (const { kind } of jobs) planned[kind] += 1;
    return { parts: { address: state.address({ reading: true }), config, device: { ...device }, core, inputs, planned }, files };
  }

  /** Another tab of this page must not offer to go on with what runs here. */
  function hold(id) {
    letGo();
    navigator.locks?.request(lockName(id), { ifAvailable: true }, () => new Promise((resolve) => { letGo = resolve; })).catch(() => null);
  }

  async function runsElsewhere(id) {
    const { held = [] } = await navigator.locks?.query() ?? {};
    return held.some(({ name }) => name === lockName(id));
  }

  /** @param {{done: boolean, results: object | null}} outcome */
  function end(outcome) {
    return inOrder(async () => {
      letGo();
      if (current) {
        await experiments.end(current, { ...outcome, judgement: outcome.results && judgementOf(outcome.results) });
        store.persist();
      }
      current = null; // an experiment that fails before it has a record of its own is none
      await refresh();
    });
  }

  // --- the list -------------------------------------------------------------------------------------------------

  const entryOf = (record) => ({
    id: record.id, name: record.name, date: record.updated, dataset: record.inputs.dataset.name, arms: record.config.arms.length,
    seeds: record.config.seeds.length, progress: progressOf(record), verdict: record.verdict, judgement: record.judgement, done: record.done, shown: record.verdict !== "",
  });

  async function refresh() {
    const records = await experiments.list();
    const { usage = NaN } = store.lasting ? await navigator.storage?.estimate?.().catch(() => ({})) ?? {} : {};
    panels.past.show(records.map(entryOf), { used: usage, unclaimed: (await experiments.unclaimed()).length });
    return records;
  }

  const find = async (id) => (await experiments.list()).find((record) => record.id === id);

  /** Errors of the list's actions appear beside it. */
  const acting = (act) => async (...values) => {
    clearErrors("past-errors");
    try {
      await act(...values);
    } catch (error) {
      showError(error, "past-errors");
    }
  };

  async function restore(record) {
    panels.past.offer(null);
    const missing = await onRestore(record, (sha256) => experiments.file(sha256));
    if (missing.length > 0) showNotice(text.history.missing(missing.join(", ")), "past-errors");
    return missing;
  }

  /** What the runs of a file show, by this page's own core: nothing that the file says of it is believed. */
  async function judgeAnew({ record, results }) {
    const config = { custom_rates: results.arms.custom ?? null, ...results.config };
    try {
      Object.assign(results, await session.judge(config, results.dataset.task, results.runs));
    } catch (error) {
      throw error.kind === "config" ? { ...error, kind: "archive", message: `results.json, ${error.message}` } : error;
    }
    Object.assign(record, { verdict: results.verdict, judgement: judgementOf(results) });
  }

  const openOne = acting(async (id) => {
    if (session.running) return;
    const record = await find(id);
    const results = await experiments.results(record);
    const missing = await restore(record);
    const sameModel = JSON.stringify(session.inputs.model.sha256) === JSON.stringify(record.inputs.model.sha256);
    await session.recallTrained(sameModel && missing.length === 0 ? record.models : []);
    shown = record;
    onShow(record, results);
    byId("verdict-part").scrollIntoView();
    byId("verdict-part").focus({ preventScroll: true });
  });

  const continueOne = acting(async (id) => {
    if (session.running) return;
    if (await runsElsewhere(id)) {
      showNotice(text.history.inAnotherTab, "past-errors");
      return;
    }
    const record = await find(id);
    const missing = await restore(record);
    if (missing.length === 0) {
      await session.settled;
      const { core, device: { kind, adapter } } = session;
      if (core !== record.core || kind !== record.device.kind || adapter !== record.device.adapter) showNotice(text.history.elsewhere, "past-errors");
      onContinue();
    } else byId("past-errors").scrollIntoView({ block: "center" });
  });

  async function exportOne(record, withFiles) {
    const files = {};
    for (const input of withFiles ? [record.inputs.dataset, record.inputs.corpus].filter(({ own }) => own) : []) {
      const [sha256] = Object.values(input.sha256);
      const content = await experiments.file(sha256);
      if (content) files[sha256] = content;
    }
    const zip = await pack({ record, results: await experiments.results(record) ?? null, jobs: await experiments.jobs(record), files });
    download(`${record.name.replaceAll(/[^\p{L}\p{N}._ -]+/gu, "-")}.zip`, zip, "application/zip");
  }

  return {
    begin,
    end,
    open: openOne,
    continue: continueOne,

    /** A job has finished. */
    addJob: (event) => inOrder(() => current && experiments.addJob(current, event)),

    /** Opens the database and shows the list. */
    async start() {
      await store.open({ allowed: canFingerprint, reason: text.history.insecure });
      panels.past.showStorage(store.lasting ? text.history.stored : text.history.notStored);
      await refresh();
    },

    /** Offers to go on with the newest experiment, if it was interrupted. */
    async offer() {
      const [newest] = await experiments.list();
      if (!newest || newest.done || newest.dismissed || session.running || await runsElsewhere(newest.id)) return;
      panels.past.offer(entryOf(newest));
    },

    dismiss: acting(async (id) => {
      const record = await find(id);
      await experiments.save({ ...record, dismissed: true });
      panels.past.offer(null);
      byId("run").focus({ preventScroll: true });
    }),

    rename: acting(async (id, name) => {
      const record = shown?.id === id ? shown : await find(id);
      record.name = name;
      await inOrder(() => experiments.save(record));
      await refresh();
      panels.past.announce(text.history.renamed(name));
      panels.past.focus(id);
    }),

    remove: acting(async (id) => {
      const record = await find(id);
      await experiments.remove(record);
      if (shown?.id === id) {
        shown = null;
        disable(byId("download-everything"), "deleted");
      }
      panels.past.offer(null);
      await refresh();
      panels.past.announce(text.history.removed(record.name));
      panels.past.focus(id);
    }),

    removeUnclaimed: acting(async () => {
      await experiments.removeUnclaimed();
      await refresh();
      panels.past.announce(text.history.removedUnclaimed);
      panels.past.focus();
    }),

    export: acting(async (id, withFiles) => exportOne(await find(id), withFiles)),

    /** The zip of the experiment that the verdict part shows. */
    exportCurrent: acting(() => shown && exportOne(shown, byId("export-files").checked)),

    import: acting(async (file) => {
      const archive = await unpack(file);
      if (archive.results) await judgeAnew(archive);
      const outcome = await experiments.take(archive);
      await refresh();
      panels.past.announce(text.history.imported[outcome](archive.record.name));
      panels.past.focus(archive.record.id);
    }),
  };
}
