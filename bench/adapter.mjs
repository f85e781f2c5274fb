// Measurements on WebGPU alone, here on Chromium's software adapter: Fisher texts in batches and one by one, and memory over jobs and steps.
//
//   node bench/adapter.mjs [--repeats 5] [--jobs 20] [--steps 1000]
//
// The page's own worker and its core with WebGPU, on the built-in model for Fisher and, with the smallest batches, for memory. Prints a line of JSON
// for each: milliseconds per text by the clock and in processor time of all the browser's processes; megabytes of the GPU's process and of the wasm
// instance after jobs and steps. After `make page`.

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { launch, SOFTWARE } from "../scripts/chromium.mjs";
import { WWW } from "../scripts/page.mjs";
import { serve } from "../scripts/serve.mjs";
import { BARE_PAGE, openWorker } from "./worker.mjs";

const { values: options } = parseArgs({
  options: { repeats: { type: "string", default: "5" }, jobs: { type: "string", default: "20" }, steps: { type: "string", default: "1000" } },
});
const TEXTS = 8;
const SMALL = { arms: ["standard"], seeds: [1], epochs: 1, max_tokens: 8, batch_size: 2 };

const server = await serve(WWW);
const browser = await launch(SOFTWARE);
const system = await browser.newBrowserCDPSession();
const processes = async () => (await system.send("SystemInfo.getProcessInfo")).processInfo;
const workedMs = async () => (await processes()).reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);

/** Resident megabytes of the GPU's process, where a software adapter has its memory. */
async function gpuMegabytes() {
  const { id } = (await processes()).find(({ type }) => type === "GPU");
  return Math.round((Number(readFileSync(`/proc/${id}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]) * 1024) / 1e6);
}

const page = await browser.newPage();
page.setDefaultTimeout(0);
await page.goto(`${server.address}${BARE_PAGE}`);
await page.evaluate(openWorker, server.address);
const call = (...parts) => page.evaluate((all) => globalThis.call(...all), parts);

/** Does a job, or so many of its steps, and gives the number of events of a type. */
async function work(config, job, arm, counted, most = Infinity) {
  await call("start", config, job, arm);
  for (let done = 0; ;) {
    const events = await call("advance", 4);
    done += events.filter(({ type }) => type === counted).length;
    if (done >= most || events.some(({ type }) => type.endsWith("_done"))) return done;
  }
}

const median = (values) => [...values].sort((left, right) => left - right)[values.length >> 1];
const summary = (values) => ({ median: Math.round(median(values)), least: Math.round(Math.min(...values)), most: Math.round(Math.max(...values)) });

async function timed(texts, act) {
  const [begin, before] = [performance.now(), await workedMs()];
  await act();
  return { clock: (performance.now() - begin) / texts, processor: ((await workedMs()) - before) / texts };
}

const { config, jobs } = await call("plan", { arms: ["guided"], seeds: [1], epochs: 1, fisher_texts: TEXTS });
const inBatches = () =>
  work(
    config,
    jobs.find(({ kind }) => kind === "fisher"),
    null,
    "fisher_text",
  );
const oneByOne = async () => {
  for (let index = 0; index < TEXTS; index += 1) await call("walk", config, index);
};
await inBatches(); // shaders are compiled
await oneByOne();
const taken = { batched: [], alone: [] };
for (let repeat = 0; repeat < Number(options.repeats); repeat += 1) {
  taken.batched.push(await timed(TEXTS, inBatches));
  taken.alone.push(await timed(TEXTS, oneByOne));
}
const of = (way, clock) => summary(taken[way].map((each) => each[clock]));
console.log(
  JSON.stringify({
    fisher_ms_per_text: Object.fromEntries(Object.keys(taken).map((way) => [way, { clock: of(way, "clock"), processor: of(way, "processor") }])),
    gain: Number(median(taken.alone.map(({ clock }, index) => clock / taken.batched[index].clock)).toFixed(2)),
    repeats: Number(options.repeats),
    load: loadavg()[0],
  }),
);

const small = await call("plan", SMALL);
const run = small.jobs.find(({ kind }) => kind === "run");
const { standard } = await call("arms", small.config, null);
const memory = async (after) =>
  console.log(JSON.stringify({ after, gpu_mb: await gpuMegabytes(), wasm_mb: Math.round((await call("memory")) / 1e6), load: loadavg()[0] }));
for (let job = 1; job <= Number(options.jobs); job += 1) {
  await work(small.config, run, standard, "step", 10);
  if ([1, 2, 5, 10, 20].includes(job)) await memory(`${job} runs of ten steps`);
}
const long = await call("plan", { ...SMALL, epochs: Math.ceil(Number(options.steps) / run.units) });
const longRun = long.jobs.find(({ kind }) => kind === "run");
await call("start", long.config, longRun, standard);
let done = 0;
for (const mark of [10, 100, 250, 500, 1000].filter((steps) => steps <= Number(options.steps))) {
  while (done < mark) done += (await call("advance", 5)).filter(({ type }) => type === "step").length;
  await memory(`${mark} steps of one run`);
}
await browser.close();
await server.close();
