//! What a handful of paired runs can and cannot show.
//!
//! Runs are paired by seed: both arms of a pair share split, initial head, batch order and steps, so their *difference*
//! is the datum. For n differences d with mean d̄ and standard deviation s (n − 1 in the denominator):
//!
//! * interval: d̄ ± t₀.₉₇₅,ₙ₋₁ · s / √n (Student 1908), and the percentile bootstrap (Efron 1979) beside it;
//! * p: sign flips, exact up to 16 differences (Fisher 1935). Under "no difference", d and −d are equally likely;
//! * effect: d_z = d̄ / s (Cohen 1988);
//! * seeds needed: the least n at which a two-sided paired t-test at 5 % finds this d_z with 80 % power, from the noncentral
//!   t distribution;
//! * several comparisons shown together: Holm (1979).
//!
//! Degenerate inputs give `None` and words, never NaN. The sign-flip test cannot go below 2/2ⁿ, so five seeds or fewer can
//! never reach p < 0.05, whatever they show; [`verdict()`] says so where it matters.

mod verdict;

pub use verdict::{Contrast, VerdictInput, verdict};

use crate::metrics::average_ranks;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;
use std::f64::consts::{LN_2, PI};

/// The two-sided level of every test and, as its complement, of every interval.
pub const SIGNIFICANCE: f64 = 0.05;
/// The power that [`seeds_needed`] asks for.
pub const POWER: f64 = 0.8;
/// [`seeds_needed`] looks no further.
pub const MAXIMUM_SEEDS: usize = 100_000;
/// Up to this many differences every sign flip is tried.
pub const MAXIMUM_EXACT: usize = 16;
/// Above that, so many random ones are.
pub const SIGN_FLIPS: usize = 20_000;
/// Resamples of the bootstrap.
pub const RESAMPLES: usize = 10_000;
/// With fewer pairs no verdict is given.
pub const MINIMUM_SEEDS: usize = 3;

/// How one arm differs from another over the seeds that both have finished.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairedComparison {
    /// Pairs compared.
    pub seeds: usize,
    /// Mean of arm minus baseline; 0 of no pairs.
    pub mean_difference: f64,
    /// 95 % interval of the mean, by Student's t.
    pub ci95: Option<[f64; 2]>,
    /// 95 % interval of the mean, by the percentile bootstrap.
    pub bootstrap95: Option<[f64; 2]>,
    /// Two-sided p of the sign-flip permutation test, not corrected for other comparisons.
    pub p_value: Option<f64>,
    /// Cohen's d_z.
    pub effect_size: Option<f64>,
    /// Seeds at which a paired t-test would find this effect with 80 % power.
    pub seeds_needed: Option<usize>,
    /// Why something is absent, in words.
    pub note: Option<String>,
}

/// Compares paired differences (arm minus baseline, one per seed); `seed` is for what is resampled.
///
/// Differences that are not finite count as missing.
pub fn compare_paired(differences: &[f64], seed: u64) -> PairedComparison {
    let finite: Vec<f64> = differences.iter().copied().filter(|difference| difference.is_finite()).collect();
    let seeds = finite.len();
    let spread = spread(&finite);
    let effect_size = cohens_dz(&finite);
    let seeds_needed = effect_size.and_then(seeds_needed);
    let mut notes = Vec::new();
    match spread {
        _ if seeds == 0 => notes.push("no pair of runs to compare".to_string()),
        _ if seeds == 1 => notes.push("one pair has no spread: no interval, test or effect size".to_string()),
        _ if finite.iter().all(|&difference| difference == 0.0) => notes.push(format!("all {seeds} pairs are equal")),
        Some(_) if effect_size == Some(0.0) => notes.push("the mean difference is exactly 0".to_string()),
        Some(_) if seeds_needed.is_none() => {
            notes.push(format!("the effect is too small for {MAXIMUM_SEEDS} seeds to show"));
        }
        Some(_) => {}
        None => notes.push(format!("all {seeds} differences are the same: no interval or effect size")),
    }
    if seeds < differences.len() {
        notes.push(format!("{} differences are not finite and were left out", differences.len() - seeds));
    }
    PairedComparison {
        seeds,
        mean_difference: mean(&finite),
        ci95: t_interval(&finite),
        bootstrap95: bootstrap_interval(&finite, RESAMPLES, seed),
        p_value: if seeds < 2 { None } else { permutation_p(&finite, seed) },
        effect_size,
        seeds_needed,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

/// The mean; 0 of nothing.
fn mean(values: &[f64]) -> f64 {
    // Divided first, since a sum of finite numbers may not be finite.
    values.iter().map(|value| value / values.len() as f64).sum()
}

/// The standard deviation, with n − 1. `None` when there is none: fewer than two values, or all the same.
fn spread(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values);
    let sum: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (sum / (values.len() - 1) as f64).sqrt();
    // 0.82 − 0.80 and 0.72 − 0.70 differ in their last bits: a spread of that order is rounding, not variance.
    (deviation.is_finite() && deviation > mean.abs() * 1e-9).then_some(deviation)
}

/// The 95 % interval of the mean by Student's t. `None` without spread.
pub fn t_interval(differences: &[f64]) -> Option<[f64; 2]> {
    let standard_error = spread(differences)? / (differences.len() as f64).sqrt();
    let half = t_critical(differences.len() - 1) * standard_error;
    let mean = mean(differences);
    Some([mean - half, mean + half])
}

/// The 95 % interval of the mean by the percentile bootstrap. `None` without spread.
///
/// Percentiles are interpolated linearly, as NumPy does. With few differences it is narrower than it should be, which
/// is why the t interval is the one that decides.
pub fn bootstrap_interval(differences: &[f64], resamples: usize, seed: u64) -> Option<[f64; 2]> {
    spread(differences)?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let count = differences.len();
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| (0..count).map(|_| differences[random.random_range(0..count)]).sum::<f64>() / count as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    let percentile = |share: f64| {
        let position = share * means.len().checked_sub(1)? as f64;
        let (below, above) = (means[position.floor() as usize], means[position.ceil() as usize]);
        Some(below + (above - below) * position.fract())
    };
    Some([percentile(SIGNIFICANCE / 2.0)?, percentile(1.0 - SIGNIFICANCE / 2.0)?])
}

/// The two-sided p of the sign-flip permutation test on the mean. `None` of nothing, or of what is not finite.
///
/// Exact over all 2ⁿ flips for n ≤ 16; else by random flips, where the observed one counts too, so that p is never 0
/// (Phipson and Smyth 2010).
pub fn permutation_p(differences: &[f64], seed: u64) -> Option<f64> {
    let reach: f64 = differences.iter().map(|difference| difference.abs()).sum();
    if differences.is_empty() || !reach.is_finite() {
        return None;
    }
    // Sums in another order differ in their last bits; without slack a tie with the observed sum would not count.
    let observed = differences.iter().sum::<f64>().abs() - reach * 1e-12;
    // One bit of a word per difference.
    let is_as_extreme = |flips: &mut dyn FnMut() -> u64| {
        let flipped = differences.chunks(64).map(|chunk| {
            let word = flips();
            chunk.iter().enumerate().map(|(bit, d)| if word >> bit & 1 == 1 { -d } else { *d }).sum::<f64>()
        });
        flipped.sum::<f64>().abs() >= observed
    };
    if differences.len() <= MAXIMUM_EXACT {
        let flips = 1_u64 << differences.len();
        let extreme = (0..flips).filter(|&word| is_as_extreme(&mut || word)).count();
        return Some(extreme as f64 / flips as f64);
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let extreme = (0..SIGN_FLIPS).filter(|_| is_as_extreme(&mut || random.random())).count();
    Some((extreme + 1) as f64 / (SIGN_FLIPS + 1) as f64)
}

/// Cohen's d_z: the mean difference in standard deviations of the differences. `None` without spread.
pub fn cohens_dz(differences: &[f64]) -> Option<f64> {
    Some(mean(differences) / spread(differences)?)
}

/// The least number of seeds at which a two-sided paired t-test at 5 % finds the effect `dz` with 80 % power.
///
/// `None` when the effect is 0 or undefined, or when more than [`MAXIMUM_SEEDS`] would be needed.
pub fn seeds_needed(dz: f64) -> Option<usize> {
    if !dz.is_finite() || dz == 0.0 || power(dz, MAXIMUM_SEEDS) < POWER {
        return None;
    }
    // Power grows with n: halve the bracket (too few, enough].
    let (mut too_few, mut enough) = (1, MAXIMUM_SEEDS);
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if power(dz, middle) < POWER {
            too_few = middle;
        } else {
            enough = middle;
        }
    }
    Some(enough)
}

/// The power of a two-sided paired t-test at 5 % for the effect `dz` with `seeds` pairs, at least two.
fn power(dz: f64, seeds: usize) -> f64 {
    let degrees = seeds - 1;
    let critical = t_critical(degrees);
    let shift = dz.abs() * (seeds as f64).sqrt();
    1.0 - noncentral_t_cdf(critical, degrees, shift) + noncentral_t_cdf(-critical, degrees, shift)
}

/// t₀.₉₇₅ for that many degrees of freedom, at least one.
fn t_critical(degrees: usize) -> f64 {
    let nu = degrees as f64;
    let ln_scale = ln_gamma((nu + 1.0) / 2.0) - ln_gamma(nu / 2.0) - 0.5 * (nu * PI).ln();
    let density = |t: f64| (ln_scale - (nu + 1.0) / 2.0 * (t * t / nu).ln_1p()).exp();
    // Newton from below the root: the distribution function is concave there, so the steps rise to the root and end.
    let mut t = 1.95;
    for _ in 0..50 {
        let step = (1.0 - SIGNIFICANCE / 2.0 - noncentral_t_cdf(t, degrees, 0.0)) / density(t);
        t += step;
        if step.abs() < 1e-12 * t {
            break;
        }
    }
    t
}

/// P(T ≤ t) of the noncentral t distribution: T = (Z + shift) / U, where Z is normal and U = √(χ²_ν / ν).
///
/// The defining integral ∫ Φ(t·u − shift) f_U(u) du, by Gauss and Legendre's five points on each of 200 panels, over the
/// range outside which f_U is below 1e-16. The integrand is smooth within it: good to about 1e-13.
fn noncentral_t_cdf(t: f64, degrees: usize, shift: f64) -> f64 {
    const PANELS: usize = 200;
    /// Abscissas and weights on [−1, 1] (Abramowitz and Stegun, table 25.4).
    const POINTS: [(f64, f64); 5] = [
        (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.0, 0.568_888_888_888_888_9),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.906_179_845_938_664, 0.236_926_885_056_189_1),
    ];
    let nu = degrees as f64;
    // U is near normal with deviation 1 / √(2ν), but with one degree of freedom it is |Z|: hence twice as far there.
    let reach = 9.0 / (2.0 * nu).sqrt() * (1.0 + 1.0 / nu);
    let low = (1.0 - reach).max(0.0);
    let half_panel = (1.0 + reach - low) / PANELS as f64 / 2.0;
    // ln of 2 (ν/2)^(ν/2) / Γ(ν/2)
    let ln_scale = LN_2 + nu / 2.0 * (nu / 2.0).ln() - ln_gamma(nu / 2.0);
    let integrand = |u: f64| (ln_scale + (nu - 1.0) * u.ln() - nu * u * u / 2.0).exp() * normal_cdf(t * u - shift);
    let panel = |index: usize| {
        let middle = low + half_panel * (2 * index + 1) as f64;
        POINTS.iter().map(|(abscissa, weight)| weight * integrand(middle + half_panel * abscissa)).sum::<f64>()
    };
    ((0..PANELS).map(panel).sum::<f64>() * half_panel).clamp(0.0, 1.0)
}

/// Φ by its power series about 0 (Marsaglia 2004), good to 1e-15 absolutely; beyond ±8 it is 0 or 1 to that precision.
fn normal_cdf(x: f64) -> f64 {
    if x.abs() > 8.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut sum, mut term, mut odd) = (x, x, 1.0);
    while term.abs() > sum.abs() * 1e-17 {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / (2.0 * PI).sqrt()
}

/// ln Γ(x) for x > 0: Stirling's series, reached from small x by Γ(x + 1) = x Γ(x).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut correction) = (x, 0.0);
    while x < 12.0 {
        correction -= x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)))) / x;
    correction + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series
}

/// Holm's adjusted p-values, in the order given: compare each with 0.05.
///
/// The smallest of m is multiplied by m, the next by m − 1, and so on; none may be below one that was smaller.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        // `min` also turns NaN, which claims nothing, into 1.
        least = least.max((p_values[index] * (p_values.len() - rank) as f64).min(1.0));
        adjusted[index] = least;
    }
    adjusted
}

/// Kendall's τ_b of two lists: concordant minus discordant pairs, corrected for ties.
///
/// `None` with fewer than two entries, when one list is constant, or when a number is not finite.
pub fn kendall_tau_b(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "one entry of each list per item");
    // Ranks stand for the values, so that differences cannot overflow.
    let (a, b) = (average_ranks(a)?, average_ranks(b)?);
    let (mut concordance, mut untied_a, mut untied_b) = (0.0, 0.0, 0.0);
    for first in 0..a.len() {
        for second in 0..first {
            let sign = |ranks: &[f64]| {
                (ranks[first] - ranks[second]).partial_cmp(&0.0).map_or(0.0, |order| order as i8 as f64)
            };
            concordance += sign(&a) * sign(&b);
            untied_a += sign(&a).abs();
            untied_b += sign(&b).abs();
        }
    }
    let scale = f64::sqrt(untied_a) * f64::sqrt(untied_b);
    (scale > 0.0).then(|| (concordance / scale).clamp(-1.0, 1.0))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn golden() -> Value {
        serde_json::from_str(include_str!("../tests/fixtures/stats.json")).unwrap()
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
            assert_eq!(comparison.note, None);
        }
    }

    #[test]
    fn bootstrap_comes_near_to_the_exact_resampling_distribution() {
        let golden = golden();
        let mut compared = 0;
        for case in golden["paired"].as_array().unwrap().iter().filter(|case| case.get("bootstrap_interval").is_some())
        {
            let differences = numbers(&case["differences"]);
            let expected = numbers(&case["bootstrap_interval"]);
            let [low, high] = bootstrap_interval(&differences, 200_000, 7).unwrap();
            // A 90 % interval misses this by ten times as much.
            let tolerance = 0.03 * (expected[1] - expected[0]);
            assert!((low - expected[0]).abs() < tolerance, "got {low}, expected {}", expected[0]);
            assert!((high - expected[1]).abs() < tolerance, "got {high}, expected {}", expected[1]);
            compared += 1;
        }
        assert_eq!(compared, 3);
    }

    #[test]
    fn sampled_permutation_comes_near_to_the_exact_one() {
        let golden = golden();
        let case = &golden["sampled_permutation"];
        let differences = numbers(&case["differences"]);
        let exact = number(&case["permutation_p"]);
        for seed in 0..4 {
            // Five standard errors of 20,000 draws; half of this p, which one-sided would give, is fifteen away.
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
            assert_close(t_critical(number(&case["degrees"]) as usize), number(&case["t"]), 1e-9);
        }
        for case in golden["power"].as_array().unwrap() {
            assert_close(power(number(&case["dz"]), number(&case["n"]) as usize), number(&case["power"]), 1e-9);
        }
    }

    #[test]
    fn seeds_needed_is_the_least_with_enough_power() {
        let golden = golden();
        for case in golden["seeds_needed"].as_array().unwrap() {
            assert_eq!(seeds_needed(number(&case["dz"])), Some(number(&case["seeds"]) as usize), "{case}");
        }
        assert_eq!(seeds_needed(1e6), Some(2));
        for dz in [0.0, -0.0, 1e-4, f64::NAN, f64::INFINITY] {
            assert_eq!(seeds_needed(dz), None);
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
            assert_eq!((comparison.ci95, comparison.bootstrap95, comparison.effect_size), (None, None, None));
            assert_eq!(comparison.seeds_needed, None);
            (comparison.seeds, comparison.mean_difference, comparison.p_value, comparison.note.unwrap())
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
        assert_eq!(balanced.note.as_deref(), Some("the mean difference is exactly 0"));
        let faint = compare_paired(&[0.5, -0.4999], 0);
        assert_eq!(faint.seeds_needed, None);
        assert_eq!(faint.note.as_deref(), Some("the effect is too small for 100000 seeds to show"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn comparisons_are_never_nan_or_infinite(
            differences in prop::collection::vec(any::<f64>(), 0..12),
            seed in any::<u64>(),
        ) {
            let comparison = compare_paired(&differences, seed);
            let PairedComparison { mean_difference, ci95, bootstrap95, p_value, effect_size, .. } = comparison;
            let all = [Some(mean_difference), p_value, effect_size].into_iter().flatten();
            for value in all.chain(ci95.into_iter().flatten()).chain(bootstrap95.into_iter().flatten()) {
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
}
