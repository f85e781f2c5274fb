// Two different arms of those whose model is kept, by two selects.

import { byId, element, fill } from "../ui/dom.js";
import { disable } from "../ui/reasons.js";

const USUAL = "standard";

/**
 * @param {string} firstId of a select
 * @param {string} secondId of another
 * @param {() => void} onChoice
 */
export function pairChoice(firstId, secondId, onChoice) {
  const selects = [byId(firstId), byId(secondId)];
  let arms = [];
  /** Nothing where there are no two arms. */
  let pair = [];

  selects.forEach((select, place) => select.addEventListener("change", () => {
    const other = pair[1 - place];
    const next = [select.value, select.value === other ? pair[place] : other]; // whoever takes the other's arm gives it theirs
    pair = place === 0 ? next : next.reverse();
    show();
    onChoice();
  }));

  function show() {
    selects.forEach((select, place) => {
      fill(select, arms.map((arm) => element("option", { value: arm, selected: arm === pair[place] }, arm)));
      disable(select, pair.length === 0 ? "twoModels" : "");
    });
  }

  return {
    get pair() {
      return pair;
    },

    /** @param {string[]} present the arms there are; what was chosen stays where it can */
    offer(present) {
      arms = present;
      const usual = arms.includes(USUAL) ? USUAL : arms[0];
      if (arms.length < 2) pair = [];
      else if (pair.length === 0 || !pair.every((arm) => arms.includes(arm))) pair = [arms.find((arm) => arm !== usual), usual];
      show();
    },
  };
}
