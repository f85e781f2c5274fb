// Watches the GPU that the core uses. The core notices a lost device only at its next answer, and a shader that the driver refuses not at
// all: it then goes on with whatever stood in memory.

import { isTooLarge } from "../platform/lab-error.js";

/**
 * Must be called before the core opens a device.
 * @param {(trouble: {outcome: "lost"|"full"|"failed", message: string}) => void} onTrouble told once
 */
export function watchGpu(onTrouble) {
  if (!globalThis.GPUAdapter) return;
  let reported = false;
  const report = (outcome, message) => {
    if (!reported) onTrouble({ outcome, message });
    reported = true;
  };
  const ofMessage = (message, otherwise) => (isTooLarge(message) ? "full" : otherwise);
  const reportError = (error) => report(error instanceof GPUOutOfMemoryError ? "full" : ofMessage(error.message, "failed"), error.message);
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...wishes) {
    const device = await requestDevice.apply(this, wishes);
    device.lost.then(({ reason, message }) => report(ofMessage(message, "lost"), [reason, message].filter(Boolean).join(": ")));
    device.addEventListener("uncapturederror", ({ error }) => reportError(error));
    return device;
  };
  const { popErrorScope } = GPUDevice.prototype;
  GPUDevice.prototype.popErrorScope = async function () {
    const error = await popErrorScope.call(this);
    if (error) reportError(error);
    return error;
  };
}
