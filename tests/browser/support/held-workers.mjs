// Workers that stand still where a test wants them, however fast the machine is.

/**
 * Lets `hold` withhold messages to the pool's workers. Called before `noteJobs` and `playedGpu`, so that those still see a message that is withheld.
 * `globalThis.unanswered` counts the calls that a worker of the pool has got and not yet answered.
 */
export const holdable = (page) =>
  page.addInitScript(() => {
    globalThis.withheld = [];
    globalThis.isHeld = () => false;
    globalThis.unanswered = 0;
    globalThis.Worker = class extends Worker {
      constructor(address, options) {
        super(address, options);
        this.pooled = options.name === "trainer";
        this.job = "";
        this.calls = 0;
        this.addEventListener("message", ({ data }) => {
          if (data.id !== undefined) this.count(-1);
        });
      }

      count(calls) {
        this.calls += calls;
        if (this.pooled) globalThis.unanswered += calls;
      }

      postMessage(message, ...rest) {
        if (message.method === "start") this.job = message.args[1].id;
        const send = () => {
          if (this.ended) return;
          this.count(1);
          super.postMessage(message, ...rest);
        };
        if (this.pooled && globalThis.isHeld(message.method, this.job)) globalThis.withheld.push(send);
        else send();
      }

      terminate() {
        this.ended = true;
        this.count(-this.calls);
        super.terminate();
      }
    };
  });

/** From now on calls of a method ("start" of a job, "advance" by some steps) for jobs of these ids are withheld, but for the first `but` of them. */
export const hold = (page, method, ids, but = 0) =>
  page.evaluate(
    ([held, pattern, count]) => {
      let left = count;
      globalThis.isHeld = (called, job) => called === held && new RegExp(pattern).test(job) && left-- <= 0;
    },
    [method, ids, but],
  );

/** Waits until so many workers stand still, or more. */
export const standingStill = (page, workers = 1) => page.waitForFunction((wanted) => globalThis.withheld.length >= wanted, workers);

/** Nothing is withheld any more; what was goes out. */
export const release = (page) =>
  page.evaluate(() => {
    globalThis.isHeld = () => false;
    for (const send of globalThis.withheld.splice(0)) send();
  });

/** Waits until every call has its answer. */
export const allAnswered = (page) => page.waitForFunction(() => globalThis.unanswered === 0);
