// The history of experiments: resume, rename, export, import, delete: node --test tests/browser/history.mjs

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { assertAccessible, csv, downloaded, experiment, inPoints, journey, noteJobs, phase, server, withoutTimes } from "./page.mjs";
import { hold, holdable, release, standingStill } from "./support/held-workers.mjs";

const { strToU8, unzipSync, zipSync } = createRequire(import.meta.url)("fflate");
const SHORT = "sample=opinions&max_rows=32&fisher_texts=2&epochs=1&seeds=2&arms=standard,guided&max_tokens=24";
/** Long enough to be interrupted between two runs. */
const LONGER = SHORT.replace("epochs=1", "epochs=4");
const OWN_ROWS = csv(
  "own.csv",
  `own,topic\n${Array.from({ length: 32 }, (_, index) => (index % 2 ? `"Rain, wind and ${index} clouds",weather` : `A goal in minute ${index},sport`)).join("\n")}\n`,
);
const OWN_PROSE = {
  name: "own.txt",
  mimeType: "text/plain",
  buffer: Buffer.from("The river was high that spring.\nNobody had seen the boat since March.\nThe children asked about it every day.\n"),
};

async function loadOwnFiles(page) {
  await page.setInputFiles("#dataset-file", OWN_ROWS);
  await page.setInputFiles("#corpus-file", OWN_PROSE);
  await page.waitForFunction(
    () =>
      /own\.csv: 32 examples/.test(document.querySelector("#dataset-summary").textContent) &&
      /own\.txt: 3/.test(document.querySelector("#corpus-summary").textContent),
  );
}

async function chooseColumns(page) {
  await page.selectOption("#text-column", "own");
  await page.selectOption("#label-column", "topic");
}

/** The records of the page's database. */
const records = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("guided-dropout-lab");
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const all = request.result.transaction("experiments").objectStore("experiments").getAll();
          all.onsuccess = () => {
            request.result.close();
            resolve(all.result);
          };
        };
      }),
  );

/** Waits until so many finished jobs of the only experiment are kept. */
async function jobsKept(page, jobs) {
  while ((await records(page))[0]?.jobs.length !== jobs) await page.waitForTimeout(20);
}

/** A zip whose directory says of a file that it unpacks to so many bytes. */
function claiming(zip, name, bytes) {
  const patched = Buffer.from(zip);
  const entry = patched.lastIndexOf(name) - 46; // its entry in the directory, which stands after all files
  assert.equal(patched.readUInt32LE(entry), 0x02014b50);
  patched.writeUInt32LE(bytes, entry + 24);
  return patched;
}

/** A zip whose end says that it has so many files. */
function counting(zip, files) {
  const patched = Buffer.from(zip);
  patched.writeUInt16LE(files, zip.length - 12);
  return patched;
}

const open = async (context, hash) => {
  const page = await context.newPage();
  await holdable(page);
  await noteJobs(page);
  await page.goto(`${server.address}#${hash}`);
  await phase(page, "ready");
  return page;
};

const item = (page, name) => page.locator("#past-list > li", { has: page.locator("h3", { hasText: new RegExp(`^${name}$`) }) });
const press = (page, name, label) =>
  item(page, name)
    .getByRole("button", { name: `${label}: ${name}`, exact: true })
    .click();

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

  test("rename, open, export, delete; an import brings it back; a bad zip loses nothing", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      await loadOwnFiles(page);
      const results = await experiment(page);
      await item(page, "own").waitFor();
      await press(page, "own", "Rename");
      await page.keyboard.type("Rain and goals");
      await page.keyboard.press("Enter");
      await item(page, "Rain and goals").waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.closest("li").querySelector("h3").textContent), "Rain and goals");

      await page.check("#export-files");
      const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Rain and goals", "Export")]);
      assert.equal(file.suggestedFilename(), "Rain and goals.zip");
      const { content: everything } = await downloaded(page, "#download-everything");
      const parts = unzipSync(everything);
      assert.deepEqual(JSON.parse(Buffer.from(parts["results.json"])), results);
      const said = JSON.parse(Buffer.from(parts["experiment.json"]));
      assert.deepEqual(said.seeds, [1, 2]);
      assert.ok(
        [said.core, said.inputs.dataset.sha256["own.csv"], said.inputs.model.sha256["model.safetensors"]].every((digest) =>
          /^[0-9a-f]{64}$/.test(digest),
        ),
      );
      assert.equal(JSON.parse(Buffer.from(parts["jobs.json"])).length, 5);

      await press(page, "Rain and goals", "Delete");
      await page.getByRole("button", { name: "Delete permanently" }).click();
      await page.waitForSelector("#past-list .empty");
      await page.check("#arms [value=custom]");
      for (const arm of ["standard", "guided"]) await page.uncheck(`#arms [value=${arm}]`);
      await page.click("#run");
      await phase(page, "error"); // there are no rates of the reader's own
      await page.waitForFunction(() => document.querySelectorAll("#past-list > *").length > 0);
      assert.deepEqual(await records(page), [], "what was deleted does not come back");
      await page.close();

      const again = await open(page.context(), SHORT);
      for (const [bytes, words] of [
        [Buffer.from("no zip at all"), /expected a zip/],
        [zipSync({ "notes.txt": strToU8("hello") }), /expected experiment\.json, got notes\.txt/],
        [
          zipSync({ ...parts, "experiment.json": strToU8(JSON.stringify({ ...said, planned: "many" })) }),
          /planned: expected numbers of jobs, got many/,
        ],
        [zipSync({ ...parts, "results.json": strToU8("{") }), /results\.json: expected JSON/],
        [
          zipSync({
            ...parts,
            "results.json": strToU8(JSON.stringify({ ...results, runs: results.runs.map((run) => ({ ...run, confusion: "many" })) })),
          }),
          /results\.json, runs: expected a well-formed object/,
        ],
        [claiming(everything, "jobs.json", 9e7), /expected a zip exported by this page, got jobs\.json, said to be 90000000 bytes/],
        [claiming(everything, "jobs.json", 4e9), /expected at most 500.MB, got 4\.0.GB/],
        [counting(everything, 0xfff0), /expected a zip exported by this page, got no entry \d+ of 65520/],
        [
          Buffer.from(
            Buffer.from(zipSync({ ...parts, "experiment.jsOn": strToU8("{}") }))
              .toString("latin1")
              .replaceAll("jsOn", "json"),
            "latin1",
          ),
          /expected experiment\.json, got a duplicate/,
        ],
        [
          zipSync({ ...parts, [Object.keys(parts).find((path) => path.startsWith("files/"))]: strToU8("other bytes") }),
          /files\/[0-9a-f]{64}: expected a file whose SHA-256 is its name/,
        ],
      ]) {
        await again.setInputFiles("#import-experiment", { name: "bad.zip", mimeType: "application/zip", buffer: Buffer.from(bytes) });
        await again.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("#past-errors").textContent), words.source);
        assert.ok(await again.isVisible("#past-list .empty"));
      }

      await again.setInputFiles("#import-experiment", {
        name: "bare.zip",
        mimeType: "application/zip",
        buffer: Buffer.from(zipSync(Object.fromEntries(Object.entries(parts).filter(([path]) => !path.startsWith("files/"))))),
      });
      await item(again, "Rain and goals").waitFor();
      await press(again, "Rain and goals", "Open");
      await again.waitForFunction((words) => document.querySelector("#verdict").textContent.includes(words), inPoints(results));
      assert.match(await again.textContent("#dataset-summary"), /opinions\.csv/, "its own file is not here");
      await again.evaluate(() => {
        navigator.clipboard.writeText = async (link) => {
          globalThis.link = link;
        };
      });
      await again.click("#permalink-results");
      const link = new URL(await again.waitForFunction(() => globalThis.link).then((handle) => handle.jsonValue()));
      assert.doesNotMatch(link.hash, /sample=|max_rows=/, "results of an own file are no sample's");
      await again.evaluate((hash) => {
        location.hash = hash;
      }, link.hash);
      await again.waitForFunction(() => /From a result link/.test(document.querySelector("#verdict-caption").textContent));
      for (const id of ["download-results", "download-csv", "download-everything", "permalink-results"]) {
        assert.ok(await again.isDisabled(`#${id}`), `${id} would hand out what was shown before`);
      }
      await phase(again, "ready");
      await press(again, "Rain and goals", "Delete");
      await again.getByRole("button", { name: "Delete permanently" }).click();
      await again.waitForSelector("#past-list .empty");

      // Of another core, its jobs have other keys: none of them is believed, and every run is made anew.
      const keyed = (jobs) => jobs.map((job) => ({ ...job, key: [...job.key].reverse().join("") }));
      const foreign = zipSync({
        ...parts,
        "experiment.json": strToU8(
          JSON.stringify({ ...said, id: "foreign", name: "foreign", done: false, core: "0".repeat(64), jobs: keyed(said.jobs) }),
        ),
        "jobs.json": strToU8(JSON.stringify(keyed(JSON.parse(Buffer.from(parts["jobs.json"]))))),
      });
      await again.setInputFiles("#import-experiment", { name: "foreign.zip", mimeType: "application/zip", buffer: Buffer.from(foreign) });
      await item(again, "foreign").waitFor();
      await again.setInputFiles("#corpus-file", OWN_PROSE);
      await again.setInputFiles("#dataset-file", OWN_ROWS);
      await again.waitForFunction(() => /own\.csv: 32 examples/.test(document.querySelector("#dataset-summary").textContent));
      await hold(again, "start", "^run/");
      await press(again, "foreign", "Resume");
      await standingStill(again);
      await again.waitForFunction(() => /different devices or versions of the program/.test(document.querySelector("#past-errors").textContent));
      await again.click("#stop");
      await phase(again, "ready");
      await release(again);
      for (const name of ["foreign", "own"]) {
        // what went on is an experiment of this version, with a name of its own
        await press(again, name, "Delete");
        await again.getByRole("button", { name: "Delete permanently" }).click();
        await again.getByRole("button", { name: "Delete permanently" }).waitFor({ state: "detached" }); // the heading goes before, when the question is asked
      }
      await again.evaluate(() => {
        globalThis.begun = [];
      });

      const verdict = "Guided dropout is better beyond all doubt.";
      const boast = {
        ...results,
        verdict,
        comparisons: results.comparisons.map((comparison) => ({ ...comparison, metric: { ...comparison.metric, mean_difference: 0.5 } })),
      };
      const boasting = zipSync({
        ...parts,
        "results.json": strToU8(JSON.stringify(boast)),
        "experiment.json": strToU8(JSON.stringify({ ...said, verdict })),
      });
      await again.setInputFiles("#import-experiment", { name: "boasting.zip", mimeType: "application/zip", buffer: Buffer.from(boasting) });
      await item(again, "Rain and goals").waitFor();
      assert.ok(
        (await item(again, "Rain and goals").textContent()).includes(inPoints(results)),
        "what its runs show, not what the file says of them",
      );
      assert.equal(await again.locator("#past-errors .error").count(), 0);
      await press(again, "Rain and goals", "Open");
      await again.waitForFunction((words) => document.querySelector("#verdict").textContent.includes(words), inPoints(results));
      await again.waitForFunction(() => /own\.csv: 32 examples/.test(document.querySelector("#dataset-summary").textContent)); // the verdict stood there already
      // What the texts are needed for is not taken from a file; all else is computed anew, whether training was long enough included.
      const { probes, baselines, baseline_comparisons: beside, ...judged } = results;
      assert.ok([probes, baselines, beside].every(Array.isArray) && results.trainings.length === results.config.arms.length);
      judged.remarks = results.remarks.filter(({ kind }) => kind !== "baseline");
      assert.deepEqual(JSON.parse((await downloaded(again, "#download-results")).content), judged);
      assert.equal(await again.locator("#fisher-chart .bar").count(), results.fisher.sites.length);
      await assertAccessible(again);

      await again.fill("#seeds", "3");
      await again.press("#seeds", "Tab");
      const wider = await experiment(again);
      assert.equal(wider.runs.length, 6);
      assert.deepEqual(
        await again.evaluate(() => globalThis.begun.sort()),
        ["run/guided/3/1", "run/standard/3/1"],
        "the imported runs are not repeated",
      );
      assert.match(
        await again
          .locator("#page-errors .notice")
          .allTextContents()
          .then((words) => words.join(" ")),
        /4 runs come from an imported file/,
      );
      await again.close();
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

  test("what another tab has deleted is gone, and what the page still shows can be exported", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      const results = await experiment(page);
      await item(page, "opinions").waitFor();
      const other = await open(page.context(), SHORT);
      const [{ id }] = await records(page);
      await page.evaluate(
        (name) =>
          new Promise((held) => {
            navigator.locks.request(name, () => {
              held(true);
              return new Promise((release) => {
                globalThis.release = release;
              });
            });
          }),
        `experiment ${id}`,
      );
      await press(other, "opinions", "Delete");
      await other.getByRole("button", { name: "Delete permanently" }).click();
      await other.waitForFunction(() => /running in another tab/.test(document.querySelector("#past-errors").textContent));
      assert.equal((await records(page)).length, 1, "what runs elsewhere is not deleted");
      await page.evaluate(() => globalThis.release());
      await other.reload();
      await phase(other, "ready");
      await press(other, "opinions", "Delete");
      await other.getByRole("button", { name: "Delete permanently" }).click();
      await other.waitForSelector("#past-list .empty");
      await other.close();

      const { content } = await downloaded(page, "#download-everything");
      await press(page, "opinions", "Rename");
      await page.keyboard.type("revived");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => /no longer stored in this browser/.test(document.querySelector("#past-errors").textContent));
      await page.waitForSelector("#past-list .empty");
      assert.deepEqual(await records(page), [], "no empty record comes back");
      await page.setInputFiles("#import-experiment", { name: "all.zip", mimeType: "application/zip", buffer: content });
      await item(page, "opinions").waitFor();
      await press(page, "opinions", "Open");
      await page.waitForFunction((words) => document.querySelector("#verdict").textContent.includes(words), inPoints(results));
    }));

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
