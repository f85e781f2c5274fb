// How many kernels a training step and a Fisher text dispatch on WebGPU: what a GPU pays for each, whatever it computes.
//
//   node bench/dispatches.mjs
//
// Chromium's software adapter, once as it is, which takes the lab's own kernels, and once with planes of 32 units, as of most GPUs, which takes
// burn's for products, softmax and LayerNorm. The numbers are exact and the same on any machine. After `make page`.

import { launch, SOFTWARE } from "../scripts/chromium.mjs";
import { WWW } from "../scripts/page.mjs";
import { serve } from "../scripts/serve.mjs";
import { BARE_PAGE, openWorker } from "./worker.mjs";

const STEPS = 4;
const TEXTS = 8;
/** @type {Record<string, number | null>} */
const PLANES = { "the lab's kernels": null, "burn's products, softmax and LayerNorm": 32 };

const ofKind = ({ jobs }, wanted) => jobs.find(({ kind }) => kind === wanted);

/** Runs before the worker's program: counts, and plays planes of so many units. */
function count(planes) {
  globalThis.dispatches = 0;
  for (const method of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) {
    const real = GPUComputePassEncoder.prototype[method];
    GPUComputePassEncoder.prototype[method] = function (...sizes) {
      globalThis.dispatches += 1;
      return real.apply(this, sizes);
    };
  }
  if (planes === null) return;
  for (const name of ["subgroupMinSize", "subgroupMaxSize"]) {
    Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => planes });
  }
}

const server = await serve(WWW);
const browser = await launch(SOFTWARE);
for (const [path, planes] of Object.entries(PLANES)) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.route("**/engine/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${count})(${planes});\n${await response.text()}` });
  });
  await page.goto(`${server.address}${BARE_PAGE}`);
  await page.evaluate(openWorker, server.address);
  const call = (...parts) => page.evaluate((all) => globalThis.call(...all), parts);
  const counted = () => page.workers()[0].evaluate(() => globalThis.dispatches);

  /** Dispatches until a job has given so many events of a type. */
  const until = async (type, wanted) => {
    const before = await counted();
    for (let found = 0; found < wanted;) {
      found += (await call("advance", wanted)).filter((event) => event.type === type).length;
    }
    return (await counted()) - before;
  };
  const fisherPlan = await call("plan", { arms: ["guided"], seeds: [1], epochs: 1, fisher_texts: TEXTS });
  await call("start", fisherPlan.config, ofKind(fisherPlan, "fisher"), null);
  const fisher = await until("fisher_text", TEXTS);
  const runPlan = await call("plan", { arms: ["standard"], seeds: [1], epochs: 1 });
  const { standard } = await call("arms", runPlan.config, null);
  await call("start", runPlan.config, ofKind(runPlan, "run"), standard);
  await until("step", STEPS); // the first makes AdamW's moments
  const step = await until("step", STEPS);
  console.log(JSON.stringify({ path, step: step / STEPS, fisher_texts: TEXTS, fisher_dispatches: fisher }));
  await page.close();
}
await browser.close();
await server.close();
