// Files of texts that the reader hands over.

import { LabError } from "../platform/lab-error.js";
import { SCHEMA } from "../platform/schema.js";
import { bytes } from "./format.js";
import { text } from "../i18n/text.js";

/** Larger files of texts are not even read: the core keeps every text, and needs room for a model beside them. */
const MOST_BYTES = SCHEMA.limits.file_bytes;

/**
 * The bytes of a file of texts that the reader handed over.
 * @param {File} file
 * @returns {Promise<Uint8Array>} rejects, before reading, where the file is too large
 */
export async function readTexts(file) {
  if (file.size > MOST_BYTES) throw new LabError("unread", text.data.tooLarge(file.name, bytes(file.size), bytes(MOST_BYTES)));
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new LabError("unread", text.data.unreadable(file.name));
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
  const begins = (...marks) => marks.every((byte, index) => content[index] === byte);
  if (begins(0xFF, 0xFE)) return decoded("utf-16le");
  if (begins(0xFE, 0xFF)) return decoded("utf-16be");
  const read = new TextDecoder().decode(content);
  const isUtf8 = !read.includes("\uFFFD") || /[^\0-\x7F\uFFFD]/.test(read) || read.includes("\0");
  return isUtf8 ? { content, encoding: null } : decoded("windows-1252");
}
