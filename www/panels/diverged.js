// Diverged runs: which, at which step, and a rerun with half the learning rate.

import { byId, element, fill } from "../ui/dom.js";
import { count, number } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";

/** Maximum number of runs listed. */
const NAMED = 6;

/**
 * @typedef {object} DivergedRun
 * @property {string} arm
 * @property {number} seed
 * @property {number} fraction
 * @property {number} step from 1
 * @property {"loss"|"gradient"|"prediction"} what was not finite
 * @property {number} learning_rate of that step
 * @property {number} largest_gradient_norm before that step; 0 at the first step
 */

/** @param {{onRepeat: (rate: number) => void}} actions `onRepeat`: called with half the learning rate */
export function divergedPanel({ onRepeat }) {
  const place = byId("lost-runs");
  const words = text.train.diverged;
  let button = null;
  let lockReason = "";
  const applyLock = () => button && disable(button, lockReason);
  const sentence = (run) =>
    words.run({
      ...run,
      fractionName: text.train.fractionName(run.fraction),
      step: count(run.step),
      rate: number(run.learning_rate),
      largest: run.step > 1 || run.what === "prediction" ? number(run.largest_gradient_norm) : null,
    });

  return {
    /**
     * @param {DivergedRun[]} runs
     * @param {number} half the learning rate to try next
     */
    show(runs, half) {
      button = element("button", { type: "button", id: "repeat-slower", onclick: () => onRepeat(half) }, words.repeat(String(half)));
      applyLock();
      fill(
        place,
        element(
          "div",
          { class: "error" },
          element("p", {}, element("strong", {}, `${text.errors.heading.diverged}${text.marks.stop}${text.marks.gap}`), words.explained(runs.length)),
          element(
            "ul",
            {},
            runs.slice(0, NAMED).map((run) => element("li", {}, sentence(run))),
          ),
          runs.length > NAMED ? element("p", {}, words.more(runs.length - NAMED)) : null,
          element("p", { class: "advice" }, text.errors.advice.diverged),
          element("div", { class: "buttons" }, button),
        ),
      );
    },

    clear() {
      fill(place);
    },

    /** Disables the button during an experiment. @param {string} reason "" to unlock */
    lock(reason) {
      lockReason = reason;
      applyLock();
    },
  };
}
