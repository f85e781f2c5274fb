// The figures, from the fewest to the most that they may have to show: node --test tests/browser/figures.mjs
// They draw invented results by the way that shows recorded ones. SHOTS=directory also writes a picture of each.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { describe, test } from "node:test";
import { epochCurves, lossCurves } from "../../www/charts/curves.js";
import { oncePerBeat } from "../../www/ui/dom.js";
import { asRecorded, syntheticResults } from "../fixtures/synthetic.mjs";
import { assertAccessible, csv, journey, phase, TINY } from "./page.mjs";

const FIGURES = ["fisher-figure", "rates-figure", "train-figure", "verdict-figure"];
const EXTREMES = {
  least: { sites: 3, classes: 2, seeds: 1, arms: 1, epochs: 1 },
  usual: {},
  "most classes of a matrix": { classes: 12, seeds: 10, arms: 8 },
  "most sites, seeds and arms": { sites: 40, classes: 2, seeds: 50, arms: 8, epochs: 10, steps: 300 },
  "most classes": { classes: 150, arms: 8, testRows: 600 },
};
const WINDOWS = {
  wide: { width: 1280, height: 900 },
  "zoomed to 200 %": { width: 640, height: 450 },
  phone: { width: 360, height: 720 },
};

/** A journey on a page that shows these results. The core is held back unless it is asked for: no figure waits for it. */
const shown = (context, size, options, act, { core = false } = {}) => {
  const results = syntheticResults(size);
  const prepare = async (page) => {
    await page.route("**/recorded.json", (route) => route.fulfill({ json: asRecorded(results) }));
    if (!core) await page.route("**/*.wasm", () => {});
  };
  return journey(context, { options, prepare, settled: [core ? "ready" : "loading"] }, async (page) => {
    await page.waitForFunction(() => document.querySelector("#verdict-figure").dataset.origin === "recorded");
    await page.waitForSelector("#rates-table tbody tr");
    await act(page, results);
  });
};

const handle = (page, site) => page.locator(`#rates-table tr[data-site="${site}"] [role=slider]`);

/** How many pixels of the canvas have an arm's colour, or nearly. */
const inked = (page, chart, arm) =>
  page.evaluate(
    ([selector, name]) => {
      const canvas = document.querySelector(`${selector} canvas`);
      const wanted = getComputedStyle(document.documentElement)
        .getPropertyValue(`--arm-${name}`)
        .trim()
        .match(/[0-9a-f]{2}/g)
        .map((part) => Number.parseInt(part, 16));
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const distance = Math.hypot(...wanted.map((value, channel) => value - data[at + channel]));
        if (data[at + 3] > 150 && distance < 60) count += 1;
      }
      return count;
    },
    [chart, arm],
  );

/** What makes the page scroll sideways. */
const assertFits = async (page, where) =>
  assert.deepEqual(
    await page.evaluate(() =>
      document.documentElement.scrollWidth <= innerWidth
        ? []
        : [...document.querySelectorAll("body *")]
            .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 0.5)
            .map((node) => `${node.localName}.${node.getAttribute("class")} in #${node.closest("[id]")?.id}`)
            .slice(0, 5),
    ),
    [],
    `${where}: too wide`,
  );

/** What a canvas shows, to be compared. */
const pixels = (page, chart) =>
  page.evaluate(async (selector) => {
    await new Promise((drawn) => {
      requestAnimationFrame(() => requestAnimationFrame(drawn));
    });
    return document.querySelector(`${selector} canvas`).toDataURL();
  }, chart);

describe("curves", () => {
  const runs = Array.from({ length: 11 }, (_, seed) => ({
    arm: "guided",
    seed,
    epochs: [{ epoch: 1, accuracy: seed / 10 }],
    steps: [
      { step: 1, loss: seed },
      { step: 2, loss: seed + 2 },
    ],
  }));
  const named = (seed) => `seed ${seed}`;

  test("the band of few seeds goes from the lowest to the highest, that of many leaves a tenth out at each end", () => {
    const few = epochCurves(runs.slice(0, 3), ["guided"], "accuracy", named).lines[0];
    assert.deepEqual([few.low, few.high, few.min, few.max], [[0], [0.2], [0], [0.2]]);
    const many = epochCurves(runs, ["guided"], "accuracy", named).lines[0];
    assert.deepEqual([many.min, many.max], [[0], [1]]);
    assert.ok(Math.abs(many.low[0] - 0.1) < 1e-9 && Math.abs(many.high[0] - 0.9) < 1e-9, `${many.low} to ${many.high}`);
    assert.ok(Math.abs(many.mid[0] - 0.5) < 1e-9);
  });

  test("a run that is not as far as the others leaves a gap, not a zero", () => {
    const late = { arm: "guided", seed: 11, epochs: [], steps: [{ step: 1, loss: 5 }] };
    const {
      x,
      lines: [line],
    } = lossCurves([runs[0], late], ["guided"], named);
    assert.deepEqual(x, [1, 2]);
    assert.deepEqual(line.mid, [2.5, 2]);
    assert.deepEqual(line.runs[1].values, [5, undefined]);
  });
});

describe("figures", { timeout: 15 * 60_000 }, () => {
  test("what is drawn once per beat falls into one frame, the latest only", (context) => {
    const frames = [];
    const drawn = [];
    context.mock.timers.enable({ apis: ["setTimeout"] });
    globalThis.requestAnimationFrame = (frame) => frames.push(frame);
    const [curve, bar] = ["curve", "bar"].map((name) => oncePerBeat((value) => drawn.push([name, value]), 60_000));
    curve("first");
    bar("only");
    curve("latest");
    assert.deepEqual([drawn, frames.length], [[], 0], "it waits for the beat");
    context.mock.timers.tick(60_000);
    assert.equal(frames.length, 2, "one callback each, and both for the next frame");
    curve("later still");
    for (const frame of frames.splice(0)) frame();
    assert.deepEqual(drawn.toSorted(), [
      ["bar", "only"],
      ["curve", "later still"],
    ]);
    curve("next");
    context.mock.timers.tick(60_000);
    for (const frame of frames.splice(0)) frame();
    assert.deepEqual(drawn.at(-1), ["curve", "next"]);
    delete globalThis.requestAnimationFrame;
  });

  test("a handle dragged, moved by keys or typed into is an edit, and back on the line it is none", (context) =>
    shown(
      context,
      {},
      {},
      async (page) => {
        const dragged = handle(page, "layer.1.output");
        await dragged.scrollIntoViewIfNeeded();
        const before = Number(await dragged.getAttribute("aria-valuenow"));
        const box = await dragged.boundingBox();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        await page.mouse.move(x, y);
        await page.mouse.down();
        await page.mouse.move(x + 30, y, { steps: 5 });
        await page.keyboard.press("Escape");
        await page.mouse.up();
        assert.equal(Number(await dragged.getAttribute("aria-valuenow")), before, "Escape takes a drag back");
        assert.doesNotMatch(page.url(), /custom_rates/);
        await page.mouse.move(x, y);
        await page.mouse.down();
        await page.mouse.move(x + 60, y, { steps: 5 });
        assert.doesNotMatch(page.url(), /custom_rates/, "a drag is one edit, when it ends");
        await page.mouse.up();
        const after = Number(await dragged.getAttribute("aria-valuenow"));
        const track = await page.locator("#rates-table .track").first().boundingBox();
        const end = Number(await dragged.getAttribute("aria-valuemax"));
        assert.ok(Math.abs(after - before - (60 / track.width) * end) < 0.0011, `${before} to ${after}`);
        await page.waitForURL(new RegExp(`layer\\.1\\.output:${after}[,&]`));
        assert.ok(await page.isChecked("#arms input[value=custom]"));
        assert.equal(await page.locator("#rates-table tr.edited").count(), 1);
        assert.equal(Number(await page.inputValue("#rates-table tr.edited input")), after);
        await page.waitForFunction(() => document.querySelector("#rates-mean").textContent.includes("yours"));

        const pressed = handle(page, "embeddings");
        await pressed.focus();
        const start = Number(await pressed.getAttribute("aria-valuenow"));
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("ArrowRight");
        const risen = Number(await pressed.getAttribute("aria-valuenow"));
        assert.ok(
          risen > start + 0.005 && risen <= start + 0.0101 && Math.abs(risen / 0.005 - Math.round(risen / 0.005)) < 1e-6,
          `${start} to ${risen}`,
        );
        assert.match(await pressed.getAttribute("aria-valuetext"), new RegExp(`^${risen.toFixed(4)}; guided: ${start.toFixed(4)}`));
        await page.waitForURL(new RegExp(`embeddings:${risen}[,&]`));
        assert.equal(await page.locator("#rates-table tr.edited").count(), 2);

        const typed = page.locator('#rates-table tr[data-site="layer.0.output"] input');
        await typed.fill("1.5");
        await typed.press("Tab");
        assert.match(await page.textContent("#rates-errors"), /layer\.0\.output.*below 1.*1\.5/);
        await typed.fill("0.31");
        await typed.press("Tab");
        assert.equal(await page.textContent("#rates-errors"), "");
        await page.waitForFunction(() => document.querySelectorAll("#rates-table tr.edited").length === 3);
        assert.ok(Number(await handle(page, "layer.0.output").getAttribute("aria-valuemax")) > 0.31, "the axis makes room");

        for (const site of ["layer.0.output", "embeddings", "layer.1.output"]) await handle(page, site).press("Delete");
        await page.waitForFunction(() => !location.hash.includes("custom_rates"));
        assert.equal(await page.locator("#rates-table tr.edited").count(), 0);
        assert.ok(!(await page.isChecked("#arms input[value=custom]")));
      },
      { core: true },
    ));

  test("while the page loads, rates are shown and hold still", (context) =>
    shown(context, {}, {}, async (page) => {
      const held = handle(page, "embeddings");
      const rate = await held.getAttribute("aria-valuenow");
      await held.focus();
      for (const key of ["ArrowRight", "Home", "Delete"]) await page.keyboard.press(key);
      assert.equal(await held.getAttribute("aria-valuenow"), rate);
      assert.equal(await held.getAttribute("aria-disabled"), "true");
      assert.ok(await page.isDisabled('#rates-table tr[data-site="embeddings"] input'));
      assert.ok(await page.isEnabled("#noise-rate"), "a figure's own controls are no settings");
    }));

  test("while texts are read, the caption says how many of how many; an hour has sixty minutes", (context) =>
    shown(context, {}, {}, async (page, { fisher }) => {
      const caption = async (texts, of) => {
        await page.evaluate(
          async ([part, whole]) => {
            const { fisherPanel } = await import(new URL("panels/fisher.js", location.href));
            fisherPanel().show(part, { kind: "live" }, whole);
            await new Promise((drawn) => {
              requestAnimationFrame(() => requestAnimationFrame(drawn));
            });
          },
          [{ ...fisher, texts }, of],
        );
        return page.textContent("#fisher-caption");
      };
      assert.deepEqual([await caption(30, 200), await caption(200, 200)], ["Live 30 of 200 texts", "Live 200 texts"]);
      const durations = await page.evaluate(async () => {
        const { duration } = await import(new URL("ui/format.js", location.href));
        return [6300, 7169, 7175].map((seconds) => duration(seconds).replaceAll("\u00a0", " "));
      });
      assert.deepEqual(durations, ["1 h 45 min", "1 h 59 min", "2 h 0 min"]);
    }));

  test("a slider's value counts at once, the address follows when it rests; bounds that cross are told beside it", (context) =>
    shown(
      context,
      {},
      {},
      async (page) => {
        await page.evaluate(() => {
          const { replaceState } = history;
          globalThis.written = 0;
          history.replaceState = (...values) => {
            globalThis.written += 1;
            replaceState.apply(history, values);
          };
        });
        const slide = (id, from, to) =>
          page.evaluate(
            ([slider, first, last]) => {
              for (let value = first; value <= last; value += 5) {
                document.getElementById(slider).value = value / 1000;
                document.getElementById(slider).dispatchEvent(new Event("input"));
              }
              return [document.getElementById(`${slider}-value`).textContent, globalThis.written];
            },
            [id, from, to],
          );
        assert.deepEqual(await slide("p-upper", 105, 300), ["0.300", 0]);
        await page.waitForURL(/p_upper=0\.3(&|$)/);
        assert.equal(await page.evaluate(() => globalThis.written), 1);
        await page.focus("#p-lower");
        await slide("p-lower", 5, 400);
        await page.evaluate(() => document.activeElement.blur());
        assert.match(page.url(), /p_lower=0\.4/, "nothing is left behind");
        const told = () => page.textContent("#rates-errors");
        assert.match(await told(), /lowest rate is above the highest/);
        await page.waitForFunction(() => document.querySelector("#p-lower").getAttribute("aria-invalid") === "true");
        await slide("p-lower", 100, 100);
        assert.equal(await told(), "");
        await page.waitForFunction(() => document.querySelector("#rates-mean").textContent === "Mean rate 0.200");
        assert.equal(await page.textContent("#page-errors"), "");
      },
      { core: true },
    ));

  test("in the order of the scores the guided line is straight; in the order of the model it goes by it", (context) =>
    shown(context, {}, {}, async (page, { fisher }) => {
      const sites = () => page.locator("#rates-table tbody tr").evaluateAll((rows) => rows.map((row) => row.dataset.site));
      const lefts = () => page.locator("#rates-table .handle").evaluateAll((handles) => handles.map((node) => Number.parseFloat(node.style.left)));
      const byScore = [...fisher.sites].sort((left, right) => left.score - right.score).map(({ site }) => site);
      assert.deepEqual(await sites(), byScore);
      const places = await lefts();
      const steps = places.slice(1).map((place, index) => place - places[index]);
      assert.equal(steps.length, fisher.sites.length - 1);
      assert.ok(
        steps.every((step) => step < 0 && Math.abs(step - steps[0]) < 0.01),
        `steps ${steps}`,
      );
      const joins = await page.locator("#rates-table .guide-line").evaluateAll((lines) =>
        lines.map((line) =>
          line
            .getAttribute("points")
            .split(" ")
            .map((point) => point.split(",").map(Number)),
        ),
      );
      joins.slice(1).forEach((points, index) => assert.ok(Math.abs(points[0][0] - joins[index].at(-1)[0]) < 1e-6, "the pieces of the line meet"));
      await page.selectOption("#rates-order", "model");
      assert.deepEqual(
        await sites(),
        fisher.sites.map(({ site }) => site),
      );
      assert.notDeepEqual(await lefts(), places);
    }));

  for (const [reducedMotion, moves] of [
    ["no-preference", true],
    ["reduce", false],
  ]) {
    test(`rows ${moves ? "glide" : "jump"} into another order with motion: ${reducedMotion}`, (context) =>
      shown(context, {}, { reducedMotion }, async (page) => {
        const moving = await page.evaluate(() => {
          const order = document.querySelector("#rates-order");
          order.value = "model";
          order.dispatchEvent(new Event("change"));
          return document.querySelector("#rates-table").getAnimations({ subtree: true }).length > 0;
        });
        assert.equal(moving, moves);
      }));
  }

  test("an arm pointed at, focused or picked shows its seeds", (context) =>
    shown(context, { seeds: 5 }, {}, async (page) => {
      const item = page.locator("#train-legend button[value=guided]");
      await item.scrollIntoViewIfNeeded();
      await page.mouse.move(5, 5);
      const plain = await pixels(page, "#loss-chart");
      const ink = await inked(page, "#accuracy-chart", "guided");
      await item.hover();
      const pointed = await pixels(page, "#loss-chart");
      assert.notEqual(pointed, plain);
      const inkOfSeeds = await inked(page, "#accuracy-chart", "guided");
      assert.ok(inkOfSeeds > 2 * ink, `${ink} pixels of the arm's colour before, ${inkOfSeeds} with five seeds`);
      await page.mouse.move(5, 5);
      assert.equal(await pixels(page, "#loss-chart"), plain);
      await item.focus();
      assert.equal(await pixels(page, "#loss-chart"), pointed);
      await page.keyboard.press("Enter");
      assert.equal(await item.getAttribute("aria-pressed"), "true");
      await page.locator("#accuracy-chart .plot").focus();
      assert.equal(await pixels(page, "#loss-chart"), pointed, "a picked arm stays");
      await page.keyboard.press("ArrowRight");
      assert.match(await page.textContent("#accuracy-chart .readout"), /^epoch 1: guided .*seed 1: .*seed 5: /);
      await page.keyboard.press("ArrowDown");
      assert.match(await page.textContent("#accuracy-chart .readout"), /^epoch 1: uniform-mean /);
      await page.keyboard.press("Escape");
      await item.click();
      assert.equal(await item.getAttribute("aria-pressed"), "false");
    }));

  for (const [name, size] of Object.entries(EXTREMES)) {
    test(`to show: ${name}`, (context) =>
      shown(context, size, {}, async (page, results) => {
        const opened = (open) =>
          page.evaluate(
            ([figures, now]) =>
              figures.forEach((id) =>
                document.querySelectorAll(`#${id} details`).forEach((details) => {
                  details.open = now;
                }),
              ),
            [FIGURES, open],
          );
        for (const [window, viewport] of Object.entries(WINDOWS)) {
          await page.setViewportSize(viewport);
          await assertFits(page, window);
          if (window === "phone") {
            assert.ok(await page.$eval("#results-table", (box) => box.scrollWidth <= box.clientWidth), "the verdict's table is cut");
          }
          if (process.env.SHOTS) await shoot(page, `${name}-${window}`);
          await opened(true);
          await assertFits(page, `${window}, tables open`);
          await opened(false);
        }
        await page.setViewportSize(WINDOWS.wide);
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          await assertAccessible(page);
          if (process.env.SHOTS) await shoot(page, `${name}-${colorScheme}`);
        }
        await opened(true);
        await assertComplete(page, results);
        if (name === "usual") await assertAccessible(page);
      }));
  }

  test("150 classes: the most frequent rows as bars, the rest in a table, however often it is read", (context) =>
    journey(context, { hash: TINY.replace("max_rows=40&", "") }, async (page) => {
      const rows = Array.from({ length: 150 }, (_, label) => `Text ${label} a,class ${label}\nText ${label} b,class ${label}`);
      for (const name of ["once.csv", "twice.csv"]) {
        await page.setInputFiles("#dataset-file", csv(name, ["text,label", ...rows].join("\n")));
        await page.waitForFunction((wanted) => document.querySelector("#dataset-summary").textContent.includes(`${wanted}: 300 examples`), name);
        assert.equal(await page.locator("#dataset-counts .bar").count(), 20);
        assert.equal(await page.locator("#dataset-counts details").count(), 1);
        assert.equal(await page.locator("#dataset-counts tbody tr").count(), 130);
      }
      await phase(page, "ready");
    }));

  test("on paper: prose and whole figures, no controls", (context) =>
    shown(context, EXTREMES["most classes of a matrix"], { viewport: { width: 680, height: 900 }, colorScheme: "dark" }, async (page) => {
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await assertFits(page, "on paper");
      const controls = await page.evaluate(() =>
        [...document.querySelectorAll("button, select, input, textarea, summary, progress")]
          .filter((node) => node.checkVisibility() && !node.matches(".legend-item, .symbol-key, #rates-table input"))
          .map((node) => node.id || node.className || node.textContent),
      );
      assert.deepEqual(controls, []);
      const columns = await page.evaluate(() =>
        [...document.querySelectorAll("canvas, figure svg, figure table")]
          .filter((node) => node.checkVisibility())
          .map((node) => ({
            what: node.closest("[id]").id,
            over: node.getBoundingClientRect().right - document.querySelector("main").getBoundingClientRect().right,
          }))
          .filter(({ over }) => over > 1),
      );
      assert.deepEqual(columns, [], "cut off at the edge of the paper");
      const settings = await page.innerText("#printed");
      for (const words of [/Epochs\s+3\s/, /Seeds\s+1, 2, 3/, /invented: 600 examples/, /p-value\s+Probability of a difference/]) {
        assert.match(settings, words);
      }
      const tooWide = await page.evaluate(() => {
        document.body.style.width = "450px"; // paper is narrower than the window, and nothing is drawn again for it
        return [...document.querySelectorAll("canvas")].filter((canvas) => canvas.getBoundingClientRect().right > 450).length;
      });
      assert.equal(tooWide, 0, "canvases that keep the width of the window");
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim()), "#1f1f22", "dark ink");
      for (const id of FIGURES) assert.ok(await page.isVisible(`#${id}`), id);
    }));
});

/** Everything that the results hold is in the figures, and each has its numbers behind it. */
async function assertComplete(page, { fisher, runs, comparisons, dataset, arms: rates }) {
  const count = (selector) => page.locator(selector).count();
  const arms = [...new Set(runs.map((run) => run.arm))];
  const seeds = new Set(runs.map((run) => run.seed)).size;
  assert.equal(await count("#fisher-chart .bar"), fisher.sites.length);
  assert.equal(await count("#rates-table tbody tr"), rates.guided.length);
  assert.equal(await count("#train-legend button"), arms.length);
  assert.equal(await count("#dots svg"), comparisons.length);
  for (const id of ["fisher-tables", "train-tables", ...(comparisons.length > 0 ? ["dots-table"] : []), "confusion-table"]) {
    assert.ok((await count(`#${id} tbody tr`)) > 0, `#${id} has no numbers`);
  }
  if (comparisons.length > 0) assert.equal(await count("#dots-table tbody tr"), seeds);
  assert.equal(await count("#confusion-table tbody tr"), dataset.labels.length);
  if (dataset.labels.length <= 12) {
    assert.equal(await count("#confusion table"), arms.length);
    return;
  }
  const sums = await page
    .locator("#confusion tbody tr")
    .evaluateAll((rows) =>
      rows
        .map((row) => [...row.querySelectorAll(".number")].map((cell) => Number(cell.textContent.replaceAll(",", ""))))
        .reduce((total, row) => row.map((value, index) => value + (total[index] ?? 0)), []),
    );
  assert.deepEqual(
    sums,
    arms.map(() => dataset.test_rows * seeds),
    "what is listed and what is summed up make all test rows",
  );
}

async function shoot(page, name) {
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.evaluate(() => {
    document.querySelector("#run-bar").style.position = "static";
  });
  for (const id of FIGURES) await page.locator(`#${id}`).screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(/\W+/g, "-")}-${id}.png` });
}
