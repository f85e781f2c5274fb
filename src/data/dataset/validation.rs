//! Validation split: the examples that settings are chosen on.

use super::{Dataset, Split};
use std::collections::HashSet;

impl Split {
    /// The split with part of its training part put aside: of each class the last `round(validation_fraction · n)` in the training order, but at least
    /// one, where there are two. With 0, none, and the training part is as it was.
    pub fn with_validation(mut self, dataset: &Dataset, validation_fraction: f64) -> Split {
        // A file's own validation part is kept.
        if validation_fraction <= 0.0 || !self.validation.is_empty() {
            return self;
        }
        let mut aside: HashSet<usize> = dataset
            .strata(self.train.iter().copied())
            .into_iter()
            .flat_map(|members| {
                let share = (validation_fraction * members.len() as f64).round() as usize;
                let count = share.max(1).min(members.len().saturating_sub(1));
                members.into_iter().rev().take(count)
            })
            .collect();
        // Equal texts stay on one side of every split.
        let texts: HashSet<usize> = aside.iter().map(|&row| dataset.equal_to[row]).collect();
        aside.extend(self.train.iter().filter(|&&row| texts.contains(&dataset.equal_to[row])));
        let (validation, train) = self.train.iter().copied().partition(|row| aside.contains(row));
        (self.train, self.validation) = (train, validation);
        self
    }

    /// The first `fraction` of each class of the validation part: whoever has fewer rows to train on has fewer to choose on.
    pub fn validation_fraction(&self, dataset: &Dataset, fraction: f64) -> Vec<usize> {
        let alone = Split { train: self.validation.clone(), validation: Vec::new(), test: Vec::new() };
        alone.fraction(dataset, fraction)
    }
}
