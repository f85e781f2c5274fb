// Lessons: a link that shows some parts, locks settings and asks a question at each step: node --test tests/browser/lessons.mjs

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import "../fuzz/stage.mjs";
import { PIECES, PLACES, readLesson } from "../../www/app/lesson-file.js";
import { Settings } from "../../www/app/settings.js";
import { LANGUAGES } from "../../www/i18n/languages.js";
import { assertAccessible, journey, replacedFile, WWW } from "./page.mjs";
import { drop, upload } from "./support/model-files.mjs";

const read = (name) => JSON.parse(readFileSync(`${WWW}/data/lessons/${name}`, "utf8"));
const { lessons: NAMES } = read("index.json");

/** The parts of the page that are seen. */
const seen = (page) => page.$$eval("main > .part", (parts) => parts.filter((part) => part.checkVisibility()).map(({ id }) => id));

describe("a lesson", { timeout: 5 * 60_000 }, () => {
  test("shows its parts, locks all settings but its own, asks, answers when asked to, and lets go", (context) =>
    journey(context, { hash: "lesson=one-seed" }, async (page) => {
      const { steps } = read("one-seed.json");
      assert.deepEqual(await seen(page), ["train", "verdict-part"]);
      assert.equal(await page.evaluate(() => document.activeElement.id), "lesson", "it opens at its first step");
      assert.ok(await page.$eval("#lesson", (panel) => panel.getBoundingClientRect().top < innerHeight / 2));
      const summary = await page.textContent("#dataset-summary");
      await drop(page, upload("rows.csv", "text,label\nthe cat,a\nthe dog,b\na cat,a\na dog,b\n"));
      assert.match(await page.textContent("#dataset-errors"), /The lesson sets this/);
      assert.equal(await page.textContent("#dataset-summary"), summary, "a dropped file does not get past the lock");
      assert.ok(await page.isHidden("#evidence"));
      assert.deepEqual(await page.$$eval("#arms input:checked", (boxes) => boxes.map(({ value }) => value)), ["standard", "guided"]);
      assert.equal(await page.inputValue("#seeds"), "1");
      for (const control of ["#epochs", "#arms input", "#learning-rate"]) assert.ok(await page.isDisabled(control), control);
      assert.match(await page.getAttribute("#epochs", "title"), /Open the whole page/);
      assert.ok(await page.isEnabled("#seeds"));
      assert.ok(await page.isEnabled("#run"));
      await assertAccessible(page);

      assert.match(await page.textContent("#lesson"), new RegExp(`Step 1 of ${steps.length}`));
      const answer = page.getByText(steps[0].answer.en.slice(0, 30));
      assert.ok(await answer.isHidden());
      await page.click("#lesson summary");
      assert.ok(await answer.isVisible());
      await page.focus("#lesson-next");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement.id), "lesson");
      assert.equal(await page.$eval("#lesson", (panel) => panel.nextElementSibling.id), steps[1].place);

      await page.click("#lesson-leave");
      assert.equal((await seen(page)).length, 7);
      assert.ok(await page.isEnabled("#epochs"));
      assert.doesNotMatch(page.url(), /lesson=/);
      assert.match(page.url(), /arms=standard,guided/, "its settings stay");
      await page.click("#lessons summary");
      await page.click("#lesson-list a >> nth=0");
      await page.waitForSelector("#lesson:not([hidden])");
    }));

  test("that the page does not have is an error with those that it has; so is a file that is none, and the whole page opens", async (context) => {
    await journey(context, { hash: "lesson=two-seeds", settled: ["loading", "ready"] }, async (page) => {
      const said = await page.textContent("#page-errors .error");
      for (const part of ["two-seeds", ...NAMES]) assert.ok(said.includes(part), said);
      assert.ok((await seen(page)).length > 5);
      assert.doesNotMatch(page.url(), /lesson=/);
    });
    const broken = { ...read("one-seed.json"), parts: ["train", "loss"] };
    const prepare = (page) => replacedFile(page, "data/lessons/one-seed.json", JSON.stringify(broken));
    await journey(context, { hash: "lesson=one-seed", settled: ["loading", "ready"], prepare }, async (page) => {
      assert.match(await page.textContent("#page-errors .error"), /one-seed\.json, parts\[1\]: expected one of data, .*, got "loss"/);
    });
  });
});

describe("a lesson's file", () => {
  test("of the page is listed, complete, in every language, and of settings that the page has", () => {
    const files = readdirSync(`${WWW}/data/lessons`).filter((name) => name !== "index.json");
    assert.deepEqual(files.sort(), NAMES.map((name) => `${name}.json`).sort());
    const html = readFileSync(`${WWW}/index.html`, "utf8");
    for (const id of [...PIECES, ...Object.keys(PLACES)]) assert.ok(html.includes(`id="${id}"`), id);
    for (const name of files) {
      const { title, settings, steps } = readLesson(name, read(name));
      const words = [title, ...steps.flatMap(({ text, question, answer }) => [text, question, answer])];
      for (const each of words) assert.deepEqual(Object.keys(each), Object.keys(LANGUAGES), name);
      assert.deepEqual(new Settings().readAddress(settings).rejected, [], name);
      assert.match(settings, /^defaults=2&/, "of this version's defaults");
    }
  });

  test("is refused where it is wrong, by place", () => {
    const good = read("one-seed.json");
    const faults = [
      [{ format: "x" }, /^l\.json, format: expected "guided-dropout-lesson", got "x"$/],
      [{ version: 2 }, /version: expected 1, got 2/],
      [{ title: "Seeds" }, /title: expected words by language/],
      [{ parts: undefined }, /parts: expected a list, got nothing/],
      [{ unlocked: ["seed"] }, /unlocked\[0\]: expected one of .*seeds.*, got "seed"/],
      [{ without: ["train"] }, /without\[0\]: expected one of model-part/],
      [{ steps: [] }, /steps: expected a list of 1 to 20, got 0/],
      [{ steps: [{ ...good.steps[0], place: "walk" }] }, /steps\[0\]\.place: expected one of train/],
      [{ steps: [{ ...good.steps[0], answer: { en: " " } }] }, /steps\[0\]\.answer: expected words/],
    ];
    for (const [fault, message] of faults) assert.throws(() => readLesson("l.json", { ...good, ...fault }), { kind: "lesson", message });
    assert.throws(() => readLesson("l.json", null), /the file: expected an object, got null/);
  });
});
