// What the page says where something of it does not come, or comes as something else: node --test tests/browser/loading.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { browser, FILES, shippedJourney as journey, phase, server, TINY } from "./page.mjs";

const says = (page, selector, pattern) =>
  page.waitForFunction(([place, source]) => new RegExp(source, "s").test(document.querySelector(place)?.textContent), [selector, pattern.source]);
/** What Chromium itself says of requests that the test fails. */
const FAILED = /Failed to load resource|ERR_FAILED|WebAssembly/;

/** Answers one file of the page with other bytes. */
const withOther = (path, change) => (page) =>
  page.route(`**/${path}`, (route) => route.fulfill({ body: change(readFileSync(FILES.get(path))), contentType: "application/octet-stream" }));

const flipped = (bytes) => {
  const changed = Buffer.from(bytes);
  changed[changed.length >> 1] ^= 1;
  return changed;
};
/** The same page, and not one that was loaded anew. */
const mark = (page) =>
  page.evaluate(() => {
    globalThis.isMarked = true;
  });
const assertSame = async (page) => assert.ok(await page.evaluate(() => globalThis.isMarked), "the page was not loaded anew");
/** The files that are asked for while something is done, but for the programs of a worker (whose own requests are not all told) and the icon. */
async function asked(page, act) {
  const paths = [];
  const note = (request) => paths.push(new URL(request.url()).pathname.slice(1));
  page.on("request", note);
  await act();
  page.off("request", note);
  return paths.filter((path) => !/\.(js|svg)$/.test(path));
}
const LOGIN = () => Buffer.from("<!doctype html><title>Log in</title><p>Please log in to this network.</p>");

describe("loading", { timeout: 5 * 60_000 }, () => {
  test("a module that does not come is told, with words that need none, and can be tried again", (context) =>
    journey(
      context,
      {
        hash: TINY,
        settled: ["error"],
        tolerated: FAILED,
        prepare: (page) => page.route("**/panels/verdict.js", (route) => route.abort()),
      },
      async (page) => {
        await says(page, "#page-errors", /could not be loaded completely \(main\.js\)\. Check the connection/);
        assert.equal(await page.textContent("#data-heading"), "1 Data");
        assert.equal(await page.textContent("#run"), "Run the experiment");
        await page.unroute("**/panels/verdict.js");
        await page.click("#page-errors button");
        await phase(page, "ready");
        assert.equal(await page.locator("#page-errors > *").count(), 0);
      },
    ));

  for (const [what, path, change] of [
    ["a flipped bit in the weights", "data/models/mini-4x256/model.safetensors", flipped],
    ["a login page instead of the prose", "data/samples/prose.txt", LOGIN],
    ["half a program", "pkg/guided_dropout_lab_bg.wasm", (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ["a program with a flipped bit", "pkg/guided_dropout_lab_bg.wasm", flipped],
  ]) {
    test(`${what} is no file of this page`, (context) =>
      journey(context, { hash: TINY, settled: ["error"], tolerated: FAILED, prepare: withOther(path, change) }, async (page) => {
        await says(page, "#page-errors", /A file could not be fetched.*expected the \d+ bytes that manifest\.js lists, got/);
        assert.doesNotMatch(await page.textContent("#page-errors"), /memory/i);
        await page.unroute(`**/${path}`);
        await mark(page);
        const again = await asked(page, async () => {
          await page.click("#page-errors .try-again");
          await phase(page, "ready");
        });
        await assertSame(page);
        assert.ok(
          again.every((other) => other === path),
          `what has come stays, but ${again} were asked for`,
        );
        assert.equal(await page.locator("#page-errors > *").count(), 0);
      }));
  }

  for (const [path, slot, shown] of [
    ["data/recorded.json", "#recorded-errors", "#verdict-figure[data-origin=recorded]"],
    ["data/evidence.json", "#evidence-errors", "#evidence:not([hidden])"],
    ["data/surfaces/bert-base.json", "#surface-errors", "#published-chart > *"],
  ]) {
    test(`${path} with a flipped bit is not shown, and fetched again at a press`, (context) =>
      journey(context, { hash: TINY, prepare: withOther(path, flipped), tolerated: FAILED }, async (page) => {
        await says(page, slot, /A file could not be fetched.*expected the \d+ bytes that manifest\.js lists, got other bytes/);
        assert.equal(await page.locator(shown).count(), 0);
        await page.unroute(`**/${path}`);
        await mark(page);
        const again = await asked(page, async () => {
          await page.click(`${slot} .try-again`);
          await page.waitForSelector(shown, { state: "attached" });
        });
        await assertSame(page);
        assert.ok(
          again.includes(path) && again.every((other) => other.startsWith("data/") && (other === path || slot === "#surface-errors")),
          again.join(),
        );
        assert.equal(await page.locator(`${slot} > *`).count(), 0);
      }));
  }

  test("the report of the evidence is opened only if it is the one of this version", (context) =>
    journey(context, { hash: TINY, prepare: withOther("evidence.txt", flipped) }, async (page) => {
      await page.waitForSelector("#evidence:not([hidden])");
      await page.click("#evidence .look a[href='evidence.txt']");
      await says(page, "#evidence-errors", /got other bytes/);
      assert.equal(page.context().pages().length, 1);
      await page.unroute("**/evidence.txt");
      const [report] = await Promise.all([page.waitForEvent("popup"), page.click("#evidence-errors .try-again")]);
      assert.equal(await report.evaluate(() => document.body.textContent), readFileSync(FILES.get("evidence.txt"), "utf8"));
    }));

  test("a sample that does not come is asked for again, and the model stays", (context) =>
    journey(context, { hash: TINY, tolerated: FAILED }, async (page) => {
      const path = "data/samples/questions.csv";
      await page.route(`**/${path}`, (route) => route.abort());
      await page.selectOption("#dataset-sample", "questions");
      await says(page, "#page-errors", /questions\.csv/);
      await page.unroute(`**/${path}`);
      await mark(page);
      const again = await asked(page, async () => {
        await page.click("#page-errors .try-again");
        await says(page, "#dataset-summary", /questions\.csv/);
      });
      await assertSame(page);
      assert.deepEqual(again, [path]);
    }));

  test("a hosted page's reader is not told to build it", (context) =>
    journey(context, { hash: TINY, tolerated: FAILED, allowed: /^http:\/\/page\.localhost/ }, async (page) => {
      await page.route("**/data/samples/prose.txt", (route) => route.abort());
      await page.goto(`${server.address.replace("localhost", "page.localhost")}#${TINY}`);
      await says(page, "#page-errors", /Check the connection; a network’s login page may be in the way/);
      assert.doesNotMatch(await page.textContent("#page-errors"), /make demo/);
    }));

  test("a database that never answers does not hold the page", (context) =>
    journey(
      context,
      {
        hash: TINY,
        prepare: (page) =>
          page.addInitScript(() => {
            const { open } = IDBFactory.prototype;
            IDBFactory.prototype.open = function silent(...values) {
              const request = open.apply(this, values);
              request.addEventListener = () => {};
              return request;
            };
          }),
      },
      async (page) => {
        await says(page, "#page-errors", /does not allow storage.*no answer in 5 s/);
        assert.ok(await page.isEnabled("#run"));
      },
    ));

  test("opened as a file, the page says what to do instead", async () => {
    const page = await browser.newPage();
    try {
      await page.goto(pathToFileURL(FILES.get("index.html")).href);
      await says(page, "#page-errors", /opened as a file.*“make demo” does/);
    } finally {
      await page.close();
    }
  });
});
