// Numbers in few bytes, bytes in an address: what a result link (result-link.js) is written and read with.

/** Writes numbers one after the other. */
export class Writer {
  #bytes = [];

  byte(value) {
    if (!(value >= 0 && value <= 255)) throw new RangeError(`no byte: ${value}`);
    this.#bytes.push(value);
  }

  /** A whole number from 0, seven bits to a byte, the lowest first. */
  count(value) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`no count: ${value}`);
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes.push((rest % 128) + 128);
    this.#bytes.push(rest);
  }

  /** A whole number; small ones of either sign are short. */
  signed(value) {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }

  single(value) {
    this.#number(value, 4, "setFloat32");
  }

  double(value) {
    this.#number(value, 8, "setFloat64");
  }

  #number(value, size, method) {
    if (!Number.isFinite(value)) throw new RangeError(`no finite number: ${value}`);
    const view = new DataView(new ArrayBuffer(size));
    view[method](0, value);
    for (let index = 0; index < size; index += 1) this.#bytes.push(view.getUint8(index));
  }

  /** Its length, then each item. */
  list(items, write) {
    this.count(items.length);
    items.forEach(write);
  }

  bytes() {
    return Uint8Array.from(this.#bytes);
  }
}

/** Reads them back, and refuses whatever is not what was expected. */
export class Reader {
  #view;
  #position = 0;
  #refusal;

  /**
   * @param {Uint8Array} bytes
   * @param {() => object} refusal makes what is thrown
   */
  constructor(bytes, refusal) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#refusal = refusal;
  }

  expect(holds) {
    if (!holds) throw this.#refusal();
  }

  #take(size) {
    this.expect(this.#position + size <= this.#view.byteLength);
    this.#position += size;
    return this.#position - size;
  }

  count(most = Number.MAX_SAFE_INTEGER) {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#view.getUint8(this.#take(1));
      value += (byte & 127) * factor;
      this.expect(value <= most);
      if (byte < 128) return value;
      this.expect(factor < 2 ** 49);
    }
  }

  signed() {
    const value = this.count();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  single(least, most) {
    return this.#within(this.#view.getFloat32(this.#take(4)), least, most);
  }

  double(least, most) {
    return this.#within(this.#view.getFloat64(this.#take(8)), least, most);
  }

  #within(value, least, most = Number.MAX_VALUE) {
    this.expect(value >= least && value <= most);
    return value;
  }

  oneOf(values) {
    return values[this.count(values.length - 1)];
  }

  list(most, read) {
    return Array.from({ length: this.count(most) }, (_, index) => read(index));
  }

  /** A list of one of these sizes. */
  sized(sizes, read) {
    const items = this.list(Math.max(...sizes), read);
    this.expect(sizes.includes(items.length));
    return items;
  }

  /** A list without repeats. */
  distinct(most, read) {
    const items = this.list(most, read);
    this.expect(new Set(items).size === items.length);
    return items;
  }

  /** Nothing may be left. */
  end() {
    this.expect(this.#position === this.#view.byteLength);
  }
}

/** FNV-1a, so that a link that lost or changed a character is told from a sound one. */
export function checksum(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** base64url, which an address carries as it is. */
export function base64(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")); // as arguments of one call, there might be too many
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of a base64url text, or null. */
export function bytesOf(text) {
  if (!/^[\w-]+$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  } catch {
    return null; // a length that base64 cannot have
  }
}

/**
 * Sends bytes through a compressing or decompressing stream.
 * @param {CompressionStream | DecompressionStream} stream
 * @param {Uint8Array} bytes
 * @param {number} [most] of what comes out; the rest is not waited for
 * @returns {Promise<{bytes: Uint8Array, cut: boolean}>} `cut`: there was more. Rejects where the stream does
 */
export async function through(stream, bytes, most = Infinity) {
  const writer = stream.writable.getWriter();
  const ignore = () => null; // the reader meets the same error
  writer.write(/** @type {BufferSource} */ (bytes)).catch(ignore);
  writer.close().catch(ignore);
  const reader = stream.readable.getReader();
  const chunks = [];
  let total = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    total += part.value.length;
    if (total > most) {
      reader.cancel().catch(ignore);
      return { bytes: new Uint8Array(), cut: true };
    }
  }
  const whole = new Uint8Array(total);
  chunks.reduce((offset, chunk) => {
    whole.set(chunk, offset);
    return offset + chunk.length;
  }, 0);
  return { bytes: whole, cut: false };
}
