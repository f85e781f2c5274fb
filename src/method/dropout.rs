//! Multiplicative noise at the dropout sites, from a counter and not from a shared generator.
//!
//! Each multiplier is a function of (seed, step, site, position) alone. So a run gives the same numbers whatever else
//! runs beside it, on whichever device; and all arms of one seed see the *same* uniform draws, compared with different
//! rates: a unit that drops at rate 0.05 also drops at 0.1. Such common random numbers make paired differences less
//! noisy at no cost.

use crate::method::rates::{ArmRates, NoiseKind, STANDARD_RATE};
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

impl StepNoise<'_> {
    /// The noise of the batch's rows from `row` on: that of a part of a batch, as if all of it were computed.
    pub fn from_row(&self, row: usize) -> RowNoise<'_> {
        RowNoise { step: self, row }
    }
}

impl Hooks for StepNoise<'_> {
    fn multipliers(&self, site: Site, shape: &[usize]) -> Option<Vec<f32>> {
        self.from_row(0).multipliers(site, shape)
    }
}

/// [`StepNoise`] of a part of a batch's rows.
#[derive(Debug, Clone)]
pub struct RowNoise<'a> {
    step: &'a StepNoise<'a>,
    row: usize,
}

impl Hooks for RowNoise<'_> {
    fn multipliers(&self, site: Site, shape: &[usize]) -> Option<Vec<f32>> {
        let StepNoise { arm, seed, step } = *self.step;
        let p = arm.rate(site);
        if p == 0.0 {
            return None;
        }
        let key = stream(seed, step, site);
        let of_row: usize = shape[1..].iter().product();
        let (from, count) = (self.row * of_row, shape[0] * of_row);
        // The classifier's own dropout is the standard one in every arm.
        Some(match arm.noise {
            NoiseKind::Gaussian if !matches!(site, Site::Classifier | Site::ClassifierInput) => {
                gaussian(key, from, count, p)
            }
            _ => bernoulli(key, from, count, p),
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
        rates.insert(Site::ClassifierInput, STANDARD_RATE);
        SiteNoise { noise: arm.noise, rates }
    }

    /// The same with another rate before the classifier.
    pub fn with_head_rate(mut self, rate: f64) -> Self {
        self.rates.insert(Site::Classifier, rate);
        self.rates.insert(Site::ClassifierInput, rate);
        self
    }

    fn rate(&self, site: Site) -> f64 {
        self.rates.get(&site).copied().unwrap_or(0.0)
    }
}

/// 0 with probability p, else 1/(1−p); `count` from the one at `from` on. Four draws of 16 bits come from one counter, so p is rounded to 1/65536.
fn bernoulli(key: u64, from: usize, count: usize, p: f64) -> Vec<f32> {
    let threshold = (p * 65536.0).round() as u64;
    let kept = (1.0 / (1.0 - p)) as f32;
    let before = from % 4;
    let mut multipliers = Vec::with_capacity(before + count + 3);
    let mut counter = after(key, from / 4);
    while multipliers.len() < before + count {
        let bits = next(&mut counter);
        for lane in 0..4 {
            multipliers.push(if (bits >> (16 * lane)) & 0xffff < threshold { 0.0 } else { kept });
        }
    }
    multipliers.truncate(before + count);
    multipliers.drain(..before);
    multipliers
}

/// N(1, p/(1−p)) by Box and Muller (1958), two from one counter; `count` from the one at `from` on.
fn gaussian(key: u64, from: usize, count: usize, p: f64) -> Vec<f32> {
    let sigma = (p / (1.0 - p)).sqrt();
    let before = from % 2;
    let mut multipliers = Vec::with_capacity(before + count + 1);
    let mut counter = after(key, from / 2);
    while multipliers.len() < before + count {
        let bits = next(&mut counter);
        let unit = |bits: u64| ((bits & 0xffff_ffff) as f64 + 0.5) / 4_294_967_296.0;
        let radius = (-2.0 * unit(bits).ln()).sqrt() * sigma;
        let (sin, cos) = (std::f64::consts::TAU * unit(bits >> 32)).sin_cos();
        multipliers.push((1.0 + radius * cos) as f32);
        multipliers.push((1.0 + radius * sin) as f32);
    }
    multipliers.truncate(before + count);
    multipliers.drain(..before);
    multipliers
}

/// Where in SplitMix64's sequence a site's draws of one step begin.
fn stream(seed: u32, step: u32, site: Site) -> u64 {
    let site = match site {
        Site::Embeddings => 0,
        Site::Classifier => 1,
        Site::ClassifierInput => u64::from(u16::MAX), // beyond the sites of any number of layers that a model can have
        Site::AttentionSelf(k) => 3 * k as u64 + 2,
        Site::AttentionOutput(k) => 3 * k as u64 + 3,
        Site::Output(k) => 3 * k as u64 + 4,
    };
    let mut key = (u64::from(seed) << 32) | u64::from(step);
    let mixed = next(&mut key);
    key = mixed ^ (site << 48);
    next(&mut key)
}

/// What SplitMix64's state grows by at each draw.
const GROWTH: u64 = 0x9e37_79b9_7f4a_7c15;

/// Its state after so many draws.
fn after(state: u64, draws: usize) -> u64 {
    state.wrapping_add(GROWTH.wrapping_mul(draws as u64))
}

/// One draw of SplitMix64 (Steele, Lea and Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(GROWTH);
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

    fn draws(kind: NoiseKind, rate: f64, count: usize) -> Vec<f32> {
        let arm = noise(kind, rate);
        StepNoise { arm: &arm, seed: 1, step: 0 }.multipliers(Site::Output(1), &[count]).unwrap()
    }

    /// How far the mean of `count` independent values of this variance may be off: beyond it once in 150,000 times.
    fn interval(variance: f64, count: usize) -> f64 {
        4.5 * (variance / count as f64).sqrt()
    }

    /// The mean of the k-th powers of the distances from 1.
    fn moment(values: &[f32], k: i32) -> f64 {
        values.iter().map(|&v| (f64::from(v) - 1.0).powi(k)).sum::<f64>() / values.len() as f64
    }

    /// The share dropped lies in the binomial interval of its rate, and what is kept grows by 1/(1−p): the mean stays 1.
    #[test]
    fn bernoulli_noise_drops_at_its_rate_and_scales_what_it_keeps() {
        for p in [0.002_75, 0.05, 0.1, 0.5, 0.9] {
            let values = draws(NoiseKind::Bernoulli, p, 400_000);
            let kept = (1.0 / (1.0 - p)) as f32;
            assert!(values.iter().all(|&v| v == 0.0 || v == kept), "rate {p}");
            let dropped = values.iter().filter(|&&v| v == 0.0).count() as f64 / values.len() as f64;
            let bound = interval(p * (1.0 - p), values.len()) + 0.5 / 65536.0; // p is rounded to 1/65536
            assert!((dropped - p).abs() < bound, "{dropped} dropped at rate {p}, {bound} allowed");
        }
    }

    /// N(1, p/(1−p)) by its first four moments. The authors' slip, σ = p/(1−p), gives a ninth of the variance at p = 0.1; noise that is uniform
    /// or of two points has the wrong fourth moment.
    #[test]
    fn gaussian_noise_has_the_moments_of_a_normal_distribution() {
        for p in [0.1, 0.5] {
            let (values, variance) = (draws(NoiseKind::Gaussian, p, 400_000), p / (1.0 - p));
            let sigma = f64::sqrt(variance);
            // Expected moments of a standard normal variable z, and the variances of z, z², z³, z⁴.
            for (k, expected, spread) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
                let (found, bound) = (moment(&values, k) / sigma.powi(k), interval(spread, values.len()));
                assert!((found - expected).abs() < bound, "p {p}, moment {k}: {found} for {expected}, {bound} allowed");
            }
        }
    }

    /// The correlation of the pairs (left[i], right[i + lag]) of values of mean 1 and variance p/(1−p).
    fn correlation(left: &[f32], right: &[f32], lag: usize, p: f64) -> f64 {
        let pairs = left.iter().zip(&right[lag..]);
        let count = (left.len() - lag) as f64;
        pairs.map(|(l, r)| (f64::from(*l) - 1.0) * (f64::from(*r) - 1.0)).sum::<f64>() / (count * p / (1.0 - p))
    }

    /// Seeds, steps and sites neither share draws nor run through each other's, shifted; and within a stream, one draw says nothing of the next.
    #[test]
    fn draws_of_seeds_steps_and_sites_are_uncorrelated_and_repeat_otherwise() {
        const COUNT: usize = 4096;
        let bound = 6.0 / (COUNT as f64).sqrt(); // six deviations: there are 100,000 comparisons
        for kind in [NoiseKind::Bernoulli, NoiseKind::Gaussian] {
            let arm = noise(kind, 0.5);
            let mut streams = Vec::new();
            for (seed, step) in [1, 2, 3].into_iter().flat_map(|seed| [0, 1, 2, 3].map(|step| (seed, step))) {
                for site in Site::all(2) {
                    let at = || StepNoise { arm: &arm, seed, step }.multipliers(site, &[COUNT]).unwrap();
                    assert_eq!(at(), at());
                    streams.push((format!("seed {seed}, step {step}, {site}"), at()));
                }
            }
            for (i, (name, values)) in streams.iter().enumerate() {
                for (j, (other, others)) in streams.iter().enumerate() {
                    for lag in (0..10).filter(|&lag| lag > 0 || i < j) {
                        let found = correlation(values, others, lag, 0.5);
                        assert!(found.abs() < bound, "{kind:?}: {name} and {other}, {lag} on: correlation {found}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_rows_of_a_part_have_the_noise_of_the_whole() {
        for kind in [NoiseKind::Bernoulli, NoiseKind::Gaussian] {
            let arm = noise(kind, 0.3);
            let step = StepNoise { arm: &arm, seed: 4, step: 2 };
            for shape in [[7, 3, 5], [7, 1, 1], [7, 4, 2]] {
                let whole = step.multipliers(Site::Output(0), &shape).unwrap();
                let of_row = shape[1] * shape[2];
                for (from, rows) in [(0, 7), (0, 3), (3, 3), (5, 2), (6, 1)] {
                    let part = step.from_row(from).multipliers(Site::Output(0), &[rows, shape[1], shape[2]]).unwrap();
                    assert_eq!(part, whole[from * of_row..(from + rows) * of_row], "{kind:?} {shape:?} {from} {rows}");
                }
            }
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
        let head = step.multipliers(Site::Classifier, &[40_000]).unwrap();
        let dropped = head.iter().filter(|&&m| m == 0.0).count() as f64 / head.len() as f64;
        let bound = interval(STANDARD_RATE * (1.0 - STANDARD_RATE), head.len());
        assert!((dropped - STANDARD_RATE).abs() < bound, "{dropped} dropped");
        let shipped = arm.clone().with_head_rate(0.0);
        assert!(StepNoise { arm: &shipped, ..step }.multipliers(Site::Classifier, &[10]).is_none());
    }
}
