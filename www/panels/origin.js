// The source of a figure's data, shown in its caption: none, a recorded experiment, a result link or the user's own experiment.

import { element, fill, rich, scrollable } from "../ui/dom.js";
import { day } from "../ui/format.js";
import { text } from "../i18n/text.js";

/**
 * @typedef {object} Origin
 * @property {"empty" | "recorded" | "live" | "finished" | "kept" | "linked" | "elsewhere"} kind
 * @property {string} [date] recorded, kept or linked
 * @property {string} [machine] recorded
 * @property {string} [command] recorded
 * @property {string} [commit] recorded
 * @property {string} [name] kept, or of a file
 */

/**
 * Labels a figure with its data source.
 * @param {HTMLElement} caption
 * @param {Origin} origin
 * @param {string} [words] rest of the caption
 */
export function showOrigin(caption, origin, words = "") {
  const figure = caption.closest("figure");
  figure.dataset.origin = origin.kind;
  const label = {
    empty: () => null,
    recorded: () =>
      element(
        "span",
        { class: "origin recorded", title: text.origin.recordedTitle(origin.command, origin.commit) },
        text.origin.recorded(day(origin.date), text.origin.machine(origin.machine)),
      ),
    live: () => element("span", { class: "origin live" }, text.origin.live),
    finished: () => element("span", { class: "origin finished" }, text.origin.finished),
    kept: () => element("span", { class: "origin finished" }, text.origin.kept(origin.name, day(origin.date))),
    linked: () => element("span", { class: "origin recorded" }, text.origin.linked(day(origin.date))),
    elsewhere: () => element("span", { class: "origin recorded" }, text.origin.elsewhere(origin.name)),
  }[origin.kind]();
  fill(caption, label, label && words ? " " : null, rich(words));
}

/** Shows a placeholder in place of a figure. */
export function showEmpty(container, words) {
  fill(container, element("p", { class: "empty" }, rich(words)));
}

/**
 * Collapsible data tables of a figure; open ones stay open.
 * @param {HTMLElement} container
 * @param {Array<{title: string, build: () => HTMLElement}>} tables built only while open, because they may be large
 * @returns {() => void} updates the open ones
 */
export function foldedTables(container, tables) {
  const folds = tables.map(({ title, build }) => {
    const body = scrollable(title);
    const fold = element("details", { class: "data-table" }, element("summary", {}, title), body);
    const refresh = () => fold.open && fill(body, build());
    fold.addEventListener("toggle", refresh);
    return { fold, refresh };
  });
  fill(
    container,
    folds.map(({ fold }) => fold),
  );
  return () => folds.forEach(({ refresh }) => refresh());
}
