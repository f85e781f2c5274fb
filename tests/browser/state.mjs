// Events, state and errors of the page, without a browser: node --test tests/browser/state.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FINISHED, LIVE, AppState } from "../../www/app/state.js";
import { EventBus } from "../../www/platform/events.js";
import { LabError } from "../../www/platform/lab-error.js";

describe("an error", () => {
  const thrown = { kind: "dataset", message: "line 3: expected two columns, got one", place: { line: 3 }, expected: "two columns", got: "one" };

  test("crosses from a worker to the page as it was, and is an Error on both sides", () => {
    const there = LabError.from(thrown).with({ language: "en" });
    const here = LabError.from(structuredClone(there.toWire()));
    assert.ok(here instanceof Error && here.stack.includes("state.mjs"));
    const { kind, message, place, expected, got, language } = here;
    assert.deepEqual({ kind, message, place, expected, got, language }, { ...thrown, language: "en" });
  });

  test("that is none of ours is the page's own, and keeps what it was made of", () => {
    const cause = new TypeError("x is not a function");
    const error = LabError.from(cause);
    assert.deepEqual([error.kind, error.message, error.cause], ["page", "x is not a function", cause]);
    assert.deepEqual([LabError.from("words").kind, LabError.from(null).message], ["page", "null"]);
    assert.equal(LabError.from(error), error);
  });

  test("with other facts is another error; what the wire does not carry stays here", () => {
    const lost = new LabError("device", "lost", { outcome: "lost" });
    const renamed = lost.with({ kind: "crash" });
    assert.deepEqual([renamed.kind, renamed.outcome, renamed.cause, lost.kind], ["crash", "lost", lost, "device"]);
    assert.deepEqual(lost.toWire(), { kind: "device", message: "lost" });
  });
});

describe("the event bus", () => {
  test("tells everybody who listens to a type, in their order, and nobody else", () => {
    const bus = new EventBus();
    const heard = [];
    bus.on("fisher", ({ of }) => heard.push(`first ${of}`));
    bus.onAll({ fisher: ({ of }) => heard.push(`second ${of}`), results: () => heard.push("results") });
    bus.emit({ type: "fisher", of: 20 });
    bus.emit({ type: "nobody listens" });
    assert.deepEqual(heard, ["first 20", "second 20"]);
  });
});

describe("the state", () => {
  test("tells a subscriber once for a change of several values, also where they stay the same", () => {
    const state = new AppState();
    let told = 0;
    state.subscribe(["phase", "runnable"], () => {
      told += 1;
    });
    state.set({ phase: "ready", runnable: true, again: false });
    state.set({ phase: "ready" });
    state.set({ again: true });
    assert.deepEqual([told, state.phase, state.runnable, state.again], [2, "ready", true, true]);
  });

  test("says why nothing else can begin", () => {
    const state = new AppState();
    const reasons = ["loading", "ready", "fisher", "training", "surface", "done", "error"].map((phase) => {
      state.set({ phase });
      return state.lockReason;
    });
    assert.deepEqual(reasons, ["loading", "", "running", "running", "running", "", ""]);
  });

  test("has what was live finished, with its rates, and leaves what was not", () => {
    const state = new AppState();
    const recorded = { kind: "recorded", date: "2026-01-01", machine: "", command: "" };
    state.set({
      fisher: { fisher: {}, origin: LIVE, of: 4 },
      rates: [{ site: "embeddings", rate: 0.1 }],
      training: { runs: [], origin: recorded },
      verdict: { results: {}, origin: LIVE, progress: { runs: 1, of: 2 } },
    });
    const told = [];
    for (const name of ["fisher", "rates", "training", "verdict"]) state.subscribe([name], () => told.push(name));
    state.finishLive();
    assert.deepEqual(told, ["fisher", "verdict", "rates"]);
    assert.deepEqual(
      [state.fisher.origin, state.fisher.of, state.training.origin, state.verdict.origin, state.verdict.progress],
      [FINISHED, 4, recorded, FINISHED, { runs: 1, of: 2 }],
    );
  });

  test("notes of what figures are, and of which day", () => {
    const state = new AppState();
    state.note(["fisher", "rates"], "mini", "2026-01-01");
    state.note(["rates"], "other", "");
    assert.deepEqual(state.sources, { fisher: { of: "mini", date: "2026-01-01" }, rates: { of: "other", date: "" } });
  });
});
