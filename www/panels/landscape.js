// Section 6: the loss landscape around the pretrained weights, and the authors' published landscapes of BERT-base.

import { lossFormat, placeFormat } from "../charts/decimals.js";
import { byId, element, fill, numeric, oncePerFrame, scrollable, table } from "../ui/dom.js";
import { count, number, percent } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { text } from "../i18n/text.js";
import { LandscapeFigures, SUBSETS } from "./landscape-figures.js";
import { holesIn, written } from "./losses.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";

/** @typedef {import("./landscape-figures.js").Surfaces} Surfaces */

/** @param {{onRun: () => void, onDownload: () => void}} actions */
export function landscapePanel({ onRun, onDownload }) {
  const words = text.landscape;
  const figures = new LandscapeFigures();
  byId("run-surface").addEventListener("click", onRun);
  byId("download-surface").addEventListener("click", onDownload);
  const tableOf = (surfaces) => ({ title: text.dataTable, build: () => (surfaces() ? numbersTable(surfaces()) : element("p", {}, words.empty)) });
  const refreshOwn = foldedTables(byId("surface-tables"), [tableOf(() => figures.own)]);
  const refreshPublished = foldedTables(byId("published-tables"), [tableOf(() => figures.published)]);

  return {
    showEmpty() {
      figures.clear();
      refreshOwn();
      showEmpty(byId("surface-chart"), words.empty);
      for (const slice of ["slice-a", "slice-b"]) showEmpty(byId(slice), words.sliceEmpty);
      fill(byId("surface-strides"));
      disable(byId("download-surface"), "surface");
      showOrigin(byId("surface-caption"), { kind: "empty" });
    },

    /** @param {Surfaces} surfaces the authors' */
    showPublished(surfaces) {
      figures.show("published", surfaces);
      refreshPublished();
    },

    /**
     * @param {Surfaces} surfaces
     * @param {import("./origin.js").Origin} origin
     * @param {{model: string, texts: number, settings: {norm: string, seed: number, range: number}, strides?: object}} of `strides`: see `stridesTable`
     */
    show: oncePerFrame((surfaces, origin, { model, texts, settings: { norm, seed, range: reach }, strides }) => {
      const total = 3 * surfaces.axis.length ** 2;
      figures.show("own", surfaces);
      const caption = [
        words.caption({ model, texts: count(texts), norm: words.normsInShort[norm], seed, range: number(reach) }),
        surfaces.known < total ? words.soFar(count(surfaces.known), count(total)) : "",
        holesIn(surfaces, words.holes),
        Number.isFinite(surfaces.centre) ? words.centre(number(surfaces.centre, 4)) : "",
      ];
      showOrigin(byId("surface-caption"), origin, caption.filter(Boolean).join(text.marks.gap));
      fill(byId("surface-strides"), strides ? scrollable(words.strides.caption, stridesTable(strides)) : null);
      disable(byId("download-surface"), "");
      refreshOwn();
    }),

    /** @param {boolean} others whether the settings differ from those of the figure */
    showOtherSettings(others) {
      byId("surface-other").textContent = others ? words.otherSettings : "";
    },

    /** @param {string} cost estimated */
    showEstimate(cost) {
      byId("surface-estimate").textContent = cost;
    },
  };
}

/** @param {Record<"all"|"top"|"bottom", {tensors: number, one_dimensional: number, length: number}>} strides moved tensors and distance of each landscape */
function stridesTable(strides) {
  const {
    subsets,
    strides: { caption, columns },
  } = text.landscape;
  const rows = Object.keys(SUBSETS).map((subset) => {
    const { tensors, one_dimensional: flat, length } = strides[subset];
    return [subsets[subset], count(tensors), count(flat), percent(length)];
  });
  return table({ caption, columns: [columns.subset, ...[columns.tensors, columns.flat, columns.length].map(numeric)], rows });
}

/** Values of a chart line: null where the loss is not finite, undefined where it is not computed yet. */

function numbersTable({ axis, losses }) {
  const { subsets } = text.landscape;
  const [place, write] = [placeFormat(axis, 3), lossFormat(losses, 4)];
  const rows = axis.flatMap((b, row) =>
    axis.map((a, column) => [
      place(a),
      place(b),
      ...Object.keys(SUBSETS).map((subset) => written(losses[subset][row * axis.length + column], write)),
    ]),
  );
  return table({ columns: ["a", "b", ...Object.values(subsets)].map(numeric), rows, rowHeaders: false });
}
