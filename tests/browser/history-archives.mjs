// Experiments renamed, exported, deleted and imported: node --test tests/browser/history-archives.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, downloaded, experiment, inPoints, journey, noteJobs, phase } from "./page.mjs";
import { hold, holdable, release, standingStill } from "./support/held-workers.mjs";
import { strToU8, unzipSync, zipSync, SHORT, OWN_ROWS, OWN_PROSE, loadOwnFiles, records, open, item, press } from "./support/history-page.mjs";

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

/** An experiment on the reader's own files, under another name; gives its results. */
async function finishedAndRenamed(page) {
  await loadOwnFiles(page);
  const results = await experiment(page);
  await item(page, "own").waitFor();
  await press(page, "own", "Rename");
  await page.keyboard.type("Rain and goals");
  await page.keyboard.press("Enter");
  await item(page, "Rain and goals").waitFor();
  return results;
}

/** What an experiment on the reader's own files exports. */
let exported;

/** @returns {Promise<{everything: Buffer, parts: Record<string, Uint8Array>, results: any, said: any}>} the zip, its files, its results and its record */
async function exportedExperiment(context) {
  if (!exported) {
    await journey(context, { hash: SHORT }, async (page) => {
      const results = await finishedAndRenamed(page);
      await page.check("#export-files");
      const { content: everything } = await downloaded(page, "#download-everything");
      const parts = unzipSync(everything);
      exported = { everything, parts, results, said: JSON.parse(Buffer.from(parts["experiment.json"])) };
    });
  }
  return exported;
}

async function remove(page, name) {
  await press(page, name, "Delete");
  await page.getByRole("button", { name: "Delete permanently" }).click();
  await page.getByRole("button", { name: "Delete permanently" }).waitFor({ state: "detached" }); // the heading goes before, when the question is asked
}

const imported = (page, zip) =>
  page.setInputFiles("#import-experiment", { name: "import.zip", mimeType: "application/zip", buffer: Buffer.from(zip) });

describe("experiments as files", { timeout: 15 * 60_000 }, () => {
  test("rename, export, delete: what was deleted does not come back", (context) =>
    journey(context, { hash: SHORT }, async (page) => {
      const results = await finishedAndRenamed(page);
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

      await remove(page, "Rain and goals");
      await page.waitForSelector("#past-list .empty");
      await page.check("#arms [value=custom]");
      for (const arm of ["standard", "guided"]) await page.uncheck(`#arms [value=${arm}]`);
      await page.click("#run");
      await phase(page, "error"); // there are no rates of the reader's own
      await page.waitForFunction(() => document.querySelectorAll("#past-list > *").length > 0);
      assert.deepEqual(await records(page), [], "what was deleted does not come back");
    }));

  test("a bad zip says what is wrong with it, and loses nothing", async (context) => {
    const { everything, parts, results, said } = await exportedExperiment(context);
    await journey(context, { hash: SHORT }, async (page) => {
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
        await imported(page, bytes);
        await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("#past-errors").textContent), words.source);
        assert.ok(await page.isVisible("#past-list .empty"));
      }
    });
  });

  test("an import without its files is shown; of a result link nothing is handed out", async (context) => {
    const { parts, results } = await exportedExperiment(context);
    await journey(context, { hash: SHORT }, async (page) => {
      await imported(page, zipSync(Object.fromEntries(Object.entries(parts).filter(([path]) => !path.startsWith("files/")))));
      await item(page, "Rain and goals").waitFor();
      await press(page, "Rain and goals", "Open");
      await page.waitForFunction((words) => document.querySelector("#verdict").textContent.includes(words), inPoints(results));
      assert.match(await page.textContent("#dataset-summary"), /opinions\.csv/, "its own file is not here");
      await page.evaluate(() => {
        navigator.clipboard.writeText = async (link) => {
          globalThis.link = link;
        };
      });
      await page.click("#permalink-results");
      const link = new URL(await page.waitForFunction(() => globalThis.link).then((handle) => handle.jsonValue()));
      assert.doesNotMatch(link.hash, /sample=|max_rows=/, "results of an own file are no sample's");
      await page.evaluate((hash) => {
        location.hash = hash;
      }, link.hash);
      await page.waitForFunction(() => /From a result link/.test(document.querySelector("#verdict-caption").textContent));
      for (const id of ["download-results", "download-csv", "download-everything", "permalink-results"]) {
        assert.ok(await page.isDisabled(`#${id}`), `${id} would hand out what was shown before`);
      }
      await phase(page, "ready");
      await remove(page, "Rain and goals");
      await page.waitForSelector("#past-list .empty");
    });
  });

  test("an unfinished import of another core goes on, and repeats every job", async (context) => {
    const { parts, said } = await exportedExperiment(context);
    await journey(context, { hash: SHORT, prepare: holdable }, async (page) => {
      // Of another core, its jobs have other keys: none of them is believed, and every run is made anew.
      const keyed = (jobs) => jobs.map((job) => ({ ...job, key: [...job.key].reverse().join("") }));
      const foreign = zipSync({
        ...parts,
        "experiment.json": strToU8(
          JSON.stringify({ ...said, id: "foreign", name: "foreign", done: false, core: "0".repeat(64), jobs: keyed(said.jobs) }),
        ),
        "jobs.json": strToU8(JSON.stringify(keyed(JSON.parse(Buffer.from(parts["jobs.json"]))))),
      });
      await imported(page, foreign);
      await item(page, "foreign").waitFor();
      await page.setInputFiles("#corpus-file", OWN_PROSE);
      await page.setInputFiles("#dataset-file", OWN_ROWS);
      await page.waitForFunction(() => /own\.csv: 32 examples/.test(document.querySelector("#dataset-summary").textContent));
      await hold(page, "start", "^run/");
      await press(page, "foreign", "Resume");
      await standingStill(page);
      await page.waitForFunction(() => /different devices or versions of the program/.test(document.querySelector("#past-errors").textContent));
      await page.click("#stop");
      await phase(page, "ready");
      await release(page);
      await remove(page, "foreign");
      await remove(page, "own"); // what went on is an experiment of this version, with a name of its own
      await page.waitForSelector("#past-list .empty");
    });
  });

  test("an import shows what its runs show, not what its file says, and its runs are not repeated", async (context) => {
    const { parts, results, said } = await exportedExperiment(context);
    await journey(context, { hash: SHORT, prepare: noteJobs }, async (page) => {
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
      await imported(page, boasting);
      await item(page, "Rain and goals").waitFor();
      assert.ok((await item(page, "Rain and goals").textContent()).includes(inPoints(results)), "what its runs show, not what the file says of them");
      assert.equal(await page.locator("#past-errors .error").count(), 0);
      await press(page, "Rain and goals", "Open");
      await page.waitForFunction((words) => document.querySelector("#verdict").textContent.includes(words), inPoints(results));
      await page.waitForFunction(() => /own\.csv: 32 examples/.test(document.querySelector("#dataset-summary").textContent)); // the verdict stood there already
      // What the texts are needed for is not taken from a file; all else is computed anew, whether training was long enough included.
      const { probes, baselines, baseline_comparisons: beside, ...judged } = results;
      assert.ok([probes, baselines, beside].every(Array.isArray) && results.trainings.length === results.config.arms.length);
      judged.remarks = results.remarks.filter(({ kind }) => kind !== "baseline");
      assert.deepEqual(JSON.parse((await downloaded(page, "#download-results")).content), judged);
      assert.equal(await page.locator("#fisher-chart .bar").count(), results.fisher.sites.length);
      await assertAccessible(page);

      await page.fill("#seeds", "3");
      await page.press("#seeds", "Tab");
      const wider = await experiment(page);
      assert.equal(wider.runs.length, 6);
      assert.deepEqual(
        await page.evaluate(() => globalThis.begun.sort()),
        ["run/guided/3/1", "run/standard/3/1"],
        "the imported runs are not repeated",
      );
      assert.match(
        await page
          .locator("#page-errors .notice")
          .allTextContents()
          .then((words) => words.join(" ")),
        /4 runs come from an imported file/,
      );
    });
  });

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
      await imported(page, content);
      await item(page, "opinions").waitFor();
      await press(page, "opinions", "Open");
      await page.waitForFunction((words) => document.querySelector("#verdict").textContent.includes(words), inPoints(results));
    }));
});
