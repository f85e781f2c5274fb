// examples/embed, typed: `tsc` checks it against pkg/'s declarations (tests/package.mjs).

import init, { Lab, type Event, type RunJob } from "../pkg/guided_dropout_lab.js";
import { Lab as GpuLab } from "../pkg/gpu/guided_dropout_lab.js";

export async function train(
  rows: string,
  model: [Uint8Array, Uint8Array, Uint8Array],
  say: (words: string) => void,
): Promise<Record<string, number>> {
  await init();
  const lab = await Lab.open("cpu");
  lab.loadModel("mini-4x256", ...model);
  const { labels } = lab.readDataset(new TextEncoder().encode(rows), { name: "rows.csv" });
  const { config, jobs } = lab.plan({ arms: ["none"], seeds: [1], epochs: 12, batch_size: 2, max_tokens: 16 });
  const job = jobs.find((each): each is RunJob => each.kind === "run");
  if (!job) throw new Error("a plan without a run");
  lab.start(config, job, lab.arms(config, null)[job.arm] ?? null);
  for (let events: Event[]; (events = await lab.advance(4)).length > 0;) {
    for (const event of events) if (event.type === "step") say(`step ${event.step} of ${event.steps}: loss ${event.loss.toFixed(3)}`);
  }
  lab.loadTrained("film", await lab.exportModel(), labels, 16);
  const { probabilities = [] } = await lab.predict("film", "a funny and wonderful film", undefined);
  return Object.fromEntries(labels.map((label, i) => [label, probabilities[i]]));
}

export async function slipsAreErrors(lab: Lab): Promise<void> {
  // @ts-expect-error a setting that there is not
  lab.plan({ epoch: 3 });
  // @ts-expect-error an arm that there is not
  lab.plan({ arms: ["gided"] });
  // @ts-expect-error a text for bytes
  lab.readDataset("text,label", {});
  // @ts-expect-error an event without its type asked for
  for (const event of await lab.advance(1)) event.loss.toFixed();
}

/** Both cores have one interface. */
export const open: (kind: string) => Promise<Pick<Lab, "plan" | "advance">> = (kind) => GpuLab.open(kind);
