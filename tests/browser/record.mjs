// Runs the page's default experiment in Chromium and keeps it as www/recorded.json, which the page shows before anything
// has run: node tests/browser/record.mjs [HASH]
//
// Step losses are rounded and single predictions left out, to keep the first view small.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../../scripts/serve.mjs";

const WWW = fileURLToPath(new URL("../../www", import.meta.url));
const TIMEOUT_MS = 30 * 60_000;
const hash = process.argv[2] ?? "";

const server = await serve(WWW);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--headless=new", "--disable-gpu"] });
try {
  const page = await browser.newPage({ acceptDownloads: true });
  await page.goto(`${server.address}#${hash}`);
  const reach = async (phase) => {
    const reached = await page.waitForFunction((wanted) => [wanted, "error"].includes(document.documentElement.dataset.phase) && document.documentElement.dataset.phase, phase, { timeout: TIMEOUT_MS });
    if (await reached.jsonValue() === "error") throw new Error(await page.textContent("main, #page-errors"));
  };
  await reach("ready");
  const begin = Date.now();
  await page.click("#run");
  await reach("done");
  const seconds = (Date.now() - begin) / 1000;
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download-results")]);
  const results = JSON.parse(readFileSync(await file.path()));
  for (const run of results.runs) {
    delete run.predictions;
    for (const step of run.steps) step.loss = Number(step.loss.toFixed(4));
  }
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: WWW, encoding: "utf8" }).trim();
  const model = cpus()[0].model.replaceAll(/\(R\)|\(TM\)|CPU|@.*$/g, "").replaceAll(/\s+/g, " ").trim();
  results.recorded = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores of ${/^\S+$/.test(model) ? `an ${model}` : model}, Chromium ${browser.version().split(".")[0]}`,
    command: `node tests/browser/record.mjs ${hash}`.trim(),
    commit,
    seconds: Math.round(seconds),
  };
  writeFileSync(`${WWW}/recorded.json`, `${JSON.stringify(results)}\n`);
  console.log(`www/recorded.json: ${seconds.toFixed(0)} s. ${results.verdict}`);
} finally {
  await browser.close();
  await server.close();
}
