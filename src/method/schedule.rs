//! From the Fisher scores of the dropout sites to their guided rates.
//!
//! Guided dropout sorts the sites by Fisher score and lets the rate fall linearly in *rank* from `p_upper` (lowest score) to
//! `p_lower` (highest): eqs. 9 and 10 of arXiv 2406.14005.

use crate::models::site::Site;
use serde::{Deserialize, Serialize};

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

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(in crate::method) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn scores(values: &[f64]) -> Vec<SiteScore> {
        let sites = Site::all(values.len().div_ceil(3));
        sites.into_iter().zip(values).map(|(site, &score)| SiteScore { site, score }).collect()
    }

    pub fn values(rates: &[SiteRate]) -> Vec<f64> {
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
