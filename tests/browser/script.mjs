// No text becomes script: Trusted Types and the rest of the page's Content-Security-Policy, and what there is to run at all.
//
//   node --test tests/browser/script.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { browser, downloaded, experiment, FILES, journey, phase, predicted, server, TINY, WWW } from "./page.mjs";

const POLICY = readFileSync(join(WWW, "index.html"), "utf8").match(/http-equiv="Content-Security-Policy" content="([^"]+)"/)[1];
const SHORT = TINY.replace("fisher_texts=20", "fisher_texts=4");

/** Notes in every page what its policy refuses. */
const noteViolations = (target) =>
  target.addInitScript(() => {
    globalThis.violations = [];
    addEventListener("securitypolicyviolation", ({ effectiveDirective, sample, blockedURI }) =>
      globalThis.violations.push(`${effectiveDirective}: ${sample || blockedURI}`),
    );
  });
const violations = (page) => page.evaluate(() => globalThis.violations);

/**
 * A module of the page's own origin that tries what injected code would; run by a tool, `eval` would be allowed. Each attempt says
 * what it threw, or that it went through.
 */
const ATTEMPTS = `
const attempts = {
  "innerHTML": () => { document.createElement("p").innerHTML = "<b>bold</b>"; },
  "outerHTML": () => { document.body.appendChild(document.createElement("p")).outerHTML = "<b>bold</b>"; },
  "insertAdjacentHTML": () => document.body.insertAdjacentHTML("beforeend", "<b>bold</b>"),
  "document.write": () => document.write("<b>bold</b>"),
  "DOMParser": () => new DOMParser().parseFromString("<b>bold</b>", "text/html"),
  "createContextualFragment": () => document.createRange().createContextualFragment("<b>bold</b>"),
  "srcdoc": () => { document.createElement("iframe").srcdoc = "<b>bold</b>"; },
  "script.src": () => { document.createElement("script").src = "vendor/fflate.js"; },
  "script.text": () => { document.createElement("script").text = "globalThis.ran = true"; },
  "a worker from elsewhere": () => new Worker("https://elsewhere.example/worker.js"),
  "a worker of a text": () => new Worker(URL.createObjectURL(new Blob(["globalThis.ran = true"], { type: "text/javascript" }))),
  "the page's own worker, past the door": () => new Worker("engine/worker.js", { type: "module" }),
  "a shared worker": () => new SharedWorker("engine/worker.js"),
  "a service worker past the door": () => navigator.serviceWorker.register("service-worker.js"),
  "eval": () => (0, eval)("globalThis.ran = true"),
  "Function": () => new Function("globalThis.ran = true")(),
  "a timer of text": () => setTimeout("globalThis.ran = true"),
  "a module from elsewhere": () => import("https://elsewhere.example/module.js"),
  "a module of a text": () => import("data:text/javascript,globalThis.ran = true"),
  "another policy": () => trustedTypes.createPolicy("another", {}),
  "the default policy": () => trustedTypes.createPolicy("default", {}),
  "the page's policy once more": () => trustedTypes.createPolicy("guided-dropout-lab", {}),
};
const { scriptAddress } = await import("./platform/scripts.js");
for (const address of ["https://elsewhere.example/worker.js", "//elsewhere.example/worker.js", "elsewhere/worker.js", "vendor/fflate.js", "worker.js?other", "data:text/javascript,1", "blob:null/1", "javascript:1", ""]) {
  attempts["the door, " + address] = () => scriptAddress(address);
}
const outcomes = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await attempt();
    outcomes[name] = "went through";
  } catch (error) {
    outcomes[name] = error.constructor.name;
  }
}
await new Promise((resolve) => setTimeout(resolve, 200));
globalThis.outcomes = outcomes;
`;

describe("no text becomes script", { timeout: 10 * 60_000 }, () => {
  test("what would run as script or markup is refused, past every door", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        options: { serviceWorkers: "allow" },
        tolerated: /Content Security Policy|Trusted/,
        allowed: /elsewhere\.example/,
        prepare: async (page) => {
          await noteViolations(page);
          await page.route("**/attempts.js", (route) => route.fulfill({ contentType: "text/javascript", body: ATTEMPTS }));
        },
      },
      async (page) => {
        assert.deepEqual(await violations(page), []);
        await page.evaluate(() => import(new URL("attempts.js", location.href)).then(() => undefined));
        const outcomes = await page.evaluate(() => globalThis.outcomes);
        assert.ok(Object.keys(outcomes).length > 25);
        assert.deepEqual(
          Object.entries(outcomes).filter(([, outcome]) => !["TypeError", "EvalError"].includes(outcome)),
          [],
        );
        assert.equal(await page.evaluate(() => globalThis.ran), undefined);
        const told = await violations(page);
        for (const directive of ["require-trusted-types-for", "trusted-types", "script-src"]) {
          assert.ok(
            told.some((each) => each.startsWith(directive)),
            `${directive} among ${told.join(" · ")}`,
          );
        }
        assert.equal(
          await page.evaluate(() => {
            // an event handler in markup's clothes
            const button = document.createElement("button");
            try {
              button.setAttribute("onclick", "globalThis.ran = true");
            } catch {
              return "refused";
            }
            button.click();
            return globalThis.ran === undefined ? "refused" : "ran";
          }),
          "refused",
        );
      },
    ));

  for (const [name, more, options] of [
    ["in English", "", {}],
    ["in Chinese", "&language=zh", { locale: "zh-CN" }],
  ]) {
    test(`kept for offline use, served from there, and with a link's results, the page asks for nothing that its policy refuses, ${name}`, (context) =>
      journey(
        context,
        {
          hash: SHORT + more,
          prepare: (page) => noteViolations(page.context()),
          options: { serviceWorkers: "allow", permissions: ["clipboard-read", "clipboard-write"], ...options },
        },
        async (page) => {
          await page.waitForFunction(() => navigator.serviceWorker.controller); // its address passed the door
          await page.reload();
          await phase(page, "ready");
          await experiment(page);
          for (const button of ["#download-csv", "#download-everything", "#download-model", '#verdict-figure .figure-tools button:text-is("PNG")']) {
            await downloaded(page, button);
          }
          assert.match((await predicted(page, "<img src=x onerror=alert(1)>")).tokens, /\[CLS\] < im ##g sr ##c = x one/);
          await page.click("#permalink-results");
          await page.waitForFunction(() => document.querySelector("#permalink-note").textContent !== "");
          assert.deepEqual(await violations(page), []);
          const other = await page.context().newPage();
          await other.goto(await page.evaluate(() => navigator.clipboard.readText()));
          await phase(other, "ready");
          await other.waitForFunction(() => document.querySelector("#verdict").textContent !== "");
          assert.deepEqual(await violations(other), []);
          assert.ok(await other.evaluate(() => navigator.serviceWorker.controller !== null));
          await other.close();
        },
      ));
  }

  test("workers do their work under the page's policy too, where a host sends it with every file", (context) =>
    journey(
      context,
      {
        hash: SHORT,
        prepare: (page) =>
          page.route("**/engine/worker.js", async (route) => {
            const response = await route.fetch();
            const before = "let tried; try { tried = (0, eval)('1'); } catch (error) { tried = error.constructor.name; } globalThis.tried = tried;";
            await route.fulfill({
              response,
              headers: { ...response.headers(), "content-security-policy": POLICY },
              body: `${await response.text()}\n${before}`,
            });
          }),
      },
      async (page) => {
        await page.waitForFunction(() => document.querySelector("#dataset-summary .split-sizes").textContent !== "");
        const [coordinator] = page.workers();
        assert.equal(await coordinator.evaluate(() => globalThis.tried), "EvalError", "the policy holds in the worker");
        assert.equal((await experiment(page)).runs.length, 4);
      },
    ));

  test("a browser without Trusted Types asks the same door", async () => {
    const profile = await browser.newContext({ serviceWorkers: "block" });
    const page = await profile.newPage();
    await page.addInitScript(() => {
      delete globalThis.trustedTypes;
    });
    await page.route("**/index.html", async (route) => {
      // as such a browser reads the policy
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/; require-trusted-types-for[^"]+/, "") });
    });
    await page.goto(`${server.address}index.html#${SHORT}`);
    await phase(page, "ready");
    assert.equal(
      await page.evaluate(() =>
        import(new URL("platform/scripts.js", location.href))
          .then(({ scriptAddress }) => scriptAddress("https://elsewhere.example/worker.js"), String)
          .catch(String),
      ),
      "TypeError: https://elsewhere.example/worker.js is no program of this page",
    );
    assert.equal(
      await page.evaluate(() =>
        import(new URL("platform/scripts.js", location.href)).then(({ scriptAddress }) => typeof scriptAddress("engine/worker.js")),
      ),
      "string",
    );
    await profile.close();
  });
});

// --- what there is to run -----------------------------------------------------------------------------------------------------

/** Ways to make script of a text, or to have it fetched. */
const WAYS = {
  eval: /\beval\s*\(|\(\s*0\s*,\s*eval\b|\.eval\b|\["eval"\]/g,
  Function: /\bFunction\s*\(|\bnew\s+(?:Async)?(?:Generator)?Function\b|\.constructor\s*\(\s*["'`]/g,
  timer: /\bset(?:Timeout|Interval|Immediate)\s*\(\s*["'`]|\bexecScript\b/g,
  markup:
    /\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bsetHTML\w*\b|\bparseHTML\w*\b|\bcreateContextualFragment\b|\bDOMParser\b|\bsrcdoc\b|\bdocument\s*\.\s*write/g,
  worker: /\bnew\s+(?:Shared)?Worker\s*\(|\.addModule\s*\(|\bserviceWorker\s*\.\s*register\s*\(|\bimportScripts\s*\(/g,
  element: /createElement(?:NS)?\([^)]*["'`]script["'`]|\belement\(\s*["'`]script["'`]|javascript:/g,
  module: /(?<![.\w])import\s*\((?!\s*["'`]\.)/g,
};

/** What is there of these all the same, and why it may be. */
const EXCEPTIONS = {
  "engine/worker-client.js": { worker: ['new Worker(scriptAddress("engine/worker.js")'] }, // through the door
  "app/version.js": { worker: ['serviceWorker.register(scriptAddress("service-worker.js")'] }, // through the door
  "service-worker.js": { worker: ["importScripts(MANIFEST)"] }, // a constant: the list of files beside it
  /* eslint-disable no-template-curly-in-string -- lines of generated code, as they stand there */
  "pkg/guided_dropout_lab.js": { Function: ["Function(${val.name})"] }, // words about a value, in wasm-bindgen's own messages
  "pkg/gpu/guided_dropout_lab.js": { Function: ["Function(${val.name})"] },
  /* eslint-enable no-template-curly-in-string */
  // Its asynchronous functions, which the page does not import (below), start a worker of a text; `worker-src 'self'` refuses that too.
  "vendor/fflate.js": { worker: ["new Worker(ch2[id] ||"] },
};

/** Source without comments, whose lines stay. Strings are kept: a scheme in one has its two slashes after a colon. */
const code = (source) => source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " ")).replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");

/** Everything in a source that is none of its exceptions. */
function found(path, source) {
  const excepted = EXCEPTIONS[path] ?? {};
  return Object.entries(WAYS).flatMap(([way, pattern]) =>
    [...code(source).matchAll(pattern)]
      .filter(({ index }) => {
        const place = code(source).slice(index);
        return !(excepted[way] ?? []).some((words) => place.replace(/^\./, "").startsWith(words));
      })
      .map(({ 0: words }) => `${path}: ${way}: ${words}`),
  );
}

test("nothing that the page is made of turns text into script, libraries and generated code included", () => {
  const scripts = [...FILES.keys()].filter((path) => path.endsWith(".js"));
  const sourceOf = (path) => readFileSync(FILES.get(path), "utf8");
  for (const path of [
    "main.js",
    "engine/worker.js",
    "vendor/uPlot.esm.js",
    "vendor/idb.js",
    "pkg/guided_dropout_lab.js",
    "pkg/gpu/guided_dropout_lab.js",
  ]) {
    assert.ok(scripts.includes(path), path);
  }
  assert.deepEqual(
    scripts.flatMap((path) => found(path, sourceOf(path))),
    [],
  );
  for (const [path, ways] of Object.entries(EXCEPTIONS)) {
    // none that is no longer needed, none that covers more than one place
    const source = sourceOf(path);
    for (const words of Object.values(ways).flat()) assert.equal(source.split(words).length, 2, `${path}: ${words}`);
  }
  const taken = scripts.flatMap((path) =>
    [...sourceOf(path).matchAll(/\{([^{}]*)\}\s*(?:=\s*await\s+import\(|from\s*)["'][^"']*vendor\/fflate\.js/g)].flatMap(([, names]) =>
      names.split(",").map((name) => name.trim()),
    ),
  );
  assert.deepEqual([...new Set(taken)].sort(), ["inflateSync", "strToU8", "zipSync"], "none of the functions that start a worker");
});

test("the check sees what it looks for", () => {
  const samples = {
    eval: ["eval('1')", "(0, eval)('1')", "window.eval(x)"],
    Function: ["new Function('a', 'b')", "Function('x')", "(() => {}).constructor('x')"],
    timer: ["setTimeout('x', 1)", "setInterval(`x`)"],
    markup: ["node.innerHTML = x", "new DOMParser()", "frame.srcdoc = x"],
    worker: ["new Worker(address)", "importScripts(x)", "navigator.serviceWorker.register(x)"],
    element: ['document.createElement("script")', 'element("script", {})', "location = 'javascript:1'"],
    module: ["import(address)", 'import("https://elsewhere.example/x.js")'],
  };
  for (const [way, each] of Object.entries(samples)) {
    for (const sample of each) {
      assert.deepEqual(
        found("x.js", sample).map((words) => words.split(": ")[1]),
        [way],
        sample,
      );
    }
  }
  assert.deepEqual(found("x.js", '// eval("1")\n/* new Function() */ setTimeout(act, 1); const { a } = await import("./a.js");'), []);
});

test("the page has no script, handler or style in its markup", () => {
  const markup = readFileSync(join(WWW, "index.html"), "utf8");
  assert.doesNotMatch(markup, /<script(?![^>]*\ssrc="[\w./-]+"[^>]*><\/script>)|<style|\sstyle=|\son\w+=|javascript:/i);
  for (const words of [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval';",
    "require-trusted-types-for 'script'",
    "trusted-types guided-dropout-lab",
    "base-uri 'none'",
    "object-src 'none'",
  ]) {
    assert.ok(POLICY.includes(words), words);
  }
  assert.doesNotMatch(POLICY, /unsafe-inline|'unsafe-eval'|allow-duplicates/);
});
