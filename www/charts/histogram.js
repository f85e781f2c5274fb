// Histogram with a line at a limit.

import { element } from "../ui/dom.js";

/** Approximate number of axis labels. */
const TICKS = 5;

/**
 * @typedef {{from: number, to: number, count: number, open?: boolean}} Bin `to` is inclusive; an open bin contains everything above
 */

/**
 * A histogram.
 * @param {HTMLElement} container
 * @returns {{show: (bins: Bin[], options: {limit: number, limitLabel: string, axis: string, label: string, title: (bin: Bin) => string}) => void}}
 */
export function histogram(container) {
  return {
    show(bins, { limit, limitLabel, axis, label, title }) {
      const highest = Math.max(...bins.map(({ count }) => count));
      const start = bins[0].from;
      const span = bins.at(-1).to + 1 - start;
      const place = (value) => `${(100 * (value - start)) / span}%`;
      const bars = bins.map((bin) => {
        const bar = element("div", { class: `column${bin.from > limit ? " beyond" : ""}`, title: title(bin) });
        bar.style.height = `${(100 * bin.count) / highest}%`;
        return bar;
      });
      const shown = element("div", { class: "columns" }, bars);
      if (limit < bins.at(-1).to) {
        const line = element("div", { class: "limit" }, element("span", {}, limitLabel));
        line.style.left = place(limit + 1);
        line.classList.toggle("right", limit + 1 - start > span / 2);
        shown.append(line);
      }
      const step = Math.max(1, Math.ceil(bins.length / TICKS));
      const roomFor = ({ from }) => (from - start) / span < 0.85; // the end is reserved for the axis name
      const ticks = bins
        .filter((bin, index) => index % step === 0 && roomFor(bin))
        .map(({ from }) => {
          const tick = element("span", { class: "tick" }, String(from));
          tick.style.left = place(from);
          return tick;
        });
      container.replaceChildren(
        element(
          "div",
          { class: "histogram", role: "img", "aria-label": label },
          shown,
          element("div", { class: "ticks" }, ticks, element("span", { class: "axis" }, axis)),
        ),
      );
    },
  };
}

/** Round bin widths. */
const WIDTHS = [1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1000, 1024];

/**
 * Bins of equal width, one of which ends at `limit`, so that no bin straddles it. The last bin is open
 * if there are outliers.
 * @param {ArrayLike<number>} values at least one
 * @param {number} limit
 * @param {number} most approximate maximum number of bins
 * @returns {Bin[]}
 */
export function binned(values, limit, most) {
  const sorted = Float64Array.from(values).sort();
  const longest = sorted.at(-1);
  const usual = sorted[Math.floor(0.99 * (sorted.length - 1))];
  const end = longest > 2 * usual ? Math.ceil(1.2 * usual) : longest;
  const width = WIDTHS.find((candidate) => (end - sorted[0] + 1) / candidate <= most) ?? Math.ceil((end - sorted[0] + 1) / most);
  const start = limit + 1 - width * Math.ceil((limit + 1 - sorted[0]) / width);
  /** @type {Bin[]} */
  const bins = [];
  for (let from = start; from <= end; from += width) bins.push({ from, to: from + width - 1, count: 0 });
  for (const value of sorted) bins[Math.min(bins.length - 1, Math.floor((value - start) / width))].count += 1;
  if (longest > bins.at(-1).to) bins.at(-1).open = true;
  return bins;
}
