// Takes docs/screenshot.png from the page itself: its first view, and below it the figures that the recorded experiment fills.
//
//   node scripts/screenshot.mjs [OUT.png] [--dark]     after `make page`

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const { values: options, positionals: [out = fileURLToPath(new URL("../docs/screenshot.png", import.meta.url))] } =
  parseArgs({ allowPositionals: true, options: { dark: { type: "boolean", default: false } } });
/** The figures shown below the title, each with the heading of its part. */
const FIGURES = ["rates-figure", "train-figure", "verdict-figure"];
const WIDTH = 1180;

const server = await serve(fileURLToPath(new URL("../www", import.meta.url)));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--headless=new", "--disable-gpu"] });
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 1500 }, colorScheme: options.dark ? "dark" : "light" });
  await page.goto(server.address);
  await page.waitForFunction((ids) => document.documentElement.dataset.phase === "ready" && ids.every((id) => document.getElementById(id).dataset.origin === "recorded"), FIGURES, { timeout: 120_000 });
  await page.waitForTimeout(2000); // the time estimate
  await page.addStyleTag({ content: "body { zoom: 0.9 }" }).catch(() => {}); // the page's policy may refuse it; then as it is
  mkdirSync(dirname(out), { recursive: true });
  await page.screenshot({ path: out });
  console.log(out);
} finally {
  await browser.close();
  await server.close();
}
