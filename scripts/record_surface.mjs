// Makes www/data/surfaces/recorded.json, the loss surfaces that the page shows before any were computed: node scripts/record_surface.mjs [SETTINGS]
//
// Computes them in the page itself, in Chromium on the CPU, with the page's defaults or with SETTINGS as its address has them, and prints
// how long that took. Needs www/ as `make demo` leaves it. Losses are rounded to four decimals.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { launch } from "./chromium.mjs";
import { serve } from "./serve.mjs";

const WWW = fileURLToPath(new URL("../www", import.meta.url));
const HOUR = 3_600_000;
const settings = process.argv[2] ?? "";

const server = await serve(WWW);
const browser = await launch();
try {
  const page = await browser.newPage();
  const phase = (wanted) => page.waitForFunction((name) => document.documentElement.dataset.phase === name, wanted, { timeout: HOUR });
  await page.goto(`${server.address}#device=cpu&${settings}`);
  await phase("ready");
  const begun = performance.now();
  const load = loadavg()[0];
  await page.click("#run-surface");
  await page.waitForFunction(() => document.querySelector("#surface-figure").dataset.origin === "live", null, { timeout: HOUR });
  const seen = performance.now();
  await phase("fisher");
  const halved = performance.now();
  await phase("surface");
  const measured = performance.now();
  await phase("done");
  const ended = performance.now();
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download-surface")]);
  const surface = JSON.parse(readFileSync(await file.path()));
  const { model } = cpus()[0];
  const recorded = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores of ${model
      .replaceAll(/\(R\)|\(TM\)|CPU|@.*$/g, "")
      .replaceAll(/\s+/g, " ")
      .trim()}, in Chromium`,
    command: `node scripts/record_surface.mjs${settings && ` "${settings}"`}`,
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: WWW, encoding: "utf8" }).trim(),
  };
  const round = (_, value) => (typeof value === "number" ? Number(value.toFixed(4)) : value);
  writeFileSync(`${WWW}/data/surfaces/recorded.json`, `${JSON.stringify({ ...surface, recorded }, round)}\n`);
  const seconds = (from, to) => `${((to - from) / 1000).toFixed(1)} s`;
  console.log(
    `${surface.axis.length} × ${surface.axis.length} × 3 points, ${surface.settings.texts} texts: first points after ${seconds(begun, seen)}, Fisher ${seconds(halved, measured)}, all after ${seconds(begun, ended)}; load ${load.toFixed(1)} before, ${loadavg()[0].toFixed(1)} after`,
  );
} finally {
  await browser.close();
  await server.close();
}
