// What scripts/modules.mjs sees and what it refuses: node --test tests/modules.mjs

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { breaches, cyclesOf, pathsOf, withoutComments, withoutTests } from "../scripts/modules.mjs";

const folder = mkdtempSync(join(tmpdir(), "modules-"));
after(() => rmSync(folder, { recursive: true }));
let trees = 0;

/** A repository of these files besides two empty rooms. */
function tree(files) {
  const root = join(folder, String((trees += 1)));
  for (const [path, content] of Object.entries({ "src/lib.rs": "", "www/main.js": "", ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe("the module graph", () => {
  test("reads use trees, paths in the code, and imports", () => {
    assert.deepEqual(pathsOf("crate::data::{dataset::{self, Table}, masking::Mask as M, tokenizer::*}"), [
      "crate::data::dataset",
      "crate::data::dataset::Table",
      "crate::data::masking::Mask",
      "crate::data::tokenizer",
    ]);
    assert.equal(withoutComments('let a = "http://x"; // crate::web\n/* crate::lab */ b'), 'let a = "http://x"; \n b');
    for (const condition of ["test", 'all(test, not(target_arch = "wasm32"))']) {
      assert.equal(withoutTests(`a\n#[cfg(${condition})]\nmod tests { fn f() { { } } }\nb`).replaceAll(/\s/g, ""), "ab");
    }
    assert.deepEqual(
      cyclesOf(
        new Map([
          ["a", new Set(["b"])],
          ["b", new Set(["c"])],
          ["c", new Set(["a", "d"])],
          ["d", new Set()],
        ]),
      ),
      [["a", "b", "c"]],
    );
  });

  test("takes what goes down", () => {
    assert.deepEqual(
      breaches(
        tree({
          "src/error.rs": "pub struct Error;",
          "src/data/mod.rs": "use crate::error::Error; pub use self::row::Row;",
          "src/data/row.rs": "use super::Column;",
          "src/lab/mod.rs": "fn f() { crate::data::read() }",
          "www/app/run.js": 'import { a } from "../ui/dom.js";',
          "www/ui/dom.js": 'const text = await import("../i18n/text.js");',
          "www/i18n/text.js": "",
        }),
      ),
      [],
    );
  });

  for (const [what, files, expected] of [
    ["an arrow up in Rust", { "src/error.rs": "use crate::lab::Lab;", "src/lab/mod.rs": "" }, ["error → lab"]],
    ["a path up within code", { "src/data/mod.rs": "fn f() { crate::training::train() }", "src/training/mod.rs": "" }, ["data → training"]],
    [
      "siblings that use each other",
      { "src/data/mod.rs": "", "src/data/a.rs": "use super::b::B;", "src/data/b.rs": "use super::a::{A};" },
      ["a cycle: data::a ↔ data::b"],
    ],
    [
      "folders that use each other",
      { "src/data/mod.rs": "", "src/data/a/mod.rs": "", "src/data/a/x.rs": "use crate::data::b::B;", "src/data/b.rs": "use crate::data::a::x::X;" },
      ["a cycle: data::a::x ↔ data::b"],
    ],
    ["an import up", { "www/ui/dom.js": 'import "../panels/data.js";', "www/panels/data.js": "" }, ["www/ui/dom.js → www/panels/data.js"]],
    [
      "an import beside",
      { "www/store/store.js": 'import { a } from "../gpu/probe.js";', "www/gpu/probe.js": "" },
      ["www/store/store.js → www/gpu/probe.js"],
    ],
    [
      "files that import each other",
      { "www/ui/a.js": 'export { b } from "./b.js";', "www/ui/b.js": 'import("./a.js");' },
      ["a cycle: www/ui/a.js ↔ www/ui/b.js"],
    ],
    ["a file that is not there", { "www/ui/a.js": 'import "./none.js";' }, ["www/ui/a.js imports www/ui/none.js, which is not there"]],
    ["a room that nobody knows", { "www/attic/a.js": "" }, ["www/attic/a.js is in no room of scripts/modules.mjs"]],
    [
      "the browser outside src/web",
      { "src/lab/mod.rs": "use wasm_bindgen::prelude::*;" },
      ["only src/web names the browser: src/lab/mod.rs has wasm_bindgen"],
    ],
    ["tensors in plain data", { "src/data/mod.rs": "fn f(t: burn::Tensor) {}" }, ["plain data knows no tensors: src/data/mod.rs has burn::"]],
    [
      "a clock in the core",
      { "src/training/mod.rs": "let now = std::time::Instant::now();" },
      ["the core has no clock and no globals: src/training/mod.rs has std::time"],
    ],
    [
      "a core outside the worker",
      { "www/engine/pool.js": 'import init from "../pkg/guided_dropout_lab.js";' },
      [/only www\/engine\/worker\.js imports a core/],
    ],
  ]) {
    test(`refuses ${what}`, () => {
      const found = breaches(tree(files));
      assert.equal(found.length, expected.length, found.join("\n"));
      found.forEach((breach, index) =>
        expected[index] instanceof RegExp ? assert.match(breach, expected[index]) : assert.equal(breach, expected[index]),
      );
    });
  }
});
