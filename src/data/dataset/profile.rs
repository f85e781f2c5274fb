//! What a column looks like, for guessing what it is.

use super::MAXIMUM_RATING_LEVELS;
use super::table::{Row, finite_number};
use std::cmp::Reverse;
use std::collections::HashSet;

/// What a column looks like, for guessing what it is.
#[derive(Default)]
pub(super) struct Profile<'a> {
    filled: usize,
    characters: usize,
    words: usize,
    numbers: usize,
    has_fractions: bool,
    pub(super) distinct: HashSet<&'a str>,
}

impl<'a> Profile<'a> {
    pub(super) fn of(rows: &'a [Row], column: usize) -> Self {
        let mut profile = Profile::default();
        for text in rows.iter().filter_map(|row| row.text(column)).filter(|text| !text.is_empty()) {
            profile.filled += 1;
            profile.characters += text.chars().count();
            profile.words += text.split_whitespace().count();
            profile.distinct.insert(text);
            if let Some(number) = finite_number(text) {
                profile.numbers += 1;
                profile.has_fractions |= number.fract() != 0.0;
            }
        }
        profile
    }

    pub(super) fn mean_length(&self) -> f64 {
        self.characters as f64 / self.filled.max(1) as f64
    }

    /// Nine in ten, so that a few bad cells cost rows and do not change the task.
    pub(super) fn is_numeric(&self) -> bool {
        self.filled > 0 && self.numbers * 10 >= self.filled * 9
    }

    pub(super) fn is_score(&self) -> bool {
        self.is_numeric() && self.has_fractions && self.distinct.len() > MAXIMUM_RATING_LEVELS
    }

    pub(super) fn is_prose(&self) -> bool {
        self.mean_length() >= 20.0 && self.words >= self.filled * 4
    }

    pub(super) fn is_class(&self) -> bool {
        (2..=(self.filled / 2).max(2)).contains(&self.distinct.len()) && !self.is_prose()
    }
}

/// The columns that look like labels by their values: few distinct ones first, then scores. Of equals, the last first.
pub(super) fn labels_by_values(profiles: &[Profile<'_>]) -> Vec<usize> {
    let mut candidates: Vec<usize> =
        (0..profiles.len()).filter(|&it| profiles[it].is_class() || profiles[it].is_numeric()).collect();
    candidates.sort_by_key(|&it| {
        let profile = &profiles[it];
        let rank = if profile.is_class() { (0, profile.distinct.len()) } else { (1, usize::from(!profile.is_score())) };
        (rank, Reverse(it))
    });
    candidates
}
