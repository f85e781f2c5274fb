// Checks the page's JSDoc types (`tsc --checkJs`) without a build: libraries are typed by their packages, the core by scripts/types/core.d.ts.
//
//   node scripts/types.mjs          fails for any error outside UNTYPED, and for a file of UNTYPED that has none any more
//   node scripts/types.mjs --all    prints the errors of UNTYPED too

import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import ts from "typescript";

/** Files whose types are still to be put right. The list only gets shorter. */
const UNTYPED = new Set([
  "www/app/address.js",
  "www/app/history.js",
  "www/app/settings.js",
  "www/app/version.js",
  "www/engine/jobs.js",
  "www/engine/loaded.js",
  "www/engine/pool.js",
  "www/engine/session.js",
  "www/engine/trainers.js",
  "www/engine/worker-client.js",
  "www/engine/worker.js",
  "www/gpu/check.js",
  "www/gpu/controller.js",
  "www/model-import/files.js",
  "www/model-import/hub.js",
]);

const root = resolve(import.meta.dirname, "..");
const config = ts.getParsedCommandLineOfConfigFile(resolve(root, "tsconfig.json"), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail });
const host = ts.createCompilerHost(config.options);
host.resolveModuleNameLiterals = (literals, importer, redirected, options) =>
  literals.map(({ text }) => {
    const library = text.match(/\/vendor\/(.+)\.js$/)?.[1];
    const stand = /\/pkg\/.*\.js$/.test(text) ? "scripts/types/core.d.ts" : library && `scripts/types/vendor/${library}.d.ts`;
    if (!stand) return ts.resolveModuleName(text, importer, options, host, undefined, redirected);
    if (!existsSync(resolve(root, stand))) throw new Error(`${relative(root, importer)}: ${text} has no types; add ${stand}`);
    return { resolvedModule: { resolvedFileName: resolve(root, stand), extension: ".d.ts" } };
  });

const program = ts.createProgram(config.fileNames, config.options, host);
const errors = ts.getPreEmitDiagnostics(program);
const fileOf = (error) => (error.file ? relative(root, error.file.fileName) : "tsconfig.json");
const withErrors = new Set(errors.map(fileOf));
const cleaned = [...UNTYPED].filter((file) => !withErrors.has(file));
const shown = process.argv.includes("--all") ? errors : errors.filter((error) => !UNTYPED.has(fileOf(error)));

if (shown.length) console.error(ts.formatDiagnostics(shown, { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => "\n" }));
for (const file of cleaned) console.error(`${file} has no type error left: take it out of UNTYPED in scripts/types.mjs`);
if (shown.length || cleaned.length) process.exit(1);
console.log(`types: ${config.fileNames.length - UNTYPED.size} files hold; ${UNTYPED.size} are still to be put right`);

function fail(diagnostic) {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
}
