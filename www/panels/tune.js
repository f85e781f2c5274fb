// A fair search before the comparison: what it takes, and what it has chosen for each arm.

import { byId, element, fill, numeric, table } from "../ui/dom.js";
import { count, fixed, number, percent } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";

/** @param {{onTune: () => void, onForget: () => void}} actions */
export function tunePanel({ onTune, onForget }) {
  const words = text.train.tune;
  const button = byId("run-tune");
  let forget = null;
  let lockReason = "loading";
  button.addEventListener("click", onTune);

  return {
    /** @param {string} time in words; "" while it is not known */
    showEstimate(time) {
      byId("tune-estimate").textContent = words.estimate(time);
    },

    /** @param {Array<Record<string, any>>} choices docs/formats.md, choices */
    showChoices(choices) {
      forget = null;
      if (choices.length === 0) {
        fill(byId("choices"));
        return;
      }
      const { columns } = words;
      forget = element("button", { type: "button", class: "link", id: "forget-choices", onclick: onForget }, words.forget);
      disable(forget, lockReason);
      fill(
        byId("choices"),
        table({
          caption: words.chosen,
          columns: [
            columns.arm,
            ...[columns.fraction, columns.rate, columns.learningRate, columns.epochs, columns.score, columns.settings].map(numeric),
          ],
          rows: choices.map((choice) => [
            armCell(choice.arm),
            percent(choice.fraction, 0),
            choice.rate === undefined ? "" : number(choice.rate),
            number(choice.learning_rate),
            count(choice.epochs),
            fixed(choice.score, 3),
            count(choice.settings),
          ]),
          stacks: true,
        }),
        element("div", { class: "buttons" }, forget),
      );
    },

    /** Disables both buttons. @param {string} reason "" to unlock */
    lock(reason) {
      lockReason = reason;
      disable(button, reason);
      if (forget) disable(forget, reason);
    },
  };
}
