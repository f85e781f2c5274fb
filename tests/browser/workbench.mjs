// The page as a workbench: compact panels of the same parts, steps, and what comes next: node --test tests/browser/workbench.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nextStep } from "../../www/app/next-step.js";
import { assertAccessible, journey, says } from "./page.mjs";
import { OWN_ROWS } from "./support/history-page.mjs";

const LAPTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 } };
const SCREENS = 3;
const isCurrent = (page, step) => page.waitForFunction((wanted) => document.querySelector("#steps a[aria-current]")?.dataset.step === wanted, step);
const isInSight = (page, selector) =>
  page.$eval(selector, (node) => {
    const { top, bottom, left, right } = node.getBoundingClientRect();
    return node.checkVisibility() && top >= 0 && bottom <= innerHeight && left >= 0 && right <= innerWidth;
  });
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

describe("the workbench", { timeout: 5 * 60_000 }, () => {
  test("holds the whole journey in three screens, with steps, verdict and next step always in sight", (context) =>
    journey(context, { hash: "view=workbench", options: LAPTOP }, async (page) => {
      await page.waitForFunction(() => document.querySelector("#verdict-figure").dataset.origin === "recorded");
      const height = await page.$eval("#use-part", (part) => part.getBoundingClientRect().bottom + scrollY);
      assert.ok(height <= SCREENS * LAPTOP.viewport.height, `${height} pixels`);
      await assertAccessible(page);
      await isCurrent(page, "data");
      for (const step of ["verdict", "use", "train", "model"]) {
        await page.focus(`#steps a[data-step=${step}]`);
        await page.keyboard.press("Enter");
        await isCurrent(page, step);
        for (const place of ["#steps", "#outlook-verdict", "#outlook-link"]) assert.ok(await isInSight(page, place), `${place} at ${step}`);
      }
      assert.match(await page.textContent("#outlook-verdict"), /^Recorded example: No significant difference/);
      assert.equal(await page.textContent("#outlook-link"), "load your own texts, or run the sample");
    }));

  test("folds explanations, and a link to what is folded unfolds it", (context) =>
    journey(context, { hash: "view=workbench", options: PHONE }, async (page) => {
      assert.ok(await page.isHidden("#fisher .formula"));
      const button = page.getByRole("button", { name: "Explanations: Fisher information" });
      await button.click();
      assert.equal(await button.getAttribute("aria-expanded"), "true");
      assert.ok(await page.isVisible("#fisher .formula"));
      assert.ok(await page.isHidden("#train .formula"), "each part has its own");
      assert.ok(await page.isHidden("#past-list"));
      await page.evaluate(() => {
        document.querySelector("#outlook-link").setAttribute("href", "#past-list");
      });
      await page.click("#outlook-link");
      assert.ok(await page.isVisible("#past-list"));
      assert.equal(await overflow(page), 0, "no sideways scrolling on a phone");
    }));

  test("is a setting of the page: in the address, chosen by a control, offered for an own file, and of no version", (context) =>
    journey(context, { hash: "" }, async (page) => {
      assert.ok(await page.isHidden("#steps"));
      assert.equal(await page.textContent("#view-offer"), "");
      await page.setInputFiles("#dataset-file", OWN_ROWS);
      await says(page, "#dataset-summary", /own\.csv/);
      await page.click("#view-offer-open");
      assert.ok(await page.isVisible("#steps"));
      assert.ok(await page.isHidden("#view-offer-open"));
      assert.match(page.url(), /view=workbench/);
      assert.equal(await page.inputValue("#view"), "workbench");
      await says(page, "#outlook-link", /check columns and classes/);
      await page.selectOption("#view", "paper");
      assert.doesNotMatch(page.url(), /view=/);
      assert.ok(await page.isHidden("#steps"));
      await page.click("#view-offer-dismiss");
      assert.equal(await page.textContent("#view-offer"), "");
    }));
});

test("the next step follows from the state", () => {
  const rest = { phase: "ready", dataset: {}, own: { dataset: false }, source: { name: "a.csv" }, verdict: null, diverged: [] };
  const judged = (results, origin = { kind: "finished" }) => ({ ...rest, verdict: { results: { dataset: { name: "a.csv" }, ...results }, origin } });
  const cases = [
    [{ ...rest, phase: "loading" }, "wait"],
    [{ ...rest, phase: "training" }, "watch"],
    [{ ...rest, phase: "surface" }, "waitSurface"],
    [{ ...rest, dataset: null }, "data"],
    [rest, "bring"],
    [{ ...rest, own: { dataset: true } }, "run"],
    [judged({}, { kind: "recorded" }), "bring"],
    [{ ...judged({ dataset: { name: "b.csv" } }), own: { dataset: true } }, "run"],
    [{ ...judged({}), diverged: [{}] }, "diverged"],
    [judged({ remarks: [{ kind: "climbing" }] }), "longer"],
    [judged({ clauses: [{ clause: "cannot_show" }] }), "seeds"],
    [judged({ suspects: { rows: [{}] } }), "suspects"],
    [judged({ remarks: [{ kind: "settled" }], suspects: { rows: [] } }), "label"],
  ];
  for (const [state, step] of cases) assert.equal(nextStep(state), step, JSON.stringify(state));
});
