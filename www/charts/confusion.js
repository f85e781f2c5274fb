// Confusion matrices as tables shaded by the fraction of each row; for many classes, the most frequent confusions of all arms instead.

import { element, table } from "../ui/dom.js";
import { count, percent } from "../ui/format.js";

/** Maximum number of classes of a matrix; beyond it, the most frequent confusions are listed. */
export const READABLE_CLASSES = 12;
const LISTED_PAIRS = 10;
/** Characters of a label that heads a row or column; of a longer one its beginning and end are shown. */
const [LONGEST_LABEL, LABEL_START, LABEL_END] = [22, 13, 8];

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
 * What a cell shows: its count, as a button where its rows can be looked up.
 * @typedef {{onPress: (truth: number, predicted: number) => void, name: (truth: string, predicted: string, rows: string) => string}} Press
 * @param {number} value
 * @param {{truth: number, predicted: number}} cell
 * @param {string[]} labels
 * @param {Press | null} press
 */
function content(value, { truth, predicted }, labels, press) {
  if (!press || value === 0) return count(value);
  const name = press.name(labels[truth], labels[predicted], count(value));
  return element("button", { type: "button", class: "cell", "aria-label": name, onclick: () => press.onPress(truth, predicted) }, count(value));
}

/** Of many buttons the Tab key reaches one; arrow keys move from it to those in the same row or column, or to the next in order. */
function reachByArrows(matrix) {
  const buttons = () => [...matrix.querySelectorAll("button.cell")];
  for (const [place, button] of buttons().entries()) button.tabIndex = place === 0 ? 0 : -1;
  matrix.addEventListener("keydown", (event) => {
    const all = buttons();
    const from = all.indexOf(event.target);
    if (from < 0) return;
    const column = (button) => button.closest("td").cellIndex;
    const below = all.filter((button) => column(button) === column(all[from]));
    const to = {
      ArrowLeft: all[from - 1],
      ArrowRight: all[from + 1],
      ArrowUp: below[below.indexOf(all[from]) - 1],
      ArrowDown: below[below.indexOf(all[from]) + 1],
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    const next = to[event.key];
    if (!next) return;
    all[from].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return matrix;
}

/**
 * Labels short enough to head a column: of longer ones the middle is left out, unless two would then be alike.
 * @param {string[]} labels
 */
export function shortened(labels) {
  const short = labels.map((label) => {
    const letters = [...label];
    return letters.length <= LONGEST_LABEL ? label : `${letters.slice(0, LABEL_START).join("")}…${letters.slice(-LABEL_END).join("")}`;
  });
  return short.map((label, place) => (short.indexOf(label) === short.lastIndexOf(label) ? label : labels[place]));
}

/** A label as a header; a shortened one has the whole as its name and its tooltip. */
function header(scope, label, short) {
  const whole = label === short ? {} : { title: label, "aria-label": label };
  return element("th", { scope, ...whole }, element("span", {}, short));
}

/**
 * One arm's matrix.
 * @param {{matrix: number[][], labels: string[], caption: string | Node, press?: Press | null}} content `press`: what a press on a cell does
 * @returns {HTMLElement}
 */
export function confusionMatrix({ matrix, labels, caption, press = null }) {
  const short = shortened(labels);
  const rows = matrix.map((row, truth) => {
    const total = sum(row);
    return element(
      "tr",
      {},
      header("row", labels[truth], short[truth]),
      row.map((value, predicted) => {
        const fraction = total === 0 ? 0 : value / total;
        const kind = `number${truth === predicted ? " diagonal" : ""}${value === 0 ? " none" : ""}`;
        const title = `${labels[truth]} → ${labels[predicted]}: ${percent(fraction, 0)}`;
        const cell = element("td", { class: kind, title }, content(value, { truth, predicted }, labels, press));
        cell.style.setProperty("--share", fraction.toFixed(3));
        return cell;
      }),
    );
  });
  const drawn = element(
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
        labels.map((label, place) => header("col", label, short[place])),
      ),
    ),
    element("tbody", {}, rows),
  );
  return press ? reachByArrows(drawn) : drawn;
}

/**
 * The most frequent confusions over all arms, one column per arm, with the sums of the rest.
 * @param {{matrices: Array<{arm: string, matrix: number[][], heading: string | Node}>, labels: string[],
 *   words: {truth: string, predicted: string, others: (shown: string, pairs: number) => string, right: string}, press?: (arm: string) => Press | null}} content
 * @returns {HTMLTableElement}
 */
export function frequentConfusions({ matrices, labels, words, press = () => null }) {
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
      ...listed.map((pair) => [
        labels[pair.truth],
        labels[pair.predicted],
        ...matrices.map(({ arm, matrix }) => content(matrix[pair.truth][pair.predicted], pair, labels, press(arm))),
      ]),
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
