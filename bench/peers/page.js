// The page around one peer: `peer.open`, `peer.begin` and `peer.advance`, each forwarded to a worker. Which one, the driver says.

import { openLab } from "./lab.js";

/** Calls into a worker, as promises. */
function calls(worker) {
  const waiting = new Map();
  let last = 0;
  worker.addEventListener("message", ({ data: { id, result, error } }) => {
    if (!waiting.has(id)) return; // the lab's worker also tells how much it has received
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  });
  worker.addEventListener("error", ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message ?? "the worker did not start"));
  });
  return (method, ...args) =>
    new Promise((resolve, reject) => {
      waiting.set((last += 1), { resolve, reject });
      worker.postMessage({ id: last, method, args });
    });
}

/** @param {{script: string}} options `script` is "lab", or the peer's own file; the rest goes to it */
globalThis.openPeer = async (options) => {
  const folder = new URL(options.folder, location.href).href;
  const address = options.script === "lab" ? new URL("../../www/engine/worker.js", import.meta.url) : new URL(options.script, import.meta.url);
  const call = calls(new Worker(address, { type: "module" }));
  if (options.script === "lab") {
    globalThis.peer = await openLab(call, { ...options, folder });
    return;
  }
  await call("open", { ...options, folder });
  globalThis.peer = { begin: (run) => call("begin", run), advance: (count) => call("advance", count) };
};
