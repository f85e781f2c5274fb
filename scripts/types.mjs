// Checks the page's JSDoc types (`tsc --checkJs`) without a build: libraries are typed by their packages, the core by scripts/types/core.d.ts.

import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import ts from "typescript";

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

if (errors.length) {
  console.error(ts.formatDiagnostics(errors, { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => "\n" }));
  process.exit(1);
}
console.log(`types: ${config.fileNames.length} files hold`);

function fail(diagnostic) {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
}
