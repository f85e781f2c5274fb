//! A plan with its data, for programs that run it elsewhere: `cluster/` in this repository.
//!
//! What is hard to repeat in another language is resolved here: which rows of the file are usable, how each seed divides them, and what the
//! baselines score on the same splits. What depends on the model (tokens, batches, masks, noise) is left to the program, since the model may be
//! another one.

use crate::data::dataset::{Dataset, Example, Target};
use crate::error::Result;
use crate::lab::config::Config;
use crate::lab::formats::PLAN;
use crate::lab::plan::{labelled_rows, needs_fisher};
use crate::lab::results::{BaselineRun, DatasetSummary, Inputs};
use crate::method::fisher::FisherLoss;
use serde::Serialize;

/// `plan.json`.
#[derive(Debug, Serialize)]
pub struct PortablePlan<'a> {
    format: &'static str,
    version: u32,
    config: Config,
    inputs: Option<Inputs>,
    dataset: DatasetSummary,
    examples: Vec<PortableExample<'a>>,
    splits: Vec<PortableSplit>,
    fisher: Option<FisherTexts<'a>>,
    baselines: Vec<BaselineRun>,
}

/// A usable row.
#[derive(Debug, Serialize)]
struct PortableExample<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pair: Option<&'a str>,
    /// A class number, or a score.
    target: f32,
}

/// How one seed divides the examples, by their places in the list.
#[derive(Debug, Serialize)]
struct PortableSplit {
    seed: u32,
    /// Rows that each of `config.fractions` trains on, in their shuffled order.
    train: Vec<Vec<usize>>,
    /// Rows that are tested on.
    test: Vec<usize>,
}

/// What Fisher information is estimated from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum FisherTexts<'a> {
    /// Passages of prose, the first `config.fisher_texts` of the file.
    Prose(&'a [String]),
    /// Examples, by their places in the list.
    Rows(Vec<usize>),
}

impl<'a> PortablePlan<'a> {
    /// Of settings that [`Plan::new`](super::Plan::new) has accepted.
    ///
    /// # Errors
    /// A data set that the configuration cannot split; labelled Fisher information without a row that every seed trains on.
    pub fn new(
        config: Config,
        dataset: &'a Dataset,
        prose: &'a [String],
        inputs: Option<Inputs>,
    ) -> Result<PortablePlan<'a>> {
        let split = |&seed: &u32| {
            let split = config.split(dataset, seed)?;
            let train = config.fractions.iter().map(|&fraction| split.fraction(dataset, fraction)).collect();
            Ok(PortableSplit { seed, train, test: split.test })
        };
        let fisher = match config.fisher_loss {
            _ if !needs_fisher(&config) => None,
            FisherLoss::Pretraining => Some(FisherTexts::Prose(&prose[..config.fisher_texts.min(prose.len())])),
            FisherLoss::Labelled => {
                let mut rows = labelled_rows(&config, dataset)?;
                rows.truncate(config.fisher_texts);
                Some(FisherTexts::Rows(rows))
            }
        };
        Ok(PortablePlan {
            format: PLAN.name,
            version: PLAN.version,
            inputs,
            dataset: DatasetSummary::new(&config, dataset)?,
            examples: dataset.examples.iter().map(PortableExample::from).collect(),
            splits: config.seeds.iter().map(split).collect::<Result<_>>()?,
            fisher,
            baselines: BaselineRun::of_all(&config, dataset)?,
            config,
        })
    }
}

impl<'a> From<&'a Example> for PortableExample<'a> {
    fn from(example: &'a Example) -> Self {
        let target = match example.target {
            Target::Class(class) => class as f32,
            Target::Score(score) => score,
        };
        PortableExample { text: &example.text, pair: example.pair.as_deref(), target }
    }
}
