// The browser killed (SIGKILL) at random moments of one experiment, opened again on the same profile, until the experiment is done:
// make test-kill, or KILLS=20 node --test tests/kill.mjs
//
// What had finished before a kill must still be there after it, no result may come twice, and the end must be that of an undisturbed run.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { launchOnDisk } from "../scripts/chromium.mjs";
import { downloaded, experiment, journey, phase, server, withoutTimes } from "./browser/page.mjs";
import { stored } from "./browser/support/database.mjs";

const KILLS = Number(process.env.KILLS ?? 20);
const SEED = Number(process.env.SEED ?? 1);
const HASH = "sample=opinions&max_rows=48&fisher_texts=60&epochs=6&seeds=6&arms=standard,guided&max_tokens=24&workers=2";
const RUNS = 12;
/** A kill comes within so long of the press on Run or Continue: long enough for some runs, too short for all. */
const LONGEST_MS = 9000;

function* moments(seed) {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield Math.round((state / 2 ** 32) * LONGEST_MS);
  }
}

/** A browser on a profile that stays, as a process that can be killed with its children. */
async function launch(profile) {
  const { child, browser } = await launchOnDisk(profile);
  const kill = async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, "SIGKILL"); // the group: this browser and its children, and no other
    await gone;
  };
  return { browser, kill, page: browser.contexts()[0].pages()[0] ?? (await browser.contexts()[0].newPage()) };
}

/** The finished jobs of the one experiment that is kept. */
async function finishedJobs(page) {
  const { experiments, jobs } = await stored(page);
  return { experiments: experiments.length, jobs: experiments[0]?.jobs ?? [], kept: jobs };
}

test("an experiment outlives the browser", { timeout: 60 * 60_000 }, async (context) => {
  let expected;
  await journey(context, { hash: HASH }, async (page) => {
    expected = await experiment(page);
  });
  const told = { kills: 0, in: {}, experiments: 0, lost: 0, twice: 0 };
  const moment = moments(SEED);
  while (told.kills < KILLS) {
    const profile = mkdtempSync(join(tmpdir(), "killed-"));
    context.after(() => rmSync(profile, { recursive: true, force: true }));
    let before = [];
    for (let done = false; !done;) {
      const { browser, kill, page } = await launch(profile);
      page.setDefaultTimeout(180_000);
      try {
        const last = told.kills >= KILLS;
        await page.goto(`${server.address}#${HASH}`);
        await phase(page, "ready");
        const { experiments, jobs, kept } = await finishedJobs(page);
        assert.ok(experiments <= 1, `${experiments} experiments where one was begun`);
        told.lost += before.filter((id) => !jobs.some((job) => job.id === id)).length;
        told.lost += jobs.filter(({ key }) => !kept.includes(key)).length;
        told.twice += jobs.length - new Set(jobs.map(({ id }) => id)).size;
        await page.click((await page.locator("#resume").count()) > 0 ? "#resume" : "#run");
        if (!last) await Promise.race([pause(moment.next().value), phase(page, "done")]);
        else await phase(page, "done");
        const now = await page.evaluate(() => document.documentElement.dataset.phase);
        done = now === "done";
        if (done) {
          const results = JSON.parse((await downloaded(page, "#download-results")).content);
          assert.equal(results.runs.length, RUNS);
          assert.deepEqual(withoutTimes(results), withoutTimes(expected));
          told.experiments += 1;
        } else {
          before = (await finishedJobs(page)).jobs.map(({ id }) => id);
          told.kills += 1;
          told.in[now] = (told.in[now] ?? 0) + 1;
        }
      } finally {
        await kill();
        await browser.close().catch(() => null);
      }
    }
  }
  context.diagnostic(JSON.stringify(told));
  assert.deepEqual([told.lost, told.twice], [0, 0]);
});
