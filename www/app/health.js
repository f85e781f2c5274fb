// What is found in the dataset, looked for again after every change of dataset, model or settings that it depends on.

import { afterPause } from "../ui/dom.js";
import { showError } from "../panels/errors.js";

/** The changes to the rows that are in force. */
export const mendsOf = (state) => (state.get("mend") ? JSON.parse(state.get("mend")) : []);

/**
 * @param {object} page {state, session, panels}
 * @returns {{refresh: () => void}} to be called after every change of dataset, model, seeds, share of test rows or maximum length
 */
export function createHealth({ state, session, panels }) {
  return {
    refresh: afterPause(300, async () => {
      const { dataset } = session.inputs;
      if (!dataset || !session.inputs.model) {
        panels.health.showNone();
        return;
      }
      try {
        const findings = await session.health(state.config());
        if (dataset === session.inputs.dataset) panels.health.show(findings, mendsOf(state).length);
      } catch (error) {
        panels.health.showNone();
        if (error.kind !== "config") showError(error); // a setting out of bounds is said beside its field
      }
    }),
  };
}
