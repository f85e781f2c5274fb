//! The plan of an experiment: from settings to jobs.
//!
//! A [`Job`] is pure data, seeded and independent of every other: some texts of Fisher information, one run of an arm, a
//! seed and a fraction, or some points of a loss surface. So any number of labs can share a plan, in any order, and the
//! numbers are the same.

mod checks;
mod cost;
mod file;
mod job;
mod labelled;
mod landscape;
mod portable;
mod trajectory;

pub use checks::check_prose;
pub use cost::{lengths, token_counts};
pub use file::PlanFile;
pub use job::{Job, JobKind, RunKey};
pub use landscape::{LandscapePlan, StepLengths};
pub use portable::PortablePlan;
pub use trajectory::{TrajectoryPlan, TrajectorySettings, spread};

pub(in crate::lab) use checks::{check_length, check_warmup};
pub(in crate::lab) use cost::{Cost, Costs};
pub(in crate::lab) use labelled::labelled_rows;

use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::lab::config::Config;
use crate::method::arms::Arm;
use crate::method::fisher::FisherLoss;
use crate::method::rates::RateSources;
use crate::method::schedule::SiteRate;
use crate::models::pretrained::Pretrained;
use checks::{check_class_weights, check_fractions};
use serde::Serialize;

/// The most texts of one Fisher job: few enough that a pool of workers shares them evenly.
const TEXTS_PER_JOB: usize = 16;

/// An experiment's jobs.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The checked settings.
    pub config: Config,
    /// Fisher first, then the runs, seed by seed, so that pairs are complete early.
    pub jobs: Vec<Job>,
    /// Rows of the training part of each split.
    pub train_rows: usize,
    /// Rows of the test part of each split.
    pub test_rows: usize,
    /// Rows that each of `config.fractions` trains on, in their order.
    pub fraction_rows: Vec<usize>,
}

impl Plan {
    /// The jobs of an experiment on a data set, with `texts` passages of prose at hand.
    ///
    /// # Errors
    /// A metric of another task, class weights without classes, a model without what Fisher needs, without a row for the second of two texts, or without the classifier that is to be kept, a text longer than the model's positions, rates of one's own for other sites than the
    /// model's, a data set that cannot be split, or runs of so few steps that warm-up is all that they are.
    pub fn new(config: Config, dataset: &Dataset, pretrained: &Pretrained, texts: usize) -> Result<Plan> {
        config.metric.check(dataset.task)?;
        check_class_weights(&config, dataset)?;
        check_length(&config, pretrained)?;
        if dataset.layout.pair_column.is_some() {
            pretrained.check_pairs()?;
        }
        if config.keep_classifier {
            pretrained.kept_classifier(&dataset.labels)?;
        }
        if config.arms.contains(&Arm::Custom) {
            // Before Fisher information rather than after it; the rates beside them do not matter.
            let sites = pretrained.config.sites();
            let guided: Vec<SiteRate> = sites.into_iter().map(|site| SiteRate { site, rate: 0.0 }).collect();
            let custom = config.custom_rates.as_deref();
            Arm::Custom.rates(RateSources { custom, ..RateSources::guided(&guided) }, 0)?;
        }
        let tokenizer = pretrained.tokenizer.cut_to(config.max_tokens)?;
        let mut jobs = Vec::new();
        if needs_fisher(&config) {
            jobs.extend(match config.fisher_loss {
                FisherLoss::Pretraining => {
                    check_prose(pretrained, &tokenizer, texts)?;
                    // The decoder, at the predicted tokens, forward and backward.
                    let share = pretrained.config.objective(&tokenizer)?.share();
                    let decoder = 2.0 * share * (pretrained.config.vocab_size * pretrained.config.hidden_size) as f64;
                    fisher_jobs(&config, pretrained, texts, decoder)
                }
                FisherLoss::Labelled => fisher_jobs(&config, pretrained, labelled_rows(&config, dataset)?.len(), 0.0),
            });
        }
        let costs = Costs::new(dataset, pretrained, &tokenizer)?;
        let split = config.split(dataset, config.seeds[0])?;
        for &seed in &config.seeds {
            let split = config.split(dataset, seed)?;
            check_fractions(&config, dataset, &split)?;
            for &fraction in &config.fractions {
                let rows = split.fraction(dataset, fraction);
                for &arm in &config.arms {
                    let of_arm = config.of(arm, fraction);
                    check_warmup(&of_arm.recipe(), rows.len())?;
                    let Cost { steps, work, evaluation } = costs.run(&of_arm, &rows, &split.test);
                    let id = format!("run/{arm}/{seed}/{fraction}");
                    let run = RunKey { arm, seed, fraction };
                    jobs.push(Job { id, work, units: steps, kind: JobKind::Run { run, evaluation } });
                }
            }
        }
        let fraction_rows = config.fractions.iter().map(|&it| split.fraction(dataset, it).len()).collect();
        Ok(Plan { config, jobs, train_rows: split.train.len(), test_rows: split.test.len(), fraction_rows })
    }
}

/// `decoder`: multiply-adds of a token beside the encoder's.
fn fisher_jobs(config: &Config, pretrained: &Pretrained, texts: usize, decoder: f64) -> Vec<Job> {
    let texts = config.fisher_texts.min(texts);
    // Forward, and backward to the activations alone.
    let per_token = 2.0 * pretrained.config.multiply_adds_per_token() as f64 + decoder;
    let mut jobs = Vec::new();
    let count = texts.div_ceil(TEXTS_PER_JOB);
    for part in 0..count {
        let (from, to) = (part * texts / count, (part + 1) * texts / count);
        let work = (to - from) as f64 * per_token * config.max_tokens as f64;
        let kind = JobKind::Fisher { from, to };
        jobs.push(Job { id: format!("fisher/{from}-{to}"), work, units: to - from, kind });
    }
    jobs
}

/// Whether any arm of the experiment is made of guided rates.
pub fn needs_fisher(config: &Config) -> bool {
    config.arms.iter().any(|arm| arm.needs_fisher())
}
