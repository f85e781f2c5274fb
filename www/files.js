// Files that the page fetches from its own directory, and files that the reader hands over.

/**
 * Fetches a file of the page, telling how far it is.
 * @param {string} path relative to the page
 * @param {(received: number) => void} [onBytes]
 * @returns {Promise<Uint8Array>}
 */
export async function fetchBytes(path, onBytes = () => {}) {
  let response;
  try {
    response = await fetch(path, { priority: "low" }); // the first view goes before it
  } catch (error) {
    throw { kind: "network", message: `${path}: ${error.message}`, place: { name: path } };
  }
  if (!response.ok) throw { kind: "network", message: `${path}: the server answered ${response.status}`, place: { name: path } };
  const chunks = [];
  let received = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    received += part.value.length;
    onBytes(received);
  }
  const whole = new Uint8Array(received);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/**
 * The recorded experiment of the first view, or null where the page has none.
 * @returns {Promise<object | null>} results.json with {recorded: {date, machine, command, commit}}
 */
export async function fetchRecorded() {
  try {
    const response = await fetch("recorded.json");
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

/**
 * The three files of a built-in model.
 * @param {string} name
 * @param {(received: number) => void} onBytes
 */
export async function fetchModel(name, onBytes) {
  const folder = `models/${name}`;
  const received = [0, 0, 0];
  const fetchPart = (file, index) => fetchBytes(`${folder}/${file}`, (bytes) => {
    received[index] = bytes;
    onBytes(received.reduce((sum, part) => sum + part, 0));
  });
  const [config, weights, tokenizer] = await Promise.all(["config.json", "model.safetensors", "tokenizer.json"].map(fetchPart));
  return { name, config, weights, tokenizer };
}

/**
 * The three files of a reader's model, found by their names among those picked.
 * @param {File[]} files
 * @returns {Promise<{name: string, config: Uint8Array, weights: Uint8Array, tokenizer: Uint8Array} | {missing: string[]}>}
 */
export async function pickModel(files) {
  const find = (pattern) => files.find((file) => pattern.test(file.name));
  const parts = { "config.json": find(/^(?!.*tokenizer).*config.*\.json$/i), "model.safetensors": find(/\.safetensors$/i), "tokenizer.json": find(/tokenizer(?!_config).*\.json$/i) };
  const missing = Object.keys(parts).filter((name) => !parts[name]);
  if (missing.length > 0) return { missing };
  const read = async (file) => new Uint8Array(await file.arrayBuffer());
  const [config, weights, tokenizer] = await Promise.all(Object.values(parts).map(read));
  return { name: modelName(config) ?? parts["model.safetensors"].name.replace(/\.safetensors$/i, ""), config, weights, tokenizer };
}

function modelName(config) {
  try {
    const name = JSON.parse(new TextDecoder().decode(config))._name_or_path;
    return typeof name === "string" && name !== "" ? name.split("/").at(-1) : null;
  } catch {
    return null; // the core will say what is wrong with this file
  }
}
