// The page's own worker, for measurements of the core with WebGPU.

/** A page of the lab's own origin on which nothing runs. */
export const BARE_PAGE = "data/samples/prose.txt";

/** Runs in the page: a worker with a core, model and texts, called like an object. */
export async function openWorker(folder) {
  const worker = new Worker(`${folder}engine/worker.js`, { type: "module" });
  const waiting = new Map();
  worker.addEventListener("message", ({ data: { id, result, error } }) => {
    if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
  });
  let asked = 0;
  globalThis.call = (method, ...args) =>
    new Promise((resolve, reject) => {
      waiting.set((asked += 1), { resolve, reject });
      worker.postMessage({ id: asked, method, args });
    });
  const bytes = async (path) => new Uint8Array(await (await fetch(folder + path)).arrayBuffer());
  const { compiled } = await globalThis.call("compile", "webgpu");
  await globalThis.call("open", "webgpu", compiled);
  const model = (name) => bytes(`data/models/mini-4x256/${name}`);
  await globalThis.call("loadModel", "mini-4x256", await model("config.json"), await model("model.safetensors"), await model("tokenizer.json"));
  await globalThis.call("readDataset", await bytes("data/samples/tickets.csv"), { name: "tickets" });
  await globalThis.call("loadCorpus", await bytes("data/samples/prose.txt"));
}
