//! Every numeric setting: name, unit, bounds and default, written once.
//!
//! [`crate::lab::config`] and [`crate::landscape`] check against these values; [`crate::lab::schema`] exports them, so that form,
//! address, result link and command line take them from here.

use crate::error::{Error, ErrorKind, Place, Result};
use std::fmt::Display;

/// A setting that is a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounded<T> {
    /// Its name in configurations, addresses and messages.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The smallest value.
    pub minimum: T,
    /// The largest value.
    pub maximum: T,
    /// The value where none is given.
    pub default: T,
}

/// A setting that is a whole number.
pub type Integer = Bounded<usize>;
/// A setting that is any number.
pub type Number = Bounded<f64>;

impl<T: Copy + PartialOrd + Display> Bounded<T> {
    /// Refuses a value out of bounds.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the setting and its bounds.
    pub fn check(&self, value: T) -> Result<()> {
        within(self.name, value, self.minimum, self.maximum)
    }
}

/// Refuses a value out of these bounds; NaN lies in none.
///
/// # Errors
/// [`ErrorKind::Config`] with `name` as its place.
pub fn within<T: PartialOrd + Display>(name: &str, value: T, minimum: T, maximum: T) -> Result<()> {
    if value >= minimum && value <= maximum {
        return Ok(());
    }
    let expected = format!("a number from {minimum} to {maximum}");
    Err(Error::new(ErrorKind::Config, Place::named(name), expected, value.to_string()))
}

const fn integer(name: &'static str, unit: &'static str, [minimum, maximum]: [usize; 2], default: usize) -> Integer {
    Bounded { name, unit, minimum, maximum, default }
}

const fn number(name: &'static str, unit: &'static str, [minimum, maximum]: [f64; 2], default: f64) -> Number {
    Bounded { name, unit, minimum, maximum, default }
}

/// The largest seed: seeds are 32 bits wide.
pub const LARGEST_SEED: usize = u32::MAX as usize;

/// Texts that Fisher information is estimated from.
pub const FISHER_TEXTS: Integer = integer("fisher_texts", "texts", [1, 100_000], 64);
/// The seed of their masks.
pub const FISHER_SEED: Integer = integer("fisher_seed", "seed", [0, LARGEST_SEED], 1);
/// The rate of the site with the lowest Fisher score.
pub const P_UPPER: Number = number("p_upper", "probability", [0.0, 0.9], 0.1);
/// The rate of the site with the highest Fisher score; at most `p_upper`.
pub const P_LOWER: Number = number("p_lower", "probability", [0.0, 0.9], 0.0);
/// A fraction of the training part to train on.
pub const FRACTION: Number = number("fractions", "fraction of the training part", [0.01, 1.0], 1.0);
/// Passes over the training rows.
pub const EPOCHS: Integer = integer("epochs", "passes over the training rows", [1, 1000], 6);
/// Epochs from one evaluation to the next; after the last there always is one.
pub const EVALUATE_EVERY: Integer = integer("evaluate_every", "epochs", [1, 1000], 1);
/// The highest learning rate.
pub const LEARNING_RATE: Number = number("learning_rate", "per step", [1e-8, 1.0], 3e-4);
/// Rows of one step.
pub const BATCH_SIZE: Integer = integer("batch_size", "rows", [1, 1024], 16);
/// Rows of a step that are computed together, at most; the gradients of such parts are added up. The most is every batch as a whole.
pub const MICRO_BATCH_SIZE: Integer = integer("micro_batch_size", "rows", [1, 1024], 1024);
/// Tokens that a text, or a pair, is cut to. The fewest that leave room for a word beside special tokens and a pair's separator;
/// attention takes memory by the square, and no supported family has more positions than the most.
pub const MAX_TOKENS: Integer = integer("max_tokens", "tokens", [5, 4096], 64);
/// The fraction of rows that is tested on.
pub const TEST_FRACTION: Number = number("test_fraction", "fraction of the rows", [0.05, 0.9], 0.2);
/// Folds of a cross-validation, of which each seed tests one; 0 where each seed draws its test part by `test_fraction`. One fold is none.
pub const FOLDS: Integer = integer("folds", "folds, 0 for none", [0, 50], 0);
/// The fraction of the training part that settings are chosen on; 0 where nothing is chosen.
pub const VALIDATION_FRACTION: Number = number("validation_fraction", "fraction of the training part", [0.0, 0.5], 0.0);
/// The one rate of the arm `tuned`; its default is the standard rate, which nobody gets unasked.
pub const TUNED_RATE: Number = number("tuned_rate", "probability", [0.0, 0.9], 0.1);
/// The fraction of steps that warm up.
pub const WARMUP_FRACTION: Number = number("warmup_fraction", "fraction of the steps", [0.0, 0.9], 0.1);
/// AdamW's decoupled weight decay.
pub const WEIGHT_DECAY: Number = number("weight_decay", "per step and learning rate", [0.0, 1.0], 0.01);
/// The largest global gradient norm. The most switches clipping off.
pub const CLIP_NORM: Number = number("clip_norm", "norm of the gradient", [1e-6, 1e6], 1.0);

/// Points of a side of a loss surface.
pub const SURFACE_POINTS: Integer = integer("surface_points", "points of a side", [8, 32], 16);
/// How far a loss surface reaches to each side.
pub const SURFACE_RANGE: Number = number("surface_range", "step lengths to each side", [0.01, 10.0], 1.5);
/// The seed of a loss surface's directions.
pub const SURFACE_SEED: Integer = integer("surface_seed", "seed", [0, LARGEST_SEED], 1);
/// Texts that each of its losses is the mean over.
pub const SURFACE_TEXTS: Integer = integer("surface_texts", "texts", [1, 10_000], 16);
/// Rows of each part that a loss along the training is the mean over.
pub const PLANE_ROWS: Integer = integer("plane_rows", "rows", [1, 10_000], 64);

/// Names that settings had in files and addresses before version 2 of `results.json`, with those that they have now. Both are read.
pub const FORMER_NAMES: [(&str, &str); 2] =
    [("test_share", TEST_FRACTION.name), ("warmup_share", WARMUP_FRACTION.name)];

/// The most seeds of one experiment.
pub const MAXIMUM_SEEDS: usize = 50;
/// The most fractions of one experiment.
pub const MAXIMUM_FRACTIONS: usize = 10;
/// The fractions that the form offers.
pub const FRACTION_CHOICES: [f64; 4] = [1.0, 0.5, 0.25, 0.1];
/// The seeds where none are given: the fewest with which the corrected test of four arms can conclude.
pub const DEFAULT_SEEDS: [u32; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
/// The model where none is given.
pub const DEFAULT_MODEL: &str = "mini-4x256";

/// The defaults of versions up to 0.2, where others followed. Files and addresses leave out what had its default, so these stay the values of what they
/// leave out; an address that leaves out today's says so (`defaults=2`).
pub mod first {
    /// [`super::EPOCHS`].
    pub const EPOCHS: usize = 2;
    /// [`super::DEFAULT_SEEDS`].
    pub const SEEDS: [u32; 3] = [1, 2, 3];
}
