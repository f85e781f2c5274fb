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
