// Linked highlighting: a symbol of a formula and what it denotes in the figure light up together, from either side.
//
// A formula's parts, the buttons below it and a figure's parts carry data-symbol with the symbol's name; names count within one
// part of the page. Figures that draw themselves anew again and again are named by selector instead, in DENOTED.

import { element, rich } from "./dom.js";

/** By part of the page and symbol: what denotes it in a figure that a chart draws. */
const DENOTED = {
  fisher: { fisher: "#fisher-chart .bar-track", texts: "#fisher-caption" },
  rates: {
    rate: "#rates-table .track-cell, #rates-table .guided-rate",
    rank: "#rates-table .rank",
    sites: "#rates-table th[scope=row]",
    mean: "#rates-mean",
  },
  "verdict-part": { difference: "#dots", spread: "#dots" },
};

/**
 * The list below a formula: one button for each symbol, so that it can be read, focused and tapped.
 * @param {Record<string, string>} entries name → what it denotes, with the marks of `rich`
 * @returns {HTMLElement[]}
 */
export function symbolKeys(entries) {
  return Object.entries(entries).map(([name, words]) =>
    element("button", { type: "button", class: "symbol-key", "data-symbol": name, "aria-pressed": "false" }, rich(words)),
  );
}

/** Listens to the whole document, once. */
export function linkSymbols() {
  let pinned = null;
  const show = (place) => {
    for (const node of document.querySelectorAll(".lit")) node.classList.remove("lit");
    if (place) for (const node of partsOf(place)) node.classList.add("lit");
  };
  const pin = (place) => {
    pinned = place;
    for (const key of document.querySelectorAll(".symbol-key")) {
      key.setAttribute("aria-pressed", String(Boolean(place) && isSame(place, placeOf(key))));
    }
    show(place);
  };
  // A pointer over nothing, or under which the page moves, leaves what the keyboard is on.
  const atRest = () => pinned ?? placeOf(document.activeElement);
  document.addEventListener("pointerover", ({ target }) => show(placeOf(target) ?? atRest()));
  document.documentElement.addEventListener("pointerleave", () => show(atRest()));
  document.addEventListener("focusin", ({ target }) => show(placeOf(target) ?? pinned));
  document.addEventListener("focusout", () => show(pinned));
  document.addEventListener("click", ({ target }) => {
    const place = target.closest("math, .symbol-key") ? placeOf(target) : null;
    if (!place) return;
    pin(pinned && isSame(place, pinned) ? null : place);
    if (pinned) bringIntoView(partsOf(pinned).filter((node) => !node.closest(".formula")));
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && pinned) pin(null);
  });
}

/**
 * Marks the symbol of a formula that the reader's step is about.
 * @param {string} part id of the part of the page
 * @param {string} name
 */
export function follow(part, name) {
  for (const node of document.querySelectorAll(`#${part} .formula [data-symbol]`)) node.classList.toggle("followed", node.dataset.symbol === name);
}

/** The part of the page and the symbol that a node belongs to, or null. */
function placeOf(target) {
  const section = target.closest?.(".part");
  if (!section) return null;
  const marked = target.closest("[data-symbol]");
  if (marked) return { section, name: marked.getAttribute("data-symbol") };
  const name = Object.entries(DENOTED[section.id] ?? {}).find(([, selector]) => target.closest(selector))?.[0];
  return name ? { section, name } : null;
}

const isSame = (left, right) => left.section === right.section && left.name === right.name;

function partsOf({ section, name }) {
  const drawn = DENOTED[section.id]?.[name];
  return [...section.querySelectorAll(`[data-symbol="${name}"]${drawn ? `, ${drawn}` : ""}`)];
}

/** Scrolls to what a symbol denotes where none of it can be seen. */
function bringIntoView(nodes) {
  const boxes = nodes.map((node) => ({ node, box: node.getBoundingClientRect() })).filter(({ box }) => box.height > 0);
  const seen = ({ box }) => box.bottom > 0 && box.top < innerHeight;
  if (boxes.length > 0 && !boxes.some(seen)) boxes[0].node.scrollIntoView({ block: "center" });
}
