// Whether training was long enough, and what a transformer adds to word counts: node --test tests/browser/convergence.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { pack } from "../../www/share/result-link.js";
import { assertAccessible, experiment, FILES, journey, replacedFile, says, TINY, WWW } from "./page.mjs";

/** What the page showed before version 0.3: two epochs on the sample tickets, in the middle of the climb. */
const recorded = JSON.parse(readFileSync(new URL("../fixtures/two_epochs.json", import.meta.url), "utf8"));
/** Its runs as the core knows runs. */
const runs = recorded.runs.map(({ steps: _, ...run }) => ({
  ...run,
  steps: [],
  epochs: run.epochs.map((epoch) => ({ steps: 1, train_loss: 0, eval_loss: 0, ...epoch })),
}));
const read = (file) => readFileSync(`${WWW}/data/${file}`);

let lab;
let baselines;

/** What the core says of these runs, as results.json has it. */
function resultsOf({ config, runs: made }) {
  const { trainings, along, baseline_comparisons, remarks, clauses, comparisons, verdict } = lab.results({
    config,
    device: recorded.device,
    fisher: null,
    arms: {},
    runs: made,
    baselines,
  });
  return {
    ...recorded,
    config,
    runs: made.map((run) => ({ ...run, steps: { each: 1, total: 0, losses: [] } })),
    trainings,
    along,
    baselines,
    baseline_comparisons,
    remarks,
    clauses,
    comparisons,
    verdict,
  };
}

/** Shows these runs instead of the recorded ones. */
const shown = (page, made) => replacedFile(page, "data/recorded.json", JSON.stringify(resultsOf(made)));

const verdictOf = async (page) => {
  await page.waitForFunction(() => document.querySelector("#verdict-figure").dataset.origin === "recorded");
  return page.textContent("#verdict");
};

describe("settled or not", { timeout: 15 * 60_000 }, () => {
  before(async () => {
    const { initSync, Lab } = await import(FILES.get("pkg/guided_dropout_lab.js"));
    initSync({ module: readFileSync(FILES.get("pkg/guided_dropout_lab_bg.wasm")) });
    lab = await Lab.open("cpu");
    lab.readDataset(read(`samples/${recorded.dataset.name}`), { name: recorded.dataset.name });
    const [config, weights, tokenizer] = ["config.json", "model.safetensors", "tokenizer.json"].map((name) => read(`models/mini-4x256/${name}`));
    lab.loadModel("mini-4x256", config, weights, tokenizer);
    baselines = recorded.config.seeds.slice(0, 6).flatMap((seed) => lab.baselines(recorded.config, seed, 1));
  });

  test("an experiment of two epochs is called unsettled before anything else, and one press trains longer", async (context) => {
    const { config } = recorded;
    await journey(context, { hash: `${TINY}&seeds=1&workers=1`, prepare: (page) => shown(page, { config, runs }) }, async (page) => {
      assert.match(
        await verdictOf(page),
        /^These runs stop in the middle of the climb \(.*standard.*\): up to \+\d+\.\d points in the last third of the training\. A difference may be a head start; 4 epochs would tell\./,
      );
      assert.match(await page.textContent("#settled"), /standard.*still climbing/);
      assert.match(
        await page.textContent("#settled"),
        /guided − standard along the training.*: [+−]\d+\.\d points after epoch 1, [+−]\d+\.\d points after epoch 2\./,
      );
      assert.match(await page.textContent("#settled"), /every run begins anew/);
      await assertAccessible(page);
      await page.click("#train-longer");
      await page.waitForFunction(() => document.documentElement.dataset.phase === "done");
      assert.equal(await page.inputValue("#epochs"), "4");
      assert.match(page.url(), /epochs=4/);
    });
  });

  test("while too few seeds have finished, the verdict says which differences are excluded so far", async (context) => {
    const config = { ...recorded.config, seeds: recorded.config.seeds.slice(0, 3) };
    const some = runs.filter(({ seed }) => config.seeds.includes(seed));
    /** The runs with guided ones that differ by so much from the standard ones, seed by seed. */
    const apart = (differences) =>
      some.map((run) => {
        if (run.arm !== "guided") return run;
        const standard = some.find(({ arm, seed, fraction }) => arm === "standard" && seed === run.seed && fraction === run.fraction);
        const difference = differences[config.seeds.indexOf(run.seed)];
        return { ...standard, arm: "guided", epochs: standard.epochs.map((epoch) => ({ ...epoch, accuracy: epoch.accuracy + difference })) };
      });
    const cases = [
      {
        differences: [0.04, -0.05, 0.01],
        en: /Differences of 1 point or more in either direction remain possible \(90\s% interval −7\.7 to \+7\.7\)\. 3 seeds cannot reach/,
        zh: /两个方向上 1 个百分点或更大的差异都仍有可能（90\s% 置信区间 −7\.7 至 \+7\.7）/,
      },
      {
        differences: [0.03, 0.02, 0.025],
        en: /A deficit of guided dropout of 1 point or more is excluded; a lead of that size is not \(/,
        zh: /已排除引导式随机失活落后 1 个百分点或更多，尚未排除领先同样多/,
      },
      {
        differences: [-0.03, -0.02, -0.025],
        en: /A lead of guided dropout of 1 point or more is excluded; a deficit of that size is not \(/,
        zh: /已排除引导式随机失活领先 1 个百分点或更多，尚未排除落后同样多/,
      },
      {
        differences: [0.0001, 0.0002, 0.0003],
        en: /The difference is shown to be less than 1 point \(90\s% interval .*, two one-sided tests\)\. 3 seeds cannot reach/,
        zh: /已证实差异小于 1 个百分点/,
      },
    ];
    for (const language of ["en", "zh"]) {
      const hash = `${TINY}&language=${language}`;
      await journey(context, { hash }, async (page) => {
        for (const { differences, ...said } of cases) {
          const made = apart(differences);
          const word = await pack({ ...resultsOf({ config, runs: made }), runs: made }, { own: false });
          await page.evaluate((address) => {
            location.hash = address;
          }, `${hash}&results=${word}`);
          await says(page, "#verdict", said[language]);
        }
      });
    }
  });

  test("of one arm, the verdict begins with whether a transformer is worth it", async (context) => {
    const config = { ...recorded.config, arms: ["standard"] };
    const some = runs.filter(({ arm }) => arm === "standard");
    await journey(context, { hash: TINY, prepare: (page) => shown(page, { config, runs: some }) }, async (page) => {
      assert.match(
        await verdictOf(page),
        /^These runs stop in the middle.*worth it here: standard .*\. No verdict: guided and standard dropout were not both run/,
      );
    });
  });

  test("a link to such runs says it first, too", async (context) => {
    const word = await pack({ ...recorded, runs }, { own: false });
    await journey(context, { hash: `${TINY}&results=${word}` }, async (page) => {
      await page.waitForFunction(() => document.querySelector("#verdict").textContent.startsWith("These runs stop in the middle of the climb"));
      assert.match(await page.textContent("#settled"), /standard.*still climbing/);
    });
  });

  test("one that has settled is not called unsettled", async (context) => {
    const config = { ...recorded.config, epochs: 10, learning_rate_schedule: "constant", fractions: [1] };
    const level = ({ epochs, ...run }) => ({ ...run, epochs: Array.from({ length: 10 }, (_, index) => ({ ...epochs.at(-1), epoch: index + 1 })) });
    await journey(
      context,
      { prepare: (page) => shown(page, { config, runs: runs.filter(({ fraction }) => fraction === 1).map(level) }) },
      async (page) => {
        const verdict = await verdictOf(page);
        assert.doesNotMatch(verdict, /climb|not settled/);
        assert.match(verdict, /All arms have settled: twice as many epochs change the mean by at most 1 point\./);
        assert.equal(await page.locator("#train-longer").count(), 0);
      },
    );
  });

  test("baselines that are no transformers have a row each, a line in the curve and a sentence", async (context) => {
    await journey(context, { hash: `${TINY}&workers=1` }, async (page) => {
      const results = await experiment(page);
      assert.equal(results.baselines.length, 2 * results.config.seeds.length, "two baselines of each seed");
      const mean = (name) =>
        results.baselines.filter(({ baseline }) => baseline === name).reduce((sum, { accuracy }) => sum + accuracy, 0) / results.config.seeds.length;
      const rows = await page
        .locator("#results-table tbody tr")
        .evaluateAll((all) => all.map(({ cells }) => cells[0].textContent + cells[1].textContent));
      for (const name of ["majority", "tfidf-logistic"]) {
        const percent = `${(100 * mean(name)).toFixed(1)}\u00a0%`;
        assert.ok(
          rows.some((row) => row.includes(name) && row.includes(percent)),
          `${name} ${percent}: ${rows.join(" | ")}`,
        );
      }
      assert.match(await page.getAttribute("#accuracy-chart .plot", "aria-label"), /(majority|tfidf-logistic) \d/);
      assert.match(
        await page.textContent("#verdict"),
        /Too few seeds to say whether a transformer is worth it here: so far \S+ differs by [+−]?\d+\.\d points from (TF-IDF with logistic regression|the majority class) \(\d seeds?; at least \d are needed\)\./,
      );
    });
  });
});
