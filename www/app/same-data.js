// Whether results are of the rows that are loaded.

/** Digests of files, whatever these are called. */
const contents = (digests) => digests.toSorted().join();

/**
 * By what was read, and by the files' digests where the browser makes any: another file may have as many rows and the same labels.
 * @param {any} results results.json
 * @param {import("./state.js").AppState} state
 * @param {import("../engine/session.js").Session} session
 */
export function isOfLoadedRows({ dataset, inputs }, state, session) {
  const loaded = state.dataset;
  if (!loaded || loaded.rows !== dataset.rows || loaded.labels.join("\n") !== dataset.labels.join("\n")) return false;
  const { sha256, others } = session.inputs.dataset;
  return !inputs || contents(Object.values(inputs.dataset.sha256)) === contents([sha256, ...others.map((file) => file.sha256)]);
}
