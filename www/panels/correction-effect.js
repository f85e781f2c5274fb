// What corrected labels changed: every arm before and after, on the same test rows.

import { byId, element, fill, numeric, table } from "../ui/dom.js";
import { count, fixed, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";
import { differenceIn, FRACTION_METRICS, withUnit } from "./verdict-sentences.js";

/** In section 5, below the verdict; hidden where no labels were corrected. */
export function correctionEffectPanel() {
  return {
    /** @param {any} results results.json; one of an earlier version knows no corrections */
    show({ correction_effect: effect, dataset: { relabelled = 0, dropped = 0 } }) {
      const words = text.correctionEffect;
      byId("correction-effect").hidden = relabelled + dropped === 0;
      fill(
        byId("correction-effect-sentence"),
        [words.corrected(relabelled, dropped), effect ? "" : words.alone].filter(Boolean).join(text.marks.gap),
      );
      fill(byId("correction-effect-arms"), effect ? effect.arms.map((arm) => element("li", {}, sentence(arm, effect.metric))) : null);
      fill(byId("correction-effect-table"), effect ? effectTable(effect) : null);
    },
  };
}

const write = (metric, value) => (FRACTION_METRICS.includes(metric) ? percent(value) : fixed(value, 3));

function sentence({ arm, earlier, corrected, mean_difference: difference, ci95, seeds, outcome }, metric) {
  const words = text.correctionEffect;
  return words.sentence({
    arm,
    earlier: write(metric, earlier),
    corrected: write(metric, corrected),
    difference: withUnit(metric, difference),
    metric: text.verdict.metrics[metric],
    interval: ci95 ? text.evidence.interval(...ci95.map((end) => differenceIn(metric, end))) : "",
    seeds: text.verdict.sentences.seeds(seeds, seeds),
    outcome: words.outcomes[outcome ?? "unknown"],
  });
}

function effectTable({ arms, metric }) {
  const { columns, caption } = text.correctionEffect;
  return table({
    caption: caption(text.verdict.metrics[metric]),
    columns: [columns.arm, ...[columns.earlier, columns.corrected, columns.difference, columns.interval, columns.p, columns.seeds].map(numeric)],
    rows: arms.map(({ arm, earlier, corrected, mean_difference: difference, ci95, p_holm: p, seeds }) => [
      armCell(arm),
      write(metric, earlier),
      write(metric, corrected),
      differenceIn(metric, difference),
      ci95 ? ci95.map((end) => differenceIn(metric, end)).join(" … ") : text.verdict.notEnough,
      p === null ? text.verdict.notEnough : fixed(p, 3),
      count(seeds),
    ]),
    stacks: true,
  });
}
