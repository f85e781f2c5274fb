// A file of texts without labels, labelled by fine-tuned models in a worker of its own, piece by piece: memory does not grow with the file.

import { LabError } from "../platform/lab-error.js";

/** Bytes that a layout is guessed from, and bytes between two answers: HEAD_BYTES and PIECE_BYTES of the core. */
const HEAD_BYTES = 256 * 1024;
const PIECE_BYTES = 16 * 1024;
/** Pieces of the output are joined to parts of about this size, which the browser may keep on disk. */
const PART_BYTES = 1024 * 1024;

/**
 * How far it is.
 * @typedef {object} Progress
 * @property {number} share of the file's bytes
 * @property {number} secondsLeft NaN before the first rows
 * @property {{rows: number, unanswered: number, rejected: Array<{line: number, reason: string}>}} labelled
 */

/** One file and the worker that labels it. Pausing is not asking for the next piece. */
export class FileLabelling {
  #client;
  #file;
  /** How the file was understood. @type {{format: string, columns: string[], text_column: string, pair_column: string | null, added: string[]}} */
  layout;
  /** @type {Promise<void> | null} */
  #held = null;
  #release = () => {};
  #stopped = false;

  /**
   * @param {import("./worker-client.js").WorkerClient} client with the trained models
   * @param {File} file
   * @param {any} layout
   */
  constructor(client, file, layout) {
    this.#client = client;
    this.#file = file;
    this.layout = layout;
  }

  /**
   * Opens a worker and has it understand the file.
   * @param {import("./workers.js").Workers} workers
   * @param {File} file
   * @param {AsyncIterable<import("./trained-models.js").TrainedModel>} models the mean of their answers counts
   * @param {{options: object, usual: {text: string, pair: string | null}}} how the file is read, and the columns of the one that was learnt from
   */
  static async open(workers, file, models, { options, usual }) {
    const { client, slots } = await workers.labeller(models);
    try {
      const head = await bytesOf(file, 0, HEAD_BYTES);
      const layout = await client.call("openUnlabelled", slots, head, file.size <= HEAD_BYTES, { ...options, name: file.name }, usual);
      return new FileLabelling(client, file, layout);
    } catch (error) {
      client.end();
      throw error;
    }
  }

  get paused() {
    return this.#held !== null;
  }

  pause() {
    this.#held ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  resume() {
    this.#held = null;
    this.#release();
  }

  /** What is labelled so far is kept: `run` gives it. */
  stop() {
    this.#stopped = true;
    this.resume();
  }

  /**
   * Labels the file, from its beginning to its end or until it is stopped. The worker ends with it.
   * @param {(progress: Progress) => void} onProgress
   * @returns {Promise<{blob: Blob, complete: boolean}>}
   */
  async run(onProgress) {
    const output = new Output(this.layout.format);
    const { size } = this.#file;
    let at = 0;
    let workedMs = 0;
    try {
      while (at < size && !this.#stopped) {
        await this.#held;
        if (this.#stopped) break;
        const begin = performance.now();
        const piece = await bytesOf(this.#file, at, at + PIECE_BYTES);
        at += piece.length;
        output.add(await this.#client.call("labelRows", piece, at >= size));
        workedMs += performance.now() - begin;
        onProgress({ share: at / size, secondsLeft: ((workedMs / at) * (size - at)) / 1000, labelled: await this.#client.call("labelled") });
      }
      return { blob: output.finish(), complete: at >= size };
    } finally {
      this.#client.end();
    }
  }
}

/** Bytes of a file, which may have changed or gone since it was chosen. */
async function bytesOf(file, from, to) {
  try {
    const bytes = new Uint8Array(await file.slice(from, to).arrayBuffer());
    if (bytes.length > 0) return bytes;
  } catch (error) {
    throw new LabError("dataset", `${file.name}: ${error.message}`, { place: { name: file.name } });
  }
  throw new LabError("dataset", `${file.name}: no bytes`, { place: { name: file.name } });
}

/** What is written, as parts of a blob. */
class Output {
  #type;
  /** @type {Blob[]} */
  #parts = [];
  /** @type {Uint8Array[]} */
  #pieces = [];
  #bytes = 0;

  /** @param {string} format */
  constructor(format) {
    this.#type = { csv: "text/csv", tsv: "text/tab-separated-values" }[format] ?? "application/jsonl";
  }

  add(piece) {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= PART_BYTES) this.#join();
  }

  #join() {
    this.#parts.push(new Blob(/** @type {BlobPart[]} */ (this.#pieces)));
    this.#pieces = [];
    this.#bytes = 0;
  }

  finish() {
    this.#join();
    return new Blob(this.#parts, { type: this.#type });
  }
}
