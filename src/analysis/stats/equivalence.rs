//! Two one-sided t tests (Schuirmann 1987): whether a difference is shown to be small, which "no difference found" does not show.

use super::distribution::{noncentral_t_cdf, t_critical};
use super::{SIGNIFICANCE, mean, spread};
use serde::Serialize;

/// A difference of less than this does not matter: one point of a fraction, and as much of a correlation.
pub const EQUIVALENCE_BOUND: f64 = 0.01;

/// Which differences of the bound or more are excluded, each by a one-sided test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Excluded {
    /// Those in either direction: both arms are equivalent.
    Both,
    /// Those above 0 alone.
    Higher,
    /// Those below 0 alone.
    Lower,
    /// None.
    Neither,
}

/// Two one-sided tests of a mean difference against a bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Equivalence {
    /// The bound, [`EQUIVALENCE_BOUND`].
    pub bound: f64,
    /// Which differences of that size are excluded.
    pub excluded: Excluded,
    /// 90 % interval of the mean: where it ends below the bound, greater differences are excluded.
    pub ci90: [f64; 2],
    /// As of [`equivalence_p`].
    pub p_value: f64,
}

/// Both tests at the level 0.05 against [`EQUIVALENCE_BOUND`]. `None` without spread.
pub(super) fn equivalence(differences: &[f64]) -> Option<Equivalence> {
    let standard_error = spread(differences)? / (differences.len() as f64).sqrt();
    // Both ends of a 90 % interval leave 5 % outside, the level of a one-sided test.
    let half = t_critical(differences.len() - 1, 2.0 * SIGNIFICANCE) * standard_error;
    let ci90 = [mean(differences) - half, mean(differences) + half];
    let excluded = match (ci90[1] < EQUIVALENCE_BOUND, ci90[0] > -EQUIVALENCE_BOUND) {
        (true, true) => Excluded::Both,
        (true, false) => Excluded::Higher,
        (false, true) => Excluded::Lower,
        (false, false) => Excluded::Neither,
    };
    // Differences near the smallest of all numbers have no finite t.
    let p_value = equivalence_p(differences, EQUIVALENCE_BOUND).filter(|p| p.is_finite())?;
    Some(Equivalence { bound: EQUIVALENCE_BOUND, excluded, ci90, p_value })
}

/// The p of two one-sided tests: of a mean difference of `bound` or more in either direction, the larger p of both. Below 0.05, the 90 % interval lies
/// within ±`bound`. `None` without spread.
pub fn equivalence_p(differences: &[f64], bound: f64) -> Option<f64> {
    let standard_error = spread(differences)? / (differences.len() as f64).sqrt();
    let mean = mean(differences);
    let degrees = differences.len() - 1;
    let below = noncentral_t_cdf((mean - bound) / standard_error, degrees, 0.0);
    let above = 1.0 - noncentral_t_cdf((mean + bound) / standard_error, degrees, 0.0);
    Some(below.max(above))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::analysis::stats::t_interval;

    /// Three degrees of freedom have a closed form: F(t) = 1/2 + (atan x + x / (1 + x²)) / π, x = t / √3.
    fn cdf(t: f64) -> f64 {
        let x = t / 3.0_f64.sqrt();
        0.5 + (x.atan() + x / (1.0 + x * x)) / std::f64::consts::PI
    }

    #[test]
    fn agrees_with_the_closed_form_on_both_sides() {
        let differences = [0.1, 0.2, 0.3, 0.4];
        let standard_error = (0.05_f64 / 3.0).sqrt() / 2.0;
        for (shift, bound) in [(0.0, 0.5), (-0.5, 0.4), (-0.25, 0.01)] {
            let shifted = differences.map(|d| d + shift);
            let mean = 0.25 + shift;
            let expected = cdf((mean - bound) / standard_error).max(1.0 - cdf((mean + bound) / standard_error));
            let p = equivalence_p(&shifted, bound).unwrap();
            assert!((p - expected).abs() < 1e-11, "{p} {expected}");
        }
    }

    #[test]
    fn the_90_percent_interval_says_what_the_two_tests_say() {
        let around = |centre: f64, scale: f64| (0..20).map(|i| centre + scale * f64::from(i - 10)).collect::<Vec<_>>();
        let cases = [
            (0.001, 0.0002, Excluded::Both),
            (-0.02, 0.001, Excluded::Higher),
            (0.02, 0.001, Excluded::Lower),
            (0.001, 0.01, Excluded::Neither),
        ];
        for (centre, scale, excluded) in cases {
            let differences = around(centre, scale);
            let found = equivalence(&differences).unwrap();
            assert_eq!(found.excluded, excluded, "{centre} {scale}");
            assert_eq!(found.p_value < SIGNIFICANCE, excluded == Excluded::Both);
            let [low, high] = found.ci90;
            // At the ends of the interval the one-sided tests are at their level, and it is narrower than that of 95 %.
            let end = low.abs().max(high.abs());
            assert!((equivalence_p(&differences, end).unwrap() - SIGNIFICANCE).abs() < 1e-9, "{found:?}");
            let [wide_low, wide_high] = t_interval(&differences).unwrap();
            assert!(wide_low < low && high < wide_high);
        }
        assert_eq!(equivalence(&[0.25]), None);
        assert_eq!(equivalence(&[0.0; 5]), None);
    }

    #[test]
    fn a_wide_difference_is_not_shown_to_be_small() {
        let narrow: Vec<f64> = (0..20).map(|i| 0.001 + 0.0002 * f64::from(i - 10)).collect();
        let wide: Vec<f64> = (0..20).map(|i| 0.001 + 0.004 * f64::from(i - 10)).collect();
        assert!(equivalence_p(&narrow, 0.01).unwrap() < 1e-6);
        assert!(equivalence_p(&wide, 0.01).unwrap() > 0.05 && t_interval(&wide).unwrap()[0] < 0.0);
        assert_eq!(equivalence_p(&[0.0; 5], 0.01), None);
    }
}
