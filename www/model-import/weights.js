// The weights of a reader's own model as one file, whether they come as one or as the shards of a large checkpoint.

import { readHeader } from "./files.js";

const sizeOf = (parts) => parts.reduce((sum, { size }) => sum + size, 0);
const namesOf = (parts) => parts.map(({ name }) => name);

/** Weights, complete: {@link import("./files.js").ModelFiles#weights}. */
export class Weights {
  #parts;
  #coordinator;

  /**
   * @param {import("./files.js").Part[]} parts
   * @param {import("../engine/coordinator.js").Coordinator} coordinator joins shards
   */
  constructor(parts, coordinator) {
    this.#parts = parts;
    this.#coordinator = coordinator;
  }

  /** @returns {string | null} the name of the one file; null of shards */
  get name() {
    return this.#parts.length === 1 ? this.#parts[0].name : null;
  }

  /** In bytes. */
  get size() {
    return sizeOf(this.#parts);
  }

  /**
   * What the core appraises before anything else is read: the JSON header, and the size of the file that has it.
   * @param {AbortSignal} signal
   * @returns {Promise<{header: Uint8Array, size: number}>}
   */
  async header(signal) {
    const headers = await Promise.all(this.#parts.map((part) => readHeader(part, signal)));
    if (headers.length === 1) return { header: headers[0], size: this.size };
    const { header, size } = await this.#coordinator.joinHeaders(namesOf(this.#parts), headers);
    return { header: new TextEncoder().encode(header), size };
  }

  /**
   * @param {AbortSignal} signal
   * @param {(received: number) => void} [onBytes]
   * @returns {Promise<Uint8Array>} a model.safetensors
   */
  async whole(signal, onBytes = () => {}) {
    const files = [];
    for (const [index, part] of this.#parts.entries()) {
      const before = sizeOf(this.#parts.slice(0, index));
      files.push(await part.whole(signal, (received) => onBytes(before + received)));
    }
    return files.length === 1 ? files[0] : this.#coordinator.joinShards(namesOf(this.#parts), files);
  }
}
