// Errors in words, beside the part that caused them.

import { byId, element, fill } from "../ui/dom.js";
import { language, text } from "../i18n/text.js";

/** Which part shows which kind. */
const SLOTS = {
  dataset: "dataset-errors",
  tokenizer: "model-errors",
  model_config: "model-errors",
  weights: "model-errors",
  config: "train-errors",
  diverged: "train-errors",
};

/** Anything thrown, as {kind, message, place, language}. Errors of the core have that form; others are the page's own. */
export function asError(thrown) {
  if (thrown && typeof thrown === "object" && typeof thrown.kind === "string") return thrown;
  return { kind: "page", message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/**
 * Shows an error.
 * @param {unknown} thrown
 * @param {string} [slot] id of the place; without it, the kind decides
 * @returns {string} the id of the place
 */
export function showError(thrown, slot) {
  const error = asError(thrown);
  const place = slot ?? (error.place?.name?.startsWith("p_") ? "rates-errors" : SLOTS[error.kind]) ?? "page-errors";
  fill(byId(place), inWords(error, { class: slot ? "error" : "error of-plan" }));
  const control = error.place?.name && document.getElementById(error.place.name.replaceAll("_", "-"));
  if (control) {
    control.setAttribute("aria-invalid", "true");
    control.classList.add("of-plan");
  }
  return place;
}

/**
 * Says in the control's part of the page what is wrong with its value; other messages there stay.
 * @param {HTMLElement} control
 * @param {string | null} message null: nothing is wrong
 */
export function showControlError(control, message) {
  const place = control.closest("section").querySelector(":scope > .errors");
  place.querySelector(`[data-control="${control.id}"]`)?.remove();
  if (message !== null) place.append(inWords({ kind: "config", message }, { class: "error", "data-control": control.id }));
}

function inWords(error, properties) {
  const kind = error.unloadable ? "unloadable" : error.kind;
  const advice = text.errors.advice[kind];
  return element("div", properties,
    element("p", {}, element("strong", {}, `${text.errors.heading[kind] ?? text.errors.heading.page}${text.marks.stop}${text.marks.gap}`),
      element("span", { lang: error.language ?? language }, sentence(explain(error), error.language))),
    advice ? element("p", { class: "advice" }, advice) : null);
}

function explain(error) {
  if (error.unloadable) return text.errors.unloadable;
  if (error.kind === "busy") return text.errors.busy;
  if (error.kind === "memory") return `${text.errors.memory} (${error.message})`;
  return error.message;
}

function sentence(message, spoken = language) {
  const trimmed = String(message).trim();
  return /[.!?…。！？]$/.test(trimmed) ? trimmed : `${trimmed}${spoken === language ? text.marks.stop : "."}`;
}

/**
 * A remark that is no error: what was left out, or done instead.
 * @returns {HTMLElement}
 */
export function showNotice(words, slot = "page-errors") {
  const notice = element("p", { class: "notice" }, words);
  byId(slot).append(notice);
  return notice;
}

/** Takes the messages of these places away. */
export function clearErrors(...slots) {
  for (const slot of slots) byId(slot).replaceChildren();
}

/** Takes the errors that a checked plan has disproved away; remarks stay, and what was said of a value that never got into it. */
export function clearPlanErrors() {
  for (const slot of new Set(Object.values(SLOTS))) for (const error of byId(slot).querySelectorAll(".error.of-plan")) error.remove();
  for (const control of document.querySelectorAll(".of-plan[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.classList.remove("of-plan");
  }
}
