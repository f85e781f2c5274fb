// "Label a file" with more and more rows: rows a second, and whether memory grows with them.
//
//   node bench/label-file.mjs [ROWS,ROWS,...]
//
// One page in Chromium fine-tunes the built-in model on a few rows, on the CPU, and then labels a file of short texts of each length by one model. Resident
// memory of the page's process, in which its workers are threads, is read every half second, and after the last piece that of the labelling worker's
// wasm. One line of JSON per length. On an idle machine: the load is printed beside.

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launch } from "../scripts/chromium.mjs";
import { serve } from "../scripts/serve.mjs";

const lengths = (process.argv[2] ?? "1000,10000,50000").split(",").map(Number);
const SETTINGS = "sample=tickets&max_rows=60&arms=standard&seeds=1&epochs=1&workers=1&device=cpu";
const EVERY_MS = 500;
const MEBIBYTE = 2 ** 20;

const SUBJECTS = ["The invoice", "My order", "The new router", "Your last mail", "The app", "Our account", "The delivery", "This printer"];
const EVENTS = ["arrived too late", "does not work", "was charged twice", "is still missing", "stopped yesterday", "was answered at once"];
/** A short text, no two of them alike. */
const text = (row) => `${SUBJECTS[row % SUBJECTS.length]} ${EVENTS[Math.floor(row / 8) % EVENTS.length]} for customer number ${row}.`;

/** Runs in the page before anything else: has the labelling worker say how much memory it has, with the last piece. */
function watch() {
  globalThis.Worker = class extends Worker {
    constructor(address, options) {
      super(address, options);
      this.addEventListener("message", ({ data: { id, result } }) => {
        if (id === -1) globalThis.wasmBytes = result;
      });
    }

    postMessage(message, ...rest) {
      super.postMessage(message, ...rest);
      if (message.method === "labelRows" && message.args[1]) super.postMessage({ id: -1, method: "memory", args: [] });
    }
  };
}

/** Mebibytes of the largest renderer: a spare one is far smaller. */
async function resident(system) {
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  const bytes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(readFileSync(`/proc/${id}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1] ?? 0) * 1024);
  return Math.max(...bytes) / MEBIBYTE;
}

const server = await serve(fileURLToPath(new URL("../www", import.meta.url)));
const browser = await launch();

async function label(page, system, tools, rows) {
  const content = `text\n${Array.from({ length: rows }, (_, row) => text(row)).join("\n")}\n`;
  await page.setInputFiles("#unlabelled-file", { name: `rows-${rows}.csv`, mimeType: "text/csv", buffer: Buffer.from(content) });
  await tools.send("HeapProfiler.collectGarbage");
  const before = await resident(system);
  const begin = performance.now();
  await page.click("#label-rows");
  const samples = [];
  const isDone = () => page.evaluate(() => !document.querySelector("#download-predictions").disabled);
  while (!(await isDone())) {
    samples.push(await resident(system));
    await pause(EVERY_MS);
  }
  const seconds = (performance.now() - begin) / 1000;
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download-predictions")]);
  const labelled =
    readFileSync(await file.path(), "utf8")
      .trim()
      .split("\n").length - 1;
  if (labelled !== rows) throw new Error(`expected ${rows} labelled rows, got ${labelled}`);
  return {
    rows,
    file_mib: +(content.length / MEBIBYTE).toFixed(2),
    seconds: +seconds.toFixed(1),
    rows_a_second: Math.round(rows / seconds),
    page_mib_before: Math.round(before),
    page_mib_at_most: Math.round(Math.max(...samples)),
    worker_wasm_mib: +((await page.evaluate(() => globalThis.wasmBytes)) / MEBIBYTE).toFixed(1),
    load: +loadavg()[0].toFixed(1),
  };
}

try {
  const page = await browser.newPage();
  page.setDefaultTimeout(3_600_000);
  await page.addInitScript(watch);
  await page.goto(`${server.address}#${SETTINGS}`);
  await page.waitForFunction(() => document.documentElement.dataset.phase === "ready");
  await page.click("#run");
  await page.waitForFunction(() => document.documentElement.dataset.phase === "done");
  const system = await browser.newBrowserCDPSession();
  const tools = await page.context().newCDPSession(page);
  for (const rows of lengths) console.log(JSON.stringify(await label(page, system, tools, rows)));
} finally {
  await browser.close();
  await server.close();
}
