// A model of the Hugging Face hub, which is played: node --test tests/browser/hub.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, downloaded, experiment, shippedJourney as journey, phase, says, server } from "./page.mjs";
import { hold, holdable, release, standingStill } from "./support/held-workers.mjs";
import { builtInNumbers, CONFIG, file, numbersOf, sha256, SHORT, TOKENIZER_CONFIG, VOCABULARY, WEIGHTS } from "./support/model-files.mjs";

const HUB = /^https:\/\/huggingface\.co\//;
const NAME = "somebody/small-bert";

describe("a model of the hub", { timeout: 10 * 60_000 }, () => {
  /** Plays the hub from the built-in model's files; `change` makes it misbehave. */
  const hub =
    ({
      asked = [],
      files = {
        "config.json": CONFIG,
        "model.safetensors": WEIGHTS,
        "vocab.txt": VOCABULARY,
        "tokenizer_config.json": TOKENIZER_CONFIG,
        "README.md": Buffer.from("# A model"),
      },
      answer = () => null,
    } = {}) =>
    (page) =>
      page.route(HUB, async (route) => {
        const request = route.request();
        asked.push({ url: request.url(), headers: request.headers() });
        const headers = { "access-control-allow-origin": "*" };
        const special = await answer(request, route);
        if (special === "handled") return;
        if (special) {
          await route.fulfill({ headers, ...special });
          return;
        }
        const path = new URL(request.url()).pathname;
        if (path === `/api/models/${NAME}`) {
          const siblings = Object.entries(files).map(([rfilename, content]) => ({
            rfilename,
            size: content.length,
            ...(rfilename.endsWith(".safetensors") && { lfs: { sha256: sha256(content) } }),
          }));
          await route.fulfill({ headers, json: { sha: "c0ffee", gated: false, siblings } });
          return;
        }
        const content = files[path.replace(`/${NAME}/resolve/c0ffee/`, "")];
        const range = request.headers().range?.match(/^bytes=(\d+)-(\d+)$/);
        if (!content) await route.fulfill({ status: 404, headers });
        else if (range) await route.fulfill({ status: 206, headers, body: content.subarray(Number(range[1]), Number(range[2]) + 1) });
        else await route.fulfill({ headers, body: content });
      });

  const lookUp = async (page, name = NAME) => {
    await page.evaluate(() => {
      document.querySelector("#bring").open = true;
    });
    await page.fill("#hub-name", name);
    await page.press("#hub-name", "Enter");
  };

  const isWeights = (request) => request.url().endsWith("model.safetensors") && !request.headers().range;

  const beginDownload = async (page) => {
    await lookUp(page);
    await page.click("#hub-allow");
    await page.click("#bring-load");
    await page.waitForSelector("#bring-card progress");
  };

  test("asked for first, appraised, then loaded; the answer holds for the visit", async (context) => {
    const asked = [];
    await journey(context, { hash: SHORT, allowed: HUB, prepare: hub({ asked }) }, async (page) => {
      await lookUp(page);
      await says(
        page,
        "#bring-card",
        /Allow requests to huggingface\.co for “somebody\/small-bert”.*send this name.*texts, labels and results are not sent/,
      );
      await assertAccessible(page);
      await page.click("#hub-deny");
      await says(page, "#bring-status", /No request was sent/);
      assert.deepEqual(asked, [], "before it is allowed, nothing is asked");
      await lookUp(page, `https://huggingface.co/${NAME}/tree/main`);
      await page.press("#hub-allow", "Enter");
      await says(page, "#bring-card", /4 layers, hidden size 256.*Download\d+\sMB.*Memory.*Time.*has a masked-language-model head/);
      const before = asked.map(({ url, headers }) => `${new URL(url).pathname} ${headers.range ?? ""}`.trim());
      assert.deepEqual(
        before.slice(0, 3),
        [`/api/models/${NAME}`, `/${NAME}/resolve/c0ffee/config.json`, `/${NAME}/resolve/c0ffee/model.safetensors bytes=0-7`],
        "only the header before the press",
      );
      assert.equal(before.length, 4);
      assert.ok(
        asked.every(({ headers }) => !headers.cookie && !headers.referer),
        "no cookie, no referrer",
      );
      await page.click("#bring-load");
      await says(page, "#bring-status", /small-bert is loaded/);
      assert.equal(await page.inputValue("#model"), "small-bert");
      const results = await experiment(page);
      assert.deepEqual(
        [results.model.name, numbersOf(results)],
        ["small-bert", await builtInNumbers(context)],
        "the hub's files are the built-in model's",
      );
      const count = asked.length;
      await lookUp(page);
      await page.waitForSelector("#bring-load");
      assert.ok(asked.length > count, "no second question in one visit");
      await page.reload();
      await page.waitForFunction(() => document.documentElement.dataset.phase === "ready");
      await lookUp(page);
      await page.waitForSelector("#hub-allow");
    });
  });

  test("cancelled in the middle, it changes nothing and can be asked for again", async (context) => {
    let arrive;
    const held = new Promise((resolve) => {
      arrive = resolve;
    });
    const answer = async (request) => {
      if (isWeights(request)) await held;
      return null;
    };
    await journey(context, { hash: SHORT, allowed: HUB, prepare: hub({ answer }) }, async (page) => {
      await beginDownload(page);
      await page.click("#bring-cancel");
      await says(page, "#bring-status", /Cancelled; nothing was changed/);
      assert.equal(await page.inputValue("#model"), "mini-4x256");
      arrive();
      await lookUp(page);
      await page.click("#bring-load");
      await says(page, "#bring-status", /small-bert is loaded/);
    });
  });

  test("a model that arrives while an experiment runs does not take the place of the one that it runs with", async (context) => {
    let arrive;
    const held = new Promise((resolve) => {
      arrive = resolve;
    });
    const answer = async (request) => {
      if (isWeights(request)) await held;
      return null;
    };
    const prepare = async (page) => {
      await hub({ answer })(page);
      await holdable(page);
    };
    await journey(context, { hash: SHORT, allowed: HUB, prepare }, async (page) => {
      await beginDownload(page);
      await hold(page, "start", "^run/");
      await page.click("#run");
      await standingStill(page);
      arrive();
      await says(page, "#bring-errors", /An experiment is running/);
      await release(page);
      await phase(page, "done");
      const results = JSON.parse((await downloaded(page, "#download-results")).content);
      assert.equal(results.model.name, "mini-4x256");
      assert.equal(await page.inputValue("#model"), "mini-4x256");
    });
  });

  for (const [what, name, words, options] of [
    ["no name at all", "bert", /“bert” is not a model name.*owner\/name/],
    ["an unknown name", NAME, /no public model “somebody\/small-bert” \(status 404\)/, { answer: () => ({ status: 404 }) }],
    ["a private model", NAME, /no public model .* \(status 401\).*private/, { answer: () => ({ status: 401 }) }],
    [
      "a gated model",
      NAME,
      /is gated \(status manual\).*accepted terms.*drop them here/,
      { answer: (request) => (request.url().includes("/api/") ? { json: { sha: "c0ffee", gated: "manual", siblings: [] } } : null) },
    ],
    ["a refusal", NAME, /is gated \(status 403\)/, { answer: (request) => (request.url().includes("/resolve/") ? { status: 403 } : null) }],
    ["a hub out of order", NAME, /status 503/, { answer: () => ({ status: 503 }) }],
    [
      "no connection",
      NAME,
      /request to Hugging Face for .* failed/,
      {
        answer: async (_, route) => {
          await route.abort();
          return "handled";
        },
      },
    ],
    [
      "no safetensors",
      NAME,
      /pytorch_model\.bin contains pickled PyTorch weights/,
      { files: { "config.json": CONFIG, "pytorch_model.bin": Buffer.from("PK"), "vocab.txt": VOCABULARY } },
    ],
    [
      "no tokenizer",
      NAME,
      /has no tokenizer\.json or vocab\.txt on Hugging Face; its files are config\.json, model\.safetensors/,
      { files: { "config.json": CONFIG, "model.safetensors": WEIGHTS } },
    ],
    [
      "another family",
      NAME,
      /expected one of bert, .*roberta.*, got t5/,
      { files: { "config.json": Buffer.from('{"model_type":"t5"}'), "model.safetensors": WEIGHTS, "tokenizer.json": file("tokenizer.json") } },
    ],
    [
      "a damaged file",
      NAME,
      /download of model\.safetensors is corrupt/,
      {
        answer: (request) =>
          request.url().endsWith("model.safetensors") && !request.headers().range
            ? { body: Buffer.concat([WEIGHTS.subarray(0, -1), Buffer.from([WEIGHTS.at(-1) ^ 1])]) }
            : null,
      },
    ],
  ]) {
    test(`${what}: said in words`, (context) =>
      journey(context, { hash: SHORT, allowed: HUB, tolerated: /Failed to load resource/, prepare: hub(options) }, async (page) => {
        await lookUp(page, name);
        if (name === NAME) await page.click("#hub-allow");
        if (what.startsWith("a damaged")) await page.click("#bring-load");
        await says(page, "#bring-errors", words);
        assert.equal(await page.inputValue("#model"), "mini-4x256");
      }));
  }

  test("the policy allows the hub's hosts and no other", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        allowed: /./,
        tolerated: /./,
        prepare: (page) => page.route(/^https:\/\//, (route) => route.fulfill({ headers: { "access-control-allow-origin": "*" }, body: "here" })),
      },
      async (page) => {
        const reaches = (url) =>
          page.evaluate(
            (address) =>
              fetch(address).then(
                (response) => response.text(),
                () => "refused",
              ),
            url,
          );
        for (const host of ["huggingface.co", "cdn-lfs.huggingface.co", "cdn-lfs-us-1.hf.co", "cas-bridge.xethub.hf.co"]) {
          assert.equal(await reaches(`https://${host}/x`), "here", host);
        }
        for (const host of ["example.com", "huggingface.co.example.com", "nothf.co"]) {
          assert.equal(await reaches(`https://${host}/x`), "refused", host);
        }
        assert.equal(await reaches(`${server.address}index.html`).then((body) => body.includes("<html")), true);
      },
    ));
});
