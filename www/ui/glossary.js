// Definitions of terms: beside a term on hover and focus, and as a glossary at the end of the page.

import { element, fill, rich } from "./dom.js";

const NOTE = "glossary-note";
/** Time for the pointer to get from the term into its note. */
const GRACE_MS = 250;
const GAP = 6;
const EDGE = 8;

/**
 * Explains every term that `rich` has marked, and those it will.
 * @param {Record<string, {name: string, meaning: string}>} entries
 */
export function explainTerms(entries) {
  const note = element("div", { id: NOTE, role: "tooltip", popover: "manual", hidden: true });
  document.querySelector("main").append(note);
  let shown = null;
  let leaving;

  const hide = () => {
    clearTimeout(leaving);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    note.hidePopover?.();
    note.hidden = true;
  };
  const show = (term) => {
    clearTimeout(leaving);
    if (term === shown) return;
    hide();
    const { name, meaning } = entries[term.dataset.term];
    fill(note, element("strong", {}, name), " ", rich(meaning));
    shown = term;
    term.setAttribute("aria-describedby", NOTE);
    note.hidden = false;
    note.showPopover?.();
    place(note, term);
  };
  const leave = () => {
    leaving = setTimeout(() => {
      if (document.activeElement !== shown) hide();
    }, GRACE_MS);
  };

  document.addEventListener("pointerover", (/** @type {PointerEvent & {target: Element}} */ { target, pointerType }) => {
    if (pointerType === "touch") return; // a tap is a click
    const term = target.closest(".term");
    if (term) show(term);
    else if (note.contains(target)) clearTimeout(leaving);
    else if (shown) leave();
  });
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches(".term")) show(target);
    else hide();
  });
  document.addEventListener("focusout", ({ target }) => {
    if (target === shown) hide();
  });
  document.addEventListener("click", (/** @type {MouseEvent & {target: Element}} */ { target }) => {
    const term = target.closest(".term");
    if (term) show(term);
    else if (!note.contains(target)) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const term = event.target.closest?.(".term");
    if (!term || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (term === shown) hide();
    else show(term);
  });
  addEventListener(
    "scroll",
    () => {
      if (shown) place(note, shown);
    },
    { passive: true },
  );
  addEventListener("resize", hide);
}

/** Puts the note below the term's first line, or above it where there is no room below. */
function place(note, term) {
  const line = term.getClientRects()[0];
  if (!line) return;
  const { width, height } = note.getBoundingClientRect();
  const left = Math.max(EDGE, Math.min(line.left, document.documentElement.clientWidth - width - EDGE));
  const below = line.bottom + GAP + height <= innerHeight;
  note.style.left = `${left}px`;
  note.style.top = `${below ? line.bottom + GAP : line.top - GAP - height}px`;
}

/**
 * All terms, in the order of their names.
 * @param {Record<string, {name: string, meaning: string}>} entries
 * @returns {HTMLElement[]}
 */
export function glossaryList(entries) {
  const sorted = Object.values(entries).sort((left, right) => left.name.localeCompare(right.name));
  return sorted.flatMap(({ name, meaning }) => [element("dt", {}, name), element("dd", {}, rich(meaning))]);
}
