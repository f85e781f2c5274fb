// An arm or a setting of the core has a place wherever one is needed: node --test tests/complete.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CORE_LANGUAGE, LANGUAGES } from "../www/i18n/languages.js";
import { SCHEMA } from "../www/platform/schema.js";

const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
const occurrences = (content, words) => content.split(words).length - 1;
const texts = await Promise.all(Object.keys(LANGUAGES).map(async (code) => [code, (await import(`../www/i18n/${code}.js`)).text]));

/** Places that a name must have: file, what to write there, and how often. */
function lacking(name, places) {
  const missing = places.filter(([file, words, times = 1]) => occurrences(read(file), words) < times);
  return missing.map(([file, words, times = 1]) => `${name}: ${file} lacks ${JSON.stringify(words)}${times > 1 ? `, ${times} times` : ""}`);
}

const [ARM_TYPE] = read("src/web/types.d.ts").match(/export type Arm =[^;]*;/);

/** @param {string} arm */
function placesOfArm(arm) {
  const key = /^\w+$/.test(arm) ? `\n  ${arm}: {` : `\n  "${arm}": {`;
  return [
    ["www/charts/palette.js", key],
    ["www/styles/style.css", `--arm-${arm}: #`, 2], // light and dark
    ["www/styles/arms.css", `.mark.arm-${arm} {\n  fill: var(--arm-${arm})`],
    ["www/styles/arms.css", `.stroke.arm-${arm} {\n  stroke: var(--arm-${arm})`],
    ["www/styles/arms.css", `.bar.arm-fill-${arm} {\n  background: var(--arm-${arm})`],
    ["docs/method.md", `\n| \`${arm}\` |`],
  ];
}

test("every arm has a colour, dash, mark, type, row of the documentation and words", () => {
  const lack = SCHEMA.arms.flatMap(({ name }) => [
    ...lacking(name, placesOfArm(name)),
    ...(ARM_TYPE.includes(`"${name}"`) ? [] : [`${name}: src/web/types.d.ts lacks it in the type Arm`]),
    ...texts.filter(([, text]) => !Object.hasOwn(text.train.armNames, name)).map(([code]) => `${name}: www/i18n/${code}/ lacks train.armNames`),
  ]);
  assert.deepEqual(lack, []);
});

/** Set in the table of rates, and by loading a model. */
const WITHOUT_CONTROL = ["custom_rates", "model"];
/** Print has the model among its inputs. */
const WITHOUT_WORDS = ["model"];

test("every setting has a control, a type and words", async () => {
  const settings = SCHEMA.settings.filter(({ part }) => part === "config").map(({ name }) => name);
  const lack = settings.flatMap((name) => [
    ...lacking(name, [
      ["src/web/types.d.ts", `\n  ${name}: `],
      ...(WITHOUT_CONTROL.includes(name) ? [] : [["www/index.html", `id="${name.replaceAll("_", "-")}"`]]),
    ]),
    ...texts
      .filter(([, text]) => !WITHOUT_WORDS.includes(name) && !Object.hasOwn(text.verdict.printSettings.settings, name))
      .map(([code]) => `${name}: www/i18n/${code}/ lacks verdict.printSettings.settings`),
  ]);
  const numbers = SCHEMA.settings.filter(({ part, minimum }) => part === "config" && minimum !== undefined);
  for (const code of Object.keys(LANGUAGES).filter((each) => each !== CORE_LANGUAGE)) {
    const { places } = await import(`../www/i18n/core-${code}.js`);
    const unnamed = numbers.filter(({ name }) => !Object.hasOwn(places, name));
    lack.push(...unnamed.map(({ name }) => `${name}: www/i18n/core-${code}.js lacks its name in errors`));
  }
  assert.deepEqual(lack, []);
});
