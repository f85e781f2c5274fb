// The experiment engine in the page: its pool, its controls, and what lost or repeated runs do to the numbers: node --test tests/browser/engine.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { experiment, journey, noteJobs, phase, withoutTimes } from "./page.mjs";
import { allAnswered, hold, holdable, release, standingStill } from "./support/held-workers.mjs";

const SHORT = "sample=opinions&max_rows=32&fisher_texts=2&epochs=1&seeds=2&arms=standard,guided&max_tokens=12";

const begun = (page) => page.evaluate(() => globalThis.begun.splice(0).sort());
const set = async (page, selector, value) => {
  await page.fill(selector, value);
  await page.press(selector, "Tab");
};

describe("the experiment engine", { timeout: 15 * 60_000 }, () => {
  test("pools of 1, 2 and 4 workers give the same numbers", async (context) => {
    const all = [];
    for (const workers of [1, 2, 4]) {
      const hash = `${SHORT.replace("fisher_texts=2", "fisher_texts=60").replace("standard,guided", "standard,guided,shuffled")}&workers=${workers}`;
      await journey(context, { hash, prepare: noteJobs }, async (page) => {
        all.push(withoutTimes(await experiment(page)));
        assert.equal((await begun(page)).length, 4 + 6);
      });
    }
    assert.equal(all[0].runs.length, 6);
    assert.deepEqual(all[1], all[0]);
    assert.deepEqual(all[2], all[0]);
  });

  test("the first run that needs no Fisher information begins beside its measurement, on a worker of its own", async (context) => {
    for (const workers of [1, 2]) {
      await journey(
        context,
        { hash: `${SHORT.replace("fisher_texts=2", "fisher_texts=60")}&workers=${workers}`, prepare: noteJobs },
        async (page) => {
          await experiment(page);
          const order = await page.evaluate(() => globalThis.begun);
          const at = (word) => order.findIndex((id) => id.includes(word));
          const lastFisher = order.findLastIndex((id) => id.startsWith("fisher"));
          if (workers === 1) assert.ok(at("standard") > lastFisher, `${order}`);
          else assert.ok(at("standard") < 2 && at("fisher") < 2, `${order}`);
          assert.ok(at("guided") > lastFisher, `${order}`);
        },
      );
    }
  });

  test("nothing is asked of a worker while paused; stop ends its workers; what was finished is not repeated", (context) =>
    journey(
      context,
      {
        hash: `${SHORT.replace("epochs=1", "epochs=12")}&workers=2`,
        prepare: async (page) => {
          await holdable(page);
          await noteJobs(page);
        },
      },
      async (page) => {
        await hold(page, "advance", "^run/", 2);
        await page.click("#run");
        await standingStill(page, 2);
        const atPause = await page.evaluate(() => {
          document.querySelector("#pause").click();
          return globalThis.advances;
        });
        await release(page);
        await allAnswered(page);
        await page.waitForTimeout(1000);
        assert.equal(await page.evaluate(() => globalThis.advances), atPause, "calls of advance after the press");
        await hold(page, "start", "^run/");
        await page.click("#pause");
        await page.waitForFunction((held) => globalThis.advances > held, atPause);
        await standingStill(page, 2);
        await page.click("#stop");
        await phase(page, "ready");
        for (let tries = 0; tries < 100 && page.workers().length > 1; tries += 1) await page.waitForTimeout(50); // the browser tells of their end later
        const names = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.name)));
        assert.deepEqual(names, ["coordinator"]);
        assert.match(await page.textContent("#status"), /Stopped\. 2 of 4/);
        await release(page);
        await begun(page);
        await page.click("#run");
        await phase(page, "done");
        assert.equal((await begun(page)).length, 2);
      },
    ));

  test("other settings keep the finished runs that they cover, and no others", (context) =>
    journey(context, { hash: SHORT, prepare: noteJobs }, async (page) => {
      const first = await experiment(page);
      await begun(page);
      assert.equal(await page.textContent("#run"), "Run again");
      await set(page, "#seeds", "3");
      await page.waitForFunction(() => document.querySelector("#run").textContent === "Run 2 new runs");
      assert.match(await page.textContent("#estimate"), /^6 runs, 4 already finished, /);
      const wider = await experiment(page);
      assert.deepEqual(await begun(page), ["run/guided/3/1", "run/standard/3/1"]);
      assert.deepEqual(
        wider.runs.filter(({ seed }) => seed < 3),
        first.runs,
      );
      await set(page, "#seeds", "2,3");
      await page.uncheck("#arms input[value=guided]");
      await page.check("#arms input[value=none]");
      const other = await experiment(page);
      assert.deepEqual(await begun(page), ["run/none/2/1", "run/none/3/1"]);
      assert.deepEqual(
        other.runs.filter(({ arm }) => arm === "standard"),
        wider.runs.filter(({ arm, seed }) => arm === "standard" && seed > 1),
      );
      await set(page, "#learning-rate", "0.001");
      await page.waitForFunction(() => document.querySelector("#run").textContent === "Run again");
      await experiment(page);
      assert.deepEqual(
        await begun(page),
        ["none", "standard"].flatMap((arm) => [2, 3].map((seed) => `run/${arm}/${seed}/1`)),
      );
      await experiment(page);
      assert.equal((await begun(page)).length, 4, "what is finished altogether is done again when asked for");
    }));

  test("a run that is lost twice is reported, its pair is said to be missing, and it can be made up for", (context) =>
    journey(context, { hash: SHORT, prepare: noteJobs }, async (page) => {
      await page.evaluate(() => {
        globalThis.kill = (id) => id === "run/guided/2/1";
      });
      const results = await experiment(page);
      assert.equal((await begun(page)).filter((id) => id === "run/guided/2/1").length, 2);
      assert.match(await page.textContent("#page-errors"), /run\/guided\/2\/1 crashed; the job was restarted.*run\/guided\/2\/1 was lost/s);
      assert.equal(results.runs.length, 3);
      const comparison = results.comparisons.find(({ metric }) => metric === "accuracy");
      assert.deepEqual([comparison.seeds, comparison.missing_seeds, comparison.outcome], [1, [2], null]);
      assert.match(results.verdict, /1 of 2 planned pairs is missing/);
      assert.match(await page.textContent("#results-note"), /guided vs standard.*a run of seed 2 is missing/);
      await page.waitForSelector("#past-list button:has-text('Resume')");
      await page.evaluate(() => {
        globalThis.kill = () => false;
      });
      const whole = await experiment(page);
      assert.deepEqual(await begun(page), ["run/guided/2/1"]);
      assert.deepEqual(
        whole.comparisons.map(({ metric, seeds, missing_seeds: missing }) => [metric, seeds, missing]),
        results.comparisons.map(({ metric }) => [metric, 2, []]),
      );
      assert.doesNotMatch(await page.textContent("#results-note"), /missing/);
    }));

  test("every arm runs, and the controls stand beside the verdict whether or not they were run", (context) =>
    journey(context, { hash: `${SHORT}&batch_size=8` }, async (page) => {
      await experiment(page);
      const control = (name) => page.textContent(`#controls [data-control=${name}]`);
      assert.match(await control("uniform-mean"), /not run; select it/);
      assert.match(await control("shuffled"), /not run; select it/);
      for (const arm of ["uniform-mean", "shuffled", "reversed", "gaussian", "none"]) await page.check(`#arms input[value=${arm}]`);
      const rate = page.locator("#rates-table tr[data-site=embeddings] input");
      await rate.fill("0.3");
      await rate.press("Tab");
      await set(page, "#seeds", "3");
      await page.check("#fractions input[value='0.5']");
      const results = await experiment(page);
      assert.equal(results.runs.length, 8 * 3 * 2);
      assert.equal(results.arms.custom[0].rate, 0.3);
      assert.match(await control("uniform-mean"), /no significant difference \([+−-]?\d/);
      assert.match(await control("shuffled"), /no significant difference \([+−-]?\d/);
      assert.match(await page.textContent("#controls"), /lower mean rate/);
      const family = results.comparisons.filter(({ metric, p_value: p }) => metric === "accuracy" && p !== null && p !== undefined);
      assert.equal(family.length, 2 * (7 + 6));
      const held = family.find(({ arm, baseline, fraction }) => arm === "guided" && baseline === "standard" && fraction === 1);
      assert.ok(held.p_holm >= held.p_value);
    }));

  for (const [gibibytes, words] of [
    [0.25, /with 1 worker, about .* of memory \(limits the number of workers\)\./],
    [8, /with 4 workers, about .* of memory\./],
  ]) {
    test(`${gibibytes} GiB of memory and eight cores`, (context) =>
      journey(
        context,
        {
          hash: SHORT.replace("standard,guided", "standard,none"),
          shipped: true,
          prepare: (page) =>
            page.addInitScript((value) => {
              Object.defineProperty(Navigator.prototype, "deviceMemory", { get: () => value });
              Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => 8 });
            }, gibibytes),
        },
        async (page) => {
          await page.waitForFunction(
            () => document.querySelector("#estimate").textContent !== "" && /worker/.test(document.querySelector("#estimate").textContent),
          );
          assert.match(await page.textContent("#estimate"), words);
          await experiment(page);
          await page.waitForFunction(() => /about [\d.]+\s[MG]B of memory/.test(document.querySelector("#estimate").textContent));
          assert.match(await page.textContent("#estimate"), words);
        },
      ));
  }
});
