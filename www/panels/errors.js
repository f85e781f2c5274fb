// Errors in words, beside the part that caused them.

import { byId, element, fill } from "../ui/dom.js";
import { technicalDetail } from "../ui/technical.js";
import { placeName, translated } from "../i18n/core.js";
import { CORE_LANGUAGE } from "../i18n/languages.js";
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
  const { sentence, detail } = worded(error);
  return element("div", properties,
    element("p", {}, element("strong", {}, `${text.errors.heading[kind] ?? text.errors.heading.page}${text.marks.stop}${text.marks.gap}`),
      element("span", {}, sentence && ended(sentence))),
    detail ? technicalDetail(detail) : null,
    advice ? element("p", { class: "advice" }, advice) : null);
}

/** Kinds whose message is the browser's or the core's, not the page's. */
const UNTRANSLATED = ["network", "crash", "device", "page"];

/** What is said of an error in the reader's language, and the original where that says less. */
function worded(error) {
  if (error.unloadable) return { sentence: text.errors.unloadable };
  if (error.kind === "busy") return { sentence: text.errors.busy };
  if (error.kind === "memory") return { sentence: text.errors.memory, detail: error.message };
  if (language === CORE_LANGUAGE || (error.language === undefined && !UNTRANSLATED.includes(error.kind))) return { sentence: error.message };
  return { sentence: error.place ? located(error) : "", detail: error.message };
}

/** Where the error is, what was expected there and what was found, as far as the core's phrases are translated. */
function located({ place, expected, got }) {
  const where = text.errors.place({ ...place, name: placeName(place.name) });
  const [wanted, found] = [expected, got].map((phrase) => phrase && translated(phrase));
  return wanted && found ? text.errors.mismatch(where, wanted, found) : where;
}

function ended(message) {
  const trimmed = String(message).trim();
  return /[.!?…。！？]$/.test(trimmed) ? trimmed : `${trimmed}${text.marks.stop}`;
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
