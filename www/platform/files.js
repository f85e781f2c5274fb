// Files that the page fetches from its own directory, and files that the reader hands over.

import { bytes as size } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { SCHEMA } from "./schema.js";

/** Larger files of texts are not even read: the core keeps every text, and needs room for a model beside them. */
const MOST_BYTES = SCHEMA.limits.file_bytes;

/**
 * The bytes of a file of texts that the reader handed over.
 * @param {File} file
 * @returns {Promise<Uint8Array>} rejects, before reading, where the file is too large
 */
export async function readTexts(file) {
  if (file.size > MOST_BYTES) throw { kind: "unread", message: text.data.tooLarge(file.name, size(file.size), size(MOST_BYTES)) };
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw { kind: "unread", message: text.data.unreadable(file.name) };
  }
}

/**
 * Texts of older spreadsheets as the core reads them. Bytes that are no UTF-8 anywhere are Windows-1252, which most such files are; where some
 * letters are UTF-8, they are left alone, and the core names each row that is not.
 * @param {Uint8Array} content
 * @returns {{content: Uint8Array, encoding: string | null}} `encoding`: that of a file that was another
 */
export function asUtf8(content) {
  const decoded = (encoding) => ({ content: new TextEncoder().encode(new TextDecoder(encoding).decode(content)), encoding });
  const begins = (...bytes) => bytes.every((byte, index) => content[index] === byte);
  if (begins(0xFF, 0xFE)) return decoded("utf-16le");
  if (begins(0xFE, 0xFF)) return decoded("utf-16be");
  const read = new TextDecoder().decode(content);
  const isUtf8 = !read.includes("\uFFFD") || /[^\0-\x7F\uFFFD]/.test(read) || read.includes("\0");
  return isUtf8 ? { content, encoding: null } : decoded("windows-1252");
}

/**
 * Fetches a file of the page, telling how far it is.
 * @param {string} path relative to the page
 * @param {(received: number) => void} [onBytes]
 * @returns {Promise<Uint8Array>}
 */
export async function fetchBytes(path, onBytes = () => {}) {
  let response;
  try {
    response = await fetch(path, { priority: "low" }); // the first view goes before it
  } catch (error) {
    throw { kind: "network", message: `${path}: ${error.message}`, place: { name: path } };
  }
  if (!response.ok) throw { kind: "network", message: `${path}: the server answered ${response.status}`, place: { name: path } };
  return readBody(response, { onBytes });
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

/**
 * The recorded experiment of the first view, or null where the page has none.
 * @returns {Promise<object | null>} results.json with {recorded: {date, machine, command, commit}}
 */
export async function fetchRecorded() {
  try {
    const response = await fetch("data/recorded.json");
    return response.ok ? opened(await response.json()) : null;
  } catch {
    return null;
  }
}

/** Undoes what scripts/record.mjs did to keep the file small: a mean loss stands for the last of its steps. */
function opened({ runs, ...results }) {
  const steps = ({ each, total, losses }) => losses.map((loss, index) => ({ step: Math.min(total, (index + 1) * each), loss }));
  return { ...results, runs: runs.map((run) => ({ ...run, steps: steps(run.steps), total: run.steps.total })) };
}

const MODEL_FILES = ["config.json", "model.safetensors", "tokenizer.json"];

/** Where the three files of a built-in model lie. */
export const modelFiles = (name) => MODEL_FILES.map((file) => ({ file, address: `data/models/${name}/${file}` }));

/**
 * The three files of a built-in model.
 * @param {string} name
 * @param {(received: number) => void} onBytes
 */
export async function fetchModel(name, onBytes) {
  const received = [0, 0, 0];
  const fetchPart = ({ address }, index) => fetchBytes(address, (bytes) => {
    received[index] = bytes;
    onBytes(received.reduce((sum, part) => sum + part, 0));
  });
  const [config, weights, tokenizer] = await Promise.all(modelFiles(name).map(fetchPart));
  return { name, config, weights, tokenizer };
}
