// English words of the page itself: its frame, run bar, units, errors and glossary.

export const page = {
  title: "Guided Dropout Lab",
  subtitle: "Measure which parameters a language model depends on most, apply less dropout there, and test whether it helps.",
  abstract: [
    "{Dropout} randomly zeroes {activations|activation} during training. The usual rate is 0.1 everywhere. *Guided dropout* ([Sharma et al., 2024](https://arxiv.org/abs/2406.14005)) estimates the {Fisher information} of the {pretrained} model and gives parts with high values low rates.",
    "This page runs that experiment. It {fine-tunes|fine-tuning} a small BERT with guided dropout and with baselines, and compares them {seed} by seed. “No significant difference” is a valid result.",
    "Everything runs in this tab; your texts are not uploaded. Dotted words are explained on hover.",
  ],
  contents: "Contents",
  language: "Language",
  symbols: "Symbols of the formula, highlighted in the figure",
  glossaryHeading: "Glossary",
  /** Punctuation between words and sentences; `gap` separates two sentences. */
  marks: { comma: ", ", semicolon: "; ", colon: ": ", stop: ".", gap: " " },

  run: {
    region: "Run the experiment",
    run: "Run the experiment",
    again: "Run again",
    newRuns: (count) => `Run ${count} new ${count === 1 ? "run" : "runs"}`,
    pause: "Pause",
    resume: "Resume",
    stop: "Stop",
    progress: "Progress",
    loading: "Loading the program and its model:",
    downloaded: (size, total) => (total ? `${size} of ${total}` : `${size} so far`),
    ready: (dataset, arms, seeds) => `Ready: ${dataset}, ${arms} ${arms === 1 ? "arm" : "arms"}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}.`,
    notReady: "Not ready: section 1 needs a dataset and a model.",
    fisher: "Estimating Fisher information",
    training: (done, total) => `Fine-tuning: ${done} of ${total} runs finished`,
    surface: "Computing the loss landscape",
    paused: "Paused. Nothing is lost.",
    stopped: (done, total) => (total ? `Stopped. ${done} of ${total} runs are finished and kept; the next run resumes from there.` : "Stopped."),
    tuning: "Searching each arm’s best settings on validation data…",
    tuningStopped: (trials) =>
      `The search was stopped; nothing was chosen.${trials === 0 ? "" : ` ${trials} ${trials === 1 ? "trial is" : "trials are"} kept: “Tune first” resumes from there.`}`,
    fisherDone: "Fisher information estimated. The rates below follow from it.",
    done: "Done.",
    doneDiverged: (lost) => `Done, but ${lost} ${lost === 1 ? "run" : "runs"} diverged.`,
    readDiverged: "How to fix it",
    readVerdict: "Read the verdict",
    watchScores: "Watch the scores",
    watchCurves: "Watch the curves",
    readError: "Show the error",
    failed: "The experiment stopped because of an error.",
    opened: (name) => `“${name}” is open.`,
    left: (time) => `about ${time} left`,
    leftUnknown: "measuring the speed …",
    about: (time) => `about ${time} here`,
    importedRuns: (count) =>
      `${count === 1 ? "One run comes" : `${count} runs come`} from an imported file. To recompute, delete the import under “History” and run again.`,
    importedJobs: (count) => `${count === 1 ? "One other job comes" : `${count} other jobs come`} from an imported file.`,
    retried: (job) => `The worker running ${job} crashed; the job was restarted.`,
    lost: (job) => `${job} was lost.`,
    memory: (workers) =>
      `The browser is out of memory; ${workers === 1 ? "one worker continues" : `${workers} workers continue`}. A smaller batch, a lower maximum length or fewer workers need less.`,
    fewerRows: {
      device: (rows) =>
        `The GPU is out of memory and was reopened. From now on it computes ${rows === 1 ? "one row" : `${rows} rows`} of a step at once, with the same results up to rounding.`,
      memory: (rows) =>
        `The browser is out of memory. From now on ${rows === 1 ? "one row" : `${rows} rows`} of a step are computed at once, with the same results up to rounding.`,
    },
    reopened: "The GPU failed and was reopened; the interrupted job restarts from its seed.",
  },

  version: {
    ready: "A newer version of this page is available. Settings and experiments are kept; reload your own files.",
    reload: "Reload",
    others: (count) =>
      `${count === 1 ? "Another tab shows" : `${count} other tabs show`} this page and may be running an experiment. Close ${count === 1 ? "it" : "them"}, then press again.`,
  },

  origin: {
    recorded: (date, machine) => `Recorded ${date} on ${machine}`,
    /** A machine as recordings name it. */
    machine: (name) => name,
    recordedNote: ({ date, machine, command, commit }) =>
      `Until you run the experiment, the figures show one recorded on ${date} on ${machine}${commit ? `, at commit ${commit}` : ""}: \`${command}\`. Your results replace it section by section.`,
    recordedTitle: (command, commit) => `${command}${commit ? ` at ${commit}` : ""}`,
    live: "Live",
    finished: "Your result",
    kept: (name, date) => `“${name}”, ${date}`,
    linked: (date) => `From a result link of ${date}, not computed here`,
    elsewhere: (file) => `From the file “${file}”, not computed here`,
  },
  /** Why a control is disabled. */
  reasons: {
    loading: "The program, its model or the data are still loading.",
    running: "An experiment is running. Stop it or wait until it ends.",
    lesson: "The lesson sets this. “Open the whole page” unlocks it.",
    incomplete: "Section 1 needs a valid dataset and model.",
    results: "No results yet: run the experiment, or open one from the history.",
    linked: "These results came from a link. Run the experiment to get files of your own.",
    elsewhere: "These results came from a file. Run the experiment to get files of your own.",
    deleted: "The experiment was deleted from this browser.",
    rates: "No rates yet: estimate Fisher information in section 2.",
    models: "No fine-tuned model yet: run the experiment, or open one from the history.",
    file: "Choose a file of texts first.",
    labelling: "A file is being labelled. Stop it or wait until it ends.",
    predictions: "No file is labelled yet.",
    corrections: "No label has been changed since the data were read.",
    ofTest: "The rows are of the file's own test part, which stays as it is.",
    twoModels: "Two fine-tuned models are needed: run an experiment with two arms, or open one from the history.",
    surface: "The loss landscape has not been computed yet.",
    plane: "The trajectories have not been computed yet.",
    firstStep: "This is the first step.",
    lastStep: "This is the last step.",
    walking: "The model must process a text first.",
    lastText: "There are no more texts.",
  },
  dataTable: "Show the numbers",
  lineChart: "line chart",
  units: { aSecond: "a second", second: "s", minute: "min", hour: "h" },

  errors: {
    heading: {
      dataset: "Invalid dataset",
      unlabelled: "This file cannot be labelled",
      tokenizer: "Unsupported tokenizer",
      model_config: "Unsupported model configuration",
      weights: "Unsupported model weights",
      config: "Invalid setting",
      device: "Device error",
      busy: "An experiment is running",
      diverged: "Training diverged",
      crash: "A worker crashed",
      memory: "Out of memory",
      network: "A file could not be fetched",
      archive: "This file cannot be imported",
      gone: "The experiment is gone",
      unread: "This file was not read",
      lesson: "The lesson cannot be opened",
      hub: "Hugging Face did not provide this model",
      unloadable: "The program is missing",
      page: "Internal error",
    },
    advice: {
      model_config:
        "Supported families: BERT (MiniLM included), DistilBERT, RoBERTa (DistilRoBERTa and XLM-R included) and ELECTRA, with the activation “gelu”; GPT-2 and DistilGPT-2; ModernBERT and Ettin. “Which models work” in section 1 lists them, and says what to use instead of others.",
      weights: "Supported: one model.safetensors in f32, f16 or bf16, as saved by Hugging Face transformers, with its config.json.",
      tokenizer: "Supported: tokenizer.json, or a BERT vocab.txt, that matches the weights.",
      hub: "You can also download the files separately and drop them here.",
      dataset: "Required: one text and one label per row, at least two classes, at least two examples per class.",
      unlabelled: "Required: texts as CSV, TSV or JSON Lines (an object a line), or a plain text a line.",
      diverged: "A lower learning rate usually helps. On a GPU, compare with the CPU (section 1).",
      memory: "A smaller batch, a lower maximum length or fewer workers need less.",
      crash: "If this repeats, use fewer workers or a smaller batch to save memory.",
      network: "Is the page complete? “make demo” builds and serves it.",
      unloadable: "“make demo” builds it.",
      hosted: "Check the connection; a network’s login page may be in the way. If it happens again, tell whoever publishes this page.",
      archive: "Nothing was changed.",
      device: "Select the CPU in section 1.",
    },
    busy: "Stop the running experiment before changing data, unlabelled text or model.",
    unloadable: "pkg/guided_dropout_lab.js is missing or cannot be loaded",
    tryAgain: "Try again",
    memory: "The browser has no more memory for the program.",
    technical: "Technical detail",
    place: ({ name, line, column }) => [name, line && `line ${line}`, column && `column “${column}”`].filter(Boolean).join(", "),
    mismatch: (place, expected, got) => `${place}: expected ${expected}, got ${got}`,
  },

  glossary: {
    activation: {
      name: "Activation",
      meaning: "An intermediate value that a layer computes for a token. It depends on the text; a parameter does not.",
    },
    arm: { name: "Arm", meaning: "A training variant in the comparison. Arms differ only in their noise." },
    attention: {
      name: "Attention",
      meaning: "A layer in which each token receives a weighted mean of the values of all tokens. The weights come from queries and keys.",
    },
    baseline: {
      name: "Baseline",
      meaning: "The arm compared against, usually `standard`: 0.1 at every site, or the rates that a ModernBERT is shipped with.",
    },
    batch: { name: "Batch", meaning: "The texts processed in one training step." },
    "confidence interval": {
      name: "Confidence interval",
      meaning: "A range around a measured mean. 95 % of such intervals contain the true value, if the differences are normally distributed.",
    },
    control: {
      name: "Control",
      meaning: "An arm without the tested factor. `uniform-mean` and `shuffled` have the mean rate of `guided`, without its placement.",
    },
    dropout: {
      name: "Dropout",
      meaning: "Training noise: each activation is zeroed with probability *p*, its rate, and otherwise scaled up. It is off at test time.",
    },
    "effect size": { name: "Effect size", meaning: "Mean difference divided by the standard deviation of the differences over seeds (Cohen’s d_z)." },
    epoch: { name: "Epoch", meaning: "One pass over the training set." },
    "fine-tuning": { name: "Fine-tuning", meaning: "Training a pretrained model further on labelled data of one task. All parameters are updated." },
    "fisher information": {
      name: "Fisher information",
      meaning:
        "For one parameter, the mean squared gradient of the loss: how much predictions depend on it. This page uses the empirical Fisher, with the true tokens.",
    },
    gradient: { name: "Gradient", meaning: "The derivatives of the loss with respect to the parameters." },
    "holm’s correction": {
      name: "Holm’s correction",
      meaning: "With many comparisons, some p-values are small by chance. The correction bounds the risk of any false positive.",
    },
    "kendall’s tau": {
      name: "Kendall’s τ",
      meaning: "Rank agreement: fraction of concordant minus fraction of discordant pairs. 1: same order. 0: no relation. −1: reversed.",
    },
    layernorm: {
      name: "LayerNorm",
      meaning: "Normalises each token’s activations to mean 0 and variance 1, then applies a learned scale and offset.",
    },
    logit: { name: "Logit", meaning: "An unnormalised score of a class or token, before softmax." },
    loss: { name: "Loss", meaning: "Cross-entropy: the negative logarithm of the probability of the true label or token, in nats." },
    "masked language model": { name: "Masked language model", meaning: "A model trained to predict masked tokens from the context on both sides." },
    "p-value": {
      name: "p-value",
      meaning: "Probability of a difference at least this large if the arms did not differ, from a paired permutation test.",
    },
    nat: {
      name: "Nat",
      meaning: "Unit of a loss with the natural logarithm: 0 for certain and correct, 0.69 for probability 1/2. 1 nat is 1.44 bits.",
    },
    parameter: { name: "Parameter", meaning: "A learned number that is the same for every text; the built-in model has several million." },
    pretrained: { name: "Pretrained", meaning: "Trained before on unlabelled text, for no particular task." },
    rank: { name: "Rank", meaning: "Position of a site in the order of scores: 0 for the lowest. Ties share their mean rank." },
    seed: { name: "Seed", meaning: "The number that determines all random choices of a run. The same seed reproduces the run." },
    seeds: {
      name: "Seeds, several",
      meaning:
        "Several seeds measure random variation. With n seeds the smallest p is 2/2ⁿ, so p < 0.05 needs at least 6. Small differences need more: see “Seeds needed”.",
    },
    site: {
      name: "Site",
      meaning:
        "A dropout position: after the embeddings, and in each layer on the attention weights, after attention and after the feed-forward block.",
    },
    softmax: { name: "Softmax", meaning: "Turns logits into probabilities: exponentials divided by their sum." },
    split: { name: "Split", meaning: "The division into training and test examples." },
    tensor: { name: "Tensor", meaning: "A block of parameters, such as a weight matrix or a bias vector." },
    token: { name: "Token", meaning: "A word, a word piece (prefixed ##) or a punctuation mark. [CLS] and [SEP] mark beginning and end." },
  },

  footer: [
    "Method: M. Sharma, N. Muralidhar, S. Xu, R. B. Yousuf, N. Ramakrishnan, *Information Guided Regularization for Fine-tuning Language Models*, [arXiv 2406.14005](https://arxiv.org/abs/2406.14005). The controls `uniform-mean`, `shuffled` and `reversed` are ours. Independent reimplementation, MIT or Apache 2.0; samples CC0.",
  ],
};
