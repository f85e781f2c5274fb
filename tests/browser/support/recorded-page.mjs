// A page that shows invented results by the way that shows recorded ones.

import { asRecorded, syntheticResults } from "../../fixtures/synthetic.mjs";
import { journey, replacedFile } from "../page.mjs";

/** A journey on a page that shows these results. The core is held back unless it is asked for: no figure waits for it. */
export const shown = (context, size, options, act, { core = false } = {}) => {
  const results = syntheticResults(size);
  const prepare = async (page) => {
    await replacedFile(page, "data/recorded.json", JSON.stringify(asRecorded(results)));
    if (!core) await page.route("**/*.wasm", () => {});
  };
  return journey(context, { options, prepare, settled: [core ? "ready" : "loading"] }, async (page) => {
    await page.waitForFunction(() => document.querySelector("#verdict-figure").dataset.origin === "recorded");
    await page.waitForSelector("#rates-table tbody tr");
    await act(page, results);
  });
};
