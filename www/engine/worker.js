// One worker, one Lab. Calls arrive as {id, method, args} and leave as {id, result} or {id, error}, in order; while a core
// downloads, {received} tells how many bytes have come; {trouble} tells that the GPU is lost or refuses its work. The only file of the page
// that imports the wasm cores.

import { canFingerprint, fingerprint } from "../platform/fingerprint.js";
import { otherBytes } from "../platform/files.js";
import { LabError } from "../platform/lab-error.js";
import { watchGpu } from "../gpu/watch.js";
import { CORE_LANGUAGE } from "../i18n/languages.js";

/** By kind of device: what a GPU needs makes a core three times as large, and few first visits come to use it. `glue`: what wasm-bindgen wrote around it. */
const CORES = {
  cpu: { wasm: "../pkg/guided_dropout_lab_bg.wasm", glue: () => import("../pkg/guided_dropout_lab.js") },
  webgpu: { wasm: "../pkg/gpu/guided_dropout_lab_bg.wasm", glue: () => import("../pkg/gpu/guided_dropout_lab.js") },
};
const METHODS = new Set([
  "readDataset",
  "inspectDataset",
  "loadModel",
  "loadCorpus",
  "plan",
  "landscapePlan",
  "trajectoryPlan",
  "setPlane",
  "fisher",
  "walk",
  "arms",
  "start",
  "advance",
  "exportModel",
  "toOnnx",
  "modelCard",
  "families",
  "check",
  "kernelWays",
  "fastestKernels",
  "setKernels",
  "loadTrained",
  "predict",
  "openUnlabelled",
  "labelRows",
  "labelled",
  "results",
  "judge",
  "judgeFiles",
  "schedule",
  "snippet",
  "appraise",
  "tokenizerOfVocabulary",
  "tokenizerWithRoles",
  "arrangeFiles",
  "shardsOf",
  "joinHeaders",
  "joinShards",
  "health",
  "addHead",
  "lengths",
  "rows",
  "cell",
  "corrected",
  "baselines",
  "trials",
  "choose",
]);

let lab = null;
let memory = null;
let last = Promise.resolve();

async function glueOf(kind) {
  try {
    return await CORES[kind].glue();
  } catch (error) {
    throw new LabError("network", error.message);
  }
}

/**
 * Downloads and compiles a core, once for all workers: the others get the compiled module.
 * @param {"cpu"|"webgpu"} kind
 * @param {{bytes: number, sha256: string}} [listed] by the manifest, where there is one
 * @returns {Promise<{compiled: WebAssembly.Module, sha256: string}>}
 */
async function compile(kind, listed) {
  const [core] = await Promise.all([compileWasm(CORES[kind].wasm, listed), glueOf(kind)]);
  return core;
}

async function compileWasm(path, listed) {
  let response;
  try {
    response = await fetch(new URL(path, import.meta.url), { priority: "low" }); // the first view goes before it
  } catch (error) {
    throw new LabError("network", `${path}: ${error.message}`);
  }
  if (!response.ok) throw new LabError("network", `${path}: the server answered ${response.status}`);
  const chunks = [];
  let received = 0;
  const counted = response.body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        chunks.push(chunk);
        received += chunk.length;
        postMessage({ received });
        controller.enqueue(chunk);
      },
    }),
  );
  const digest = async () => {
    const sha256 = await fingerprint(new Uint8Array(await new Blob(chunks).arrayBuffer()));
    if (listed && canFingerprint && sha256 !== listed.sha256) throw otherBytes(path, received, listed.bytes);
    return sha256;
  };
  try {
    const compiled = await WebAssembly.compileStreaming(new Response(counted, { headers: { "content-type": "application/wasm" } }));
    return { compiled, sha256: await digest() };
  } catch (error) {
    await digest(); // half a program is no lack of memory
    throw error;
  }
}

/** @param {WebAssembly.Module} compiled the core for this kind */
async function open(kind, compiled) {
  const { default: init, Lab } = await glueOf(kind);
  ({ memory } = await init({ module_or_path: compiled }));
  if (kind === "webgpu") watchGpu((trouble) => postMessage({ trouble }));
  lab = await Lab.open(kind);
}

/** Milliseconds, by the clock where the work is done. */
async function timed(act) {
  const begin = performance.now();
  await act();
  return performance.now() - begin;
}

/**
 * @param {string} method
 * @param {any[]} args
 * @returns {Promise<any>}
 */
async function perform(method, [first, second, ...more]) {
  if (method === "compile") return compile(first, second);
  if (method === "open") return open(first, second);
  if (method === "memory") return memory?.buffer.byteLength ?? 0; // it never shrinks, so this is the most that was needed
  if (method === "timeWay") return timed(() => lab.runWay(first, second, ...more));
  if (!METHODS.has(method)) throw new Error(`no method ${method}`);
  if (!lab) throw new Error(`${method} before open`);
  if (!(method in lab)) throw new LabError("page", `pkg/ is older than the page and has no ${method}; “make page” builds it anew`);
  return lab[method](first, second, ...more);
}

/** Errors of the core and of the browser when memory runs out. */
const outOfMemory = (error) => /out of memory/.test(error?.message) || (error instanceof RangeError && !/call stack/.test(error.message));

/** An error in a form that a message can carry; a panic leaves the instance unusable, hence "crash". No worker knows the page's language. */
function wireError(thrown) {
  const error = LabError.from(thrown);
  if (error.kind !== "page" || thrown instanceof LabError) return error.with({ language: CORE_LANGUAGE }).toWire();
  return error.with({ kind: outOfMemory(thrown) ? "memory" : "crash", language: CORE_LANGUAGE }).toWire();
}

async function answer({ id, method, args }) {
  try {
    const result = await perform(method, args);
    postMessage({ id, result }, { transfer: result instanceof Uint8Array ? [result.buffer] : [] });
  } catch (error) {
    postMessage({ id, error: wireError(error) });
  }
}

// One call at a time: the Lab is one object, and a second call inside an unfinished one would find it borrowed.
addEventListener("message", ({ data }) => {
  last = last.then(() => answer(data));
});
