// Which core a visit loads, when, and whose numbers are whose: node --test tests/browser/cores.mjs

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { launch, SOFTWARE } from "../../scripts/chromium.mjs";
import { downloaded, experiment, FILES, journey, phase, server, withoutTimes } from "./page.mjs";
import { stored } from "./support/database.mjs";
import { hold, holdable, release as goOn, standingStill } from "./support/held-workers.mjs";
import { playedGpu, standing } from "./support/played-gpu.mjs";

const { unzipSync } = createRequire(import.meta.url)("fflate");
const SHORT = "sample=opinions&max_rows=32&fisher_texts=2&epochs=1&seeds=1&arms=standard,guided&max_tokens=12";
const GPU_CORE = "pkg/gpu/guided_dropout_lab_bg.wasm";
const digestOf = (path) =>
  createHash("sha256")
    .update(readFileSync(FILES.get(path)))
    .digest("hex");

/** What a visit asks the server for, and what has come: "? path", "path", in order. */
function traffic(page) {
  const seen = [];
  const pathOf = (request) => request.url().replace(server.address, "").replace(/#.*/, "");
  page.on("request", (request) => seen.push(`? ${pathOf(request)}`));
  page.on("requestfinished", (request) => seen.push(pathOf(request)));
  return seen;
}

/** The reason that part 1 gives for the device. */
const reason = (page) => page.textContent("#device-reason");

/** The digest of the core that made the experiment shown, as its zip says. */
async function coreOf(page) {
  const { content } = await downloaded(page, "#download-everything");
  const files = unzipSync(content);
  const [name] = Object.keys(files).filter((path) => path.endsWith("experiment.json"));
  return JSON.parse(new TextDecoder().decode(files[name])).core;
}

/** The keys of all jobs that are kept. */
const jobKeys = async (page) => (await stored(page)).jobs;

describe("the cores", { timeout: 15 * 60_000 }, () => {
  let software;
  before(async () => {
    software = await launch(SOFTWARE);
  });
  after(() => software.close());

  test("without a GPU, or with a software adapter that nobody chose, nothing of a GPU's is asked for", async (context) => {
    for (const through of [undefined, software]) {
      let seen;
      await journey(
        context,
        {
          hash: SHORT,
          through,
          prepare: async (page) => {
            seen = traffic(page);
          },
        },
        async (page) => {
          assert.match(await reason(page), through ? /software/ : /no GPU|no WebGPU/);
          assert.equal((await experiment(page)).device.kind, "cpu");
          assert.equal(await coreOf(page), digestOf("pkg/guided_dropout_lab_bg.wasm"));
          assert.ok(seen.includes("pkg/guided_dropout_lab_bg.wasm"), "requests of workers are seen");
          assert.deepEqual(
            seen.filter((path) => path.includes("pkg/gpu")),
            [],
          );
        },
      );
    }
  });

  test("with one, its core comes once; what the CPU computed is kept under the same keys with and without it", async (context) => {
    let seen;
    let withGpu;
    await journey(
      context,
      {
        hash: `${SHORT}&device=cpu`,
        prepare: async (page) => {
          await playedGpu(page);
          seen = traffic(page);
        },
      },
      async (page) => {
        await page.selectOption("#device", "auto");
        await standing(page, "believed");
        await page.selectOption("#device", "cpu");
        await standing(page, "cpu");
        withGpu = await experiment(page);
        const keys = await jobKeys(page);
        assert.ok(keys.length >= 3);

        const other = await page.context().newPage();
        const asked = traffic(other);
        await other.goto(`${server.address}#${SHORT}`);
        await phase(other, "ready");
        assert.deepEqual(withoutTimes(await experiment(other)), withoutTimes(withGpu));
        assert.deepEqual(await jobKeys(other), keys);
        assert.deepEqual(
          asked.filter((path) => path.includes("pkg/gpu")),
          [],
        );
        await other.close();

        await page.selectOption("#device", "auto");
        await standing(page, "believed");
        assert.equal((await experiment(page)).device.kind, "webgpu");
        assert.equal(await coreOf(page), digestOf(GPU_CORE));
        const all = await jobKeys(page);
        assert.equal(all.length, 2 * keys.length, "another device, other keys");
        assert.equal(seen.filter((path) => path === `? ${GPU_CORE}`).length, 1);
      },
    );
  });

  test("it comes after all that the CPU needs; an experiment does not wait for it, unless the GPU was chosen; the trial waits for the experiment", async (context) => {
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    let seen;
    await journey(
      context,
      {
        hash: `${SHORT}&workers=1`,
        prepare: async (page) => {
          await holdable(page);
          await playedGpu(page);
          seen = traffic(page);
          await page.route(`**/${GPU_CORE}`, async (route) => {
            await held;
            await route.fallback();
          });
        },
      },
      async (page) => {
        assert.equal(await page.getAttribute("#device-badge", "data-standing"), "loading");
        await hold(page, "start", "^run/", 1);
        await page.click("#run");
        await standingStill(page);
        await page.waitForFunction(() => /1 of 2 runs/.test(document.querySelector("#status").textContent));
        const response = page.waitForResponse(`**/${GPU_CORE}`);
        release();
        await (await response).finished();
        for (const path of ["pkg/guided_dropout_lab_bg.wasm", "data/models/mini-4x256/model.safetensors", "data/samples/opinions.csv"]) {
          assert.ok(seen.includes(path) && seen.indexOf(path) < seen.indexOf(`? ${GPU_CORE}`), `${path} comes first`);
        }
        await goOn(page);
        await phase(page, "done");
        const { device, runs } = JSON.parse((await downloaded(page, "#download-results")).content);
        assert.deepEqual([device.kind, runs.filter((run) => run.device).length], ["cpu", 0], "nothing of it by the GPU");
        await standing(page, "believed");
        await page.addInitScript(() => {
          globalThis.slow = 300;
        });
        await page.goto("about:blank");
        await page.goto(`${server.address}#${SHORT}&device=webgpu`);
        await phase(page, "ready");
        assert.equal(await page.getAttribute("#device-badge", "data-standing"), "loading");
        assert.equal((await experiment(page)).device.kind, "webgpu");
      },
    );
  });

  test("where it cannot be loaded the badge says so, the CPU goes on, and nothing is held against the GPU", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        tolerated: /ERR_FAILED|Failed to fetch/,
        prepare: async (page) => {
          await playedGpu(page);
          await page.route(`**/${GPU_CORE}`, (route) => route.abort());
        },
      },
      async (page) => {
        await standing(page, "refused");
        assert.equal(await page.textContent("#device-badge"), "CPU, not the GPU");
        assert.match(await reason(page), /GPU code could not be loaded, so the CPU is used/);
        assert.equal((await experiment(page)).device.kind, "cpu");
        assert.equal(await page.evaluate(() => localStorage.getItem("gpu-trials")), null);
        await page.unroute(`**/${GPU_CORE}`);
        await page.click("#device-badge");
        await page.click("#device-retry");
        await standing(page, "believed");
      },
    ));
});
