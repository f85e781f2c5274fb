// A training step of the lab beside its peers: jax-js and TensorFlow.js in the same headless Chromium, PyTorch on one thread.
//
//   node bench/peers.mjs FOLDER [--peers lab-wasm,jax-wasm,…] [--repeats 5] [--python PATH]
//
// FOLDER is what workload.py wrote, inside the repository. The same encoder, weights, token ids and constants for all (peers/workload.js);
// the loss is read after each step. Peers take turns. Prints one line of JSON for each: milliseconds per step by the clock, and of processor
// time of all its browser's processes. Fails if a peer's loss without dropout is not PyTorch's, or if it does not learn one batch. The quick
// ones take three minutes, all of them some twenty-five on two cores.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch, SOFTWARE } from "../scripts/chromium.mjs";
import { serve } from "../scripts/serve.mjs";

/** The slow ones, seconds a step without a GPU, are measured after the others, so that these take turns within a minute or two. */
const PEERS = {
  "lab-wasm": { script: "lab", device: "cpu" },
  "jax-wasm": { script: "jax.js", device: "wasm" },
  "jax-wasm-whole": { script: "jax.js", device: "wasm", wholeLastLayer: true },
  "jax-wasm-isolated": { script: "jax.js", device: "wasm", isolated: true },
  torch: { script: "torch" },
  "torch-whole": { script: "torch", wholeLastLayer: true },
  "lab-webgpu": { script: "lab", device: "webgpu", slow: true },
  "jax-webgpu": { script: "jax.js", device: "webgpu", slow: true },
  "tfjs-webgl": { script: "tfjs.js", device: "webgl", slow: true },
  "tfjs-webgpu": { script: "tfjs.js", device: "webgpu", slow: true },
  "tfjs-cpu": { script: "tfjs.js", device: "cpu", slow: true },
};
const {
  values: options,
  positionals: [folder],
} = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: "string", default: Object.keys(PEERS).join(",") },
    repeats: { type: "string", default: "5" },
    python: { type: "string", default: ".tools/parity/bin/python" },
  },
});
if (!folder) throw new Error("which folder? node bench/peers.mjs FOLDER");
for (const name of options.peers.split(",")) if (!(name in PEERS)) throw new Error(`no peer ${name}; there are ${Object.keys(PEERS).join(", ")}`);

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BATCH = Array.from({ length: 16 }, (_, row) => row);
const BATCHES = Array.from({ length: 24 }, (_, batch) => BATCH.map((row) => 16 * batch + row));
/** Steps of one repeat: as many as fit in `REPEAT_MS`. A slow peer is repeated three times, a very slow one twice; nobody has to learn for longer than `LEARN_MS`. */
const REPEAT_MS = 5000;
const SLOW_MS = 5000;
const VERY_SLOW_MS = 30_000;
const LEARN_MS = 400_000;
const LEARN_STEPS = 30;
const LEARN = { batches: [BATCH], steps: LEARN_STEPS, learningRate: 1e-3 };
const TIMED = { batches: BATCHES, steps: BATCHES.length, dropout: 0.1, learningRate: 3e-4 };
const SAME_LOSS = 1e-4;

/** WebGPU and WebGL by Chromium's software adapter, SwiftShader. */
const ARGUMENTS = [...SOFTWARE, "--enable-unsafe-swiftshader"];

const server = await serve(ROOT);

/** A browser of its own for each peer: what one breaks harms no other, and all that the browser works is the peer's. */
async function openInBrowser(peer) {
  const browser = await launch(ARGUMENTS);
  try {
    const system = await browser.newBrowserCDPSession();
    /** Milliseconds that all of its processes have worked. */
    const worked = async () => (await system.send("SystemInfo.getProcessInfo")).processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    if (peer.isolated) {
      await page.route("**", async (route) => {
        const response = await route.fetch();
        await route.fulfill({
          response,
          headers: { ...response.headers(), "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" },
        });
      });
    }
    await page.goto(`${server.address}bench/peers/index.html`);
    await page.waitForFunction(() => globalThis.openPeer);
    if ((await page.evaluate(() => crossOriginIsolated)) !== Boolean(peer.isolated)) throw new Error("the page is not isolated as asked");
    await page.evaluate((asked) => globalThis.openPeer(asked), { ...peer, folder: `${server.address}${folder}/` });
    const call = (method, argument) => page.evaluate(([name, value]) => globalThis.peer[name](value), [method, argument]);
    return {
      runtime: `Chromium ${browser.version()}`,
      begin: (run) => call("begin", run),
      async advance(count) {
        const before = await worked();
        const result = await call("advance", count);
        return { ...result, processor: (await worked()) - before };
      },
      lossWithoutDropout: peer.script === "lab" ? () => call("lossWithoutDropout") : null,
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function openTorch({ wholeLastLayer = false }) {
  const child = spawn(options.python, ["bench/peers/torch_peer.py", folder, ...(wholeLastLayer ? ["--whole"] : [])], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`PyTorch's process ended: is there ${options.python} (make parity)?`);
    return JSON.parse(value);
  };
  const { version } = await read();
  const call = (method, argument) => {
    child.stdin.write(`${JSON.stringify({ method, argument })}\n`);
    return read();
  };
  return {
    runtime: `PyTorch ${version}`,
    begin: (run) => call("begin", run),
    advance: (count) => call("advance", count),
    async close() {
      child.stdin.end();
      await once(child, "close");
    },
  };
}

const open = (peer) => (peer.script === "torch" ? openTorch : openInBrowser)(peer);

const median = (values) => [...values].sort((left, right) => left - right)[values.length >> 1];
const round = (value, digits = 1) => +value.toFixed(digits);
const summary = (values) => ({ median: round(median(values)), least: round(Math.min(...values)), most: round(Math.max(...values)) });

/** The first step compiles what it needs; how long the next ones take says how many of them a repeat can have. */
async function warmUp(peer) {
  await peer.begin(TIMED);
  const first = (await peer.advance(1)).milliseconds;
  const more = first > VERY_SLOW_MS ? 0 : first > SLOW_MS ? 1 : 3;
  const each = more ? (await peer.advance(more)).milliseconds / more : first;
  const most = each > VERY_SLOW_MS ? 2 : each > SLOW_MS ? 3 : Infinity;
  return {
    first,
    each,
    steps: Math.max(1, Math.min(BATCHES.length, Math.floor(REPEAT_MS / each))),
    repeats: Math.min(most, Number(options.repeats)),
  };
}

/** Losses over the fixed batch: without dropout against PyTorch's, step for step where it can be switched off, and with it. */
async function check(name, peer, each, reference) {
  const long = LEARN_STEPS * each > LEARN_MS;
  const result = {};
  let losses;
  if (peer.lossWithoutDropout) losses = [await peer.lossWithoutDropout()];
  else {
    await peer.begin({ ...LEARN, dropout: 0 });
    ({ losses } = await peer.advance(each > SLOW_MS ? 1 : LEARN_STEPS));
  }
  result.loss_without_dropout = round(losses[0], 5);
  const apart = losses.map((loss, i) => Math.abs(loss - reference[i]));
  result.apart_from_torch = { first: +apart[0].toExponential(1), most: +Math.max(...apart).toExponential(1), steps: losses.length };
  const odd = apart.findIndex((distance) => !(distance < SAME_LOSS));
  if (odd >= 0) fail(`${name}: without dropout the loss of step ${odd + 1} is ${losses[odd]}, PyTorch's is ${reference[odd]}`);
  if (long) return { ...result, learns: null };
  await peer.begin({ ...LEARN, dropout: 0.1 });
  const { losses: learnt } = await peer.advance(LEARN_STEPS);
  result.learns = [round(learnt[0], 3), round(learnt.at(-1), 3)];
  if (!(learnt.at(-1) < learnt[0] / 2)) fail(`${name}: ${LEARN_STEPS} steps on one batch take the loss from ${learnt[0]} to ${learnt.at(-1)}`);
  return result;
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

/** Warms a peer up and checks it; null, and said so, where it cannot do the work. */
async function prepare(name, reference) {
  let peer;
  try {
    peer = await open(PEERS[name]);
    const warm = await warmUp(peer);
    const checked = await check(name, peer, warm.each, reference);
    console.error(`${name}: ready, about ${round(warm.each)} ms a step`);
    return { name, peer, ...warm, checked, clock: [], processor: [], load: [] };
  } catch (error) {
    fail(`${name}: ${error.message}`);
    await peer?.close();
    return null;
  }
}

/** Repeats of several peers in turn. */
async function takeTurns(peers) {
  for (let i = 0; i < Number(options.repeats); i += 1) {
    for (const { peer, steps, clock, processor, load } of peers.filter(({ repeats }) => i < repeats)) {
      await peer.begin(TIMED);
      const result = await peer.advance(steps);
      load.push(loadavg()[0]);
      clock.push(result.milliseconds / steps);
      processor.push(result.processor / steps);
    }
  }
  for (const { name, peer, clock, processor, steps, repeats, first, checked, load } of peers) {
    console.log(
      JSON.stringify({
        peer: name,
        ms_per_step: summary(clock),
        processor_ms: summary(processor),
        first_step_ms: round(first),
        steps,
        repeats,
        ...checked,
        load: [round(Math.min(...load)), round(Math.max(...load))],
        runtime: peer.runtime,
      }),
    );
  }
}

const names = options.peers.split(",");
const opened = [];
const close = () => Promise.all(opened.splice(0).map(({ peer }) => peer.close()));
try {
  const torch = await openTorch(PEERS["torch-whole"]);
  await torch.begin({ ...LEARN, dropout: 0 });
  const { losses: reference } = await torch.advance(LEARN_STEPS);
  await torch.close();
  for (const group of [names.filter((name) => !PEERS[name].slow), names.filter((name) => PEERS[name].slow)]) {
    for (const name of group) {
      const prepared = await prepare(name, reference);
      if (prepared) opened.push(prepared);
    }
    await takeTurns(opened);
    await close();
  }
} finally {
  await close();
  await server.close();
}
