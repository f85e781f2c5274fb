// Lists the files of a built page with sizes and digests, and names the whole by a digest of that list. The page's service worker
// (www/service-worker.js) takes one such version, all of it or nothing; the page knows from it how much there is to load.
//
//   node scripts/manifest.mjs DIRECTORY     writes DIRECTORY/manifest.js

import { createHash } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { filesOfPage } from "./page.mjs";

export const MANIFEST = "manifest.js";

/** Digests by path, with what would show that the file has changed: the development server asks at every visit. */
const known = new Map();

async function describe(path) {
  const { size, mtimeMs } = await stat(path);
  const before = known.get(path);
  if (before?.size === size && before.mtimeMs === mtimeMs) return before;
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  const described = { size, mtimeMs, sha256 };
  known.set(path, described);
  return described;
}

/**
 * Lists every file of a page, but hidden ones and the manifest itself.
 * @param {string} directory
 * @returns {Promise<{version: string, count: number, script: string}>} `script`: for the page and its service worker alike
 */
export async function manifestOf(directory) {
  const places = await filesOfPage(directory);
  places.delete(MANIFEST);
  const files = {};
  for (const [path, place] of places) {
    const { size, sha256 } = await describe(place);
    files[path] = { bytes: size, sha256 };
  }
  const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  return { version, count: places.size, script: `self.pageManifest = ${JSON.stringify({ version, files })};\n` };
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const directory = resolve(process.argv[2] ?? "");
  if (!process.argv[2]) throw new Error("which directory? node scripts/manifest.mjs DIRECTORY");
  const { version, count, script } = await manifestOf(directory);
  await writeFile(join(directory, MANIFEST), script);
  console.log(`${process.argv[2]}/${MANIFEST}: version ${version}, ${count} files`);
}
