// The GPU is checked before use, and may be lost: node --test tests/browser/device.mjs

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, SOFTWARE } from "../../scripts/chromium.mjs";
import { assertAccessible, downloaded, experiment, journey, phase, server } from "./page.mjs";
import { allAnswered, hold, holdable, release, standingStill } from "./support/held-workers.mjs";
import { standing, withPlayedGpu } from "./support/played-gpu.mjs";

const SHORT = "sample=opinions&max_rows=32&fisher_texts=2&epochs=2&seeds=2&arms=standard,none&max_tokens=12";
/** As little as a software adapter can do in some seconds. */
const TINIEST = "sample=opinions&max_rows=16&fisher_texts=1&epochs=1&batch_size=8&seeds=1&arms=none&max_tokens=5&device=webgpu";

const notices = (page) => page.locator("#page-errors .notice").allTextContents();

/** The workers' program with something before it. */
const prefixed = (page, script) =>
  page.route("**/engine/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });

/** A driver that takes the exponential for something else. */
const misread = (wrong) => (page) =>
  prefixed(
    page,
    `
    const { createShaderModule } = GPUDevice.prototype;
    GPUDevice.prototype.createShaderModule = function ({ code, ...descriptor }) {
      return createShaderModule.call(this, { ...descriptor, code: code.replaceAll(/\\bexp\\(/g, "${wrong}(") });
    };`,
  );

describe("a GPU on trial", { timeout: 15 * 60_000 }, () => {
  test("one that agrees is used, and the badge tells how well it agrees", (context) =>
    journey(context, { hash: SHORT, prepare: withPlayedGpu() }, async (page) => {
      await standing(page, "believed");
      assert.match(await page.textContent("#device-badge"), /^GPU: acme played$/);
      await page.press("#device-badge", "Enter");
      assert.ok(await page.isVisible("#device-details"));
      const [check, times] = await page.locator("#device-details table").all();
      assert.equal(await check.locator("tbody tr").count(), 10);
      assert.deepEqual([...new Set(await check.locator("tbody td:nth-child(4)").allTextContents())], ["yes"]);
      assert.deepEqual(await times.locator("tbody tr:has(td:text-is('yes'))").allInnerTexts(), [
        "Softmax, LayerNorm\tburn\t1\tyes",
        "Matmul\t8 × 8 tiles\t2\tyes",
      ]);
      assert.equal(await times.locator("tbody tr").count(), 6);
      await assertAccessible(page);
      await page.keyboard.press("Escape");
      assert.ok(await page.isHidden("#device-details"));
      const results = await experiment(page);
      assert.deepEqual(results.device, { kind: "webgpu", adapter: "acme played" });
      assert.deepEqual(await notices(page), []);
      await page.reload();
      await standing(page, "believed");
      assert.deepEqual(await page.evaluate(() => globalThis.timedWays), [], "the choice is kept");
    }));

  test("a kernel that brings it down as it is timed is done without", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        prepare: withPlayedGpu(() => {
          globalThis.failingWay = "tiles4";
        }),
      },
      async (page) => {
        await standing(page, "believed");
        await page.click("#device-badge");
        const times = page.locator("#device-details table").nth(1);
        assert.deepEqual(await times.locator("tbody tr").allInnerTexts(), ["Matmul\tburn\t4\tyes", "Matmul\t4 × 4 tiles\tnot a number\tno"]);
        assert.deepEqual(await notices(page), []);
        assert.deepEqual(await page.evaluate(() => globalThis.timedWays.filter((way) => way === "tiles4").length), 1);
      },
    ));

  test("one that is lost while paused is opened again; lost twice, the CPU goes on; the experiment ends with every run", (context) =>
    journey(context, { hash: SHORT.replace("epochs=2", "epochs=4"), prepare: withPlayedGpu() }, async (page) => {
      await standing(page, "believed");
      await hold(page, "advance", "^run/", 1);
      await page.click("#run");
      await standingStill(page);
      await page.click("#pause");
      await release(page);
      await allAnswered(page); // of the calls, none waits for an answer
      await page.evaluate(() => globalThis.lose());
      await hold(page, "start", "^run/", 2);
      await page.click("#pause");
      await page.waitForFunction(() => document.querySelectorAll("#page-errors .notice").length === 1);
      assert.match((await notices(page))[0], /failed and was reopened.*lost by the test/);
      assert.equal(await page.getAttribute("#device-badge", "data-standing"), "believed");
      await standingStill(page);
      await page.waitForFunction(() => /2 of 4 runs/.test(document.querySelector("#status").textContent));
      await page.evaluate(() => globalThis.lose());
      await release(page);
      await standing(page, "refused");
      await phase(page, "done");
      assert.deepEqual(
        (await notices(page)).map((sentence) => /reopened|CPU is used\. lost by the test/.exec(sentence)?.[0]),
        ["reopened", "CPU is used. lost by the test"],
      );
      assert.equal(await page.textContent("#device-badge"), "CPU, not the GPU");
      assert.match(await page.textContent("#status"), /^Done\.$/);
      const { device, runs } = JSON.parse((await downloaded(page, "#download-results")).content);
      assert.deepEqual([device.kind, runs.length], ["cpu", 4]);
      const elsewhere = runs.flatMap((run) => run.device ?? []);
      assert.deepEqual(elsewhere, Array(2).fill({ kind: "webgpu", adapter: "acme played" }));

      await page.reload();
      await phase(page, "ready");
      await standing(page, "refused");
      assert.match(await page.textContent("#device-reason"), /device was lost/);
      await page.click("#device-badge");
      assert.match(await page.textContent("#device-details"), /lost by the test.*stored for this GPU/s);
      await assertAccessible(page);
      await page.click("#device-retry");
      await standing(page, "believed");
      await page.reload();
      await phase(page, "ready");
      await standing(page, "believed");
    }));

  test("one that never answers is a hang after ten seconds; Run waits for that, unless it is stopped", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        prepare: withPlayedGpu(() => {
          globalThis.answers = (role, { method, args }) => !(role === "candidate" && method === "check" && args[0] === 2);
        }),
      },
      async (page) => {
        await standing(page, "checking");
        await page.click("#run");
        await page.click("#stop");
        await phase(page, "ready");
        assert.equal(await page.getAttribute("#device-badge", "data-standing"), "checking", "Stop waits for no GPU");
        const results = await experiment(page);
        assert.equal(results.device.kind, "cpu");
        assert.equal(await page.getAttribute("#device-badge", "data-standing"), "refused");
        assert.match((await notices(page)).join(), /^The GPU did not respond in time, so the CPU is used\.$/);
        await page.click("#device-badge");
        assert.equal(await page.locator("#device-details table").first().locator("tbody tr").count(), 2, "what it did answer");
      },
    ));

  test("one that is lost as an experiment opens it leaves all of that to as many workers as there are cores", (context) =>
    journey(
      context,
      {
        hash: SHORT.replace("standard,none", "standard,guided"),
        prepare: withPlayedGpu(() => {
          globalThis.broken = true;
          Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => 3 });
        }),
      },
      async (page) => {
        await standing(page, "believed");
        const { device, runs } = await experiment(page);
        assert.deepEqual([device.kind, runs.filter((run) => run.device).length], ["cpu", 0]);
        assert.deepEqual(await notices(page), ["The GPU device was lost, so the CPU is used. lost by the test"]);
        assert.equal(await page.evaluate(() => globalThis.cores), 3);
      },
    ));

  test("an experiment that is continued waits for the trial, and goes on where it began", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        prepare: withPlayedGpu(() => {
          globalThis.slow = 400;
        }),
      },
      async (page) => {
        await standing(page, "believed");
        await hold(page, "start", "^run/", 2);
        await page.click("#run");
        await standingStill(page);
        await page.click("#stop");
        await phase(page, "ready");
        assert.match(await page.textContent("#status"), /Stopped\. 2 of 4/);
        await page.reload();
        await page.waitForSelector("#resume-offer button:has-text('Resume')");
        await hold(page, "start", "^run/");
        await page.click("#resume-offer button:has-text('Resume')");
        assert.match(await page.getAttribute("#device-badge", "data-standing"), /loading|checking/);
        await standingStill(page);
        await phase(page, "training");
        await page.waitForFunction(() => /2 of 4 runs/.test(document.querySelector("#status").textContent));
        await release(page);
        await phase(page, "done");
        assert.equal(await page.textContent("#past-errors"), "");
        assert.equal(JSON.parse((await downloaded(page, "#download-results")).content).device.kind, "webgpu");
      },
    ));

  test("one that the workers do not get is refused; another choice ends a trial", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        prepare: (page) =>
          page.addInitScript(() => {
            Object.defineProperty(Navigator.prototype, "gpu", {
              get: () => ({ requestAdapter: async () => ({ info: { vendor: "acme" }, limits: { maxStorageBufferBindingSize: 2 ** 28 } }) }),
            });
          }),
      },
      async (page) => {
        await standing(page, "refused");
        assert.match((await notices(page)).join(), /^The GPU failed, so the CPU is used\./);
        await page.selectOption("#device", "cpu");
        assert.equal(await page.textContent("#device-badge"), "CPU");
        assert.equal((await experiment(page)).device.kind, "cpu");
      },
    ));
});

describe("a GPU whose memory ends", { timeout: 15 * 60_000 }, () => {
  const BY_EIGHT = `${SHORT}&batch_size=8`;
  /** A busy machine may have others of its own. */
  const ofGpu = async (page) => (await notices(page)).filter((sentence) => sentence.includes("GPU"));

  test("computes fewer rows of a step at once, says so, and gives the numbers of such micro-batches", (context) =>
    journey(
      context,
      {
        hash: BY_EIGHT,
        prepare: withPlayedGpu(() => {
          globalThis.rowsThatFit = 3;
        }),
      },
      async (page) => {
        await standing(page, "believed");
        const { device, runs, config } = await experiment(page);
        assert.deepEqual([device.kind, config.micro_batch_size > 8], ["webgpu", true]);
        assert.deepEqual(
          runs.map((run) => [run.micro_batch_size, run.device]),
          Array(4).fill([2, undefined]),
        );
        const said = await ofGpu(page);
        assert.deepEqual(
          said.map(
            (sentence) => /out of memory and was reopened.* computes (\d) rows of a step at once.*no more memory in the test/.exec(sentence)?.[1],
          ),
          ["4", "2"],
        );
        const losses = (of) => of.map(({ steps }) => steps.map(({ loss }) => loss));

        const other = await page.context().newPage();
        await other.goto(`${server.address}#${BY_EIGHT}&micro_batch_size=2&device=cpu`);
        await phase(other, "ready");
        const asked = await experiment(other);
        assert.deepEqual(losses(runs), losses(asked.runs));
        assert.deepEqual(
          asked.runs.map((run) => run.micro_batch_size),
          Array(4).fill(undefined),
        );
        await other.close();
      },
    ));

  test("is left for the CPU where not one row has room, and the CPU computes as many as the settings say", (context) =>
    journey(
      context,
      {
        hash: `${BY_EIGHT}&micro_batch_size=2`,
        prepare: withPlayedGpu(() => {
          globalThis.rowsThatFit = 0;
        }),
      },
      async (page) => {
        await standing(page, "believed");
        const { device, runs } = await experiment(page);
        assert.deepEqual([device.kind, runs.length], ["cpu", 4]);
        assert.ok(runs.every((run) => run.micro_batch_size === undefined));
        assert.deepEqual(
          (await ofGpu(page)).map((sentence) => /computes one row|too little memory, so the CPU is used/.exec(sentence)?.[0]),
          ["computes one row", "too little memory, so the CPU is used"],
        );
        await page.reload();
        await standing(page, "believed");
      },
    ));
});

describe("a software adapter, chosen by hand", { timeout: 15 * 60_000 }, () => {
  let through;
  const asked = [];
  before(async () => {
    through = await launch(SOFTWARE);
  });
  after(() => through.close());

  test("a driver that miscompiles one function is found by family, refused, and remembered", (context) =>
    journey(
      context,
      {
        through,
        hash: TINIEST,
        prepare: misread("exp2"),
      },
      async (page) => {
        assert.match(await page.textContent("#device-reason"), /software adapter/);
        await standing(page, "refused");
        assert.match((await notices(page)).join(), /results differ from the CPU’s, so the CPU is used\. softmax: /);
        await page.click("#device-badge");
        assert.match(await page.textContent("#device-details tbody tr:last-child"), /^Softmax.*no[\d,]+$/s);
        const again = await page.context().newPage();
        await again.goto(`${server.address}#${TINIEST}`);
        await phase(again, "ready");
        await standing(again, "refused");
        assert.equal(await again.locator("#page-errors .notice").count(), 0, "no second trial, no second notice");
        assert.equal((await experiment(again)).device.kind, "cpu");
        await again.close();
      },
    ));

  test("a shader that the driver refuses is a reason too, where the core would go on with stale numbers", (context) =>
    journey(
      context,
      {
        through,
        hash: TINIEST,
        tolerated: /./,
        prepare: misread("nonsense"),
      },
      async (page) => {
        await standing(page, "refused");
        assert.match((await notices(page)).join(), /^The GPU failed, so the CPU is used\. .*nonsense/s);
      },
    ));

  test("agrees in every family; destroyed in the middle of a run, it is opened again, with the core that has come once", (context) =>
    journey(
      context,
      {
        through,
        hash: TINIEST,
        prepare: async (page) => {
          await holdable(page);
          page.on("request", (request) => asked.push(request.url()));
          await prefixed(
            page,
            `
        const { requestDevice } = GPUAdapter.prototype;
        GPUAdapter.prototype.requestDevice = async function (...wishes) { return globalThis.device = await requestDevice.apply(this, wishes); };`,
          );
        },
      },
      async (page) => {
        await standing(page, "believed");
        await hold(page, "advance", "^run/", 1);
        await page.click("#run");
        await standingStill(page);
        const destroyed = await Promise.all(
          page.workers().map((worker) =>
            worker.evaluate(() => {
              if (self.name !== "trainer" || !globalThis.device) return false;
              globalThis.device.destroy();
              return true;
            }),
          ),
        );
        assert.ok(destroyed.includes(true));
        await release(page);
        await phase(page, "done");
        assert.match((await notices(page)).join(), /failed and was reopened/);
        assert.match(await page.textContent("#status"), /^Done/);
        assert.equal(JSON.parse((await downloaded(page, "#download-results")).content).device.kind, "webgpu");
        assert.equal(asked.filter((address) => address.endsWith("pkg/gpu/guided_dropout_lab_bg.wasm")).length, 1);
      },
    ));
});
