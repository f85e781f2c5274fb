// The page in simplified Chinese: no English sentence is left, but for the technical detail of an error; and the way back.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, downloaded, experiment, journey, phase, TINY } from "./page.mjs";

const HAN = /\p{Script=Han}/u;
/** Visible sentences in Latin letters that are neither marked as untranslatable nor the paper's title. */
const englishSentences = (page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const visible = node.parentElement.checkVisibility() && !node.parentElement.closest("[translate=no], script, footer em");
      if (visible && /[a-z]{2,} [a-z]{2,} [a-z]{2,}/.test(node.data)) found.push(node.data.trim());
    }
    return found;
  });
const languageOf = (page, selector) => page.$eval(selector, (node) => node.closest("[lang]").lang);

describe("simplified Chinese", () => {
  test("headings, controls and empty figures; accessible; a select leads back to English", (context) =>
    journey(context, { hash: `${TINY}&language=zh` }, async (page) => {
      assert.equal(await page.getAttribute("html", "lang"), "zh");
      assert.match(await page.title(), HAN);
      const words = await page.$$eval("h1, h2, h3, main label > span:first-child, button:not(.legend *), .empty, #status", (nodes) =>
        nodes.map((node) => node.textContent.trim()).filter((said) => said !== "" && !/^(SVG|PNG|CPU|[+−?])$/.test(said)),
      );
      assert.ok(words.length > 60, `${words.length} pieces of text`);
      assert.deepEqual(
        words.filter((said) => !/\p{Script=Han}/u.test(said)),
        [],
      );
      assert.deepEqual(await englishSentences(page), []);
      await assertAccessible(page);
      await page.setViewportSize({ width: 360, height: 800 });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, "nothing hangs over");
      await page.waitForFunction(() => document.querySelector("#dataset-summary .split-sizes").textContent !== "");
      const { content } = await downloaded(page, '#dataset-figure .figure-tools button:text-is("SVG")');
      const lines = [...content.toString().matchAll(/font-size="([\d.]+)".*? textLength="([\d.]+)".*?>([^<]+)</g)]
        .filter(([, , , said]) => HAN.test(said))
        .map(([, size, width, said]) => ({ said, size: Number(size), width: Number(width) }));
      const widths = await page.evaluate((all) => {
        // against the font that this machine has: without a Chinese one, each letter is a narrow box
        const context = document.createElement("canvas").getContext("2d");
        return all.map(({ said, size, width }) => {
          context.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
          return { said, width: width / context.measureText(said).width };
        });
      }, lines);
      assert.ok(widths.length > 4, content.toString());
      assert.deepEqual(
        widths.filter(({ width }) => width < 0.75 || width > 1.25),
        [],
        "lines of the picture are those of the page",
      );
      await page.selectOption("#language", "en");
      await page.waitForFunction(() => document.documentElement.lang === "en");
      await phase(page, "ready");
      assert.match(await page.textContent("h1"), /^Guided Dropout Lab$/);
    }));

  test("a browser that prefers Chinese gets it, verdict, rejections and errors included; the original of an error is a technical detail", (context) =>
    journey(context, { options: { locale: "zh-CN" } }, async (page) => {
      assert.equal(await page.getAttribute("html", "lang"), "zh");
      assert.match(
        await page.textContent("#dataset-summary"),
        /第一行是表头：“text”是常见的列名。 文本在“text”列，依据：列名。 标签在“label”列，依据：列名。/,
      );
      await experiment(page);
      assert.match(await page.textContent("#verdict"), /^引导式.*guided − standard 在准确率上为 .*个百分点/);
      assert.doesNotMatch(await page.textContent("#verdict"), /[a-z]{3} [a-z]{3}/);
      const kept = page.locator("#past-list p", { hasText: "guided − standard" });
      assert.equal(await kept.textContent(), await page.textContent("#verdict"), "the list of experiments says the same");
      await page.click("#data details > summary");
      await page.click("#dataset-broken");
      await page.waitForSelector(".rejections li");
      assert.match(await page.textContent("#dataset-rejected h3"), HAN);
      assert.deepEqual(await page.locator(".rejections li > span:last-child").allTextContents(), [
        "标签为空",
        "文本为空",
        "应有 2 个字段，实际有 4 个",
        "引号字段没有正确闭合",
      ]);
      await page.setInputFiles("#dataset-file", { name: "few.csv", mimeType: "text/csv", buffer: Buffer.from("text,label\na,b\n") });
      await page.waitForSelector("#dataset-errors .error");
      assert.match(await page.textContent("#dataset-errors strong"), /^[^a-zA-Z]+。$/);
      assert.equal(await page.textContent("#dataset-errors .error strong + span"), 'few.csv，“label”列。需要：至少两个类别；实际：只有 "b"。');
      assert.equal(await languageOf(page, "#dataset-errors .technical p"), "en");
      assert.match(await page.textContent("#dataset-errors .technical p"), /expected at least two labels, got only "b"$/);
      assert.deepEqual(await englishSentences(page), []);
      await assertAccessible(page);
    }));
});
