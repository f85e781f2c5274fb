// Selection of two different arms with a stored model.

import { byId, element, fill } from "../ui/dom.js";
import { disable } from "../ui/reasons.js";

const DEFAULT = "standard";

/**
 * @param {string} firstId of a select
 * @param {string} secondId of another
 * @param {() => void} onChoice
 */
export function armPairSelect(firstId, secondId, onChoice) {
  const selects = [byId(firstId), byId(secondId)];
  let arms = [];
  /** Empty if there are fewer than two arms. */
  let pair = [];

  selects.forEach((select, place) =>
    select.addEventListener("change", () => {
      const other = pair[1 - place];
      const next = [select.value, select.value === other ? pair[place] : other]; // selecting the other's arm swaps them
      pair = place === 0 ? next : next.reverse();
      show();
      onChoice();
    }),
  );

  function show() {
    selects.forEach((select, place) => {
      fill(
        select,
        arms.map((arm) => element("option", { value: arm, selected: arm === pair[place] }, arm)),
      );
      disable(select, pair.length === 0 ? "twoModels" : "");
    });
  }

  return {
    get pair() {
      return pair;
    },

    /** @param {string[]} present available arms; the selection is kept if possible */
    offer(present) {
      arms = present;
      const usual = arms.includes(DEFAULT) ? DEFAULT : arms[0];
      if (arms.length < 2) pair = [];
      else if (pair.length === 0 || !pair.every((arm) => arms.includes(arm))) pair = [arms.find((arm) => arm !== usual), usual];
      show();
    },
  };
}
