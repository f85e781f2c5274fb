// English words of the workbench: views, steps and what to do next.

export const view = {
  view: {
    label: "View",
    views: { paper: "paper", workbench: "workbench" },
    stepsLabel: "Steps",
    steps: { data: "Data", model: "Model", tune: "Tune", train: "Train", verdict: "Verdict", use: "Use" },
    explain: (part) => `Explanations: ${part}`,
    open: (part) => `Show: ${part}`,
    offerRegion: "Offer of the workbench",
    offer: "For your own texts there is a compact view of this page: the same parts as panels, explanations folded.",
    offerOpen: "Open the workbench",
    offerDismiss: "Not now",
    noVerdict: "No verdict yet.",
    /** Before the verdict: whose it is. */
    verdictOf: {
      recorded: "Recorded example:",
      live: "",
      finished: "Verdict:",
      kept: "Verdict:",
      linked: "From a link:",
      elsewhere: "From a file:",
    },
    verdictOnOther: (name) => `Verdict on ${name}:`,
    next: "Next:",
    nextSteps: {
      wait: "read the recorded example while the program loads",
      watch: "watch the curves",
      waitSurface: "watch the loss landscape",
      data: "load a file whose texts and labels can be read",
      bring: "load your own texts, or run the sample",
      run: "check columns and classes, then run the experiment",
      diverged: "lower the learning rate: a run diverged",
      longer: "train longer: the curves still change",
      seeds: "add seeds: so few cannot show a difference",
      suspects: "look at labels that the runs contradict",
      label: "label the rest of your texts",
    },
  },
};
