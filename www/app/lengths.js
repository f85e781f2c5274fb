// How long the texts are, counted once for each pair of data set and model, and drawn again when only the limit changes.

import { afterPause } from "../ui/dom.js";
import { showError } from "../panels/errors.js";

/**
 * @param {import("./run.js").Page} page
 * @returns {{refresh: () => void}} to be called after every change of data set, model or limit
 */
export function createLengths({ state, settings, session, panels }) {
  let counted = {};
  return {
    refresh: afterPause(200, async () => {
      const { dataset, model } = session.inputs;
      if (!dataset || !model) {
        panels.lengths.showNone();
        return;
      }
      try {
        if (counted.dataset !== dataset || counted.model !== model) {
          counted = { dataset, model, lengths: await session.coordinator.lengths() };
        }
        if (counted.dataset === session.inputs.dataset) {
          panels.lengths.show(counted.lengths, settings.get("max_tokens"), Boolean(state.dataset?.layout.pair_column));
        }
      } catch (error) {
        counted = {};
        panels.lengths.showNone();
        showError(error);
      }
    }),
  };
}
