// Files that the page fetches from its own directory.

import { canFingerprint, fingerprint } from "./fingerprint.js";
import { LabError } from "./lab-error.js";

/** @returns {boolean} whether the page is known to lack a file; to ask the server for it would be an error in the console */
export const lacksFile = (path) => Boolean(globalThis.pageManifest) && !Object.hasOwn(globalThis.pageManifest.files, path);

/**
 * Fetches a file of the page, telling how far it is.
 * @param {string} path relative to the page
 * @param {{onBytes?: (received: number) => void, priority?: "high"|"low"|"auto"}} [options] `priority`: low, since the first view goes before it
 * @returns {Promise<Uint8Array>} exactly the bytes that the manifest lists; rejects with kind "network"
 */
export async function fetchBytes(path, { onBytes = () => {}, priority = "low" } = {}) {
  let response;
  try {
    response = await fetch(path, { priority });
  } catch (error) {
    throw new LabError("network", `${path}: ${error.message}`, { place: { name: path } });
  }
  if (!response.ok) throw new LabError("network", `${path}: the server answered ${response.status}`, { place: { name: path } });
  const bytes = await readBody(response, { onBytes });
  const listed = globalThis.pageManifest?.files[path];
  if (listed && canFingerprint && (await fingerprint(bytes)) !== listed.sha256) throw otherBytes(path, bytes.length, listed.bytes);
  return bytes;
}

/**
 * A JSON file of the page.
 * @param {string} path
 * @param {{priority?: "high"|"low"|"auto"}} [options]
 */
export const fetchJson = async (path, options) => JSON.parse(new TextDecoder().decode(await fetchBytes(path, options)));

/**
 * A file that is not the one of this version: damaged on its way, or another page in its place, such as a network's login.
 * @param {string} path
 * @param {number} got how many bytes came
 * @param {number} expected how many there are
 */
export function otherBytes(path, got, expected) {
  const what = got === expected ? "other bytes" : `${got} bytes of something else or of a part of it`;
  return new LabError("network", `${path}: expected the ${expected} bytes that manifest.js lists, got ${what}`, { place: { name: path } });
}

/**
 * The bytes of a response.
 * @param {Response} response
 * @param {{onBytes?: (received: number) => void, limit?: number}} [options] `limit`: after so many bytes the rest is not asked for
 * @returns {Promise<Uint8Array>}
 */
export async function readBody(response, { onBytes = () => {}, limit = Infinity } = {}) {
  const chunks = [];
  let received = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    received += part.value.length;
    onBytes(received);
    if (received >= limit) {
      await reader.cancel();
      break;
    }
  }
  const whole = new Uint8Array(received);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

const MODEL_FILES = ["config.json", "model.safetensors", "tokenizer.json"];

/** Where the three files of a built-in model lie. */
export const modelFiles = (name) => MODEL_FILES.map((file) => ({ file, address: `data/models/${name}/${file}` }));

/**
 * The three files of a built-in model.
 * @param {string} name
 * @param {(received: number) => void} onBytes
 * @param {typeof fetchBytes} [fetchPart] how each is fetched
 */
export async function fetchModel(name, onBytes, fetchPart = fetchBytes) {
  const received = [0, 0, 0];
  const fetchFile = ({ address }, index) =>
    fetchPart(address, {
      onBytes: (bytes) => {
        received[index] = bytes;
        onBytes(received.reduce((sum, part) => sum + part, 0));
      },
    });
  const [config, weights, tokenizer] = await Promise.all(modelFiles(name).map(fetchFile));
  return { name, config, weights, tokenizer };
}
