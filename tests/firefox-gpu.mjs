// An experiment of the page on WebGPU in Firefox, beside the same one on the CPU: `make test-gpu-firefox`, or node --test tests/firefox-gpu.mjs
//
// Without a GPU, Mesa's lavapipe is the adapter. Its subgroups have 4 to 128 units and cannot be used, so the page takes other kernels here than
// in Chromium on SwiftShader.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { server } from "./browser/page.mjs";
import { CATCH_DOWNLOADS, caughtResults, launchFirefox, reach, until } from "./browser/support/firefox.mjs";

const LIMIT_MS = 600_000;
const SHORT = "sample=opinions&max_rows=32&fisher_texts=2&epochs=1&batch_size=8&seeds=1&arms=standard,guided&max_tokens=12";

let firefox;
before(async () => {
  firefox = await launchFirefox(LIMIT_MS, {
    "dom.webgpu.enabled": true,
    "dom.webgpu.workers.enabled": true,
    "gfx.webgpu.ignore-blocklist": true,
  });
});
after(() => firefox?.close());

/** results.json of an experiment on this device, and what the badge's details say of the check. */
async function experiment(device) {
  const page = await firefox.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.evaluateOnNewDocument(CATCH_DOWNLOADS);
  await page.goto(`${server.address}#${SHORT}&device=${device}`);
  await reach(page, LIMIT_MS, "ready");
  if (device === "webgpu") {
    await until(page, LIMIT_MS, () => ["believed", "refused"].includes(document.querySelector("#device-badge").dataset.standing));
  }
  const rows = await page.$$eval("#device-details table", ([check]) => [...(check?.tBodies[0].rows ?? [])].map((row) => row.textContent));
  const details = await page.$eval("#device-details", (node) => node.textContent);
  const standing = await page.$eval("#device-badge", (node) => node.dataset.standing);
  await page.click("#run");
  await reach(page, LIMIT_MS, "done");
  const results = await caughtResults(page, LIMIT_MS);
  const notices = await page.$$eval("#page-errors .notice", (nodes) => nodes.map((node) => node.textContent));
  await page.close();
  return { results, standing, rows, details, problems: [...complaints, ...notices] };
}

/** The largest difference between two lists of numbers, as a share of the largest expected number. */
function apart(ours, expected) {
  assert.equal(ours.length, expected.length);
  assert.ok(expected.length > 1);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((number, index) => Math.abs(ours[index] - number) / largest));
}

test("the GPU passes its check and gives the losses of the CPU", { timeout: 2 * LIMIT_MS }, async () => {
  const gpu = await experiment("webgpu");
  assert.equal(gpu.standing, "believed", gpu.details);
  assert.equal(gpu.rows.length, 10);
  assert.equal(gpu.results.device.kind, "webgpu");
  assert.deepEqual(gpu.problems, []);

  const cpu = await experiment("cpu");
  assert.equal(cpu.results.device.kind, "cpu");
  const scores = ({ results }) => results.fisher.sites.map(({ score }) => score);
  const losses = ({ results }) => results.runs.flatMap(({ epochs }) => epochs.map((epoch) => epoch.train_loss));
  for (const [what, numbers] of Object.entries({ scores, losses })) {
    const distance = apart(numbers(gpu), numbers(cpu));
    assert.ok(distance < 1e-3, `${what} ${distance} apart: ${numbers(gpu)} for ${numbers(cpu)}`);
  }
});
