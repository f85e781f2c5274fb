// Runs an on-demand computation of section 6 (loss landscape or trajectories): status in the run bar, figure, or error beside its button.

import { clearErrors } from "../panels/errors.js";
import { text } from "../i18n/text.js";

/** The losses of a grid row by row, as JSON can have them. */
export const rowsOf = (losses, columns) =>
  Array.from({ length: losses.length / columns }, (_, row) =>
    Array.from(losses.subarray(row * columns, (row + 1) * columns), (loss) => (Number.isFinite(loss) ? loss : null)),
  );

/** A loss as the figures have it, where NaN is none yet: the core gives null where it is not finite. */
export const knownLoss = (loss) => loss ?? Infinity;

/**
 * Computes a figure, unless something else is under way.
 * @param {import("./run.js").Page} page
 * @param {import("./run.js").RunController} run
 * @param {object} figure
 * @param {string} figure.place id of its place in the page; its errors belong at `${place}-errors`
 * @param {{done: string, lookAt: string}} figure.words
 * @param {() => void} figure.begin shows the first phase, at once: the coordinator may be in the middle of something
 * @param {() => Promise<"done"|"stopped">} figure.compute
 * @param {() => void} figure.onComputed told of whatever there is at the end, after a stop and after an error
 */
export async function computeFigure({ session, settings, state, panels }, run, { place, words, begin, compute, onComputed }) {
  if (session.running || !session.inputs.complete) return;
  clearErrors("page-errors", `${place}-errors`, "fisher-errors");
  settings.showInForce();
  begin();
  panels.bar.showProgress({ share: 0, secondsLeft: NaN });
  try {
    const ended = await compute().finally(onComputed);
    run.toRest();
    if (ended === "stopped") {
      panels.bar.showStatus(text.landscape.stopped);
      return;
    }
    state.set({ phase: "done", runnable: true, again: false });
    panels.bar.showStatus(words.done);
    panels.bar.showLink(words.lookAt, place);
  } catch (error) {
    run.fail(error, `${place}-errors`);
  }
}
