// The page without a network, and between two versions: node --test tests/browser/offline.mjs

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { MANIFEST, manifestOf } from "../../scripts/manifest.mjs";
import { serve } from "../../scripts/serve.mjs";
import { browser, experiment, phase, TINY, WWW } from "./page.mjs";

const TEXT = "text/en.js";
/** Files of every kind that leave a mark of their version in the page; the last is imported late and by name. */
const MARKED = ["main.js", "dom.js", "charts/lines.js", TEXT];

/** Marks the files of a copy of the page with a version, and lists them. */
async function release(folder, mark) {
  for (const path of MARKED) writeFileSync(join(folder, path), `${readFileSync(join(WWW, path))}\n(globalThis.marks ??= {})[${JSON.stringify(path)}] = ${mark};\n`);
  writeFileSync(join(folder, "index.html"), readFileSync(join(WWW, "index.html"), "utf8").replace("<head>", `<head><meta name="mark" content="${mark}">`));
  writeFileSync(join(folder, "style.css"), `${readFileSync(join(WWW, "style.css"))}\n:root { --mark: ${mark}; }\n`);
  await list(folder);
}

const list = async (folder) => writeFileSync(join(folder, MANIFEST), (await manifestOf(folder)).script);

const marksOf = (page) => page.evaluate(() => [...new Set([
  ...Object.values(globalThis.marks), Number(document.querySelector("meta[name=mark]").content), Number(getComputedStyle(document.documentElement).getPropertyValue("--mark")),
])]);
const keptBy = (page) => page.evaluate(async () => {
  const kept = {};
  for (const name of await caches.keys()) kept[name] = (await (await caches.open(name)).keys()).map(({ url }) => decodeURIComponent(new URL(url).pathname));
  return kept;
});
/** After a first visit, which the worker takes over once it is active. */
const installed = (page) => page.waitForFunction(() => navigator.serviceWorker.controller);
const open = async (profile, address) => {
  const page = await profile.newPage();
  await page.goto(address);
  await phase(page, "ready");
  return page;
};

describe("offline", { timeout: 10 * 60_000 }, () => {
  let host;
  let server;
  const copy = (name) => {
    const folder = join(host, name);
    cpSync(WWW, folder, { recursive: true });
    return folder;
  };
  before(async () => {
    host = mkdtempSync(join(tmpdir(), "guided-dropout-lab-"));
    server = await serve(host);
  });
  after(async () => {
    await server?.close();
    rmSync(host, { recursive: true, force: true });
  });
  /** A profile of its own, that allows service workers. */
  const visit = async (act) => {
    const profile = await browser.newContext({ acceptDownloads: true, serviceWorkers: "allow" });
    profile.setDefaultTimeout(180_000); // a busy machine takes its time
    try {
      await act(profile);
    } finally {
      await profile.close();
    }
  };

  test("after one visit, under a sub-path, the page opens and trains with the server gone", () => visit(async (profile) => {
    const folder = copy("some where/lab");
    await list(folder);
    const own = await serve(host);
    const address = `${own.address}some%20where/lab/#${TINY}`;
    const page = await open(profile, address);
    await installed(page);
    const { version, files } = await page.evaluate(() => globalThis.pageManifest);
    assert.deepEqual(Object.values(await keptBy(page)).map((paths) => paths.sort()), [Object.keys(files).map((path) => `/some where/lab/${path}`).sort()], "every file and nothing else");
    await page.setInputFiles("#dataset-file", { name: "private.csv", mimeType: "text/csv", buffer: Buffer.from("text,label\nmine,a\nyours,b\nhers,a\nhis,b\n") });
    await page.waitForFunction(() => /private\.csv/.test(document.querySelector("#dataset-summary").textContent));
    await own.close();

    await page.goto("about:blank"); // a change of the hash alone would be no visit
    await page.goto(address);
    await phase(page, "ready");
    assert.equal(await page.evaluate(() => globalThis.pageManifest.version), version);
    const results = await experiment(page);
    assert.equal(results.runs.length, 4);
    assert.ok(!JSON.stringify(await keptBy(page)).includes("private"));
    assert.equal(await page.locator("#new-version > *").count(), 0);
  }));

  test("a newer version is offered, never mixed with the older one, and takes over once no other tab needs that", () => visit(async (profile) => {
    const folder = copy("versions");
    await release(folder, 1);
    const address = `${server.address}versions/#${TINY}`;
    const first = await open(profile, address);
    await installed(first);
    const [before] = Object.keys(await keptBy(first));
    assert.deepEqual(await marksOf(first), [1]);

    await release(folder, 2);
    writeFileSync(join(folder, TEXT), readFileSync(join(WWW, TEXT))); // the upload is not complete
    await first.reload();
    await phase(first, "ready");
    assert.deepEqual(await marksOf(first), [1]);
    await first.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration.update();
      const { installing } = registration;
      if (installing) await new Promise((resolve) => { installing.addEventListener("statechange", () => installing.state === "redundant" && resolve()); });
    });
    assert.deepEqual(Object.keys(await keptBy(first)), [before], "nothing of an incomplete version is kept");
    assert.equal(await first.locator("#new-version > *").count(), 0);

    await release(folder, 2);
    const second = await open(profile, address);
    await second.waitForSelector("#reload");
    assert.deepEqual([...await marksOf(first), ...await marksOf(second)], [1, 1]);
    await second.evaluate(() => { document.documentElement.dataset.phase = "training"; });
    assert.ok(await second.isHidden("#reload"), "not during an experiment");
    await second.evaluate(() => { document.documentElement.dataset.phase = "ready"; });
    await second.click("#reload");
    await second.waitForFunction(() => /Another tab/.test(document.querySelector("#new-version").textContent));
    assert.deepEqual(await marksOf(second), [1]);

    await first.close();
    await Promise.all([second.waitForNavigation(), second.click("#reload")]);
    await phase(second, "ready");
    assert.deepEqual(await marksOf(second), [2]);
    const kept = Object.keys(await keptBy(second));
    assert.ok(kept.length === 1 && kept[0] !== before, `the older version is deleted: ${kept}`);
  }));

  test("a file that the browser lost is not replaced by one of another version; a neighbour's cache is left alone", () => visit(async (profile) => {
    const folder = copy("lost");
    await release(folder, 1);
    const address = `${server.address}lost/#${TINY}`;
    const page = await open(profile, address);
    await installed(page);
    const lose = async () => {
      await page.evaluate(async () => {
        const [name] = (await caches.keys()).filter((each) => each.includes("/lost/"));
        await (await caches.open(name)).delete("dom.js");
      });
      await (await profile.newCDPSession(page)).send("Network.clearBrowserCache");
    };
    await page.evaluate(() => caches.open("a neighbour"));
    await lose();
    await page.reload();
    await phase(page, "ready");
    assert.deepEqual(await marksOf(page), [1], "the same bytes are fetched again");

    await lose();
    writeFileSync(join(folder, "dom.js"), `${readFileSync(join(WWW, "dom.js"))}\n(globalThis.marks ??= {})["dom.js"] = 2;\n`);
    await page.reload();
    await page.waitForFunction(async () => !(await navigator.serviceWorker.getRegistration())); // no mix: the version is given up
    assert.deepEqual(await page.evaluate(() => globalThis.marks), undefined);

    await release(folder, 2);
    await page.reload();
    await phase(page, "ready");
    assert.deepEqual(await marksOf(page), [2]);
    await installed(page);
    assert.ok((await page.evaluate(() => caches.keys())).includes("a neighbour"));
  }));
});
