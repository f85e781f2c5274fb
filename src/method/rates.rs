//! The noise and the rates that each arm gives to the dropout sites.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::method::arms::Arm;
use crate::method::schedule::SiteRate;
use crate::models::config::ShippedRates;
use crate::models::site::Site;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::mem::discriminant;

/// The rate of the paper's main baseline, and of the classification head in every arm. Models of families that are shipped with
/// rates of their own keep those in both places ([`ShippedRates`]).
pub const STANDARD_RATE: f64 = 0.1;

/// The rates that [`Arm::Tuned`] is chosen from.
pub const TUNED_RATES: [f64; 5] = [0.0, 0.05, 0.1, 0.2, 0.3];

/// The kind of multiplicative noise at the sites during training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseKind {
    /// 0 with probability p, else 1/(1−p).
    Bernoulli,
    /// N(1, σ²), σ = √(p/(1−p)) (Srivastava et al. 2014, section 10).
    Gaussian,
}

/// The noise of an arm: its kind and the rate at each site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmRates {
    /// The kind of noise, the same at every site.
    pub noise: NoiseKind,
    /// The rate of each site, in data-flow order.
    pub rates: Vec<SiteRate>,
}

/// The inputs from which arms are made.
#[derive(Debug, Clone, Copy)]
pub struct RateSources<'a> {
    /// The guided rates, one for each site of the model.
    pub guided: &'a [SiteRate],
    /// Rates edited by hand, for [`Arm::Custom`].
    pub custom: Option<&'a [SiteRate]>,
    /// The one rate of [`Arm::Tuned`].
    pub tuned: Option<f64>,
    /// The model's own rates, for [`Arm::Standard`].
    pub shipped: Option<ShippedRates>,
}

impl<'a> RateSources<'a> {
    /// Guided rates alone.
    pub fn guided(guided: &'a [SiteRate]) -> RateSources<'a> {
        RateSources { guided, custom: None, tuned: None, shipped: None }
    }
}

impl Arm {
    /// The noise and the rates of this arm. `seed` decides only where [`Arm::Shuffled`] puts which rate.
    ///
    /// # Errors
    /// [`Arm::Custom`] or [`Arm::Tuned`] without rates, with a rate outside [0, 1), or with other sites than `guided` has;
    /// [`Arm::SpareEmbeddings`] where the rate elsewhere would have to be 1 or more.
    pub fn rates(self, from: RateSources, seed: u32) -> Result<ArmRates> {
        let guided = from.guided;
        let everywhere = |rate| guided.iter().map(|g| SiteRate { site: g.site, rate }).collect();
        let rates = match self {
            Arm::Guided => guided.to_vec(),
            Arm::Standard => match from.shipped {
                Some(shipped) => guided.iter().map(|g| SiteRate { site: g.site, rate: shipped.at(g.site) }).collect(),
                None => everywhere(STANDARD_RATE),
            },
            Arm::Gaussian => everywhere(STANDARD_RATE),
            Arm::None => everywhere(0.0),
            Arm::UniformMean => everywhere(mean(guided)),
            Arm::Shuffled => shuffled(guided, seed),
            Arm::Reversed => reversed(guided),
            Arm::Custom => checked_custom(guided, from.custom)?,
            Arm::ByKind => by_kind(guided),
            Arm::SpareEmbeddings => spare_embeddings(guided)?,
            Arm::Tuned => everywhere(checked_tuned(from.tuned)?),
        };
        let noise = if self == Arm::Gaussian { NoiseKind::Gaussian } else { NoiseKind::Bernoulli };
        Ok(ArmRates { noise, rates })
    }
}

fn mean(rates: &[SiteRate]) -> f64 {
    rates.iter().map(|r| r.rate).sum::<f64>() / rates.len().max(1) as f64
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

/// Sites of one kind differ only in their layer.
fn by_kind(guided: &[SiteRate]) -> Vec<SiteRate> {
    let of_kind_of = |site: Site| {
        let same: Vec<SiteRate> =
            guided.iter().copied().filter(|g| discriminant(&g.site) == discriminant(&site)).collect();
        mean(&same)
    };
    guided.iter().map(|g| SiteRate { site: g.site, rate: of_kind_of(g.site) }).collect()
}

fn spare_embeddings(guided: &[SiteRate]) -> Result<Vec<SiteRate>> {
    let is_spared = |site: Site| site == Site::Embeddings;
    let others = guided.iter().filter(|g| !is_spared(g.site)).count();
    let rate = mean(guided) * guided.len() as f64 / others.max(1) as f64;
    if rate >= 1.0 || others == 0 {
        let place = Place::named("p_upper").column(Arm::SpareEmbeddings.name());
        let expected = "guided rates whose mean the other sites can have: a lower p_upper or p_lower";
        return Err(Error::new(ErrorKind::Config, place, expected, format!("a rate of {rate} at {others} sites")));
    }
    let of = |site| if is_spared(site) { 0.0 } else { rate };
    Ok(guided.iter().map(|g| SiteRate { site: g.site, rate: of(g.site) }).collect())
}

fn checked_tuned(rate: Option<f64>) -> Result<f64> {
    let got = match rate {
        Some(rate) if (0.0..1.0).contains(&rate) => return Ok(rate),
        Some(rate) => rate.to_string(),
        None => "none".into(),
    };
    let expected = "a rate in [0, 1) for the arm tuned: tune first, or give it one";
    Err(Error::new(ErrorKind::Config, Place::named("tuned_rate"), expected, got))
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
    use crate::method::schedule::guided;
    use crate::method::schedule::tests::{scores, values};

    #[test]
    fn controls_keep_the_guided_rates_or_their_mean() {
        let guided = guided(&scores(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), 0.1, 0.0);
        let rates = |arm: Arm, seed| values(&arm.rates(RateSources::guided(&guided), seed).unwrap().rates);
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
        let first = Arm::Shuffled.rates(RateSources::guided(&guided), 1).unwrap().rates;
        assert_eq!(
            values(&Arm::Shuffled.rates(RateSources::guided(&first), 2).unwrap().rates),
            rates(Arm::Shuffled, 2)
        );
        assert_eq!(rates(Arm::Reversed, 1), values(&guided).into_iter().rev().collect::<Vec<_>>());
        assert!(rates(Arm::UniformMean, 1).iter().all(|r| (r - 0.05).abs() < 1e-12));
        assert!(rates(Arm::None, 1).iter().all(|&r| r == 0.0));
    }

    #[test]
    fn custom_rates_name_the_site_that_is_wrong() {
        let guided = guided(&scores(&[1.0, 2.0]), 0.1, 0.0);
        let with = |rate| vec![guided[0], SiteRate { site: guided[1].site, rate }];
        let custom_rates = |custom: &[SiteRate]| {
            let from = RateSources { custom: Some(custom), ..RateSources::guided(&guided) };
            Arm::Custom.rates(from, 0)
        };
        assert!(custom_rates(&with(0.5)).is_ok());
        for (custom, word) in [(with(1.0), "got 1"), (vec![guided[0]], "got none")] {
            let error = custom_rates(&custom).unwrap_err().to_string();
            assert!(error.contains("layer.0.attention.self") && error.contains(word), "{error}");
        }
    }

    /// Rates of one layer more than the others: 7 sites, scored so that no kind is uniform.
    fn uneven() -> Vec<SiteRate> {
        guided(&scores(&[9.0, 1.0, 5.0, 7.0, 2.0, 3.0, 8.0]), 0.1, 0.0)
    }

    #[test]
    fn by_kind_keeps_each_kinds_mean_and_forgets_the_layer() {
        let guided = uneven();
        let rates = Arm::ByKind.rates(RateSources::guided(&guided), 0).unwrap().rates;
        assert!((mean(&rates) - mean(&guided)).abs() < 1e-12);
        // Embeddings; then attention.self, attention.output and output of layers 0 and 1 (positions 1 to 3 and 4 to 6).
        assert_eq!(rates[0].rate, guided[0].rate);
        for kind in 1..=3 {
            let expected = (guided[kind].rate + guided[kind + 3].rate) / 2.0;
            assert!((rates[kind].rate - expected).abs() < 1e-12 && rates[kind].rate == rates[kind + 3].rate);
        }
        assert_ne!(rates[1].rate, rates[2].rate);
        assert_ne!(values(&rates), values(&guided));
    }

    #[test]
    fn spare_embeddings_keeps_the_mean_with_one_rate_elsewhere() {
        let guided = uneven();
        let rates = Arm::SpareEmbeddings.rates(RateSources::guided(&guided), 0).unwrap().rates;
        assert_eq!(rates[0], SiteRate { site: Site::Embeddings, rate: 0.0 });
        assert!((mean(&rates) - mean(&guided)).abs() < 1e-12);
        assert!(rates[1..].iter().all(|r| r.rate == rates[1].rate) && rates[1].rate > 0.05);
        let all_high: Vec<SiteRate> = guided[..4].iter().map(|g| SiteRate { site: g.site, rate: 0.9 }).collect();
        let error = Arm::SpareEmbeddings.rates(RateSources::guided(&all_high), 0).unwrap_err().to_string();
        assert!(error.contains("p_upper") && error.contains("at 3 sites"), "{error}");
    }

    #[test]
    fn an_arm_needs_fisher_information_if_its_rates_follow_the_guided_ones() {
        let (ones, others) = (uneven(), guided(&scores(&[1.0, 9.0, 2.0, 5.0, 8.0, 7.0, 3.0]), 0.2, 0.05));
        let custom = ones.clone();
        for arm in Arm::ALL {
            let rates = |guided| {
                arm.rates(RateSources { custom: Some(&custom), tuned: Some(0.3), ..RateSources::guided(guided) }, 1)
                    .unwrap()
            };
            assert_eq!(rates(&ones) != rates(&others), arm.needs_fisher(), "{arm}");
        }
    }

    #[test]
    fn standard_is_a_tenth_or_what_the_model_ships() {
        let guided = uneven();
        let shipped =
            ShippedRates { embedding_dropout: 0.3, attention_dropout: 0.2, mlp_dropout: 0.0, classifier_dropout: 0.5 };
        let with = |arm: Arm, shipped| {
            let sources = RateSources { shipped, ..RateSources::guided(&guided) };
            values(&arm.rates(sources, 0).unwrap().rates)
        };
        assert_eq!(with(Arm::Standard, None), [0.1; 7]);
        assert_eq!(with(Arm::Standard, Some(shipped)), [0.3, 0.2, 0.2, 0.0, 0.2, 0.2, 0.0]);
        assert_eq!(with(Arm::Gaussian, Some(shipped)), [0.1; 7], "noise that no model is shipped with");
    }

    #[test]
    fn tuned_is_one_given_rate() {
        let guided = uneven();
        let with = |tuned| Arm::Tuned.rates(RateSources { tuned, ..RateSources::guided(&guided) }, 0);
        assert!(with(Some(0.2)).unwrap().rates.iter().all(|r| r.rate == 0.2));
        for (rate, word) in [(None, "got none"), (Some(1.0), "got 1"), (Some(f64::NAN), "got NaN")] {
            let error = with(rate).unwrap_err().to_string();
            assert!(error.contains("tuned_rate") && error.contains(word), "{error}");
        }
    }
}
