//! Baselines that are not transformers, on the splits of an experiment, and the gain of a transformer over them.

use super::run::{RunReport, Scores};
use crate::analysis::stats::{self, Outcome, PairedComparison};
use crate::baselines::Baseline;
use crate::data::dataset::{Dataset, Target, Task};
use crate::error::Result;
use crate::lab::config::Config;
use crate::method::arms::Arm;
use serde::{Deserialize, Serialize};

/// A baseline's scores on the test part of one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineRun {
    /// Which baseline.
    pub baseline: Baseline,
    /// Which split.
    pub seed: u32,
    /// Which fraction of the training part it learnt from.
    pub fraction: f64,
    /// How it did on the test part.
    #[serde(flatten)]
    pub scores: Scores,
}

impl BaselineRun {
    /// Both baselines of the task for every seed and fraction of an experiment.
    ///
    /// # Errors
    /// A data set that the configuration cannot split.
    pub fn of_all(config: &Config, dataset: &Dataset) -> Result<Vec<BaselineRun>> {
        let mut all = Vec::new();
        for (&seed, &fraction) in config.seeds.iter().flat_map(|seed| config.fractions.iter().map(move |f| (seed, f))) {
            all.extend(BaselineRun::both(config, dataset, seed, fraction)?);
        }
        Ok(all)
    }

    /// Both baselines of the task for one seed and fraction of an experiment.
    ///
    /// # Errors
    /// A data set that the configuration cannot split.
    pub fn both(config: &Config, dataset: &Dataset, seed: u32, fraction: f64) -> Result<Vec<BaselineRun>> {
        let split = config.split(dataset, seed)?;
        let train = split.fraction(dataset, fraction);
        let run = |baseline: Baseline| {
            let predictions = baseline.predictions(dataset, &train, &split.test, config.class_weights);
            BaselineRun { baseline, seed, fraction, scores: scores(dataset, &split.test, &predictions) }
        };
        Ok(Baseline::of(dataset.task).map(run).to_vec())
    }
}

fn scores(dataset: &Dataset, test: &[usize], predictions: &[f64]) -> Scores {
    let targets = test.iter().map(|&i| &dataset.examples[i].target);
    let truth: Vec<f64> = targets
        .map(|target| match target {
            Target::Class(class) => *class as f64,
            Target::Score(score) => f64::from(*score),
        })
        .collect();
    match dataset.task {
        Task::Classification => {
            let classes = |values: &[f64]| values.iter().map(|&value| value as usize).collect::<Vec<_>>();
            Scores::of_classes(&classes(&truth), &classes(predictions))
        }
        Task::Regression => Scores::of_scores(&truth, predictions),
    }
}

/// An arm against the better baseline, over the seeds that both have.
#[derive(Debug, Clone, Serialize)]
pub struct BaselineComparison {
    /// The arm.
    pub arm: Arm,
    /// The baseline with the better mean score.
    pub baseline: Baseline,
    /// The fraction of the training part.
    pub fraction: f64,
    /// The metric.
    pub metric: &'static str,
    /// The arm's scores minus the baseline's.
    #[serde(flatten)]
    pub paired: PairedComparison,
    /// The finding; none with too few pairs.
    pub outcome: Option<Outcome>,
}

/// Every arm against the better baseline, in the metric that counts. The p-values are not corrected: the question is asked of each arm by itself.
pub fn compare(config: &Config, task: Task, runs: &[RunReport], baselines: &[BaselineRun]) -> Vec<BaselineComparison> {
    let metric = config.metric.of(task);
    let mut comparisons = Vec::new();
    for &fraction in &config.fractions {
        let of = |baseline: Baseline| {
            let at = baselines.iter().filter(move |b| b.baseline == baseline && b.fraction == fraction);
            // A correlation that is not defined explains nothing.
            at.map(|b| (b.seed, b.scores.get(metric).unwrap_or(0.0))).collect::<Vec<_>>()
        };
        let mean = |scores: &[(u32, f64)]| scores.iter().map(|(_, score)| score).sum::<f64>() / scores.len() as f64;
        let both = Baseline::of(task).map(|baseline| (baseline, of(baseline)));
        let Some((baseline, scores)) = both
            .into_iter()
            .filter(|(_, scores)| !scores.is_empty())
            .reduce(|best, other| if mean(&other.1) >= mean(&best.1) { other } else { best })
        else {
            continue;
        };
        for &arm in &config.arms {
            let run = |seed| runs.iter().find(|r| r.arm == arm && r.seed == seed && r.fraction == fraction);
            let pair = |&(seed, of_baseline): &(u32, f64)| Some(run(seed)?.score(metric)? - of_baseline);
            let differences: Vec<f64> = scores.iter().filter_map(pair).collect();
            let paired = stats::compare_paired(&differences, 0);
            let outcome = Outcome::of(&paired, paired.p_value, true);
            comparisons.push(BaselineComparison { arm, baseline, fraction, metric, paired, outcome });
        }
    }
    comparisons
}
