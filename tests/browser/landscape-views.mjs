// The loss surfaces, turned and looked at: node --test tests/browser/landscape-views.mjs

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAccessible, decoded, downloaded, journey, replacedFile } from "./page.mjs";
import { SMALL, AT_ONCE, watch, RECORDED, recordedSurfaces, twoFrames } from "./support/surfaces-page.mjs";

const ELSEWHERE = { kind: "webgpu", adapter: "acme" };

/** The recorded surfaces as another device would have made them. */
const fromElsewhere = async (page) => {
  await watch(page);
  await replacedFile(page, RECORDED, JSON.stringify({ ...recordedSurfaces(), device: ELSEWHERE }));
};

const pictures = (page, figure) =>
  page.evaluate((id) => [...document.querySelectorAll(`#${id} canvas.turning`)].map((canvas) => canvas.toDataURL()), figure);

/** A surface takes a good part of its picture, in the many colours of its heights. */
async function assertDrawn(page, all) {
  assert.equal(all.length, 3);
  for (const picture of all) {
    const { colours, ground } = await decoded(page, picture);
    assert.ok(colours > 100 && ground < 0.9, `${colours} colours, ${ground} of them the ground`);
  }
}

const published = (page) => page.waitForSelector("#published-chart .surface-view");

/** Two fingers over an element: how far each of them is to the right and down, at each stop. */
const twoFingers = (target, stops) =>
  target.evaluate((node, ways) => {
    const { left, top } = node.getBoundingClientRect();
    const tell = (type, pointerId, [x, y]) =>
      node.dispatchEvent(new PointerEvent(type, { pointerId, pointerType: "touch", button: 0, bubbles: true, clientX: left + x, clientY: top + y }));
    node.setPointerCapture = () => {}; // there is no such pointer
    ways.forEach((places, stop) => places.forEach((place, finger) => tell(stop === 0 ? "pointerdown" : "pointermove", finger + 1, place)));
    ways.at(-1).forEach((place, finger) => tell("pointerup", finger + 1, place));
    delete node.setPointerCapture;
  }, stops);

describe("views of the loss surfaces", { timeout: 40 * 60_000 }, () => {
  test("views turn together, by hand and by key, and outlive a lost context", (context) =>
    journey(context, { hash: SMALL, prepare: watch, settled: AT_ONCE }, async (page) => {
      await published(page);
      await twoFrames(page);
      assert.equal(await page.inputValue("#surface-view"), "turning");
      const seen = [await pictures(page, "published-chart")];
      assert.equal(new Set(seen[0]).size, 3);
      await assertDrawn(page, seen[0]);
      const changed = async (what) => {
        await twoFrames(page);
        const now = await pictures(page, "published-chart");
        now.forEach((picture, index) => assert.notEqual(picture, seen.at(-1)[index], `${what}, view ${index}`));
        seen.push(now);
      };
      const canvas = page.locator("#published-chart canvas.turning").nth(1);
      await canvas.scrollIntoViewIfNeeded();
      const { x, y, width, height } = await canvas.boundingBox();
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x + width / 2 + 60, y + height / 2 + 20, { steps: 3 });
      await page.mouse.up();
      await changed("drag");
      await page.mouse.move(x + width / 2, y + height * 0.55);
      await changed("point under the pointer");
      const read = await page.textContent("#published-readout");
      await page.mouse.down({ button: "right" });
      await page.mouse.move(x + width / 2 + 50, y + height * 0.5);
      await page.mouse.up({ button: "right" });
      await changed("another point");
      assert.notEqual(await page.textContent("#published-readout"), read, "only the primary button drags");
      await page.keyboard.down("Control");
      await page.mouse.wheel(0, -60);
      await page.keyboard.up("Control");
      await changed("wheel");
      assert.equal(await page.evaluate(() => devicePixelRatio), 1, "the page itself is as large as before");
      await page.click("#surface-closer");
      await changed("larger");
      await page.click("#surface-farther");
      await changed("smaller");
      await page.click("#surface-reset");
      await changed("first view");
      await twoFingers(
        canvas,
        [100, 80, 60].map((y) => [
          [60, y],
          [120, y],
        ]),
      );
      await changed("two fingers to tilt");
      await twoFingers(
        canvas,
        [0, 10, 20].map((way) => [
          [60 - way, 100],
          [120 + way, 100],
        ]),
      );
      await changed("two fingers apart");
      await canvas.focus();
      await page.keyboard.press("Shift+ArrowLeft");
      await changed("key");
      await page.keyboard.press("+");
      await changed("zoom");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowLeft");
      await changed("selected point");
      assert.match(await page.textContent("#published-readout"), /^a .*All tensors \d.*Top half.*Bottom half/);
      await assertAccessible(page);

      await page.evaluate(() =>
        addEventListener("beforeprint", () => {
          globalThis.onPaper = document.querySelectorAll("#published-chart svg.contours rect").length;
        }),
      );
      await page.pdf();
      assert.equal(await page.evaluate(() => globalThis.onPaper), 3 * 256, "the maps are there before paper is laid out");
      await page.emulateMedia({ media: "print" });
      assert.ok(await page.locator("#published-chart svg.contours").first().isVisible());
      assert.equal(await page.locator("#published-chart canvas.turning").first().isVisible(), false);
      await page.emulateMedia({ media: "screen" });

      await page.evaluate(() =>
        document
          .querySelector("#surface-errors")
          .append(Object.assign(document.createElement("p"), { id: "another", textContent: "Something else." })),
      );
      await page.evaluate(() => {
        globalThis.loser = globalThis.gl.getExtension("WEBGL_lose_context");
        globalThis.loser.loseContext();
      });
      await page.waitForFunction(() => document.querySelector("#surface-view").value === "flat");
      assert.match(await page.textContent("#surface-errors"), /WebGL context/);
      await page.evaluate(() => globalThis.loser.restoreContext());
      await page.waitForFunction(() => document.querySelector("#surface-view").value === "turning");
      await twoFrames(page);
      await assertDrawn(page, await pictures(page, "published-chart"));
      assert.deepEqual(await page.locator("#surface-errors > *").allTextContents(), ["Something else."]);
    }));

  test("from above where the browser refuses the shaders", (context) =>
    journey(
      context,
      {
        hash: SMALL,
        settled: AT_ONCE,
        prepare: (page) =>
          page.addInitScript(() => {
            WebGL2RenderingContext.prototype.getProgramParameter = () => false;
          }),
      },
      async (page) => {
        await published(page);
        assert.equal(await page.inputValue("#surface-view"), "flat");
      },
    ));

  test("a picture of turning surfaces is that of the light page, whatever the page's own colours", (context) =>
    journey(context, { hash: SMALL, prepare: watch, settled: AT_ONCE }, async (page) => {
      await published(page);
      await twoFrames(page);
      const drawn = async () =>
        (await downloaded(page, '#published-figure .figure-tools button:text-is("SVG")')).content.toString().match(/data:image\/png[^"]+/g);
      const light = await drawn();
      assert.equal(light.length, 3);
      await page.emulateMedia({ colorScheme: "dark" });
      await twoFrames(page);
      const dark = await pictures(page, "published-chart");
      assert.deepEqual(await drawn(), light);
      await twoFrames(page);
      assert.deepEqual(await pictures(page, "published-chart"), dark, "the page's own are as before");
    }));

  test("from above for readers who want less motion, until they ask", (context) =>
    journey(context, { hash: SMALL, options: { reducedMotion: "reduce" }, prepare: fromElsewhere, settled: AT_ONCE }, async (page) => {
      await published(page);
      assert.equal(await page.inputValue("#surface-view"), "flat");
      await page.selectOption("#surface-view", "turning");
      await page.waitForSelector("#published-chart canvas.turning");
      assert.equal(await page.locator("#published-chart svg.contours").first().isVisible(), false);
      assert.deepEqual(
        JSON.parse((await downloaded(page, "#download-surface")).content).device,
        ELSEWHERE,
        "the recorded surfaces were not computed here",
      );
    }));
});
