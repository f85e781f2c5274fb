// Texts of "Labels worth a second look" in section 5.

export const suspects = {
  suspects: {
    heading: "Labels worth a second look",
    intro:
      "Every seed tests rows that its model was not trained on. These rows usually get another label than the given one. The first has the lowest self-confidence: the mean probability of its given label (confident learning, Northcutt et al. 2021). A low value can also mean a hard row.",
    found: (found, tested, arm, seeds) => `${found} of ${tested} tested rows; predictions of ${arm}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}.`,
    first: (rows) => `The first ${rows} are shown; results.json lists up to 200.`,
    untested: (untested, rows) => `${untested} of ${rows} rows were never tested: nothing is known of their labels.`,
    untestedOwn: "Cross-validation sets the file’s own split aside and tests the training rows as well.",
    allTested: "Every row was tested.",
    testEveryRow: "Test every row: five folds",
    willTestAll: (folds) => `The next experiment has ${folds} folds and tests every row.`,
    cautions: {
      no_better_than_majority:
        "The predictions agree with the labels no more often than the most frequent label would. This list says nothing about wrong labels.",
      low_accuracy: (listed) =>
        `The models contradict ${listed} of the tested labels. Wrong labels are rarely more than 10\u00a0%, so most rows of this list are hard rather than wrong. Only the first ones deserve a look.`,
    },
    columns: {
      text: "Text",
      label: "Given label",
      usual: "Usual prediction",
      agreeing: "Seeds that predict it",
      confidence: "Self-confidence",
      decision: "Decision",
    },
    agreeing: (agreeing, tested) => `${agreeing} of ${tested}`,
    line: (line) => `Line ${line}`,
    decide: (line) => `Decision about line ${line}`,
    undecided: "undecided",
    right: "right as it is",
    drop: "drop",
    relabel: (label) => `relabel: ${label}`,
    ofSeeds:
      "Every seed draws its own test part. Where a row is trained on, its corrected label counts, or the row is left out. Where it is tested, the label of the file counts, so that scores before and after are of the same test rows.",
    ofFolds: (folds) =>
      `Every seed tests one of ${folds} folds. Where a row is trained on, its corrected label counts, or the row is left out. Where it is tested, the label of the file counts, so that scores before and after are of the same test rows.`,
    ofTest:
      "These rows are the file's own test part, which stays as it is: a decision changes the downloaded file only, and no experiment here. To test on corrected labels, bring the downloaded file; its scores are of another test part.",
    noChanges: "No label is changed.",
    changes: (rows) => (rows === 1 ? "1 row is relabelled or dropped." : `${rows} rows are relabelled or dropped.`),
    markedRight: (rows) => (rows === 1 ? "1 row is marked as right." : `${rows} rows are marked as right.`),
    inForce: "The next experiment trains on these, and is compared with the one before.",
    forgotten: "The file is read in another way: corrections of its labels no longer apply.",
    download: "Download corrected data",
    use: "Train on corrected labels",
    limits:
      "Decisions are kept in this browser with the file’s digest. The downloaded file has every column and row of yours, but for what you decided. The decisions rest on models that were trained on test rows of other seeds: a gain can be a little too large. A separate test file avoids that.",
  },
  correctionEffect: {
    heading: "What the corrections changed",
    corrected: (relabelled, dropped) =>
      `Trained with ${relabelled} ${relabelled === 1 ? "row" : "rows"} relabelled and ${dropped} dropped. Tested on the same rows as before, with the labels that the file gives.`,
    alone:
      "There is no experiment to compare with: one on the same files, with the same settings but for arms and seeds, on this device, without these corrections.",
    sentence: ({ arm, earlier, corrected, difference, metric, interval, seeds, outcome }) =>
      `${arm}: ${earlier} → ${corrected}, ${difference} in ${metric} (${[interval, seeds].filter(Boolean).join(", ")}): ${outcome}.`,
    outcomes: {
      ahead: "the corrections helped",
      behind: "the corrections did harm",
      undecided: "that the corrections help is not shown",
      unknown: "more seeds are needed to say whether the corrections help",
    },
    caption: (metric) => `Difference in ${metric}: corrected minus before, paired by seed`,
    columns: {
      arm: "Arm",
      earlier: "Before",
      corrected: "Corrected",
      difference: "Difference",
      interval: "95\u00a0% interval",
      p: "p (Holm)",
      seeds: "Seeds",
    },
  },
};
