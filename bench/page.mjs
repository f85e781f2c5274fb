// One experiment through the real page on a file of your own, timed by phase; optionally held against the native one.
//
//   node bench/page.mjs FILE [--hash SETTINGS] [--against results.json] [--out results.json]
//
// SETTINGS are those of the page's address, e.g. "seeds=3&arms=standard,guided&max_rows=625". --against takes the file
// that `guided-dropout compare` wrote with the same settings, and fails unless every run's accuracy is the same.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch } from "../scripts/chromium.mjs";
import { serve } from "../scripts/serve.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { hash: { type: "string", default: "" }, against: { type: "string" }, out: { type: "string" } },
});
if (positionals.length !== 1) throw new Error("which file? node bench/page.mjs FILE [--hash …] [--against …] [--out …]");

const server = await serve(fileURLToPath(new URL("../www", import.meta.url)));
const browser = await launch();

try {
  const page = await browser.newPage();
  const opened = performance.now();
  await page.goto(`${server.address}#${values.hash}`);
  await reach(page, ["ready"]);
  const seconds = { load: (performance.now() - opened) / 1e3 };
  await page.setInputFiles("#dataset-file", positionals[0]);
  await page.waitForFunction((name) => document.querySelector("#dataset-summary").textContent.includes(name), positionals[0].split("/").at(-1));
  await reach(page, ["ready"]);
  await page.click("#run");
  let from = performance.now();
  for (let now = await reach(page, ["fisher", "training"]); now !== "done";) {
    const next = await reach(page, { fisher: ["training"], training: ["done"] }[now]);
    seconds[now] = (performance.now() - from) / 1e3;
    from = performance.now();
    now = next;
  }
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download-results")]);
  const results = JSON.parse(readFileSync(await file.path()));
  if (values.out) writeFileSync(values.out, JSON.stringify(results, null, 2));
  console.log(
    JSON.stringify(
      {
        file: positionals[0],
        rows: results.dataset.rows,
        trained_on: results.dataset.train_rows,
        seconds: Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value.toFixed(1))])),
        runs: results.runs.map(({ arm, seed, epochs }) => ({ arm, seed, accuracy: epochs.at(-1).accuracy })),
        verdict: results.verdict,
      },
      null,
      2,
    ),
  );
  if (values.against) compare(results, JSON.parse(readFileSync(values.against)));
} finally {
  await browser.close();
  await server.close();
}

async function reach(page, phases) {
  const reached = await page.waitForFunction(
    (wanted) => {
      const now = document.documentElement.dataset.phase;
      return wanted.includes(now) || now === "error" ? now : false;
    },
    phases,
    { timeout: 3_600_000, polling: 50 },
  );
  const phase = await reached.jsonValue();
  if (phase === "error") throw new Error(`the page says: ${await page.textContent("#status")}`);
  return phase;
}

/** Accuracies must be the same; losses are sums of f32 in the same order, but libm's exp and erf may differ in the last bit. */
function compare(ours, theirs) {
  const key = ({ arm, seed, fraction }) => `${arm}/${seed}/${fraction}`;
  const native = new Map(theirs.runs.map((run) => [key(run), run]));
  let different = 0;
  let furthest = 0;
  for (const run of ours.runs) {
    const other = native.get(key(run));
    if (!other) throw new Error(`${key(run)} is not in ${values.against}`);
    if (run.epochs.at(-1).accuracy !== other.epochs.at(-1).accuracy) different += 1;
    run.steps.forEach(({ loss }, i) => {
      furthest = Math.max(furthest, Math.abs(loss - other.steps[i].loss) / other.steps[i].loss);
    });
  }
  console.log(`against native: ${ours.runs.length} runs, ${different} with another accuracy, losses at most ${furthest.toExponential(1)} apart`);
  if (different > 0) process.exitCode = 1;
}
