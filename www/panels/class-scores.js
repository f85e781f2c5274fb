// Precision, recall and F1 of each class: one table per arm.

import { element, numeric, table } from "../ui/dom.js";
import { count, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";

/**
 * @param {{classes: Array<Record<string, any>>, dataset: {labels: string[]}}} results docs/formats.md, classes
 * @returns {HTMLElement}
 */
export function classScores({ classes, dataset: { labels } }) {
  const { classColumns: columns } = text.verdict;
  const arms = [...new Set(classes.map(({ arm }) => arm))];
  return element(
    "div",
    { class: "class-scores", translate: false },
    arms.map((arm) =>
      table({
        caption: armCell(arm),
        columns: [columns.label, ...[columns.rows, columns.precision, columns.recall, columns.f1].map(numeric)],
        rows: classes
          .filter((each) => each.arm === arm)
          .map(({ class: label, rows, precision, recall, f1 }) => [
            labels[label] ?? String(label + 1),
            count(rows),
            ...[precision, recall, f1].map(withInterval),
          ]),
        stacks: true,
      }),
    ),
    element("p", { class: "legend-note" }, text.verdict.classNote),
  );
}

/** A mean over seeds, with its interval on a line of its own. */
function withInterval({ mean, ci95 }) {
  const interval = ci95 ? element("span", { class: "ends" }, text.verdict.classInterval(percent(ci95[0], 0), percent(ci95[1], 0))) : "";
  return element("span", { class: "with-ends" }, percent(mean), interval);
}
