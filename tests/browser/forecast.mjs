// How many workers there are, the memory they take and the time left, without a browser: node --test tests/browser/forecast.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryBudget, memoryOfWorker, poolSize } from "../../www/engine/memory.js";
import { makespan, Progress, runShare } from "../../www/engine/progress.js";

describe("the size of the pool", () => {
  const machine = (cores, gibibytes) =>
    Object.defineProperty(globalThis, "navigator", { configurable: true, value: { hardwareConcurrency: cores, deviceMemory: gibibytes } });
  const size = (need) => poolSize({ device: "cpu", jobs: 100, wanted: 0, bytesPerWorker: 200e6, ...need });

  test("is the cores, as far as memory and jobs go", () => {
    machine(8, 8);
    assert.deepEqual(size({}), { size: 8, capped: false });
    assert.deepEqual(size({ jobs: 3 }), { size: 3, capped: false });
    assert.deepEqual(size({ bytesPerWorker: 1e9 }), { size: 4, capped: true });
    assert.deepEqual(size({ bytesPerWorker: 9e9 }), { size: 1, capped: true });
    assert.deepEqual(size({ bytesPerWorker: 2 ** 29 }), { size: 8, capped: false }, "memory for exactly as many as there are cores");
    assert.deepEqual(size({ device: "webgpu" }), { size: 1, capped: false });
    assert.deepEqual(size({ wanted: 6, bytesPerWorker: 9e9 }), { size: 6, capped: false });
    machine(64, 64);
    assert.deepEqual(size({}), { size: 16, capped: false }, "more gain little");
    machine(8, undefined);
    assert.equal(memoryBudget(), 2 * 2 ** 30);
  });

  test("expects more of a larger batch, longer texts and a larger model", () => {
    const model = { parameters: 11e6, layers: 4, hidden: 256, heads: 4 };
    const config = { batch_size: 16, micro_batch_size: 512, max_tokens: 64 };
    const small = memoryOfWorker(config, model);
    assert.ok(small > 200e6 && small < 400e6, String(small));
    assert.ok(memoryOfWorker({ ...config, batch_size: 64 }, model) > small);
    assert.equal(memoryOfWorker({ ...config, batch_size: 64, micro_batch_size: 16 }, model), small, "of a batch in parts, one part");
    assert.ok(memoryOfWorker({ ...config, max_tokens: 256 }, model) > small);
    assert.ok(memoryOfWorker(config, { ...model, parameters: 110e6 }) > 2e9);
  });
});

describe("the forecast", () => {
  test("a schedule ends when its fullest worker does", () => {
    assert.equal(makespan([], [4, 3, 3, 2], 2, 1), 6);
    assert.equal(makespan([5], [4, 3], 2, 1), 7);
    assert.equal(makespan([], [], 2, 1), 0);
    assert.equal(makespan([], [8], 4, 2), 4);
  });

  test("an evaluation counts as its share of a run, once it has ended", () => {
    const run = { units: 10, evaluation: 0.4 };
    const share = (...events) => Number(runShare(run, 2, events)?.toFixed(6));
    assert.ok(Math.abs(share({ type: "step", step: 5 }) - 0.3) < 1e-9);
    assert.equal(share({ type: "step", step: 5 }, { type: "epoch", epoch: 1 }), 0.5);
    assert.ok(Math.abs(share({ type: "step", step: 6 }) - 0.56) < 1e-9);
    assert.equal(share({ type: "epoch", epoch: 2 }), 1);
    assert.equal(runShare(run, 2, []), null);
  });

  test("a trial is as fast as a run", () => {
    const progress = new Progress(
      [
        { id: "trial", kind: "trial", work: 6 },
        { id: "run", kind: "run", work: 10 },
      ],
      1,
      { fisher: 0, run: 0 },
    );
    progress.begin("trial");
    progress.advance("trial", 0.5, 1.5);
    assert.deepEqual([progress.speeds.run, progress.secondsLeft, progress.share], [2, 6.5, 3 / 16]);
  });

  /** Pools of workers of equal speed: the forecast after a tenth of the true time, as a share of what was truly left. */
  function forecast({ jobs, workers, speeds }) {
    const progress = new Progress(jobs, workers, { fisher: 0, run: 0 });
    const queue = ["fisher", "run"].map((kind) => jobs.filter((each) => each.kind === kind).sort((left, right) => right.work - left.work));
    const seconds = ["fisher", "run"].map((kind, index) =>
      makespan(
        [],
        queue[index].map(({ work }) => work),
        workers,
        speeds[kind],
      ),
    );
    const whole = seconds[0] + seconds[1];
    const slots = Array.from({ length: workers }, () => null);
    const tick = whole / 400;
    let now = 0;
    for (const waiting of queue) {
      while (waiting.length > 0 || slots.some(Boolean)) {
        slots.forEach((slot, index) => {
          if (!slot && waiting.length > 0) {
            slots[index] = { job: waiting.shift(), done: 0 };
            progress.begin(slots[index].job.id);
          }
          const under = slots[index];
          if (!under) return;
          under.done = Math.min(under.job.work, under.done + tick * speeds[under.job.kind]);
          progress.advance(under.job.id, under.done / under.job.work, tick);
          if (under.done >= under.job.work) slots[index] = null;
        });
        now += tick;
        if (now >= whole / 10) return progress.secondsLeft / (whole - now);
      }
    }
    throw new Error("the experiment has no first tenth");
  }

  test("is right after the first tenth where workers are steady", () => {
    const runs = (works) => works.map((work, index) => ({ id: `run/${index}`, kind: "run", work }));
    const shards = Array.from({ length: 4 }, (_, index) => ({ id: `fisher/${index}`, kind: "fisher", work: 2 }));
    for (const workers of [1, 2, 4]) {
      const even = forecast({ jobs: runs(Array(12).fill(10)), workers, speeds: { fisher: 1, run: 1 } });
      assert.ok(Math.abs(even - 1) < 0.05, `${workers}: ${even}`);
      const uneven = forecast({ jobs: [...shards, ...runs([40, 20, 10, 4, 40, 20, 10, 4])], workers, speeds: { fisher: 2, run: 1 } });
      assert.ok(Math.abs(uneven - 1) < 0.1, `${workers}: ${uneven}`);
    }
  });
});
