// What a reader loads stays on the reader's machine: node --test tests/browser/privacy.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAnswers, csv, downloaded, experiment, journey, phase, predicted, TINY } from "./page.mjs";

const SECRET = "xyzzyplugh";
const LABELS = ["frobnitz", "quuxle"];
const rows = Array.from({ length: 24 }, (_, i) => `"${SECRET} number ${i} is ${i % 2 ? "sweet and round" : "sour and long"}",${LABELS[i % 2]}`);
const FILE = csv(`${SECRET}.csv`, `text,label\n${rows.join("\n")}\n`);

/** Everything that the page's origin holds under names that a host could read back: caches, addresses, web storage. */
const kept = (page) =>
  page.evaluate(async () => {
    const found = [location.href, document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.title];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        found.push(request.url);
        const response = await cache.match(request);
        if (/text|json|javascript/.test(response.headers.get("content-type") ?? "")) found.push(await response.text());
      }
    }
    return found;
  });

describe("privacy", { timeout: 10 * 60_000 }, () => {
  test("own texts, trained on and exported, reach no request, address, cache or log, nor the link that carries results", async (context) => {
    const asked = [];
    const logged = [];
    await journey(
      context,
      {
        hash: `${TINY}&seeds=1`,
        options: { serviceWorkers: "allow", permissions: ["clipboard-read", "clipboard-write"] },
        prepare: async (page) => {
          page.context().on("request", (request) => asked.push(`${request.method()} ${request.url()} ${request.postData() ?? ""}`));
          page.on("console", (message) => logged.push(message.text()));
        },
      },
      async (page) => {
        await page.setInputFiles("#dataset-file", FILE);
        await page.waitForFunction((name) => document.querySelector("#dataset-summary").textContent.includes(name), SECRET);
        await phase(page, "ready");
        await experiment(page);
        assertAnswers(await predicted(page, `${SECRET} again`), ["standard", "guided"], LABELS, SECRET);
        await downloaded(page, "#download-csv");
        await downloaded(page, "#download-everything");
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
        const everything = [...asked, ...logged, ...(await kept(page))];
        assert.ok(asked.length > 30, "requests are seen");
        assert.ok(
          everything.some((entry) => /manifest|offline|\.js/.test(entry)),
          "and caches",
        );
        for (const word of [SECRET, ...LABELS]) {
          assert.deepEqual(
            everything.filter((entry) => entry.includes(word)),
            [],
            word,
          );
        }
        assert.ok(
          asked.every((entry) => entry.startsWith("GET ")),
          "nothing is sent",
        );

        await page.click("#permalink-results");
        await page.waitForFunction(() => document.querySelector("#permalink-note").textContent !== "");
        const link = await page.evaluate(() => navigator.clipboard.readText().catch(() => ""));
        assert.ok(link.length > 200, `a link with results: ${link}`);
        for (const word of [SECRET, ...LABELS]) assert.ok(!link.includes(word), word);
      },
    );
  });
});
