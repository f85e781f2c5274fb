// English words of the learning curve and of the rows behind a cell of a confusion matrix.

export const learning = {
  learning: {
    heading: "Would more labels help?",
    axis: "training rows",
    caption: "Mean over seeds by number of training rows, last epoch. Band: 95\u00a0% interval over seeds.",
    detail: (name, mean, interval) => `${name} ${mean}${interval && ` (${interval})`}`,
    last: "The last doubling of the rows",
    each: (doublings) => `Each doubling of the rows, of ${doublings},`,
    rows: (from, to) => `${from} to ${to}`,
    sentence: ({ span, rows, arm, gain, metric, interval, seeds, outcome }) =>
      `${span} (${rows}) gave ${arm} ${gain} in ${metric} (${[interval && `95\u00a0% interval ${interval}`, seeds].filter(Boolean).join("; ")}). ${outcome}`,
    outcomes: {
      helps: "More labels still help.",
      hurts: "More labels did not help.",
      undecided: "That more labels help is not shown.",
      unknown: "More seeds are needed to say whether more labels help.",
    },
    columns: { arm: "Arm", rows: "Training rows", mean: "Mean", interval: "95\u00a0% interval", seeds: "Seeds" },
  },
  cell: {
    press: (truth, predicted, rows) => `Show ${rows} ${truth} → ${predicted}`,
    heading: (arm, truth, predicted) => `${arm}: “${truth}” predicted as “${predicted}”`,
    found: (rows) => (rows === "1" ? "1 text." : `${rows} texts; those that most seeds predict so come first.`),
    first: (rows) => `The first ${rows} are shown.`,
    otherHeading: "Other texts are loaded",
    other: "Load the dataset of this experiment to see the texts of a cell.",
    seeds: (agreeing, tested) => `${agreeing} of ${tested}`,
    columns: { text: "Text", line: "Line", seeds: "Seeds that predict it" },
    close: "Close",
  },
};
