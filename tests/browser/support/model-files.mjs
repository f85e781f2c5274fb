// The built-in model's files, others made of them, and the numbers of an experiment with the built-in model.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { experiment, shippedJourney as journey, withoutTimes } from "../page.mjs";

/** A short experiment. */
export const SHORT = "sample=opinions&max_rows=24&fisher_texts=4&epochs=1&seeds=1&arms=standard,guided&max_tokens=12&workers=1";

const folder = new URL("../../../www/data/models/mini-4x256/", import.meta.url);
export const file = (name) => readFileSync(new URL(name, folder));
export const CONFIG = file("config.json");
export const WEIGHTS = file("model.safetensors");
export const TOKENIZER_CONFIG = file("tokenizer_config.json");
const { vocab } = JSON.parse(file("tokenizer.json")).model;
export const VOCABULARY = Buffer.from(
  `${Object.keys(vocab)
    .sort((left, right) => vocab[left] - vocab[right])
    .join("\n")}\n`,
);
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

export const headerOf = (bytes) => JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())));

/** The safetensors file of those tensors whose name passes. */
export function only(bytes, passes) {
  const begin = 8 + Number(bytes.readBigUInt64LE());
  const parts = [];
  const header = {};
  let offset = 0;
  for (const [name, entry] of Object.entries(headerOf(bytes)).filter(([tensor]) => tensor !== "__metadata__" && passes(tensor))) {
    const [from, to] = entry.data_offsets;
    parts.push(bytes.subarray(begin + from, begin + to));
    header[name] = { ...entry, data_offsets: [offset, offset + to - from] };
    offset += to - from;
  }
  return Buffer.concat([start(header), ...parts]);
}

/** The beginning of a safetensors file. */
export function start(header) {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json]);
}

export const HEADLESS = only(WEIGHTS, (name) => !name.startsWith("cls."));
export const HEAD = only(WEIGHTS, (name) => name.startsWith("cls."));

/** Drops files on the data part, as a hand would. */
export async function drop(page, ...files) {
  const transfer = await page.evaluateHandle(
    (list) => {
      const data = new DataTransfer();
      for (const { name, content } of list) data.items.add(new File([Uint8Array.from(atob(content), (character) => character.charCodeAt(0))], name));
      return data;
    },
    files.map(({ name, buffer }) => ({ name, content: buffer.toString("base64") })),
  );
  await page.dispatchEvent("#data", "dragover", { dataTransfer: transfer });
  await page.dispatchEvent("#data", "drop", { dataTransfer: transfer });
}

export const upload = (name, buffer) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(buffer) });
export const changed = (change) => upload("config.json", JSON.stringify({ ...JSON.parse(CONFIG), ...change }));

/** The header of an encoder of this shape in f32, and the size of its file. */
export function imagined({
  vocab_size: v,
  hidden_size: d,
  num_hidden_layers: layers,
  intermediate_size: f,
  max_position_embeddings: positions,
  type_vocab_size: types,
}) {
  const shapes = [
    ["embeddings.word_embeddings.weight", v, d],
    ["embeddings.position_embeddings.weight", positions, d],
    ["embeddings.token_type_embeddings.weight", types, d],
  ];
  const norm = (name) => shapes.push([`${name}.weight`, d], [`${name}.bias`, d]);
  const linear = (name, from, to) => shapes.push([`${name}.weight`, to, from], [`${name}.bias`, to]);
  norm("embeddings.LayerNorm");
  for (let layer = 0; layer < layers; layer += 1) {
    const prefix = `encoder.layer.${layer}`;
    for (const part of ["query", "key", "value"]) linear(`${prefix}.attention.self.${part}`, d, d);
    linear(`${prefix}.attention.output.dense`, d, d);
    norm(`${prefix}.attention.output.LayerNorm`);
    linear(`${prefix}.intermediate.dense`, d, f);
    linear(`${prefix}.output.dense`, f, d);
    norm(`${prefix}.output.LayerNorm`);
  }
  let offset = 0;
  const header = {};
  for (const [name, ...shape] of shapes) {
    const size = 4 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const head = start(header);
  return { head, size: head.length + offset };
}

/** What an experiment says apart from the names and bytes of its files. */
export const numbersOf = (results) => ({
  ...withoutTimes(results),
  inputs: null,
  model: { ...results.model, name: "" },
  config: { ...results.config, model: "" },
});

let builtIn;
export async function builtInNumbers(context) {
  if (!builtIn) {
    await journey(context, { hash: SHORT }, async (page) => {
      builtIn = numbersOf(await experiment(page));
    });
  }
  return builtIn;
}
