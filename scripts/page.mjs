// Where the page's files are: www/, and as its pkg/ the programs of the package that `make pkg` builds. What is served, listed, copied and
// published is the same.
//
//   node scripts/page.mjs DIRECTORY     copies the page to DIRECTORY, which any static host can serve

import { cp, mkdir, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const WWW = fileURLToPath(new URL("../www", import.meta.url));
export const PKG = fileURLToPath(new URL("../pkg", import.meta.url));

/** Files that only a bundler or a type checker reads are not part of the page. */
const isProgram = (path) => /\.(js|wasm)$/.test(path);

async function filesUnder(directory, folder = "") {
  const entries = await readdir(join(directory, folder), { withFileTypes: true });
  const found = entries
    .filter(({ name }) => !name.startsWith("."))
    .map((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(directory, path) : [path];
    });
  return (await Promise.all(found)).flat();
}

/**
 * Every file of a page, but hidden ones: of www/ with the package, of any other directory what lies in it.
 * @param {string} directory
 * @returns {Promise<Map<string, string>>} where it is, by its path in the page; sorted by that
 */
export async function filesOfPage(directory) {
  const own = (await filesUnder(directory)).map((path) => [path, join(directory, path)]);
  const ofPackage = resolve(directory) === WWW ? (await filesUnder(PKG)).filter(isProgram) : [];
  const all = [...own, ...ofPackage.map((path) => [`pkg/${path}`, join(PKG, path)])];
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Copies the page.
 * @param {string} directory where it goes; made if it is not there
 * @param {string} [from]
 */
export async function copyPage(directory, from = WWW) {
  for (const [path, place] of await filesOfPage(from)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await cp(place, join(directory, path));
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (!process.argv[2]) throw new Error("where to? node scripts/page.mjs DIRECTORY");
  await copyPage(resolve(process.argv[2]));
}
