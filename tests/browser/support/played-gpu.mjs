// A GPU that is played: no machine need have one, and it fails where a test wants it to.

import { holdable } from "./held-workers.mjs";

/**
 * An adapter that looks like hardware, and workers that take the CPU for it, once the core for GPUs has been loaded. What it does is set by names of the page:
 *
 * | `globalThis.` | |
 * |---|---|
 * | `lose()` | tells of its loss in each trainer that has opened it |
 * | `broken` | it is lost as soon as a trainer opens it |
 * | `rowsThatFit` | its memory ends where a job computes more rows of a step at once |
 * | `slow` | so many milliseconds later its core is loaded and each family is checked |
 * | `failingWay` | the kernel that brings its worker down as it is timed |
 *
 * @param {import("playwright-core").Page} page
 * @param {() => void} [set] runs in the page before everything of its own, and after these names have got their usual values
 */
export const playedGpu = async (page, set = () => {}) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "gpu", {
      get: () => ({
        requestAdapter: async () => ({ info: { vendor: "acme", architecture: "played" }, limits: { maxStorageBufferBindingSize: 2 ** 28 } }),
      }),
    });
    globalThis.opened = [];
    const fail = (worker, outcome, message) => worker.dispatchEvent(new MessageEvent("message", { data: { trouble: { outcome, message } } }));
    globalThis.lose = () => globalThis.opened.splice(0).forEach((worker) => fail(worker, "lost", "lost by the test"));
    globalThis.rowsThatFit = Infinity;
    const isTooMuch = ({ method, args: [config, job] }) =>
      method === "start" && job.kind === "run" && Math.min(config.batch_size, config.micro_batch_size) > globalThis.rowsThatFit;
    globalThis.answers = () => true;
    globalThis.timedWays = [];
    globalThis.times = { products: { burn: 4, tiles16: 30, tiles8: 2, tiles4: 9 }, rows: { burn: 1, units: 5 } };
    globalThis.Worker = class extends Worker {
      constructor(address, options) {
        super(address, options);
        this.role = options.name;
      }

      postMessage(message, ...rest) {
        if (!globalThis.answers(this.role, message)) return;
        if (message.method === "timeWay") {
          const [, { part, way }, rounds] = message.args;
          const result = 1 + rounds * globalThis.times[part][way];
          globalThis.timedWays.push(way);
          if (way === globalThis.failingWay) {
            fail(this, "failed", "a kernel failed in the test");
            return;
          }
          queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data: { id: message.id, result } })));
          return;
        }
        if (this.role === "candidate" && ["check", "compile"].includes(message.method) && globalThis.slow) {
          setTimeout(() => super.postMessage(message, ...rest), globalThis.slow);
          return;
        }
        if (message.method === "open" && message.args[0] === "cpu") globalThis.cpuCore ??= message.args[1];
        if (message.method === "open" && message.args[0] === "webgpu") {
          message.args = ["cpu", globalThis.cpuCore];
          this.isGpu = true;
          if (this.role === "trainer") {
            globalThis.opened.push(this);
            if (globalThis.broken) setTimeout(globalThis.lose);
          }
        } else if (message.method === "open" && this.role === "trainer") {
          globalThis.cores = (globalThis.cores ?? 0) + 1;
        }
        if (this.isGpu && isTooMuch(message)) setTimeout(() => fail(this, "full", "no more memory in the test"));
        super.postMessage(message, ...rest);
      }
    };
  });
  await page.addInitScript(set);
};

/**
 * Prepares a page with it, and with workers that can be withheld.
 * @param {() => void} [set] as of {@link playedGpu}
 */
export const withPlayedGpu = (set) => async (page) => {
  await holdable(page);
  await playedGpu(page, set);
};

/** Waits for what the badge says of the device. */
export const standing = (page, wanted) => page.waitForFunction((name) => document.querySelector("#device-badge").dataset.standing === name, wanted);
