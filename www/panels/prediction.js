// What fine-tuned models predict for a text of the reader's own: a column for each arm.

import { swatch } from "../charts/palette.js";
import { element, scrollable } from "../ui/dom.js";
import { fixed, mean, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";

const SHOWN_LABELS = 8;

/** Scores, or the probabilities of the classes that are the most probable on average. */
export function predictionTable(predictions, labels) {
  const heads = predictions.map(({ arm }) => element("th", { scope: "col" }, swatch(arm), " ", arm));
  const score = predictions[0].score;
  if (Number.isFinite(score)) {
    return element(
      "table",
      { class: "prediction" },
      element("thead", {}, element("tr", {}, heads)),
      element(
        "tbody",
        {},
        element(
          "tr",
          {},
          predictions.map((prediction) => element("td", { class: "number" }, fixed(prediction.score, 3))),
        ),
      ),
    );
  }
  const average = labels.map((_, index) => mean(predictions.map(({ probabilities }) => probabilities[index])));
  const order = [...labels.keys()].sort((left, right) => average[right] - average[left]).slice(0, SHOWN_LABELS);
  const winners = predictions.map(({ probabilities }) => probabilities.indexOf(Math.max(...probabilities)));
  return scrollable(
    text.verdict.predict,
    element(
      "table",
      { class: "prediction" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, text.verdict.predictColumns.label), heads)),
      element(
        "tbody",
        {},
        order.map((label) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, labels[label]),
            predictions.map(({ arm, probabilities }, index) => {
              const bar = element("div", { class: `bar arm-fill-${arm}` });
              bar.style.width = `${100 * probabilities[label]}%`;
              return element(
                "td",
                { class: winners[index] === label ? "winner" : undefined },
                element(
                  "div",
                  { class: "bar-cell" },
                  element("div", { class: "bar-track" }, bar),
                  element("span", { class: "bar-value" }, percent(probabilities[label], 0)),
                ),
              );
            }),
          ),
        ),
      ),
    ),
  );
}
