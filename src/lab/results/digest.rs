//! Which rows, in a number: whether a data set is a known one, and whether two experiments are tested on the same rows.

use crate::data::dataset::{Dataset, Example, Target};
use crate::error::Result;
use crate::lab::config::Config;
use serde::{Deserialize, Serialize};

/// The test rows of one seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestPart {
    /// Which split.
    pub seed: u32,
    /// Digest of its test rows, texts and given labels, in 16 hexadecimal digits.
    pub digest: String,
}

impl TestPart {
    /// Of every seed of an experiment.
    ///
    /// # Errors
    /// A data set that the configuration cannot split.
    pub fn of_all(config: &Config, dataset: &Dataset) -> Result<Vec<TestPart>> {
        let of = |&seed: &u32| {
            let test = config.split(dataset, seed)?.test;
            let digest = digest(test.iter().map(|&row| &dataset.examples[row]));
            Ok(TestPart { seed, digest: format!("{digest:016x}") })
        };
        config.seeds.iter().map(of).collect()
    }
}

/// FNV-1a, 64 bits, of texts and given labels, in the order of the rows.
pub fn digest<'a>(examples: impl Iterator<Item = &'a Example>) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut digest = BASIS;
    let mut take = |byte: u8| digest = (digest ^ u64::from(byte)).wrapping_mul(PRIME);
    for example in examples {
        let pair = example.pair.as_deref().unwrap_or_default();
        let target = match example.target {
            Target::Class(class) => class as u64,
            Target::Score(score) => u64::from(score.to_bits()),
        };
        // No text holds a 0 byte that matters here: it only keeps two texts from running into each other.
        let texts = example.text.bytes().chain([0]).chain(pair.bytes()).chain([0]);
        texts.chain(target.to_le_bytes()).for_each(&mut take);
    }
    digest
}
