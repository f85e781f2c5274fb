// "Label a file" in section 5: the file, the model, how far it is, and the rows without a label.

import { byId, element, fill, oncePerBeat, scrollable, table } from "../ui/dom.js";
import { bytes, count, duration, percent } from "../ui/format.js";
import { translated } from "../i18n/core.js";
import { disable } from "../ui/reasons.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";

/**
 * @typedef {object} Labelling
 * @property {"none"|"opening"|"working"|"paused"|"done"|"stopped"} phase
 * @property {string} [name] of the file
 * @property {{arm: string, seeds: number, dataset: string}} [by] whose models label it, of how many seeds, and the name of the labelled data that they learnt from
 * @property {{text_column: string, pair_column: string | null}} [layout]
 * @property {import("../engine/labelling.js").Progress | null} [progress]
 * @property {{name: string, blob: Blob}} [result]
 */

const CONTROLS = ["unlabelled-file", "labelling-model", "labelling-seeds", "labelling-column"];
const BUSY = ["opening", "working", "paused"];

/** @param {Labelling} labelling */
export const isLabelling = ({ phase }) => BUSY.includes(phase);

/** @param {{onBegin: () => void, onPause: () => void, onStop: () => void, onDownload: () => void}} actions */
export function labelFilePanel({ onBegin, onPause, onStop, onDownload }) {
  const words = text.labelling;
  byId("label-rows").addEventListener("click", onBegin);
  byId("labelling-pause").addEventListener("click", onPause);
  byId("labelling-stop").addEventListener("click", onStop);
  byId("download-predictions").addEventListener("click", onDownload);
  const showProgress = oncePerBeat((labelling) => drawProgress(labelling));

  return {
    /**
     * @param {Array<{arm: string, seeds: number[]}>} offered arms that have models, and the seeds of these
     * @param {{chosen: {arm: string, isMean: boolean}, planned: number, mostBytes: number}} how `chosen` by the reader; `planned`: how many seeds the
     *   experiment has; `mostBytes` of its models are kept
     */
    offer(offered, { chosen, planned, mostBytes }) {
      const option = (value, selected, words) => element("option", { value, selected }, words);
      fill(
        byId("labelling-model"),
        offered.map(({ arm }) => option(arm, arm === chosen.arm, arm)),
      );
      const { seeds } = offered.find(({ arm }) => arm === chosen.arm) ?? offered[0] ?? { seeds: [] };
      fill(
        byId("labelling-seeds"),
        seeds.length > 0 ? option("one", !chosen.isMean, words.one(seeds[0])) : null,
        seeds.length > 1 ? option("mean", chosen.isMean, words.mean(seeds.length)) : null,
      );
      fill(byId("labelling-kept"), planned < 2 || seeds.length === 0 ? "" : words.kept(seeds.length, planned, bytes(mostBytes)));
    },

    /**
     * @param {Labelling} labelling
     * @param {{lock: keyof typeof text.reasons | "", file: File | null}} besides `lock`: why nothing can be labelled
     */
    show(labelling, { lock, file }) {
      const busy = isLabelling(labelling);
      for (const id of CONTROLS) disable(byId(id), busy ? "labelling" : lock);
      disable(byId("label-rows"), busy ? "labelling" : lock || (file ? "" : "file"));
      disable(byId("download-predictions"), labelling.result ? "" : "predictions");
      byId("labelling-bar").hidden = !["working", "paused"].includes(labelling.phase);
      fill(byId("labelling-pause"), labelling.phase === "paused" ? words.resume : words.pause);
      if (labelling.phase === "working" && labelling.progress) showProgress(labelling);
      else {
        drawProgress(labelling);
        fill(byId("labelling-status"), statusOf(labelling, lock, file));
      }
      if (!busy) showRejected(labelling.progress);
    },
  };
}

/**
 * The sentence is announced where the phase changes; the numbers beside the bar are not.
 * @param {Labelling} labelling
 * @param {keyof typeof text.reasons | ""} lock
 * @param {File | null} file
 */
function statusOf({ phase, name, by, layout, progress }, lock, file) {
  const words = text.labelling;
  const rows = count(progress?.labelled.rows ?? 0);
  switch (phase) {
    case "opening":
      return words.opening(name);
    case "working":
      return words.columns(layout.text_column, layout.pair_column);
    case "paused":
      return words.paused(rows);
    case "done":
      return words.done(name, rows, by);
    case "stopped":
      return words.stopped(rows);
    default:
      if (lock) return words.waiting;
      return file ? words.chosen(file.name) : words.choose;
  }
}

/** @param {Labelling} labelling */
function drawProgress({ progress }) {
  const { share, secondsLeft, labelled } = progress ?? { share: 0, secondsLeft: NaN, labelled: { rows: 0 } };
  byId("labelling-progress").value = share;
  byId("labelling-progress").textContent = percent(share, 0);
  const left = Number.isFinite(secondsLeft) ? text.run.left(duration(secondsLeft)) : "";
  fill(byId("labelling-time"), [text.labelling.working(count(labelled.rows)), left].filter(Boolean).join(text.marks.comma));
}

function showRejected(progress) {
  const { unanswered, rejected } = progress?.labelled ?? { unanswered: 0, rejected: [] };
  const words = text.labelling;
  if (unanswered === 0) {
    fill(byId("labelling-rejected"));
    return;
  }
  const columns = [words.columnsOfRejected.line, words.columnsOfRejected.reason];
  const inWords = (reason) => {
    const known = translated(reason);
    return known === null ? technicalDetail(reason) : known;
  };
  const rows = rejected.map(({ line, reason }) => [String(line), inWords(reason)]);
  fill(
    byId("labelling-rejected"),
    element("p", { class: "note" }, words.unanswered(count(unanswered))),
    scrollable(words.unanswered(count(unanswered)), table({ columns, rows })),
  );
}
