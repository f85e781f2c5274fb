// Confusion matrices as tables shaded by the fraction of each row; for many classes, the most frequent confusions of all arms instead.

import { element, table } from "../ui/dom.js";
import { count, percent } from "../ui/format.js";

/** Maximum number of classes of a matrix; beyond it, the most frequent confusions are listed. */
export const READABLE_CLASSES = 12;
const LISTED_PAIRS = 10;

const sum = (values) => values.reduce((total, value) => total + value, 0);

/**
 * Sums matrices.
 * @param {number[][][]} matrices of equal shape
 * @returns {number[][] | null}
 */
export function addMatrices(matrices) {
  if (matrices.length === 0) return null;
  const total = matrices[0].map((row) => [...row]);
  for (const matrix of matrices.slice(1)) {
    matrix.forEach((row, truth) =>
      row.forEach((value, predicted) => {
        total[truth][predicted] += value;
      }),
    );
  }
  return total;
}

/**
 * One arm's matrix.
 * @param {{matrix: number[][], labels: string[], caption: string | Node}} content
 * @returns {HTMLElement}
 */
export function confusionMatrix({ matrix, labels, caption }) {
  const rows = matrix.map((row, truth) => {
    const total = sum(row);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, labels[truth]),
      row.map((value, predicted) => {
        const fraction = total === 0 ? 0 : value / total;
        const kind = `number${truth === predicted ? " diagonal" : ""}${value === 0 ? " none" : ""}`;
        const cell = element("td", { class: kind, title: `${labels[truth]} → ${labels[predicted]}: ${percent(fraction, 0)}` }, count(value));
        cell.style.setProperty("--share", fraction.toFixed(3));
        return cell;
      }),
    );
  });
  return element(
    "table",
    { class: "confusion" },
    element("caption", {}, caption),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("td", {}),
        labels.map((label) => element("th", { scope: "col" }, element("span", {}, label))),
      ),
    ),
    element("tbody", {}, rows),
  );
}

/**
 * The most frequent confusions over all arms, one column per arm, with the sums of the rest.
 * @param {{matrices: Array<{arm: string, matrix: number[][], heading: string | Node}>, labels: string[],
 *   words: {truth: string, predicted: string, others: (shown: string, pairs: number) => string, right: string}}} content
 * @returns {HTMLTableElement}
 */
export function frequentConfusions({ matrices, labels, words }) {
  const total = addMatrices(matrices.map(({ matrix }) => matrix));
  const pairs = total
    .flatMap((row, truth) => row.map((rows, predicted) => ({ truth, predicted, rows })))
    .filter(({ truth, predicted, rows }) => truth !== predicted && rows > 0);
  pairs.sort((left, right) => right.rows - left.rows || left.truth - right.truth || left.predicted - right.predicted);
  const listed = pairs.slice(0, LISTED_PAIRS);
  const others = pairs.slice(LISTED_PAIRS);
  const ofEach = (cells) => matrices.map(({ matrix }) => count(sum(cells.map(({ truth, predicted }) => matrix[truth][predicted]))));
  const right = labels.map((_, label) => ({ truth: label, predicted: label }));
  return table({
    columns: [words.truth, words.predicted, ...matrices.map(({ heading }) => ({ label: heading, numeric: true }))],
    rows: [
      ...listed.map((pair) => [labels[pair.truth], labels[pair.predicted], ...ofEach([pair])]),
      ...(others.length > 0 ? [[words.others(count(others.length), others.length), "", ...ofEach(others)]] : []),
      [words.right, "", ...ofEach(right)],
    ],
  });
}

/**
 * Recall per class.
 * @param {{matrices: Array<{matrix: number[][], heading: string | Node}>, labels: string[], words: {truth: string, rows: string}}} content
 * @returns {HTMLTableElement}
 */
export function recallByClass({ matrices, labels, words }) {
  const rowsOf = (label) => Math.max(...matrices.map(({ matrix }) => sum(matrix[label])));
  return table({
    columns: [words.truth, { label: words.rows, numeric: true }, ...matrices.map(({ heading }) => ({ label: heading, numeric: true }))],
    rows: labels.map((name, label) => [
      name,
      count(rowsOf(label)),
      ...matrices.map(({ matrix }) => percent(matrix[label][label] / sum(matrix[label]), 0)),
    ]),
  });
}
