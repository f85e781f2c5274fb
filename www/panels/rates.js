// Part 3: the schedule beside the scores that made it. The table is the chart: one row per site, both bars on it.

import { barScale } from "../charts/bars.js";
import { ranks, siteKind, siteName } from "../charts/sites.js";
import { byId, element, fill, scrollable } from "../dom.js";
import { fixed, mean, number } from "../format.js";
import { text } from "../text.js";
import { showEmpty, showOrigin } from "./origin.js";

/**
 * @param {{onEdit: (site: string, rate: number) => void, onReset: () => void}} actions
 */
export function ratesPanel({ onEdit, onReset }) {
  const words = text.rates;
  let rows = new Map();
  byId("reset-rates").addEventListener("click", onReset);

  return {
    showEmpty() {
      rows = new Map();
      showEmpty(byId("rates-table"), words.empty);
      byId("rates-mean").textContent = "";
      showOrigin(byId("rates-caption"), { kind: "empty" });
    },

    /** The values beside the two sliders. */
    showBounds(upper, lower) {
      byId("p-upper-value").textContent = fixed(upper, 3);
      byId("p-lower-value").textContent = fixed(lower, 3);
    },

    /**
     * @param {{scores: Array<{site: string, score: number}>, rates: Array<{site: string, rate: number}>, custom: Array<{site: string, rate: number}> | null}} schedule
     * @param {import("./origin.js").Origin} origin
     */
    show({ scores, rates, custom }, origin) {
      if (scores.map(({ site }) => site).join() !== [...rows.keys()].join()) rows = buildTable(scores, onEdit);
      const rateOf = new Map(rates.map(({ site, rate }) => [site, rate]));
      const customOf = new Map((custom ?? []).map(({ site, rate }) => [site, rate]));
      const ranked = ranks(scores.map(({ score }) => score));
      const scoreShare = barScale(scores.map(({ score }) => score), true);
      const largest = Math.max(0.1, ...rateOf.values(), ...customOf.values());
      scores.forEach(({ site, score }, index) => {
        const row = rows.get(site);
        const rate = Math.max(0, rateOf.get(site) ?? 0); // the straight line may end a rounding error below 0
        row.score.textContent = number(score, 2);
        row.scoreBar.style.width = `${100 * scoreShare(score)}%`;
        row.rank.textContent = number(ranked[index]);
        row.rate.textContent = fixed(rate, 4);
        row.rateBar.style.width = `${(100 * rate) / largest}%`;
        const own = customOf.get(site);
        row.row.classList.toggle("edited", own !== undefined && Math.abs(own - rate) > 1e-9);
        if (document.activeElement !== row.input) row.input.value = (own ?? rate).toFixed(4);
      });
      byId("reset-rates").hidden = custom === null;
      byId("rates-mean").textContent = words.mean(fixed(mean([...rateOf.values()]), 3));
      showOrigin(byId("rates-caption"), origin, words.caption);
    },
  };
}

function buildTable(scores, onEdit) {
  const { columns } = text.rates;
  const rows = new Map();
  for (const { site } of scores) {
    const scoreBar = element("div", { class: `bar kind-${siteKind(site)}` });
    const rateBar = element("div", { class: "bar rate-bar" });
    const score = element("span", { class: "bar-value" });
    const rate = element("span", { class: "bar-value" });
    const rank = element("td", { class: "number" });
    const input = element("input", { type: "number", min: "0", max: "0.9", step: "0.005", inputMode: "decimal", "aria-label": text.rates.edit(site) });
    input.addEventListener("change", () => {
      const value = Number(input.value);
      const valid = input.value !== "" && value >= 0 && value < 1;
      input.setAttribute("aria-invalid", String(!valid));
      if (valid) onEdit(site, value);
    });
    const row = element("tr", {},
      element("th", { scope: "row" }, siteName(site)),
      element("td", { class: "with-bar" }, element("div", { class: "bar-cell" }, score, element("div", { class: "bar-track reversed" }, scoreBar))),
      rank,
      element("td", { class: "with-bar" }, element("div", { class: "bar-cell" }, element("div", { class: "bar-track" }, rateBar), rate)),
      element("td", { class: "number" }, input));
    rows.set(site, { row, score, scoreBar, rank, rate, rateBar, input });
  }
  fill(byId("rates-table"), scrollable(text.rates.caption,
    element("table", { class: "rates" },
      element("thead", {}, element("tr", {},
        element("th", { scope: "col" }, columns.site),
        element("th", { scope: "col", class: "number" }, columns.score),
        element("th", { scope: "col", class: "number" }, columns.rank),
        element("th", { scope: "col" }, columns.rate),
        element("th", { scope: "col", class: "number" }, columns.custom))),
      element("tbody", {}, [...rows.values()].map(({ row }) => row)))));
  return rows;
}
