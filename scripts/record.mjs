// Makes www/recorded.json, which the page shows before anything has run, from the results.json of examples/compare:
// node scripts/record.mjs RESULTS.json "the command that made it"
//
// Refuses to record with uncommitted changes to the core: the commit it names must be what ran. Step losses are rounded and single
// predictions left out, to keep the first view small.

import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

const [from, command] = process.argv.slice(2);
const git = (...args) => execFileSync("git", args, { cwd: new URL("..", import.meta.url), encoding: "utf8" }).trim();
const changed = git("status", "--porcelain", "--", "src", "examples", "Cargo.toml", "Cargo.lock", "www/models", "www/samples");
if (changed) throw new Error(`uncommitted changes to what the results came from:\n${changed}`);

const results = JSON.parse(readFileSync(from));
for (const run of results.runs) {
  delete run.predictions;
  for (const step of run.steps) step.loss = Number(step.loss.toFixed(3));
}
const processor = cpus()[0].model.replaceAll(/\(R\)|\(TM\)|CPU|@.*$/g, "").replaceAll(/\s+/g, " ").trim();
results.recorded = {
  date: statSync(from).mtime.toISOString().slice(0, 10),
  machine: `${availableParallelism()} cores of ${/^\S+$/.test(processor) ? `an ${processor}` : processor}, natively`,
  command,
  commit: git("rev-parse", "--short", "HEAD"),
};
const out = new URL("../www/recorded.json", import.meta.url);
writeFileSync(out, `${JSON.stringify(results)}\n`);
console.log(`www/recorded.json: ${results.runs.length} runs, ${statSync(out).size} bytes. ${results.verdict}`);
