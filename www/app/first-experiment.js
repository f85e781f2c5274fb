// The experiment that the page opens with: small enough to wait for, long enough that every arm settles.

/**
 * Values of settings that are not the core's defaults. Rows, rates and lengths belong together: a quarter of half of the sample is 57 rows, on which
 * batch 4, rate 6e-4 and 12 epochs settle (docs/method.md, section 5). The reader's own file gets the core's defaults instead.
 */
export const FIRST_EXPERIMENT = {
  sample: "opinions",
  test_fraction: 0.5,
  fractions: [0.25],
  epochs: 12,
  evaluate_every: 4,
  learning_rate: 6e-4,
  batch_size: 4,
};
