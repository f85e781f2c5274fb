//! Multiplicative noise at the dropout sites, from a counter and not from a shared generator.
//!
//! Each multiplier is a function of (seed, step, site, position) alone. So a run gives the same numbers whatever else
//! runs beside it, on whichever device; and all arms of one seed see the *same* uniform draws, compared with different
//! rates: a unit that drops at rate 0.05 also drops at 0.1. Such common random numbers make paired differences less
//! noisy at no cost.

use crate::method::schedule::{ArmRates, NoiseKind, STANDARD_RATE};
use crate::models::hooks::Hooks;
use crate::models::site::Site;
use std::collections::HashMap;

/// The noise of one optimisation step.
#[derive(Debug, Clone)]
pub struct StepNoise<'a> {
    /// Which noise, at which rate.
    pub arm: &'a SiteNoise,
    /// The run's seed, shared by all arms.
    pub seed: u32,
    /// The optimisation step, from 0.
    pub step: u32,
}

impl Hooks for StepNoise<'_> {
    fn multipliers(&self, site: Site, shape: &[usize]) -> Option<Vec<f32>> {
        let p = self.arm.rate(site);
        if p == 0.0 {
            return None;
        }
        let key = stream(self.seed, self.step, site);
        let count = shape.iter().product();
        // The classifier's own dropout is the standard one in every arm.
        Some(match self.arm.noise {
            NoiseKind::Gaussian if site != Site::Classifier => gaussian(key, count, p),
            _ => bernoulli(key, count, p),
        })
    }
}

/// An arm's noise, ready to be looked up by site.
#[derive(Debug, Clone)]
pub struct SiteNoise {
    noise: NoiseKind,
    rates: HashMap<Site, f64>,
}

impl SiteNoise {
    /// The noise of `arm`, and [`STANDARD_RATE`] before the classifier.
    pub fn new(arm: &ArmRates) -> Self {
        let mut rates: HashMap<Site, f64> = arm.rates.iter().map(|r| (r.site, r.rate)).collect();
        rates.insert(Site::Classifier, STANDARD_RATE);
        SiteNoise { noise: arm.noise, rates }
    }

    fn rate(&self, site: Site) -> f64 {
        self.rates.get(&site).copied().unwrap_or(0.0)
    }
}

/// 0 with probability p, else 1/(1−p). Four draws of 16 bits come from one counter, so p is rounded to 1/65536.
fn bernoulli(key: u64, count: usize, p: f64) -> Vec<f32> {
    let threshold = (p * 65536.0).round() as u64;
    let kept = (1.0 / (1.0 - p)) as f32;
    let mut multipliers = Vec::with_capacity(count + 3);
    let mut counter = key;
    while multipliers.len() < count {
        let bits = next(&mut counter);
        for lane in 0..4 {
            multipliers.push(if (bits >> (16 * lane)) & 0xffff < threshold { 0.0 } else { kept });
        }
    }
    multipliers.truncate(count);
    multipliers
}

/// N(1, p/(1−p)) by Box and Muller (1958).
fn gaussian(key: u64, count: usize, p: f64) -> Vec<f32> {
    let sigma = (p / (1.0 - p)).sqrt();
    let mut multipliers = Vec::with_capacity(count + 1);
    let mut counter = key;
    while multipliers.len() < count {
        let bits = next(&mut counter);
        let unit = |bits: u64| ((bits & 0xffff_ffff) as f64 + 0.5) / 4_294_967_296.0;
        let radius = (-2.0 * unit(bits).ln()).sqrt() * sigma;
        let (sin, cos) = (std::f64::consts::TAU * unit(bits >> 32)).sin_cos();
        multipliers.push((1.0 + radius * cos) as f32);
        multipliers.push((1.0 + radius * sin) as f32);
    }
    multipliers.truncate(count);
    multipliers
}

/// Where in SplitMix64's sequence a site's draws of one step begin.
fn stream(seed: u32, step: u32, site: Site) -> u64 {
    let site = match site {
        Site::Embeddings => 0,
        Site::Classifier => 1,
        Site::AttentionSelf(k) => 3 * k as u64 + 2,
        Site::AttentionOutput(k) => 3 * k as u64 + 3,
        Site::Output(k) => 3 * k as u64 + 4,
    };
    let mut key = (u64::from(seed) << 32) | u64::from(step);
    let mixed = next(&mut key);
    key = mixed ^ (site << 48);
    next(&mut key)
}

/// One draw of SplitMix64 (Steele, Lea and Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::method::schedule::SiteRate;

    fn noise(noise: NoiseKind, rate: f64) -> SiteNoise {
        let rates = Site::all(2).into_iter().map(|site| SiteRate { site, rate }).collect();
        SiteNoise::new(&ArmRates { noise, rates })
    }

    fn moments(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        (mean, values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n)
    }

    /// Both kinds have mean 1 and variance p/(1−p); σ = p/(1−p), the authors' slip, would give a ninth of it here.
    #[test]
    fn both_kinds_keep_the_mean_and_have_the_dropout_variance() {
        for kind in [NoiseKind::Bernoulli, NoiseKind::Gaussian] {
            let arm = noise(kind, 0.1);
            let step = StepNoise { arm: &arm, seed: 1, step: 0 };
            let (mean, variance) = moments(&step.multipliers(Site::Output(1), &[400, 500]).unwrap());
            assert!((mean - 1.0).abs() < 0.004, "{kind:?}: mean {mean}");
            assert!((variance - 0.1 / 0.9).abs() < 0.003, "{kind:?}: variance {variance}");
        }
    }

    #[test]
    fn draws_differ_by_seed_step_and_site_and_repeat_otherwise() {
        let arm = noise(NoiseKind::Bernoulli, 0.5);
        let at = |seed, step, site| StepNoise { arm: &arm, seed, step }.multipliers(site, &[64]).unwrap();
        let first = at(1, 0, Site::Embeddings);
        assert_eq!(first, at(1, 0, Site::Embeddings));
        for other in [at(2, 0, Site::Embeddings), at(1, 1, Site::Embeddings), at(1, 0, Site::Output(0))] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_unit_dropped_at_a_low_rate_is_dropped_at_a_higher_one() {
        let at = |rate| {
            let arm = noise(NoiseKind::Bernoulli, rate);
            StepNoise { arm: &arm, seed: 9, step: 3 }.multipliers(Site::AttentionSelf(0), &[5000]).unwrap()
        };
        let (low, high) = (at(0.05), at(0.1));
        assert!(low.iter().zip(&high).all(|(l, h)| *l != 0.0 || *h == 0.0));
        assert!(low.iter().filter(|&&l| l == 0.0).count() < high.iter().filter(|&&h| h == 0.0).count());
    }

    #[test]
    fn the_classifier_keeps_the_standard_rate_and_zero_is_off() {
        let arm = noise(NoiseKind::Gaussian, 0.0);
        let step = StepNoise { arm: &arm, seed: 1, step: 0 };
        assert!(step.multipliers(Site::Embeddings, &[10]).is_none());
        let head = step.multipliers(Site::Classifier, &[10_000]).unwrap();
        let dropped = head.iter().filter(|&&m| m == 0.0).count();
        assert!((800..1200).contains(&dropped), "{dropped} of 10,000 dropped");
    }
}
