// Section 1: the labelled dataset, its columns, class counts, rejected rows and preview.

import { barChart } from "../charts/bars.js";
import { byId, element, fill, scrollable, table } from "../ui/dom.js";
import { count, percent } from "../ui/format.js";
import { translated } from "../i18n/core.js";
import { technicalDetail } from "../ui/technical.js";
import { readTexts } from "../ui/text-files.js";
import { text } from "../i18n/text.js";
import { clearErrors, showNotice } from "./errors.js";

const SHOWN_REJECTIONS = 20;
const SHOWN_ROWS = 5;
const TYPING_PAUSE_MS = 500;
/** Labelled texts among the files of a model, which are JSON, too. */
const TABLES_BESIDE_A_MODEL = /\.(csv|tsv|jsonl|ndjson)$/i;
/** Maximum number of bars; further classes are listed in a table. */
const SHOWN_CLASSES = 20;
/** The value of the second-text picker that means "no second text" (the empty value means "as guessed"). */
export const NO_COLUMN = "-";

/**
 * @typedef {object} FileActions
 * @property {(reading: Promise<Array<{name: string, content: Uint8Array}>>) => Promise<unknown>} onFiles called at once with what is selected, dropped or pasted;
 *   resolves once that is shown
 * @property {(files: File[]) => void} onModelFiles called with dropped files of a model
 * @property {(name: string) => boolean} isModelFile
 * @property {() => boolean} isLocked whether a lesson locks the data, for files that are dropped, too
 */

/**
 * @param {FileActions} actions
 */
export function dataPanel(actions) {
  const words = text.data;
  const countsChart = barChart(byId("dataset-counts"));
  fill(byId("has-header"), option("", words.headerGuess), option("yes", words.headerYes), option("no", words.headerNo));
  fill(byId("task"), option("", words.taskGuess), option("classification", words.taskClass), option("regression", words.taskNumber));
  listenForFiles(actions);

  return {
    /** @param {string[]} names of the samples; `own` is available once a file was loaded */
    offerSamples(names, own) {
      const select = byId("dataset-sample");
      const chosen = select.value;
      fill(
        select,
        [...names, ...(own ? ["own"] : [])].map((name) => option(name, words.samples[name])),
      );
      select.value = chosen || names[0];
    },

    showReading() {
      byId("dataset-figure").setAttribute("aria-busy", "true");
      fill(byId("dataset-summary"), words.reading);
    },

    /** Shown when the file could not be read. */
    showNone() {
      byId("dataset-figure").setAttribute("aria-busy", "false");
      fill(byId("dataset-summary"), words.none);
      for (const id of ["dataset-counts", "dataset-rejected", "dataset-preview"]) fill(byId(id));
    },

    /**
     * Lists the columns of a rejected file, so that other columns can be selected and missing ones deselected.
     * @param {{columns: string[], rejected: object[], losses: object[], usable: number}} inspected what the core's `inspectDataset` says of the file
     * @param {{text: string, pair: string, label: string}} chosen columns, "" if guessed
     */
    offerColumns({ columns, rejected, losses, usable }, chosen) {
      showRejected({ rejected, losses, rows: usable });
      const foreign = Object.values(chosen).filter((column) => column !== "" && column !== NO_COLUMN && !columns.includes(column));
      showColumns({ columns: [...columns, ...foreign], text_column: "", label_column: "", pair_column: "" }, chosen);
    },

    /**
     * @param {object} info of the core's `readDataset`
     * @param {{text: string, pair: string, label: string}} chosen columns, "" if guessed
     */
    show(info, chosen) {
      byId("dataset-figure").setAttribute("aria-busy", "false");
      showSummary(info);
      showColumns(info.layout, chosen);
      showCounts(info, countsChart);
      showRejected(info);
      showPreview(info);
      if (info.layout.needs_choice?.length > 0) showNotice(words.choose(info.layout.needs_choice), "dataset-errors");
    },

    /**
     * Adds the sizes of the split, and of the fractions trained on, once a plan is known.
     * @param {{train_rows: number, test_rows: number, fraction_rows?: number[], config: Record<string, any>}} plan of the core
     */
    showSplit({ train_rows: train, test_rows: test, fraction_rows: rows = [], config }) {
      const place = byId("dataset-summary").querySelector(".split-sizes");
      const fractions = rows
        .filter((each) => each < train)
        .map((each) => words.fractionRows(percent(config.fractions[rows.indexOf(each)], 0), count(each)));
      if (place) place.textContent = [words.split(count(train), count(test)), ...fractions].join(text.marks.comma) + text.marks.stop;
    },
  };
}

function option(value, label) {
  return element("option", { value }, label);
}

/** @param {FileActions} actions */
function listenForFiles({ onFiles, onModelFiles, isModelFile, isLocked }) {
  const read = async (files) => {
    if (files.length === 0) return;
    clearErrors("dataset-errors");
    await onFiles(Promise.all(files.map(async (file) => ({ name: file.name, content: await readTexts(file) }))));
  };
  const picker = byId("dataset-file");
  picker.addEventListener("click", () => {
    picker.value = "";
  }); // allows selecting the same file again
  picker.addEventListener("change", () => read([...picker.files]));
  const asFiles = (name, content) => (content.trim() === "" ? [] : [{ name, content: new TextEncoder().encode(content) }]);
  onceTyped(byId("dataset-text"), (typed) => onFiles(typed.then((pasted) => asFiles(text.data.pasted, pasted))));
  byId("dataset-broken").addEventListener("click", () => {
    byId("dataset-text").value = text.data.brokenFile;
    onFiles(Promise.resolve(asFiles(text.data.brokenName, text.data.brokenFile)));
  });
  // A file dropped outside the target would otherwise replace the page.
  for (const type of ["dragover", "drop"]) {
    addEventListener(type, (/** @type {DragEvent} */ event) => {
      if (event.dataTransfer?.types.includes("Files") && !event.target.closest?.('input[type="file"]')) event.preventDefault();
    });
  }
  const part = byId("data");
  part.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    part.classList.add("dropping");
  });
  part.addEventListener("dragleave", (event) => {
    if (!part.contains(event.relatedTarget)) part.classList.remove("dropping");
  });
  part.addEventListener("drop", async (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    part.classList.remove("dropping");
    if (isLocked()) {
      showNotice(text.reasons.lesson, "dataset-errors");
      return;
    }
    const files = [...event.dataTransfer.files];
    const ofModel = files.filter((file) => isModelFile(file.name));
    const isTable = (file) => (ofModel.length > 0 ? TABLES_BESIDE_A_MODEL.test(file.name) : true);
    const tables = files.filter((file) => !ofModel.includes(file) && isTable(file));
    const unused = files.filter((file) => !ofModel.includes(file) && !tables.includes(file));
    if (ofModel.length > 0) onModelFiles(ofModel);
    await read(tables);
    if (unused.length > 0) showNotice(text.data.filesIgnored(unused.map(({ name }) => name).join(", ")), "dataset-errors");
  });
}

/**
 * Calls `begin` at once when typing or pasting begins, with a promise of what stands there after a pause.
 * @param {HTMLTextAreaElement} area
 * @param {(typed: Promise<string>) => void} begin
 */
function onceTyped(area, begin) {
  let settle = null;
  let timer;
  area.addEventListener("input", () => {
    clearTimeout(timer);
    if (!settle) {
      begin(
        new Promise((resolve) => {
          settle = resolve;
        }),
      );
    }
    timer = setTimeout(() => {
      settle(area.value);
      settle = null;
    }, TYPING_PAUSE_MS);
  });
}

function showSummary({ name, rows, labels, task, layout }) {
  const words = text.data;
  const said = [
    words.readAs(
      words.formats[layout.format],
      layout.delimiter && (words.delimiters[layout.delimiter] ?? words.delimiterNamed(layout.delimiter)),
      layout.columns.length,
    ),
    ...layout.guessed.map(({ kind, ...found }) => words.guesses[kind](found)),
    ...(task === "classification" ? [words.labelsAreClasses(labels.length)] : []),
  ];
  const summary = task === "regression" ? words.summaryRegression(name, count(rows)) : words.summary(name, count(rows), labels.length);
  fill(
    byId("dataset-summary"),
    element("strong", {}, summary),
    `${text.marks.stop}${text.marks.gap}`,
    element("span", { class: "split-sizes" }),
    element(
      "span",
      { class: "guessed" },
      said.flatMap((part) => [" ", part]),
    ),
  );
}

function showColumns({ columns, text_column: textColumn, label_column: labelColumn, pair_column: pairColumn }, chosen) {
  const words = text.data;
  const offer = (id, guessed, value, extra = []) => {
    const select = byId(id);
    fill(
      select,
      option("", words.guessedColumn(value === "" ? guessed : "")),
      extra,
      columns.map((column) => option(column, column)),
    );
    select.value = value;
  };
  offer("text-column", textColumn, chosen.text);
  offer("label-column", labelColumn, chosen.label);
  offer("pair-column", columns.length > 0 ? pairColumn || words.noPair : "", chosen.pair, [option(NO_COLUMN, words.noPair)]);
}

function showCounts({ task, labels, class_counts: counts }, chart) {
  const place = byId("dataset-counts");
  place.querySelector("details")?.remove();
  if (task === "regression") {
    fill(place);
    return;
  }
  const sorted = labels
    .map((label, index) => ({ name: label, value: counts[index], shown: count(counts[index]) }))
    .sort((left, right) => right.value - left.value);
  const title = text.data.counts;
  chart.show(sorted.slice(0, SHOWN_CLASSES), {
    label: `${title}: ${sorted
      .slice(0, SHOWN_CLASSES)
      .map(({ name, shown }) => `${name} ${shown}`)
      .join(", ")}`,
  });
  if (sorted.length <= SHOWN_CLASSES) return;
  const rest = sorted.slice(SHOWN_CLASSES);
  place.append(
    element(
      "details",
      { class: "data-table" },
      element("summary", {}, text.data.moreClasses(count(rest.length), rest[0].shown, rest.at(-1).shown)),
      scrollable(
        title,
        table({ columns: [text.data.class, { label: text.data.rows, numeric: true }], rows: rest.map(({ name, shown }) => [name, shown]) }),
      ),
    ),
  );
}

/** How many rows were rejected, why most of them, and the first of them. */
function showRejected({ rejected, losses, rows }) {
  if (rejected.length === 0) {
    fill(byId("dataset-rejected"));
    return;
  }
  const shown = rejected.slice(0, SHOWN_REJECTIONS);
  fill(
    byId("dataset-rejected"),
    element("h3", { class: "small" }, text.data.rejected(count(rejected.length), count(rejected.length + rows))),
    losses?.length > 1 ? element("p", { class: "legend-note" }, text.data.mostly(count(losses[0].rows), text.data.causes[losses[0].cause])) : null,
    element(
      "ul",
      { class: "rejections" },
      shown.map(({ line, reason }) => element("li", {}, element("span", { class: "line" }, text.data.line(count(line))), " ", reasonInWords(reason))),
    ),
    rejected.length > shown.length ? element("p", { class: "legend-note" }, text.data.more(count(rejected.length - shown.length))) : null,
  );
}

/** The core's reason for a rejection in the reader's language. */
function reasonInWords(reason) {
  const words = translated(reason);
  return words === null ? technicalDetail(reason) : element("span", {}, words);
}

function showPreview({ preview, layout }) {
  const words = text.data.previewColumns;
  const paired = preview.some(({ pair }) => pair !== null && pair !== undefined);
  const rows = (list) => list.map((row) => [count(row.line), row.text, ...(paired ? [row.pair ?? ""] : []), row.target]);
  const build = (list) =>
    table({
      columns: [
        { label: words.line, numeric: true },
        layout.text_column || words.text,
        ...(paired ? [layout.pair_column || words.pair] : []),
        layout.label_column || words.target,
      ],
      rows: rows(list),
      rowHeaders: false,
    });
  const rest = preview.slice(SHOWN_ROWS);
  fill(
    byId("dataset-preview"),
    scrollable(text.data.preview(Math.min(SHOWN_ROWS, preview.length)), build(preview.slice(0, SHOWN_ROWS))),
    rest.length > 0
      ? element(
          "details",
          { class: "data-table" },
          element("summary", {}, text.data.more(rest.length)),
          scrollable(text.data.more(rest.length), build(rest)),
        )
      : null,
  );
}
