// Which version of the page this is, what it weighs, and the one that may have come since (see offline.js).

import { scriptAddress } from "../platform/scripts.js";

const CORE = "pkg/guided_dropout_lab_bg.wasm";
const GPU_CORE = "pkg/gpu/guided_dropout_lab_bg.wasm";
const MODEL_FILES = ["config.json", "model.safetensors", "tokenizer.json"];
/** A page that stays open asks again when it is looked at, but not more often than this. */
const ASK_AGAIN_MS = 10 * 60_000;

/** The generated manifest.js; without it the page works, but shows no version and is not cached. */
const { version, files } = globalThis.pageManifest ?? { version: null, files: {} };

/** @returns {boolean} whether the page is known to have a file; to ask the server for one that is missing would be an error in the console */
export const hasFile = (path) => path in files;

/** The digest of the core for GPUs, before it is fetched; null where it is not listed. */
export const gpuCore = files[GPU_CORE]?.sha256 ?? null;

/**
 * Bytes of the CPU's core and a built-in model; NaN where they are not listed.
 * @param {string} model
 */
export function bytesToLoad(model) {
  return [CORE, ...MODEL_FILES.map((file) => `data/models/${model}/${file}`)].reduce((sum, path) => sum + (files[path]?.bytes ?? NaN), 0);
}

/** Has the browser keep the core for GPUs too, where one uses it; it was fetched before the page was kept, or by an earlier version of it. */
export async function keepGpuCore() {
  const registration = await navigator.serviceWorker?.ready;
  registration?.active.postMessage("keep what a GPU needs");
}

/**
 * Has the browser keep the page for use without a network, and looks for newer versions from then on.
 * @param {(reload: (onOthers: (count: number) => void) => void) => void} onNewer called when a newer version is ready; it is given what to
 *   call to change to it, which reloads the page, or reports how many other pages still need the present version
 */
export async function keepOffline(onNewer) {
  if (!navigator.serviceWorker || !version) return;
  let registration;
  try {
    registration = await navigator.serviceWorker.register(scriptAddress("service-worker.js"), { updateViaCache: "none" });
  } catch (error) {
    console.warn(`not kept for offline use: ${error.message}`);
  }
  if (!registration) return;

  const offer = async (worker) => {
    if ((await reached(worker, "installed")) && navigator.serviceWorker.controller) onNewer((onOthers) => changeTo(worker, onOthers));
  };
  registration.addEventListener("updatefound", () => offer(registration.installing));
  if (registration.waiting) offer(registration.waiting);
  lookForNewer(registration);
  if (navigator.serviceWorker.controller) return;
  const { active } = await navigator.serviceWorker.ready;
  if (await reached(active, "activated")) active.postMessage({ loaded: version });
}

function lookForNewer(registration) {
  let askedMs = performance.now(); // the browser itself asks when a page opens
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || performance.now() - askedMs < ASK_AGAIN_MS) return;
    askedMs = performance.now();
    registration.update().catch(() => {}); // offline, or half of an upload: asked again later
  });
}

/** Whether a worker gets to a state, rather than being given up on the way. */
function reached(worker, state) {
  return new Promise((resolve) => {
    const settle = () => {
      if (worker.state === state) resolve(true);
      else if (worker.state === "redundant") resolve(false);
    };
    worker.addEventListener("statechange", settle);
    settle();
  });
}

/** One press is answered once: by the worker's taking over, or by the number of pages that keep it from that. */
async function changeTo(worker, onOthers) {
  const refused = new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("message", ({ data }) => resolve(data.otherPages), { once: true });
  });
  worker.postMessage("take over");
  const answer = await Promise.race([refused, reached(worker, "activated")]);
  if (answer === true) location.reload();
  else if (answer) onOthers(answer);
}
