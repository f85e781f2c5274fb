// Heat map of a matrix: one colour for non-negative values, two for signed values.

import { element } from "../ui/dom.js";

/**
 * @param {{values: number[], columns: number, largest: number, label: string, format: (value: number) => string, name: (row: number, column: number) => string}} content
 *   `largest`: magnitude of the darkest shade; `name`: of a cell, one-based
 * @returns {HTMLElement}
 */
export function heatMap({ values, columns, largest, label, format, name }) {
  const readout = element("p", { class: "readout" });
  const grid = element(
    "div",
    { class: "heat", role: "img", "aria-label": label },
    values.map((value, index) => {
      const cell = element("div", { class: value < 0 ? "minus" : "plus", "data-index": String(index) });
      cell.style.setProperty("--value", largest > 0 ? Math.min(1, Math.abs(value) / largest).toFixed(3) : "0");
      return cell;
    }),
  );
  grid.style.setProperty("--columns", String(columns));
  grid.addEventListener("pointerover", ({ target }) => {
    const index = Number(target.dataset.index);
    if (Number.isInteger(index)) readout.textContent = `${name(Math.floor(index / columns) + 1, (index % columns) + 1)}: ${format(values[index])}`;
  });
  grid.addEventListener("pointerleave", () => {
    readout.textContent = "";
  });
  return element("div", {}, grid, readout);
}
