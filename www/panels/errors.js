// Error messages, shown in the section that caused them.

import { LabError } from "../platform/lab-error.js";
import { byId, element } from "../ui/dom.js";
import { technicalDetail } from "../ui/technical.js";
import { placeName, translated } from "../i18n/core.js";
import { CORE_LANGUAGE } from "../i18n/languages.js";
import { language, text } from "../i18n/text.js";

/** Element that shows errors of each kind. */
const SLOTS = {
  dataset: "dataset-errors",
  tokenizer: "model-errors",
  model_config: "model-errors",
  weights: "model-errors",
  config: "train-errors",
  diverged: "train-errors",
};

/**
 * Shows an error.
 * @param {unknown} thrown
 * @param {string} [slot] id of the element; by default that of the kind
 * @param {() => void} [onRetry] what "Try again" does where a request has failed; by default the page is loaded anew
 * @returns {string} the id of the element
 */
export function showError(thrown, slot, onRetry = () => location.reload()) {
  const error = LabError.from(thrown);
  const place = slot ?? (error.place?.name?.startsWith("p_") ? "rates-errors" : SLOTS[error.kind]) ?? "page-errors";
  clearErrors(place);
  const message = inWords(error, { class: slot ? "error" : "error of-plan" });
  byId(place).prepend(message);
  message.querySelector(".try-again")?.addEventListener("click", () => {
    message.remove();
    onRetry();
  });
  const control = error.place?.name && document.getElementById(error.place.name.replaceAll("_", "-"));
  if (control) {
    control.setAttribute("aria-invalid", "true");
    control.classList.add("of-plan");
  }
  return place;
}

/**
 * Shows in the control's section why its value is invalid; other messages stay.
 * @param {HTMLElement} control
 * @param {string | null} message null: the value is valid
 */
export function showControlError(control, message) {
  const part = control.closest("section");
  if (!part) return; // a choice at the head of the page has no invalid value
  const place = part.querySelector(":scope > .errors, :scope > .subpart > .errors");
  place.querySelector(`[data-control="${control.id}"]`)?.remove();
  if (message !== null) place.append(inWords(new LabError("config", message), { class: "error", "data-control": control.id }));
}

function inWords(error, properties) {
  const kind = error.unloadable ? "unloadable" : error.kind;
  const isOfNetwork = kind === "network" || kind === "unloadable";
  const advice = text.errors.advice[isOfNetwork && !isServedHere() ? "hosted" : kind];
  const { sentence, detail } = worded(error);
  return element(
    "div",
    properties,
    element(
      "p",
      {},
      element("strong", {}, `${text.errors.heading[kind] ?? text.errors.heading.page}${text.marks.stop}${text.marks.gap}`),
      element("span", {}, sentence && ended(sentence)),
    ),
    detail ? technicalDetail(detail) : null,
    advice ? element("p", { class: "advice" }, advice) : null,
    isOfNetwork ? element("button", { type: "button", class: "try-again" }, text.errors.tryAgain) : null,
  );
}

/** Whether the page comes from the reader's own machine, where programs can be built. */
const isServedHere = () => ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

/** Kinds whose message is the browser's or the core's, not the page's. */
const UNTRANSLATED = ["network", "crash", "device", "page"];

/** The message in the page's language, and the original where it contains more. */
function worded(error) {
  if (error.unloadable) return { sentence: text.errors.unloadable };
  if (error.kind === "busy") return { sentence: text.errors.busy };
  if (error.kind === "memory") return { sentence: text.errors.memory, detail: error.message };
  if (language === CORE_LANGUAGE || (error.language === undefined && !UNTRANSLATED.includes(error.kind))) return { sentence: error.message };
  return { sentence: error.place ? located(error) : "", detail: error.message };
}

/** The advice for an error, in the reader's language; "" where there is none. */
export const sentenceOf = (thrown) => worded(LabError.from(thrown)).sentence;

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
 * A notice that is not an error.
 * @returns {HTMLElement}
 */
export function showNotice(words, slot = "page-errors") {
  const notice = element("p", { class: "notice" }, words);
  byId(slot).append(notice);
  return notice;
}

/**
 * Says that experiments stay in memory.
 * @param {"denied"|"full"} kind
 * @param {string} reason the page's, or the browser's own words
 */
export function showStorageTrouble(kind, reason) {
  const words = text.history.trouble[kind];
  const notice = showNotice(reason === text.history.insecure ? words(reason) : [words(""), text.marks.gap, technicalDetail(reason)]);
  notice.setAttribute(LASTING, "");
}

/** What stays true for the whole visit is not cleared when something else begins. */
const LASTING = "data-lasting";

/** Removes the messages in these elements, but for those that last. */
export function clearErrors(...slots) {
  for (const slot of slots) for (const message of byId(slot).querySelectorAll(`:scope > :not([${LASTING}])`)) message.remove();
}

/** Removes errors that a valid plan has resolved; notices and errors of invalid controls stay. */
export function clearPlanErrors() {
  for (const slot of new Set(Object.values(SLOTS))) for (const error of byId(slot).querySelectorAll(".error.of-plan")) error.remove();
  for (const control of document.querySelectorAll(".of-plan[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.classList.remove("of-plan");
  }
}
