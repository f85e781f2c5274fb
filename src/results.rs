//! What an experiment leaves behind: its runs, their comparisons and the verdict, as `results.json` has them.

use crate::config::Config;
use crate::dataset::{Dataset, Rejection, Task};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::fisher::Estimate;
use crate::metrics;
use crate::pretrained::Pretrained;
use crate::schedule::{Arm, ArmRates, SiteRate};
use crate::stats::{self, Contrast, Outcome, PairedComparison, VerdictInput};
use crate::train::{Examples, probabilities};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name under which a results file says what it is.
pub const FORMAT: &str = "guided-dropout-results";
/// Its version.
pub const VERSION: u32 = 1;

/// The loss of one optimisation step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepLoss {
    /// The step, from 1.
    pub step: usize,
    /// The batch's mean loss before the update.
    pub loss: f64,
}

/// How a model did on the test part after an epoch. Accuracy, F1 and Matthews are of classes, Pearson and Spearman of
/// scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Optimisation steps in it.
    #[serde(default)]
    pub steps: usize,
    /// Mean loss of its steps.
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
    /// Share of right answers.
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

/// The metrics of a task, the one that the verdict is about first.
pub fn metrics_of(task: Task) -> &'static [&'static str] {
    match task {
        Task::Classification => &["accuracy", "macro_f1", "matthews"],
        Task::Regression => &["pearson", "spearman"],
    }
}

impl EpochReport {
    /// Scores a model's `answers` to the examples at `test`.
    pub fn new(
        epoch: usize,
        steps: usize,
        train_loss: f64,
        examples: &Examples,
        test: &[usize],
        answers: &[Vec<f32>],
    ) -> EpochReport {
        let (eval_loss, scores) = match examples.task {
            Task::Classification => {
                let truth = classes(examples, test);
                let predicted: Vec<usize> = answers.iter().map(|a| largest(a)).collect();
                let loss = |(answer, &class): (&Vec<f32>, &usize)| -probabilities(answer)[class].max(1e-45).ln();
                let scores = Scores {
                    accuracy: Some(metrics::accuracy(&truth, &predicted)),
                    macro_f1: Some(metrics::macro_f1(&truth, &predicted)),
                    matthews: Some(metrics::matthews(&truth, &predicted)),
                    ..Scores::default()
                };
                (answers.iter().zip(&truth).map(loss).sum::<f64>() / truth.len() as f64, scores)
            }
            Task::Regression => {
                let truth: Vec<f64> = test.iter().map(|&i| f64::from(examples.targets[i])).collect();
                let predicted: Vec<f64> = answers.iter().map(|a| f64::from(a[0])).collect();
                let error = truth.iter().zip(&predicted).map(|(t, p)| (t - p).powi(2)).sum::<f64>();
                // Constant answers have no correlation; they explain nothing, so they score 0. Where the truth itself is constant,
                // or a single number, there is nothing to explain, and no score.
                let varies = truth.iter().any(|&t| t != truth[0]);
                let scored = |correlation: Option<f64>| varies.then(|| correlation.unwrap_or(0.0));
                let scores = Scores {
                    pearson: scored(metrics::pearson(&truth, &predicted)),
                    spearman: scored(metrics::spearman(&truth, &predicted)),
                    ..Scores::default()
                };
                (error / truth.len() as f64, scores)
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
    /// Each epoch's scores; the last are the run's.
    pub epochs: Vec<EpochReport>,
    /// How long it took, said by whoever has a clock.
    #[serde(default)]
    pub elapsed_ms: f64,
    /// Test examples by true (row) and predicted (column) class.
    #[serde(default)]
    pub confusion: Option<Vec<Vec<usize>>>,
    /// The final answer to each test example: a class number, or a score.
    #[serde(default)]
    pub predictions: Vec<f32>,
    /// What computed it, where that is not the experiment's device: a GPU was lost in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceSummary>,
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
            device: None,
        }
    }

    /// Adds the final answers.
    pub fn conclude(&mut self, examples: &Examples, test: &[usize], answers: &[Vec<f32>]) {
        match examples.task {
            Task::Classification => {
                let predicted: Vec<usize> = answers.iter().map(|a| largest(a)).collect();
                self.confusion = Some(metrics::confusion(examples.outputs, &classes(examples, test), &predicted));
                self.predictions = predicted.into_iter().map(|p| p as f32).collect();
            }
            Task::Regression => self.predictions = answers.iter().map(|a| a[0]).collect(),
        }
    }

    fn score(&self, metric: &str) -> Option<f64> {
        self.epochs.last()?.scores.get(metric)
    }
}

fn classes(examples: &Examples, rows: &[usize]) -> Vec<usize> {
    rows.iter().map(|&i| examples.targets[i] as usize).collect()
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

/// An arm against a baseline, over the seeds that both have.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The arm.
    pub arm: Arm,
    /// What it is compared with.
    pub baseline: Arm,
    /// The share of the training part.
    pub fraction: f64,
    /// What was measured.
    pub metric: &'static str,
    /// The seeds asked for that lack one of the two runs.
    pub missing_seeds: Vec<u32>,
    /// Difference, interval, p-value, effect size and seeds needed.
    #[serde(flatten)]
    pub paired: PairedComparison,
    /// The p-value after Holm's correction over all comparisons of this metric.
    pub p_holm: Option<f64>,
    /// What that shows, by the verdict's rule; nothing with too few pairs to judge.
    pub outcome: Option<Outcome>,
}

/// The data set as results describe it.
#[derive(Debug, Clone, Serialize)]
pub struct DatasetSummary {
    /// The file's name.
    pub name: String,
    /// Usable rows.
    pub rows: usize,
    /// Rows of each training part.
    pub train_rows: usize,
    /// Rows of each test part.
    pub test_rows: usize,
    /// The labels, in class order; none for a regression.
    pub labels: Vec<String>,
    /// What is learnt.
    pub task: Task,
    /// Rows that were not used.
    pub rejected: Vec<Rejection>,
}

/// The model as results describe it.
#[derive(Debug, Clone, Serialize)]
pub struct ModelSummary {
    /// The name under which it is known.
    pub name: String,
    /// How many parameters.
    pub parameters: usize,
    /// How many layers.
    pub layers: usize,
    /// Its width.
    pub hidden: usize,
}

/// The device as results describe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceSummary {
    /// `cpu` or `webgpu`.
    pub kind: String,
    /// The adapter's own name, if it gives one.
    #[serde(default)]
    pub adapter: Option<String>,
}

/// What runs say of their arms.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// Arms in pairs, over the seeds that both have.
    pub comparisons: Vec<Comparison>,
    /// The main comparison in words.
    pub verdict: String,
}

impl Judgement {
    /// Compares `runs`, wherever they were made; of the settings, arms, seeds and fractions count.
    pub fn new(config: &Config, task: Task, runs: &[RunReport]) -> Judgement {
        let comparisons = compare(config, task, runs);
        let verdict = verdict(config, task, &comparisons);
        Judgement { comparisons, verdict }
    }
}

/// `results.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Results {
    format: &'static str,
    version: u32,
    config: Config,
    device: DeviceSummary,
    dataset: DatasetSummary,
    model: ModelSummary,
    fisher: Option<Estimate>,
    arms: BTreeMap<Arm, Vec<SiteRate>>,
    runs: Vec<RunReport>,
    comparisons: Vec<Comparison>,
    verdict: String,
}

impl Results {
    /// Puts an experiment together. Runs are sorted by fraction, seed and arm, so their order of arrival leaves no
    /// trace.
    ///
    /// # Errors
    /// A data set that the configuration cannot split.
    pub fn new(
        config: &Config,
        device: DeviceSummary,
        dataset: &Dataset,
        pretrained: &Pretrained,
        fisher: Option<Estimate>,
        arms: &BTreeMap<Arm, ArmRates>,
        mut runs: Vec<RunReport>,
    ) -> Result<Results> {
        let place = |arm: Arm| config.arms.iter().position(|&a| a == arm);
        if let Some(odd) = runs.iter().find(|r| place(r.arm).is_none()) {
            let expected = "runs of the experiment's own arms";
            return Err(Error::new(ErrorKind::Config, Place::named("runs"), expected, odd.arm.name()));
        }
        runs.sort_by(|a, b| {
            let key = |r: &RunReport| (r.seed, place(r.arm));
            b.fraction.total_cmp(&a.fraction).then_with(|| key(a).cmp(&key(b)))
        });
        let split = dataset.split(config.seeds[0], config.test_share)?;
        let Judgement { comparisons, verdict } = Judgement::new(config, dataset.task, &runs);
        Ok(Results {
            format: FORMAT,
            version: VERSION,
            config: config.clone(),
            device,
            dataset: DatasetSummary {
                name: dataset.name.clone(),
                rows: dataset.examples.len(),
                train_rows: split.train.len(),
                test_rows: split.test.len(),
                labels: dataset.labels.clone(),
                task: dataset.task,
                rejected: dataset.rejected.clone(),
            },
            model: ModelSummary {
                name: pretrained.name.clone(),
                parameters: pretrained.parameters,
                layers: pretrained.config.num_hidden_layers,
                hidden: pretrained.config.hidden_size,
            },
            fisher,
            arms: arms.iter().map(|(arm, rates)| (*arm, rates.rates.clone())).collect(),
            runs,
            comparisons,
            verdict,
        })
    }

    /// The comparisons.
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// The runs.
    pub fn runs(&self) -> &[RunReport] {
        &self.runs
    }

    /// The verdict.
    pub fn verdict(&self) -> &str {
        &self.verdict
    }
}

/// The pairs that are compared: every arm with `standard`, and `guided` with every control.
fn pairs(arms: &[Arm]) -> Vec<(Arm, Arm)> {
    let mut pairs = Vec::new();
    if arms.contains(&Arm::Standard) {
        pairs.extend(arms.iter().filter(|&&a| a != Arm::Standard).map(|&a| (a, Arm::Standard)));
    }
    if arms.contains(&Arm::Guided) {
        let others = arms.iter().filter(|&&a| a != Arm::Standard && a != Arm::Guided);
        pairs.extend(others.map(|&a| (Arm::Guided, a)));
    }
    if pairs.is_empty() && arms.len() > 1 {
        pairs.extend(arms[1..].iter().map(|&a| (a, arms[0])));
    }
    pairs
}

fn compare(config: &Config, task: Task, runs: &[RunReport]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for &metric in metrics_of(task) {
        let first = comparisons.len();
        for &fraction in &config.fractions {
            for (arm, baseline) in pairs(&config.arms) {
                let score = |arm, seed| {
                    let run = runs.iter().find(|r| r.arm == arm && r.seed == seed && r.fraction == fraction)?;
                    run.score(metric)
                };
                let mut differences = Vec::new();
                let mut missing_seeds = Vec::new();
                for &seed in &config.seeds {
                    match (score(arm, seed), score(baseline, seed)) {
                        (Some(a), Some(b)) => differences.push(a - b),
                        _ => missing_seeds.push(seed),
                    }
                }
                let paired = stats::compare_paired(&differences, 0);
                let comparison =
                    Comparison { arm, baseline, fraction, metric, missing_seeds, paired, p_holm: None, outcome: None };
                comparisons.push(comparison);
            }
        }
        let tested: Vec<usize> =
            (first..comparisons.len()).filter(|&i| comparisons[i].paired.p_value.is_some()).collect();
        let p_values: Vec<f64> = tested.iter().filter_map(|&i| comparisons[i].paired.p_value).collect();
        for (i, p) in tested.into_iter().zip(stats::holm(&p_values)) {
            comparisons[i].p_holm = Some(p);
        }
    }
    for comparison in &mut comparisons {
        // Every metric is the better the higher it is.
        comparison.outcome = Outcome::of(&comparison.paired, comparison.p_holm, true);
    }
    comparisons
}

/// The sentence about guided dropout against the standard one, at the largest fraction and in the task's first metric.
fn verdict(config: &Config, task: Task, comparisons: &[Comparison]) -> String {
    let metric = metrics_of(task)[0];
    let family = comparisons.iter().filter(|c| c.metric == metric && c.paired.p_value.is_some()).count();
    let against = |baseline: Arm| {
        let shown = |c: &&Comparison| {
            c.metric == metric && c.fraction == config.fractions[0] && c.arm == Arm::Guided && c.baseline == baseline
        };
        let found = comparisons.iter().find(shown)?;
        Some(Contrast {
            baseline: baseline.to_string(),
            comparison: found.paired.clone(),
            adjusted_p: if family > 1 { found.p_holm } else { None },
        })
    };
    let Some(main) = against(Arm::Standard) else {
        return "No verdict: the question is guided against standard dropout, and one of the two was not run.".into();
    };
    stats::verdict(&VerdictInput {
        metric: metric.into(),
        higher_is_better: true,
        arm: Arm::Guided.to_string(),
        planned_seeds: config.seeds.len(),
        family,
        main,
        uniform_mean: against(Arm::UniformMean),
        shuffled: against(Arm::Shuffled),
    })
}
