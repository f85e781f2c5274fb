// Section 1: histogram of text lengths in tokens, and the number of truncated texts.

import { binned, histogram } from "../charts/histogram.js";
import { byId, element, fill, rich, table } from "../ui/dom.js";
import { count, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";

const MOST_BINS = 32;

/** The panel of the text lengths. */
export function lengthsPanel() {
  const place = byId("dataset-lengths");
  const drawing = element("div", {});
  const chart = histogram(drawing);
  const words = text.data.lengths;

  return {
    showNone() {
      fill(place);
    },

    /**
     * @param {Uint32Array} lengths tokens of each text before truncation
     * @param {number} limit
     * @param {boolean} paired whether a text is a pair
     */
    show(lengths, limit, paired) {
      const sorted = Uint32Array.from(lengths).sort();
      const cut = sorted.filter((length) => length > limit).length;
      const summary = [
        words.summary(count(sorted[Math.floor((sorted.length - 1) / 2)]), count(sorted.at(-1))),
        cut > 0 ? words.cut(count(cut), percent(cut / sorted.length), count(limit)) : words.none(count(limit)),
        ...(paired ? [words.pairs] : []),
      ].join(text.marks.gap);
      const bins = binned(sorted, limit, MOST_BINS);
      /** @param {import("../charts/histogram.js").Bin} bin */
      const range = ({ from, to, open }) => (open ? words.open(count(from)) : words.range(count(from), count(to)));
      chart.show(bins, {
        limit,
        limitLabel: words.limit(count(limit)),
        axis: words.axis,
        label: words.chart(summary),
        title: (bin) => `${range(bin)}: ${count(bin.count)}`,
      });
      const open = place.querySelector("details")?.open ?? false;
      fill(
        place,
        element("h3", { class: "small" }, words.heading),
        element("p", { class: "note", id: "lengths-summary" }, `${summary} `, rich(words.setting)),
        drawing,
        element(
          "details",
          { class: "data-table", open },
          element("summary", {}, text.dataTable),
          table({
            columns: [words.columns.from, { label: words.columns.texts, numeric: true }, { label: words.columns.cut, numeric: true }],
            rows: bins.map((bin) => [range(bin), count(bin.count), bin.from > limit ? count(bin.count) : "–"]),
          }),
        ),
      );
    },
  };
}
