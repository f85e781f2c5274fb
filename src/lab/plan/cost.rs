//! Estimated cost of a run in multiply-adds, and the token counts that it follows from.

use crate::data::dataset::{Dataset, Example, TokenCount};
use crate::data::tokenizer::Tokenizer;
use crate::error::Result;
use crate::lab::config::Config;
use crate::models::pretrained::Pretrained;

/// Of one run.
pub struct Cost {
    /// Optimisation steps.
    pub steps: usize,
    /// Multiply-adds.
    pub work: f64,
    /// The share of them that evaluations take.
    pub evaluation: f64,
}

/// The quantities that determine the cost of every run.
pub struct Costs {
    /// Of each example, in tokens.
    lengths: Vec<usize>,
    per_token: f64,
    per_step: f64,
}

impl Costs {
    /// # Errors
    /// As [`lengths`].
    pub fn new(dataset: &Dataset, pretrained: &Pretrained, tokenizer: &Tokenizer) -> Result<Costs> {
        Ok(Costs {
            lengths: lengths(dataset, tokenizer)?,
            per_token: pretrained.config.multiply_adds_per_token() as f64,
            // AdamW and clipping read and write every parameter a few times a step: worth about as much as so many products.
            per_step: 8.0 * pretrained.parameters as f64,
        })
    }

    /// Of a run with these settings, trained on the examples at `train` and evaluated on those at `test`.
    pub fn run(&self, config: &Config, train: &[usize], test: &[usize]) -> Cost {
        let tokens = |rows: &[usize]| rows.iter().map(|&i| self.lengths[i]).sum::<usize>() as f64;
        let steps = config.recipe().steps(train.len());
        let evaluations = config.evaluations() as f64;
        let training = 3.0 * config.epochs as f64 * self.per_token * tokens(train) + self.per_step * steps as f64;
        let testing = evaluations * self.per_token * tokens(test);
        let work = training + testing;
        Cost { steps, work, evaluation: testing / work }
    }
}

/// Token counts of every example, special tokens included, as `tokenizer` cuts them.
///
/// # Errors
/// As [`Tokenizer::encode`].
pub fn lengths(dataset: &Dataset, tokenizer: &Tokenizer) -> Result<Vec<usize>> {
    Ok(token_counts(dataset, tokenizer)?.into_iter().map(|count| count.tokens).collect())
}

/// Tokens of each example, and how many of them the tokenizer does not know.
///
/// # Errors
/// As [`Tokenizer::encode`].
pub fn token_counts(dataset: &Dataset, tokenizer: &Tokenizer) -> Result<Vec<TokenCount>> {
    let count = |e: &Example| {
        let ids = tokenizer.encode(&e.text, e.pair.as_deref())?.ids;
        let unknown = ids.iter().filter(|id| Some(**id) == tokenizer.unknown_id()).count();
        Ok(TokenCount { tokens: ids.len(), unknown })
    };
    dataset.examples.iter().map(count).collect()
}
