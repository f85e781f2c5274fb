// The words of the page in the reader's language.

import { languageOf } from "./languages.js";

/** The code of the language shown; another needs a reload. */
export const language = languageOf(location.hash, navigator.languages);
export const { text } = await import(`./${language}.js`);
document.documentElement.lang = language;
