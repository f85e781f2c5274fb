// A reader's own model, by files or by name: collected, appraised, and only then read and loaded.

import { poolSize } from "../gpu/probe.js";
import { byId } from "../ui/dom.js";
import { bytes } from "../ui/format.js";
import { hubFiles, hubName } from "./hub.js";
import { memoryOf, memoryOfWorker, MOST_OF_A_WORKER } from "../engine/memory.js";
import { clearErrors, showError } from "../panels/errors.js";
import { nameInConfig, partOfFile, readHeader, Tray } from "./files.js";
import { text } from "../i18n/text.js";

const SLOT = "bring-errors";
/** Files up to this size are loaded as soon as they are complete; larger ones wait for a press. */
const AT_ONCE = 200e6;

/**
 * @typedef {object} Candidate a model that could be loaded
 * @property {string} name
 * @property {Tray} tray its files
 * @property {Uint8Array} config
 * @property {object} appraisal of the core
 */

/**
 * @param {object} page {state, session, panels}
 * @param {{onModel: (files: {name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array}) => Promise<void>}} actions `onModel` loads it
 */
export function createBringing({ state, session, panels }, { onModel }) {
  const panel = panels.model;
  const tray = new Tray();
  /** Whether the reader has allowed requests to the hub; for this visit, so never stored. */
  let hubAllowed = false;
  /** Of what is under way; a later attempt ends an earlier one. */
  let current = new AbortController();

  /** Runs one attempt: errors appear beside it, and one that was superseded or cancelled changes nothing. */
  async function attempt(act) {
    current.abort();
    const { signal } = current = new AbortController();
    clearErrors(SLOT);
    panel.open();
    if (session.running) {
      panel.showStatus(text.errors.busy);
      return;
    }
    try {
      await act(signal);
    } catch (error) {
      if (signal.aborted) return;
      panel.showStatus("");
      panel.showCard(null);
      showError(error, SLOT);
    }
  }

  // --- what it is, and what it takes ----------------------------------------------------------------------------

  async function appraise(parts, name, signal) {
    panel.showStatus(text.modelImport.looking);
    const [config, header] = [await parts.get("config").whole(signal), await readHeader(parts.get("weights"), signal)];
    const appraisal = await session.appraise(config, header, parts.get("weights").size);
    signal.throwIfAborted();
    const memory = memoryOfWorker(state.config(), appraisal);
    if (memory > MOST_OF_A_WORKER) throw { kind: "weights", message: text.modelImport.tooLarge(bytes(memory), bytes(MOST_OF_A_WORKER)) };
    return { name: name ?? nameInConfig(config) ?? stemOf(parts.get("weights").name) ?? text.modelImport.unnamed, tray: parts, config, appraisal };
  }

  const stemOf = (file) => (/^model( ?\(\d+\))?\.safetensors$/i.test(file) ? null : file.replace(/\.safetensors$/i, ""));

  /** Size, memory and time of a candidate under the present settings. */
  async function needs({ tray: parts, appraisal }) {
    const config = state.config();
    const { jobs } = await session.plan(config).catch(() => ({ jobs: [] })); // a plan that fails has said so in its own place
    const runs = jobs.filter(({ kind }) => kind === "run");
    const { size: workers } = poolSize({
      device: session.device.kind, jobs: Math.max(1, jobs.length), wanted: state.get("workers"), bytesPerWorker: memoryOfWorker(config, appraisal),
    });
    const scale = appraisal.multiply_adds_per_token / session.inputs.model?.info.multiply_adds_per_token;
    const work = runs.reduce((sum, job) => sum + job.work, 0) / runs.length;
    return {
      appraisal, size: parts.get("weights").size, workers,
      worker: memoryOfWorker(config, appraisal), pool: memoryOf(config, workers, appraisal), most: MOST_OF_A_WORKER,
      runSeconds: scale * work / (session.speeds.run || NaN),
    };
  }

  /** Reads what is left of a candidate, and loads it. */
  async function load({ name, tray: parts, config }, signal, onBytes) {
    panel.showStatus(text.modelImport.loading);
    const weights = await parts.get("weights").whole(signal, onBytes);
    let note = "";
    let tokenizer = await parts.get("tokenizer")?.whole(signal);
    if (!tokenizer) {
      const said = await parts.get("tokenizerConfig")?.whole(signal);
      tokenizer = await session.tokenizerOfVocabulary(await parts.get("vocabulary").whole(signal), said);
      note = normalisationOf(tokenizer, said);
    }
    signal.throwIfAborted();
    panel.showCard(null); // from here on it cannot be cancelled
    await onModel({ name, config, weights, tokenizer });
    if (signal.aborted) return; // files have come meanwhile
    tray.clear();
    panel.showTray(tray);
    panel.showStatus([text.modelImport.loaded(name), note].filter(Boolean).join(text.marks.gap));
  }

  // --- by files -------------------------------------------------------------------------------------------------

  const takeFiles = (files) => attempt(async (signal) => {
    tray.add(files.map(partOfFile));
    panel.showTray(tray);
    panel.showCard(null);
    if (tray.refusal) throw tray.refusal;
    const words = tray.missing.length > 0 ? text.modelImport.missing(tray.missing.join(", ")) : "";
    if (!tray.get("config") || !tray.get("weights")) {
      panel.showStatus(words);
      return;
    }
    const candidate = await appraise(tray, null, signal);
    const waits = words === "" && tray.get("weights").size > AT_ONCE;
    panel.showCard(await needs(candidate), waits ? {
      label: text.modelImport.load(bytes(tray.get("weights").size)),
      onLoad: () => attempt((next) => load(candidate, next)),
    } : null);
    panel.showStatus(words);
    if (words === "" && !waits) await load(candidate, signal);
  });

  // --- by name --------------------------------------------------------------------------------------------------

  function askHub(typed) {
    clearErrors(SLOT);
    const name = hubName(typed);
    if (!name) {
      panel.markName();
      showError({ kind: "hub", message: text.modelImport.badName(typed.trim()) }, SLOT);
    } else if (hubAllowed) {
      lookUp(name);
    } else {
      panel.askPermission(name, {
        onAllow: () => {
          hubAllowed = true;
          lookUp(name);
        },
        onDeny: () => {
          panel.showCard(null);
          panel.showStatus(text.modelImport.denied);
        },
      });
    }
  }

  const lookUp = (name) => attempt(async (signal) => {
    panel.showCard(null);
    panel.showStatus(text.modelImport.looking);
    const files = await hubFiles(name, signal);
    const parts = new Tray();
    parts.add(files);
    if (parts.refusal) throw parts.refusal;
    if (parts.missing.length > 0) throw { kind: "hub", message: text.modelImport.hubErrors.lacks(name, parts.missing.join(", "), files.map((file) => file.name).join(", ")) };
    const candidate = await appraise(parts, name.split("/").at(-1), signal);
    const { size } = parts.get("weights");
    panel.showStatus("");
    panel.showCard({ ...await needs(candidate), isDownload: true }, {
      label: text.modelImport.fetch(bytes(size)),
      onLoad: () => attempt(async (next) => {
        panel.showDownloading(size, cancel);
        await load(candidate, next, (received) => panel.showReceived(received, size));
      }),
    });
  });

  function cancel() {
    current.abort();
    panel.showCard(null);
    panel.showStatus(text.modelImport.cancelled);
    byId("hub-name").focus();
  }

  function clear() {
    current.abort();
    tray.clear();
    panel.showTray(tray);
    panel.showCard(null);
    panel.showStatus("");
    clearErrors(SLOT);
  }

  panel.listen({ onFiles: takeFiles, onName: askHub, onClear: clear });
  return { takeFiles };
}

/** What was decided about capitals, in words. */
function normalisationOf(tokenizer, config) {
  const { normalizer } = JSON.parse(new TextDecoder().decode(tokenizer));
  const said = typeof JSON.parse(config ? new TextDecoder().decode(config) : "{}").do_lower_case === "boolean";
  return normalizer.lowercase ? text.modelImport.lower(said) : text.modelImport.cased(said);
}
