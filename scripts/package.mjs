// Makes pkg/, where the cores were built, an npm-ready package: package.json, README and licences. Part of `make pkg`.

import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PKG } from "./page.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MODULE = "guided_dropout_lab";

const manifest = await readFile(join(ROOT, "Cargo.toml"), "utf8");
const of = (field) => manifest.match(new RegExp(`^${field} = "(.*)"$`, "m"))[1];
const entry = (folder) => ({ types: `${folder}/${MODULE}.d.ts`, default: `${folder}/${MODULE}.js` });

const description = {
  name: of("name"),
  version: of("version"),
  description: of("description"),
  license: of("license"),
  type: "module",
  main: `./${MODULE}.js`,
  types: `./${MODULE}.d.ts`,
  exports: {
    ".": entry("."),
    "./gpu": entry("./gpu"),
    [`./${MODULE}_bg.wasm`]: `./${MODULE}_bg.wasm`,
    [`./gpu/${MODULE}_bg.wasm`]: `./gpu/${MODULE}_bg.wasm`,
    "./package.json": "./package.json",
  },
  files: ["", "gpu/"]
    .flatMap((folder) => [".js", ".d.ts", "_bg.wasm", "_bg.wasm.d.ts"].map((end) => `${folder}${MODULE}${end}`))
    .concat("LICENSES.md"),
  keywords: ["fisher-information", "dropout", "fine-tuning", "transformer", "bert", "wasm", "webgpu"],
};

// wasm-bindgen declares the raw exports, which nobody calls, with `any`.
for (const path of ["", "gpu/"].flatMap((folder) => [`${folder}${MODULE}.d.ts`, `${folder}${MODULE}_bg.wasm.d.ts`])) {
  const declarations = await readFile(join(PKG, path), "utf8");
  const raw = declarations.replace(/^(?:export const| {4}readonly) \w+: .*$/gm, (line) => line.replaceAll(/\bany\b/g, "unknown"));
  await writeFile(join(PKG, path), raw);
}
await writeFile(join(PKG, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
await copyFile(join(ROOT, "examples/embed/README.md"), join(PKG, "README.md"));
for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "LICENSES.md"]) await copyFile(join(ROOT, name), join(PKG, name));
