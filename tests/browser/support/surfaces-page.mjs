// A page that computes small loss surfaces, and what is drawn of them.

import { readFileSync } from "node:fs";
import { TINY, FILES } from "../page.mjs";
import { holdable } from "./held-workers.mjs";

export const SMALL = `${TINY.replace("fisher_texts=20", "fisher_texts=4")}&surface_points=9&surface_texts=2&surface_range=1&workers=2`;

/** A busy machine loads the page, and computes a surface, slowly. */
const PATIENCE_MS = 600_000;

/** The authors' surfaces need no core. */
export const AT_ONCE = ["loading", "ready"];

/** Notes the jobs that the pool's workers begin, the page's phases and its WebGL context. */
export const watch = async (page) => {
  page.setDefaultTimeout(PATIENCE_MS);
  await holdable(page);
  return page.addInitScript(noteWhatBegins);
};

export const RECORDED = "data/surfaces/recorded.json";

export const recordedSurfaces = () => JSON.parse(readFileSync(FILES.get(RECORDED), "utf8"));

function noteWhatBegins() {
  globalThis.begun = [];
  globalThis.phases = [];
  new MutationObserver(() => globalThis.phases.push(document.documentElement.dataset.phase)).observe(document, {
    attributes: true,
    subtree: true,
    attributeFilter: ["data-phase"],
  });
  globalThis.Worker = class extends Worker {
    constructor(address, options) {
      super(address, options);
      this.role = options.name;
    }

    postMessage(message, ...rest) {
      // The coordinator, too, begins a job: it measures its speed where the page rests.
      if (this.role === "trainer" && message.method === "start") globalThis.begun.push(message.args[1].id);
      super.postMessage(message, ...rest);
    }
  };
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function watched(kind, ...rest) {
    const context = getContext.call(this, kind, ...rest);
    if (kind === "webgl2") globalThis.gl = context;
    return context;
  };
}

export const twoFrames = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(done));
      }),
  );
