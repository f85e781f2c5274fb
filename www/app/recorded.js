// The recorded experiment, which the figures show before anything has run.

/**
 * The recorded experiment of the first view, or null where the page has none.
 * @returns {Promise<object | null>} results.json with {recorded: {date, machine, command, commit}}
 */
export async function fetchRecorded() {
  try {
    const response = await fetch("data/recorded.json");
    return response.ok ? opened(await response.json()) : null;
  } catch {
    return null;
  }
}

/** Undoes what scripts/record.mjs did to keep the file small: a mean loss stands for the last of its steps. */
function opened({ runs, ...results }) {
  const steps = ({ each, total, losses }) => losses.map((loss, index) => ({ step: Math.min(total, (index + 1) * each), loss }));
  return { ...results, runs: runs.map((run) => ({ ...run, steps: steps(run.steps), total: run.steps.total })) };
}
