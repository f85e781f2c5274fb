// pkg/ as others use it: its description, its declarations, examples/embed typed. node --test tests/package.mjs

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { PKG } from "../scripts/page.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OPTIONS = { noEmit: true, strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: [], lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"] };

/** What `tsc` says of some files. */
const complaints = (files) => ts.getPreEmitDiagnostics(ts.createProgram(files, OPTIONS)).map(({ file, start, messageText }) => {
  const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `${file?.fileName.replace(ROOT, "")}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
});

test("the package is described: version, licences, both cores, and every file that it names", () => {
  const description = JSON.parse(readFileSync(join(PKG, "package.json"), "utf8"));
  const [, version] = readFileSync(join(ROOT, "Cargo.toml"), "utf8").match(/^version = "(.*)"$/m);
  assert.deepEqual([description.name, description.version, description.license], ["guided-dropout-lab", version, "MIT OR Apache-2.0"]);
  const exported = Object.values(description.exports).flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry)));
  for (const path of [...exported, ...description.files, "README.md", "LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(existsSync(join(PKG, path)), path);
  assert.deepEqual(Object.keys(description.exports).slice(0, 2), [".", "./gpu"]);
});

test("no declaration has an any", () => {
  for (const path of ["guided_dropout_lab.d.ts", "gpu/guided_dropout_lab.d.ts"]) {
    const source = ts.createSourceFile(path, readFileSync(join(PKG, path), "utf8"), ts.ScriptTarget.ES2022, true);
    const found = [];
    const look = (node) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${path}:${source.getLineAndCharacterOfPosition(node.pos).line + 1} ${node.parent.getText()}`);
      ts.forEachChild(node, look);
    };
    look(source);
    assert.deepEqual(found, []);
  }
});

test("the embedded classifier is typed, and slips in it are errors", () => assert.deepEqual(complaints([join(ROOT, "tests/embed.ts")]), []));
