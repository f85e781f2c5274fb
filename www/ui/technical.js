// Words that the page has no translation of: the core's English and the browser's own.

import { element } from "./dom.js";
import { CORE_LANGUAGE } from "../i18n/languages.js";
import { language, text } from "../i18n/text.js";

/**
 * The original of a message: inline where the page is in English, else folded away.
 * @param {string} message
 * @returns {HTMLElement}
 */
export function technicalDetail(message) {
  if (language === CORE_LANGUAGE) return element("span", { lang: CORE_LANGUAGE }, message);
  return element(
    "details",
    { class: "technical" },
    element("summary", {}, text.errors.technical),
    element("p", { lang: CORE_LANGUAGE, translate: false }, message),
  );
}
