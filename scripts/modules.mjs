// The module graph of src/ and www/, read from the sources, and what must hold of it: rooms use rooms below them in the lists here, no module
// uses itself through others, and some names appear in some rooms only. Prints each breach and exits with 1; `--graph` prints the arrows
// between rooms.
//
// Understands `use` and paths in Rust (crate::, super::, self::), and static and dynamic imports in JavaScript. Comments and tests are left
// out. A Rust module is made of the modules inside it, so that only their arrows out of it count, and those back to it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Rooms from the top: each uses rooms further down, and none beside or above it. The same order as the map in src/lib.rs, whose top is this list's end. */
export const FLOORS = {
  src: [
    ["web"],
    ["lab"],
    ["selftest"],
    ["workload"],
    ["device"],
    ["landscape"],
    ["training"],
    ["method"],
    ["models"],
    ["kernels"],
    ["baselines"],
    ["data"],
    ["analysis"],
    ["settings"],
    ["error"],
  ],
  www: [
    ["main", "service-worker", "boot"],
    ["model-import"],
    ["app", "engine"],
    ["store", "gpu"],
    ["panels", "share"],
    ["charts"],
    ["ui"],
    ["i18n", "platform"],
  ],
};

/** Names that belong to some rooms: `only` where they may be, or `never` where they may not. */
const NAMES = [
  { what: "only src/web names the browser", pattern: /\b(wasm_bindgen|js_sys|web_sys)\b/, of: /^src\//, only: /^src\/web\// },
  {
    what: "plain data knows no tensors",
    pattern: /\bburn::/,
    of: /^src\/(error|settings|analysis|data|method\/(schedule|handoff)|landscape\/grid|lab\/config)/,
  },
  { what: "src/web knows the lab, not tensors", pattern: /\bburn::/, of: /^src\/web\// },
  {
    what: "the core has no clock and no globals",
    pattern: /std::time|\bInstant\b|SystemTime|static mut|thread_local|OnceLock/,
    of: /^src\/(?!web|lab|bin)/,
  },
  { what: "only www/engine/worker.js imports a core", pattern: /import\b[^;\n]*guided_dropout_lab/, of: /^www\//, only: /^www\/engine\/worker\.js$/ },
];

const BUILT = /^www\/(pkg|vendor|data)\//;

/** @returns {string[]} paths of source files, relative to `root` */
function filesOf(root, folder, extension) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !BUILT.test(path) && !/(^|\/)tests(\/|\.rs$)/.test(path))
    .sort();
}

/** A source without comments; strings that hold "//" stay. */
export function withoutComments(source) {
  return source.replaceAll(/("(?:\\.|[^"\\\n])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, quoted) => quoted ?? "");
}

/** Rust without the modules that only tests have. */
export function withoutTests(source) {
  const begins = /#\[cfg\((all\()?test\b[^\]]*\]\s*(pub )?mod \w+ \{/;
  let rest = source;
  for (let at = rest.search(begins); at >= 0; at = rest.search(begins)) {
    let end = rest.indexOf("{", at) + 1;
    for (let open = 1; open > 0 && end < rest.length; end += 1) open += { "{": 1, "}": -1 }[rest[end]] ?? 0;
    rest = rest.slice(0, at) + rest.slice(end);
  }
  return rest;
}

/**
 * The paths of a use tree: "a::{b, c::{self, d}}" gives a::b, a::c, a::c::d.
 * @param {string} tree
 * @returns {string[]}
 */
export function pathsOf(tree) {
  const brace = tree.indexOf("{");
  if (brace < 0) {
    return [
      tree
        .trim()
        .replace(/\s+as\s+\w+$/, "")
        .replace(/::(self|\*)$/, ""),
    ];
  }
  const prefix = tree.slice(0, brace).trim();
  const parts = [];
  let open = 0;
  let part = "";
  for (const letter of tree.slice(brace + 1, tree.lastIndexOf("}"))) {
    open += { "{": 1, "}": -1 }[letter] ?? 0;
    if (letter === "," && open === 0) {
      parts.push(part);
      part = "";
    } else part += letter;
  }
  return [...parts, part]
    .map((each) => each.trim())
    .filter(Boolean)
    .flatMap((each) => (each === "self" ? [prefix.replace(/::$/, "")] : pathsOf(prefix + each)));
}

/** The module that a Rust file is: "src/data/dataset/mod.rs" is data::dataset; the crate itself is "". */
const moduleOf = (path) =>
  path
    .replace(/^src\//, "")
    .replace(/(^|\/)(mod|lib)\.rs$/, "")
    .replace(/\.rs$/, "")
    .replaceAll("/", "::");

/** @returns {Map<string, Set<string>>} for each Rust module those that it names */
export function rustGraph(root) {
  const modules = new Map(
    filesOf(root, "src", ".rs")
      .filter((path) => !path.startsWith("src/bin/"))
      .map((path) => [moduleOf(path), path]),
  );
  const graph = new Map();
  for (const [name, path] of modules) {
    const source = withoutTests(withoutComments(readFileSync(join(root, path), "utf8")));
    const uses = [...source.matchAll(/\buse\s+((?:crate|super|self)::[^;]+);/g)].flatMap(([, tree]) => pathsOf(tree));
    const paths = [...source.replaceAll(/\buse\s+[^;]+;/g, "").matchAll(/(?<![\w:])((?:crate|(?:super::)*super|self)(?:::\w+)+)/g)].map(
      ([, written]) => written,
    );
    const own = name === "" ? [] : name.split("::");
    const targets = [...uses, ...paths].map((written) =>
      named(
        written.split("::").map((word) => word.trim()),
        own,
        modules,
      ),
    );
    graph.set(name, new Set(targets.filter((target) => target !== "" && target !== name && !target.startsWith(`${name}::`))));
  }
  return graph;
}

/** The deepest module that a path of Rust goes through. */
function named(words, own, modules) {
  let at = words[0] === "crate" ? [] : [...own];
  for (const word of words) {
    if (word === "super") at = at.slice(0, -1);
    else if (word !== "crate" && word !== "self") {
      if (!modules.has([...at, word].join("::"))) break;
      at = [...at, word];
    }
  }
  return at.join("::");
}

/** @returns {Map<string, Set<string>>} for each file of the page those that it imports */
export function pageGraph(root) {
  const graph = new Map();
  for (const path of filesOf(root, "www", ".js")) {
    const source = withoutComments(readFileSync(join(root, path), "utf8"));
    const found = [...source.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, address]) => normalize(join(dirname(path), address)));
    graph.set(path, new Set(found.filter((target) => !BUILT.test(target))));
  }
  return graph;
}

/**
 * The ways from a node back to itself, one for each set of nodes that reach each other (Tarjan).
 * @param {Map<string, Set<string>>} graph
 * @returns {string[][]}
 */
export function cyclesOf(graph) {
  const order = new Map();
  const lowest = new Map();
  const stack = [];
  const cycles = [];
  const visit = (node) => {
    order.set(node, order.size);
    lowest.set(node, order.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(node, Math.min(lowest.get(node), lowest.get(next)));
    }
    if (lowest.get(node) !== order.get(node)) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1) cycles.push(component.sort());
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles;
}

/**
 * The arrows that do not go down.
 * @param {Map<string, Set<string>>} graph
 * @param {string[][]} floors from the top
 * @param {(node: string) => string} roomOf
 */
export function wrongArrows(graph, floors, roomOf) {
  const floorOf = (node) => floors.findIndex((rooms) => rooms.includes(roomOf(node)));
  const wrong = [];
  for (const [from, targets] of graph) {
    if (from !== "" && floorOf(from) < 0) wrong.push(`${from} is in no room of scripts/modules.mjs`);
    for (const to of targets) if (from !== "" && roomOf(from) !== roomOf(to) && floorOf(from) >= floorOf(to)) wrong.push(`${from} → ${to}`);
  }
  return wrong;
}

function wrongNames(root) {
  return [...filesOf(root, "src", ".rs"), ...filesOf(root, "www", ".js")].flatMap((path) => {
    const source = withoutComments(readFileSync(join(root, path), "utf8"));
    return NAMES.filter(({ pattern, of, only }) => of.test(path) && !only?.test(path) && pattern.test(source)).map(
      ({ what, pattern }) => `${what}: ${path} has ${source.match(pattern)[0]}`,
    );
  });
}

const roomOfModule = (module) => module.split("::")[0];
const roomOfFile = (path) => path.split("/")[1].replace(/\.js$/, "");

/** @returns {string[]} everything that does not hold */
export function breaches(root = ROOT) {
  const [src, www] = [rustGraph(root), pageGraph(root)];
  const missing = [...www].flatMap(([from, targets]) =>
    [...targets].filter((to) => !www.has(to)).map((to) => `${from} imports ${to}, which is not there`),
  );
  return [
    ...missing,
    ...wrongArrows(src, FLOORS.src, roomOfModule),
    ...wrongArrows(www, FLOORS.www, roomOfFile),
    ...[...cyclesOf(src), ...cyclesOf(www)].map((cycle) => `a cycle: ${cycle.join(" ↔ ")}`),
    ...wrongNames(root),
  ];
}

function printGraph(graph, roomOf) {
  const arrows = new Map();
  for (const [from, targets] of graph) {
    for (const to of targets) {
      if (roomOf(from) !== roomOf(to)) arrows.set(`${roomOf(from)} → ${roomOf(to)}`, (arrows.get(`${roomOf(from)} → ${roomOf(to)}`) ?? 0) + 1);
    }
  }
  for (const [arrow, count] of [...arrows].sort()) console.log(`${arrow}  ${count}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes("--graph")) {
    printGraph(rustGraph(ROOT), roomOfModule);
    printGraph(pageGraph(ROOT), roomOfFile);
  }
  const found = breaches();
  for (const breach of found) console.error(breach);
  console.log(found.length === 0 ? "the module graph holds" : `${found.length} breaches of the module graph`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
