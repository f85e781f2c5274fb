// Which device can train here. The CPU path is strong and always there; a GPU is used only where a real one answers.

export const CPU = { kind: "cpu", adapter: null };

/** A reader's answer is awaited no longer than this: some drivers never answer. */
const ADAPTER_TIMEOUT_MS = 3000;

/**
 * @typedef {object} Probe
 * @property {boolean} gpu whether a WebGPU adapter answered at all
 * @property {boolean} preferred whether "auto" should take it: real hardware, with room for the buffers of a small encoder
 * @property {string} adapter its name, or ""
 * @property {"no-webgpu"|"no-adapter"|"software"|"small"|"hardware"} reason
 */

/**
 * Asks the browser for an adapter. Never throws.
 * @param {GPU | undefined} [gpu]
 * @returns {Promise<Probe>}
 */
export async function probeDevice(gpu = navigator.gpu) {
  const none = (reason) => ({ gpu: false, preferred: false, adapter: "", reason });
  if (!gpu) return none("no-webgpu");
  let adapter = null;
  try {
    const timeout = new Promise((resolve) => setTimeout(resolve, ADAPTER_TIMEOUT_MS, null));
    adapter = await Promise.race([gpu.requestAdapter(), timeout]);
  } catch {
    // a browser that refuses by throwing is one without an adapter
  }
  if (!adapter) return none("no-adapter");
  const info = adapter.info ?? {};
  const name = [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(" ");
  const software = info.isFallbackAdapter === true || adapter.isFallbackAdapter === true || /swiftshader|llvmpipe|basic render/i.test(name);
  // 128 MiB in one binding is WebGPU's default limit: the embedding of 30,522 words × 768 floats is 94 MB.
  const small = adapter.limits?.maxStorageBufferBindingSize < 128 * 1024 * 1024;
  const reason = software ? "software" : small ? "small" : "hardware";
  return { gpu: true, preferred: reason === "hardware", adapter: name, reason };
}

/**
 * The device that a choice means here.
 * @param {"auto"|"cpu"|"webgpu"} choice
 * @param {Probe} probe
 * @returns {"cpu"|"webgpu"}
 */
export function chooseDevice(choice, probe) {
  if (choice === "webgpu") return probe.gpu ? "webgpu" : "cpu";
  return choice === "auto" && probe.preferred ? "webgpu" : "cpu";
}
