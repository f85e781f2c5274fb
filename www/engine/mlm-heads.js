// Masked-language-model heads that the page has for encoders without one: each fits the one encoder that it was trained on.

import { fetchBytes, fetchJson } from "../platform/files.js";
import { fingerprint } from "../platform/fingerprint.js";

const FOLDER = "data/models/heads";

/**
 * @typedef {object} Head
 * @property {Uint8Array} bytes safetensors
 * @property {string} sha256
 * @property {{heldout: {loss: number, accuracy: number}}} about its head.json
 */

/**
 * The head for an encoder.
 * @param {string} encoder SHA-256 of its model.safetensors
 * @returns {Promise<Head | null>} null where the page has none
 */
export async function headFor(encoder) {
  const folders = await fetchJson(`${FOLDER}/index.json`);
  if (!Object.hasOwn(folders, encoder)) return null;
  const folder = `${FOLDER}/${folders[encoder]}`;
  const [about, bytes] = await Promise.all([fetchJson(`${folder}/head.json`), fetchBytes(`${folder}/head.safetensors`)]);
  return { about, bytes, sha256: await fingerprint(bytes) };
}
