// Hours of the page at work: one experiment after another in one tab that is never loaded again, and whether anything grows.
//
//   node bench/soak.mjs [--hours 4] [--every 30] [--experiments N] [--rest 0] [--hash SETTINGS] [--webgpu] [--out soak.tsv]
//   node bench/soak.mjs --read soak.tsv       the verdict on what an earlier or still running one has written
//
// The page is served from a copy, so that a build meanwhile changes nothing. Each experiment has seeds of its own, so that all of its work is
// done; of those that the page keeps, all but the newest three are deleted by its own buttons; then the tab lies idle for --rest seconds. A
// sample is taken every so many seconds ("running"), and one after each experiment, when its workers have gone and the engine has collected
// its garbage ("rest"). Processor time of the renderer per experiment tells a slower page from a busier machine; the load stands beside the
// time by the clock.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ARGUMENTS, launchOnDisk, SOFTWARE } from "../scripts/chromium.mjs";
import { copyPage } from "../scripts/page.mjs";
import { serve } from "../scripts/serve.mjs";
import { asLine, asTable, COLUMNS, fromLines, verdicts } from "./growth.mjs";

const { values: options } = parseArgs({
  options: {
    hours: { type: "string", default: "4" },
    every: { type: "string", default: "30" },
    experiments: { type: "string", default: "Infinity" },
    rest: { type: "string", default: "0" },
    hash: { type: "string" },
    webgpu: { type: "boolean", default: false },
    out: { type: "string", default: "soak.tsv" },
    read: { type: "string" },
  },
});
const HASH =
  options.hash ??
  (options.webgpu
    ? "sample=opinions&max_rows=16&fisher_texts=1&epochs=1&batch_size=8&arms=standard,guided&max_tokens=5&device=webgpu"
    : "sample=opinions&max_rows=120&fisher_texts=8&epochs=1&arms=standard,guided&max_tokens=32&device=cpu&workers=2");
/** The page keeps the models of so many experiments. */
const KEPT = 3;
const LONGEST_EXPERIMENT_MS = 3_600_000;
/** A worker in the middle of a step of a software adapter answers after it. */
const ANSWER_MS = 60_000;

/** A browser with a profile on disk, as a database in daily use is. */
async function launch(profile) {
  const { child, browser } = await launchOnDisk(profile, options.webgpu ? SOFTWARE : ARGUMENTS);
  const [context] = browser.contexts();
  return {
    browser,
    context,
    close: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      await browser
        .newBrowserCDPSession()
        .then((session) => session.send("Browser.close"))
        .catch(() => child.kill());
      await gone;
    },
  };
}

/** Runs in the page before anything else: counts its workers, and times what they are asked. */
function watch() {
  const live = new Map();
  let asked = 0;
  globalThis.soak = {
    steps: [],
    take: () => ({ workers: live.size, steps: globalThis.soak.steps.splice(0) }),
    memory: (patienceMs) =>
      Promise.all(
        [...live].map(
          ([worker, { name, answers }]) =>
            new Promise((resolve) => {
              const id = -(asked += 1);
              answers.set(id, (bytes) => resolve({ name, bytes }));
              worker.postMessage({ id, method: "memory", args: [] });
              setTimeout(() => {
                answers.delete(id);
                resolve({ name, bytes: null });
              }, patienceMs);
            }),
        ),
      ),
  };
  globalThis.Worker = class extends Worker {
    constructor(address, { name, ...rest }) {
      super(address, { name, ...rest });
      const state = { name, answers: new Map(), begun: new Map() };
      live.set(this, state);
      this.addEventListener("message", ({ data: { id, result } }) => {
        state.answers.get(id)?.(result);
        state.answers.delete(id);
        const begin = state.begun.get(id);
        state.begun.delete(id);
        const steps = begin === undefined ? 0 : (result?.filter(({ type }) => type === "step").length ?? 0);
        if (steps > 0 && steps === result.length) globalThis.soak.steps.push((performance.now() - begin) / steps);
      });
    }

    postMessage(message, ...rest) {
      if (message.method === "advance") live.get(this)?.begun.set(message.id, performance.now());
      super.postMessage(message, ...rest);
    }

    terminate() {
      live.delete(this);
      super.terminate();
    }
  };
}

const median = (values) => (values.length === 0 ? NaN : values.sort((left, right) => left - right)[values.length >> 1]);
const megabytes = (bytes) => Number((bytes / 1e6).toFixed(2));

/** Resident memory of a process. */
function resident(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has ended since
  }
}

/** Takes samples of a page, and writes them. */
class Sampler {
  #began = performance.now();
  #page;
  #tools;
  #system;
  #lastCpu = NaN;
  #restCpu = NaN;
  /** How many experiments have ended. */
  experiments = 0;
  samples = [];

  static async of(browser, context, page) {
    const sampler = new Sampler();
    sampler.#page = page;
    sampler.#tools = await context.newCDPSession(page);
    sampler.#system = await browser.newBrowserCDPSession();
    await sampler.#tools.send("Performance.enable");
    writeFileSync(options.out, `${COLUMNS.join("\t")}\n`);
    return sampler;
  }

  get seconds() {
    return (performance.now() - this.#began) / 1000;
  }

  async take(at) {
    if (at === "rest") await this.#tools.send("HeapProfiler.collectGarbage");
    const { processInfo } = await this.#system.send("SystemInfo.getProcessInfo");
    const { metrics } = await this.#tools.send("Performance.getMetrics");
    const { targetInfos } = await this.#system.send("Target.getTargets");
    const metric = (name) => metrics.find((each) => each.name === name).value;
    const of = (type) =>
      processInfo
        .filter((each) => each.type === type)
        .map((each) => ({ ...each, bytes: resident(each.id) }))
        .sort((left, right) => right.bytes - left.bytes);
    const [renderer] = of("renderer"); // a spare one is far smaller
    const memory = await this.#page.evaluate((patienceMs) => globalThis.soak.memory(patienceMs), ANSWER_MS);
    const { workers, steps } = await this.#page.evaluate(() => globalThis.soak.take());
    const kept = await this.#page.evaluate(() => navigator.storage.estimate().then(({ usage, usageDetails }) => usageDetails?.indexedDB ?? usage));
    const sample = {
      seconds: Number(this.seconds.toFixed(1)),
      at,
      phase: await this.#page.evaluate(() => document.documentElement.dataset.phase),
      experiments: this.experiments,
      load: loadavg()[0].toFixed(2),
      renderer_mb: megabytes(renderer.bytes),
      browser_mb: megabytes(of("browser")[0].bytes),
      gpu_mb: megabytes(of("GPU")[0]?.bytes ?? 0),
      heap_mb: megabytes(metric("JSHeapUsedSize")),
      nodes: metric("Nodes"),
      listeners: metric("JSEventListeners"),
      workers,
      targets: targetInfos.filter(({ type }) => type === "worker").length,
      wasm_mb: megabytes(memory.reduce((sum, { bytes }) => sum + (bytes ?? NaN), 0)),
      wasm_of_each: memory.map(({ name, bytes }) => `${name} ${bytes === null ? "?" : megabytes(bytes)}`).join(", "),
      steps: steps.length,
      step_ms: Number(median(steps).toFixed(1)),
      cpu_s: Number((renderer.cpuTime - this.#lastCpu).toFixed(2)),
      database_mb: megabytes(kept),
    };
    this.#lastCpu = renderer.cpuTime;
    if (at === "rest") {
      sample.experiment_cpu_s = Number((renderer.cpuTime - this.#restCpu).toFixed(2));
      this.#restCpu = renderer.cpuTime;
    }
    this.samples.push(sample);
    appendFileSync(options.out, `${asLine(sample)}\n`);
  }
}

const inPhase = (page, ...wanted) =>
  page
    .waitForFunction(
      (phases) => {
        const now = document.documentElement.dataset.phase;
        return phases.includes(now) || now === "error" ? now : false;
      },
      wanted,
      { timeout: LONGEST_EXPERIMENT_MS, polling: 200 },
    )
    .then(async (reached) => {
      const phase = await reached.jsonValue();
      await reached.dispose();
      if (phase === "error") throw new Error(`the page says: ${await page.textContent("#page-errors")}`);
    });

/**
 * One experiment as a reader has it: settings, Run, a sentence tried, old ones deleted. Addresses replace each other and the sentence is set,
 * not typed: the browser's history and its list of what can be undone grow by themselves.
 */
async function experiment(page, number) {
  const seeds = `${1000 + 2 * number},${1001 + 2 * number}`;
  await page.evaluate((hash) => location.replace(`#${hash}`), `${HASH}&seeds=${seeds}&fisher_seed=${number}`);
  await page
    .waitForFunction((wanted) => document.querySelector("#seeds").value === wanted && !document.querySelector("#run").disabled, seeds, {
      timeout: LONGEST_EXPERIMENT_MS,
    })
    .then((handle) => handle.dispose());
  await page.click("#run", { timeout: LONGEST_EXPERIMENT_MS });
  await inPhase(page, "fisher", "training");
  await inPhase(page, "done");
  await page.locator("#predict-result table .winner").first().waitFor({ timeout: ANSWER_MS }); // a handle of it would keep the whole table alive
  await page.evaluate((sentence) => {
    const field = document.querySelector("#predict-text");
    field.value = sentence;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }, `The room was quiet and the breakfast late, for the ${number}th time.`);
  await page.waitForTimeout(1000);
  const items = page.locator("#past-list > li[data-id]");
  for (let count = await items.count(); count > KEPT; count = await items.count()) {
    const last = items.last();
    const id = await last.getAttribute("data-id");
    await last.locator('button[aria-label^="Delete"]').click();
    await last.locator(".danger").click();
    await page.locator(`#past-list > li[data-id="${id}"]`).waitFor({ state: "detached" });
  }
}

async function soak() {
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  await copyPage(join(folder, "www"));
  const server = await serve(join(folder, "www"));
  const { browser, context, close } = await launch(join(folder, "profile"));
  const complaints = [];
  let ended = false;
  const stop = () => {
    ended = true;
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.location().url.endsWith("recorded.json")) complaints.push(message.text());
    });
    page.on("crash", () => {
      complaints.push("the page crashed");
      stop();
    });
    page.setDefaultTimeout(LONGEST_EXPERIMENT_MS); // others come first
    await page.addInitScript(watch);
    await page.goto(`${server.address}#${HASH}`);
    await inPhase(page, "ready");
    const sampler = await Sampler.of(browser, context, page);
    const over = () => ended || sampler.seconds > 3600 * Number(options.hours) || sampler.experiments >= Number(options.experiments);
    const working = (async () => {
      while (!over()) {
        await experiment(page, sampler.experiments + 1);
        sampler.experiments += 1;
        await sampler.take("rest");
        for (let rested = 0; rested < Number(options.rest) && !over(); rested += 1) await pause(1000);
      }
      ended = true;
    })();
    const sampling = (async () => {
      for (let next = Number(options.every); !ended; next += Number(options.every)) {
        while (!ended && sampler.seconds < next) await pause(200);
        if (!ended && (await page.evaluate(() => ["fisher", "training"].includes(document.documentElement.dataset.phase)))) {
          await sampler.take("running");
        }
      }
    })();
    await Promise.all([working, sampling]);
    return { ...sampler, complaints, hours: sampler.seconds / 3600 };
  } finally {
    await close();
    await server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function report(samples) {
  const rows = verdicts(samples);
  console.log(asTable(rows));
  const growing = rows.filter(({ verdict }) => verdict === "grows").map(({ column, when }) => `${column} (${when})`);
  const hours = (samples.at(-1)?.seconds ?? 0) / 3600;
  const outcome =
    growing.length > 0 ? `grows: ${growing.join(", ")}` : rows.every(({ verdict }) => verdict === "steady") ? "nothing grows" : "too short to tell";
  console.log(`${samples.at(-1)?.experiments ?? 0} experiments in ${hours.toFixed(2)} hours, ${samples.length} samples: ${outcome}`);
  return growing;
}

if (options.read) {
  report(fromLines(readFileSync(options.read, "utf8")));
} else {
  const { samples, complaints } = await soak();
  const growing = report(samples);
  if (complaints.length > 0) console.log(`the page complained ${complaints.length} times: ${[...new Set(complaints)].slice(0, 5).join(" · ")}`);
  if (growing.length > 0 || complaints.length > 0) process.exitCode = 1;
}
