// Firefox, driven by puppeteer over WebDriver BiDi, for the tests that only `make test-firefox` and `make test-gpu` run.

import puppeteer from "puppeteer-core";

/**
 * @param {number} limit of a wait, in milliseconds
 * @param {Record<string, boolean>} [preferences] of about:config
 */
export const launchFirefox = (limit, preferences = {}) =>
  puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    protocolTimeout: limit,
    extraPrefsFirefox: preferences,
  });

/** A script of the page: catches what is downloaded as JSON on its way into the file. `caughtResults` returns it. */
export const CATCH_DOWNLOADS = () => {
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    if (blob.type === "application/json") {
      blob.text().then((words) => {
        globalThis.caught = words;
      });
    }
    return create.call(URL, blob);
  };
};

/** Waits until `holds` does, in the page. @param {number} limit in milliseconds */
export const until = (page, limit, holds, ...values) => page.waitForFunction(holds, { timeout: limit, polling: 100 }, ...values);

/** Waits for a phase of the experiment. */
export const reach = (page, limit, wanted) => until(page, limit, (it) => document.documentElement.dataset.phase === it, wanted);

/** results.json, as its download writes it. */
export async function caughtResults(page, limit) {
  await page.evaluate(() => document.querySelector("#download-results").click());
  return JSON.parse(await (await until(page, limit, () => globalThis.caught)).jsonValue());
}
