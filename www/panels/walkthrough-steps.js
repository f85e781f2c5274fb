// Content of each walkthrough step: pure functions from the core's numbers to nodes.

import { barChart } from "../charts/bars.js";
import { heatMap } from "../charts/heat-map.js";
import { siteKind } from "../charts/sites.js";
import { element, rich, scrollable, table } from "../ui/dom.js";
import { chance, count, fixed, number, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { foldedTables } from "./origin.js";

const words = text.walkthrough;

/**
 * @typedef {object} Scene
 * @property {object} walk `Walk` of the latest text
 * @property {object[]} seen `Walk` of all texts so far
 * @property {object[]} estimates running Fisher estimates
 * @property {string} site the selected one
 * @property {number} vocabulary
 */

/**
 * In the order of the formula, from the inside out.
 * @type {Array<{name: string, symbol: string, ofSite?: boolean, show: (scene: Scene) => Node[]}>}
 */
export const STEPS = [
  { name: "hide", symbol: "text", show: hide },
  { name: "guess", symbol: "text", show: guess },
  { name: "loss", symbol: "loss", show: loss },
  { name: "gradient", symbol: "gradient", ofSite: true, show: gradient },
  { name: "square", symbol: "square", ofSite: true, show: square },
  { name: "mean", symbol: "texts", ofSite: true, show: mean },
  { name: "bar", symbol: "fisher", ofSite: true, show: bar },
];

/** Predicted tokens that are shown at most: a causal model predicts nearly all of a text. */
const MOST_SHOWN = 24;
const shownOf = (hidden) => hidden.slice(0, MOST_SHOWN);
const cutNote = (hidden) => (hidden.length > MOST_SHOWN ? note(words.first(MOST_SHOWN, hidden.length)) : null);

function hide({ walk: { tokens, hidden, causal } }) {
  const at = new Set(causal ? [] : hidden.map(({ position }) => position));
  const chips = tokens.map(({ text: answer, seen, special }, position) =>
    element(
      "li",
      { class: at.has(position) ? "token hidden" : special ? "token special" : "token" },
      element("span", { class: "seen" }, seen),
      at.has(position) ? element("small", {}, element("span", { class: "unseen" }, words.trueToken), answer) : null,
    ),
  );
  return [
    element("ol", { class: "tokens", translate: false, "aria-label": (causal ? words.causal : words.steps).hide.title }, chips),
    note(causal ? words.followed(tokens.length, hidden.length) : maskedWords(tokens, hidden)),
  ];
}

function maskedWords(tokens, hidden) {
  const changed = hidden.map(({ position }) => tokens[position]);
  const masked = changed.filter(({ seen }) => seen === "[MASK]").length;
  const kept = changed.filter(({ seen, text: answer }) => seen === answer).length;
  return words.hidden(tokens.filter(({ special }) => !special).length, hidden.length, masked, hidden.length - masked - kept, kept);
}

function guess({ walk: { tokens, hidden, causal } }) {
  const right = hidden.filter(({ answer, guesses }) => guesses[0].token === answer.token).length;
  const rows = shownOf(hidden).map(({ position, answer, guesses }) => [
    answer.token,
    tokens[causal ? position - 1 : position].seen,
    chance(answer.probability),
    element(
      "ol",
      { class: "guesses", translate: false },
      guesses.map(({ token, probability }) => {
        const fill = element("div", { class: "bar" });
        fill.style.width = `${100 * probability}%`;
        return element(
          "li",
          { class: token === answer.token ? "right" : undefined },
          element("span", {}, token === answer.token ? `${token} ✓` : token),
          element("div", { class: "bar-track" }, fill),
          element("span", { class: "bar-value" }, chance(probability)),
        );
      }),
    ),
  ]);
  const { columns } = words;
  return [
    scrollable(
      words.steps.guess.title,
      table({
        columns: [columns.trueToken, causal ? columns.before : columns.seen, { label: columns.probability, numeric: true }, columns.guesses],
        rows,
      }),
    ),
    cutNote(hidden),
    note(words.right(right, hidden.length)),
  ].filter(Boolean);
}

function loss({ walk: { hidden, measured }, vocabulary }) {
  const chart = element("div");
  const bars = shownOf(hidden).map(({ position, answer }) => ({
    name: `${answer.token} (${position + 1})`,
    value: -Math.log(answer.probability),
    shown: fixed(-Math.log(answer.probability), 2),
  }));
  barChart(chart).show(bars, { label: `${words.steps.loss.title}: ${bars.map(({ name, shown }) => `${name} ${shown}`).join(", ")}` });
  return [chart, cutNote(hidden), note(words.loss(fixed(measured.loss, 3), count(vocabulary), fixed(Math.log(vocabulary), 2)))].filter(Boolean);
}

function gradient({ walk, site }) {
  const shown = windowOf(walk, site);
  const largest = Math.max(...shown.gradient.map(Math.abs));
  const legend = element(
    "p",
    { class: "legend-note" },
    key("minus", words.negative),
    " ",
    key("plus", words.positive),
    " ",
    words.fullShade(number(largest)),
  );
  return cells(shown, { values: shown.gradient, largest, caption: words.gradientOf, legend });
}

function square({ walk, site }) {
  const shown = windowOf(walk, site);
  const values = shown.gradient.map((value) => value * value);
  const largest = Math.max(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  const tensor = walk.tensors.find(({ name }) => name === shown.tensor);
  const legend = note(
    words.square(
      percent(largest / sum, 0),
      count(values.length),
      count(shown.shape.reduce((product, size) => product * size, 1)),
      number(tensor.mean),
    ),
  );
  return cells(shown, { values, largest, caption: words.squareOf, legend });
}

function mean({ seen, estimates, site }) {
  const alone = seen.map((walk) => scoreOf(walk.sites, site));
  const running = estimates.map((estimate) => scoreOf(estimate.sites, site));
  const largest = Math.max(...alone);
  const cell = (value, kind) => {
    const filled = element("div", { class: `bar ${kind}` });
    filled.style.width = `${(100 * value) / largest}%`;
    return element(
      "div",
      { class: "bar-cell" },
      element("div", { class: "bar-track" }, filled),
      element("span", { class: "bar-value" }, number(value)),
    );
  };
  const { columns } = words;
  return [
    table({
      columns: [{ label: columns.text, numeric: true }, columns.alone, columns.running],
      rows: seen.map((_, index) => [count(index + 1), cell(alone[index], `kind-${siteKind(site)}`), cell(running[index], "")]),
    }),
    note(seen.length === 1 ? words.addTexts : words.spread(seen.length, number(Math.max(...alone) / Math.min(...alone), 2))),
  ];
}

function bar({ estimates, site }) {
  const { sites, tensors, texts } = estimates.at(-1);
  const own = tensors.filter((tensor) => tensor.site === site);
  const chart = element("div");
  const bars = sites.map(({ site: name, score }) => ({
    name: name === site ? `▸ ${name}` : name,
    value: score,
    shown: number(score, 2),
    kind: siteKind(name),
  }));
  barChart(chart).show(bars, {
    logarithmic: true,
    label: `${words.steps.bar.title}: ${bars.map(({ name, shown }) => `${name} ${shown}`).join(", ")}`,
  });
  const place = [...sites].sort((left, right) => left.score - right.score).findIndex(({ site: name }) => name === site);
  return [
    element(
      "div",
      { class: "split" },
      scrollable(
        site,
        table({
          caption: words.tensorsOf(site),
          columns: [words.columns.tensor, { label: words.columns.mean, numeric: true }],
          rows: own.map(({ name, mean: value }) => [shortName(name, site), number(value)]),
        }),
      ),
      element("div", {}, element("h4", {}, words.barsAfter(texts)), chart),
    ),
    note(words.score(own.length, number(scoreOf(sites, site)), place, sites.length)),
  ];
}

const scoreOf = (sites, wanted) => sites.find(({ site }) => site === wanted).score;
const windowOf = (walk, wanted) => walk.windows.find(({ site }) => site === wanted);
const note = (sentence) => element("p", { class: "walk-note" }, rich(sentence));
const key = (kind, label) => element("span", { class: `heat-key ${kind}` }, label);

/** A tensor's name without the prefix that its site has. */
function shortName(name, site) {
  return name.replace(/^\w+\.(encoder\.)?/, "").replace(`${site}.`, "");
}

function cells({ tensor, shape, rows, columns }, { values, largest, caption, legend }) {
  const numbers = element("div");
  foldedTables(numbers, [
    {
      title: text.dataTable,
      build: () =>
        table({
          columns: ["", ...Array.from({ length: columns }, (_, column) => ({ label: String(column + 1), numeric: true }))],
          rows: Array.from({ length: rows }, (_, row) => [
            String(row + 1),
            ...values.slice(row * columns, (row + 1) * columns).map((value) => number(value, 2)),
          ]),
        }),
    },
  ]);
  const title = caption(tensor.replace(/^\w+\.(encoder\.)?/, ""), rows, columns, shape.map(count).join(" × "));
  return [
    element("p", { class: "legend-note", "data-symbol": "parameter" }, title),
    heatMap({ values, columns, largest, label: title, format: (value) => number(value), name: words.cell }),
    legend,
    numbers,
  ];
}
