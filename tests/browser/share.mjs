// What a reader passes on: links with settings and results, pictures of figures; and the address as it is followed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { assertAccessible, browser, csv, decoded, downloaded, experiment, journey, phase, TINY, WWW } from "./page.mjs";
import { pack } from "../../www/share/result-link.js";
import { hold, holdable } from "./support/held-workers.mjs";

/** What is passed on need not be good: fewer and shorter texts still. */
const SMALL = TINY.replace("fisher_texts=20", "fisher_texts=6");

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };
const FIGURES = ["dataset", "fisher", "rates", "train", "verdict"];
const tool = (figure, name) => `#${figure}-figure .figure-tools button:text-is("${name}")`;
const table = (page) => page.locator("#results-table tbody").innerText();
const captions = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("figure:not(#published-figure, #evidence-figure, #along-figure, #surface-figure) figcaption .origin")].map(
      (node) => node.textContent,
    ),
  );
const follow = (page, hash) =>
  page.evaluate((to) => {
    location.hash = to;
  }, hash);

/** Serves a file of the page with something replaced. */
const replaced = (page, path, from, to) =>
  page.route(`**/${path}`, (route) => {
    const source = readFileSync(join(WWW, path), "utf8");
    assert.ok(source.includes(from), `${path} has ${from}`);
    return route.fulfill({ contentType: "text/javascript", body: source.replace(from, to) });
  });

/** Opens a link as somebody else, with the core held back until `go`. */
async function stranger(link, act) {
  const profile = await browser.newContext({ serviceWorkers: "block" });
  const page = await profile.newPage();
  const thrown = [];
  page.on("pageerror", (error) => thrown.push(error.message));
  let go;
  const held = new Promise((resolve) => {
    go = resolve;
  });
  await page.route("**/*.wasm", async (route) => {
    await held;
    await route.fallback();
  });
  try {
    await page.goto(link);
    await act(page, go);
    assert.deepEqual(thrown, []);
  } finally {
    go();
    await profile.close();
  }
}

describe("links and pictures", { timeout: 15 * 60_000 }, () => {
  test("a link carries settings and results to a clean profile, and Run replaces them", (context) =>
    journey(context, { hash: SMALL, shipped: true, options: CLIPBOARD }, async (page) => {
      assert.ok(await page.isDisabled("#permalink-results"));
      const results = await experiment(page);
      await page.click("#permalink-results");
      await page.waitForFunction(() => document.querySelector("#permalink-note").textContent !== "");
      const link = await page.evaluate(() => navigator.clipboard.readText());
      assert.ok(link.includes("epochs=1") && link.includes("&results=2."), link.slice(0, 200));
      const [words, shown] = [await page.textContent("#verdict"), await table(page)];

      await stranger(link, async (other, go) => {
        await other.waitForFunction(
          () =>
            document.querySelectorAll("figure:not(#published-figure, #evidence-figure, #along-figure, #surface-figure) figcaption .origin").length ===
            4,
        );
        for (const caption of await captions(other)) assert.match(caption, /From a result link of .*not computed here/);
        assert.equal(await other.locator("#fisher-chart .bar").count(), results.fisher.sites.length);
        assert.ok(await other.locator("#loss-chart canvas").isVisible());
        assert.match(await other.textContent("#verdict"), /numbers only/);
        assert.match(
          await other.innerText("#linked-note"),
          /shows an experiment of .* on the sample opinions\.csv\. .*press Run the experiment to repeat the experiment/,
        );
        assert.equal(await other.locator("#confusion table").count(), 2);
        assert.equal(await other.inputValue("#epochs"), "1");
        assert.equal(await other.inputValue("#dataset-sample"), "opinions");
        assert.ok(await other.isDisabled("#run"), "the core is not there yet");

        go();
        await phase(other, "ready");
        await other.waitForFunction((verdict) => document.querySelector("#verdict").textContent === verdict, words);
        assert.equal(await table(other), shown);
        assert.match(await other.textContent("#confusion"), new RegExp(results.dataset.labels[0]));
        assert.equal(await other.locator("#dots svg").count(), await page.locator("#dots svg").count());
        await assertAccessible(other);
        await other.click("#run");
        await phase(other, "done");
        assert.deepEqual([...new Set(await captions(other))], ["Your result"]);
        assert.ok(await other.isHidden("#linked-note"));
        assert.equal(await table(other), shown);
        assert.ok(!other.url().includes("results="), "the address no longer names results that are not shown");
      });

      await stranger(link.replace("epochs=1", "epochs=1&model=elsewhere"), async (other) => {
        await other.waitForFunction(
          () =>
            document.querySelectorAll("figure:not(#published-figure, #evidence-figure, #along-figure, #surface-figure) figcaption .origin").length ===
            4,
        );
        assert.match(await other.textContent("#page-errors"), /“elsewhere”, which is not built in/);
        assert.equal(await other.inputValue("#model"), "mini-4x256");
        assert.match(other.url(), /model=elsewhere.*results=2\./);
      });
    }));

  test("a link says of how long training was what its page said", async (context) => {
    const recorded = JSON.parse(readFileSync(join(WWW, "data/recorded.json"), "utf8"));
    const seeds = recorded.config.seeds.slice(0, 8);
    const runs = recorded.runs
      .filter(({ seed }) => seeds.includes(seed))
      .map((run) => ({ ...run, steps: [], epochs: run.epochs.map((epoch) => ({ train_loss: 0, eval_loss: 0, ...epoch })) }));
    assert.equal(recorded.probes.length, 1);
    const link = (probes) => pack({ ...recorded, config: { ...recorded.config, seeds }, runs, probes }, { own: false });
    const said = async (probes, state, remark) =>
      journey(context, { hash: `defaults=2&results=${await link(probes)}` }, async (page) => {
        await page.waitForFunction((words) => document.querySelector("#verdict").textContent.includes(words), remark);
        assert.deepEqual(await page.locator("#settled tbody tr td:nth-child(2)").allTextContents(), Array(4).fill(`At the end${state}`));
        assert.match(await page.textContent("#verdict"), /A transformer is worth it here/);
      });
    await said(recorded.probes, "settled", "All arms have settled");
    await said([], "flat, doubling not tried", "Whether longer training changes them was not tried");
  });

  test("a link that would be too long is not made; the file is offered", (context) =>
    journey(
      context,
      {
        hash: SMALL,
        prepare: (page) => replaced(page, "app/address.js", "LONGEST_LINK = 8000", "LONGEST_LINK = 300"),
      },
      async (page) => {
        await experiment(page);
        const before = page.url();
        await page.click("#permalink-results");
        await page.waitForSelector("#permalink-note button");
        assert.match(await page.textContent("#permalink-note"), /would have .*kB/);
        assert.equal(page.url(), before);
        assert.match((await downloaded(page, "#permalink-note button")).name, /\.zip$/);
      },
    ));

  test("whatever stands in the address, the page says so and works", (context) =>
    journey(context, { hash: SMALL }, async (page) => {
      await page.evaluate(() => {
        globalThis.sameVisit = true;
      });
      const elements = () => page.evaluate(() => document.querySelectorAll("img, script, iframe, object, embed, link, style").length);
      const before = await elements();
      for (const [results, notice] of [
        ["1.<img src=x onerror=alert(1)>", /incomplete or modified/],
        ["%3Cscript%3Ealert(1)%3C/script%3E", /incomplete or modified/],
        ["1.AAAA", /incomplete or modified/],
        ["", /incomplete or modified/],
        ["1.dZTdb9s2", /incomplete or modified/],
        ["3.AAAA", /unknown format version/],
        [`1.${"A".repeat(200_000)}`, /larger than any valid result link/],
      ]) {
        await follow(page, `${SMALL}&results=${results}`);
        await page.waitForFunction(() => document.querySelectorAll("#page-errors .notice").length === 1);
        assert.match(await page.textContent("#page-errors"), notice);
        assert.equal(await page.inputValue("#epochs"), "1");
        await follow(page, SMALL); // takes the notice away
        await page.waitForFunction(() => document.querySelectorAll("#page-errors .notice").length === 0);
      }
      await follow(page, "epochs=<b>9</b>&nonsense=1&seeds=%&custom_rates=embeddings:&sample=own&__proto__=1");
      await page.waitForSelector("#page-errors .notice");
      for (const word of ["epochs=", "nonsense=1", "seeds=%", "custom_rates=", "sample=own", "__proto__=1"]) {
        assert.ok((await page.textContent("#page-errors")).includes(word), word);
      }
      assert.equal(await elements(), before);
      assert.ok(await page.evaluate(() => globalThis.sameVisit), "nothing was loaded again");
      await follow(page, SMALL);
      await page.waitForFunction(() => document.querySelector("#dataset-summary").textContent.startsWith("opinions.csv: 40 examples"));
      await phase(page, "ready");
      await experiment(page);
    }));

  test("a changed address is followed without a reload and keeps the reader's file; back goes back", (context) =>
    journey(context, { prepare: holdable }, async (page) => {
      const summary = (words) => page.waitForFunction((expected) => document.querySelector("#dataset-summary").textContent.includes(expected), words);
      await page.evaluate(() => {
        globalThis.sameVisit = true;
      });
      await follow(page, `${TINY.replace("max_rows=40", "max_rows=60")}&learning_rate=0.001&test_share=0.3`);
      await summary("60 examples");
      assert.equal(await page.inputValue("#learning-rate"), "0.001");
      assert.equal(await page.inputValue("#test-fraction"), "0.3", "by its former name");
      await page.goBack();
      await summary("40 examples");
      assert.equal(await page.inputValue("#learning-rate"), "0.0003");
      await page.goForward();
      await summary("60 examples");

      const rows = Array.from({ length: 30 }, (_, index) => `text number ${index},${index % 2 ? "odd" : "even"}`);
      await page.setInputFiles("#dataset-file", csv("own.csv", `words,kind\n${rows.join("\n")}\n`));
      await summary("own.csv: 30 examples");
      await follow(page, "epochs=2&max_rows=20");
      await summary("own.csv: 20 examples");
      assert.equal(await page.inputValue("#epochs"), "2");
      assert.equal(await page.inputValue("#dataset-sample"), "own");
      await follow(page, "epochs=2&sample=questions&max_rows=50");
      await summary("questions.csv: 50 examples");

      await follow(page, TINY.replace("epochs=1", "epochs=30"));
      await phase(page, "ready");
      await hold(page, "start", "^run/");
      await page.click("#run");
      await phase(page, "training");
      await follow(page, "epochs=7");
      await page.waitForSelector("#page-errors .notice");
      assert.match(page.url(), /epochs=30/);
      assert.equal(await page.inputValue("#epochs"), "30");
      assert.ok(await page.evaluate(() => globalThis.sameVisit));
      await page.click("#stop");
      await phase(page, "ready");
    }));

  test("every figure is kept as SVG and PNG, and copied; dark mode makes no difference", (context) =>
    journey(context, { hash: SMALL, options: CLIPBOARD }, async (page) => {
      for (const figure of FIGURES.slice(1)) {
        assert.ok(
          (await page.isHidden(tool(figure, "SVG"))) || (await page.locator(`#${figure}-figure .origin`).count()) > 0,
          "an empty figure offers nothing",
        );
      }
      await experiment(page);
      await page.waitForSelector("#lengths-summary");
      const light = {};
      const reader = await page.context().newPage(); // the page's own policy lets nobody parse markup
      for (const figure of FIGURES) {
        const { name, content } = await downloaded(page, tool(figure, "SVG"));
        assert.equal(name, `guided-dropout-${figure}.svg`);
        light[figure] = content.toString();
        const read = await reader.evaluate((markup) => {
          const document = new DOMParser().parseFromString(markup, "image/svg+xml");
          return {
            errors: document.querySelectorAll("parsererror").length,
            root: document.documentElement.localName,
            words: [...document.querySelectorAll("text")].map((node) => node.textContent),
            shapes: document.querySelectorAll("rect, path, line").length,
            styled: document.querySelectorAll("[class], [style], style, script, foreignObject").length,
            canvases: document.querySelectorAll("image").length,
          };
        }, light[figure]);
        assert.deepEqual([read.errors, read.root, read.styled, read.canvases], [0, "svg", 0, 0], figure);
        assert.ok(read.shapes > 5, `${figure}: ${read.shapes} shapes`);
        assert.ok(read.words.at(-1).startsWith("Guided Dropout Lab · "), read.words.at(-1));
        assert.doesNotMatch(light[figure], /var\(|url\(|system-ui|NaN|undefined/);
      }
      await reader.close();
      assert.match(light.verdict, /opinions\.csv/);
      assert.match(light.fisher, /layer\.0\.attention\.self/);
      assert.match(light.train, /Training loss/);
      for (const figure of FIGURES) {
        const { name, content } = await downloaded(page, tool(figure, "PNG"));
        assert.equal(name, `guided-dropout-${figure}.png`);
        const [, width, height] = light[figure].match(/<svg[^>]* width="(\d+)" height="(\d+)"/);
        const picture = await decoded(page, content);
        assert.deepEqual([picture.width, picture.height], [2 * width, 2 * height], `${figure}: two pixels to a unit`);
        assert.ok(picture.colours > 20 && picture.ground < 0.98, `${figure} is drawn: ${JSON.stringify(picture)}`);
      }
      for (const [figure, source] of [
        ["#walk", /mini-4x256, prose\.txt/],
        ["#noise", /mini-4x256, prose\.txt/],
        ["#evidence-figure", /trec, snips.* · .*2026/],
        ["#along-figure", /trec-long, snips-long · .*2026/],
      ]) {
        const { content } = await downloaded(page, `${figure} .figure-tools button:text-is("SVG")`);
        assert.match(content.toString().match(/Guided Dropout Lab · [^<]*/)[0], source, figure);
      }
      await page.click(tool("train", "Copy figure"));
      await page.waitForFunction(() => /copied/.test(document.querySelector("#train-figure .figure-tools [role=status]").textContent));
      assert.deepEqual(await page.evaluate(async () => (await navigator.clipboard.read()).flatMap(({ types }) => types)), ["image/png"]);
      await assertAccessible(page);

      await page.emulateMedia({ colorScheme: "dark" });
      for (const figure of FIGURES) assert.equal((await downloaded(page, tool(figure, "SVG"))).content.toString(), light[figure], figure);
      await assertAccessible(page);
      await page.evaluate(() => {
        delete globalThis.ClipboardItem;
      });
      await page.click(tool("verdict", "Copy figure"));
      await page.waitForFunction(() =>
        /does not allow copying images/.test(document.querySelector("#verdict-figure .figure-tools [role=status]").textContent),
      );
    }));

  test("one line and two modules make a language", (context) =>
    journey(
      context,
      {
        prepare: async (page) => {
          await replaced(page, "i18n/languages.js", "LANGUAGES = {", 'LANGUAGES = { de: "Deutsch",');
          await page.route("**/i18n/core-de.js", (route) =>
            route.fulfill({ contentType: "text/javascript", body: "export const phrases = {};\nexport const places = {};\n" }),
          );
          await page.route("**/i18n/de.js", (route) =>
            route.fulfill({
              contentType: "text/javascript",
              body: 'import { text as english } from "./en.js";\nexport const text = { ...english, title: "Versuch" };\n',
            }),
          );
        },
      },
      async (page) => {
        assert.equal(await page.inputValue("#language"), "en");
        await page.fill("#epochs", "2");
        await page.press("#epochs", "Tab");
        await page.selectOption("#language", "de");
        await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Versuch");
        await phase(page, "ready");
        assert.equal(await page.getAttribute("html", "lang"), "de");
        assert.equal(await page.inputValue("#language"), "de");
        assert.equal(await page.inputValue("#epochs"), "2", "the rest of the address is kept");
        assert.match(await page.textContent("#model-summary"), /\d\.\d{3}(?!\d)/, "numbers as in that language");
        await assertAccessible(page);
        await page.fill("#epochs", "1");
        await page.press("#epochs", "Tab");
        assert.match(page.url(), /language=de/, "settings keep the language");
        await page.selectOption("#language", "en");
        await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Guided Dropout Lab");
        await phase(page, "ready");
      },
    ));

  test("with one language there is nothing to choose", (context) =>
    journey(
      context,
      {
        prepare: (page) =>
          page.route("**/i18n/languages.js", (route) =>
            route.fulfill({
              contentType: "text/javascript",
              body: readFileSync(join(WWW, "i18n/languages.js"), "utf8").replace(/LANGUAGES = \{.*\}/, 'LANGUAGES = { en: "English" }'),
            }),
          ),
      },
      async (page) => assert.ok(await page.isHidden("#language")),
    ));
});
