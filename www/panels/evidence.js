// Part 5, what many seeds on public data sets showed: recorded, made by examples/evidence.

import { forest } from "../charts/forest.js";
import { swatch } from "../charts/palette.js";
import { byId, element, fill, numeric, table } from "../ui/dom.js";
import { day, fixed, percent, points, probability } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { showAlong } from "./along.js";
import { foldedTables } from "./origin.js";

const FILE = "data/evidence.json";

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
