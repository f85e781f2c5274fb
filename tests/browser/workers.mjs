// The workers of a pool, and the GPU that they lose, without a browser: node --test tests/browser/workers.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Workers } from "../../www/engine/workers.js";
import { LabError } from "../../www/platform/lab-error.js";
import { EventBus } from "../../www/platform/events.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the workers of a pool", () => {
  const LOST = new LabError("device", "lost by the test", { outcome: "lost" });

  /** Workers on a GPU that opens as long as `works` says so, and what is told of them. */
  function trainers(works = () => true) {
    const seen = [];
    const events = new EventBus();
    for (const type of ["device_reopened", "device_fallback"]) events.on(type, ({ error }) => seen.push([type, error.outcome]));
    const answers = {
      compile: () => ({ compiled: {}, sha256: "" }),
      open(kind) {
        if (kind === "webgpu" && !works()) throw new LabError("device", "", { outcome: "hang" });
      },
      families: () => 1,
      check: () => ({ family: "step", difference: 0, tolerance: 1, ok: true }),
    };
    const createClient = () => ({
      ended: null,
      loaded: {},
      end(error) {
        this.ended ??= error;
      },
      async call(method, ...args) {
        await turn();
        return answers[method](...args);
      },
    });
    const it = new Workers({ files: () => ({ model: null, dataset: null, corpus: null }), events, createClient });
    it.device = { kind: "webgpu", adapter: "acme" };
    it.beginTask(() => seen.push(["widen"]));
    return { it, seen };
  }

  const lost = (worker) => {
    worker.end(LOST);
    return worker;
  };

  test("open a lost GPU again, once; lost again, it is left for the CPU, on as many workers as that takes", async () => {
    const { it, seen } = trainers();
    const second = await it.trainer(lost(await it.trainer(null)));
    assert.deepEqual([second.device.kind, seen], ["webgpu", [["device_reopened", "lost"]]]);
    const third = await it.trainer(lost(second));
    assert.deepEqual([third.device.kind, it.device.kind, seen.slice(1)], ["cpu", "cpu", [["device_fallback", "lost"], ["widen"]]]);
    assert.equal((await it.trainer(null)).device.kind, "cpu");
  });

  test("count losses anew in the next task", async () => {
    const { it, seen } = trainers();
    const again = await it.trainer(lost(await it.trainer(null)));
    it.beginTask(() => seen.push(["widen"]));
    assert.equal((await it.trainer(lost(again))).device.kind, "webgpu");
    assert.deepEqual(seen, [
      ["device_reopened", "lost"],
      ["device_reopened", "lost"],
    ]);
  });

  test("count the loss of one GPU that several of them had as one", async () => {
    const { it, seen } = trainers();
    const both = await Promise.all([it.trainer(null), it.trainer(null)]);
    const again = await Promise.all(both.map(lost).map((worker) => it.trainer(worker)));
    assert.deepEqual(
      again.map(({ device }) => device.kind),
      ["webgpu", "webgpu"],
    );
    assert.deepEqual(seen, [["device_reopened", "lost"]]);
  });

  test("leave a GPU that cannot be opened, and tell it once with the reason", async () => {
    const { it, seen } = trainers(() => false);
    const both = await Promise.all([it.trainer(null), it.trainer(null)]);
    assert.deepEqual(
      both.map(({ device }) => device.kind),
      ["cpu", "cpu"],
    );
    assert.deepEqual(seen, [["device_fallback", "hang"], ["widen"]]);
  });

  test("open a GPU again whose memory ended, as often as that is, until it is given up", async () => {
    const { it, seen } = trainers();
    for (const error of [{ outcome: "full" }, { outcome: "failed", message: "Buffer size exceeds the max buffer size" }, { outcome: "full" }]) {
      const worker = await it.trainer(null);
      worker.end(new LabError("device", error.message ?? "", error));
      assert.equal((await it.trainer(worker)).device.kind, "webgpu");
    }
    assert.deepEqual(seen, []);
    it.giveUp(new LabError("device", "", { outcome: "full" }));
    assert.equal((await it.trainer(null)).device.kind, "cpu");
    assert.deepEqual(seen, [["device_fallback", "full"], ["widen"]]);
  });

  test("open no other device where a worker crashed or was ended", async () => {
    const { it, seen } = trainers();
    for (const kind of ["crash", "memory", "stopped"]) {
      const worker = await it.trainer(null);
      worker.end(new LabError(kind, kind));
      assert.equal((await it.trainer(worker)).device.kind, "webgpu");
    }
    assert.deepEqual(seen, []);
  });
});
