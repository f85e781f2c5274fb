//! Against SciPy (`scripts/stats_golden.py`), in the degenerate cases, and over any input.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/stats.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[track_caller]
fn assert_close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance * expected.abs().max(1.0), "got {got}, expected {expected}");
}

// Tolerances: 1e-12 for plain sums; 1e-9 where a distribution function is integrated, whose own error is about 1e-12.

#[test]
fn intervals_p_and_effect_agree_with_scipy() {
    let golden = golden();
    let cases = golden["paired"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let comparison = compare_paired(&numbers(&case["differences"]), 0);
        let expected = numbers(&case["t_interval"]);
        let [low, high] = comparison.ci95.unwrap();
        assert_close(low, expected[0], 1e-11);
        assert_close(high, expected[1], 1e-11);
        // A count out of 2^n, so the tolerance is only for the division.
        assert_close(comparison.p_value.unwrap(), number(&case["permutation_p"]), 1e-15);
        assert_close(comparison.effect_size.unwrap(), number(&case["cohens_dz"]), 1e-12);
        assert_eq!(comparison.seeds_needed, Some(number(&case["seeds_needed"]) as usize));
        assert_eq!(comparison.note(), None);
    }
}

#[test]
fn permutation_of_many_is_exact() {
    let golden = golden();
    let case = &golden["permutation_of_20"];
    let p = permutation_p(&numbers(&case["differences"]), 0).unwrap();
    assert_close(p, number(&case["permutation_p"]), 1e-15);
}

#[test]
fn t_test_agrees_with_the_closed_form() {
    // Three degrees of freedom: p = 1 − 2/π · (atan x + x / (1 + x²)), x = t / √3.
    let differences = [1.0, 2.0, 3.0, 4.0];
    for factor in [1.0, 1.5] {
        let x = 2.5 / (factor * (5.0 / 3.0_f64).sqrt() / 2.0) / 3.0_f64.sqrt();
        let expected = 1.0 - 2.0 / std::f64::consts::PI * (x.atan() + x / (1.0 + x * x));
        assert_close(t_test_p(&differences, factor).unwrap(), expected, 1e-11);
    }
    assert_eq!(t_test_p(&[1.0, 1.0], 1.0), None);
}

#[test]
fn sampled_permutation_comes_near_to_the_exact_one() {
    // A sum of ones with random signs is binomial: P(|40 − 2k| ≥ 12), k of them negative.
    let differences: Vec<f64> = (0..40).map(|index| if index < 26 { 1.0 } else { -1.0 }).collect();
    let exact = 0.080_690_467_751_992_4; // Python: sum(math.comb(40, k) for k in range(41) if abs(40 - 2 * k) >= 12) / 2**40
    for seed in 0..4 {
        // Five standard errors of 20,000 draws; half of this p, which one-sided would give, is far away.
        let tolerance = 5.0 * (exact * (1.0 - exact) / SIGN_FLIPS as f64).sqrt();
        let sampled = permutation_p(&differences, seed).unwrap();
        assert!((sampled - exact).abs() < tolerance, "got {sampled}, expected {exact}");
    }
    assert_eq!(permutation_p(&differences, 1), permutation_p(&differences, 1));
}

#[test]
fn sampled_permutation_is_never_zero_and_flips_every_difference_by_itself() {
    assert_eq!(permutation_p(&[1.0; 40], 3), Some(1.0 / (SIGN_FLIPS + 1) as f64));
    // If difference 64 + i shared its sign with difference i, these two halves would cancel in every flip.
    let halves: Vec<f64> = (0..128).map(|index| if index < 64 { 1.0 } else { -1.0 }).collect();
    let mut uneven = halves.clone();
    uneven[0] = 9.0; // so that the observed sum, 8, is above what cancelled halves could reach but in one bit
    assert!(permutation_p(&uneven, 3).unwrap() < 0.9);
    assert_eq!(permutation_p(&halves, 3), Some(1.0));
}

#[test]
fn ties_with_the_observed_mean_count_in_spite_of_rounding() {
    // All 16 flips of a mean of 0 are as extreme; compared without slack, 14 are.
    assert_eq!(permutation_p(&[0.1, 0.2, -0.2, -0.1], 0), Some(1.0));
    // |0.1 + 0.3 − 0.1 + 0.3| = 0.6 is reached by 6 of 16; without slack by 4.
    assert_eq!(permutation_p(&[0.1, 0.3, -0.1, 0.3], 0), Some(6.0 / 16.0));
    assert_eq!(permutation_p(&[0.1, 0.2, 0.3], 0), Some(0.25));
    assert_eq!(permutation_p(&[0.3, 0.2, 0.1, 0.6, 0.6], 0), Some(2.0 / 32.0));
}

#[test]
fn noncentral_t_agrees_with_scipy() {
    let golden = golden();
    for case in golden["noncentral_t"].as_array().unwrap() {
        let degrees = number(&case["degrees"]) as usize;
        let got = noncentral_t_cdf(number(&case["t"]), degrees, number(&case["shift"]));
        assert_close(got, number(&case["cdf"]), 1e-9);
    }
    for case in golden["t_quantile"].as_array().unwrap() {
        assert_close(t_critical(number(&case["degrees"]) as usize, SIGNIFICANCE), number(&case["t"]), 1e-9);
    }
    for case in golden["power"].as_array().unwrap() {
        let (seeds, significance) = (number(&case["n"]) as usize, number(&case["significance"]));
        let got = power(number(&case["dz"]), seeds, t_critical(seeds - 1, significance));
        assert_close(got, number(&case["power"]), 1e-9);
    }
}

/// However far the first guess is off: for small samples it is by half.
#[test]
fn one_seed_fewer_than_needed_has_too_little_power() {
    let power = |dz: f64, seeds: usize, level: f64| power(dz, seeds, t_critical(seeds - 1, level));
    for step in 0..60 {
        let dz = 0.02 * 1.13_f64.powi(step) * if step % 2 == 0 { 1.0 } else { -1.0 };
        for level in [0.05, 0.05 / 7.0, 0.05 / 156.0] {
            let seeds = seeds_needed(dz, level).unwrap();
            assert!(power(dz, seeds, level) >= POWER, "{dz} at {level}: {seeds}");
            assert!(seeds == 2 || power(dz, seeds - 1, level) < POWER, "{dz} at {level}: {seeds}");
        }
    }
}

#[test]
fn seeds_needed_is_the_least_with_enough_power() {
    let golden = golden();
    for case in golden["seeds_needed"].as_array().unwrap() {
        assert_eq!(
            seeds_needed(number(&case["dz"]), number(&case["significance"])),
            Some(number(&case["seeds"]) as usize),
            "{case}"
        );
    }
    assert_eq!(seeds_needed(1e6, SIGNIFICANCE), Some(2));
    for dz in [0.0, -0.0, 1e-4, f64::NAN, f64::INFINITY] {
        assert_eq!(seeds_needed(dz, SIGNIFICANCE), None);
    }
}

#[test]
fn holm_agrees_with_the_step_down_formula() {
    let golden = golden();
    for case in golden["holm"].as_array().unwrap() {
        let adjusted = holm(&numbers(&case["p"]));
        for (got, expected) in adjusted.iter().zip(numbers(&case["adjusted"])) {
            assert_close(*got, expected, 1e-15);
        }
    }
    assert!(holm(&[]).is_empty());
    assert_eq!(holm(&[f64::NAN, 0.01]), [1.0, 0.02]);
}

#[test]
fn kendall_agrees_with_scipy() {
    let golden = golden();
    for case in golden["correlation"].as_array().unwrap() {
        let tau = kendall_tau_b(&numbers(&case["a"]), &numbers(&case["b"])).unwrap();
        assert_close(tau, number(&case["kendall_tau_b"]), 1e-12);
    }
    assert_eq!(kendall_tau_b(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(kendall_tau_b(&[], &[]), None);
    assert_eq!(kendall_tau_b(&[1.0, f64::NAN], &[1.0, 2.0]), None);
}

#[test]
fn degenerate_comparisons_give_words() {
    let words = |differences: &[f64]| {
        let comparison = compare_paired(differences, 0);
        assert_eq!((comparison.ci95, comparison.effect_size), (None, None));
        assert_eq!(comparison.seeds_needed, None);
        (comparison.seeds, comparison.mean_difference, comparison.p_value, comparison.note().unwrap())
    };
    assert_eq!(words(&[]), (0, 0.0, None, "no pair of runs to compare".to_string()));
    let note = "one pair has no spread: no interval, test or effect size".to_string();
    assert_eq!(words(&[0.25]), (1, 0.25, None, note));
    assert_eq!(words(&[0.0; 4]), (4, 0.0, Some(1.0), "all 4 pairs are equal".to_string()));
    let note = "all 3 differences are the same: no interval or effect size".to_string();
    assert_eq!(words(&[0.5; 3]), (3, 0.5, Some(0.25), note.clone()));
    // The same but for rounding.
    let (seeds, _, p_value, rounded_note) = words(&[0.82 - 0.80, 0.72 - 0.70, 0.92 - 0.90]);
    assert_eq!((seeds, p_value, rounded_note), (3, Some(0.25), note));
    let note = "no pair of runs to compare; 2 differences are not finite and were left out".to_string();
    assert_eq!(words(&[f64::NAN, f64::INFINITY]), (0, 0.0, None, note));
}

#[test]
fn effects_beyond_any_number_of_seeds_are_named() {
    let balanced = compare_paired(&[0.5, -0.5], 0);
    assert_eq!((balanced.effect_size, balanced.seeds_needed), (Some(0.0), None));
    assert_eq!(balanced.note().as_deref(), Some("the mean difference is exactly 0"));
    let faint = compare_paired(&[0.5, -0.4999], 0);
    assert_eq!(faint.seeds_needed, None);
    assert_eq!(faint.note().as_deref(), Some("the effect is too small for 100000 seeds to show"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn comparisons_are_never_nan_or_infinite(
        differences in prop::collection::vec(any::<f64>(), 0..12),
        seed in any::<u64>(),
    ) {
        let comparison = compare_paired(&differences, seed);
        let PairedComparison { mean_difference, ci95, p_value, effect_size, equivalence, .. } = comparison;
        let all = [Some(mean_difference), p_value, effect_size, equivalence.map(|e| e.p_value)].into_iter().flatten();
        for value in all.chain(ci95.into_iter().flatten()).chain(equivalence.into_iter().flat_map(|e| e.ci90)) {
            prop_assert!(value.is_finite());
        }
    }

    #[test]
    fn swapping_the_arms_mirrors_the_comparison(
        differences in prop::collection::vec(-1.0_f64..1.0, 2..10),
    ) {
        let [ours, theirs] = [1.0, -1.0].map(|sign| {
            compare_paired(&differences.iter().map(|difference| sign * difference).collect::<Vec<_>>(), 1)
        });
        prop_assert_eq!(ours.p_value, theirs.p_value);
        prop_assert_eq!(ours.seeds_needed, theirs.seeds_needed);
        prop_assert_eq!(ours.mean_difference, -theirs.mean_difference);
        let ([low, high], [mirrored_high, mirrored_low]) = (ours.ci95.unwrap(), theirs.ci95.unwrap());
        prop_assert_eq!([low, high], [-mirrored_low, -mirrored_high]);
    }

    #[test]
    fn holm_keeps_order_and_only_raises(p_values in prop::collection::vec(0.0_f64..=1.0, 0..12)) {
        let adjusted = holm(&p_values);
        for (index, (p, corrected)) in p_values.iter().zip(&adjusted).enumerate() {
            prop_assert!(corrected >= p && *corrected <= 1.0);
            for (other, other_corrected) in p_values.iter().zip(&adjusted).skip(index) {
                prop_assert!(p >= other || corrected <= other_corrected);
            }
        }
    }
}
