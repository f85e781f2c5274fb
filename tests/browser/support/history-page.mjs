// A page with a short experiment, and what its database has of experiments.

import { createRequire } from "node:module";
import { csv, noteJobs, phase, server } from "../page.mjs";
import { stored } from "./database.mjs";
import { holdable } from "./held-workers.mjs";

export const { strToU8, unzipSync, zipSync } = createRequire(import.meta.url)("fflate");

export const SHORT = "sample=opinions&max_rows=32&fisher_texts=2&epochs=1&seeds=2&arms=standard,guided&max_tokens=12";

export const OWN_ROWS = csv(
  "own.csv",
  `own,topic\n${Array.from({ length: 32 }, (_, index) => (index % 2 ? `"Rain, wind and ${index} clouds",weather` : `A goal in minute ${index},sport`)).join("\n")}\n`,
);

export const OWN_PROSE = {
  name: "own.txt",
  mimeType: "text/plain",
  buffer: Buffer.from("The river was high that spring.\nNobody had seen the boat since March.\nThe children asked about it every day.\n"),
};

export async function loadOwnFiles(page) {
  await page.setInputFiles("#dataset-file", OWN_ROWS);
  await page.setInputFiles("#corpus-file", OWN_PROSE);
  await page.waitForFunction(
    () =>
      /own\.csv: 32 examples/.test(document.querySelector("#dataset-summary").textContent) &&
      /own\.txt: 3/.test(document.querySelector("#corpus-summary").textContent),
  );
}

/** The records of the page's database. */
export const records = async (page) => (await stored(page)).experiments;

export const open = async (context, hash) => {
  const page = await context.newPage();
  await holdable(page);
  await noteJobs(page);
  await page.goto(`${server.address}#${hash}`);
  await phase(page, "ready");
  return page;
};

export const item = (page, name) => page.locator("#past-list > li", { has: page.locator("h3", { hasText: new RegExp(`^${name}$`) }) });

export const press = (page, name, label) =>
  item(page, name)
    .getByRole("button", { name: `${label}: ${name}`, exact: true })
    .click();
