// English words of the recorded evidence.

export const evidence = {
  evidence: {
    second: {
      heading: "Each arm at its own best, 20 seeds",
      intro:
        "A second protocol, written before its first run. Each arm runs at the best of 15 settings, chosen on other rows. Datasets are added as they are complete.",
      origin: (commits) => `Recorded natively, at commit ${commits}`,
      caption: "guided and a baseline on public datasets. Bounds of equivalence: one point.",
      dataset: (set, rows) => `${set}, ${rows} rows`,
      columns: { dataset: "Dataset", shows: "guided is" },
      ahead: "ahead",
      behind: "behind",
      undecided: "undecided",
      equivalent: "by less than one point",
      level: "level to within one point",
      notSettled: "training had not settled",
    },
    heading: "Public datasets, 20 seeds",
    intro:
      "Seven arms on public datasets: 1,000 examples and a half, a quarter and a tenth of them, three epochs. The protocol was written before the first run. Additions: a larger model, all examples, and longer training.",
    origin: (date, commits) => `Recorded on ${date}, natively, at commit ${commits}`,
    caption: "Mean difference of `guided` from a baseline, in points, with 95\u00a0% intervals over 20 seeds. Right of zero, `guided` is ahead.",
    look: [
      "Questions and intents (trec, snips): `guided` is ahead of `standard`, more so on a quarter and a tenth. There it also beats both controls, so placement matters.",
      "Sentence pairs: `guided` is ahead of `standard` on all and half of stsb, and behind on all of rte123, which this model can only memorise.",
      "Subjectivity: no difference reaches one point.",
      "A larger model: `guided` gains on half and a quarter of trec, but is level with both controls there.",
      "All examples: ahead of `standard` on trec, behind on rte123, level with both controls.",
      "A tenth of trec and snips for as many steps as all examples: level with `standard`, ahead of no control (see below).",
      "A post-hoc reading of the classification results at three epochs: guided rates act as *milder* dropout. They gain where less noise is better and lose where more is better (rte123). See the table.",
      "[Full text](evidence.txt): protocol, tables and limitations.",
    ],
    sets: {
      trec: "trec: question types",
      snips: "snips: intents",
      stsb: "stsb: sentence similarity",
      subjectivity: "subjectivity: fact or opinion",
      rte123: "rte: entailment",
      "trec-minilm": "trec, larger model",
      "trec-all": "trec, all examples",
      "rte123-all": "rte, all examples",
      "trec-long": "trec, a tenth, as many steps",
      "snips-long": "snips, a tenth, as many steps",
    },
    towards: {
      caption: "Position of each arm of the built-in model between standard (0\u00a0%) and none (100\u00a0%), over its datasets except stsb",
      arm: "Arm",
      position: "Position",
    },
    byEpoch: {
      heading: "An early lead",
      intro:
        "Three epochs on a tenth of the data are also a tenth of the steps. Here the same tenth is trained for thirty epochs, as many steps as on all data.",
      caption:
        "Lead over `standard` by epoch, on a tenth of the data: mean over 20 seeds, in points, with pointwise 95 % intervals. Post hoc; not tested.",
      look: "With less noise the model learns *faster*. `none` is first, then `guided`, the same mean rate everywhere, and `reversed`. `standard` catches up by about the tenth epoch; afterwards every mean is within a point of it. Three epochs end where the lead is large, so train longer before choosing rates.",
      label: (set) => `Difference from standard during training, in points, ${set}`,
    },
    pair: (baseline) => `guided − ${baseline}`,
    label: (set) => `Mean differences with intervals, ${set}`,
    line: (difference, interval, p) => `${difference} (${interval}), p corrected ${p}`,
    interval: (low, high) => `${low} to ${high}`,
    columns: { set: "Dataset", fraction: "Data", pair: "Pair", difference: "Difference", interval: "95\u00a0% interval", p: "p corrected" },
  },
};
