// Data-quality findings, updated after every change of data set, model or settings.

import { afterPause } from "../ui/dom.js";
import { showError } from "../panels/errors.js";

/** The changes to the rows that are in force. */
export const mendsOf = (settings) => (settings.get("mend") ? JSON.parse(settings.get("mend")) : []);

/**
 * @param {import("./run.js").Page} page
 * @returns {{refresh: () => void}} to be called after every change of dataset, model, seeds, share of test rows or maximum length
 */
export function createHealth({ settings, session, panels }) {
  return {
    refresh: afterPause(300, async () => {
      const { dataset, model } = session.inputs;
      if (!dataset || !model) {
        panels.health.showNone();
        return;
      }
      try {
        const findings = await session.coordinator.health(settings.config());
        if (dataset === session.inputs.dataset) panels.health.show(findings, mendsOf(settings).length);
      } catch (error) {
        panels.health.showNone();
        if (error.kind !== "config") showError(error); // a setting out of bounds is said beside its field
      }
    }),
  };
}
