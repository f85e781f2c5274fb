// Whether training was long enough: each arm's curve against the rule, how the difference moved along the training, and one press that trains longer.

import { element, fill, numeric, table } from "../ui/dom.js";
import { count, percent } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";
import { armCell } from "./arm-cell.js";
import { differenceIn, withUnit } from "./verdict-sentences.js";

/** Maximum number of points of the training at which the difference is named. */
const NAMED_POINTS = 6;

/**
 * @param {HTMLElement} place
 * @param {{onTrainLonger: (epochs: number) => void}} actions
 */
export function settledPanel(place, { onTrainLonger }) {
  let button = null;
  let lockReason = "";
  const applyLock = () => button && disable(button, lockReason);

  return {
    /**
     * @param {object} results results.json; a result link, or one of an earlier version, has no `trainings`
     * @param {boolean} repeatable whether this page can train these runs longer
     */
    show({ config, trainings = [], along = [], remarks = [] }, repeatable) {
      const words = text.verdict.settled;
      const isSearched = config.choices?.length > 0; // then each arm has a length of its own
      const longer = isSearched || !repeatable ? undefined : remarks.find(({ suggested_epochs: epochs }) => epochs !== undefined)?.suggested_epochs;
      const schedule = config.learning_rate_schedule ?? "linear";
      button =
        longer === undefined
          ? null
          : element("button", { type: "button", id: "train-longer", onclick: () => onTrainLonger(longer) }, words.longer(longer));
      applyLock();
      fill(
        place,
        trainings.length > 0 ? trainingTable(trainings) : null,
        alongSentences(along, trainings[0]?.metric).map((sentence) => element("p", { class: "legend-note" }, sentence)),
        button && element("div", { class: "buttons" }, button),
        button && element("p", { class: "note" }, words.longerMeans[schedule]),
      );
    },

    clear() {
      button = null;
      fill(place);
    },

    /** Disables the button during an experiment. @param {string} reason "" to unlock */
    lock(reason) {
      lockReason = reason;
      applyLock();
    },
  };
}

function trainingTable(trainings) {
  const { columns, states, caption } = text.verdict.settled;
  const { notEnough } = text.verdict;
  const oneFraction = new Set(trainings.map(({ fraction }) => fraction)).size === 1;
  const keep = (row) => (oneFraction ? row.filter((_, index) => index !== 1) : row);
  const change = (metric, value) => (Number.isFinite(value) ? differenceIn(metric, value) : notEnough);
  return table({
    caption,
    columns: keep([columns.arm, columns.fraction, columns.state, ...[columns.epochs, columns.gain, columns.doubled].map(numeric)]),
    rows: trainings.map(({ arm, fraction, settlement, epochs, metric, late_gain: gain, doubled_change: doubled }) =>
      keep([armCell(arm), percent(fraction, 0), states[settlement], count(epochs), change(metric, gain), change(metric, doubled)]),
    ),
    stacks: true,
  });
}

/** How guided dropout's difference from the standard rate moved, one sentence for each fraction. */
function alongSentences(along, metric) {
  const words = text.verdict.settled;
  const shown = along.filter(({ arm, curve }) => arm === "guided" && curve.length > 1);
  return shown.map(({ baseline, fraction, curve }) => {
    const points = spread(curve, NAMED_POINTS).map(({ epoch, mean }) => words.atEpoch(epoch, withUnit(metric, mean)));
    return words.along(text.evidence.pair(baseline), shown.length > 1 ? text.train.fractionName(fraction) : "", points.join(text.marks.comma));
  });
}

/** So many of the points, evenly, the first and the last among them. */
function spread(points, most) {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, index) => points[Math.round((index * (points.length - 1)) / (most - 1))]);
}
