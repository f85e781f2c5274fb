//! Comparisons of arms over seeds, and the verdict.

use super::answers::answer_clauses;
use super::baselines::{self, BaselineComparison, BaselineRun};
use super::classes::{ClassScores, scores_by_class};
use super::learning::{BaselinePoint, Doubling, LearningPoint, baseline_curve, last_doublings, learning_curves};
use super::remarks::WordedRemark;
use super::run::RunReport;
use super::settled::{self, ArmTraining, DifferenceAlong, Probe};
use crate::analysis::metrics::widest_difference;
use crate::analysis::stats::{self, Clause, Contrast, Outcome, PairedComparison, VerdictInput};
use crate::data::dataset::Task;
use crate::lab::config::Config;
use crate::lab::metric::metrics_of;
use crate::method::arms::Arm;
use serde::Serialize;

/// An arm against a baseline, over the seeds that both have.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The arm.
    pub arm: Arm,
    /// The baseline arm.
    pub baseline: Arm,
    /// The share of the training part.
    pub fraction: f64,
    /// The metric.
    pub metric: &'static str,
    /// The seeds asked for that lack one of the two runs.
    pub missing_seeds: Vec<u32>,
    /// Difference, interval, p-value, effect size, seeds needed and notes.
    #[serde(flatten)]
    pub paired: PairedComparison,
    /// The notes in words.
    pub note: Option<String>,
    /// The p-value after Holm's correction over all comparisons of this metric.
    pub p_holm: Option<f64>,
    /// The fewest seeds with which the test can show any difference among all comparisons of this metric.
    pub least_seeds: usize,
    /// Seeds needed as in `paired`, with that correction.
    pub seeds_needed_corrected: Option<usize>,
    /// The finding, by the verdict's rule; none with too few pairs.
    pub outcome: Option<Outcome>,
}

/// Comparisons and verdict of a set of runs.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// Arms in pairs, over the seeds that both have.
    pub comparisons: Vec<Comparison>,
    /// The verdict's clauses.
    pub clauses: Vec<Clause>,
    /// The same in English.
    pub verdict: String,
    /// Whether each arm has settled.
    pub trainings: Vec<ArmTraining>,
    /// How far each arm was ahead of the standard one along the training.
    pub along: Vec<DifferenceAlong>,
    /// Precision, recall and F1 of each class in each arm; empty of a regression.
    pub classes: Vec<ClassScores>,
    /// Each arm's score by fraction; empty where one fraction alone is compared.
    pub learning: Vec<LearningPoint>,
    /// What the last doubling of the training rows gave each arm.
    pub doublings: Vec<Doubling>,
    /// Every arm with the better baseline that is no transformer, where their scores are at hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub baseline_comparisons: Vec<BaselineComparison>,
    /// The score of the baseline on TF-IDF by fraction, where its scores are at hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub learning_baseline: Vec<BaselinePoint>,
    /// Remarks beside the verdict that follow from all of this.
    pub remarks: Vec<WordedRemark>,
}

impl Judgement {
    /// Compares `runs`, wherever they were made; of the settings, arms, seeds and fractions count. `labels` are the names of the
    /// classes, where they are known.
    pub fn new(config: &Config, task: Task, labels: &[String], runs: &[RunReport]) -> Judgement {
        let comparisons = compare(config, task, runs);
        let mut clauses = main_clauses(config, task, &comparisons);
        clauses.extend(answer_clauses(runs));
        let verdict = stats::sentences(&clauses, labels);
        let along = settled::differences_along(config, task, runs, Arm::Standard);
        let judgement = Judgement {
            comparisons,
            clauses,
            verdict,
            trainings: Vec::new(),
            along,
            classes: scores_by_class(config, runs),
            learning: learning_curves(config, task, runs),
            doublings: last_doublings(config, task, runs),
            baseline_comparisons: Vec::new(),
            learning_baseline: Vec::new(),
            remarks: Vec::new(),
        };
        judgement.with_beside(config, task, runs, &[], &[])
    }

    /// The same with what else is known: scores of baselines, and what twice the length changed where it was tried.
    pub fn with_beside(
        mut self,
        config: &Config,
        task: Task,
        runs: &[RunReport],
        baselines: &[BaselineRun],
        probes: &[Probe],
    ) -> Judgement {
        self.baseline_comparisons = baselines::compare(config, task, runs, baselines);
        self.learning_baseline = baseline_curve(config, task, baselines);
        self.trainings = settled::trainings(config, task, runs, probes);
        self.remarks = WordedRemark::all(config, task, &self.trainings, &self.baseline_comparisons);
        self
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
                let mut paired = stats::compare_paired(&differences, 0);
                let most = widest_difference(metric);
                paired.ci95 = paired.ci95.map(|bounds| bounds.map(|bound| bound.clamp(-most, most)));
                comparisons.push(Comparison {
                    arm,
                    baseline,
                    fraction,
                    metric,
                    missing_seeds,
                    note: paired.note(),
                    paired,
                    p_holm: None,
                    least_seeds: 0,
                    seeds_needed_corrected: None,
                    outcome: None,
                });
            }
        }
        let tested: Vec<usize> =
            (first..comparisons.len()).filter(|&i| comparisons[i].paired.p_value.is_some()).collect();
        let p_values: Vec<f64> = tested.iter().filter_map(|&i| comparisons[i].paired.p_value).collect();
        for (i, p) in tested.into_iter().zip(stats::holm(&p_values)) {
            comparisons[i].p_holm = Some(p);
        }
        for comparison in &mut comparisons[first..] {
            comparison.least_seeds = stats::least_seeds(p_values.len());
            let effect_size = comparison.paired.effect_size;
            comparison.seeds_needed_corrected =
                effect_size.and_then(|dz| stats::seeds_needed_among(dz, p_values.len()));
        }
    }
    for comparison in &mut comparisons {
        // Every metric is the better the higher it is.
        comparison.outcome = Outcome::of(&comparison.paired, comparison.p_holm, true);
    }
    comparisons
}

/// The verdict on guided dropout, at the largest fraction and in the metric that counts.
fn main_clauses(config: &Config, task: Task, comparisons: &[Comparison]) -> Vec<Clause> {
    let metric = config.metric.of(task);
    let fraction = config.fractions[0];
    let family = comparisons.iter().filter(|c| c.metric == metric && c.paired.p_value.is_some()).count();
    let against = |baseline: Arm| {
        let shown = |c: &&Comparison| {
            c.metric == metric && c.fraction == fraction && c.arm == Arm::Guided && c.baseline == baseline
        };
        let found = comparisons.iter().find(shown)?;
        Some(Contrast {
            baseline: baseline.to_string(),
            comparison: found.paired.clone(),
            adjusted_p: if family > 1 { found.p_holm } else { None },
        })
    };
    stats::clauses(&VerdictInput {
        metric: metric.into(),
        higher_is_better: true,
        arm: Arm::Guided.to_string(),
        fraction,
        planned_seeds: config.seeds.len(),
        family,
        baseline: Arm::Standard.to_string(),
        main: against(Arm::Standard),
        controls: Arm::CONTROLS.map(|control| (control.to_string(), against(control))).into(),
        none: against(Arm::None),
    })
}
