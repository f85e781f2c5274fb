// Speed-up by workers: the same runs through the real page with one worker and with more, by the clock.
//
//   node bench/pool.mjs [WORKERS [SETTINGS [REPEATS]]]
//
// WORKERS is 2 by default; SETTINGS are those of the page's address, without Fisher information and with a number of runs that WORKERS
// divides. The time is that of the whole training phase, the start of the workers included. On an idle machine: the load is printed beside.

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { launch } from "../scripts/chromium.mjs";
import { serve } from "../scripts/serve.mjs";

const [workers = "2", settings = "sample=questions&arms=standard,none&seeds=4&epochs=1&max_tokens=32", repeats = "3"] = process.argv.slice(2);
const server = await serve(fileURLToPath(new URL("../www", import.meta.url)));
const browser = await launch();

/** Seconds of the training phase, and of its runs one by one. */
async function seconds(size) {
  const profile = await browser.newContext({ acceptDownloads: true });
  try {
    const page = await profile.newPage();
    await page.goto(`${server.address}#${settings}&workers=${size}`);
    const reach = (phase) =>
      page.evaluate(
        (wanted) =>
          new Promise((resolve) => {
            // looking again and again would take a part of a core
            const root = document.documentElement;
            const look = () => root.dataset.phase === wanted && resolve();
            new MutationObserver(look).observe(root, { attributeFilter: ["data-phase"] });
            look();
          }),
        phase,
      );
    await reach("ready");
    await page.waitForFunction(() => /\d worker/.test(document.querySelector("#estimate").textContent)); // the trial of the speed is over
    await page.click("#run");
    await reach("training");
    const begin = performance.now();
    await reach("done");
    const whole = (performance.now() - begin) / 1000;
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("#download-results")]);
    const { runs } = JSON.parse(readFileSync(await file.path()));
    return { whole, mean: runs.reduce((sum, { elapsed_ms: time }) => sum + time / 1000, 0) / runs.length, runs: runs.length };
  } finally {
    await profile.close();
  }
}

const rounds = [];
try {
  for (let round = 0; round < Number(repeats); round += 1) rounds.push({ alone: await seconds(1), together: await seconds(Number(workers)) });
} finally {
  await browser.close();
  await server.close();
}
const median = (values) => values.sort((left, right) => left - right)[values.length >> 1];
console.log(
  JSON.stringify({
    workers: Number(workers),
    runs: rounds[0].alone.runs,
    seconds: {
      alone: +median(rounds.map(({ alone }) => alone.whole)).toFixed(1),
      together: +median(rounds.map(({ together }) => together.whole)).toFixed(1),
    },
    gain: +median(rounds.map(({ alone, together }) => alone.whole / together.whole)).toFixed(2),
    gain_without_starting: +median(rounds.map(({ alone, together }) => (Number(workers) * alone.mean) / together.mean)).toFixed(2),
    load: +loadavg()[0].toFixed(1),
  }),
);
