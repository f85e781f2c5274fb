// What curves are drawn from, and how often, without a browser: node --test tests/browser/curves.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { epochCurves, lossCurves } from "../../www/charts/curves.js";
import { oncePerBeat } from "../../www/ui/dom.js";

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

describe("what is drawn once per beat", () => {
  test("falls into one frame, the latest only", (context) => {
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
});
