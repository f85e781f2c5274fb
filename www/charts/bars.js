// Horizontal bar chart, updated in place for many updates per second.

import { element } from "../ui/dom.js";

/**
 * @typedef {{name: string, value: number, shown: string, kind?: string}} Bar
 */

/**
 * A chart of horizontal bars.
 * @param {HTMLElement} container
 * @returns {{show: (bars: Bar[], options?: {logarithmic?: boolean, label?: string}) => void}}
 */
export function barChart(container) {
  const rows = new Map();
  const chart = element("div", { class: "bars", role: "img" });
  return {
    show(bars, { logarithmic = false, label = "" } = {}) {
      if (!chart.isConnected) container.replaceChildren(chart);
      chart.setAttribute("aria-label", label);
      const widthOf = barScale(
        bars.map(({ value }) => value),
        logarithmic,
      );
      const names = bars.map(({ name }) => name).join("\n");
      if (names !== [...rows.keys()].join("\n")) {
        rows.clear();
        for (const bar of bars) rows.set(bar.name, makeRow(bar));
        chart.replaceChildren(...[...rows.values()].flatMap(({ name, track, value }) => [name, track, value]));
      }
      for (const bar of bars) {
        const row = rows.get(bar.name);
        row.fill.style.width = `${100 * widthOf(bar.value)}%`;
        row.value.textContent = bar.shown;
      }
    },
  };
}

/** @param {Bar} bar */
function makeRow({ name, kind }) {
  const filled = element("div", { class: `bar ${kind ? `kind-${kind}` : ""}` });
  return {
    name: element("div", { class: "bar-name", title: name }, name),
    track: element("div", { class: "bar-track" }, filled),
    value: element("div", { class: "bar-value" }),
    fill: filled,
  };
}

/**
 * Maps values to shares of the full width: from zero, or on a logarithmic scale from half the smallest.
 * @param {number[]} values
 * @param {boolean} logarithmic
 * @returns {(value: number) => number}
 */
export function barScale(values, logarithmic) {
  const positive = values.filter((value) => value > 0);
  const largest = Math.max(...positive, 0);
  if (largest === 0) return () => 0;
  if (!logarithmic) return (value) => Math.max(0, value) / largest;
  const floor = Math.log(Math.min(...positive) / 2);
  const span = Math.log(largest) - floor;
  return (value) => (value > 0 ? (Math.log(value) - floor) / span : 0);
}
