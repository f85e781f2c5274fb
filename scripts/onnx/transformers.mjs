// The folders of `guided-dropout export` in transformers.js, `pipeline("text-classification", FOLDER)`, beside the logits of the same models:
//
//   node scripts/onnx/transformers.mjs target/release/guided-dropout MODEL...
//
// Each MODEL is a folder with a fine-tuned model. Probabilities of the f32 file may differ by 1e-4, those of weights in int8 by 0.02. transformers.js has
// no classifier of GPT-2: such a model has to be refused. `make onnx` runs this on the tiny models of all families.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { env, pipeline } from "@huggingface/transformers";

const TEXTS = ["The old dog ran home.", "x", "Who ran? 240 trees, and a good story of boats on the cold water."];
const BOUNDS = { fp32: 1e-4, q8: 0.02 };
const REFUSED = ["gpt2"];

/** A tensor of a safetensors file. */
function tensorOf(bytes, name) {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const [from, to] = JSON.parse(bytes.subarray(8, start))[name].data_offsets;
  return Array.from({ length: (to - from) / 4 }, (_, place) => bytes.readFloatLE(start + from + 4 * place));
}

/** The lab's probabilities of each text. */
function ours(program, model, folder) {
  const out = join(folder, "logits.safetensors");
  execFileSync(program, ["logits", model, "--out", out, ...TEXTS.flatMap((text) => ["--text", text])], { stdio: "ignore" });
  const file = readFileSync(out);
  return TEXTS.map((_, index) => {
    const powers = tensorOf(file, `classifier.${index}`).map(Math.exp);
    return powers.map((power) => power / powers.reduce((sum, other) => sum + other));
  });
}

/** The largest difference of a probability, or why there is none. */
async function difference(name, labels, dtype, expected) {
  const classify = await pipeline("text-classification", name, { dtype });
  const answers = await classify(TEXTS, { top_k: null });
  const differences = answers.map((answer, text) => answer.map(({ label, score }) => Math.abs(score - expected[text][labels.indexOf(label)])));
  return Math.max(...differences.flat());
}

const [program, ...models] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "guided-dropout-onnx-"));
Object.assign(env, { localModelPath: `${folder}/`, allowRemoteModels: false });
const failures = [];
console.log(`transformers.js ${env.version}; largest difference of a probability`);
try {
  for (const model of models) {
    const name = basename(model);
    execFileSync(program, ["export", model, "--out", join(folder, name)], { stdio: "ignore" });
    const { id2label, model_type: type } = JSON.parse(readFileSync(join(folder, name, "config.json"), "utf8"));
    const expected = ours(program, model, folder);
    const labels = expected[0].map((_, place) => id2label?.[place] ?? `LABEL_${place}`);
    for (const [dtype, bound] of Object.entries(BOUNDS)) {
      const found = await difference(name, labels, dtype, expected).catch((error) => error.message);
      console.log(`${name}, ${dtype}: ${typeof found === "number" ? found.toExponential(1) : found}`);
      const holds = REFUSED.includes(type) ? /^Unsupported model type/.test(found) : found <= bound;
      if (!holds) failures.push(`${name}, ${dtype}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (failures.length > 0) {
  console.error(`expected differences within ${JSON.stringify(BOUNDS)} and ${REFUSED} refused, got others: ${failures.join("; ")}`);
  process.exitCode = 1;
}
