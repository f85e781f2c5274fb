// The package in a page of its own, examples/embed: node --test tests/browser/embed.mjs

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../../scripts/serve.mjs";
import { browser } from "./page.mjs";

test("eight rows train a classifier in some other page, by the package alone", async () => {
  const server = await serve(fileURLToPath(new URL("../..", import.meta.url)));
  const page = await browser.newPage();
  try {
    const complaints = [];
    const asked = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => asked.push(request.url().replace(server.address, "")));
    await page.goto(`${server.address}examples/embed/index.html`);
    const said = await page.waitForFunction(
      () => /^done/.test(document.querySelector("#status").textContent) && document.querySelector("#status").textContent,
      undefined,
      { timeout: 180_000 },
    );
    assert.deepEqual(complaints, []);
    const [, bad, good] = (await said.jsonValue()).match(/^done: bad (\d+) %, good (\d+) %$/).map(Number);
    assert.ok(bad + good >= 99 && bad + good <= 101 && good > 70, `good ${good} %, bad ${bad} %`);
    assert.deepEqual(
      asked.filter((path) => /\.(js|wasm)$/.test(path)),
      ["pkg/guided_dropout_lab.js", "pkg/guided_dropout_lab_bg.wasm"],
      "nothing of our page",
    );
  } finally {
    await page.close();
    await server.close();
  }
});
