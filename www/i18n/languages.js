// The languages of the page. One more is a line here and a file of its words, text/CODE.js, shaped like text/en.js.

/** Language codes and the languages' own names. */
export const LANGUAGES = { en: "English", zh: "简体中文" };

/** What the core writes its errors and its verdict in, whatever the page speaks. */
export const CORE_LANGUAGE = "en";

/**
 * The language to show: what the address asks for, else what the browser prefers, else English.
 * @param {string} hash
 * @param {readonly string[]} preferred tags such as "en-GB", best first
 * @returns {string} a key of LANGUAGES
 */
export function languageOf(hash, preferred) {
  const asked = hash.match(/(?:^#|&)language=([\w-]+)/)?.[1];
  return [asked, ...preferred.map((tag) => tag.split("-")[0])].find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";
}
