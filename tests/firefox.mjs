// The same journey in Firefox as in Chromium, and the same numbers: `make test-firefox`, or node --test tests/firefox.mjs
//
// Firefox is driven by puppeteer over WebDriver BiDi (FIREFOX names another binary than /usr/bin/firefox-esr). On the CPU path both
// compute in the same wasm, whose f32 arithmetic is exact by its specification: the numbers agree to the last bit, or this fails.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { browser as chromium, phase, server, TINY, withoutTimes } from "./browser/page.mjs";
import * as support from "./browser/support/firefox.mjs";

const HASH = `${TINY}&device=cpu&workers=2`;
const LIMIT_MS = 180_000;
const folder = mkdtempSync(join(tmpdir(), "firefox-test-"));
const file = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const OWN = file(
  "own.csv",
  `message,topic\n${Array.from({ length: 32 }, (_, index) => (index % 2 ? `"Rain, wind and ${index} clouds",weather` : `A goal in minute ${index},sport`)).join("\n")}\n`,
);
const BROKEN = file("broken.csv", "text,label\nonly one row,\na second row,yes\n");

let firefox;
before(async () => {
  firefox = await support.launchFirefox(LIMIT_MS);
});
after(() => firefox?.close());

async function open(hash) {
  const page = await firefox.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.evaluateOnNewDocument(support.CATCH_DOWNLOADS);
  await page.goto(`${server.address}#${hash}`);
  await reach(page, "ready");
  return { page, complaints };
}

const until = (page, holds, ...values) => support.until(page, LIMIT_MS, holds, ...values);
const reach = (page, wanted) => support.reach(page, LIMIT_MS, wanted);
const results = (page) => support.caughtResults(page, LIMIT_MS);
const said = (page, id) => page.$eval(id, (node) => node.textContent);

describe("Firefox", { timeout: 10 * 60_000 }, () => {
  test("the sample gives the numbers of Chromium, to the last bit", async () => {
    const { page, complaints } = await open(HASH);
    await page.click("#run");
    await reach(page, "done");
    const found = withoutTimes(await results(page));
    await page.close();

    const profile = await chromium.newContext({ acceptDownloads: true });
    const other = await profile.newPage();
    await other.addInitScript(support.CATCH_DOWNLOADS);
    await other.goto(`${server.address}#${HASH}`);
    await phase(other, "ready");
    await other.click("#run");
    await phase(other, "done");
    await other.click("#download-results");
    const expected = withoutTimes(JSON.parse(await (await other.waitForFunction(() => globalThis.caught)).jsonValue()));
    await profile.close();
    assert.equal(found.runs.length, 4);
    assert.deepEqual(found, expected);
    assert.deepEqual(complaints, []);
  });

  test("where it has Trusted Types, text becomes no markup here either; the door is asked in any case", async () => {
    const { page, complaints } = await open(HASH);
    const tried = await page.evaluate(async () => {
      const { scriptAddress } = await import(new URL("platform/scripts.js", location.href));
      const outcome = (attempt) => {
        try {
          attempt();
          return "went through";
        } catch (error) {
          return error.constructor.name;
        }
      };
      return {
        known: "trustedTypes" in globalThis,
        markup: outcome(() => {
          document.createElement("p").innerHTML = "<b>bold</b>";
        }),
        worker: outcome(() => new Worker("https://elsewhere.example/worker.js")),
        door: outcome(() => scriptAddress("https://elsewhere.example/worker.js")),
      };
    });
    assert.equal(tried.markup, tried.known ? "TypeError" : "went through");
    assert.notEqual(tried.worker, "went through");
    assert.equal(tried.door, "TypeError");
    assert.deepEqual(
      complaints.filter((words) => !/Content-Security-Policy|blocked by CSP/.test(words)),
      [],
    );
    await page.close();
  });

  test("own rows are read, broken ones are told of by line, and a reloaded page goes on", async () => {
    const { page, complaints } = await open(HASH.replace("epochs=1", "epochs=6"));
    const input = await page.$("#dataset-file");
    await input.uploadFile(BROKEN);
    await until(page, () => /expected at least two labels, got only "yes"/.test(document.querySelector("#dataset-errors").textContent));
    assert.match(await said(page, ".rejections"), /line 2 the label is empty/);
    await input.uploadFile(OWN);
    await until(page, () => /own\.csv: 32 examples/.test(document.querySelector("#dataset-summary").textContent));
    await page.click("#run");
    await until(page, () => /[12] of 4 runs/.test(document.querySelector("#status").textContent));
    await page.close({ runBeforeUnload: false });

    const { page: again } = await open("");
    assert.match(await said(again, "#resume-offer"), /Interrupted.*“own”/);
    await again.click("#resume");
    await reach(again, "done");
    const { runs } = await results(again);
    assert.deepEqual(runs.map(({ arm, seed }) => `${arm}/${seed}`).sort(), ["guided/1", "guided/2", "standard/1", "standard/2"]);
    await again.close();
    assert.deepEqual(complaints, []);
  });
});
