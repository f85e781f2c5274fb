// Dead links in the documents, offline: relative links and their anchors, paths in `code`, and the documents that comments cite.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file && existsSync(file));
/** A path in `code` is checked when it begins in one of these, or is a file of the top level. */
const ROOMS = /^(src|www|tests|docs|scripts|bench|evidence|examples|cluster|\.github)\//;
/** Generated files: they need not exist. */
const MADE = /^(www\/(pkg|vendor|evidence\.txt)|pkg|dist|target|\.tools)(\/|$)/;
const problems = [];

const prose = (file) => readFileSync(file, "utf8").replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ""));
const lineOf = (text, index) => text.slice(0, index).split("\n").length;

/** A heading's anchor as GitHub makes it. */
function slug(heading) {
  const words = heading
    .replace(/`([^`]*)`/g, "$1")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*]/g, "");
  return words
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

function anchorsOf(file) {
  const seen = new Map();
  return new Set(
    [...prose(file).matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading]) => {
      const anchor = slug(heading),
        before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before ? `${anchor}-${before}` : anchor;
    }),
  );
}

const here = (path) => existsSync(path) || MADE.test(path);

for (const file of files.filter((name) => name.endsWith(".md"))) {
  const text = prose(file);
  const report = (index, words) => problems.push(`${file}:${lineOf(text, index)}: ${words}`);
  for (const { 1: target, index } of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path, anchor] = target.split("#");
    const found = path ? normalize(join(dirname(file), path)) : file;
    if (!here(found)) report(index, `${target} is not there`);
    else if (anchor && found.endsWith(".md") && !anchorsOf(found).has(anchor)) report(index, `${found} has no heading #${anchor}`);
  }
  for (const { 1: code, index } of text.matchAll(/`([^`\n]+)`/g)) {
    if (!ROOMS.test(code) || !/^[\w./-]+$/.test(code) || /\b[A-Z]{3,}\./.test(code)) continue; // SET.json: any of them
    if (!here(code)) report(index, `\`${code}\` is not there`);
  }
}

// Comments: docs/NAME.md must exist; "docs/method.md, section N" must have that section.
for (const file of files.filter((name) => /\.(rs|js|mjs|py|sh|html|css)$/.test(name) && name !== "scripts/links.mjs")) {
  const text = readFileSync(file, "utf8");
  const report = (index, words) => problems.push(`${file}:${lineOf(text, index)}: ${words}`);
  for (const { 0: path, index } of text.matchAll(/\bdocs\/[\w/-]+\.md\b/g)) if (!existsSync(path)) report(index, `${path} is not there`);
  for (const { 1: number, index } of text.matchAll(/\bmethod\.md,? section (\d+)/g)) {
    if (!existsSync("docs/method.md") || ![...anchorsOf("docs/method.md")].some((anchor) => anchor.startsWith(`${number}-`))) {
      report(index, `docs/method.md has no section ${number}`);
    }
  }
  for (const { index } of text.matchAll(/(?<!docs\/)\bmethod\.md\b/g)) report(index, "method.md is docs/method.md");
}

for (const problem of problems) console.error(problem);
if (problems.length) process.exit(1);
console.log("links: every one leads somewhere");
