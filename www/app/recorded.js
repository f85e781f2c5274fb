// The recorded experiment, which the figures show before anything has run.

import { fetchJson, lacksFile } from "../platform/files.js";

const FILE = "data/recorded.json";

/**
 * The recorded experiment of the first view, or null where the page has none.
 * @returns {Promise<any>} results.json with {recorded: {date, machine, command, commit}}; rejects with kind "network" where it does not come whole
 */
export const fetchRecorded = async () => (lacksFile(FILE) ? null : opened(await fetchJson(FILE, { priority: "auto" })));

/** Undoes what scripts/record.mjs did to keep the file small: a mean loss stands for the last of its steps. */
function opened({ runs, ...results }) {
  const steps = ({ each, total, losses }) => losses.map((loss, index) => ({ step: Math.min(total, (index + 1) * each), loss }));
  return { ...results, runs: runs.map((run) => ({ ...run, steps: steps(run.steps), total: run.steps.total })) };
}
