// Languages of the page. A new one needs a line here, CODE.js and CODE/ with the shape of en.js and en/, and core-CODE.js with the phrases of the core.

/** Language codes and native names. */
export const LANGUAGES = { en: "English", zh: "简体中文" };

/** The language of the core’s messages. */
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
