// Texts of "Label a file" in section 5.

export const labelling = {
  labelling: {
    heading: "Label a file",
    intro:
      "A fine-tuned model, or the mean over an arm’s seeds, predicts every row of a file. The result has the same rows and columns, without blank lines, and after them the label, its probability and the second most probable label. The file stays in this browser, however long it is.",
    file: "File of texts (CSV, TSV, JSON Lines, plain text)",
    model: "Model",
    seeds: "Answers of",
    one: (seed) => `seed ${seed}`,
    mean: (seeds) => `mean of ${seeds} seeds`,
    kept: (seeds, planned, most) =>
      `Models of ${seeds} of ${planned} seeds are kept: at most ${most}, and of older experiments only the first seed’s.`,
    column: "Column of texts",
    guessed: "guessed",
    begin: "Label the rows",
    pause: "Pause",
    resume: "Resume",
    stop: "Stop",
    progress: "Share of the file that is labelled",
    download: "Labelled file",
    waiting: "First run the experiment, or open one from the history: it fine-tunes the models.",
    choose: "Choose a file.",
    chosen: (file) => `${file} can be labelled.`,
    opening: (file) => `Reading ${file}.`,
    columns: (text, pair) => (pair === null ? `Texts: column “${text}”.` : `Texts: columns “${text}” and “${pair}”.`),
    working: (rows) => `${rows} rows labelled`,
    paused: (rows) => `Paused after ${rows} rows. Nothing is lost.`,
    done: (file, rows, { arm, seeds, dataset }) =>
      `${file}: ${rows} ${rows === "1" ? "row is" : "rows are"} labelled by ${seeds === 1 ? arm : `the mean over ${seeds} seeds of ${arm}`}, fine-tuned on ${dataset}.`,
    stopped: (rows) => `Stopped after ${rows} rows. These can be downloaded.`,
    unanswered: (rows) => (rows === "1" ? "1 row has no label:" : `${rows} rows have no label. The first of them:`),
    columnsOfRejected: { line: "Line", reason: "Reason" },
  },
};
