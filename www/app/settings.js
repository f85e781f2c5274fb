// Every setting of the page, once. This table drives the form, the address (URL hash) and the configuration of the core.

import { LANGUAGES } from "../i18n/languages.js";

/** Arms in the order in which the page lists and colours them (docs/method.md, section 4). */
export const ARMS = ["standard", "guided", "uniform-mean", "shuffled", "reversed", "gaussian", "none", "custom"];

/** Shares of the training part that can be compared (data paucity). */
export const FRACTIONS = [1, 0.5, 0.25, 0.1];

/** A slider settles before the address follows: browsers limit how often it may change. */
const SETTLE_MS = 300;

/** The value of `sample` that means the reader's own file, which no address can carry. */
export const OWN = "own";

/** Settings by which a data set is read. */
export const READING = ["text_column", "pair_column", "label_column", "has_header", "task", "max_rows"];

const isOwnFile = (property, value) => property.name === "sample" && value === OWN;

/**
 * @typedef {object} Property
 * @property {string} name key in the address and, where `config` is true, in the core's configuration
 * @property {"text"|"integer"|"number"|"choice"|"seeds"|"fractions"|"arms"|"rates"} type
 * @property {unknown} default
 * @property {string | null} input id of the form control, or of the fieldset of check boxes
 * @property {boolean} [config] whether the core's configuration has it
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {string[]} [choices] values that an address may give
 */

/** @type {Property[]} */
export const PROPERTIES = [
  { name: "language", type: "choice", default: "", input: null, choices: ["", ...Object.keys(LANGUAGES)] },
  { name: "sample", type: "choice", default: "tickets", input: "dataset-sample", choices: ["tickets", "questions", "opinions", "paraphrases"] },
  { name: "text_column", type: "text", default: "", input: "text-column" },
  { name: "pair_column", type: "text", default: "", input: "pair-column" },
  { name: "label_column", type: "text", default: "", input: "label-column" },
  { name: "has_header", type: "choice", default: "", input: "has-header", choices: ["", "yes", "no"] },
  { name: "task", type: "choice", default: "", input: "task", choices: ["", "classification", "regression"] },
  { name: "max_rows", type: "integer", default: 0, input: "max-rows", minimum: 0, maximum: 1e6 },
  { name: "device", type: "choice", default: "auto", input: "device", choices: ["auto", "cpu", "webgpu"] },
  { name: "workers", type: "integer", default: 0, input: "workers", minimum: 0, maximum: 16 },
  { name: "model", type: "text", default: "mini-4x256", input: "model", config: true },
  { name: "fisher_texts", type: "integer", default: 64, input: "fisher-texts", config: true, minimum: 1, maximum: 100000 },
  { name: "fisher_seed", type: "integer", default: 1, input: "fisher-seed", config: true, minimum: 0, maximum: 4294967295 },
  { name: "p_upper", type: "number", default: 0.1, input: "p-upper", config: true, minimum: 0, maximum: 0.5 },
  { name: "p_lower", type: "number", default: 0, input: "p-lower", config: true, minimum: 0, maximum: 0.5 },
  { name: "custom_rates", type: "rates", default: null, input: null, config: true },
  { name: "arms", type: "arms", default: ["standard", "guided", "uniform-mean"], input: "arms", config: true },
  { name: "seeds", type: "seeds", default: [1, 2, 3], input: "seeds", config: true },
  { name: "fractions", type: "fractions", default: [1], input: "fractions", config: true },
  { name: "epochs", type: "integer", default: 2, input: "epochs", config: true, minimum: 1, maximum: 1000 },
  { name: "learning_rate", type: "number", default: 3e-4, input: "learning-rate", config: true, minimum: 1e-8, maximum: 1 },
  { name: "batch_size", type: "integer", default: 16, input: "batch-size", config: true, minimum: 1, maximum: 1024 },
  { name: "max_tokens", type: "integer", default: 64, input: "max-tokens", config: true, minimum: 5, maximum: 4096 },
  { name: "test_share", type: "number", default: 0.2, input: "test-share", config: true, minimum: 0.05, maximum: 0.9 },
  { name: "warmup_share", type: "number", default: 0.1, input: "warmup-share", config: true, minimum: 0, maximum: 0.9 },
  { name: "weight_decay", type: "number", default: 0.01, input: "weight-decay", config: true, minimum: 0, maximum: 1 },
  { name: "clip_norm", type: "number", default: 1, input: "clip-norm", config: true, minimum: 1e-6, maximum: 1000 },
  { name: "surface_points", type: "integer", default: 16, input: "surface-points", minimum: 8, maximum: 32 },
  { name: "surface_range", type: "number", default: 1.5, input: "surface-range", minimum: 0.01, maximum: 10 },
  { name: "surface_seed", type: "integer", default: 1, input: "surface-seed", minimum: 0, maximum: 4294967295 },
  { name: "surface_texts", type: "integer", default: 16, input: "surface-texts", minimum: 1, maximum: 10000 },
  { name: "surface_norm", type: "choice", default: "tensor", input: "surface-norm", choices: ["tensor", "total"] },
];

/** How each type is read from and written as text; `parse` gives undefined for text that is not a value. */
const TYPES = {
  text: { parse: (text) => text, write: (value) => value },
  choice: { parse: (text) => text, write: (value) => value },
  integer: { parse: (text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : undefined), write: String },
  number: { parse: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined), write: String },
  seeds: { parse: parseSeeds, write: writeSeeds },
  fractions: { parse: (text) => listOf(text, (word) => FRACTIONS.includes(Number(word)) ? Number(word) : undefined), write: (list) => list.join(",") },
  arms: { parse: (text) => listOf(text, (word) => ARMS.includes(word) ? word : undefined), write: (list) => list.join(",") },
  rates: { parse: parseRates, write: writeRates },
};

const MOST_SEEDS = 50;
/** The core's are of 32 bits. */
const LARGEST_SEED = 2 ** 32 - 1;

function listOf(text, parseWord) {
  const values = text.split(",").map((word) => parseWord(word.trim()));
  return values.length === 0 || values.includes(undefined) ? undefined : [...new Set(values)];
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
  const words = trimmed.split(/[,\s]+/).filter(Boolean);
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

const byName = new Map(PROPERTIES.map((property) => [property.name, property]));

/** The settings of the page, their address and their form, kept in step. */
export class State {
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
   * @param {{reading?: boolean}} [options] `reading`: also how the reader's own file is read, whose columns are nobody else's business
   */
  address({ reading = this.get("sample") !== OWN } = {}) {
    const shared = (property) => !this.#isDefault(property) && !isOwnFile(property, this.get(property.name)) && (reading || !READING.includes(property.name));
    const words = PROPERTIES.filter(shared).map((property) =>
      `${property.name}=${encodeURIComponent(this.#written(property)).replaceAll("%2C", ",").replaceAll("%3A", ":")}`);
    return words.length === 0 ? "" : `#${words.join("&")}`;
  }

  #isDefault(property) {
    const { write } = TYPES[property.type];
    const value = this.get(property.name);
    return value === property.default || (value !== null && property.default !== null && write(value) === write(property.default));
  }

  /**
   * Reads an address; what it does not name gets its default, what it names wrongly is reported.
   * @param {string} hash
   * @param {{keep?: string[]}} [options] `keep`: properties that stay as they are, whatever the address says
   * @returns {{rejected: string[], changed: string[]}} the words that were not understood, and the properties that have another value now
   */
  readAddress(hash, { keep = [] } = {}) {
    this.#forget();
    const rejected = [];
    const before = new Map(PROPERTIES.map((property) => [property.name, this.#written(property)]));
    const given = new Map();
    for (const word of hash.replace(/^#/, "").split("&").filter((word) => word.includes("="))) {
      const [name, ...rest] = word.split("=");
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
      this.#values.set(property.name, given.has(property.name) ? given.get(property.name) : property.default);
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
      const control = property.input && document.getElementById(property.input);
      if (!control) continue;
      const live = property.type === "number" && control.type === "range";
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

  #showControl(property) {
    const control = property.input && document.getElementById(property.input);
    if (!control) return;
    const value = this.get(property.name);
    control.removeAttribute("aria-invalid");
    if (control.tagName === "FIELDSET") {
      for (const box of control.querySelectorAll("input[type=checkbox]")) box.checked = value.map(String).includes(box.value);
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

function readControl(property, control) {
  if (control.tagName === "FIELDSET") {
    const words = [...control.querySelectorAll("input:checked")].map((box) => box.value);
    return words.length === 0 ? undefined : TYPES[property.type].parse(words.join(","));
  }
  return TYPES[property.type].parse(control.value);
}

function withinBounds(property, value) {
  const { minimum = -Infinity, maximum = Infinity, choices } = property;
  if (choices) return choices.includes(value) || isOwnFile(property, value);
  return typeof value !== "number" || (value >= minimum && value <= maximum);
}
