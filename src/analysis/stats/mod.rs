//! Paired statistics over seeds: intervals, tests, effect sizes and power.
//!
//! Runs are paired by seed: both arms of a pair share split, initial head, batch order and steps, so their *difference*
//! is the datum. For n differences d with mean d̄ and standard deviation s (n − 1 in the denominator):
//!
//! * interval: d̄ ± t₀.₉₇₅,ₙ₋₁ · s / √n (Student 1908);
//! * p: sign flips, exact up to 32 differences (Fisher 1935). Under "no difference", d and −d are equally likely;
//! * effect: d_z = d̄ / s (Cohen 1988);
//! * equivalence: two one-sided t tests against a bound of one point (Schuirmann 1987);
//! * seeds needed: the least n at which a two-sided paired t-test finds this d_z with 80 % power, from the noncentral t
//!   distribution;
//! * several comparisons shown together: Holm (1979).
//!
//! Degenerate inputs give `None` and a [`Note`], never NaN. The sign-flip test cannot go below 2/2ⁿ, so five seeds or fewer can
//! never reach p < 0.05, whatever they show; [`clauses`] says so where it matters.

mod distribution;
mod equivalence;
mod note;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod verdict;

pub use equivalence::{EQUIVALENCE_BOUND, Equivalence, Excluded, equivalence_p};
pub use note::Note;
pub use verdict::{
    Clause, Contrast, ControlFinding, Evidence, Outcome, Unanswered, VerdictInput, clauses, interval_and_p,
    least_seeds, seeds_needed_among, sentences,
};

use crate::analysis::metrics::average_ranks;
use distribution::{noncentral_t_cdf, t_critical};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;

/// The two-sided level of every test and, as its complement, of every interval.
pub const SIGNIFICANCE: f64 = 0.05;
/// The power that [`seeds_needed`] asks for.
pub const POWER: f64 = 0.8;
/// The normal quantile at [`POWER`].
const NORMAL_AT_POWER: f64 = 0.841_621;
/// [`seeds_needed`] looks no further.
pub const MAXIMUM_SEEDS: usize = 100_000;
/// Up to this many differences every sign flip is tried.
pub const MAXIMUM_EXACT: usize = 32;
/// Above that, so many random ones are.
pub const SIGN_FLIPS: usize = 20_000;
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
    /// Two-sided p of the sign-flip permutation test, not corrected for other comparisons.
    pub p_value: Option<f64>,
    /// Cohen's d_z.
    pub effect_size: Option<f64>,
    /// Seeds at which a paired t-test would find this effect with 80 % power, as the only comparison.
    pub seeds_needed: Option<usize>,
    /// Whether the difference is shown to be small, not corrected for other comparisons.
    pub equivalence: Option<Equivalence>,
    /// Why something is absent.
    pub notes: Vec<Note>,
}

impl PairedComparison {
    /// The notes as one sentence; `None` where nothing is absent.
    pub fn note(&self) -> Option<String> {
        let words: Vec<String> = self.notes.iter().map(Note::to_string).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// Compares paired differences (arm minus baseline, one per seed); `seed` is for what is resampled.
///
/// Differences that are not finite count as missing.
pub fn compare_paired(differences: &[f64], seed: u64) -> PairedComparison {
    let finite: Vec<f64> = differences.iter().copied().filter(|difference| difference.is_finite()).collect();
    let seeds = finite.len();
    let spread = spread(&finite);
    let effect_size = cohens_dz(&finite);
    let seeds_needed = effect_size.and_then(|dz| seeds_needed(dz, SIGNIFICANCE));
    let mut notes = Vec::new();
    match spread {
        _ if seeds == 0 => notes.push(Note::NoPairs),
        _ if seeds == 1 => notes.push(Note::OnePair),
        _ if finite.iter().all(|&difference| difference == 0.0) => notes.push(Note::AllEqual { seeds }),
        Some(_) if effect_size == Some(0.0) => notes.push(Note::MeanIsZero),
        Some(_) if seeds_needed.is_none() => notes.push(Note::EffectTooSmall { seeds: MAXIMUM_SEEDS }),
        Some(_) => {}
        None => notes.push(Note::SameDifference { seeds }),
    }
    if seeds < differences.len() {
        notes.push(Note::NotFinite { left_out: differences.len() - seeds });
    }
    PairedComparison {
        seeds,
        mean_difference: mean(&finite),
        ci95: t_interval(&finite),
        p_value: if seeds < 2 { None } else { permutation_p(&finite, seed) },
        effect_size,
        seeds_needed,
        equivalence: equivalence::equivalence(&finite),
        notes,
    }
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
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
    let half = t_critical(differences.len() - 1, SIGNIFICANCE) * standard_error;
    let mean = mean(differences);
    Some([mean - half, mean + half])
}

/// The two-sided p of Student's t test on the mean, with the standard error taken `factor` times as large as it would be if the
/// differences were independent. `None` without spread.
pub fn t_test_p(differences: &[f64], factor: f64) -> Option<f64> {
    let standard_error = factor * spread(differences)? / (differences.len() as f64).sqrt();
    let t = mean(differences) / standard_error;
    Some(2.0 * (1.0 - noncentral_t_cdf(t.abs(), differences.len() - 1, 0.0)))
}

/// The two-sided p of the sign-flip permutation test on the mean. `None` of nothing, or of what is not finite.
///
/// Exact over all 2ⁿ flips for n ≤ 32; else by random flips, where the observed one counts too, so that p is never 0
/// (Phipson and Smyth 2010).
pub fn permutation_p(differences: &[f64], seed: u64) -> Option<f64> {
    let reach: f64 = differences.iter().map(|difference| difference.abs()).sum();
    if differences.is_empty() || !reach.is_finite() {
        return None;
    }
    // Sums in another order differ in their last bits; without slack a tie with the observed sum would not count.
    let observed = differences.iter().sum::<f64>().abs() - reach * 1e-12;
    if observed <= 0.0 {
        return Some(1.0);
    }
    if differences.len() <= MAXIMUM_EXACT {
        // A flip of all is one of the first half and one of the second. With the sums of the second in order, those that are extreme
        // beside a sum of the first are the last ones; as many, with all signs turned, are extreme on the other side.
        let (first, second) = differences.split_at(differences.len() / 2);
        let mut ordered = flipped_sums(second);
        ordered.sort_by(f64::total_cmp);
        let above = |sum: f64| ordered.len() - ordered.partition_point(|other| sum + other < observed);
        let extreme = 2 * flipped_sums(first).into_iter().map(above).sum::<usize>();
        return Some(extreme as f64 / 2_f64.powi(differences.len() as i32));
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    // One bit of a word per difference.
    let mut is_as_extreme = || {
        let flipped = differences.chunks(64).map(|chunk| {
            let word: u64 = random.random();
            chunk.iter().enumerate().map(|(bit, d)| if word >> bit & 1 == 1 { -d } else { *d }).sum::<f64>()
        });
        flipped.sum::<f64>().abs() >= observed
    };
    let extreme = (0..SIGN_FLIPS).filter(|_| is_as_extreme()).count();
    Some((extreme + 1) as f64 / (SIGN_FLIPS + 1) as f64)
}

/// The sum of the differences under each of their sign flips.
fn flipped_sums(differences: &[f64]) -> Vec<f64> {
    differences.iter().fold(vec![0.0], |sums, d| sums.iter().flat_map(|sum| [sum + d, sum - d]).collect())
}

/// Cohen's d_z: the mean difference in standard deviations of the differences. `None` without spread.
pub fn cohens_dz(differences: &[f64]) -> Option<f64> {
    Some(mean(differences) / spread(differences)?)
}

/// The least number of seeds at which a two-sided paired t-test finds the effect `dz` at this significance with 80 % power.
///
/// `None` when the effect is 0 or undefined, or when more than [`MAXIMUM_SEEDS`] would be needed.
pub fn seeds_needed(dz: f64, significance: f64) -> Option<usize> {
    let is_enough = |seeds: usize| power(dz, seeds, t_critical(seeds - 1, significance)) >= POWER;
    let normal_critical = t_critical(MAXIMUM_SEEDS - 1, significance);
    if !dz.is_finite() || dz == 0.0 || power(dz, MAXIMUM_SEEDS, normal_critical) < POWER {
        return None;
    }
    // The normal approximation, with Guenther's correction (1981), is off by a few at most: each power takes milliseconds in a browser.
    let approximate = ((normal_critical + NORMAL_AT_POWER) / dz).powi(2) + normal_critical.powi(2) / 2.0;
    let guess = (approximate as usize).clamp(2, MAXIMUM_SEEDS);
    // Power grows with n: widen the bracket (too few, enough] from there, then halve it.
    let (mut too_few, mut enough, mut step) = (1, MAXIMUM_SEEDS, 1);
    if is_enough(guess) {
        enough = guess;
        while enough - too_few > step && is_enough(enough - step) {
            (enough, step) = (enough - step, 2 * step);
        }
        too_few = too_few.max(enough.saturating_sub(step));
    } else {
        too_few = guess;
        while enough - too_few > step && !is_enough(too_few + step) {
            (too_few, step) = (too_few + step, 2 * step);
        }
        enough = enough.min(too_few + step);
    }
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if is_enough(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

/// The power of a two-sided paired t-test for the effect `dz` with `seeds` pairs, at least two, and this critical value.
fn power(dz: f64, seeds: usize, critical: f64) -> f64 {
    let degrees = seeds - 1;
    let shift = dz.abs() * (seeds as f64).sqrt();
    1.0 - noncentral_t_cdf(critical, degrees, shift) + noncentral_t_cdf(-critical, degrees, shift)
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
                (ranks[first] - ranks[second]).partial_cmp(&0.0).map_or(0.0, |order| f64::from(order as i8))
            };
            concordance += sign(&a) * sign(&b);
            untied_a += sign(&a).abs();
            untied_b += sign(&b).abs();
        }
    }
    let scale = f64::sqrt(untied_a) * f64::sqrt(untied_b);
    (scale > 0.0).then(|| (concordance / scale).clamp(-1.0, 1.0))
}
