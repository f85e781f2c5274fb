// The common workload of all peers in the browser: the weights, token ids and constants of ../workload.py and of the lab's recipe.

/** The lab's constants, which are PyTorch's; learning rates fall linearly to 0 over a run. */
export const RECIPE = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 };

/**
 * Reads the folder that workload.py wrote. Weights of linear layers are turned to [in, out], as both peers multiply.
 * @param {string} folder its address, ending in a slash
 * @returns {Promise<{config: object, tensors: Map<string, {shape: number[], values: Float32Array}>, ids: number[][], labels: number[]}>}
 */
export async function readWorkload(folder) {
  const get = async (name, form) => {
    const response = await fetch(new URL(name, folder));
    if (!response.ok) throw new Error(`${name}: the server answered ${response.status}`);
    return response[form]();
  };
  const [config, { ids, labels }, weights] = await Promise.all([
    get("config.json", "json"),
    get("ids.json", "json"),
    get("model.safetensors", "arrayBuffer"),
  ]);
  const header = Number(new DataView(weights).getBigUint64(0, true));
  const entries = Object.entries(JSON.parse(new TextDecoder().decode(new Uint8Array(weights, 8, header))));
  const tensors = new Map();
  for (const [name, { shape, data_offsets: range }] of entries) {
    if (!range || name.startsWith("cls.")) continue; // no classifier has the head for masked words
    const values = new Float32Array(weights.slice(8 + header + range[0], 8 + header + range[1]));
    const isLinear = shape.length === 2 && !name.includes("embeddings");
    tensors.set(name.replace(/^bert\./, ""), isLinear ? { shape: [shape[1], shape[0]], values: turned(values, ...shape) } : { shape, values });
  }
  return { config, tensors, ids, labels };
}

function turned(values, rows, columns) {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) result[column * rows + row] = values[row * columns + column];
  }
  return result;
}

/** The learning-rate factor of step `step`, from 0, of `steps`: see the lab's src/training/train.rs. */
export function factors(step, steps, learningRate) {
  const rate = (learningRate * (steps - step)) / steps;
  return {
    learningRate: rate,
    rate: rate / (1 - RECIPE.beta1 ** (step + 1)),
    secondCorrection: 1 / (1 - RECIPE.beta2 ** (step + 1)),
    decay: 1 - rate * RECIPE.weightDecay,
  };
}

/**
 * Answers a page's calls `{id, method, args}` in a worker, one after the other, as the lab's worker does.
 * @param {Record<string, (...args: any[]) => any>} methods
 */
export function serveCalls(methods) {
  let last = Promise.resolve();
  addEventListener("message", ({ data: { id, method, args } }) => {
    last = last.then(async () => {
      try {
        postMessage({ id, result: await methods[method](...args) });
      } catch (error) {
        postMessage({ id, error: { message: String(error?.stack ?? error) } });
      }
    });
  });
}

/**
 * The calls that each peer answers, around its own way to make a step.
 * @param {(options: object, workload: object) => Promise<{reset: (run: object) => Promise<void>, step: (rows: number[], factors: object, at: number) => Promise<number>}>} start
 */
export function servePeer(start) {
  let peer;
  let run;
  serveCalls({
    async open(options) {
      peer = await start(options, await readWorkload(options.folder));
    },
    /** Begins a run from the initial weights; its step k is over the rows of batch k, the batches taking turns. */
    async begin({ batches, steps, dropout, learningRate }) {
      run = { batches, steps, learningRate, at: 0 };
      await peer.reset({ dropout });
    },
    /** Makes steps, and reads the loss of each before the next. */
    async advance(count) {
      const losses = [];
      const begin = performance.now();
      for (let i = 0; i < count; i += 1, run.at += 1) {
        losses.push(await peer.step(run.batches[run.at % run.batches.length], factors(run.at, run.steps, run.learningRate), run.at));
      }
      return { losses, milliseconds: performance.now() - begin };
    },
  });
}
