// SHA-256 of a file or value, as 64 characters: the key under which finished work is stored.

/** Browsers digest only in a secure context: https, or localhost. */
export const canFingerprint = Boolean(globalThis.crypto?.subtle);

/** Without digests: a name for each array of bytes, good for this visit alone. */
const names = new WeakMap();
let named = 0;

/**
 * @param {Uint8Array | string} content
 * @returns {Promise<string>} the digest in hexadecimal, as `sha256sum` prints it
 */
export async function fingerprint(content) {
  if (!canFingerprint) return typeof content === "string" ? content : nameOf(content);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function nameOf(bytes) {
  if (!names.has(bytes)) names.set(bytes, `bytes-${++named}`);
  return names.get(bytes);
}

/**
 * The digest of a plain value, by its JSON.
 * @param {unknown} value
 */
export const fingerprintOf = (value) => fingerprint(JSON.stringify(value));
