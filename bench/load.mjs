// Cost of a first visit and smoothness of a run, in Chromium with an empty profile: bytes and time to the first view, code until the
// first live curve, time until an experiment can start, first curve, verdict, and how long the page's own thread was ever held.
//
//   node bench/load.mjs [--hash SETTINGS] [--rounds 3] [--directory www] [--visit-only]
//
// One line of JSON: medians over the rounds. The load average stands beside them, for times on a busy machine mean little.

import { loadavg, cpus } from "node:os";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { MANIFEST } from "../scripts/manifest.mjs";
import { launch } from "../scripts/chromium.mjs";
import { serve } from "../scripts/serve.mjs";

const { values: options } = parseArgs({
  options: {
    hash: { type: "string", default: "" },
    rounds: { type: "string", default: "3" },
    directory: { type: "string" },
    "visit-only": { type: "boolean", default: false },
  },
});
const HEAVY = /\.wasm$|\.safetensors$/;
const CODE = /(\/|\.html|\.css|\.js|\.wasm)$/;
/** Longer than this, a press or a scroll waits noticeably. */
const LONG_MS = 50;

/** Runs in the page, before anything else: notes when each thing is first there, to the frame. */
function watch() {
  const seen = (globalThis.seen = { longTasks: [] });
  const origin = (id) => document.getElementById(id)?.dataset.origin;
  const conditions = {
    first_view: () =>
      ["fisher-figure", "rates-figure", "train-figure", "verdict-figure"].every((id) => origin(id) === "recorded") &&
      document.querySelector("#loss-chart canvas"),
    ready: () => document.documentElement.dataset.phase === "ready",
    first_fisher: () => origin("fisher-figure") === "live",
    first_curve: () => origin("train-figure") === "live",
    verdict: () => document.documentElement.dataset.phase === "done",
  };
  /** Seconds that the page says are left, the first time when it is this far. */
  seen.forecasts = [0.1, 0.25, 0.5].map((share) => ({ share, at: null, left: null }));
  const noteForecasts = () => {
    for (const forecast of seen.forecasts) {
      if (forecast.at !== null || !(document.getElementById("progress").value >= forecast.share)) continue;
      const parts = [...document.getElementById("time-left").textContent.matchAll(/(\d+)\s(h|min|s)\b/g)];
      if (parts.length === 0) continue; // the bar still shows the download, or the speed is not known yet
      forecast.at = performance.now();
      forecast.left = parts.reduce((sum, [, count, unit]) => sum + count * { h: 3600, min: 60, s: 1 }[unit], 0);
    }
  };
  const look = () => {
    for (const [name, met] of Object.entries(conditions)) if (!(name in seen) && met()) seen[name] = performance.now();
    if (globalThis.pressed) noteForecasts();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    seen.largest_paint = list.getEntries().at(-1).startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
}

async function round(browser, address) {
  const profile = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await profile.newPage();
  const files = new Map();
  let counting = true;
  const code = new Set();
  page.on("request", (request) => {
    const path = decodeURIComponent(new URL(request.url()).pathname);
    if (CODE.test(path)) code.add(path.endsWith("/") ? `${path}index.html` : path);
  });
  page.on("response", async (response) => {
    if (!counting || !response.ok() || HEAVY.test(response.url())) return;
    const body = await response.body().catch(() => null);
    if (body) files.set(response.url(), { raw: body.length, gzip: gzipSync(body).length });
  });
  await page.addInitScript(watch);
  await page.goto(address);
  await page.waitForFunction(() => globalThis.seen.first_view);
  counting = false;
  await page.waitForFunction(() => globalThis.seen.ready, null, { timeout: 120_000 });
  const sum = (unit) => [...files.values()].reduce((total, file) => total + file[unit], 0);
  const visit = (seen) => ({
    first_view_requests: files.size,
    first_view_bytes: sum("raw"),
    first_view_bytes_gzip: sum("gzip"),
    first_view_ms: seen.first_view,
    largest_paint_ms: seen.largest_paint,
    ready_ms: seen.ready,
    long_tasks_before_ready: seen.longTasks.filter(({ startTime }) => startTime < seen.ready).length,
  });
  if (options["visit-only"]) {
    const seen = await page.evaluate(() => globalThis.seen);
    await profile.close();
    return visit(seen);
  }
  await page.waitForTimeout(3000); // the time estimate and the offline copy
  const pressed = await page.evaluate(() => {
    document.querySelector("#run").click();
    return (globalThis.pressed = performance.now());
  });
  await page.waitForFunction(() => globalThis.seen.first_curve, null, { timeout: 3_600_000 });
  const packed = await Promise.all(
    [...code]
      .filter((path) => path !== `/${MANIFEST}`)
      .map(async (path) => gzipSync(Buffer.from(await (await fetch(new URL(path, address))).arrayBuffer())).length),
  );
  await page.waitForFunction(() => globalThis.seen.verdict, null, { timeout: 3_600_000, polling: 500 });
  await page.waitForTimeout(1000);
  const seen = await page.evaluate(() => globalThis.seen);
  await profile.close();
  const forecasts = seen.forecasts.map(({ share, at, left }) => [`said_left_to_left_at_${share * 100}_percent`, left / ((seen.verdict - at) / 1e3)]);
  const training = seen.longTasks.filter(({ startTime }) => startTime >= pressed);
  return {
    ...visit(seen),
    code_files_until_curve: packed.length,
    code_until_curve_bytes_gzip: packed.reduce((total, bytes) => total + bytes, 0),
    first_fisher_s: (seen.first_fisher - pressed) / 1e3,
    first_curve_s: (seen.first_curve - pressed) / 1e3,
    verdict_s: (seen.verdict - pressed) / 1e3,
    long_tasks_during_run: training.filter(({ duration }) => duration > LONG_MS).length,
    longest_task_ms: Math.max(0, ...training.map(({ duration }) => duration)),
    ...Object.fromEntries(forecasts),
  };
}

const median = (values) => [...values].sort((left, right) => left - right)[values.length >> 1];
const directory = options.directory ?? fileURLToPath(new URL("../www", import.meta.url));
const server = await serve(directory);
const browser = await launch();
try {
  const before = loadavg()[0];
  const rounds = [];
  for (let i = 0; i < Number(options.rounds); i += 1) rounds.push(await round(browser, `${server.address}#${options.hash}`));
  const medians = Object.fromEntries(Object.keys(rounds[0]).map((name) => [name, Number(median(rounds.map((each) => each[name])).toFixed(2))]));
  console.log(
    JSON.stringify({
      ...medians,
      rounds: rounds.length,
      cores: cpus().length,
      load_before: Number(before.toFixed(2)),
      load_after: Number(loadavg()[0].toFixed(2)),
    }),
  );
} finally {
  await browser.close();
  await server.close();
}
