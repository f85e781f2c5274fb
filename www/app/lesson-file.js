// A lesson's file: which parts of the page it shows, what it sets, and a question at each step. Format: docs/formats.md, lesson.

import { LabError } from "../platform/lab-error.js";
import { CORE_LANGUAGE } from "../i18n/languages.js";
import { PROPERTIES } from "./settings.js";

const FORMAT = "guided-dropout-lesson";
const VERSION = 1;
const MOST_STEPS = 20;

/** The page's parts, of which a lesson shows some. */
export const PARTS = ["data", "fisher", "rates", "train", "verdict-part", "surface", "past"];
/** What a lesson may leave out of a part that it shows. */
export const PIECES = ["model-part", "walk", "noise", "suspects", "elsewhere", "evidence", "use-part", "plane"];
/** Before what a step may stand, and the part that it belongs to. @type {Record<string, string>} */
export const PLACES = {
  ...Object.fromEntries(PARTS.map((part) => [part, part])),
  "model-part": "data",
  walk: "fisher",
  "fisher-figure": "fisher",
  "rates-figure": "rates",
  noise: "train",
  "tune-part": "train",
  "train-figure": "train",
  "verdict-figure": "verdict-part",
  evidence: "verdict-part",
  "use-part": "verdict-part",
  "surface-figure": "surface",
  "published-figure": "surface",
  plane: "surface",
};

/**
 * @typedef {Record<string, string>} Words by language, at least one
 * @typedef {{place: string, text: Words, question: Words, answer: Words}} Step
 * @typedef {object} Lesson
 * @property {Words} title
 * @property {string} settings as a link of the page has them, without its #
 * @property {string[]} unlocked names of the settings that stay the reader's
 * @property {string[]} parts of PARTS
 * @property {string[]} without of PIECES
 * @property {Step[]} steps
 */

/**
 * Checks a lesson.
 * @param {string} name of its file, for errors
 * @param {any} read the file's JSON
 * @returns {Lesson} throws a LabError of kind "lesson" which says where, what was expected and what was found
 */
export function readLesson(name, read) {
  const refuse = (where, expected, got) => {
    const place = `${name}, ${where}`;
    const found = JSON.stringify(got) ?? "nothing";
    throw new LabError("lesson", `${place}: expected ${expected}, got ${found}`, {
      place: { name: place },
      expected,
      got: found,
      language: CORE_LANGUAGE,
    });
  };
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const words = (where, value) => {
    const isWords =
      isObject(value) && Object.keys(value).length > 0 && Object.values(value).every((said) => typeof said === "string" && said.trim() !== "");
    return isWords ? value : refuse(where, 'words by language, such as {"en": "…"}', value);
  };
  const oneOf = (where, value, known) => (known.includes(value) ? value : refuse(where, `one of ${known.join(", ")}`, value));
  const among = (where, value, known) => {
    if (!Array.isArray(value)) refuse(where, "a list", value);
    return value.map((each, index) => oneOf(`${where}[${index}]`, each, known));
  };

  if (!isObject(read)) refuse("the file", "an object", read);
  if (read.format !== FORMAT) refuse("format", `"${FORMAT}"`, read.format);
  if (read.version !== VERSION) refuse("version", String(VERSION), read.version);
  const { title, settings = "", unlocked = [], parts, without = [], steps } = read;
  if (typeof settings !== "string") refuse("settings", "what follows # in a link to settings", settings);
  among("parts", parts, PARTS);
  const places = Object.keys(PLACES).filter((place) => parts.includes(PLACES[place]) && !without.includes(place));
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > MOST_STEPS) refuse("steps", `a list of 1 to ${MOST_STEPS}`, steps?.length);
  return {
    title: words("title", title),
    settings: settings.replace(/^#/, ""),
    unlocked: among(
      "unlocked",
      unlocked,
      PROPERTIES.map((property) => property.name),
    ),
    parts,
    without: among("without", without, PIECES),
    steps: steps.map((step, index) => {
      const where = `steps[${index}]`;
      if (!isObject(step)) refuse(where, "an object", step);
      return {
        place: oneOf(`${where}.place`, step.place, places),
        text: words(`${where}.text`, step.text),
        question: words(`${where}.question`, step.question),
        answer: words(`${where}.answer`, step.answer),
      };
    }),
  };
}
