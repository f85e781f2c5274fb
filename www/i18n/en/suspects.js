// Texts of "Labels worth a second look" in section 5.

export const suspects = {
  suspects: {
    heading: "Labels worth a second look",
    intro:
      "Every seed tests rows that its model was not trained on. These rows usually get another label than the given one. The first has the lowest self-confidence: the mean probability of its given label (confident learning, Northcutt et al. 2021). A low value can also mean a hard row.",
    found: (found, tested, arm, seeds) => `${found} of ${tested} tested rows; predictions of ${arm}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}.`,
    first: (rows) => `The first ${rows} are shown; results.json lists up to 200.`,
    columns: {
      text: "Text",
      label: "Given label",
      usual: "Usual prediction",
      agreeing: "Seeds that predict it",
      confidence: "Self-confidence",
      decision: "Decision",
    },
    agreeing: (agreeing, tested) => `${agreeing} of ${tested}`,
    decide: (line) => `Decision about line ${line}`,
    keep: "keep",
    drop: "drop",
    relabel: (label) => `relabel: ${label}`,
    noChanges: "No label is changed.",
    changes: (rows) => (rows === 1 ? "1 row is relabelled or dropped." : `${rows} rows are relabelled or dropped.`),
    download: "Download corrected data",
    use: "Use corrected data",
    limits:
      "The corrected data are the rows that were used, as CSV. Used here, they are a new file with splits of its own, so its scores are of other test rows. Scores on labels that were changed by predictions look better than they are.",
  },
};
