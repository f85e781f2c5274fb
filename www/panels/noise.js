// Section 4: demonstration of dropout on 32 activations of one site. Activations come from the loaded model if available; the noise is
// sampled here.

import { noiseChart } from "../charts/noise-chart.js";
import { byId, element, fill, numeric, rich, table } from "../ui/dom.js";
import { count, fixed, mean, number } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { foldedTables } from "./origin.js";

const ACTIVATIONS = 32;
const MANY = 100;

/** @param {ReturnType<import("../app/walkthrough.js").createWalkthroughs>} walks */
export function noisePanel(walks) {
  const words = text.noise;
  const [rate, kind, site] = ["noise-rate", "noise-kind", "noise-site"].map(byId);
  const imagined = normals(uniforms(0), ACTIVATIONS);
  let before = imagined;
  let windows = [];
  let inputs = null;
  let near = false;
  let draws = 0;
  /** Means after noise of all draws since the last change of rate, noise or site. */
  let means = [];
  fill(
    kind,
    Object.entries(words.kinds).map(([value, label]) => element("option", { value }, label)),
  );
  const refreshTable = foldedTables(byId("noise-table"), [{ title: text.dataTable, build: numbers }]);

  /** Draws are shared between rates, as in the core: an activation dropped at a low rate is also dropped at a higher one. */
  function multipliers(draw) {
    const p = Number(rate.value);
    if (kind.value === "gaussian") return normals(uniforms(draw + 1), before.length).map((normal) => 1 + Math.sqrt(p / (1 - p)) * normal);
    const uniform = uniforms(draw + 1);
    return before.map(() => (uniform() < p ? 0 : 1 / (1 - p)));
  }

  function show() {
    const p = Number(rate.value);
    const factors = multipliers(draws);
    const dropped = factors.filter((factor) => factor === 0).length;
    byId("noise-rate-value").textContent = fixed(p, 2);
    const told =
      kind.value === "gaussian" ? words.gaussian(fixed(Math.sqrt(p / (1 - p)), 2)) : words.dropped(dropped, before.length, fixed(1 / (1 - p), 2));
    fill(byId("noise-summary"), rich(told));
    fill(byId("noise-means"), rich(words.means(fixed(mean(before), 3), fixed(means.at(-1), 3), count(means.length), fixed(mean(means), 3))));
    fill(byId("noise-chart"), noiseChart({ before, multipliers: factors, words, label: `${words.heading}: ${told.replaceAll("*", "")}` }));
    byId("noise-origin").textContent = windows.length > 0 ? words.real(site.value) : words.imagined;
    refreshTable();
  }

  function numbers() {
    const factors = multipliers(draws);
    return table({
      columns: [words.columns.unit, words.columns.before, words.columns.multiplier, words.columns.after].map(numeric),
      rows: before.map((value, index) => [count(index + 1), number(value), fixed(factors[index], 3), number(value * factors[index])]),
    });
  }

  const meanAfter = (draw) => mean(multipliers(draw).map((factor, index) => factor * before[index]));

  function restart() {
    before = windows.find((window) => window.site === site.value)?.activations ?? imagined;
    means = [meanAfter(draws)];
    show();
  }

  function drawAgain(times) {
    for (let left = times; left > 0; left -= 1) {
      draws += 1;
      means.push(meanAfter(draws));
    }
    show();
  }

  /** Loads the model's activations of the first text if available. */
  async function refresh() {
    if (!near || walks.texts === 0 || inputs === walks.inputs()) return;
    inputs = walks.inputs();
    try {
      windows = (await walks.walk(0)).windows;
    } catch {
      windows = []; // the walkthrough in section 2 shows the error
    }
    if (inputs !== walks.inputs()) return;
    const chosen = site.value;
    fill(
      site,
      windows.map(({ site: name }) => element("option", { value: name }, name)),
    );
    site.value = windows.some(({ site: name }) => name === chosen) ? chosen : windows.at(-1)?.site;
    byId("noise-site-field").hidden = windows.length === 0;
    restart();
  }

  rate.addEventListener("input", restart);
  for (const select of [kind, site]) select.addEventListener("change", restart);
  byId("noise-draw").addEventListener("click", () => drawAgain(1));
  byId("noise-draw-many").addEventListener("click", () => drawAgain(MANY));
  new IntersectionObserver(
    (entries) => {
      near = entries.at(-1).isIntersecting;
      refresh();
    },
    { rootMargin: "200px" },
  ).observe(byId("noise"));
  restart();

  return { refresh };
}

/** Uniform numbers by seed (Mulberry32). */
function uniforms(seed) {
  let state = (seed * 0x9e3779b9) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers (Box and Muller 1958). */
function normals(uniform, length) {
  return Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
}
