//! Dropout sites, and the rate that each arm gives to each of them.
//!
//! A *site* is one dropout layer of the encoder, named as in Hugging Face transformers and never numbered. Guided
//! dropout sorts the sites by Fisher score and lets the rate fall linearly in *rank* from `p_upper` (lowest score) to
//! `p_lower` (highest): eqs. 9 and 10 of arXiv 2406.14005. Beside the paper's arms stand three controls of ours,
//! which tell whether *information* helps or merely the lower average rate.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::site::Site;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The rate of the paper's main baseline, and of the classification head in every arm.
pub const STANDARD_RATE: f64 = 0.1;

/// A site's Fisher score: the mean over its tensors of the mean over the tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SiteScore {
    /// The site.
    pub site: Site,
    /// Its score, in squared nats per squared unit of parameter.
    pub score: f64,
}

/// A site's dropout rate, in [0, 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SiteRate {
    /// The site.
    pub site: Site,
    /// The probability that one of its activations is dropped.
    pub rate: f64,
}

/// Guided rates (eqs. 9, 10), in the order of `scores`.
///
/// Ties share the mean of their ranks' rates, so equal scores everywhere give a uniform rate. A single site has no
/// rank to fall along and gets the mean of both ends.
pub fn guided(scores: &[SiteScore], p_upper: f64, p_lower: f64) -> Vec<SiteRate> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].score.total_cmp(&scores[b].score));
    let mut rates: Vec<SiteRate> = scores.iter().map(|s| SiteRate { site: s.site, rate: 0.0 }).collect();
    let last = (scores.len().max(2) - 1) as f64;
    let mut first = 0;
    while first < order.len() {
        let tied = order[first..].iter().take_while(|&&i| scores[i].score == scores[order[first]].score).count();
        let rank = if scores.len() == 1 { 0.5 } else { first as f64 + (tied - 1) as f64 / 2.0 };
        for &i in &order[first..first + tied] {
            // Rounding may step over an end by a hair, and a rate must not be negative.
            rates[i].rate = (p_upper - (p_upper - p_lower) * rank / last).clamp(p_lower, p_upper);
        }
        first += tied;
    }
    rates
}

/// What multiplies the activations at a site while training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseKind {
    /// 0 with probability p, else 1/(1−p).
    Bernoulli,
    /// N(1, σ²), σ = √(p/(1−p)) (Srivastava et al. 2014, section 10).
    Gaussian,
}

/// One of the experiment's arms (docs/method.md, section 4 names them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// [`guided`] rates.
    Guided,
    /// 0.1 at every site: the paper's main baseline.
    Standard,
    /// Multiplicative Gaussian noise at every site. The authors' code has σ = p/(1−p) and leaves the noise on during
    /// evaluation; this arm follows Srivastava et al. instead, in training only.
    Gaussian,
    /// No dropout in the encoder.
    None,
    /// Control: everywhere the mean of the guided rates.
    UniformMean,
    /// Control: the guided rates on sites drawn at random, by seed.
    Shuffled,
    /// Control: the guided rates with the highest score given the highest rate.
    Reversed,
    /// Rates edited by hand.
    Custom,
}

impl Arm {
    /// Every arm, in the order in which the page lists them.
    pub const ALL: [Arm; 8] = [
        Arm::Standard,
        Arm::Guided,
        Arm::UniformMean,
        Arm::Shuffled,
        Arm::Reversed,
        Arm::Gaussian,
        Arm::None,
        Arm::Custom,
    ];
    /// The arms that tell why guided dropout is ahead of the standard rate, if it is: only beating both shows that placement matters.
    pub const CONTROLS: [Arm; 2] = [Arm::UniformMean, Arm::Shuffled];
    /// The arms of an experiment that names none.
    pub const DEFAULT: [Arm; 3] = [Arm::Standard, Arm::Guided, Arm::UniformMean];

    /// The arm's number in result links. It is part of that format: a new arm gets a new number, and none ever changes.
    pub fn code(self) -> u8 {
        match self {
            Arm::Standard => 0,
            Arm::Guided => 1,
            Arm::UniformMean => 2,
            Arm::Shuffled => 3,
            Arm::Reversed => 4,
            Arm::Gaussian => 5,
            Arm::None => 6,
            Arm::Custom => 7,
        }
    }

    /// Whether its rates are made of guided ones.
    pub fn needs_fisher(self) -> bool {
        !matches!(self, Arm::Standard | Arm::Gaussian | Arm::None | Arm::Custom)
    }

    /// The arm's name in results and URLs.
    pub fn name(self) -> &'static str {
        match self {
            Arm::Guided => "guided",
            Arm::Standard => "standard",
            Arm::Gaussian => "gaussian",
            Arm::None => "none",
            Arm::UniformMean => "uniform-mean",
            Arm::Shuffled => "shuffled",
            Arm::Reversed => "reversed",
            Arm::Custom => "custom",
        }
    }

    /// The noise and the rates of this arm.
    ///
    /// `guided` are the guided rates, `custom` those edited by hand; `seed` decides only where [`Arm::Shuffled`] puts
    /// which rate.
    ///
    /// # Errors
    /// [`Arm::Custom`] without rates, with a rate outside [0, 1), or with other sites than `guided` has.
    pub fn rates(self, guided: &[SiteRate], custom: Option<&[SiteRate]>, seed: u32) -> Result<ArmRates> {
        let everywhere = |rate| guided.iter().map(|g| SiteRate { site: g.site, rate }).collect();
        let rates = match self {
            Arm::Guided => guided.to_vec(),
            Arm::Standard | Arm::Gaussian => everywhere(STANDARD_RATE),
            Arm::None => everywhere(0.0),
            Arm::UniformMean => everywhere(guided.iter().map(|g| g.rate).sum::<f64>() / guided.len().max(1) as f64),
            Arm::Shuffled => shuffled(guided, seed),
            Arm::Reversed => reversed(guided),
            Arm::Custom => checked_custom(guided, custom)?,
        };
        let noise = if self == Arm::Gaussian { NoiseKind::Gaussian } else { NoiseKind::Bernoulli };
        Ok(ArmRates { noise, rates })
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an arm does at each site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmRates {
    /// The kind of noise, the same at every site.
    pub noise: NoiseKind,
    /// The rate of each site, in data-flow order.
    pub rates: Vec<SiteRate>,
}

/// Depends on which rates there are and not on where they were, so that what one seed shuffled another can shuffle anew.
fn shuffled(guided: &[SiteRate], seed: u32) -> Vec<SiteRate> {
    let mut values: Vec<f64> = guided.iter().map(|g| g.rate).collect();
    values.sort_by(f64::total_cmp);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(u64::from(seed));
    rng.random::<u64>(); // the split of the same seed begins its stream with this draw
    values.shuffle(&mut rng);
    guided.iter().zip(values).map(|(g, rate)| SiteRate { site: g.site, rate }).collect()
}

/// The k-th lowest rate changes places with the k-th highest.
fn reversed(guided: &[SiteRate]) -> Vec<SiteRate> {
    let mut order: Vec<usize> = (0..guided.len()).collect();
    order.sort_by(|&a, &b| guided[a].rate.total_cmp(&guided[b].rate));
    let mut rates = guided.to_vec();
    for (&low, &high) in order.iter().zip(order.iter().rev()) {
        rates[low].rate = guided[high].rate;
    }
    rates
}

fn checked_custom(guided: &[SiteRate], custom: Option<&[SiteRate]>) -> Result<Vec<SiteRate>> {
    let error = |site: &str, expected: &str, got: String| {
        Err(Error::new(ErrorKind::Config, Place::named("custom_rates").column(site), expected, got))
    };
    let Some(custom) = custom else { return error("", "a rate for each site", "none".into()) };
    if let Some(extra) = custom.iter().find(|c| guided.iter().all(|g| g.site != c.site)) {
        return error(&extra.site.to_string(), "a site of the model", "another model's site".into());
    }
    let mut rates = Vec::with_capacity(guided.len());
    for SiteRate { site, .. } in guided {
        match custom.iter().find(|c| c.site == *site) {
            Some(found) if (0.0..1.0).contains(&found.rate) => rates.push(*found),
            Some(found) => return error(&site.to_string(), "a rate in [0, 1)", found.rate.to_string()),
            None => return error(&site.to_string(), "a rate", "none".into()),
        }
    }
    Ok(rates)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scores(values: &[f64]) -> Vec<SiteScore> {
        let sites = Site::all(values.len().div_ceil(3));
        sites.into_iter().zip(values).map(|(site, &score)| SiteScore { site, score }).collect()
    }

    fn values(rates: &[SiteRate]) -> Vec<f64> {
        rates.iter().map(|r| r.rate).collect()
    }

    /// The authors' table for BERT-base: linspace(0, 0.099, 37) by site. Scores that fall as those rates rise must
    /// give it back.
    #[test]
    fn bert_base_rates_of_the_authors() {
        let table: Vec<SiteRate> = include_str!("../../tests/fixtures/bert_base_rates.tsv")
            .lines()
            .skip(1)
            .map(|line| {
                let (site, rate) = line.split_once('\t').unwrap();
                SiteRate { site: site.parse().unwrap(), rate: rate.parse().unwrap() }
            })
            .collect();
        assert_eq!(table.len(), 37);
        assert_eq!(
            Site::all(12).into_iter().collect::<std::collections::BTreeSet<_>>(),
            table.iter().map(|r| r.site).collect()
        );
        let scores: Vec<SiteScore> =
            table.iter().map(|r| SiteScore { site: r.site, score: (-50.0 * r.rate).exp() }).collect();
        for (ours, theirs) in guided(&scores, 0.099, 0.0).iter().zip(&table) {
            assert!((ours.rate - theirs.rate).abs() < 1e-9, "{}: {} against {}", ours.site, ours.rate, theirs.rate);
        }
    }

    #[test]
    fn lowest_score_gets_the_highest_rate() {
        let rates = guided(&scores(&[3.0, 1.0, 2.0]), 0.3, 0.1);
        for (rate, expected) in values(&rates).iter().zip([0.1, 0.3, 0.2]) {
            assert!((rate - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn ties_share_their_mean_rate() {
        let rates = values(&guided(&scores(&[5.0, 1.0, 5.0, 9.0]), 0.3, 0.0));
        for (rate, expected) in rates.iter().zip([0.15, 0.3, 0.15, 0.0]) {
            assert!((rate - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn controls_keep_the_guided_rates_or_their_mean() {
        let guided = guided(&scores(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), 0.1, 0.0);
        let rates = |arm: Arm, seed| values(&arm.rates(&guided, None, seed).unwrap().rates);
        let sorted = |mut v: Vec<f64>| {
            v.sort_by(f64::total_cmp);
            v
        };
        assert_eq!(sorted(rates(Arm::Shuffled, 1)), sorted(values(&guided)));
        // Over seeds, every site has every rate equally often: counts within five deviations of a seventh.
        let seeds = 7000u32;
        let mut counts = [[0u32; 7]; 7];
        for seed in 0..seeds {
            for (site, rate) in rates(Arm::Shuffled, seed).into_iter().enumerate() {
                counts[site][(rate * 60.0).round() as usize] += 1;
            }
        }
        let bound = 5.0 * (f64::from(seeds) * 6.0 / 49.0).sqrt();
        assert!(counts.as_flattened().iter().all(|&n| (f64::from(n) - 1000.0).abs() < bound), "{counts:?}");
        let first = Arm::Shuffled.rates(&guided, None, 1).unwrap().rates;
        assert_eq!(values(&Arm::Shuffled.rates(&first, None, 2).unwrap().rates), rates(Arm::Shuffled, 2));
        assert_eq!(rates(Arm::Reversed, 1), values(&guided).into_iter().rev().collect::<Vec<_>>());
        assert!(rates(Arm::UniformMean, 1).iter().all(|r| (r - 0.05).abs() < 1e-12));
        assert!(rates(Arm::None, 1).iter().all(|&r| r == 0.0));
    }

    #[test]
    fn every_arm_is_listed_once_and_has_a_code_of_its_own() {
        let mut codes = Arm::ALL.map(Arm::code);
        codes.sort_unstable();
        assert!(codes.iter().enumerate().all(|(place, &code)| usize::from(code) == place), "{codes:?}");
        for arm in Arm::ALL {
            assert_eq!(serde_json::to_value(arm).unwrap(), arm.name());
        }
    }

    #[test]
    fn custom_rates_name_the_site_that_is_wrong() {
        let guided = guided(&scores(&[1.0, 2.0]), 0.1, 0.0);
        let with = |rate| vec![guided[0], SiteRate { site: guided[1].site, rate }];
        assert!(Arm::Custom.rates(&guided, Some(&with(0.5)), 0).is_ok());
        for (custom, word) in [(with(1.0), "got 1"), (vec![guided[0]], "got none")] {
            let error = Arm::Custom.rates(&guided, Some(&custom), 0).unwrap_err().to_string();
            assert!(error.contains("layer.0.attention.self") && error.contains(word), "{error}");
        }
    }

    proptest! {
        #[test]
        fn bounded_monotone_and_permutation_equivariant(
            values in prop::collection::vec(-1e6f64..1e6, 2..60), rotate in 0usize..60,
            p_lower in 0.0f64..0.4, width in 0.0f64..0.5,
        ) {
            let p_upper = p_lower + width;
            let scores = scores(&values);
            let rates = guided(&scores, p_upper, p_lower);
            for (a, ra) in scores.iter().zip(&rates) {
                prop_assert!(ra.rate >= p_lower && ra.rate <= p_upper);
                for (b, rb) in scores.iter().zip(&rates) {
                    prop_assert!(a.score >= b.score || ra.rate >= rb.rate - 1e-12);
                }
            }
            let mut rotated = scores.clone();
            rotated.rotate_left(rotate % scores.len());
            let mut expected = rates.clone();
            expected.rotate_left(rotate % scores.len());
            prop_assert_eq!(guided(&rotated, p_upper, p_lower), expected);
        }

        #[test]
        fn equal_scores_give_a_uniform_rate(score in -1e6f64..1e6, sites in 1usize..60) {
            let rates = guided(&scores(&vec![score; sites]), 0.1, 0.0);
            prop_assert!(rates.iter().all(|r| (r.rate - 0.05).abs() < 1e-12));
        }
    }
}
