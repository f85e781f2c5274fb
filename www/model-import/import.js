// A reader's own model, by files or by name: collected, appraised, and only then read and loaded.

import { memoryOf, memoryOfWorker, MOST_OF_A_WORKER, poolSize } from "../engine/memory.js";
import { LabError } from "../platform/lab-error.js";
import { byId } from "../ui/dom.js";
import { bytes } from "../ui/format.js";
import { ModelFiles, nameInConfig, partOfFile } from "./files.js";
import { hubFiles, hubName } from "./hub.js";
import { Weights } from "./weights.js";
import { text } from "../i18n/text.js";

const SLOT = "bring-errors";
/** Files up to this size are loaded as soon as they are complete; larger ones wait for a press. */
const AT_ONCE = 200e6;

/**
 * @typedef {object} Candidate a model that could be loaded
 * @property {string} name
 * @property {ModelFiles} files
 * @property {Weights} weights
 * @property {Uint8Array} config
 * @property {any} appraisal of the core
 */

/** Loads models that the page does not come with. */
export class ModelImport {
  #settings;
  #session;
  #events;
  #panel;
  #onModel;
  /** The files so far. */
  #files = new ModelFiles();
  /** Whether the reader has allowed requests to the hub; for this visit, so never stored. */
  #hubAllowed = false;
  /** Of what is under way; a later attempt ends an earlier one. */
  #current = new AbortController();

  /**
   * @param {object} page
   * @param {import("../app/settings.js").Settings} page.settings
   * @param {import("../engine/session.js").Session} page.session
   * @param {import("../platform/events.js").EventBus} page.events
   * @param {Record<string, any>} page.panels
   * @param {{onModel: (files: {name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array}) => Promise<void>}} actions `onModel` loads it
   */
  constructor({ settings, session, events, panels }, { onModel }) {
    this.#settings = settings;
    this.#session = session;
    this.#events = events;
    this.#panel = panels.model;
    this.#onModel = onModel;
    this.#panel.listen({ onFiles: (files) => this.takeFiles(files), onName: (typed) => this.#askHub(typed), onClear: () => this.#clear() });
  }

  #clearErrors() {
    this.#events.emit({ type: "errors_cleared", slots: [SLOT] });
  }

  #tell(error) {
    this.#events.emit({ type: "error", error, slot: SLOT });
  }

  /** Runs one attempt: errors appear beside it, and one that was superseded or cancelled changes nothing. */
  async #attempt(act) {
    const panel = this.#panel;
    this.#current.abort();
    const { signal } = (this.#current = new AbortController());
    this.#clearErrors();
    panel.open();
    if (this.#session.running) {
      panel.showStatus(text.errors.busy);
      return;
    }
    try {
      await act(signal);
    } catch (error) {
      if (signal.aborted) return;
      panel.showStatus("");
      panel.showCard(null);
      this.#tell(error);
    }
  }

  // --- what it is, and what it takes ------------------------------------------------------------------------------

  /** @returns {Promise<Candidate>} */
  async #appraise(files, name, signal) {
    this.#panel.showStatus(text.modelImport.looking);
    const weights = new Weights(files.weights, this.#session.coordinator);
    const [config, { header, size }] = [await files.get("config").whole(signal), await weights.header(signal)];
    const appraisal = await this.#session.coordinator.appraise(config, header, size);
    signal.throwIfAborted();
    const memory = memoryOfWorker(this.#settings.config(), appraisal);
    if (memory > MOST_OF_A_WORKER) throw new LabError("weights", text.modelImport.tooLarge(bytes(memory), bytes(MOST_OF_A_WORKER)));
    return { name: name ?? nameInConfig(config) ?? stemOf(weights.name) ?? text.modelImport.unnamed, files, weights, config, appraisal };
  }

  /** Size, memory and time of a candidate under the present settings. */
  async #needs({ weights, appraisal }) {
    const session = this.#session;
    const config = this.#settings.config();
    const { jobs } = await session.coordinator.plan(config).catch(() => ({ jobs: [] })); // a plan that fails has said so in its own place
    const runs = jobs.filter(({ kind }) => kind === "run");
    const { size: workers } = poolSize({
      device: session.device.kind,
      jobs: Math.max(1, jobs.length),
      wanted: this.#settings.get("workers"),
      bytesPerWorker: memoryOfWorker(config, appraisal),
    });
    const scale = appraisal.multiply_adds_per_token / session.inputs.model?.info.multiply_adds_per_token;
    const work = runs.reduce((sum, job) => sum + job.work, 0) / runs.length;
    return {
      appraisal,
      size: weights.size,
      workers,
      worker: memoryOfWorker(config, appraisal),
      pool: memoryOf(config, workers, appraisal),
      most: MOST_OF_A_WORKER,
      runSeconds: (scale * work) / (session.estimator.speeds.run || NaN),
    };
  }

  /** Reads what is left of a candidate, and loads it. */
  async #load({ name, files, weights: parts, config }, signal, onBytes = undefined) {
    const panel = this.#panel;
    panel.showStatus(text.modelImport.loading);
    const weights = await parts.whole(signal, onBytes);
    let note = "";
    let tokenizer = await files.get("tokenizer")?.whole(signal);
    if (!tokenizer) {
      const said = await files.get("tokenizerConfig")?.whole(signal);
      tokenizer = await this.#session.coordinator.tokenizerOfVocabulary(await files.get("vocabulary").whole(signal), said);
      note = normalisationOf(tokenizer, said);
    } else if (files.get("tokenizerConfig") || files.get("specialTokens")) {
      tokenizer = await this.#session.coordinator.tokenizerWithRoles(
        tokenizer,
        await files.get("tokenizerConfig")?.whole(signal),
        await files.get("specialTokens")?.whole(signal),
      );
    }
    if (files.ignored.length > 0) note = [note, text.modelImport.ignored(files.ignored.join(", "))].filter(Boolean).join(text.marks.gap);
    signal.throwIfAborted();
    panel.showCard(null); // from here on it cannot be cancelled
    await this.#onModel({ name, config, weights, tokenizer });
    if (signal.aborted) return; // files have come meanwhile
    this.#files.clear();
    panel.showFiles(this.#files);
    panel.showStatus([text.modelImport.loaded(name), note].filter(Boolean).join(text.marks.gap));
  }

  // --- by files ---------------------------------------------------------------------------------------------------

  /** Reads which shards there must be, where there is an index. */
  async #expectShards(files, signal) {
    const index = files.get("weights") ? undefined : await files.get("index")?.whole(signal);
    if (index) files.expectShards(await this.#session.coordinator.shardsOf(index));
  }

  /** @param {File[]} files picked or dropped, all of a model or some of it */
  takeFiles(files) {
    return this.#attempt(async (signal) => {
      const panel = this.#panel;
      const held = this.#files;
      held.add(files.map(partOfFile));
      panel.showFiles(held);
      panel.showCard(null);
      if (held.refusal) throw held.refusal;
      await this.#expectShards(held, signal);
      const words = held.missing.length > 0 ? text.modelImport.missing(held.missing.join(", ")) : "";
      if (!held.get("config") || held.weights.length === 0) {
        panel.showStatus(words);
        return;
      }
      const candidate = await this.#appraise(held, null, signal);
      const { size } = candidate.weights;
      const waits = words === "" && size > AT_ONCE;
      panel.showCard(
        await this.#needs(candidate),
        waits
          ? {
              label: text.modelImport.load(bytes(size)),
              onLoad: () => this.#attempt((next) => this.#load(candidate, next)),
            }
          : null,
      );
      panel.showStatus(words);
      if (words === "" && !waits) await this.#load(candidate, signal);
    });
  }

  // --- by name ----------------------------------------------------------------------------------------------------

  #askHub(typed) {
    this.#clearErrors();
    const name = hubName(typed);
    if (!name) {
      this.#panel.markName();
      this.#tell(new LabError("hub", text.modelImport.badName(typed.trim())));
    } else if (this.#hubAllowed) {
      this.#lookUp(name);
    } else {
      this.#panel.askPermission(name, {
        onAllow: () => {
          this.#hubAllowed = true;
          this.#lookUp(name);
        },
        onDeny: () => {
          this.#panel.showCard(null);
          this.#panel.showStatus(text.modelImport.denied);
        },
      });
    }
  }

  #lookUp(name) {
    return this.#attempt(async (signal) => {
      const panel = this.#panel;
      panel.showCard(null);
      panel.showStatus(text.modelImport.looking);
      const offered = await hubFiles(name, signal);
      const files = new ModelFiles();
      files.add(offered);
      if (files.refusal) throw files.refusal;
      await this.#expectShards(files, signal);
      if (files.missing.length > 0) {
        throw new LabError("hub", text.modelImport.hubErrors.lacks(name, files.missing.join(", "), offered.map((file) => file.name).join(", ")));
      }
      const candidate = await this.#appraise(files, name.split("/").at(-1), signal);
      const { size } = candidate.weights;
      panel.showStatus("");
      panel.showCard(
        { ...(await this.#needs(candidate)), isDownload: true },
        {
          label: text.modelImport.fetch(bytes(size)),
          onLoad: () =>
            this.#attempt(async (next) => {
              panel.showDownloading(size, () => this.#cancel());
              await this.#load(candidate, next, (received) => panel.showReceived(received, size));
            }),
        },
      );
    });
  }

  #cancel() {
    this.#current.abort();
    this.#panel.showCard(null);
    this.#panel.showStatus(text.modelImport.cancelled);
    byId("hub-name").focus();
  }

  #clear() {
    this.#current.abort();
    this.#files.clear();
    this.#panel.showFiles(this.#files);
    this.#panel.showCard(null);
    this.#panel.showStatus("");
    this.#clearErrors();
  }
}

/** The name of a weights file, unless it is everybody's. */
const stemOf = (file) => (file === null || /^model( ?\(\d+\))?\.safetensors$/i.test(file) ? null : file.replace(/\.safetensors$/i, ""));

/** Whether the tokenizer lower-cases, in words. */
function normalisationOf(tokenizer, config) {
  const { normalizer } = JSON.parse(new TextDecoder().decode(tokenizer));
  const said = typeof JSON.parse(config ? new TextDecoder().decode(config) : "{}").do_lower_case === "boolean";
  return normalizer.lowercase ? text.modelImport.lower(said) : text.modelImport.cased(said);
}
