// Experiments that this browser keeps: resumed, put aside, lost: node --test tests/browser/history.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, downloaded, experiment, journey, noteJobs, phase, withoutTimes } from "./page.mjs";
import { hold, holdable, standingStill } from "./support/held-workers.mjs";
import { unzipSync, SHORT, loadOwnFiles, records, open, item, press } from "./support/history-page.mjs";

/** Long enough to be interrupted between two runs. */
const LONGER = SHORT.replace("epochs=1", "epochs=4");

async function chooseColumns(page) {
  await page.selectOption("#text-column", "own");
  await page.selectOption("#label-column", "topic");
}

/** Waits until so many finished jobs of the only experiment are kept. */
async function jobsKept(page, jobs) {
  while ((await records(page))[0]?.jobs.length !== jobs) await page.waitForTimeout(20);
}

describe("the history", { timeout: 15 * 60_000 }, () => {
  test("a page killed in the middle goes on where it was, to the same results", async (context) => {
    let undisturbed;
    await journey(context, { hash: LONGER }, async (page) => {
      await loadOwnFiles(page);
      await chooseColumns(page);
      undisturbed = await experiment(page);
    });
    await journey(context, { hash: `${LONGER}&workers=1`, prepare: holdable }, async (page) => {
      await loadOwnFiles(page);
      await chooseColumns(page);
      await hold(page, "start", "^run/", 2);
      await page.click("#run");
      await standingStill(page);
      await jobsKept(page, 3);
      const { hash } = new URL(page.url());
      assert.ok(hash.includes("epochs=4") && !/column|max_rows/.test(hash), `how the own file is read stays here: ${hash}`);
      assert.equal(new URL(await page.getAttribute("#permalink", "href")).hash, hash);
      await page.close();

      const again = await open(page.context(), hash.slice(1));
      assert.ok(await again.isEnabled("#run"), "the sample in its place is read by its own columns");
      const [{ jobs }] = await records(again);
      const finished = jobs.map(({ id }) => id);
      assert.ok(finished.includes("fisher/0-2") && finished.length === 3, `finished: ${finished}`);
      assert.match(await again.textContent("#resume-offer"), /Interrupted.*“own”.*2 of 4 runs are finished/);
      await again.press("#resume", "Enter");
      await phase(again, "done");
      assert.equal(await again.evaluate(() => document.activeElement.id), "run", "the focus was on Pause, and goes back");
      assert.deepEqual(await Promise.all(["#dataset-sample", "#text-column", "#label-column"].map((id) => again.inputValue(id))), [
        "own",
        "own",
        "topic",
      ]);
      assert.match(await again.textContent("#corpus-summary"), /own\.txt: 3 passages/);
      const begun = await again.evaluate(() => globalThis.begun);
      assert.deepEqual(
        [...begun, ...finished].sort(),
        ["fisher/0-2", ...["standard/1", "standard/2", "guided/1", "guided/2"].map((run) => `run/${run}/1`)].sort(),
        "every job once",
      );
      const results = JSON.parse((await downloaded(again, "#download-results")).content);
      assert.deepEqual(withoutTimes(results), withoutTimes(undisturbed));
      await again.waitForSelector("#predict-result table .winner");
      assert.equal(await again.locator("#resume-offer > *").count(), 0);

      const third = await open(again.context(), SHORT);
      assert.equal(await third.locator("#resume-offer > *").count(), 0, "a finished experiment needs no offer");
      await third.close();
    });
  });

  test("an interrupted experiment can be put aside", (context) =>
    journey(context, { hash: SHORT, prepare: holdable }, async (page) => {
      await hold(page, "start", "^run/");
      await page.click("#run");
      await jobsKept(page, 1);
      await page.close();
      const again = await open(page.context(), SHORT);
      await assertAccessible(again);
      await again.press("#dismiss", "Enter");
      await again.waitForFunction(() => document.querySelector("#resume-offer").children.length === 0);
      assert.equal(await again.evaluate(() => document.activeElement.id), "run");
      const third = await open(again.context(), SHORT);
      assert.equal(await third.locator("#resume-offer > *").count(), 0);
      assert.ok(await item(third, "opinions").getByRole("button", { name: "Resume" }).isVisible());
      const [{ id }] = await records(third);
      await again.evaluate(
        (name) =>
          new Promise((held) => {
            navigator.locks.request(name, () => new Promise(held));
          }),
        `experiment ${id}`,
      );
      await press(third, "opinions", "Resume");
      await third.waitForFunction(() => /running in another tab/.test(document.querySelector("#past-errors").textContent));
      assert.equal(await third.getAttribute("html", "data-phase"), "ready");
      await again.close();
      await third.close();
    }));

  test("jobs of no experiment are counted, and deleted when asked; those of experiments stay", (context) =>
    journey(context, { hash: SHORT, prepare: noteJobs }, async (page) => {
      await page.click("#run-fisher");
      await page.waitForFunction(() => /One stored job|\d stored jobs/.test(document.querySelector("#unclaimed-count").textContent));
      await experiment(page);
      await page.waitForFunction(() => document.querySelector("#past-unclaimed").hidden, null, { timeout: 5000 }); // the experiment has claimed them
      await page.evaluate(() => {
        globalThis.begun = [];
      });
      await page.fill("#fisher-texts", "3"); // other texts: a job that the experiment does not have
      await page.press("#fisher-texts", "Tab");
      await page.click("#run-fisher");
      await page.waitForFunction(() => document.querySelector("#unclaimed-count").textContent.startsWith("One stored job"));
      await page.click("#remove-unclaimed");
      await page.waitForFunction(() => /these jobs are recomputed/.test(document.querySelector("#past-status").textContent));
      assert.ok(await page.isHidden("#past-unclaimed"));
      assert.ok(await page.evaluate(() => document.activeElement.closest("#past-list, #past-heading") !== null), "the focus is not lost");
      await page.evaluate(() => {
        globalThis.begun = [];
      });
      await page.click("#run-fisher");
      await page.waitForFunction(() => document.querySelector("#unclaimed-count").textContent.startsWith("One stored job"));
      assert.deepEqual(await page.evaluate(() => globalThis.begun), ["fisher/0-3"], "the deleted job is done again");
    }));

  test("a database that the browser closes is opened again, and the browser asked once to keep it", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        prepare: (page) =>
          page.addInitScript(() => {
            const { open } = IDBFactory.prototype;
            globalThis.databases = [];
            IDBFactory.prototype.open = function noted(...values) {
              const request = open.apply(this, values);
              request.addEventListener("success", () => globalThis.databases.push(request.result));
              return request;
            };
            globalThis.asked = 0;
            StorageManager.prototype.persist = async () => (globalThis.asked += 1) > 0;
          }),
      },
      async (page) => {
        const deleted = page.evaluate(
          () =>
            new Promise((resolve, reject) => {
              const request = indexedDB.deleteDatabase("guided-dropout-lab"); // asks for what a newer page would ask for: to be let in
              request.onsuccess = () => resolve(true);
              request.onerror = () => reject(request.error);
            }),
        );
        assert.ok(await deleted);
        await experiment(page);
        assert.equal(await page.evaluate(() => globalThis.databases.length), 2, "another one is open");
        assert.deepEqual(
          (await records(page)).map(({ done }) => done),
          [true],
        );
        await page.evaluate(() => {
          globalThis.databases[1].close();
          globalThis.databases[1].dispatchEvent(new Event("close")); // as where the reader clears the browser's data
        });
        await page.fill("#seeds", "1");
        await page.press("#seeds", "Tab");
        await experiment(page);
        assert.equal((await records(page)).length, 2);
        assert.equal(await page.locator("#page-errors > *").count(), 0);
        assert.equal(await page.evaluate(() => globalThis.asked), 1);
      },
    ));

  test("after Stop with other settings, verdict and zip are of the same experiment", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      const results = await experiment(page);
      await page.evaluate(() => {
        // from now on no job advances
        const { postMessage } = Worker.prototype;
        Worker.prototype.postMessage = function held(message, ...rest) {
          if (message.method !== "advance") postMessage.call(this, message, ...rest);
        };
      });
      await page.fill("#learning-rate", "0.001");
      await page.press("#learning-rate", "Tab");
      await page.click("#run");
      await page.waitForFunction(() => document.querySelectorAll("#past-list > li[data-id]").length === 2);
      await page.click("#stop");
      await phase(page, "ready");
      const parts = unzipSync((await downloaded(page, "#download-everything")).content);
      assert.deepEqual(JSON.parse(Buffer.from(parts["results.json"])), results);
      assert.equal(JSON.parse(Buffer.from(parts["experiment.json"])).config.learning_rate, results.config.learning_rate);
    }));

  for (const [name, script, words] of [
    [
      "denied",
      () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException("denied by the test", "SecurityError");
        };
      },
      /does not allow storage\..*denied by the test/,
    ],
    [
      "full",
      () => {
        IDBObjectStore.prototype.put = () => {
          throw new DOMException("full by the test", "QuotaExceededError");
        };
      },
      /storage is full\..*full by the test/,
    ],
  ]) {
    test(`storage ${name}: said once, and the experiment goes on in memory`, (context) =>
      journey(context, { hash: SHORT, prepare: (page) => page.addInitScript(script) }, async (page) => {
        const notices = [];
        await page.exposeFunction("noticed", (sentence) => notices.push(sentence));
        await page.evaluate(() =>
          new MutationObserver((changes) =>
            changes.flatMap(({ addedNodes }) => [...addedNodes]).forEach((node) => globalThis.noticed(node.textContent)),
          ).observe(document.querySelector("#page-errors"), { childList: true }),
        );
        if (name === "denied") notices.push(await page.textContent("#page-errors"));
        const results = await experiment(page);
        assert.equal(results.runs.length, 4);
        assert.equal(notices.filter((sentence) => words.test(sentence)).length, 1, `notices: ${notices}`);
        assert.match(await page.textContent("#page-errors"), words, "another Run does not take it away");
        assert.match(await page.textContent("#past-storage"), /only until the page is closed/);
        assert.ok(
          await page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true }))),
          "closing would lose the verdict: the browser asks",
        );
        assert.ok(await item(page, "opinions").isVisible());
        await press(page, "opinions", "Open");
        await page.waitForFunction(() => /“opinions”/.test(document.querySelector("#verdict-caption").textContent));
      }));
  }
});
