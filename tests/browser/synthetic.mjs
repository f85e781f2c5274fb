// Invented results in the schema of results.json, as small or as large as a figure may meet. No number in them means anything.

import { ARMS } from "../../www/state.js";

/** A repeatable source of numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const KINDS = ["attention.self", "attention.output", "output"];

function siteNames(count) {
  return ["embeddings", ...Array.from({ length: count - 1 }, (_, index) => `layer.${Math.floor(index / 3)}.${KINDS[index % 3]}`)];
}

function className(index) {
  const stems = ["delivery", "opening hours", "lost card", "renewal", "a fault in the application", "donation"];
  return `${stems[index % stems.length]}${index < stems.length ? "" : ` ${Math.floor(index / stems.length) + 1}`}`;
}

/**
 * @param {{sites?: number, classes?: number, seeds?: number, arms?: number, epochs?: number, steps?: number, testRows?: number}} size
 * @returns {object} results.json with `recorded`, as the page's first view wants it
 */
export function syntheticResults({ sites = 13, classes = 6, seeds = 3, arms = 3, epochs = 3, steps = 60, testRows = 120 } = {}) {
  const random = generator(sites * 1000 + classes * 100 + seeds * 10 + arms);
  const names = siteNames(sites);
  const scores = names.map((site) => ({ site, score: 10 ** (-6 + 3 * random()) }));
  const order = [...scores].sort((left, right) => left.score - right.score).map(({ site }) => site);
  const guided = names.map((site) => ({ site, rate: 0.1 * (1 - order.indexOf(site) / (sites - 1)) }));
  const chosen = ARMS.slice(0, arms);
  const rates = Object.fromEntries(chosen.map((arm) => [arm, arm === "guided" ? guided : names.map((site) => ({ site, rate: arm === "none" ? 0 : 0.1 }))]));
  const seedNumbers = Array.from({ length: seeds }, (_, index) => index + 1);
  const runs = seedNumbers.flatMap((seed) => chosen.map((arm, place) => inventRun({ arm, seed, place, classes, epochs, steps, testRows, random })));
  return {
    format: "guided-dropout-results", version: 1,
    config: { arms: chosen, seeds: seedNumbers, fractions: [1], epochs },
    device: { kind: "cpu", adapter: null },
    dataset: { name: "invented", rows: 5 * testRows, train_rows: 4 * testRows, test_rows: testRows, labels: Array.from({ length: classes }, (_, index) => className(index)), task: "classification", rejected: [] },
    model: { name: "invented", parameters: 1, layers: Math.floor((sites - 1) / 3), hidden: 1 },
    fisher: {
      texts: 200, sites: scores,
      tensors: scores.flatMap(({ site, score }) => ["weight", "bias"].map((part) => ({ name: `${site}.${part}`, mean: score * (0.5 + random()), site }))),
      stability: [10, 20, 40, 60, 80, 100].map((texts) => ({ texts, kendall_tau: 1 - 3 / (texts + 3 * random()) })),
    },
    arms: { ...rates, guided }, runs, comparisons: comparisonsOf(runs, chosen),
    verdict: "These numbers are invented to see how the figures bear them; they show nothing.",
    recorded: { date: "2026-11-25", machine: "no machine", command: "invented" },
  };
}

function inventRun({ arm, seed, place, classes, epochs, steps, testRows, random }) {
  const skill = 0.55 + 0.04 * Math.sin(seed * 12.9) + 0.02 * Math.sin(place * 4.1 + seed);
  const accuracyAt = (epoch) => Math.round(testRows * Math.min(0.99, skill + 0.3 * (1 - 1 / (epoch + 1)) + 0.04 * (random() - 0.5))) / testRows;
  return {
    arm, seed, fraction: 1, elapsed_ms: 4000,
    steps: Array.from({ length: steps }, (_, index) => ({ step: index + 1, loss: Math.log(classes) * Math.exp(-index / steps * (2 + place / 8)) * (0.85 + 0.3 * random()) })),
    epochs: Array.from({ length: epochs }, (_, index) => ({
      epoch: index + 1, steps: Math.ceil(steps / epochs), train_loss: 1 / (index + 1), eval_loss: 1.2 / (index + 1), accuracy: accuracyAt(index + 1), macro_f1: accuracyAt(index + 1), matthews: 0.5,
    })),
    confusion: inventConfusion(classes, testRows, random), predictions: [],
  };
}

function inventConfusion(classes, testRows, random) {
  const matrix = Array.from({ length: classes }, () => new Array(classes).fill(0));
  for (let row = 0; row < testRows; row += 1) {
    const truth = row % classes;
    const answer = random() < 0.8 ? truth : Math.floor(random() ** 2 * classes);
    matrix[truth][answer] += 1;
  }
  return matrix;
}

function comparisonsOf(runs, arms) {
  const pairs = [...arms.filter((arm) => arm !== "standard").map((arm) => [arm, "standard"]), ...arms.filter((arm) => arm !== "standard" && arm !== "guided").map((arm) => ["guided", arm])];
  return pairs.filter(([, baseline]) => arms.includes(baseline)).map(([arm, baseline]) => {
    const final = (name) => runs.filter((run) => run.arm === name).map((run) => run.epochs.at(-1).accuracy);
    const baselineValues = final(baseline);
    const differences = final(arm).map((value, index) => value - baselineValues[index]);
    const seeds = differences.length;
    const mean = differences.reduce((sum, value) => sum + value, 0) / seeds;
    const deviation = Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, seeds - 1));
    const enough = seeds >= 3;
    return {
      arm, baseline, fraction: 1, metric: "accuracy", missing_seeds: [], seeds, mean_difference: mean,
      ci95: enough ? [mean - 2 * deviation / Math.sqrt(seeds), mean + 2 * deviation / Math.sqrt(seeds)] : null,
      p_value: enough ? 0.4 : null, p_holm: enough ? 0.8 : null, effect_size: enough ? mean / deviation : null, seeds_needed: enough ? 210 : null,
      note: enough ? null : "too few seeds for an interval",
    };
  });
}
