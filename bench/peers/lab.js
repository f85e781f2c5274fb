// The lab as a peer: the page's own worker, driven by the calls that the page makes.
//
// It draws its batches from a data set. A timed run goes over a training part of 400 rows; the fixed batch is the training part of a file of
// 18 rows, two of which the lab keeps for testing. Every arm keeps dropout before the classifier, so a loss without any is asked of `predict`.

const SETTINGS = { arms: ["standard"], seeds: [1], warmup_fraction: 0, max_tokens: 64, batch_size: 16 };
const FIXED_ROWS = 18;

/**
 * @param {(method: string, ...args: any[]) => Promise<any>} call into www/engine/worker.js
 * @param {{device: string, folder: string}} options
 */
export async function openLab(call, { device, folder }) {
  const bytes = async (name) => {
    const response = await fetch(new URL(name, folder));
    if (!response.ok) throw new Error(`${name}: the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  const rows = new TextDecoder()
    .decode(await bytes("rows.csv"))
    .trimEnd()
    .split(/\r?\n/);
  const file = (count) => new TextEncoder().encode(rows.slice(0, count + 1).join("\n"));
  const { compiled } = await call("compile", device);
  await call("open", device, compiled);
  const weights = await bytes("model.safetensors");
  await call("loadModel", "bench", await bytes("config.json"), weights, await bytes("tokenizer.json"));

  return {
    /** A run over the fixed batch, or over the file; the batches themselves are the lab's. */
    async begin({ batches, steps, learningRate }) {
      const fixed = batches.length === 1;
      await call("readDataset", fixed ? file(FIXED_ROWS) : file(rows.length - 1), { name: "bench" });
      const settings = { ...SETTINGS, epochs: fixed ? steps : 1, learning_rate: learningRate, test_fraction: fixed ? 0.05 : 0.2 };
      const { config, jobs } = await call("plan", settings);
      const job = jobs.find(({ kind }) => kind === "run");
      if (job.units < steps) throw new Error(`the lab plans ${job.units} steps where ${steps} are wanted`);
      const { standard } = await call("arms", config, null);
      await call("start", config, job, standard);
    },
    /** Evaluations between the steps, one after each pass over the rows, are not counted. */
    async advance(count) {
      const losses = [];
      let milliseconds = 0;
      while (losses.length < count) {
        const begin = performance.now();
        const step = (await call("advance", 1)).find(({ type }) => type === "step");
        if (!step) continue;
        milliseconds += performance.now() - begin;
        losses.push(step.loss);
      }
      return { losses, milliseconds };
    },
    /** The loss of the first 16 rows under the initial weights, without dropout. */
    async lossWithoutDropout() {
      await call("readDataset", file(rows.length - 1), { name: "bench" });
      await call("plan", SETTINGS);
      await call("loadTrained", "initial", weights, ["even", "odd"], SETTINGS.max_tokens);
      let sum = 0;
      for (const row of rows.slice(1, 17)) {
        const [, text, label] = row.match(/^(.*),(even|odd)$/);
        const { probabilities } = await call("predict", "initial", text, null);
        sum -= Math.log(probabilities[label === "odd" ? 1 : 0]);
      }
      return sum / 16;
    },
  };
}
