// Section 3: the dropout schedule and the scores. One table row per site, with its score as a bar, its rate as a slider, and the
// guided rates as a line through all rows; ordered by score, that line is straight.

import { barScale } from "../charts/bars.js";
import { swatch } from "../charts/palette.js";
import { ranks, siteKind, siteName } from "../charts/sites.js";
import { axisEnd, axisTicks, rateTrack } from "../charts/rate-slider.js";
import { LabError } from "../platform/lab-error.js";
import { byId, element, fill, rich, scrollable } from "../ui/dom.js";
import { fixed, mean, number } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";
import { clearErrors, showControlError, showError } from "./errors.js";
import { showEmpty, showOrigin } from "./origin.js";

/** Rates closer than this are equal: four decimals are shown. */
const SAME = 5e-5;
const GLIDE_MS = 300;

/**
 * @param {{onEdit: (site: string, rate: number) => void, onReset: () => void}} actions
 */
export function ratesPanel({ onEdit, onReset }) {
  const words = text.rates;
  const order = byId("rates-order");
  let figure = null;
  let latest = null;
  let lockReason = "loading";
  fill(
    order,
    ["score", "model"].map((name) => element("option", { value: name }, words.orders[name])),
  );
  order.addEventListener("change", () => {
    if (byId("rates-table").contains(document.activeElement)) document.activeElement.blur();
    if (latest) show(...latest);
  });
  byId("reset-rates").addEventListener("click", onReset);
  // Live estimates may change the order while a row is being dragged.
  byId("rates-table").addEventListener("focusout", () => setTimeout(() => latest && show(...latest)));

  /** Resetting the last custom rate removes the custom arm. The next edit may come before `show` is called. */
  const edit = (site, rate) => {
    const [shown] = latest;
    const guided = new Map(shown.rates.map((pair) => [pair.site, pair.rate]));
    const before = shown.custom;
    const after = (before ?? shown.rates).map((pair) => (pair.site === site ? { site, rate } : pair));
    shown.custom = after.some((pair) => Math.abs(pair.rate - guided.get(pair.site)) > SAME) ? after : null;
    if (shown.custom) onEdit(site, Number(rate.toFixed(5)));
    else if (before) onReset();
  };

  function show({ scores, rates, custom }, origin) {
    latest = [{ scores, rates, custom }, origin];
    if (scores.map(({ site }) => site).join() !== [...(figure?.rows.keys() ?? [])].join()) figure = buildFigure(scores, edit, lockReason); // rows built while the form is locked (run-bar.js) are locked too
    const guidedOf = new Map(rates.map(({ site, rate }) => [site, Math.max(0, rate)])); // rounding may yield a value just below 0
    const customOf = new Map((custom ?? []).map(({ site, rate }) => [site, rate]));
    const ranked = ranks(scores.map(({ score }) => score));
    const scoreShare = barScale(
      scores.map(({ score }) => score),
      true,
    );
    const sorted = inOrder(scores, ranked, figure, order.value);
    const line = sorted.map(({ site }) => guidedOf.get(site) ?? 0);
    const end = axisEnd([...guidedOf.values(), ...customOf.values()]);
    showAxis(figure.axis, end);
    sorted.forEach(({ site, score, rank, row }, index) => {
      const guided = line[index];
      const rate = customOf.get(site) ?? guided;
      const halfway = (other) => (other === undefined ? null : (guided + other) / 2);
      row.score.textContent = number(score, 2);
      row.scoreBar.style.width = `${100 * scoreShare(score)}%`;
      row.rank.textContent = number(rank);
      row.guided.textContent = fixed(guided, 4);
      row.track.show({ rate, guided, before: halfway(line[index - 1]), after: halfway(line[index + 1]), end });
      if (!row.track.busy()) row.showRate(rate, guided);
    });
    arrange(
      figure.body,
      sorted.map(({ row }) => row.node),
    );
    const departed = custom !== null && rates.some(({ site, rate }) => Math.abs((customOf.get(site) ?? rate) - rate) > SAME);
    byId("reset-rates").hidden = custom === null;
    byId("rates-mean").textContent = words.mean(fixed(mean([...guidedOf.values()]), 3), departed ? fixed(mean([...customOf.values()]), 3) : null);
    fill(byId("rates-legend"), swatch("guided"), ` ${words.legendGuided} `, swatch("custom"), ` ${words.legendCustom} ${words.legendScore}`);
    showOrigin(byId("rates-caption"), origin, words.caption);
  }

  return {
    /** @param {Array<{file: string, address: string}>} files of the built-in model, needed by the PyTorch snippet; empty for imported models */
    offerModelFiles(files) {
      const links = files.flatMap(({ file, address }, index) => [
        index > 0 ? text.marks.comma : text.marks.colon,
        element("a", { href: address, download: file }, file),
      ]);
      fill(byId("snippet-files"), files.length > 0 ? [rich(words.modelFiles), links, text.marks.stop].flat() : null);
    },

    /** Rows that are built from now on are locked. */
    lock(reason) {
      lockReason = reason;
    },

    showEmpty() {
      figure = latest = null;
      showEmpty(byId("rates-table"), words.empty);
      byId("rates-mean").textContent = "";
      fill(byId("rates-legend"));
      showOrigin(byId("rates-caption"), { kind: "empty" });
    },

    /** Values of the two sliders and their errors. */
    showBounds(upper, lower) {
      showControlError(byId("p-lower"), lower > upper ? words.crossed : null);
      byId("p-lower").setAttribute("aria-invalid", String(lower > upper));
      byId("p-upper-value").textContent = fixed(upper, 3);
      byId("p-lower-value").textContent = fixed(lower, 3);
    },

    /**
     * @param {{scores: Array<{site: string, score: number}>, rates: Array<{site: string, rate: number}>, custom: Array<{site: string, rate: number}> | null}} schedule
     * @param {import("./origin.js").Origin} origin
     */
    show,
  };
}

/** Sites in row order. Rows are not moved while one of them has the focus, because moving would lose it. */
function inOrder(scores, ranked, { body, rows }, order) {
  const sites = scores.map(({ site, score }, index) => ({ site, score, rank: ranked[index], row: rows.get(site) }));
  const places = new Map([...body.children].map((node, index) => [node, index]));
  if (body.contains(document.activeElement)) return sites.sort((left, right) => places.get(left.row.node) - places.get(right.row.node));
  return order === "score" ? sites.sort((left, right) => left.rank - right.rank) : sites;
}

/** Reorders rows, animated unless reduced motion is preferred. */
function arrange(body, rows) {
  if (rows.every((row, index) => body.children[index] === row)) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches || body.children.length === 0;
  const tops = new Map(still ? [] : rows.map((row) => [row, row.offsetTop]));
  body.replaceChildren(...rows);
  for (const [row, top] of tops) {
    const distance = top - row.offsetTop;
    if (distance !== 0) row.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], { duration: GLIDE_MS, easing: "ease-out" });
  }
}

function showAxis(axis, end) {
  fill(
    axis,
    axisTicks(end).map((rate) => {
      const tick = element("span", {}, fixed(rate, 2));
      tick.style.left = `${(100 * rate) / end}%`;
      return tick;
    }),
  );
}

function buildFigure(scores, onEdit, lockReason) {
  const { columns } = text.rates;
  const axis = element("div", { class: "axis", "aria-hidden": "true" });
  const body = element("tbody");
  const rows = new Map(scores.map(({ site }) => [site, buildRow(site, onEdit, lockReason)]));
  fill(
    byId("rates-table"),
    scrollable(
      text.rates.caption,
      element(
        "table",
        { class: "rates" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "col" }, columns.site),
            element("th", { scope: "col", class: "number" }, columns.score),
            element("th", { scope: "col", class: "number" }, columns.rank),
            element("th", { scope: "col", class: "track-cell" }, columns.rate, axis),
            element("th", { scope: "col", class: "number guided-rate" }, columns.guided),
            element("th", { scope: "col", class: "number" }, columns.custom),
          ),
        ),
        body,
      ),
    ),
  );
  return { rows, body, axis };
}

function buildRow(site, onEdit, lockReason) {
  const scoreBar = element("div", { class: `bar kind-${siteKind(site)}` });
  const score = element("span", { class: "bar-value" });
  const rank = element("td", { class: "number rank" });
  const guided = element("td", { class: "number guided-rate" });
  const input = element("input", { type: "number", min: "0", max: "0.9", step: "0.005", inputMode: "decimal", "aria-label": text.rates.edit(site) });
  disable(input, lockReason);
  input.addEventListener("change", () => {
    const value = Number(input.value);
    const valid = input.value !== "" && value >= 0 && value < 1;
    input.setAttribute("aria-invalid", String(!valid));
    if (!valid) {
      showError(new LabError("config", text.rates.invalid(site, input.value)), "rates-errors");
      return;
    }
    clearErrors("rates-errors");
    onEdit(site, value);
  });
  const track = rateTrack({
    label: text.rates.handle(site),
    locked: lockReason !== "",
    describe: (rate, line) => text.rates.handleValue(fixed(rate, 4), Math.abs(rate - line) > SAME ? fixed(line, 4) : null),
    onMove: (rate, line) => showRate(rate, line),
    onCommit: (rate) => onEdit(site, rate),
  });
  const node = element(
    "tr",
    { "data-site": site },
    element("th", { scope: "row" }, siteName(site)),
    element("td", { class: "with-bar" }, element("div", { class: "bar-cell" }, score, element("div", { class: "bar-track reversed" }, scoreBar))),
    rank,
    element("td", { class: "track-cell" }, track.node),
    guided,
    element("td", { class: "number" }, input),
  );
  const showRate = (rate, line) => {
    node.classList.toggle("edited", Math.abs(rate - line) > SAME);
    if (document.activeElement !== input) input.value = rate.toFixed(4);
  };
  return { node, score, scoreBar, rank, guided, track, showRate };
}
