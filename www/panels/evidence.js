// Part 5, what many seeds on public data sets showed: recorded, made by examples/evidence.

import { forest } from "../charts/forest.js";
import { lineChart } from "../charts/lines.js";
import { armStyle, swatch } from "../charts/palette.js";
import { byId, element, fill, numeric, table } from "../dom.js";
import { day, fixed, percent, points, probability, signed } from "../format.js";
import { text } from "../text.js";
import { foldedTables } from "./origin.js";

const FILE = "evidence.json";
/** What the lines along the training are differences from. */
const LEVEL = "standard";
/** Above and below the bands, in points. */
const AIR = 0.5;

/**
 * Shows the recorded evidence, if the page has it.
 * @param {{shown: object}} view
 */
export async function showEvidence(view) {
  const response = await fetch(FILE, { priority: "low" });
  if (!response.ok) return;
  const { recorded, tests, towards_none: towardsNone, along } = await response.json();
  const words = text.evidence;
  const sets = [...new Set(tests.map(({ set }) => set))];
  const baselines = [...new Set(tests.map(({ baseline }) => baseline))];
  const ends = tests.flatMap(({ mean, ci95 }) => ci95 ?? [mean]).map((value) => 100 * value);
  const domain = [Math.min(0, ...ends) - 0.3, Math.max(0, ...ends) + 0.3];
  const said = ({ mean, ci95, p_holm: p }) => words.line(points(mean), ci95 ? words.interval(points(ci95[0]), points(ci95[1])) : text.verdict.notEnough, probability(p));
  const chart = (set) => {
    const ofSet = tests.filter((test) => test.set === set);
    const groups = [...new Set(ofSet.map(({ fraction }) => fraction))].map((fraction) => ({
      name: percent(fraction, 0),
      lines: ofSet.filter((test) => test.fraction === fraction).map((test) => ({
        arm: test.baseline, mean: 100 * test.mean, interval: test.ci95?.map((value) => 100 * value) ?? null, title: `${words.pair(test.baseline)}: ${said(test)}`,
      })),
    }));
    return element("div", {}, element("h3", { class: "small" }, words.sets[set] ?? set), forest({ groups, domain, label: words.label(words.sets[set] ?? set), format: (value) => fixed(value, 0) }));
  };
  byId("evidence-origin").textContent = words.origin(day(recorded.date), recorded.commits.join(", "));
  fill(byId("evidence-legend"), baselines.map((baseline) => element("span", { class: "legend-item" }, swatch(baseline), words.pair(baseline))));
  fill(byId("evidence-chart"), element("div", { class: "forests" }, sets.map(chart)));
  const share = (value) => percent(value, 0);
  fill(byId("evidence-towards"), table({
    caption: words.towards.caption, columns: [words.towards.arm, numeric(words.towards.share), numeric(words.columns.interval)],
    rows: towardsNone.map(({ arm, share: mean, ci95: [low, high] }) => [arm, share(mean), words.interval(share(low), share(high))]),
  }));
  foldedTables(byId("evidence-table"), [{
    title: text.dataTable,
    build: () => table({
      columns: [words.columns.set, { label: words.columns.fraction, numeric: true }, words.columns.pair, { label: words.columns.difference, numeric: true }, { label: words.columns.interval, numeric: true }, { label: words.columns.p, numeric: true }],
      rows: tests.map(({ set, fraction, baseline, mean, ci95, p_holm: p }) => [
        set, percent(fraction, 0), words.pair(baseline), points(mean), ci95 ? words.interval(points(ci95[0]), points(ci95[1])) : text.verdict.notEnough, probability(p),
      ]),
    }),
  }]);
  view.shown["evidence-figure"] = { of: sets.join(", "), date: recorded.date };
  byId("evidence").hidden = false;
  if (along) showAlong(along, view);
}

/**
 * How far each arm is ahead of standard after each epoch.
 * @param {{recorded: {date: string, commits: string[]}, lines: Array<{set: string, arm: string, mean: number[], ci95: Array<[number, number] | null>}>}} along
 * @param {{shown: object}} view
 */
function showAlong({ recorded, lines }, view) {
  const words = text.evidence;
  const sets = [...new Set(lines.map(({ set }) => set))];
  const arms = [LEVEL, ...new Set(lines.map(({ arm }) => arm))];
  const ends = lines.flatMap(({ mean, ci95 }) => [...mean, ...ci95.flat().filter(Number.isFinite)]).map((value) => 100 * value);
  const domain = [Math.min(0, ...ends) - AIR, Math.max(0, ...ends) + AIR]; // of all charts that stand beside each other
  byId("along").hidden = false; // before anything is drawn: the charts take their width from it
  byId("along-origin").textContent = words.origin(day(recorded.date), recorded.commits.join(", "));
  fill(byId("along-legend"), arms.map((arm) => element("span", { class: "legend-item" }, swatch(arm), arm)));
  const restyle = (drawn) => drawn.map((line) => ({ ...line, style: armStyle(line.name) }));
  const charts = sets.map((set) => {
    const title = words.sets[set.replace(/-long$/, "")] ?? set;
    const place = element("div", {});
    const chart = lineChart(place, {
      xLabel: text.train.accuracyAxis, role: text.lineChart, label: words.along.label(title), wholeSteps: true, range: () => domain,
      format: (value) => points(value / 100), formatTicks: (values) => values.map((value) => signed(value, values.every(Number.isInteger) ? 0 : 1)),
    });
    return { set, chart, node: element("div", {}, element("h3", { class: "small" }, title), place) };
  });
  fill(byId("along-charts"), charts.map(({ node }) => node));
  for (const { set, chart } of charts) {
    const ahead = lines.filter((line) => line.set === set).map(({ arm, mean, ci95 }) => {
      const [low, high] = [0, 1].map((end) => ci95.map((ends) => ends && 100 * ends[end]));
      return { name: arm, mid: mean.map((value) => 100 * value), low, high };
    });
    const epochs = ahead[0].mid.map((_, index) => index + 1);
    chart.show(epochs, restyle([{ name: LEVEL, mid: epochs.map(() => 0) }, ...ahead]), restyle);
  }
  foldedTables(byId("along-table"), [{
    title: text.dataTable,
    build: () => table({
      columns: [words.columns.set, words.columns.pair, numeric(text.train.columns.epoch), numeric(words.columns.difference), numeric(words.columns.interval)],
      rows: lines.flatMap(({ set, arm, mean, ci95 }) => mean.map((value, index) => [
        set, `${arm} − ${LEVEL}`, String(index + 1), points(value), ci95[index] ? words.interval(...ci95[index].map((end) => points(end))) : text.verdict.notEnough,
      ])),
    }),
  }]);
  view.shown["along-figure"] = { of: sets.join(", "), date: recorded.date };
}
