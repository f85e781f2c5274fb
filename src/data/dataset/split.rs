//! What to train on and what to test on.
//!
//! The split is that of the reference protocol (80/20 by seed, then the first share of the training part), with one
//! difference: ours is stratified, since a class that is missing from a small part makes its metrics meaningless.

use super::{Dataset, Target};
use crate::error::{Error, ErrorKind, Place, Result};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;
use std::collections::HashSet;

/// Indices into [`Dataset::examples`]: every example is in one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Split {
    /// What to train on, in shuffled order.
    pub train: Vec<usize>,
    /// What to choose settings on, in shuffled order; mostly empty ([`Split::with_validation`]).
    pub validation: Vec<usize>,
    /// What to test on, in the file's order.
    pub test: Vec<usize>,
}

impl Dataset {
    /// Divides the examples by seed: of each class `round(test_share · n)`, but at least one and not all, is for testing.
    ///
    /// A regression target counts as one class. The same seed and examples give the same split on every machine.
    ///
    /// # Errors
    ///
    /// When `test_share` is not strictly between 0 and 1.
    pub fn split(&self, seed: u32, test_share: f64) -> Result<Split> {
        if !(test_share > 0.0 && test_share < 1.0) {
            let place = Place::named("test_share");
            return Err(Error::new(
                ErrorKind::Config,
                place,
                "a share strictly between 0 and 1",
                test_share.to_string(),
            ));
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(u64::from(seed));
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for mut members in self.strata(0..self.examples.len()) {
            members.shuffle(&mut random);
            let share = (test_share * members.len() as f64).round() as usize;
            let tested = share.max(1).min(members.len().saturating_sub(1));
            test.extend_from_slice(&members[..tested]);
            train.extend_from_slice(&members[tested..]);
        }
        train.shuffle(&mut random);
        test.sort_unstable();
        Ok(Split { train, validation: Vec::new(), test })
    }

    /// The given examples by class, in the order of the classes and, within each, in the order given.
    pub(super) fn strata(&self, examples: impl IntoIterator<Item = usize>) -> Vec<Vec<usize>> {
        let mut strata = vec![Vec::new(); self.labels.len().max(1)];
        for index in examples {
            match self.examples[index].target {
                Target::Class(class) => strata[class].push(index),
                Target::Score(_) => strata[0].push(index),
            }
        }
        strata
    }
}

impl Split {
    /// The first `fraction` of each class of the training part, at least one example each, in the training order.
    ///
    /// Nested: a smaller fraction is a subset of a larger one.
    pub fn fraction(&self, dataset: &Dataset, fraction: f64) -> Vec<usize> {
        let kept: HashSet<usize> = dataset
            .strata(self.train.iter().copied())
            .into_iter()
            .flat_map(|members| {
                let share = (fraction.clamp(0.0, 1.0) * members.len() as f64).round() as usize;
                members.into_iter().take(share.max(1))
            })
            .collect();
        self.train.iter().copied().filter(|index| kept.contains(index)).collect()
    }
}
