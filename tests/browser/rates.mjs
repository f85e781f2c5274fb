// The rates: read, dragged, typed and bounded: node --test tests/browser/rates.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shown } from "./support/recorded-page.mjs";

const handle = (page, site) => page.locator(`#rates-table tr[data-site="${site}"] [role=slider]`);

describe("the rates", { timeout: 15 * 60_000 }, () => {
  test("a handle dragged, moved by keys or typed into is an edit, and back on the line it is none", (context) =>
    shown(
      context,
      {},
      {},
      async (page) => {
        const dragged = handle(page, "layer.1.output");
        await dragged.scrollIntoViewIfNeeded();
        const before = Number(await dragged.getAttribute("aria-valuenow"));
        const box = await dragged.boundingBox();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        await page.mouse.move(x, y);
        await page.mouse.down();
        await page.mouse.move(x + 30, y, { steps: 5 });
        await page.keyboard.press("Escape");
        await page.mouse.up();
        assert.equal(Number(await dragged.getAttribute("aria-valuenow")), before, "Escape takes a drag back");
        assert.doesNotMatch(page.url(), /custom_rates/);
        await page.mouse.move(x, y);
        await page.mouse.down();
        await page.mouse.move(x + 60, y, { steps: 5 });
        assert.doesNotMatch(page.url(), /custom_rates/, "a drag is one edit, when it ends");
        await page.mouse.up();
        const after = Number(await dragged.getAttribute("aria-valuenow"));
        const track = await page.locator("#rates-table .track").first().boundingBox();
        const end = Number(await dragged.getAttribute("aria-valuemax"));
        assert.ok(Math.abs(after - before - (60 / track.width) * end) < 0.0011, `${before} to ${after}`);
        await page.waitForURL(new RegExp(`layer\\.1\\.output:${after}[,&]`));
        assert.ok(await page.isChecked("#arms input[value=custom]"));
        assert.equal(await page.locator("#rates-table tr.edited").count(), 1);
        assert.equal(Number(await page.inputValue("#rates-table tr.edited input")), after);
        await page.waitForFunction(() => document.querySelector("#rates-mean").textContent.includes("yours"));

        const pressed = handle(page, "embeddings");
        await pressed.focus();
        const start = Number(await pressed.getAttribute("aria-valuenow"));
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("ArrowRight");
        const risen = Number(await pressed.getAttribute("aria-valuenow"));
        assert.ok(
          risen > start + 0.005 && risen <= start + 0.0101 && Math.abs(risen / 0.005 - Math.round(risen / 0.005)) < 1e-6,
          `${start} to ${risen}`,
        );
        assert.match(await pressed.getAttribute("aria-valuetext"), new RegExp(`^${risen.toFixed(4)}; guided: ${start.toFixed(4)}`));
        await page.waitForURL(new RegExp(`embeddings:${risen}[,&]`));
        assert.equal(await page.locator("#rates-table tr.edited").count(), 2);

        const typed = page.locator('#rates-table tr[data-site="layer.0.output"] input');
        await typed.fill("1.5");
        await typed.press("Tab");
        assert.match(await page.textContent("#rates-errors"), /layer\.0\.output.*below 1.*1\.5/);
        await typed.fill("0.31");
        await typed.press("Tab");
        assert.equal(await page.textContent("#rates-errors"), "");
        await page.waitForFunction(() => document.querySelectorAll("#rates-table tr.edited").length === 3);
        assert.ok(Number(await handle(page, "layer.0.output").getAttribute("aria-valuemax")) > 0.31, "the axis makes room");

        for (const site of ["layer.0.output", "embeddings", "layer.1.output"]) await handle(page, site).press("Delete");
        await page.waitForFunction(() => !location.hash.includes("custom_rates"));
        assert.equal(await page.locator("#rates-table tr.edited").count(), 0);
        assert.ok(!(await page.isChecked("#arms input[value=custom]")));
      },
      { core: true },
    ));

  test("while the page loads, rates are shown and hold still", (context) =>
    shown(context, {}, {}, async (page) => {
      const held = handle(page, "embeddings");
      const rate = await held.getAttribute("aria-valuenow");
      await held.focus();
      for (const key of ["ArrowRight", "Home", "Delete"]) await page.keyboard.press(key);
      assert.equal(await held.getAttribute("aria-valuenow"), rate);
      assert.equal(await held.getAttribute("aria-disabled"), "true");
      assert.ok(await page.isDisabled('#rates-table tr[data-site="embeddings"] input'));
      assert.ok(await page.isEnabled("#noise-rate"), "a figure's own controls are no settings");
    }));

  test("a slider's value counts at once, the address follows when it rests; bounds that cross are told beside it", (context) =>
    shown(
      context,
      {},
      {},
      async (page) => {
        await page.evaluate(() => {
          const { replaceState } = history;
          globalThis.written = 0;
          history.replaceState = (...values) => {
            globalThis.written += 1;
            replaceState.apply(history, values);
          };
        });
        const slide = (id, from, to) =>
          page.evaluate(
            ([slider, first, last]) => {
              for (let value = first; value <= last; value += 5) {
                document.getElementById(slider).value = value / 1000;
                document.getElementById(slider).dispatchEvent(new Event("input"));
              }
              return [document.getElementById(`${slider}-value`).textContent, globalThis.written];
            },
            [id, from, to],
          );
        assert.deepEqual(await slide("p-upper", 105, 300), ["0.300", 0]);
        await page.waitForURL(/p_upper=0\.3(&|$)/);
        assert.equal(await page.evaluate(() => globalThis.written), 1);
        await page.focus("#p-lower");
        await slide("p-lower", 5, 400);
        await page.evaluate(() => document.activeElement.blur());
        assert.match(page.url(), /p_lower=0\.4/, "nothing is left behind");
        const told = () => page.textContent("#rates-errors");
        assert.match(await told(), /lowest rate is above the highest/);
        await page.waitForFunction(() => document.querySelector("#p-lower").getAttribute("aria-invalid") === "true");
        await slide("p-lower", 100, 100);
        assert.equal(await told(), "");
        await page.waitForFunction(() => document.querySelector("#rates-mean").textContent === "Mean rate 0.200");
        assert.equal(await page.textContent("#page-errors"), "");
      },
      { core: true },
    ));

  test("in the order of the scores the guided line is straight; in the order of the model it goes by it", (context) =>
    shown(context, {}, {}, async (page, { fisher }) => {
      const sites = () => page.locator("#rates-table tbody tr").evaluateAll((rows) => rows.map((row) => row.dataset.site));
      const lefts = () => page.locator("#rates-table .handle").evaluateAll((handles) => handles.map((node) => Number.parseFloat(node.style.left)));
      const byScore = [...fisher.sites].sort((left, right) => left.score - right.score).map(({ site }) => site);
      assert.deepEqual(await sites(), byScore);
      const places = await lefts();
      const steps = places.slice(1).map((place, index) => place - places[index]);
      assert.equal(steps.length, fisher.sites.length - 1);
      assert.ok(
        steps.every((step) => step < 0 && Math.abs(step - steps[0]) < 0.01),
        `steps ${steps}`,
      );
      const joins = await page.locator("#rates-table .guide-line").evaluateAll((lines) =>
        lines.map((line) =>
          line
            .getAttribute("points")
            .split(" ")
            .map((point) => point.split(",").map(Number)),
        ),
      );
      joins.slice(1).forEach((points, index) => assert.ok(Math.abs(points[0][0] - joins[index].at(-1)[0]) < 1e-6, "the pieces of the line meet"));
      await page.selectOption("#rates-order", "model");
      assert.deepEqual(
        await sites(),
        fisher.sites.map(({ site }) => site),
      );
      assert.notDeepEqual(await lefts(), places);
    }));
});
