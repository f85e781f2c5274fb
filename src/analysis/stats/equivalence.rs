//! Two one-sided t tests (Schuirmann 1987): whether a difference is shown to be small, which "no difference found" does not show.

use super::distribution::noncentral_t_cdf;
use super::{mean, spread};

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
    fn a_wide_difference_is_not_shown_to_be_small() {
        let narrow: Vec<f64> = (0..20).map(|i| 0.001 + 0.0002 * f64::from(i - 10)).collect();
        let wide: Vec<f64> = (0..20).map(|i| 0.001 + 0.004 * f64::from(i - 10)).collect();
        assert!(equivalence_p(&narrow, 0.01).unwrap() < 1e-6);
        assert!(equivalence_p(&wide, 0.01).unwrap() > 0.05 && t_interval(&wide).unwrap()[0] < 0.0);
        assert_eq!(equivalence_p(&[0.0; 5], 0.01), None);
    }
}
