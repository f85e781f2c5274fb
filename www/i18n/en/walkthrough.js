// English words of the walk-throughs of a text and of its noise.

export const walkthrough = {
  walkthrough: {
    heading: "One text, step by step",
    intro: "The formula with the loaded model’s numbers, from tokens to the score of a site.",
    back: "Back",
    next: "Next step",
    another: "Next text",
    site: "Site",
    text: (number, of) => `text ${number} of ${of}`,
    stepOf: (step, of, title) => `Step ${step} of ${of}: ${title}`,
    waiting: "A text and its numbers appear here once the model is loaded.",
    computing: "The model is processing the text …",
    nothing: "This text has no token to predict, so its loss and gradient are zero. It adds 0 to the mean.",
    steps: {
      label: "Steps of the walkthrough",
      hide: {
        title: "Mask",
        explained:
          "The text is split into {tokens|token}. The {seed} selects about 15 % of them: most become [MASK], some a random token, some stay unchanged. The model’s input:",
      },
      guess: {
        title: "Predict",
        explained:
          "The model gives every vocabulary token a {logit}; {softmax} turns these into probabilities. Only the true token’s probability is used below.",
      },
      loss: {
        title: "Loss",
        explained: "The {loss} of a masked token is the negative logarithm of its true token’s probability. The text’s loss *Lᵢ* is their mean.",
      },
      gradient: {
        title: "Gradient",
        explained:
          "Backpropagation gives, for every {parameter}, the derivative of the loss. Shown are the first elements of one {tensor} of the selected site.",
      },
      square: {
        title: "Square",
        explained:
          "Squares drop the sign and emphasise large values. Squaring comes before averaging, because gradients of several texts would cancel.",
      },
      mean: {
        title: "Average",
        explained:
          "The {site} score of one text is the mean over the tensors just before it. Averaging over texts stabilises the scores and their order.",
      },
      bar: { title: "Score", explained: "Only the order of the scores determines the rates of [section 3](#rates)." },
    },
    /** Steps that differ where each next token is predicted. */
    causal: {
      hide: {
        title: "Tokens",
        explained:
          "The text is split into {tokens|token}. This model hides none of them: it reads from the left, and predicts every token but the first from those before it. The model’s input:",
      },
      loss: {
        title: "Loss",
        explained:
          "The {loss} of a token is the negative logarithm of the probability that the tokens before it gave it. The text’s loss *Lᵢ* is the mean of all but the first.",
      },
    },
    followed: (tokens, predicted) =>
      `${tokens} tokens, of which ${predicted} are predicted. There is no [MASK], and the {seed} changes nothing here.`,
    first: (shown, of) => `Shown: the first ${shown} of ${of}.`,
    trueToken: "true token: ",
    hidden: (ordinary, chosen, masked, random, kept) =>
      `${chosen} of ${ordinary} tokens are selected: ${masked} masked, ${random} randomly replaced, ${kept} unchanged.`,
    columns: {
      trueToken: "True token",
      seen: "Input",
      before: "Token before",
      probability: "Probability",
      guesses: "Top predictions",
      text: "Text",
      alone: "Score of this text",
      running: "Running mean",
      tensor: "Tensor",
      mean: "Mean of F",
    },
    right: (right, of) => `The top prediction is correct at ${right} of ${of} positions.`,
    loss: (value, vocabulary, chance) => `Mean: *Lᵢ* = ${value} {nats|nat}. Chance level with ${vocabulary} tokens: ${chance}.`,
    gradientOf: (tensor, rows, columns, shape) => `∂Lᵢ/∂θⱼ of ${tensor}: rows 1 to ${rows} and columns 1 to ${columns} of ${shape}`,
    squareOf: (tensor, rows, columns, shape) => `(∂Lᵢ/∂θⱼ)² of ${tensor}: rows 1 to ${rows} and columns 1 to ${columns} of ${shape}`,
    cell: (row, column) => `row ${row}, column ${column}`,
    negative: "negative",
    positive: "positive",
    fullShade: (largest) => `Darkest shade: ${largest}.`,
    square: (share, shown, all, value) => `The largest square is ${share} of the sum of the ${shown} shown. Mean over all ${all} elements: ${value}.`,
    addTexts: "Press *Next text* and watch the mean.",
    spread: (texts, ratio) => `Among ${texts} texts, the largest score is ${ratio} times the smallest.`,
    tensorsOf: (site) => `Tensors before ${site}`,
    barsAfter: (texts) => `Scores after ${texts} ${texts === 1 ? "text" : "texts"}, logarithmic scale`,
    score: (tensors, score, place, sites) => `Mean of ${tensors} tensors: score ${score}, rank *r* = ${place} of 0 to ${sites - 1}.`,
  },

  noise: {
    heading: "One site, 32 activations",
    intro:
      "Dropout in one training step: each {activation} is randomly dropped or kept. Kept activations are rescaled to preserve the expected value.",
    rate: "Rate",
    kind: "Noise",
    kinds: { dropout: "dropout", gaussian: "Gaussian" },
    site: "Site",
    draw: "Resample",
    drawMany: "100 more draws",
    before: "before: h",
    after: "after: h̃",
    dropped: (dropped, of, factor) => `*${dropped} of ${of}* activations are dropped; the others are multiplied by 1/(1 − *p*) = ${factor}.`,
    gaussian: (sigma) =>
      `Each activation is multiplied by a sample of N(1, *σ*²) with *σ* = √(*p*/(1 − *p*)) = ${sigma}. Mean and variance equal those of dropout, but no activation is zeroed.`,
    means: (before, after, draws, average) =>
      `Mean before: ${before}. After: ${after}.${draws === "1" ? "" : ` Average over ${draws} draws: ${average}.`}`,
    imagined: "Illustration with random activations until the model is loaded.",
    real: (site) =>
      `First activations at ${site}, second token of the first text, in the loaded model. The noise is illustrative; training samples its own.`,
    columns: { unit: "Activation", before: "Before", multiplier: "Multiplier", after: "After" },
  },
};
