// A worker as the page sees it: calls go out, answers come back.

import { LabError } from "../platform/lab-error.js";
import { scriptAddress } from "../platform/scripts.js";

/** A worker with the core's Lab inside, called like an object: `await client.call("plan", config)`. */
export class WorkerClient {
  #worker;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: LabError) => void}>} */
  #pending = new Map();
  #next = 1;
  #onBytes;
  /** @type {LabError | null} why it has ended; null while it works */
  ended = null;
  /** @type {Record<string, any>} what has been loaded into this worker; {@link Workers} keeps its notes here */
  loaded = {};
  /** @type {{kind: string, adapter: string | null} | null} the device that it trains on */
  device = null;

  /**
   * @param {string} name for the browser's own tools
   * @param {(received: number) => void} [onBytes] told while the core downloads
   */
  constructor(name, onBytes = () => {}) {
    this.#onBytes = onBytes;
    this.#worker = new Worker(scriptAddress("engine/worker.js"), { type: "module", name });
    this.#worker.addEventListener("message", ({ data }) => this.#take(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      const kind = /out of memory/.test(event.message) ? "memory" : "crash"; // what the core throws within a promise's turn
      this.end(new LabError(kind, event.message || "worker.js or the wasm core could not be loaded", { unloadable: !event.message }));
    });
    this.#worker.addEventListener("messageerror", () => this.end(new LabError("crash", "a message could not be read")));
  }

  #take({ id, result, error, received, trouble }) {
    if (trouble) return this.end(new LabError("device", trouble.message, { outcome: trouble.outcome }));
    if (received !== undefined) return this.#onBytes(received);
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (!error) return call?.resolve(result);
    const thrown = LabError.from(error);
    if (thrown.kind === "crash" || thrown.kind === "memory") this.end(thrown);
    call?.reject(thrown);
  }

  /**
   * @param {string} method one of the core's, or "open", "compile" or "memory" (worker.js)
   * @param {...unknown} args plain data; copied, not moved
   * @returns {Promise<any>} rejects with a LabError
   */
  call(method, ...args) {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  /** @param {LabError} [error] what calls without an answer are rejected with, and later ones */
  end(error = new LabError("stopped", "stopped")) {
    this.ended ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
