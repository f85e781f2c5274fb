// How many kernels a training step and a Fisher text dispatch on WebGPU: what a GPU pays for each, whatever it computes.
//
//   node bench/dispatches.mjs [--kernels]
//
// Chromium's software adapter, by the lab's own kernels for products, softmax and LayerNorm, and by burn's, which most GPUs take. The numbers are exact
// and the same on any machine. Kernels are counted and not run, since burn's products would take this adapter minutes: the host asks for the same ones
// whatever they compute. `--kernels` also prints how often each kernel is dispatched in a step. After `make page`.

import { parseArgs } from "node:util";
import { launch, SOFTWARE } from "../scripts/chromium.mjs";
import { WWW } from "../scripts/page.mjs";
import { serve } from "../scripts/serve.mjs";
import { BARE_PAGE, openWorker } from "./worker.mjs";

const { values: options } = parseArgs({ options: { kernels: { type: "boolean", default: false } } });
const STEPS = 4;
const TEXTS = 8;
const PATHS = {
  "the lab's kernels": { products: "tiles16", rows: "units" },
  "burn's products, softmax and LayerNorm": { products: "burn", rows: "burn" },
};

const ofKind = ({ jobs }, wanted) => jobs.find(({ kind }) => kind === wanted);

/** Runs before the worker's program. */
function count() {
  globalThis.dispatches = {};
  const names = new WeakMap();
  const named = (pipeline, { compute }) => {
    names.set(pipeline, compute.entryPoint.replace(/_[0-9a-f]{8}$/, ""));
    return pipeline;
  };
  const { createComputePipeline, createComputePipelineAsync } = GPUDevice.prototype;
  GPUDevice.prototype.createComputePipeline = function (descriptor) {
    return named(createComputePipeline.call(this, descriptor), descriptor);
  };
  GPUDevice.prototype.createComputePipelineAsync = async function (descriptor) {
    return named(await createComputePipelineAsync.call(this, descriptor), descriptor);
  };
  let name;
  GPUComputePassEncoder.prototype.setPipeline = (pipeline) => {
    name = names.get(pipeline);
  };
  for (const method of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) {
    GPUComputePassEncoder.prototype[method] = () => {
      globalThis.dispatches[name] = (globalThis.dispatches[name] ?? 0) + 1;
    };
  }
}

const server = await serve(WWW);
const browser = await launch(SOFTWARE);
for (const [path, kernels] of Object.entries(PATHS)) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.route("**/engine/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${count})();\n${await response.text()}` });
  });
  await page.goto(`${server.address}${BARE_PAGE}`);
  await page.evaluate(openWorker, server.address);
  const call = (...parts) => page.evaluate((all) => globalThis.call(...all), parts);
  await call("setKernels", kernels);

  /** Dispatches by kernel until a job has given so many events of a type. */
  const until = async (type, wanted) => {
    await page.workers()[0].evaluate(() => {
      globalThis.dispatches = {};
    });
    for (let found = 0; found < wanted;) {
      const events = await call("advance", wanted);
      found += events.filter((event) => event.type === type).length;
      if (events.length === 0 || events.some((event) => event.type === "diverged")) throw new Error(`${path}: ${JSON.stringify(events.at(-1))}`);
    }
    return page.workers()[0].evaluate(() => globalThis.dispatches);
  };
  const sum = (counts) => Object.values(counts).reduce((total, each) => total + each, 0);
  const fisherPlan = await call("plan", { arms: ["guided"], seeds: [1], epochs: 1, fisher_texts: TEXTS });
  await call("start", fisherPlan.config, ofKind(fisherPlan, "fisher"), null);
  const fisher = await until("fisher_text", TEXTS);
  const runPlan = await call("plan", { arms: ["standard"], seeds: [1], epochs: 1 });
  const { standard } = await call("arms", runPlan.config, null);
  await call("start", runPlan.config, ofKind(runPlan, "run"), standard);
  await until("step", STEPS); // the first makes AdamW's moments
  const steps = await until("step", STEPS);
  console.log(JSON.stringify({ path, step: sum(steps) / STEPS, fisher_texts: TEXTS, fisher_dispatches: sum(fisher) }));
  if (options.kernels) {
    const most = Object.entries(steps).sort(([, one], [, other]) => other - one);
    for (const [name, times] of most) console.log(`${(times / STEPS).toFixed(2).padStart(8)}  ${name}`);
  }
  await page.close();
}
await browser.close();
await server.close();
