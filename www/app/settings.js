// Every setting of the page: those of the core from its schema, with bounds and defaults, and those of the page alone. The table drives the
// form, the address (URL hash) and the configuration of the core.

import { LANGUAGES } from "../i18n/languages.js";
import { presentName } from "../platform/former-names.js";
import { SCHEMA } from "../platform/schema.js";
import { FIRST_EXPERIMENT } from "./first-experiment.js";
import { parseChoices, writeChoices } from "./choices.js";

/** Arms in the order in which the page lists and colours them (docs/method.md, section 4). */
export const ARMS = SCHEMA.arms.map(({ name }) => name);

/** A slider settles before the address follows: browsers limit how often it may change. */
const SETTLE_MS = 300;

/** The value of `sample` that means the reader's own file, which no address can carry. */
export const OWN = "own";

/** Settings by which a data set is read. */
export const READING = ["text_column", "pair_column", "label_column", "has_header", "task", "delimiter", "max_rows", "mend", "corrections"];

/** The labels that are not trained on as the file gives them. @returns {import("./suspects.js").Correction[]} */
export const correctionsOf = (settings) => (settings.get("corrections") ? JSON.parse(settings.get("corrections")) : []);

/**
 * The word of an address that tells by which defaults it leaves settings out. An address of a version up to 0.2 has no such word, and means the first
 * defaults; one that names nothing but the language is of no version.
 */
const DEFAULTS = "defaults";
const PRESENT = `${DEFAULTS}=2`;
const TIMELESS = ["language", "view", "lesson"];

/** Settings of the page alone, which stay the reader's when a kept experiment is opened. */
export const APPEARANCE = TIMELESS;

const isOwnFile = (property, value) => property.name === "sample" && value === OWN;

/**
 * @typedef {object} Property
 * @property {string} name key in the address and, where `config` is true, in the core's configuration
 * @property {"text"|"boolean"|"character"|"integer"|"number"|"optional_number"|"choice"|"seeds"|"fractions"|"arms"|"rates"|"choices"} type
 * @property {unknown} default
 * @property {unknown} [core_default] the core's, where the first experiment has another one
 * @property {unknown} [first_default] what an address of a version up to 0.2 left out, where that was another value
 * @property {string | null} input id of the form control, or of the fieldset of check boxes
 * @property {boolean} [config] whether the core's configuration has it
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {string[]} [choices] values that an address may give
 */

/** Settings that the core does not know, or has in another form. */
const PAGE_SETTINGS = [
  { name: "language", type: "choice", default: "", choices: ["", ...Object.keys(LANGUAGES)] },
  { name: "view", type: "choice", default: "paper", choices: ["paper", "workbench"] },
  { name: "lesson", type: "text", default: "" },
  { name: "sample", type: "choice", default: "tickets", choices: ["tickets", "questions", "opinions", "paraphrases"] },
  { name: "text_column", type: "text", default: "" },
  { name: "pair_column", type: "text", default: "" },
  { name: "label_column", type: "text", default: "" },
  { name: "has_header", type: "choice", default: "", choices: ["", "yes", "no"] },
  { name: "task", type: "choice", default: "", choices: ["", "classification", "regression"] },
  { name: "delimiter", type: "character", default: "" },
  { name: "mend", type: "text", default: "" },
  { name: "corrections", type: "text", default: "" },
  { name: "device", type: "choice", default: "auto", choices: ["auto", "cpu", "webgpu"] },
  { name: "choices", type: "choices", default: [], config: true },
  { name: "workers", type: "integer", default: 0, minimum: 0, maximum: 16 },
];

/** Controls whose id is not the setting's name with hyphens; null where there is none. */
const INPUTS = { language: null, lesson: null, mend: null, corrections: null, sample: "dataset-sample", custom_rates: null, choices: null };

/** The page's own default, with those that it stands for: of the core, and of addresses of versions up to 0.2. */
function ofFirstExperiment({ name, default: value, first_default: first = value }) {
  return name in FIRST_EXPERIMENT ? { default: FIRST_EXPERIMENT[name], core_default: value, first_default: first } : {};
}

const inputOf = (name) => (name in INPUTS ? INPUTS[name] : name.replaceAll("_", "-"));

/** @type {Property[]} */
export const PROPERTIES = [...PAGE_SETTINGS, ...SCHEMA.settings.map((setting) => ({ ...setting, config: setting.part === "config" }))].map(
  (setting) => ({ ...setting, ...ofFirstExperiment(setting), input: inputOf(setting.name) }),
);

const schemaOf = (name) => SCHEMA.settings.find((setting) => setting.name === name);

/** Fractions of the training part that can be compared (data paucity). */
export const FRACTIONS = schemaOf("fractions").choices;

/** "0x1" and "" are numbers for JavaScript alone. */
const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** How each type is read from and written as text; `parse` gives undefined for text that is not a value. */
const TYPES = {
  text: { parse: (text) => text, write: (value) => value },
  choice: { parse: (text) => text, write: (value) => value },
  character: { parse: parseCharacter, write: (value) => (value === "\t" ? String.raw`\t` : value) },
  boolean: { parse: (text) => ({ true: true, false: false })[text], write: String },
  integer: { parse: (text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : undefined), write: String },
  number: { parse: (text) => (DECIMAL.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined), write: String },
  optional_number: {
    parse: (text) => (text.trim() === "" ? null : TYPES.number.parse(text)),
    write: (value) => (value === null ? "" : String(value)),
  },
  seeds: { parse: parseSeeds, write: writeSeeds },
  fractions: {
    parse: (text) => listOf(text, (word) => (FRACTIONS.includes(Number(word)) ? Number(word) : undefined)),
    write: (list) => list.join(","),
  },
  arms: { parse: (text) => listOf(text, (word) => (ARMS.includes(word) ? word : undefined)), write: (list) => list.join(",") },
  rates: { parse: parseRates, write: writeRates },
  choices: { parse: parseChoices, write: writeChoices },
};

const {
  most: MOST_SEEDS,
  each: { maximum: LARGEST_SEED },
} = schemaOf("seeds");

function listOf(text, parseWord) {
  const values = text.split(",").map((word) => parseWord(word.trim()));
  return values.length === 0 || values.includes(undefined) ? undefined : [...new Set(values)];
}

/** One character but a quote, or `\\t` for a tab; nothing where it is to be guessed. */
function parseCharacter(text) {
  if (text === String.raw`\t`) return "\t";
  return [...text].length <= 1 && text !== '"' ? text : undefined;
}

/**
 * "3" means seeds 1, 2, 3; "2-4" means 2, 3, 4; "7," or "7,9" mean just those.
 * @param {string} text
 * @returns {number[] | undefined}
 */
function parseSeeds(text) {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return range(1, Number(trimmed));
  const span = trimmed.match(/^(\d+)\s*[-–]\s*(\d+)$/);
  if (span) return range(Number(span[1]), Number(span[2]));
  const words = trimmed.split(/[,，、\s]+/).filter(Boolean);
  if (words.length === 0 || words.length > MOST_SEEDS || !words.every((word) => /^\d+$/.test(word) && Number(word) <= LARGEST_SEED)) return undefined;
  return [...new Set(words.map(Number))];
}

function range(from, to) {
  if (to < from || to - from >= MOST_SEEDS || to > LARGEST_SEED) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function writeSeeds(seeds) {
  if (seeds.every((seed, index) => seed === index + 1)) return String(seeds.length);
  return seeds.length === 1 ? `${seeds[0]},` : seeds.join(",");
}

function parseRates(text) {
  if (text === "") return null;
  const rates = text.split(",").map((pair) => {
    const [site, rate] = pair.split(":");
    return { site, rate: rate ? Number(rate) : NaN };
  });
  return rates.every(({ site, rate }) => site && rate >= 0 && rate < 1) ? rates : undefined;
}

function writeRates(rates) {
  return rates === null ? "" : rates.map(({ site, rate }) => `${site}:${rate}`).join(",");
}

const isOfVersion = (word) => !TIMELESS.includes(word.split("=")[0]);

/** @param {Property} property @param {boolean} isOld by the first defaults */
const defaultOf = ({ default: value, first_default: first }, isOld) => (isOld && first !== undefined ? first : value);

const byName = new Map(PROPERTIES.map((property) => [property.name, property]));

/** The settings of the page, their address and their form, kept in step. */
export class Settings {
  #values = new Map(PROPERTIES.map(({ name, default: value }) => [name, value]));
  #listeners = [];
  #settling = null;

  /** @returns {any} the value of one property */
  get(name) {
    return this.#values.get(name);
  }

  /**
   * Sets one property, the address and the control; tells the listeners.
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    this.assign({ [name]: value });
  }

  /**
   * Sets several properties as one change.
   * @param {Record<string, unknown>} values
   * @param {{quiet?: boolean}} [options] `quiet`: without telling the listeners
   */
  assign(values, { quiet = false } = {}) {
    for (const [name, value] of Object.entries(values)) {
      this.#values.set(name, value);
      this.#showControl(byName.get(name));
    }
    if (!quiet) this.#tell(Object.keys(values));
    this.#writeAddress();
  }

  /** @param {(names: string[]) => void} listener called with the names of the properties that changed */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  #tell(names) {
    for (const listener of this.#listeners) listener(names);
  }

  #settle() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#writeAddress(), SETTLE_MS);
  }

  #writeAddress() {
    this.#forget();
    const address = this.address();
    if (address !== location.hash) history.replaceState(null, "", address || location.pathname + location.search);
  }

  #forget() {
    clearTimeout(this.#settling);
    this.#settling = null;
  }

  /**
   * The hash that restores these settings: only what differs from the defaults.
   * @param {{reading?: boolean, kept?: boolean}} [options] `reading`: also how the reader's own file is read, whose columns are nobody else's business;
   *   `kept`: for longer than these are the defaults, so that not even an address of defaults alone is empty
   */
  address({ reading = this.get("sample") !== OWN, kept = false } = {}) {
    const shared = (property) =>
      !this.#isDefault(property) && !isOwnFile(property, this.get(property.name)) && (reading || !READING.includes(property.name));
    const words = PROPERTIES.filter(shared).map(
      (property) => `${property.name}=${encodeURIComponent(this.#written(property)).replaceAll("%2C", ",").replaceAll("%3A", ":")}`,
    );
    const marked = kept || words.some(isOfVersion) ? [PRESENT, ...words] : words;
    return marked.length === 0 ? "" : `#${marked.join("&")}`;
  }

  /**
   * An address that keeps how the page looks and nothing else, but for these.
   * @param {Record<string, unknown>} changed
   */
  appearance(changed) {
    const words = APPEARANCE.map((name) => [name, changed[name] ?? this.get(name)]).filter(([, value]) => value !== "");
    return `#${words.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
  }

  /**
   * Other rows want other settings: where the reader has chosen none, the core's defaults take the place of the first experiment's, or the other way round.
   * @param {boolean} isOwn whether the rows are the reader's own
   */
  suit(isOwn) {
    const shared = PROPERTIES.filter(({ name, core_default: value }) => name !== "sample" && value !== undefined);
    const [from, to] = isOwn ? ["default", "core_default"] : ["core_default", "default"];
    const isUnchosen = (property) => this.#written(property) === TYPES[property.type].write(property[from]);
    this.assign(Object.fromEntries(shared.filter(isUnchosen).map((property) => [property.name, property[to]])), { quiet: true });
  }

  /** @returns {string[]} settings of an experiment that are not the usual ones for the reader's own rows */
  unusual() {
    const usual = ({ default: value, core_default: own = value }) => own;
    const ofRuns = PROPERTIES.filter(({ name, config }) => config && name !== "model");
    return ofRuns.filter((property) => this.#written(property) !== TYPES[property.type].write(usual(property))).map(({ name }) => name);
  }

  #isDefault(property) {
    const { write } = TYPES[property.type];
    const value = this.get(property.name);
    return value === property.default || (value !== null && property.default !== null && write(value) === write(property.default));
  }

  /**
   * Reads an address; what it does not name gets the default of its time, what it names wrongly is reported.
   * @param {string} hash
   * @param {{keep?: string[], isKept?: boolean}} [options] `keep`: properties that stay as they are, whatever the address says; `isKept`: it was kept
   *   or sent with an experiment, so that even an empty one is of a version
   * @returns {{rejected: string[], changed: string[]}} the words that were not understood, and the properties that have another value now
   */
  readAddress(hash, { keep = [], isKept = false } = {}) {
    this.#forget();
    const rejected = [];
    const before = new Map(PROPERTIES.map((property) => [property.name, this.#written(property)]));
    const given = new Map();
    const words = hash
      .replace(/^#/, "")
      .split("&")
      .filter((word) => word.includes("="));
    const isOld = (isKept || words.some(isOfVersion)) && !words.includes(PRESENT);
    for (const word of words.filter((word) => word !== PRESENT)) {
      const [written, ...rest] = word.split("=");
      const name = presentName(written);
      const property = byName.get(name);
      let value;
      try {
        value = property && TYPES[property.type].parse(decodeURIComponent(rest.join("=")));
      } catch {
        value = undefined; // a stray percent sign
      }
      if (property && value !== undefined && !isOwnFile(property, value) && withinBounds(property, value)) given.set(name, value);
      else rejected.push(word);
    }
    for (const name of keep) given.set(name, this.get(name));
    for (const property of PROPERTIES) {
      this.#values.set(property.name, given.has(property.name) ? given.get(property.name) : defaultOf(property, isOld));
      this.#showControl(property);
    }
    return { rejected, changed: PROPERTIES.filter((property) => this.#written(property) !== before.get(property.name)).map(({ name }) => name) };
  }

  #written(property) {
    return TYPES[property.type].write(this.get(property.name));
  }

  /**
   * Listens to every control. A value that is none marks its control, is reported, and changes nothing.
   * @param {(property: Property, control: HTMLElement, valid: boolean) => void} report called after every change
   */
  bindForm(report) {
    for (const property of PROPERTIES) {
      const control = controlOf(property);
      if (!control) continue;
      const live = property.type === "number" && control.type === "range";
      if (property.minimum !== undefined) Object.assign(control, { min: property.minimum, max: property.maximum });
      control.addEventListener(live ? "input" : "change", () => {
        const value = readControl(property, control);
        const valid = value !== undefined && withinBounds(property, value);
        control.setAttribute("aria-invalid", String(!valid));
        report(property, control, valid);
        if (!valid) return;
        this.#values.set(property.name, value);
        this.#tell([property.name]);
        if (live) this.#settle();
        else this.#writeAddress();
      });
      if (live) control.addEventListener("blur", () => this.#settling !== null && this.#writeAddress());
      this.#showControl(property);
    }
  }

  /** Shows the value in force where a control has another that was refused. */
  showInForce() {
    for (const property of PROPERTIES) if (controlOf(property)?.getAttribute("aria-invalid") === "true") this.#showControl(property);
  }

  #showControl(property) {
    const control = controlOf(property);
    if (!control) return;
    const value = this.get(property.name);
    control.removeAttribute("aria-invalid");
    if (control.tagName === "FIELDSET") {
      for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (control.querySelectorAll("input[type=checkbox]"))) {
        box.checked = value.map(String).includes(box.value);
      }
    } else if (property.type === "boolean") {
      control.checked = value;
    } else {
      const text = TYPES[property.type].write(value);
      if (control.value !== text) control.value = text;
    }
  }

  /** @returns {object} the raw configuration of the core (contract: `plan`) */
  config() {
    return Object.fromEntries(PROPERTIES.filter((property) => property.config).map(({ name }) => [name, this.get(name)]));
  }
}

/** The form control of a property, or the fieldset of its check boxes. @returns {any} */
const controlOf = ({ input }) => input && document.getElementById(input);

function readControl(property, control) {
  if (control.tagName === "FIELDSET") {
    const words = [...control.querySelectorAll("input:checked")].map((box) => box.value);
    return words.length === 0 ? undefined : TYPES[property.type].parse(words.join(","));
  }
  return TYPES[property.type].parse(property.type === "boolean" ? String(control.checked) : control.value);
}

function withinBounds(property, value) {
  const { minimum = -Infinity, maximum = Infinity, choices } = property;
  if (choices) return [value].flat().every((each) => choices.includes(each)) || isOwnFile(property, value);
  return typeof value !== "number" || (value >= minimum && value <= maximum);
}
