//! Training and test split.
//!
//! The split is that of the reference protocol (80/20 by seed, then the first share of the training part), with one
//! difference: ours is stratified, since a class that is missing from a small part makes its metrics meaningless.

use super::equal::has_portions;
use super::{Dataset, Portion, Target};
use crate::error::{Error, ErrorKind, Place, Result};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// Indices into [`Dataset::examples`]: every example is in one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Split {
    /// Training examples, in shuffled order.
    pub train: Vec<usize>,
    /// Validation examples, in shuffled order; usually empty ([`Split::with_validation`]).
    pub validation: Vec<usize>,
    /// Test examples, in the file's order.
    pub test: Vec<usize>,
}

impl Dataset {
    /// Divides the examples by seed: of each class `round(test_fraction · n)`, but at least one and not all, is for testing.
    ///
    /// A regression target counts as one class. The same seed and examples give the same split on every machine. Examples
    /// with equal texts ([`Dataset::equal_to`]) are always in one part, and where they are many its share is met as nearly
    /// as it can be. A file that has a test part of its own keeps it; what is equal to a text of it is not trained on. Rows that a
    /// reader has dropped are left out of the training and validation parts, and of no test part.
    ///
    /// # Errors
    ///
    /// When `test_fraction` is not strictly between 0 and 1, and when every row of the training part is dropped.
    pub fn split(&self, seed: u32, test_fraction: f64) -> Result<Split> {
        if !(test_fraction > 0.0 && test_fraction < 1.0) {
            let place = Place::named("test_fraction");
            let got = test_fraction.to_string();
            return Err(Error::new(ErrorKind::Config, place, "a fraction strictly between 0 and 1", got));
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(u64::from(seed));
        let parts = if self.has_own_split() {
            self.own_split()
        } else {
            let groups = self.equal_groups();
            let (mut train, mut test) = (Vec::new(), Vec::new());
            for mut firsts in self.strata((0..self.examples.len()).filter(|&index| self.equal_to[index] == index)) {
                firsts.shuffle(&mut random);
                let groups: Vec<&[usize]> = firsts.iter().map(|first| &groups[first][..]).collect();
                let (tested, trained) = divided(&groups, test_fraction);
                test.extend(tested);
                train.extend(trained);
            }
            (train, Vec::new(), test)
        };
        self.parts(parts, &mut random)
    }

    /// Training, validation and test rows as a split: the training rows in random order, the test rows in the file's. Dropped rows are in
    /// no part but the test part.
    pub(super) fn parts(
        &self,
        (mut train, validation, mut test): (Vec<usize>, Vec<usize>, Vec<usize>),
        random: &mut Xoshiro256PlusPlus,
    ) -> Result<Split> {
        train.shuffle(random);
        test.sort_unstable();
        // Last, so that test rows are the same with corrections as without.
        let is_learnt = |example: &usize| self.learnt(*example).is_some();
        train.retain(is_learnt);
        let validation: Vec<usize> = validation.into_iter().filter(is_learnt).collect();
        if train.is_empty() && !self.corrections.is_empty() {
            let place = Place::named(self.name.as_str()).column("corrections");
            return Err(Error::new(ErrorKind::Dataset, place, "at least one row to train on", "none"));
        }
        Ok(Split { train, validation, test })
    }

    /// The examples with equal texts, by the first of them.
    pub(super) fn equal_groups(&self) -> HashMap<usize, Vec<usize>> {
        let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, &first) in self.equal_to.iter().enumerate() {
            groups.entry(first).or_default().push(index);
        }
        groups
    }

    /// Whether the file has a test part of its own, which [`Dataset::split`] keeps.
    pub fn has_own_split(&self) -> bool {
        has_portions(&self.examples)
    }

    /// Training, validation and test rows as the file has them. Where it has no test part, its validation part is one.
    fn own_split(&self) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
        let of = |portion| {
            let is_in = move |index: &usize| self.examples[*index].portion == Some(portion);
            (0..self.examples.len()).filter(is_in).collect::<Vec<_>>()
        };
        let (mut validation, mut test) = (of(Portion::Validation), of(Portion::Test));
        if test.is_empty() {
            std::mem::swap(&mut validation, &mut test);
        }
        let firsts = |rows: &[usize]| rows.iter().map(|&index| self.equal_to[index]).collect::<HashSet<usize>>();
        let tested = firsts(&test);
        validation.retain(|&index| !tested.contains(&self.equal_to[index]));
        let validated = firsts(&validation);
        let is_new = |index: &usize| {
            let first = self.equal_to[*index];
            !tested.contains(&first) && !validated.contains(&first)
        };
        (of(Portion::Train).into_iter().filter(is_new).collect(), validation, test)
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

/// Groups of equal examples of one class, in random order, as test and training examples: the first that fit into the share
/// are for testing; at least one group, and not all.
fn divided(groups: &[&[usize]], test_fraction: f64) -> (Vec<usize>, Vec<usize>) {
    let all: usize = groups.iter().map(|group| group.len()).sum();
    let share = ((test_fraction * all as f64).round() as usize).max(1);
    let (mut tested, mut is_tested) = (0, vec![false; groups.len()]);
    let mut left = groups.len();
    for (group, is_tested) in groups.iter().zip(&mut is_tested) {
        if tested + group.len() <= share && left > 1 {
            *is_tested = true;
            tested += group.len();
            left -= 1;
        }
    }
    if tested == 0 && groups.len() > 1 {
        // Each is larger than the share: the smallest comes nearest to it.
        let smallest = (0..groups.len()).min_by_key(|&it| groups[it].len()).unwrap_or(0);
        is_tested[smallest] = true;
    }
    let of = |wanted: bool| -> Vec<usize> {
        let chosen = groups.iter().zip(&is_tested).filter(|(_, is_tested)| **is_tested == wanted);
        chosen.flat_map(|(group, _)| group.iter().copied()).collect()
    };
    (of(true), of(false))
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
