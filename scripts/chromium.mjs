// The browser of tests and benchmarks: Debian's Chromium, or the binary that CHROMIUM names.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Chromium's renderer without the browser around it: a fifth less processor time per journey (6.3 s, 5.1 s). Not on every system. */
const SHELL = "/usr/bin/chromium-headless-shell";
/** No window, and no request of the browser's own. */
const HEADLESS = [
  "--no-sandbox",
  "--headless=new",
  "--disable-background-networking",
  "--no-first-run",
  "--disable-component-update",
  "--disable-sync",
];
/** A browser without a GPU. */
export const ARGUMENTS = [...HEADLESS, "--disable-gpu"];
/** A browser whose one WebGPU adapter is a software one. */
export const SOFTWARE = [...HEADLESS, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** @param {string[]} args of the command line */
export const launch = (args = ARGUMENTS) => chromium.launch({ executablePath: EXECUTABLE, args });

/** The smaller browser for many journeys, where it is installed and CHROMIUM names no other. */
export const launchShell = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM || !existsSync(SHELL) ? EXECUTABLE : SHELL, args: ARGUMENTS });

/**
 * A browser with a profile on disk, as one in daily use has, in a group of processes of its own that can be killed.
 * @param {string} profile its folder
 * @param {string[]} args of the command line
 */
export async function launchOnDisk(profile, args = ARGUMENTS) {
  const child = spawn(EXECUTABLE, [...args, `--user-data-dir=${profile}`, "--remote-debugging-port=0", "about:blank"], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const address = await new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      if (said === null) return; // what it says later is read, so that the pipe does not fill up
      said += chunk;
      const found = said.match(/DevTools listening on (\S+)/);
      if (!found) return;
      said = null;
      resolve(found[1]);
    });
    child.once("exit", () => reject(new Error(`the browser did not start: ${said}`)));
  });
  return { child, browser: await chromium.connectOverCDP(address) };
}
