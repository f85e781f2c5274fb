// Confusion matrices as tables whose cells are shaded by their share of the row; a list of pairs where there are many classes.

import { element, table } from "../dom.js";
import { count, percent } from "../format.js";

/** A matrix with more classes than this cannot be read; the most frequent confusions are listed instead. */
export const READABLE_CLASSES = 12;
const LISTED_PAIRS = 8;

/**
 * Adds matrices up.
 * @param {number[][][]} matrices of equal shape
 * @returns {number[][] | null}
 */
export function addMatrices(matrices) {
  if (matrices.length === 0) return null;
  return matrices[0].map((row, truth) => row.map((_, answer) => matrices.reduce((sum, matrix) => sum + matrix[truth][answer], 0)));
}

/**
 * @param {{matrix: number[][], labels: string[], caption: string, words: {truth: string, answer: string, rows: string, share: string}}} content
 * @returns {HTMLElement}
 */
export function confusionTable({ matrix, labels, caption, words }) {
  return labels.length > READABLE_CLASSES ? frequentPairs(matrix, labels, caption, words) : shadedMatrix(matrix, labels, caption);
}

function shadedMatrix(matrix, labels, caption) {
  const rows = matrix.map((row, truth) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return element("tr", {}, element("th", { scope: "row" }, labels[truth]), row.map((value, answer) => {
      const share = total === 0 ? 0 : value / total;
      const cell = element("td", { class: `number${truth === answer ? " diagonal" : ""}`, title: `${labels[truth]} → ${labels[answer]}: ${percent(share, 0)}` }, count(value));
      cell.style.setProperty("--share", share.toFixed(3));
      return cell;
    }));
  });
  return element("table", { class: "confusion" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, element("td", {}), labels.map((label) => element("th", { scope: "col" }, element("span", {}, label))))),
    element("tbody", {}, rows));
}

function frequentPairs(matrix, labels, caption, words) {
  const pairs = matrix.flatMap((row, truth) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((rows, answer) => ({ truth, answer, rows, share: rows / total }));
  }).filter(({ truth, answer, rows }) => truth !== answer && rows > 0);
  pairs.sort((left, right) => right.rows - left.rows);
  return table({
    caption,
    columns: [words.truth, words.answer, { label: words.rows, numeric: true }, { label: words.share, numeric: true }],
    rows: pairs.slice(0, LISTED_PAIRS).map(({ truth, answer, rows, share }) => [labels[truth], labels[answer], count(rows), percent(share, 0)]),
  });
}
