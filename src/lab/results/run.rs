//! The result of one run: loss of each step, metrics after each epoch, and final predictions.

use super::DeviceSummary;
use crate::analysis::metrics;
use crate::analysis::suspects::rival;
use crate::data::dataset::Task;
use crate::method::arms::Arm;
use crate::training::evaluation::{log_loss, probabilities};
use crate::training::examples::Examples;
use serde::{Deserialize, Serialize};

/// The loss of one optimisation step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepLoss {
    /// The step, from 1.
    pub step: usize,
    /// The batch's mean loss before the update.
    pub loss: f64,
}

/// Metrics on the evaluated part after an epoch. Accuracy, F1 and Matthews are of classes, Pearson and Spearman of
/// scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Optimisation steps since the last evaluation.
    #[serde(default)]
    pub steps: usize,
    /// Mean loss of these steps.
    pub train_loss: f64,
    /// Mean loss over the test part, dropout off.
    pub eval_loss: f64,
    /// The scores by name.
    #[serde(flatten)]
    pub scores: Scores,
}

/// Scores of a test part; those that a task has not are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scores {
    /// Fraction of correct predictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Unweighted mean over classes of F1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macro_f1: Option<f64>,
    /// Matthews correlation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matthews: Option<f64>,
    /// Pearson correlation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pearson: Option<f64>,
    /// Spearman correlation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spearman: Option<f64>,
}

impl Scores {
    /// Of class numbers.
    pub fn of_classes(truth: &[usize], predicted: &[usize]) -> Scores {
        Scores {
            accuracy: Some(metrics::accuracy(truth, predicted)),
            macro_f1: Some(metrics::macro_f1(truth, predicted)),
            matthews: Some(metrics::matthews(truth, predicted)),
            ..Scores::default()
        }
    }

    /// Of numbers. Constant predictions have no correlation; they explain nothing, so they score 0. Where the truth itself is constant, or a single number,
    /// there is nothing to explain, and no score.
    pub fn of_scores(truth: &[f64], predicted: &[f64]) -> Scores {
        let varies = truth.iter().any(|&t| t != truth[0]);
        let scored = |correlation: Option<f64>| varies.then(|| correlation.unwrap_or(0.0));
        Scores {
            pearson: scored(metrics::pearson(truth, predicted)),
            spearman: scored(metrics::spearman(truth, predicted)),
            ..Scores::default()
        }
    }

    /// The score of this name, if the task has it.
    pub fn get(&self, metric: &str) -> Option<f64> {
        match metric {
            "accuracy" => self.accuracy,
            "macro_f1" => self.macro_f1,
            "matthews" => self.matthews,
            "pearson" => self.pearson,
            "spearman" => self.spearman,
            _ => None,
        }
    }
}

impl EpochReport {
    /// Scores a model's `predictions` to the examples at `test`.
    pub fn new(
        epoch: usize,
        steps: usize,
        train_loss: f64,
        examples: &Examples,
        test: &[usize],
        predictions: &[Vec<f32>],
    ) -> EpochReport {
        let (eval_loss, scores) = match examples.task {
            Task::Classification => {
                let truth = classes(examples, test);
                let predicted: Vec<usize> = predictions.iter().map(|a| largest(a)).collect();
                let loss = |(logits, &class): (&Vec<f32>, &usize)| log_loss(logits, class);
                let mean = predictions.iter().zip(&truth).map(loss).sum::<f64>() / truth.len() as f64;
                (mean, Scores::of_classes(&truth, &predicted))
            }
            Task::Regression => {
                let truth: Vec<f64> = test.iter().map(|&i| f64::from(examples.targets[i])).collect();
                let predicted: Vec<f64> = predictions.iter().map(|a| f64::from(a[0])).collect();
                let error = truth.iter().zip(&predicted).map(|(t, p)| (t - p).powi(2)).sum::<f64>();
                (error / truth.len() as f64, Scores::of_scores(&truth, &predicted))
            }
        };
        EpochReport { epoch, steps, train_loss, eval_loss, scores }
    }
}

/// One fine-tuning run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Which rates.
    pub arm: Arm,
    /// Which split, head, batch order and noise.
    pub seed: u32,
    /// Which share of the training part.
    pub fraction: f64,
    /// The loss of each step.
    pub steps: Vec<StepLoss>,
    /// The scores after each epoch that was evaluated; the last are the run's.
    pub epochs: Vec<EpochReport>,
    /// How long it took, said by whoever has a clock.
    #[serde(default)]
    pub elapsed_ms: f64,
    /// Test examples by true (row) and predicted (column) class.
    #[serde(default)]
    pub confusion: Option<Vec<Vec<usize>>>,
    /// The final prediction for each test example: a class number, or a score.
    #[serde(default)]
    pub predictions: Vec<f32>,
    /// Classification: the probability of each test example's own label, to five decimals. Empty in runs of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label_probabilities: Vec<f64>,
    /// The largest probability of another label, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rival_probabilities: Vec<f64>,
    /// Classification, where they were asked for ([`crate::lab::Lab::keep_probabilities`]): the probability of every label for each test example.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probabilities: Vec<Vec<f64>>,
    /// The device that computed it, where that is not the experiment's: the GPU was lost in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceSummary>,
    /// Rows of a step that were computed together, where memory ended and they were fewer than the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch_size: Option<usize>,
}

impl RunReport {
    /// A run that has done nothing yet.
    pub fn new(arm: Arm, seed: u32, fraction: f64) -> RunReport {
        RunReport {
            arm,
            seed,
            fraction,
            steps: Vec::new(),
            epochs: Vec::new(),
            elapsed_ms: 0.0,
            confusion: None,
            predictions: Vec::new(),
            label_probabilities: Vec::new(),
            rival_probabilities: Vec::new(),
            probabilities: Vec::new(),
            device: None,
            micro_batch_size: None,
        }
    }

    /// Adds the final predictions, each a row of logits or one score.
    pub fn conclude(
        &mut self,
        examples: &Examples,
        test: &[usize],
        predictions: &[Vec<f32>],
        keeps_probabilities: bool,
    ) {
        match examples.task {
            Task::Classification => {
                let predicted: Vec<usize> = predictions.iter().map(|a| largest(a)).collect();
                let truth = classes(examples, test);
                self.confusion = Some(metrics::confusion(examples.outputs, &truth, &predicted));
                let quality = predictions.iter().zip(&truth).map(|(logits, &class)| {
                    let probabilities = probabilities(logits);
                    (five_decimals(probabilities[class]), five_decimals(rival(&probabilities, class)))
                });
                (self.label_probabilities, self.rival_probabilities) = quality.unzip(); // in place of a shorter run's
                self.predictions = predicted.into_iter().map(|p| p as f32).collect();
                if keeps_probabilities {
                    self.probabilities = predictions.iter().map(|logits| probabilities(logits)).collect();
                }
            }
            Task::Regression => self.predictions = predictions.iter().map(|a| a[0]).collect(),
        }
    }

    /// The run's score: that of its last epoch.
    pub fn score(&self, metric: &str) -> Option<f64> {
        self.epochs.last()?.scores.get(metric)
    }
}

fn classes(examples: &Examples, rows: &[usize]) -> Vec<usize> {
    rows.iter().map(|&i| examples.targets[i] as usize).collect()
}

/// A run's report is kept and sent for every test example.
fn five_decimals(probability: f64) -> f64 {
    (probability * 1e5).round() / 1e5
}

fn largest(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = class;
        }
    }
    best
}
