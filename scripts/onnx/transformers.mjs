// The folders of `guided-dropout export` in transformers.js, `pipeline("text-classification", FOLDER)`, beside the logits of the same models: in Node,
// and in a page of Chromium.
//
//   node scripts/onnx/transformers.mjs target/release/guided-dropout MODEL...
//
// Each MODEL is a folder with a fine-tuned model. Probabilities and logits of the f32 file may differ by 1e-4. Of weights in int8, which the two
// runtimes multiply in other ways, probabilities may differ by 0.02 and logits by 0.1. transformers.js has no classifier of GPT-2: such a model
// has to be refused. `make onnx` runs this on the tiny models of all families.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { env, pipeline } from "@huggingface/transformers";
import { answersOf } from "./answers.mjs";
import { openPage } from "./page.mjs";

const TEXTS = ["The old dog ran home.", "x", "Who ran? 240 trees, and a good story of boats on the cold water."];
const BOUNDS = { fp32: { probability: 1e-4, logit: 1e-4 }, q8: { probability: 0.02, logit: 0.1 } };
const REFUSED = ["gpt2"];

/** A tensor of a safetensors file. */
function tensorOf(bytes, name) {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const [from, to] = JSON.parse(bytes.subarray(8, start))[name].data_offsets;
  return Array.from({ length: (to - from) / 4 }, (_, place) => bytes.readFloatLE(start + from + 4 * place));
}

/** The lab's logits of each text. */
function ours(program, model, folder) {
  const out = join(folder, "logits.safetensors");
  execFileSync(program, ["logits", model, "--out", out, ...TEXTS.flatMap((text) => ["--text", text])], { stdio: "ignore" });
  const file = readFileSync(out);
  return TEXTS.map((_, index) => tensorOf(file, `classifier.${index}`));
}

function probabilities(logits) {
  const powers = logits.map(Math.exp);
  return powers.map((power) => power / powers.reduce((sum, other) => sum + other));
}

/** The largest differences of a probability and of a logit. */
function differences({ scores, logits }, labels, expected) {
  const furthest = (found, wanted) => Math.max(...wanted.flatMap((row, text) => row.map((value, place) => Math.abs(value - found(text, place)))));
  return {
    probability: furthest((text, place) => scores[text].find(({ label }) => label === labels[place]).score, expected.map(probabilities)),
    logit: furthest((text, place) => logits[text][place], expected),
  };
}

const [program, ...models] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "guided-dropout-onnx-"));
Object.assign(env, { localModelPath: `${folder}/`, allowRemoteModels: false });
const page = await openPage(folder);
const places = { Node: (...question) => answersOf(pipeline, ...question), "a page": page.answersOf };
const failures = [];

/** One file of a model in one place. */
async function check(what, answers, { isRefused, labels, expected, bounds }) {
  const found = await answers.then((given) => differences(given, labels, expected)).catch((error) => error.message);
  const inNumbers = (of) => `${of} ${found[of].toExponential(1)}`;
  const said = typeof found === "string" ? found.split("\n", 1)[0] : Object.keys(found).map(inNumbers).join(", ");
  console.log(`${what}: ${said}`);
  const holds = isRefused ? /Unsupported model type/.test(said) : Object.entries(bounds).every(([of, bound]) => found[of] <= bound);
  if (!holds) failures.push(what);
}

console.log(`transformers.js ${env.version}; largest differences`);
try {
  for (const model of models) {
    const name = basename(model);
    execFileSync(program, ["export", model, "--out", join(folder, name)], { stdio: "ignore" });
    const { id2label, model_type: type } = JSON.parse(readFileSync(join(folder, name, "config.json"), "utf8"));
    const expected = ours(program, model, folder);
    const labels = expected[0].map((_, place) => id2label?.[place] ?? `LABEL_${place}`);
    for (const [dtype, bounds] of Object.entries(BOUNDS)) {
      for (const [place, ask] of Object.entries(places)) {
        await check(`${name}, ${dtype}, in ${place}`, ask(name, dtype, TEXTS), { isRefused: REFUSED.includes(type), labels, expected, bounds });
      }
    }
  }
} finally {
  await page.close();
  rmSync(folder, { recursive: true });
}
if (failures.length > 0) {
  console.error(`expected differences within ${JSON.stringify(BOUNDS)} and ${REFUSED} refused, got others: ${failures.join("; ")}`);
  process.exitCode = 1;
}
