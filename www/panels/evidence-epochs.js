// Section 5: recorded differences from the standard arm after each epoch of a long training.

import { lineChart } from "../charts/lines.js";
import { armStyle, swatch } from "../charts/palette.js";
import { byId, element, fill, numeric, table } from "../ui/dom.js";
import { day, points, signed } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { foldedTables } from "./origin.js";

/** The arm that all lines are compared with. */
const LEVEL = "standard";
/** Margin above and below the bands, in points. */
const MARGIN = 0.5;

/**
 * Shows the difference of each arm from standard after each epoch.
 * @param {{recorded: {date: string, commits: string[]}, lines: Array<{set: string, arm: string, mean: number[], ci95: Array<[number, number] | null>}>}} along
 * @param {(figures: string[], of: string, date: string) => void} note called with what a figure is of
 */
export function showLeadByEpoch({ recorded, lines }, note) {
  const words = text.evidence;
  const sets = [...new Set(lines.map(({ set }) => set))];
  const arms = [LEVEL, ...new Set(lines.map(({ arm }) => arm))];
  const ends = lines.flatMap(({ mean, ci95 }) => [...mean, ...ci95.flat().filter(Number.isFinite)]).map((value) => 100 * value);
  /** @type {[number, number]} */
  const domain = [Math.min(0, ...ends) - MARGIN, Math.max(0, ...ends) + MARGIN]; // shared by all charts
  byId("along").hidden = false; // before drawing: charts measure their container
  byId("along-origin").textContent = words.origin(day(recorded.date), recorded.commits.join(", "));
  fill(
    byId("along-legend"),
    arms.map((arm) => element("span", { class: "legend-item" }, swatch(arm), arm)),
  );
  const restyle = (drawn) => drawn.map((line) => ({ ...line, style: armStyle(line.name) }));
  const charts = sets.map((set) => {
    const title = words.sets[set.replace(/-long$/, "")] ?? set;
    const place = element("div", {});
    const chart = lineChart(place, {
      xLabel: text.train.accuracyAxis,
      role: text.lineChart,
      label: words.byEpoch.label(title),
      wholeSteps: true,
      range: () => domain,
      format: (value) => points(value / 100),
      formatTicks: (values) => values.map((value) => signed(value, values.every(Number.isInteger) ? 0 : 1)),
    });
    return { set, chart, node: element("div", {}, element("h3", { class: "small" }, title), place) };
  });
  fill(
    byId("along-charts"),
    charts.map(({ node }) => node),
  );
  for (const { set, chart } of charts) {
    const ahead = lines
      .filter((line) => line.set === set)
      .map(({ arm, mean, ci95 }) => {
        const [low, high] = [0, 1].map((end) => ci95.map((ends) => ends && 100 * ends[end]));
        return { name: arm, mid: mean.map((value) => 100 * value), low, high };
      });
    const epochs = ahead[0].mid.map((_, index) => index + 1);
    chart.show(epochs, restyle([{ name: LEVEL, mid: epochs.map(() => 0) }, ...ahead]), restyle);
  }
  foldedTables(byId("along-table"), [
    {
      title: text.dataTable,
      build: () =>
        table({
          columns: [
            words.columns.set,
            words.columns.pair,
            numeric(text.train.columns.epoch),
            numeric(words.columns.difference),
            numeric(words.columns.interval),
          ],
          rows: lines.flatMap(({ set, arm, mean, ci95 }) =>
            mean.map((value, index) => [
              set,
              `${arm} − ${LEVEL}`,
              String(index + 1),
              points(value),
              ci95[index] ? words.interval(...ci95[index].map((end) => points(end))) : text.verdict.notEnough,
            ]),
          ),
        }),
    },
  ]);
  note(["along-figure"], sets.join(", "), recorded.date);
}
