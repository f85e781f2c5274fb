// The pool of workers, without a browser: node --test tests/browser/pool.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Pool } from "../../www/engine/pool.js";
import { LabError } from "../../www/platform/lab-error.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

const job = (id, work) => ({ id, work });

/** A pool whose workers are bare objects, and what happened to it. */
function pool() {
  const seen = { opened: 0, causes: [], reports: [] };
  const it = new Pool(async (before) => {
    seen.opened += 1;
    if (before) seen.causes.push(before.ended.kind);
    return {
      ended: null,
      end(error = new LabError("stopped", "stopped")) {
        this.ended ??= error;
      },
    };
  });
  const report = (failed, error, { retried, workers, rows }) =>
    seen.reports.push([failed.id, error.kind, retried, workers, ...(rows === null ? [] : [rows])]);
  return { it, seen, report };
}

describe("the pool", () => {
  test("takes the longest job first and does each once, whatever its size", async () => {
    for (const size of [1, 2, 4]) {
      const { it, seen, report } = pool();
      const begun = [];
      const lost = await it.drain(
        [job("short", 1), job("long", 9), job("middle", 5)],
        size,
        async (_, { id }) => {
          begun.push(id);
          await turn();
        },
        report,
      );
      assert.deepEqual(begun, ["long", "middle", "short"]);
      assert.deepEqual([lost, seen.reports, seen.opened], [[], [], Math.min(size, 3)]);
    }
  });

  test("does what is ahead first and what comes later last, and waits for it without ending", async () => {
    for (const size of [1, 2]) {
      const { it, seen, report } = pool();
      const begun = [];
      let tell;
      const later = new Promise((resolve) => {
        tell = resolve;
      });
      const perform = async (_, { id }) => {
        begun.push(id);
        await turn();
        if (id === "measured") for (let i = 0; i < 5; i += 1) await turn(); // the others have nothing left to do meanwhile
        if (id === "measured") tell([job("bound", 1), job("longer", 4)]);
      };
      assert.deepEqual(await it.drain([job("free", 5)], size, perform, report, { ahead: [job("first", 3), job("measured", 1)], later }), []);
      assert.deepEqual(begun, ["first", "measured", "free", "longer", "bound"]);
      assert.deepEqual([seen.reports, seen.opened], [[], size]);
    }
  });

  test("ends where two workers wake for one job, and one of them finds it taken", async () => {
    const { it, report } = pool();
    const begun = [];
    const later = turn()
      .then(() => turn())
      .then(() => [job("bound", 1)]); // both workers wait by then
    const perform = async (_, { id }) => {
      begun.push(id);
    };
    assert.deepEqual(await it.drain([], 2, perform, report, { ahead: [job("first", 2), job("second", 1)], later }), []);
    assert.deepEqual(begun, ["first", "second", "bound"]);
  });

  test("does not wait for what never comes: a fault of what makes it known, a stop, a job that another worker gave back", async () => {
    const { it, report } = pool();
    const fault = Promise.reject(new LabError("config", "no rates"));
    await assert.rejects(
      it.drain([job("free", 1)], 2, async () => {}, report, { later: fault }),
      { kind: "config" },
    );

    const stopped = pool();
    const drained = stopped.it.drain([job("free", 1)], 2, async () => {}, stopped.report, { later: new Promise(() => {}) });
    await turn();
    stopped.it.stop();
    assert.deepEqual(await drained, []);

    const tight = pool();
    let tell;
    const later = new Promise((resolve) => {
      tell = resolve;
    });
    let tries = 0;
    const perform = async (_, { id }) => {
      await turn();
      if (id !== "measured") return;
      await turn(); // the other worker waits by now
      tries += 1;
      if (tries === 1) throw new LabError("memory", "out of memory"); // its slot goes, and the job is the waiting one's
      tell([job("bound", 1)]);
    };
    assert.deepEqual(await tight.it.drain([], 2, perform, tight.report, { ahead: [job("first", 1), job("measured", 1)], later }), []);
    assert.deepEqual(tight.seen.reports, [["measured", "memory", true, 1]]);
  });

  test("does a job again where its worker died, on a new worker, and once", async () => {
    const { it, seen, report } = pool();
    const tries = { weak: 0, doomed: 0, sound: 0 };
    const lost = await it.drain(
      [job("weak", 3), job("doomed", 2), job("sound", 1)],
      1,
      async (worker, { id }) => {
        tries[id] += 1;
        if (id === "doomed" || (id === "weak" && tries.weak === 1)) {
          worker.end(new LabError("crash", "killed by the test"));
          throw new LabError("crash", "killed by the test");
        }
      },
      report,
    );
    assert.deepEqual(tries, { weak: 2, doomed: 2, sound: 1 });
    assert.deepEqual(seen.reports, [
      ["weak", "crash", true, 1],
      ["doomed", "crash", true, 1],
      ["doomed", "crash", false, 1],
    ]);
    assert.deepEqual(
      lost.map((each) => each.job.id),
      ["doomed"],
    );
    assert.equal(seen.opened, 4);
  });

  test("loses a run that diverged without a second try, and ends at once on any other error", async () => {
    const { it, seen, report } = pool();
    const lost = await it.drain(
      [job("wild", 2), job("sound", 1)],
      1,
      async (_, { id }) => {
        if (id === "wild") throw new LabError("diverged", "not finite");
      },
      report,
    );
    assert.deepEqual([lost.length, seen.reports], [1, [["wild", "diverged", false, 1]]]);
    const begun = [];
    await assert.rejects(
      pool().it.drain(
        [job("first", 2), job("second", 1)],
        1,
        async (_, { id }) => {
          begun.push(id);
          throw new LabError("config", "wrong");
        },
        report,
      ),
      { kind: "config" },
    );
    assert.deepEqual(begun, ["first"]);
  });

  test("does a job again where its device was lost, on a worker that is told why", async () => {
    const { it, seen, report } = pool();
    let tries = 0;
    const lost = await it.drain(
      [job("only", 1)],
      1,
      async () => {
        tries += 1;
        if (tries < 3) throw new LabError("device", "lost by the test");
      },
      report,
    );
    assert.deepEqual([lost, tries, seen.causes], [[], 3, ["device", "device"]]);
  });

  test("gets smaller where memory ends, never below one, and stays so", async () => {
    const { it, seen, report } = pool();
    const done = [];
    let room = 1; // so many workers have room
    let busy = 0;
    const perform = async (_, { id }) => {
      busy += 1;
      await turn();
      const full = busy > room;
      await turn();
      busy -= 1;
      if (full) throw new LabError("memory", "out of memory");
      done.push(id);
    };
    const jobs = ["a", "b", "c", "d", "e"].map((id) => job(id, 1));
    assert.deepEqual(await it.drain(jobs, 3, perform, report), []);
    assert.deepEqual(done.toSorted(), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(
      seen.reports.map(([, ...rest]) => rest),
      [
        ["memory", true, 2],
        ["memory", true, 1],
        ["memory", true, 1],
      ],
      "the last of three keeps its place",
    );
    const reports = seen.reports.length;
    await it.drain(jobs, 3, perform, report);
    assert.equal(seen.reports.length, reports, "the next jobs are not tried with more");
    room = 0;
    const lost = await it.drain([job("vast", 1)], 1, perform, report);
    assert.deepEqual(
      lost.map((each) => [each.job.id, each.error.kind]),
      [["vast", "memory"]],
    );
  });

  test("takes the memory of workers that wait for the next phase, before a job is lost to the end of it", async () => {
    const { it, seen, report } = pool();
    const workers = [];
    let full = true;
    const lost = await it.drain(
      [job("long", 2), job("short", 1)],
      2,
      async (worker, { id }) => {
        workers.push(worker);
        for (let count = 0; count < (id === "long" ? 5 : 1); count += 1) await turn();
        if (id === "short" || !full) return;
        full = false;
        throw new LabError("memory", "out of memory");
      },
      report,
      { lessen: () => 4 }, // not asked
    );
    assert.deepEqual([lost, seen.reports], [[], [["long", "memory", true, 1]]]);
    assert.deepEqual(
      workers.map(({ ended }) => ended?.kind ?? null),
      ["memory", "stopped", null],
    );
  });

  test("does not count it as a try where memory ended beside other workers", async () => {
    const { it, seen, report } = pool();
    let tries = 0;
    const lost = await it.drain(
      [job("large", 9), ...["a", "b", "c", "d"].map((id) => job(id, 1))],
      3,
      async (_, { id }) => {
        for (let count = 0; count < 4; count += 1) await turn();
        if (id !== "large") return;
        tries += 1;
        if (tries < 3) throw new LabError("memory", "out of memory");
      },
      report,
    );
    assert.deepEqual(
      [lost, tries, seen.reports],
      [
        [],
        3,
        [
          ["large", "memory", true, 2],
          ["large", "memory", true, 1],
        ],
      ],
    );
  });

  test("does a job with less at once where the last worker's memory ends, as often as there is less; then it counts as a try", async () => {
    for (const full of [new LabError("memory", "out of memory"), new LabError("device", "", { outcome: "full" })]) {
      const { it, seen, report } = pool();
      let rows = 8;
      const lessen = () => {
        rows = Math.floor(rows / 2);
        return rows || null;
      };
      const perform = async (_, { id }) => {
        await turn();
        if (rows > (id === "vast" ? 0 : 2)) throw full;
        if (id === "vast" && full.kind === "memory") throw full;
      };
      assert.deepEqual(await it.drain([job("large", 1)], 1, perform, report, { lessen }), []);
      const lost = await it.drain([job("vast", 1)], 1, perform, report, { lessen });
      const { kind } = full;
      assert.deepEqual(seen.reports.slice(0, 3), [
        ["large", kind, true, 1, 4],
        ["large", kind, true, 1, 2],
        ["vast", kind, true, 1, 1],
      ]);
      assert.deepEqual(
        lost.map((each) => each.job.id),
        kind === "memory" ? ["vast"] : [],
      );
    }
  });

  test("takes another worker's memory before it asks for less", async () => {
    const { it, seen, report } = pool();
    let tries = 0;
    const perform = async (_, { id }) => {
      for (let count = 0; count < 4; count += 1) await turn();
      if (id !== "large") return;
      tries += 1;
      if (tries < 3) throw new LabError("memory", "out of memory");
    };
    const jobs = [job("large", 9), ...["a", "b", "c"].map((id) => job(id, 1))];
    assert.deepEqual(await it.drain(jobs, 2, perform, report, { lessen: () => 4 }), []);
    assert.deepEqual(seen.reports, [
      ["large", "memory", true, 1],
      ["large", "memory", true, 1, 4],
    ]);
  });

  test("gets wider when it is told to, while jobs wait", async () => {
    const { it, seen, report } = pool();
    let most = 0;
    let busy = 0;
    await it.drain(
      Array.from({ length: 6 }, (_, index) => job(String(index), 1)),
      1,
      async (_, { id }) => {
        busy += 1;
        most = Math.max(most, busy);
        if (id === "1") it.widen(3);
        await turn();
        busy -= 1;
      },
      report,
    );
    assert.deepEqual([most, seen.opened], [3, 3]);
  });

  test("holds while it is paused and drops everything when it is stopped", async () => {
    const { it, seen, report } = pool();
    const steps = { one: 0, two: 0 };
    const drained = it.drain(
      [job("one", 1), job("two", 1)],
      2,
      async (_, { id }) => {
        for (let step = 0; step < 1000; step += 1) {
          if (!(await it.gate())) return;
          steps[id] += 1;
          await turn();
        }
      },
      report,
    );
    const someTurns = async () => {
      for (let count = 0; count < 20; count += 1) await turn();
    };
    await someTurns();
    it.pause();
    await turn(); // the step under way may end
    const held = { ...steps };
    assert.ok(held.one > 0 && held.two > 0);
    await someTurns();
    assert.deepEqual(steps, held);
    it.resume();
    await someTurns();
    assert.ok(steps.one > held.one && steps.two > held.two);
    it.stop();
    await drained;
    assert.ok(steps.one < 1000);
    assert.deepEqual(seen.reports, []);
  });

  test("holds where it is paused again at once, and ends a worker that comes after it was stopped", async () => {
    const { it } = pool();
    it.pause();
    let passed = false;
    const gate = it.gate().then((goesOn) => {
      passed = true;
      return goesOn;
    });
    it.resume();
    it.pause();
    await turn();
    assert.equal(passed, false);
    it.resume();
    assert.equal(await gate, true);

    const late = {
      ended: null,
      end() {
        this.ended = "stopped";
      },
    };
    let come;
    const opening = new Pool(
      () =>
        new Promise((resolve) => {
          come = () => resolve(late);
        }),
    );
    const drained = opening.drain(
      [job("only", 1)],
      1,
      async () => {},
      () => {},
    );
    await turn();
    opening.stop();
    come();
    await drained;
    assert.equal(late.ended, "stopped");
  });
});
