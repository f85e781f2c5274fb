//! Why a comparison lacks some of its numbers.

use serde::Serialize;
use std::fmt;

/// One reason. In `results.json` its name is `note`, beside its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// No seed has both runs.
    NoPairs,
    /// One pair has no spread.
    OnePair,
    /// Every pair is equal.
    AllEqual {
        /// Pairs compared.
        seeds: usize,
    },
    /// The mean difference is exactly 0.
    MeanIsZero,
    /// The effect is too small to be found with this many seeds.
    EffectTooSmall {
        /// The most that are tried.
        seeds: usize,
    },
    /// Every difference is the same, so there is no spread.
    SameDifference {
        /// Pairs compared.
        seeds: usize,
    },
    /// Differences that are not finite count as missing.
    NotFinite {
        /// How many.
        left_out: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::NoPairs => f.write_str("no pair of runs to compare"),
            Note::OnePair => f.write_str("one pair has no spread: no interval, test or effect size"),
            Note::AllEqual { seeds } => write!(f, "all {seeds} pairs are equal"),
            Note::MeanIsZero => f.write_str("the mean difference is exactly 0"),
            Note::EffectTooSmall { seeds } => write!(f, "the effect is too small for {seeds} seeds to show"),
            Note::SameDifference { seeds } => {
                write!(f, "all {seeds} differences are the same: no interval or effect size")
            }
            Note::NotFinite { left_out } => write!(f, "{left_out} differences are not finite and were left out"),
        }
    }
}
