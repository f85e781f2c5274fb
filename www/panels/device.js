// The device badge and, in its popover, the comparison of GPU and CPU.

import { byId, element, fill, numeric, scrollable, table } from "../ui/dom.js";
import { count, day, number } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";

/** @param {{onRetry: () => void}} actions */
export function devicePanel({ onRetry }) {
  const words = text.device;
  const badge = byId("device-badge");
  const details = byId("device-details");
  const body = element("div");
  const tryAgain = () => {
    badge.focus(); // the button disappears
    onRetry();
  };
  const retry = element("button", { type: "button", id: "device-retry", hidden: true, onclick: tryAgain }, words.again);
  fill(
    details,
    body,
    element("div", { class: "buttons" }, retry, element("button", { type: "button", onclick: () => details.hidePopover() }, words.close)),
  );

  const rowsTable = (rows) =>
    table({
      columns: [words.columns.family, ...["difference", "tolerance", "agrees", "ms"].map((name) => numeric(words.columns[name]))],
      rows: rows.map(({ family, difference, tolerance, ok, ms }) => [
        words.families[family] ?? family,
        Number.isFinite(difference) ? number(difference, 2) : words.noNumber,
        number(tolerance, 1),
        ok ? words.yes : words.no,
        count(ms),
      ]),
    });

  const timesTable = ({ kernels, times }) =>
    table({
      columns: [words.timing.columns.part, words.timing.columns.way, numeric(words.columns.ms), words.timing.columns.taken],
      rows: times.map(([{ part, way }, ms]) => [
        words.timing.parts[part],
        words.timing.ways[part][way],
        ms === null ? words.noNumber : number(ms, 2),
        kernels[part] === way ? words.yes : words.no,
      ]),
    });

  return {
    /**
     * @param {{standing: "cpu"|"loading"|"checking"|"believed"|"refused", adapter: string, reason: string, finding?: import("../gpu/controller.js").Finding,
     *   rows?: import("../gpu/check.js").Row[], remembered?: boolean}} device
     */
    show({ standing, adapter, reason, finding, rows = finding?.rows ?? [], remembered = false }) {
      const answer = text.data.deviceReason[reason];
      const sentence = finding ? words.outcomes[finding.outcome] : (words.standings[standing] ?? answer);
      badge.textContent = words.badges[standing](adapter);
      badge.setAttribute("aria-label", [words.heading, badge.textContent].join(text.marks.colon));
      badge.dataset.standing = standing;
      byId("device-reason").textContent = [...new Set([answer, sentence])].join(text.marks.gap);
      retry.hidden = standing !== "refused";
      fill(
        body,
        element("h2", {}, words.heading),
        element("p", {}, adapter && standing !== "cpu" ? [element("strong", {}, adapter), text.marks.colon] : null, sentence),
        finding?.message ? element("div", { class: "note" }, technicalDetail(finding.message)) : null,
        rows.length > 0 ? scrollable(words.heading, rowsTable(rows)) : null,
        rows.length > 0 ? element("p", { class: "legend-note" }, words.caption) : null,
        finding?.choice ? scrollable(words.timing.heading, timesTable(finding.choice)) : null,
        finding?.choice ? element("p", { class: "legend-note" }, words.timing.caption) : null,
        remembered && standing === "refused" ? element("p", { class: "note" }, words.remembered(day(finding.date))) : null,
      );
    },

    /** The device cannot change during an experiment. @param {string} reason "" to unlock */
    lock(reason) {
      disable(retry, reason);
    },
  };
}
