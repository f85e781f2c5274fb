// Section 1: what was found in the dataset, with the lines behind each finding and a button that mends it.

import { byId, element, fill } from "../ui/dom.js";
import { count, number, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";

/** Lines listed with a finding, at most. */
const SHOWN_LINES = 30;

/**
 * The panel of a dataset's health.
 * @param {{onMend: (mend: object) => void, onUndo: () => void}} actions `onMend`: the rows shall be changed so; `onUndo`: not at all
 */
export function healthPanel({ onMend, onUndo }) {
  const place = byId("dataset-health");
  const words = text.data.health;
  const format = { count, number, percent };

  const item = ({ code, lines, mend, ...found }) =>
    element(
      "li",
      {},
      words.findings[code](found, format),
      mend ? [" ", button(words.mends[mend.mend](mend), () => onMend(mend))] : null,
      lines.length > 0
        ? element(
            "details",
            {},
            element("summary", {}, words.lines),
            element(
              "p",
              { class: "legend-note" },
              `${lines.slice(0, SHOWN_LINES).map(count).join(text.marks.comma)}${lines.length > SHOWN_LINES ? " …" : ""}`,
            ),
          )
        : null,
    );

  function button(label, onClick) {
    const made = element("button", { type: "button", class: "small" }, label);
    made.addEventListener("click", onClick);
    return made;
  }

  return {
    showNone() {
      fill(place);
    },

    /**
     * @param {object[]} findings of the core's `health`
     * @param {number} mends how many changes to the rows are in force
     */
    show(findings, mends) {
      fill(
        place,
        element("h3", { class: "small" }, words.heading),
        findings.length > 0 ? element("ul", { class: "findings" }, findings.map(item)) : element("p", { class: "note" }, words.none),
        mends > 0 ? element("p", {}, words.mended(mends), " ", button(words.undo, onUndo)) : null,
      );
    },
  };
}
