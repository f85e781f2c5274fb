// The first view, before the core and the model are there, and how live figures take its place: node --test tests/browser/first-view.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assertAccessible, FILES, inPoints, journey, phase, points, replacedFile, TINY, WWW } from "./page.mjs";
import { hold, holdable, release as goOn } from "./support/held-workers.mjs";

const FIGURES = ["fisher-figure", "rates-figure", "train-figure", "verdict-figure"];
/** A busy machine takes its time. */
const PATIENCE_MS = 180_000;
const recorded = JSON.parse(readFileSync(`${WWW}/data/recorded.json`, "utf8"));
const originOf = (page) => page.evaluate((ids) => ids.map((id) => document.getElementById(id).dataset.origin), FIGURES);

/** Keeps the core and the weights back until the function it gives is called. */
async function withhold(page) {
  page.setDefaultTimeout(PATIENCE_MS);
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  await page.route(/\.wasm$|\.safetensors$/, async (route) => {
    await released;
    await route.fallback().catch(() => {}); // the page may be closed by then
  });
  return release;
}

describe("the first view", { timeout: 10 * 60_000 }, () => {
  test("the recorded experiment is complete while nothing of the core has come; then a press replaces it part by part", async (context) => {
    let release;
    await journey(
      context,
      {
        hash: `${TINY}&workers=1`,
        shipped: true,
        settled: ["loading"],
        prepare: async (page) => {
          release = await withhold(page);
          await holdable(page);
        },
      },
      async (page) => {
        await page.waitForFunction(() => document.querySelector("#verdict-figure").dataset.origin === "recorded");
        await page.waitForSelector("#loss-chart canvas");
        assert.deepEqual(
          await originOf(page),
          FIGURES.map(() => "recorded"),
        );
        const verdict = await page.textContent("#verdict");
        for (const baseline of ["standard", "none"]) assert.ok(verdict.includes(inPoints(recorded, baseline)), verdict);
        assert.match(verdict, /All arms have settled.*A transformer is worth it here: .* from TF-IDF with logistic regression/);
        assert.doesNotMatch(verdict, /climb|head start/);
        assert.doesNotMatch(verdict, /0\.0\d{3}/, "no fraction where the table has points");
        assert.match(await page.textContent("#results-classes"), /always predicting “fact” has an accuracy of 51\.8\s%/);
        assert.equal(await page.locator("#fisher-chart .bar").count(), recorded.fisher.sites.length);
        assert.equal(await page.locator("#rates-table tbody tr").count(), recorded.fisher.sites.length);
        assert.ok((await page.locator("#results-table tbody tr").count()) >= 2);
        const note = await page.textContent("#recorded-note");
        const { date, machine, command } = recorded.recorded;
        for (const part of [date.slice(0, 4), machine, command]) assert.ok(note.includes(part), `the note lacks ${part}: ${note}`);
        for (const id of FIGURES) assert.match(await page.textContent(`#${id} figcaption`), /Recorded/);
        await page.waitForFunction(() => /B of \d+\sMB/.test(document.querySelector("#time-left").textContent));
        assert.ok(await page.isVisible("#progress"));
        assert.ok(await page.isDisabled("#run"));
        await assertAccessible(page);

        release();
        await phase(page, "ready");
        assert.deepEqual(
          await originOf(page),
          FIGURES.map(() => "recorded"),
        );
        await hold(page, "advance", "^fisher/", 1);
        await page.click("#run");
        await page.waitForFunction(() => document.querySelector("#fisher-figure").dataset.origin === "live");
        const split = await page.textContent("#dataset-summary .split-sizes");
        assert.match(split, /32 training examples, 8 test examples/, "said during the run, though Run was pressed before the plan was shown");
        assert.equal((await originOf(page))[3], "recorded", "the verdict stays until there is another");
        await goOn(page);
        await phase(page, "done");
        await page.waitForFunction(() => document.querySelectorAll("figure[data-origin=recorded]:not(#surface-figure)").length === 0);
        assert.ok(await page.isHidden("#recorded-note"));
        assert.notEqual(await page.textContent("#verdict"), verdict);
      },
    );
  });

  test("the evidence stands beside the verdict: a chart for each set, the way there, and all of their numbers", async (context) => {
    const { recorded: made, tests, towards_none: towards, along, second } = JSON.parse(readFileSync(`${WWW}/data/evidence.json`, "utf8"));
    await journey(context, { hash: "seeds=1", settled: ["loading"], prepare: withhold }, async (page) => {
      await page.waitForSelector("#evidence:not([hidden])");
      const sets = new Set(tests.map(({ set }) => set));
      assert.equal(await page.locator("#evidence-chart svg").count(), sets.size);
      assert.equal(await page.locator("#evidence-chart svg .mark").count(), tests.length);
      assert.match(await page.textContent("#evidence-origin"), new RegExp(`${made.date.slice(0, 4)}.*${made.commits[0]}`));
      const [first] = tests;
      const shown = await page.textContent("#evidence-chart svg title >> nth=0");
      assert.ok(shown.includes(`+${(100 * first.mean).toFixed(1)}`), shown);
      assert.deepEqual(
        await page
          .locator("#evidence-towards tbody tr")
          .evaluateAll((rows) => rows.map(({ cells }) => [cells[0].textContent, cells[1].textContent.replace("\u00a0", " ")])),
        towards.map(({ arm, share }) => [arm, `${(100 * share).toFixed(0)} %`.replace("-", "−")]),
      );
      const tuned = await page
        .locator("#evidence-second-table tbody tr")
        .evaluateAll((rows) => rows.map(({ cells }) => [...cells].map((cell) => cell.lastChild.textContent)));
      assert.deepEqual(
        tuned.map(([set, pair, mean]) => [set, pair, mean]),
        second.map(({ set, rows, baseline, mean }) => [`${set}, ${rows} rows`, `guided − ${baseline}`, points(mean)]),
      );
      assert.deepEqual(tuned[0].slice(3), ["+0.2 to +0.7", "0.002", "ahead, by less than one point, training had not settled"]);
      assert.match(await page.textContent("#evidence-second-origin"), new RegExp(`Recorded natively, at commit ${second[0].commit}`));
      await page.click("#evidence-table summary");
      await page.waitForSelector("#evidence-table tbody tr");
      assert.equal(await page.locator("#evidence-table tbody tr").count(), tests.length);
      for (const [index, name] of [...new Set(along.lines.map(({ set }) => set))].entries()) {
        await page.focus(`#along-charts .plot >> nth=${index}`);
        await page.keyboard.press("End");
        const told = await page.textContent(`#along-charts .readout >> nth=${index}`);
        for (const { arm, mean } of along.lines.filter(({ set }) => set === name)) {
          assert.ok(told.includes(`${arm} ${points(mean.at(-1))}`), `${told}: ${arm} ${points(mean.at(-1))}`);
        }
      }
      assert.match(await page.textContent("#along-origin"), new RegExp(`${along.recorded.date.slice(0, 4)}.*${along.recorded.commits[0]}`));
      await page.click("#along-table summary");
      await page.waitForSelector("#along-table tbody tr");
      const [
        {
          set,
          arm,
          mean,
          ci95: [ends],
        },
      ] = along.lines;
      assert.equal(
        await page.locator("#along-table tbody tr").count(),
        along.lines.reduce((count, line) => count + line.mean.length, 0),
      );
      assert.deepEqual(await page.locator("#along-table tbody tr >> nth=0").evaluate(({ cells }) => [...cells].map((cell) => cell.textContent)), [
        set,
        `${arm} − standard`,
        "1",
        points(mean[0]),
        ends.map(points).join(" to "),
      ]);
      const report = await page.evaluate(async () => (await fetch(document.querySelector("#evidence .look a").href)).text());
      const parts = ["summary", "protocol", "tables", "limitations"].map((name) =>
        readFileSync(new URL(`../../docs/evidence/${name}.md`, import.meta.url), "utf8"),
      );
      assert.equal(report, parts.join(""), "the report is linked");
      await assertAccessible(page);
    });
  });

  test("evidence without long sets leaves out what is said of them", async (context) => {
    const evidence = JSON.parse(readFileSync(`${WWW}/data/evidence.json`, "utf8"));
    const without = (page) => replacedFile(page, "data/evidence.json", JSON.stringify({ ...evidence, along: null }));
    await journey(
      context,
      {
        hash: "seeds=1",
        settled: ["loading"],
        prepare: async (page) => {
          await withhold(page);
          await without(page);
        },
      },
      async (page) => {
        await page.waitForSelector("#evidence:not([hidden])");
        assert.ok(await page.isHidden("#along"));
        assert.equal(await page.textContent("#verdict-errors"), "");
      },
    );
  });

  test("part 1 shows the sample before the core has read it", async (context) => {
    await journey(context, { hash: "defaults=2&seeds=1", settled: ["loading"], prepare: withhold }, async (page) => {
      await page.waitForSelector("#dataset-preview tbody tr");
      assert.match(
        await page.textContent("#dataset-summary"),
        new RegExp(`${recorded.dataset.name}: ${recorded.dataset.rows} examples, ${recorded.dataset.labels.length} classes`),
      );
      assert.match(await page.textContent("#model-summary"), new RegExp(recorded.model.name));
    });
  });

  test("the recorded sample is as the core reads it", async () => {
    const { sample } = recorded.recorded;
    const { initSync, Lab } = await import(FILES.get("pkg/guided_dropout_lab.js"));
    initSync({ module: readFileSync(FILES.get("pkg/guided_dropout_lab_bg.wasm")) });
    const lab = await Lab.open("cpu");
    assert.deepEqual(sample, lab.readDataset(readFileSync(`${WWW}/data/samples/${sample.name}`), { name: sample.name }));
  });

  test("the file of the recorded experiment stays small", () => {
    const bytes = readFileSync(`${WWW}/data/recorded.json`).length;
    assert.ok(bytes < 120_000, `${bytes} bytes`);
    assert.equal(recorded.runs.length, recorded.config.arms.length * recorded.config.seeds.length * recorded.config.fractions.length);
    assert.ok(recorded.runs.every((run) => run.predictions === undefined));
  });
});
