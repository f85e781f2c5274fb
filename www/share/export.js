// Files that the page exports: results, tidy CSV, rates, snippet, and the fine-tuned model in Hugging Face's layout.

import { download } from "../ui/dom.js";
import { SCHEMA } from "../platform/schema.js";

const METRICS = ["eval_loss", ...SCHEMA.metrics.map(({ name }) => name)];

/** Saves results.json. */
export function saveResults(results) {
  download("results.json", `${JSON.stringify(results, null, 1)}\n`, "application/json");
}

/**
 * One row per run, one column per variable: opens in R and pandas as it is.
 * @param {{runs: object[], dataset: {name: string}, model: {name: string}}} results
 * @returns {string}
 */
export function runsAsCsv({ runs, dataset, model }) {
  const present = METRICS.filter((metric) => runs.some((run) => Number.isFinite(run.epochs.at(-1)?.[metric])));
  const header = ["dataset", "model", "arm", "seed", "fraction", "steps", "epochs", "train_loss", ...present, "elapsed_ms"];
  const rows = runs.map((run) => {
    const last = run.epochs.at(-1) ?? {};
    return [
      dataset.name,
      model.name,
      run.arm,
      run.seed,
      run.fraction,
      run.steps.length,
      run.epochs.length,
      last.train_loss,
      ...present.map((metric) => last[metric]),
      run.elapsed_ms,
    ];
  });
  return [header, ...rows].map((row) => row.map(csvField).join(",")).join("\n") + "\n";
}

function csvField(value) {
  const field = value === undefined || value === null ? "" : String(value);
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Saves the runs as CSV. */
export function saveCsv(results) {
  download("runs.csv", runsAsCsv(results), "text/csv");
}

/** The contents of schedule.json: docs/formats.md. */
export function scheduleFile(rates, { model, upper, lower }) {
  return { format: SCHEMA.formats.schedule.name, version: SCHEMA.formats.schedule.version, model, p_upper: upper, p_lower: lower, rates };
}

/** Saves a schedule. */
export function saveSchedule(rates, facts) {
  download("schedule.json", `${JSON.stringify(scheduleFile(rates, facts), null, 1)}\n`, "application/json");
}

/** Saves the PyTorch hand-off. */
export function saveSnippet(snippet) {
  download("guided_dropout.py", snippet, "text/x-python");
}

/**
 * JavaScript writes 2.0 as 2, which transformers refuses where a float belongs (ModernBERT's `initializer_cutoff_factor`).
 * @param {string} json as `JSON.stringify` indents it
 * @param {string} source the JSON that its numbers come from
 * @returns {string} the JSON, with a point in whole numbers of the keys that have one in the source
 */
export function withPoints(json, source) {
  const keys = new Set(Array.from(source.matchAll(/"([^"\\]+)"\s*:\s*-?\d+\.0+(?=\s*[,}])/g), ([, key]) => key));
  return json.replace(/"([^"\\]+)": -?\d+(?=[,\n])/g, (number, key) => (keys.has(key) ? `${number}.0` : number));
}

/**
 * Saves a directory that Hugging Face transformers opens with AutoModelForSequenceClassification, or transformers.js with its pipeline for text
 * classification.
 * @param {string} arm
 * @param {{bytes: Uint8Array, labels: string[]}} trained
 * @param {{name: string, config: Uint8Array, tokenizer: Uint8Array, info: {classifier_class: string, special_tokens: Record<string, string>, pad_id: number, positions: number}}} model the pretrained one
 * @param {{card: string, onnx: Record<string, Uint8Array> | null}} parts `onnx`: files that take the place of the weights for PyTorch
 */
export async function saveModel(arm, { bytes, labels }, model, { card, onnx }) {
  const folder = `${model.name}-${arm}`;
  const source = new TextDecoder().decode(model.config);
  const encode = (value) => new TextEncoder().encode(`${withPoints(JSON.stringify(value, null, 2), source)}\n`);
  const config = { ...JSON.parse(source), architectures: [model.info.classifier_class] };
  config.pad_token_id ??= model.info.pad_id; // by it GPT-2's classifier finds a text's last token; its own files leave it out
  for (const name of ["dtype", "torch_dtype"]) delete config[name]; // of the pretrained file; these weights are f32
  if (labels.length > 0) {
    config.id2label = Object.fromEntries(labels.map((label, index) => [index, label]));
    config.label2id = Object.fromEntries(labels.map((label, index) => [label, index]));
    config.problem_type = "single_label_classification";
  } else {
    config.num_labels = 1;
    config.problem_type = "regression";
  }
  const files = {
    [`${folder}/README.md`]: new TextEncoder().encode(card),
    [`${folder}/config.json`]: encode(config),
    [`${folder}/tokenizer.json`]: model.tokenizer,
    [`${folder}/tokenizer_config.json`]: encode({
      tokenizer_class: "PreTrainedTokenizerFast",
      model_max_length: model.info.positions,
      ...model.info.special_tokens,
    }),
  };
  for (const [name, content] of Object.entries(onnx ?? { "model.safetensors": bytes })) files[`${folder}/${name}`] = content;
  const { zipSync } = await import("../vendor/fflate.js");
  download(`${folder}${onnx ? "-onnx" : ""}.zip`, zipSync(files, { level: 0 }), "application/zip"); // weights do not compress
}
