// The lines of bench/gpu-native.sh as a file of bench/results/, printed: node bench/gpu_table.mjs lines.jsonl > bench/results/NN-gpu-native.json

import { readFileSync } from "node:fs";

const lines = readFileSync(process.argv[2], "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));
const of = (wanted) => lines.filter(({ what }) => what === wanted);
const [machine] = of("machine");
const steps = of("step");
const one = ({ shape, batch, tokens }) => `${shape}, ${batch} × ${tokens}`;

/** Steps of one shape and batch: the lab's by how often losses are read, PyTorch's, and how many times as long the lab takes with every loss read. */
const rows = [...new Set(steps.map(one))].map((name) => {
  const some = steps.filter((step) => one(step) === name);
  const lab = (every) => some.find(({ program, losses_read_every: read }) => program === "lab" && read === every)?.ms_a_step;
  const torch = some.find(({ program }) => program !== "lab")?.ms_a_step;
  const ratio = torch && lab(1) ? +(lab(1)[0] / torch[0]).toFixed(2) : "–";
  return [name, lab(1) ?? "–", lab(8) ?? "–", torch ?? "–", ratio];
});

const kernels = [...new Set(steps.flatMap(({ kernels: chosen, shape }) => (chosen ? [`${shape}: ${chosen.products}, ${chosen.rows}`] : [])))];
const [memory] = of("memory");
const [fisher] = of("fisher");
const [tests] = of("tests");
const peer = steps.find(({ program }) => program !== "lab");
const megabytes = memory?.megabytes.map(({ process, buffers_in_use_and_reserved: buffers }) => [process, ...(buffers ?? [])]);
const sentences = [
  tests && `${tests.passed} golden tests and tests of kernels passed on this adapter, ${tests.failed} failed.`,
  fisher && `Fisher information of the built-in model: ${fisher.texts_per_second[0]} texts per second of ${fisher.tokens} tokens.`,
  ...of("dispatches").map(({ shape, a_step: dispatches }) => `Dispatches of a step, ${shape}, by the usual kernels: ${dispatches}.`),
  megabytes &&
    `Over ${memory.steps} steps the process went from ${megabytes[0][0]} to ${megabytes.at(-1)[0]} MB, and buffers in use from ${megabytes[0][1]} to ${megabytes.at(-1)[1]} MB.`,
  kernels.length > 0 && `Kernels chosen by time: ${kernels.join("; ")}.`,
  "All shapes but the built-in model have random weights.",
];

console.log(
  JSON.stringify(
    {
      question: "How long does a training step take on a GPU, natively?",
      command: `bench/gpu-native.sh${machine.smoke ? " --smoke" : ""}`,
      date: machine.date,
      commit: machine.commit,
      machine: [machine.gpu, machine.vulkan].filter(Boolean).join("; ") || "an unnamed adapter",
      unit: "ms by the clock",
      workload: `fine-tuning with dropout 0.1, clipping and AdamW, texts that fill all tokens${peer ? `; ${peer.program} on ${peer.device}, eager attention, f32` : ""}`,
      columns: ["shape, rows × tokens", "lab, every loss read", "lab, losses read every eight steps", "PyTorch, every loss read", "lab / PyTorch"],
      rows,
      note: sentences.filter(Boolean).join(" "),
    },
    null,
    1,
  ),
);
