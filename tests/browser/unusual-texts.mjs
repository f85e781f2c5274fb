// Unusual texts through the whole page: node --test tests/browser/unusual-texts.mjs
//
// The rules by which rows are used or left out are those of “How unusual rows are handled” in section 1; tests/unusual_texts.rs has them natively.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, assertAnswers, experiment, journey, phase, predicted, TINY } from "./page.mjs";

const HASH = `${TINY.replace("fisher_texts=20", "fisher_texts=6").replace("max_tokens=12", "max_tokens=24")}&seeds=1`;
const SCIENTIST = "\u{1f469}\u200d\u{1f52c}";
/** Trained on, each with either label. */
const TAKEN = [
  `${SCIENTIST}\u{1f9ec} \u{1f3f3}\ufe0f\u200d\u{1f308}`,
  "\u{1f600}",
  "مرحبا بالعالم",
  "\u202ethe cat sat\u202c שלום the river",
  "\u200b\u200c\u200d\u2060",
  "zero\u200bwidth\ufeffin\u00adside",
  "a\u0000b \u0000the cat",
  "e\u0301\u0301\u0301\u0301",
  "[PAD] [PAD] [PAD]",
  "[CLS] [SEP] [MASK] [UNK]",
  "北京的河",
  "\ufffd\u{10ffff}\ue000",
  "<img src=x onerror=alert(1)>",
  "x".repeat(10_000),
  "\u{1f600}".repeat(3_000),
  "word ".repeat(2_000),
];
const LABELS = ["\u{1f44d}", "لا"];
/** Left out, each for a reason. */
const LEFT_OUT = [
  ['{"text": "\\ud800 alone", "label": "x"}', /hex escape/],
  ['{"text": "\\udc00\\ud800", "label": "x"}', /hex escape/],
  ['{"text": "", "label": "x"}', /the text is empty/],
  ['{"text": " \\t\\u3000\\u0000", "label": "x"}', /the text is empty/],
  ['{"text": "the cat", "label": "\\u0000 "}', /the label is empty/],
  ['{"text": null, "label": "x"}', /the text is empty/],
  ['{"text": ["the cat"], "label": "x"}', /the text is a list/],
];
const rows = TAKEN.flatMap((text) => LABELS.map((label) => JSON.stringify({ text, label })));
const FILE = { name: "unusual.jsonl", mimeType: "application/x-ndjson", buffer: Buffer.from([...rows, ...LEFT_OUT.map(([row]) => row)].join("\n")) };
const prose = (lines) => ({ name: "prose.txt", mimeType: "text/plain", buffer: Buffer.from(lines.join("\n")) });

describe("unusual texts", { timeout: 10 * 60_000 }, () => {
  test("every row is trained on or left out by name; Fisher information, training and prediction go through", (context) =>
    journey(context, { hash: HASH.replace("max_rows=40", "max_rows=0") }, async (page) => {
      await page.setInputFiles("#dataset-file", FILE);
      await page.waitForFunction(
        (words) => document.querySelector("#dataset-summary").textContent.startsWith(words),
        `unusual.jsonl: ${rows.length} examples, 2 classes`,
      );
      await page.setInputFiles("#corpus-file", prose([...TAKEN, "The river was high that spring."]));
      await page.waitForFunction((count) => document.querySelector("#corpus-summary").textContent.includes(`prose.txt: ${count}`), TAKEN.length + 1);
      await phase(page, "ready");
      const said = await page.locator("#dataset-rejected li").allTextContents();
      assert.equal(said.length, LEFT_OUT.length);
      LEFT_OUT.forEach(([, reason], index) => assert.match(said[index], new RegExp(`line ${rows.length + index + 1}.*${reason.source}`, "s")));
      await page.click("#dataset-rules > summary");
      assert.equal(await page.locator("#dataset-rules li").count(), 4);
      await assertAccessible(page);
      await page.setViewportSize({ width: 360, height: 800 });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, "a word of 10,000 letters hangs over nothing");
      assert.equal(
        await page.evaluate(() => [...document.querySelectorAll("math")].filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length),
        0,
        "no formula scrolls sideways",
      );
      await page.setViewportSize({ width: 1100, height: 900 });

      const results = await experiment(page);
      assert.deepEqual([results.dataset.rows, results.dataset.labels], [rows.length, LABELS.toSorted()]);
      assert.equal(results.runs.length, 2);
      for (const { arm, steps, epochs, predictions } of results.runs) {
        assert.ok(
          steps.length > 0 && steps.every(({ loss }) => Number.isFinite(loss)) && epochs.every((epoch) => Number.isFinite(epoch.eval_loss)),
          arm,
        );
        assert.equal(predictions.length, results.dataset.test_rows);
      }
      assert.equal(results.fisher.sites.length, 13);
      assert.ok(results.fisher.sites.every(({ score }) => Number.isFinite(score) && score > 0));
      for (const text of TAKEN.slice(0, 14)) assertAnswers(await predicted(page, text), ["standard", "guided"], LABELS, text);
      assert.match((await predicted(page, "x".repeat(10_000))).tokens, /: \[CLS\] \[UNK\] \[SEP\]$/, "the answer is to the text that stands there");
      await page.fill("#predict-text", " \t ");
      await page.waitForFunction(() => document.querySelector("#predict-result").textContent === "");
      assert.equal(await page.locator("#page-errors .error, #train-errors .error, #verdict-errors .error").count(), 0);
      assert.equal(await page.evaluate(() => document.querySelectorAll("img").length), 0);
      await assertAccessible(page);
    }));

  test("prose without a word that the tokenizer knows is refused for Fisher information, in words", (context) =>
    journey(context, { hash: HASH }, async (page) => {
      await page.setInputFiles("#corpus-file", prose(["\u{1f600}", SCIENTIST, "\u200b", "\u{10ffff}", "\u{1f600} \u{1f600}", "\u{1f9ec}"]));
      await page.waitForFunction(() => /prose\.txt: 6/.test(document.querySelector("#corpus-summary").textContent));
      await phase(page, "ready");
      await page.click("#run");
      await page.waitForFunction(() =>
        [...document.querySelectorAll(".error")].some((node) => /a word that the model's tokenizer knows/.test(node.textContent)),
      );
      await page.click("#run-surface");
      await page.waitForFunction(() => document.querySelector("#surface-errors").textContent !== "");
      assert.match(
        await page.textContent("#surface-errors"),
        /a word that the model's tokenizer knows/,
        "a surface's errors stand beside its button",
      );
      await page.setInputFiles(
        "#corpus-file",
        prose([
          "The river was high that spring.",
          "Nobody had seen the boat since March.",
          "The children asked about it.",
          "Bread and salt were on the table.",
          "In winter the lake freezes over.",
          "The old clock stopped.",
        ]),
      );
      await page.waitForFunction(() => document.documentElement.dataset.phase === "ready");
      assert.equal((await experiment(page)).runs.length, 2);
    }));
});
