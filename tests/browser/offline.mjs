// The page without a network, and between two versions: node --test tests/browser/offline.mjs

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { MANIFEST, manifestOf } from "../../scripts/manifest.mjs";
import { copyPage } from "../../scripts/page.mjs";
import { serve } from "../../scripts/serve.mjs";
import { browser, experiment, phase, TINY, WWW } from "./page.mjs";
import { playedGpu, standing } from "./support/played-gpu.mjs";

const TEXT = "i18n/en.js";
/** A busy machine takes its time. */
const PATIENCE_MS = 180_000;
/** Files of every kind that leave a mark of their version in the page; the last is imported late and by name. */
const MARKED = ["main.js", "ui/dom.js", "charts/lines.js", TEXT];

/** Marks the files of a copy of the page with a version, and lists them. */
async function release(folder, mark) {
  for (const path of MARKED) {
    writeFileSync(join(folder, path), `${readFileSync(join(WWW, path))}\n(globalThis.marks ??= {})[${JSON.stringify(path)}] = ${mark};\n`);
  }
  writeFileSync(
    join(folder, "index.html"),
    readFileSync(join(WWW, "index.html"), "utf8").replace("<head>", `<head><meta name="mark" content="${mark}">`),
  );
  writeFileSync(join(folder, "styles/style.css"), `${readFileSync(join(WWW, "styles/style.css"))}\n:root { --mark: ${mark}; }\n`);
  await list(folder);
}

const list = async (folder) => writeFileSync(join(folder, MANIFEST), (await manifestOf(folder)).script);

const marksOf = (page) =>
  page.evaluate(() => [
    ...new Set([
      ...Object.values(globalThis.marks),
      Number(document.querySelector("meta[name=mark]").content),
      Number(getComputedStyle(document.documentElement).getPropertyValue("--mark")),
    ]),
  ]);
const keptBy = (page) =>
  page.evaluate(async () => {
    const kept = {};
    for (const name of await caches.keys()) {
      kept[name] = (await (await caches.open(name)).keys()).map(({ url }) => decodeURIComponent(new URL(url).pathname));
    }
    return kept;
  });
/** Waits for a question that is answered with a promise, which `waitForFunction` would take for a yes. */
async function until(page, question, argument) {
  for (const end = Date.now() + PATIENCE_MS; !(await page.evaluate(question, argument)); await page.waitForTimeout(100)) {
    assert.ok(Date.now() < end, `not within ${PATIENCE_MS} ms: ${question}`);
  }
}
/** After a first visit, which the worker takes over once it is active. */
const installed = (page) => page.waitForFunction(() => navigator.serviceWorker.controller);
/** Whether the page's worker may ask another host. */
const canAsk = (page, address) =>
  page.workers()[0].evaluate(
    (there) =>
      fetch(there, { mode: "no-cors" }).then(
        () => true,
        () => false,
      ),
    address,
  );
const open = async (profile, address) => {
  const page = await profile.newPage();
  await page.goto(address);
  await phase(page, "ready");
  return page;
};

describe("offline", { timeout: 10 * 60_000 }, () => {
  let host;
  let server;
  const copy = async (name) => {
    const folder = join(host, name);
    await copyPage(folder, WWW);
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
    profile.setDefaultTimeout(PATIENCE_MS);
    try {
      await act(profile);
    } finally {
      await profile.close();
    }
  };

  test("after one visit, under a sub-path, the page opens and trains with the server gone", (context) =>
    visit(async (profile) => {
      const folder = await copy("some where/lab");
      await list(folder);
      const own = await serve(host);
      let isGone = false;
      context.after(() => isGone || own.close());
      const address = `${own.address}some%20where/lab/#${TINY}`;
      const page = await open(profile, address);
      await installed(page);
      const { version, files } = await page.evaluate(() => globalThis.pageManifest);
      const forCpu = Object.keys(files).filter((path) => !path.startsWith("pkg/gpu/"));
      assert.ok(forCpu.length < Object.keys(files).length);
      assert.deepEqual(
        Object.values(await keptBy(page)).map((paths) => paths.sort()),
        [forCpu.map((path) => `/some where/lab/${path}`).sort()],
        "every file but a GPU's, and nothing else",
      );
      await page.setInputFiles("#dataset-file", {
        name: "private.csv",
        mimeType: "text/csv",
        buffer: Buffer.from("text,label\nmine,a\nyours,b\nhers,a\nhis,b\n"),
      });
      await page.waitForFunction(() => /private\.csv/.test(document.querySelector("#dataset-summary").textContent));
      assert.equal(await canAsk(page, server.address), true, "the page's policy does not reach workers that come from the host");
      await own.close();
      isGone = true;

      await page.goto("about:blank"); // a change of the hash alone would be no visit
      await page.goto(address);
      await phase(page, "ready");
      assert.equal(await page.evaluate(() => globalThis.pageManifest.version), version);
      const results = await experiment(page);
      assert.equal(results.runs.length, 4);
      assert.equal(await canAsk(page, server.address), false, "those that come from the service worker have a policy");
      assert.ok(!JSON.stringify(await keptBy(page)).includes("private"));
      assert.equal(await page.locator("#new-version > *").count(), 0);
    }));

  test("what a GPU needs is kept once one has used it; without it and without a network the CPU goes on", () =>
    visit(async (profile) => {
      const folder = await copy("gpu");
      await list(folder);
      const address = `${server.address}gpu/#${TINY}`;
      const first = await open(profile, address);
      await installed(first);
      await first.close();
      const visitWithGpu = async () => {
        const page = await profile.newPage();
        await playedGpu(page);
        await page.goto(address);
        await phase(page, "ready");
        return page;
      };
      const ofGpu = async (page) =>
        Object.values(await keptBy(page))
          .flat()
          .filter((path) => path.startsWith("/gpu/pkg/gpu/"))
          .sort();
      await profile.setOffline(true);
      const without = await visitWithGpu();
      await standing(without, "refused");
      assert.match(await without.textContent("#device-reason"), /could not be loaded/);
      assert.equal((await experiment(without)).device.kind, "cpu");
      assert.deepEqual(await ofGpu(without), []);
      await without.close();

      await profile.setOffline(false);
      const used = await visitWithGpu();
      await standing(used, "believed");
      assert.deepEqual(await ofGpu(used), ["/gpu/pkg/gpu/guided_dropout_lab.js", "/gpu/pkg/gpu/guided_dropout_lab_bg.wasm"]);
      await used.close();
      await profile.setOffline(true);
      const again = await visitWithGpu();
      await standing(again, "believed");
    }));

  test("what a GPU has used in the first visit is kept too, and comes along into the next version", () =>
    visit(async (profile) => {
      const folder = await copy("first");
      await release(folder, 1);
      const address = `${server.address}first/#${TINY}`;
      const page = await profile.newPage();
      await playedGpu(page);
      await page.goto(address);
      await phase(page, "ready");
      await standing(page, "believed");
      await installed(page);
      const complete = (count) =>
        until(
          page,
          async (wanted) => {
            const kept = await Promise.all(
              (await caches.keys()).map(
                async (name) => (await (await caches.open(name)).keys()).filter(({ url }) => url.includes("/pkg/gpu/")).length,
              ),
            );
            return kept.length === wanted && kept.every((files) => files === 2);
          },
          count,
        );
      await complete(1);
      await release(folder, 2);
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
      await page.waitForSelector("#reload");
      await complete(2);
    }));

  test("a newer version is offered, never mixed with the older one, and takes over once no other tab needs that", () =>
    visit(async (profile) => {
      const folder = await copy("versions");
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
      await first.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
      await until(first, async () => !(await navigator.serviceWorker.getRegistration()).installing);
      assert.deepEqual(Object.keys(await keptBy(first)), [before], "nothing of an incomplete version is kept");
      assert.equal(await first.locator("#new-version > *").count(), 0);

      await release(folder, 2);
      const second = await open(profile, address);
      await second.waitForSelector("#reload");
      assert.deepEqual([...(await marksOf(first)), ...(await marksOf(second))], [1, 1]);
      await second.evaluate(() => {
        document.documentElement.dataset.phase = "training";
      });
      assert.ok(await second.isHidden("#reload"), "not during an experiment");
      await second.evaluate(() => {
        document.documentElement.dataset.phase = "ready";
      });
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

  test("a file that the browser lost is not replaced by one of another version; a neighbour's cache is left alone", () =>
    visit(async (profile) => {
      const folder = await copy("lost");
      await release(folder, 1);
      const address = `${server.address}lost/#${TINY}`;
      const page = await open(profile, address);
      await installed(page);
      const lose = async () => {
        await page.evaluate(async () => {
          const [name] = (await caches.keys()).filter((each) => each.includes("/lost/"));
          await (await caches.open(name)).delete("ui/dom.js");
        });
        await (await profile.newCDPSession(page)).send("Network.clearBrowserCache");
      };
      await page.evaluate(() => caches.open("a neighbour"));
      await lose();
      await page.reload();
      await phase(page, "ready");
      assert.deepEqual(await marksOf(page), [1], "the same bytes are fetched again");

      await lose();
      writeFileSync(join(folder, "ui/dom.js"), `${readFileSync(join(WWW, "ui/dom.js"))}\n(globalThis.marks ??= {})["ui/dom.js"] = 2;\n`);
      await page.reload();
      await until(page, async () => !(await navigator.serviceWorker.getRegistration())); // no mix: the version is given up
      assert.deepEqual(await page.evaluate(() => globalThis.marks), undefined);

      await release(folder, 2);
      await page.reload();
      await phase(page, "ready");
      assert.deepEqual(await marksOf(page), [2]);
      await installed(page);
      assert.ok((await page.evaluate(() => caches.keys())).includes("a neighbour"));
    }));
});
