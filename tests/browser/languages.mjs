// Every translation says everything: the files of www/text have the shape of the English one.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CORE_LANGUAGE, LANGUAGES, languageOf } from "../../www/i18n/languages.js";
import { translator } from "../../www/i18n/phrases.js";
import { text as english } from "../../www/i18n/en.js";

/** Where `other` differs from `model` in keys, kinds, lengths of lists, or what its functions are told. */
function differences(model, other, path = "text") {
  const kind = (value) => (Array.isArray(value) ? "list" : value === null ? "null" : typeof value);
  if (kind(model) !== kind(other)) return [`${path}: ${kind(model)} expected, ${kind(other)} found`];
  if (kind(model) === "function") {
    return model.length === other.length ? [] : [`${path}: a function of ${model.length} expected, of ${other.length} found`];
  }
  if (kind(model) === "string") return model.trim() !== "" && other.trim() === "" ? [`${path}: words expected, none found`] : [];
  if (typeof model !== "object") return [];
  return [...new Set([...Object.keys(model), ...Object.keys(other)])].flatMap((key) => {
    if (!Object.hasOwn(other, key)) return [`${path}.${key} is missing`];
    if (!Object.hasOwn(model, key)) return [`${path}.${key} is not in the English text`];
    return differences(model[key], other[key], `${path}.${key}`);
  });
}

test("each language has a file and each file a language", () => {
  const files = readdirSync(new URL("../../www/i18n/", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name.replace(/\.js$/, ""))
    .filter((name) => !["languages", "text", "core", "phrases"].includes(name) && !name.startsWith("core-"));
  assert.deepEqual(files.sort(), Object.keys(LANGUAGES).sort());
});

for (const code of Object.keys(LANGUAGES)) {
  test(`${code} has the shape of the English text`, async () => {
    const { text } = await import(`../../www/i18n/${code}.js`);
    assert.deepEqual(differences(english, text), []);
  });
}

/** The terms that strings anywhere in `part` mark, in the order of the text. */
function termsOf(part) {
  if (typeof part === "string") return [...part.matchAll(/\{([^}|]+)(?:\|([^}]+))?\}/g)].map(([, words, term]) => term ?? words.toLowerCase());
  return part && typeof part === "object" ? Object.values(part).flatMap(termsOf) : [];
}

for (const code of Object.keys(LANGUAGES)) {
  test(`${code} explains every term that it marks`, async () => {
    const { text } = await import(`../../www/i18n/${code}.js`);
    const terms = termsOf(text);
    assert.ok(terms.length > 20 && new Set(terms).size > 15, `${terms.length} terms`);
    assert.deepEqual(
      terms.filter((term) => !Object.hasOwn(text.glossary, term)),
      [],
    );
    for (const { name, meaning } of Object.values(text.glossary)) assert.deepEqual(termsOf(meaning), [], `${name}: a note has no notes`);
  });
}

const ROOT = new URL("../../", import.meta.url);
/** Files of the repository below `folder` with this ending, without what is built or comes from elsewhere. */
const filesIn = (folder, ending) =>
  readdirSync(new URL(folder, ROOT), { recursive: true })
    .filter((name) => name.endsWith(ending) && !/^(pkg|vendor)\b/.test(name))
    .map((name) => `${folder}/${name}`);
const read = (file) => readFileSync(new URL(file, ROOT), "utf8");

/** All strings of a text, with their paths. */
function stringsOf(part, path = "text") {
  if (typeof part === "string") return [[path, part]];
  return part && typeof part === "object" ? Object.entries(part).flatMap(([key, value]) => stringsOf(value, `${path}.${key}`)) : [];
}

test("no English sentence is longer than 25 words", () => {
  const long = stringsOf(english)
    .filter(([path]) => path !== "text.data.brokenFile")
    .flatMap(([path, said]) => said.split(/(?<=[.?!:])\s+| · /).map((sentence) => [path, sentence, sentence.split(/\s+/).length]))
    .filter(([, , words]) => words > 25);
  assert.deepEqual(long, []);
});

test("every text that the page asks for exists", () => {
  const asked = (file, pattern) => [...read(file).matchAll(pattern)].map(([, path]) => [file, path]);
  const paths = filesIn("www", ".js")
    .filter((file) => /import .*\btext\b.* from ".*i18n\/text\.js"/.test(read(file)))
    .flatMap((file) => asked(file, /(?<![\w./"])text\.([a-zA-Z]\w*(?:\.[a-zA-Z]\w*)*)/g))
    .concat(asked("www/index.html", /data-(?:text|paragraphs|items|symbols|label|placeholder)="([\w.]+)"/g));
  assert.ok(paths.length > 300, `${paths.length} paths`);
  /** What follows a string, a list or a function is a method of it. */
  const exists = (path) =>
    path.split(".").reduce((part, name) => (part && typeof part === "object" && !Array.isArray(part) ? part[name] : part), english) !== undefined;
  const missing = paths.filter(([, path]) => !exists(path));
  assert.deepEqual(missing, []);
});

for (const code of Object.keys(LANGUAGES).filter((each) => each !== CORE_LANGUAGE)) {
  test(`${code} translates phrases that the core and the store have`, async () => {
    const { phrases } = await import(`../../www/i18n/core-${code}.js`);
    const sources = [...filesIn("src", ".rs"), ...filesIn("www/store", ".js")]
      .map(read)
      .join("\n")
      .replace(/\\\n\s*/g, "");
    const gone = Object.keys(phrases).filter((phrase) => !phrase.split(/\{\w+\}/).every((piece) => sources.includes(piece.trim())));
    assert.deepEqual(gone, []);
    for (const [phrase, words] of Object.entries(phrases)) {
      const names = (said) => [...said.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      assert.deepEqual(
        names(words).filter((name) => !names(phrase).includes(name)),
        [],
        phrase,
      );
    }
  });
}

test("a phrase of the core is translated with its values, and those that are phrases themselves", () => {
  const translated = translator({
    "{count} bad rows, the first on line {line}: {reason}": "{count} Zeilen, zuerst {line}: {reason}",
    "the label is empty": "das Etikett ist leer",
    none: "keine",
  });
  assert.equal(translated("2 bad rows, the first on line 3: the label is empty"), "2 Zeilen, zuerst 3: das Etikett ist leer");
  assert.equal(translated("none"), "keine");
  assert.equal(translated("1.5"), "1.5");
  assert.equal(translated("the label is odd"), null);
});

test("a translation that lacks, adds or bends something is found", () => {
  const copy = () => ({ ...english, run: { ...english.run }, abstract: [...english.abstract] });
  const faults = [
    [(text) => delete text.run.pause, /text\.run\.pause is missing/],
    [
      (text) => {
        text.run.halt = "Halt";
      },
      /text\.run\.halt is not in the English text/,
    ],
    [
      (text) => {
        text.run.training = (done) => `${done}`;
      },
      /text\.run\.training: a function of 2 expected, of 1/,
    ],
    [
      (text) => {
        text.run.ready = "Ready";
      },
      /text\.run\.ready: function expected, string found/,
    ],
    [
      (text) => {
        text.title = " ";
      },
      /text\.title: words expected/,
    ],
    [(text) => text.abstract.pop(), /text\.abstract\.\d+ is missing/],
  ];
  assert.deepEqual(differences(english, copy()), []);
  for (const [spoil, found] of faults) {
    const spoilt = copy();
    spoil(spoilt);
    assert.match(differences(english, spoilt).join("\n"), found);
  }
});

test("one of anything is one", () => {
  const { data, fisher, landscape } = english;
  assert.equal(data.rejected("1", "20"), "1 of 20 rows rejected");
  assert.equal(data.moreClasses("1", "3", "3"), "and 1 more class of 3 examples");
  assert.equal(data.moreClasses("130", "3", "2"), "and 130 more classes of 2 to 3 examples");
  assert.deepEqual([fisher.caption("1", null), fisher.corpusSummary("own.txt", "1")], ["1 text", "own.txt: 1 passage"]);
  assert.match(
    landscape.caption({ model: "mini", texts: "1", norm: "equal total norm", seed: 7, range: "1.5" }),
    /^mini, mean masked-token loss of 1 text; equal total norm, seed 7, range ±1\.5\.$/,
  );
});

test("the address decides the language, then the browser, then English", () => {
  assert.equal(languageOf("#epochs=2&language=en", []), "en");
  assert.equal(languageOf("", ["fr-FR", "en-GB"]), "en");
  assert.equal(languageOf("#language=klingon", ["fr"]), "en");
  assert.equal(languageOf("#language=constructor", ["toString"]), "en");
  LANGUAGES.fr = "Français";
  try {
    assert.equal(languageOf("", ["fr-FR", "en-GB"]), "fr");
    assert.equal(languageOf("#language=en", ["fr-FR"]), "en");
    assert.equal(languageOf("#seeds=3&language=fr", ["en"]), "fr");
    assert.equal(languageOf("#sublanguage=fr", ["en"]), "en");
  } finally {
    delete LANGUAGES.fr;
  }
});
