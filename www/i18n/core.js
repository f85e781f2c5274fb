// The core writes its messages in English. For another language, its phrases are translated here.

import { CORE_LANGUAGE } from "./languages.js";
import { translator } from "./phrases.js";
import { language } from "./text.js";

const { phrases, places } = language === CORE_LANGUAGE ? { phrases: {}, places: {} } : await import(`./core-${language}.js`);

/**
 * A phrase of the core in the reader's language.
 * @type {(phrase: string) => string | null} null where there is no translation
 */
export const translated = language === CORE_LANGUAGE ? (phrase) => phrase : translator(phrases);

/** The name of a setting or a file in the reader's language. */
export const placeName = (name) => places[name] ?? name;
