// Takes docs/screenshot.png from the page itself, with the recorded experiment in its figures: four views, side by side.
//
//   node scripts/screenshot.mjs [OUT.png] [--dark]     after `make page`

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";
import { serve } from "./serve.mjs";

const {
  values: options,
  positionals: [out = fileURLToPath(new URL("../docs/screenshot.png", import.meta.url))],
} = parseArgs({ allowPositionals: true, options: { dark: { type: "boolean", default: false } } });
/** The first element of each view. */
const VIEWS = ["header", "#fisher-figure", "#train-figure", "#verdict-figure"];
const VIEW = { width: 1040, height: 640 };
/** Small enough for a README: under 300 kB. */
const SCALE = 0.6;

const server = await serve(fileURLToPath(new URL("../www", import.meta.url)));
const browser = await launch();
try {
  const profile = await browser.newContext({ viewport: VIEW, colorScheme: options.dark ? "dark" : "light" });
  const page = await profile.newPage();
  await page.goto(server.address);
  await page.waitForFunction(
    () => document.documentElement.dataset.phase === "ready" && document.querySelectorAll("figure[data-origin=recorded]").length >= 4,
    null,
    { timeout: 120_000 },
  );
  await page.waitForTimeout(3000); // the time estimate
  const views = [];
  for (const [index, selector] of VIEWS.entries()) {
    await page.evaluate(
      ([top, first]) => {
        const bar = document.querySelector("#run-bar");
        bar.style.position = first ? "" : "static"; // only the first view has it
        document.documentElement.style.scrollBehavior = "auto";
        scrollTo(0, document.querySelector(top).getBoundingClientRect().top + scrollY - 12);
      },
      [selector, index === 0],
    );
    await page.waitForTimeout(300);
    views.push((await page.screenshot()).toString("base64"));
  }
  await page.goto("about:blank");
  const border = options.dark ? "#444" : "#ccc";
  await page.setViewportSize({ width: Math.round(2 * VIEW.width * SCALE) + 36, height: Math.round(2 * VIEW.height * SCALE) + 36 });
  await page.setContent(
    `<body style="margin:0;padding:12px;display:grid;grid-template-columns:1fr 1fr;gap:12px;background:${options.dark ? "#000" : "#eee"}">${views
      .map((view) => `<img style="width:100%;display:block;outline:1px solid ${border}" src="data:image/png;base64,${view}">`)
      .join("")}`,
  );
  mkdirSync(dirname(out), { recursive: true });
  await page.screenshot({ path: out });
  console.log(`${out}: ${statSync(out).size} bytes`);
} finally {
  await browser.close();
  await server.close();
}
