// What the browser tests share: a served page in Chromium, and how it is driven and read.
//
// Needs pkg/ and www/ as `make page` leaves them (core, vendor, model) and Chromium (CHROMIUM names another binary than /usr/bin/chromium).

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { launchShell } from "../../scripts/chromium.mjs";
import { filesOfPage, WWW as SOURCES } from "../../scripts/page.mjs";
import { serve } from "../../scripts/serve.mjs";
import { smallModel } from "./support/small-model.mjs";

export const WWW = process.env.WWW ?? SOURCES;
/** Where the files of the page are, by their paths in it. */
export const FILES = await filesOfPage(WWW);
const OUT = fileURLToPath(new URL("out/", import.meta.url));
/** Configurations are tiny and given by the address, so that a whole journey takes seconds on one core. */
export const TINY = "sample=opinions&max_rows=40&fisher_texts=20&epochs=1&seeds=2&arms=standard,guided&max_tokens=12";
const PHASE_TIMEOUT_MS = 180_000;
const SHIPPED = "data/models/mini-4x256";
const SMALL = smallModel(`${WWW}/${SHIPPED}`);

export let browser;
export let server;

before(async () => {
  server = await serve(WWW);
  browser = await launchShell();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/**
 * Runs a journey in a clean profile; every journey also proves that nothing left the origin and nothing was blocked or thrown.
 * Only a journey to the Hugging Face hub names exceptions: `allowed` addresses elsewhere and `tolerated` words in the console.
 * In place of the shipped model stands a narrow one, except where the numbers of the shipped one are asked for.
 */
export async function journey(
  context,
  { hash = TINY, options = {}, prepare = async () => {}, settled = ["ready"], through = browser, allowed = /^$/, tolerated = /^$/, shipped = false },
  act,
) {
  const profile = await through.newContext({ acceptDownloads: true, serviceWorkers: "block", viewport: { width: 1100, height: 900 }, ...options });
  // Smooth scrolling moves the run bar under a press, and on a busy machine for long.
  await profile.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => {
      document.documentElement.style.scrollBehavior = "auto";
    });
  });
  const page = await profile.newPage();
  page.setDefaultTimeout(PHASE_TIMEOUT_MS); // a busy machine is no failure
  const strangers = [];
  const complaints = [];
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(server.address) && !allowed.test(request.url())) {
      strangers.push(request.url());
    }
  });
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.location().url.endsWith("recorded.json") && !tolerated.test(message.text())) {
      complaints.push(message.text());
    }
  });
  try {
    if (!shipped && options.serviceWorkers !== "allow") {
      // a service worker brings the shipped files itself
      await replacedFile(profile, `${SHIPPED}/config.json`, SMALL.config);
      await replacedFile(profile, `${SHIPPED}/model.safetensors`, SMALL.weights);
    }
    await prepare(page);
    await page.goto(`${server.address}#${hash}`);
    await phase(page, ...settled);
    await act(page);
    assert.deepEqual(strangers, [], "requests to other origins");
    assert.deepEqual(complaints, [], "errors in the console");
  } catch (error) {
    mkdirSync(OUT, { recursive: true });
    const [open] = profile.pages().reverse(); // a journey may go on in another page
    if (!open) throw error;
    await open.screenshot({ path: `${OUT}${context.name.replaceAll(/\W+/g, "-")}.png`, fullPage: true });
    throw new Error(`${error.message}\n  page says: ${await said(open)}`, { cause: error });
  } finally {
    await profile.close();
  }
}

/** A journey with the shipped model. */
export const shippedJourney = (context, how, act) => journey(context, { ...how, shipped: true }, act);

const said = (page) =>
  page.evaluate(() =>
    [document.documentElement.dataset.phase, ...[...document.querySelectorAll("#status, .error, .notice")].map((node) => node.textContent)].join(
      " | ",
    ),
  );

/**
 * Answers for a file of the page with other bytes, and lists their digest in the page's manifest.
 * @param {import("playwright-core").Page | import("playwright-core").BrowserContext} page
 * @param {string} path as the manifest has it
 * @param {Buffer | string} body
 */
export async function replacedFile(page, path, body) {
  const bytes = Buffer.from(body);
  const entry = { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  await page.addInitScript(
    ([name, described]) => {
      globalThis.replacedFiles = { ...globalThis.replacedFiles, [name]: described };
      if (Object.hasOwn(globalThis, "pageManifest")) return;
      let manifest;
      Object.defineProperty(globalThis, "pageManifest", {
        get: () => manifest,
        set: (value) => {
          manifest = { ...value, files: { ...value.files, ...globalThis.replacedFiles } };
        },
      });
    },
    [path, entry],
  );
  await page.route(`**/${path}`, (route) => route.fulfill({ body: bytes }));
}

/** Waits for one of these phases; an unexpected "error" fails at once. */
export async function phase(page, ...wanted) {
  const reached = await page.waitForFunction(
    (phases) => {
      const now = document.documentElement.dataset.phase;
      return phases.includes(now) || now === "error" ? now : false;
    },
    wanted,
    { timeout: PHASE_TIMEOUT_MS, polling: 50 },
  );
  assert.ok(wanted.includes(await reached.jsonValue()), `phase ${await reached.jsonValue()}, wanted ${wanted}`);
}

/** Waits until the element says so. */
export const says = (page, selector, pattern) =>
  page.waitForFunction(([place, source]) => new RegExp(source, "s").test(document.querySelector(place)?.textContent), [selector, pattern.source]);

export async function downloaded(page, button) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

/** Runs the experiment of the address and gives its results.json. */
export async function experiment(page) {
  await page.click("#run");
  await phase(page, "done");
  return JSON.parse((await downloaded(page, "#download-results")).content);
}

/**
 * Asks the fine-tuned models of a text and gives what is newly said: whatever stood there before does not count.
 * @returns {Promise<{labels: string[], answers: Array<{arm: string, percents: number[], winners: number}>, tokens: string}>}
 */
export async function predicted(page, text) {
  await page.waitForSelector("#predict-result table"); // an experiment ends with an answer to a text of its own
  await page.evaluate(() => {
    document.querySelector("#predict-result table").dataset.before = "";
  });
  await page.fill("#predict-text", text);
  await page.waitForSelector("#predict-result table:not([data-before])");
  return page.evaluate(() => {
    const rows = [...document.querySelectorAll("#predict-result tbody tr")];
    const answers = [...document.querySelectorAll("#predict-result thead th")].slice(1).map((head, index) => {
      const cells = rows.map((row) => row.querySelectorAll("td")[index]);
      return {
        arm: head.textContent.trim(),
        percents: cells.map((cell) => parseFloat(cell.querySelector(".bar").style.width)),
        winners: cells.filter((cell) => cell.matches(".winner")).length,
      };
    });
    return {
      labels: rows.map((row) => row.querySelector("th").textContent),
      answers,
      tokens: document.querySelector("#predict-result .legend-note").textContent,
    };
  });
}

/** One answer of each arm: every probability is there, they add up to 1, and one label wins. */
export function assertAnswers({ labels, answers }, arms, classes, what) {
  assert.deepEqual(
    answers.map(({ arm }) => arm),
    arms,
    what,
  );
  assert.deepEqual(labels.toSorted(), classes.toSorted(), what);
  for (const { arm, percents, winners } of answers) {
    assert.equal(winners, 1, `${what}: ${arm}`);
    const sum = percents.reduce((total, share) => total + share, 0);
    assert.ok(percents.every((share) => share >= 0 && share <= 100) && Math.abs(sum - 100) < 0.01, `${what}: ${arm} ${percents}`);
  }
}

/** A picture as it is decoded: its size, how many colours it has, and the share of the most frequent one. `source` is a PNG, or a data URL of one. */
export const decoded = (page, source) =>
  page.evaluate(
    async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const counts = new Map();
      for (const colour of new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)) {
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
      }
      return {
        width: bitmap.width,
        height: bitmap.height,
        colours: counts.size,
        ground: Math.max(...counts.values()) / (bitmap.width * bitmap.height),
      };
    },
    typeof source === "string" ? source.split(",")[1] : source.toString("base64"),
  );

/** What the verdict must say of guided dropout's difference from a baseline, on the largest fraction. */
export function inPoints({ comparisons }, baseline = "standard") {
  const found = comparisons.find(({ arm, metric, ...item }) => arm === "guided" && metric === "accuracy" && item.baseline === baseline);
  return `guided − ${baseline} is ${points(found.mean_difference)} points in accuracy`;
}

/** A difference in points, as the page writes it. */
export function points(difference) {
  const value = Number((100 * difference).toFixed(1));
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(1)}`;
}

/** What a second experiment with the same seeds must repeat exactly. */
export const withoutTimes = (results) => ({ ...results, runs: results.runs.map(({ elapsed_ms: _, ...run }) => run) });

export async function assertAccessible(page) {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ target }) => target.join(" "))
        .slice(0, 4)
        .join(", ")}`,
  );
  assert.deepEqual(found, []);
}

export const csv = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

/** Notes the ids of the jobs that the pool's workers begin, and how many calls of `advance` they get; `globalThis.kill(id)` is asked whether one dies. */
export const noteJobs = (page) =>
  page.addInitScript(() => {
    globalThis.begun = [];
    globalThis.advances = 0;
    globalThis.kill = () => false;
    globalThis.Worker = class extends Worker {
      constructor(address, options) {
        super(address, options);
        this.role = options.name;
      }

      postMessage(message, ...rest) {
        if (this.role === "trainer" && message.method === "advance") globalThis.advances += 1;
        if (this.role === "trainer" && message.method === "start") {
          const { id } = message.args[1];
          globalThis.begun.push(id);
          if (globalThis.kill(id)) {
            setTimeout(() => this.dispatchEvent(new ErrorEvent("error", { message: "killed by the test", cancelable: true })));
            return;
          }
        }
        super.postMessage(message, ...rest);
      }
    };
  });

/** To be run in the page: notes in `globalThis.emptied` whether an open table has ever no rows from now on. */
export function noteTables(container) {
  globalThis.emptied = false;
  new MutationObserver(() => {
    globalThis.emptied ||= !document.querySelector(`${container} tbody tr`);
  }).observe(document.querySelector(container), { childList: true, subtree: true });
}

/** Has workers answer that these points of a surface or a plane have no finite loss. */
export const withHoles = (page, isHole) => page.addInitScript(`globalThis.isHole = ${isHole}; (${answerHoles})()`);

function answerHoles() {
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data: { result } }) => {
        if (!Array.isArray(result)) return;
        for (const event of result) {
          for (const loss of ["loss", "train", "test"]) {
            if (event.type?.endsWith("_point") && loss in event && globalThis.isHole(event)) event[loss] = null;
          }
        }
      });
    }
  };
}
