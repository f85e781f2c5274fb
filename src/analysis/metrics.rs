//! Metrics of predictions: accuracy, macro-F1 and Matthews correlation for classes, Pearson and Spearman for scores.
//!
//! The figures are those of scikit-learn and SciPy, degenerate inputs included, with one difference: a correlation that is
//! not defined (a constant, fewer than two pairs, a number that is not finite) is `None` where theirs is NaN.
//!
//! Every function takes the truth first. The two sides have one entry per example; different lengths are a bug in the
//! caller and panic.

/// Metrics that are fractions, of which one point is a hundredth.
pub const FRACTION_METRICS: [&str; 2] = ["accuracy", "macro_f1"];

/// The largest difference that a metric can have: fractions are from 0 to 1, correlations from −1 to 1.
pub fn widest_difference(metric: &str) -> f64 {
    if FRACTION_METRICS.contains(&metric) { 1.0 } else { 2.0 }
}

/// A metric's name in a sentence.
pub fn in_sentence(metric: &str) -> &str {
    match metric {
        "macro_f1" => "macro-F1",
        "matthews" => "Matthews correlation",
        "pearson" => "Pearson correlation",
        "spearman" => "Spearman correlation",
        _ => metric,
    }
}

/// The fraction of correct predictions; 0 of none.
pub fn accuracy(truth: &[usize], predicted: &[usize]) -> f64 {
    assert_eq!(truth.len(), predicted.len(), "one prediction per example");
    let right = truth.iter().zip(predicted).filter(|(truth, predicted)| truth == predicted).count();
    right as f64 / truth.len().max(1) as f64
}

/// Counts of examples, `[truth][predicted]`, for classes `0..labels`.
///
/// # Panics
///
/// When a class is not below `labels`.
pub fn confusion(labels: usize, truth: &[usize], predicted: &[usize]) -> Vec<Vec<usize>> {
    assert_eq!(truth.len(), predicted.len(), "one prediction per example");
    let mut counts = vec![vec![0; labels]; labels];
    for (&truth, &predicted) in truth.iter().zip(predicted) {
        counts[truth][predicted] += 1;
    }
    counts
}

/// Precision, recall and F1 of each class of a confusion matrix, `[truth][predicted]`; `None` of a class that is neither true nor predicted anywhere.
///
/// A quotient of nothing is 0, as scikit-learn's with `zero_division=0`: the precision of a class that is never predicted, the recall of one that is never true.
///
/// # Panics
///
/// When a row is shorter than there are rows.
pub fn by_class(confusion: &[Vec<usize>]) -> Vec<Option<[f64; 3]>> {
    let of_class = |class: usize| {
        let right = confusion[class][class] as f64;
        let examples = confusion[class].iter().sum::<usize>() as f64;
        let predictions = confusion.iter().map(|row| row[class]).sum::<usize>() as f64;
        let quotient = |of: f64| if of == 0.0 { 0.0 } else { right / of };
        let f1 = 2.0 * right / (examples + predictions);
        (examples + predictions > 0.0).then(|| [quotient(predictions), quotient(examples), f1])
    };
    (0..confusion.len()).map(of_class).collect()
}

/// For each class that occurs: examples right, examples of it, predictions of it.
fn class_totals(truth: &[usize], predicted: &[usize]) -> Vec<[f64; 3]> {
    let labels = truth.iter().chain(predicted).max().map_or(0, |&class| class + 1);
    let confusion = confusion(labels, truth, predicted);
    (0..labels)
        .map(|class| {
            let predictions: usize = confusion.iter().map(|row| row[class]).sum();
            let examples: usize = confusion[class].iter().sum();
            [confusion[class][class] as f64, examples as f64, predictions as f64]
        })
        .filter(|[_, examples, predictions]| examples + predictions > 0.0)
        .collect()
}

/// The mean of the classes' F1, over the classes that are true or predicted somewhere; 0 of none.
///
/// F1 = 2 · right / (examples + predictions): 0 for a class that is never predicted, or only where it is not true.
pub fn macro_f1(truth: &[usize], predicted: &[usize]) -> f64 {
    let totals = class_totals(truth, predicted);
    let sum: f64 = totals.iter().map(|[right, examples, predictions]| 2.0 * right / (examples + predictions)).sum();
    sum / totals.len().max(1) as f64
}

/// Matthews' correlation for any number of classes: R_K of Gorodkin (2004), eq. 8.
///
/// With n examples, c of them right, tₖ of class k and pₖ predicted as k:
/// (c·n − Σ tₖ·pₖ) / √((n² − Σ pₖ²)·(n² − Σ tₖ²)). For two classes it is the usual φ. It is 0 where a factor of the root is, that is when only
/// one class is true or only one is predicted.
pub fn matthews(truth: &[usize], predicted: &[usize]) -> f64 {
    let totals = class_totals(truth, predicted);
    let n = truth.len() as f64;
    let sum = |term: fn(&[f64; 3]) -> f64| totals.iter().map(term).sum::<f64>();
    let covariance = sum(|[right, ..]| *right) * n - sum(|[_, t, p]| t * p);
    let spread = (n * n - sum(|[_, _, p]| p * p)) * (n * n - sum(|[_, t, _]| t * t));
    if spread == 0.0 { 0.0 } else { covariance / spread.sqrt() }
}

/// Pearson's correlation of two lists of numbers.
///
/// `None` with fewer than two pairs, when one side is constant, or when a number is not finite.
pub fn pearson(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    assert_eq!(truth.len(), predicted.len(), "one prediction per example");
    let x = standardised(truth)?;
    let y = standardised(predicted)?;
    let correlation: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
    Some(correlation.clamp(-1.0, 1.0))
}

/// Deviations from the mean, of length one.
fn standardised(values: &[f64]) -> Option<Vec<f64>> {
    let first = values.first()?;
    // Asked of the values themselves: rounding leaves a constant's deviations from its mean not quite zero.
    if values.iter().any(|value| !value.is_finite()) || values.iter().all(|value| value == first) {
        return None;
    }
    // Halves, since the difference of two finite numbers may not be finite.
    let mean = values.iter().map(|value| value / 2.0 / values.len() as f64).sum::<f64>();
    let largest = values.iter().map(|value| (value / 2.0 - mean).abs()).fold(0.0, f64::max);
    // Scaled, since a square may be too large or too small for a double.
    let scaled: Vec<f64> = values.iter().map(|value| (value / 2.0 - mean) / largest).collect();
    let length = scaled.iter().map(|value| value * value).sum::<f64>().sqrt();
    Some(scaled.into_iter().map(|value| value / length).collect())
}

/// Spearman's rank correlation: Pearson's of the ranks, where ties share the mean of their ranks.
///
/// `None` where [`pearson`] of the ranks is.
pub fn spearman(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    pearson(&average_ranks(truth)?, &average_ranks(predicted)?)
}

/// One-based ranks, lowest first; ties share the mean of theirs. `None` when a number is not finite.
pub fn average_ranks(values: &[f64]) -> Option<Vec<f64>> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for ties in order.chunk_by(|&a, &b| values[a] == values[b]) {
        for &index in ties {
            ranks[index] = below as f64 + (ties.len() + 1) as f64 / 2.0;
        }
        below += ties.len();
    }
    Some(ranks)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Sums of a few hundred doubles in another order than NumPy's: 1e-12 is far above that and far below any effect.
    const TOLERANCE: f64 = 1e-12;

    fn golden() -> Value {
        serde_json::from_str(include_str!("../../tests/fixtures/stats.json")).unwrap()
    }

    fn classes(value: &Value) -> Vec<usize> {
        value.as_array().unwrap().iter().map(|class| class.as_u64().unwrap() as usize).collect()
    }

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    }

    #[track_caller]
    fn assert_close(got: f64, expected: &Value) {
        let expected = expected.as_f64().unwrap();
        assert!((got - expected).abs() < TOLERANCE, "got {got}, expected {expected}");
    }

    #[test]
    fn class_metrics_agree_with_scikit_learn() {
        let golden = golden();
        let cases = golden["classification"].as_array().unwrap();
        assert_eq!(cases.len(), 6);
        for case in cases {
            let (truth, predicted) = (classes(&case["truth"]), classes(&case["predicted"]));
            assert_close(accuracy(&truth, &predicted), &case["accuracy"]);
            assert_close(macro_f1(&truth, &predicted), &case["macro_f1"]);
            assert_close(matthews(&truth, &predicted), &case["matthews"]);
            let expected: Vec<Vec<usize>> = case["confusion"].as_array().unwrap().iter().map(classes).collect();
            assert_eq!(confusion(6, &truth, &predicted), expected);
            let by_class = by_class(&expected);
            for (class, scores) in by_class.iter().enumerate() {
                let occurs = truth.contains(&class) || predicted.contains(&class);
                assert_eq!(scores.is_some(), occurs, "class {class}");
                for (name, score) in ["precision", "recall", "f1"].iter().zip(scores.iter().flatten()) {
                    assert_close(*score, &case["by_class"][name][class]);
                }
            }
        }
    }

    #[test]
    fn correlations_agree_with_scipy() {
        let golden = golden();
        for case in golden["correlation"].as_array().unwrap() {
            let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
            assert_close(pearson(&a, &b).unwrap(), &case["pearson"]);
            assert_close(spearman(&a, &b).unwrap(), &case["spearman"]);
        }
    }

    #[test]
    fn tied_values_share_the_mean_of_their_ranks() {
        assert_eq!(average_ranks(&[3.0, 1.0, 3.0, -0.0, 0.0, 3.0]).unwrap(), [5.0, 3.0, 5.0, 1.5, 1.5, 5.0]);
    }

    #[test]
    fn degenerate_classes_are_defined() {
        assert_eq!((accuracy(&[], &[]), macro_f1(&[], &[]), matthews(&[], &[])), (0.0, 0.0, 0.0));
        assert_eq!(matthews(&[1, 1, 1], &[1, 1, 1]), 0.0);
        assert_eq!(matthews(&[0, 1, 1], &[1, 1, 1]), 0.0);
        assert_eq!(matthews(&[0, 1], &[1, 0]), -1.0);
        assert_eq!(macro_f1(&[1, 1, 1], &[1, 1, 1]), 1.0);
        assert!(confusion(0, &[], &[]).is_empty());
    }

    #[test]
    fn undefined_correlations_are_none() {
        for (a, b) in [
            (vec![], vec![]),
            (vec![1.0], vec![2.0]),
            (vec![0.1, 0.1, 0.1], vec![1.0, 2.0, 3.0]), // the mean of three 0.1 is not 0.1
            (vec![1.0, 2.0], vec![f64::NAN, 1.0]),
            (vec![1.0, f64::INFINITY], vec![0.0, 1.0]),
        ] {
            assert_eq!(pearson(&a, &b), None);
            assert_eq!(spearman(&a, &b), None);
        }
    }

    #[test]
    fn correlation_survives_extreme_numbers() {
        assert_eq!(pearson(&[f64::MAX, f64::MIN], &[1e-300, 2e-300]).map(f64::round), Some(-1.0));
        let tiny = pearson(&[1e-310, 2e-310, 3e-310], &[1.0, 2.0, 3.0]).unwrap();
        assert!((tiny - 1.0).abs() < 1e-9, "{tiny}");
    }

    proptest! {
        #[test]
        fn class_metrics_do_not_depend_on_order_or_names(
            pairs in prop::collection::vec((0_usize..5, 0_usize..5), 1..60),
            rotation in 0_usize..60,
        ) {
            let (truth, predicted): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
            let mut rotated = pairs.clone();
            rotated.rotate_left(rotation % pairs.len());
            let (t, p): (Vec<_>, Vec<_>) = rotated.into_iter().map(|(t, p)| (4 - t, 4 - p)).unzip();
            prop_assert!((accuracy(&truth, &predicted) - accuracy(&t, &p)).abs() < TOLERANCE);
            prop_assert!((macro_f1(&truth, &predicted) - macro_f1(&t, &p)).abs() < TOLERANCE);
            prop_assert!((matthews(&truth, &predicted) - matthews(&t, &p)).abs() < TOLERANCE);
            prop_assert!(matthews(&truth, &predicted).abs() <= 1.0 + TOLERANCE);
        }

        #[test]
        fn correlations_are_none_or_within_bounds(
            pairs in prop::collection::vec((any::<f64>(), any::<f64>()), 0..30),
        ) {
            let (a, b): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            for correlation in [pearson(&a, &b), spearman(&a, &b)].into_iter().flatten() {
                prop_assert!((-1.0..=1.0).contains(&correlation), "{correlation}");
            }
        }

        #[test]
        fn rank_correlation_ignores_monotone_maps(
            pairs in prop::collection::vec((-9_i32..9, -9_i32..9), 2..30),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).unzip();
            let cubed: Vec<f64> = a.iter().map(|a| a.powi(3) + 2.0).collect();
            prop_assert_eq!(spearman(&a, &b), spearman(&cubed, &b));
        }
    }
}
