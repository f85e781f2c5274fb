//! Whether the arms of an experiment have settled, and how differences moved along their training.

use super::run::RunReport;
use crate::analysis::settled::{CurvePoint, Settlement, doubled_change, late_gain, settlement};
use crate::data::dataset::Task;
use crate::lab::config::Config;
use crate::method::arms::Arm;
use crate::training::recipe::LearningRateSchedule;
use serde::{Deserialize, Serialize};

/// A probe: the change of the metric with twice as many epochs, from a few runs of one arm on validation data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The arm that was run.
    pub arm: Arm,
    /// The fraction of the training part.
    pub fraction: f64,
    /// The length that was doubled.
    pub epochs: usize,
    /// Runs of each length.
    pub seeds: usize,
    /// The mean after twice as many epochs less that after as many.
    pub change: f64,
}

/// An arm's training in the metric that counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmTraining {
    /// The arm.
    pub arm: Arm,
    /// The fraction of the training part.
    pub fraction: f64,
    /// The metric.
    pub metric: &'static str,
    /// Its length.
    pub epochs: usize,
    /// Its means over seeds, after each evaluation that all its finished runs have.
    pub curve: Vec<CurvePoint>,
    /// Its gain over the last third of the training.
    pub late_gain: Option<f64>,
    /// The change with twice as many epochs, by a probe or by the curve itself.
    pub doubled_change: Option<f64>,
    /// The rule's word.
    pub settlement: Settlement,
}

/// How far an arm was ahead of a baseline along the training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DifferenceAlong {
    /// The arm.
    pub arm: Arm,
    /// The baseline arm.
    pub baseline: Arm,
    /// The fraction of the training part.
    pub fraction: f64,
    /// Mean differences, arm minus baseline, after each evaluation that both have.
    pub curve: Vec<CurvePoint>,
}

/// Every arm's training, fraction by fraction.
pub fn trainings(config: &Config, task: Task, runs: &[RunReport], probes: &[Probe]) -> Vec<ArmTraining> {
    let metric = config.metric.of(task);
    let mut trainings = Vec::new();
    for &fraction in &config.fractions {
        for &arm in &config.arms {
            let epochs = config.of(arm, fraction).epochs;
            let curve = curve(runs, arm, fraction, metric);
            let gain = late_gain(&curve, epochs);
            let probe = probes.iter().find(|probe| probe.epochs == epochs && probe.fraction == fraction);
            let by_curve = match config.learning_rate_schedule {
                LearningRateSchedule::Constant => doubled_change(&curve, epochs),
                LearningRateSchedule::Linear => None,
            };
            let change = by_curve.or(probe.map(|probe| probe.change));
            let settlement = settlement(gain, change);
            trainings.push(ArmTraining {
                arm,
                fraction,
                metric,
                epochs,
                curve,
                late_gain: gain,
                doubled_change: change,
                settlement,
            });
        }
    }
    trainings
}

/// How the difference of every arm to `baseline` moved, over the seeds that both have.
pub fn differences_along(config: &Config, task: Task, runs: &[RunReport], baseline: Arm) -> Vec<DifferenceAlong> {
    let metric = config.metric.of(task);
    let mut all = Vec::new();
    for &fraction in &config.fractions {
        for &arm in config.arms.iter().filter(|&&arm| arm != baseline) {
            let of = |arm: Arm, seed| runs.iter().find(|r| r.arm == arm && r.seed == seed && r.fraction == fraction);
            let pair = |&seed: &u32| Some((of(arm, seed)?, of(baseline, seed)?));
            let pairs: Vec<(&RunReport, &RunReport)> = config.seeds.iter().filter_map(pair).collect();
            let Some((first, _)) = pairs.first() else { continue };
            let at = |epoch: usize| {
                let difference =
                    |(a, b): &(&RunReport, &RunReport)| Some(score(a, epoch, metric)? - score(b, epoch, metric)?);
                mean(pairs.iter().map(difference)).map(|mean| CurvePoint { epoch, mean })
            };
            let curve = first.epochs.iter().filter_map(|e| at(e.epoch)).collect();
            all.push(DifferenceAlong { arm, baseline, fraction, curve });
        }
    }
    all
}

/// Means over the arm's runs, after each evaluation that all of them have with a score.
fn curve(runs: &[RunReport], arm: Arm, fraction: f64, metric: &str) -> Vec<CurvePoint> {
    let runs: Vec<&RunReport> = runs.iter().filter(|r| r.arm == arm && r.fraction == fraction).collect();
    let Some(first) = runs.first() else { return Vec::new() };
    let at =
        |epoch: usize| mean(runs.iter().map(|run| score(run, epoch, metric))).map(|mean| CurvePoint { epoch, mean });
    first.epochs.iter().filter_map(|e| at(e.epoch)).collect()
}

fn score(run: &RunReport, epoch: usize, metric: &str) -> Option<f64> {
    run.epochs.iter().find(|e| e.epoch == epoch)?.scores.get(metric)
}

/// None where one is missing.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::lab::config::RawConfig;
    use crate::lab::results::{EpochReport, Scores};

    /// docs/method.md, section 5: accuracy on the sample `tickets` after these epochs, in percent.
    const EPOCHS: [usize; 9] = [1, 2, 3, 4, 5, 6, 8, 10, 12];
    const STANDARD: [f64; 9] = [40.4, 67.4, 83.9, 84.7, 84.3, 87.2, 86.2, 87.4, 87.6];
    const NONE: [f64; 9] = [47.6, 78.4, 85.2, 84.7, 84.9, 85.4, 85.2, 84.9, 85.2];

    fn run(arm: Arm, seed: u32, percent: &[f64], until: usize) -> RunReport {
        let mut run = RunReport::new(arm, seed, 1.0);
        for (&epoch, percent) in EPOCHS.iter().zip(percent).take_while(|(epoch, _)| **epoch <= until) {
            // Seeds differ by as much to both sides, so that the mean is the table's.
            let accuracy = Some(percent / 100.0 + if seed == 1 { 0.02 } else { -0.02 });
            let scores = Scores { accuracy, ..Scores::default() };
            run.epochs.push(EpochReport { epoch, steps: 1, train_loss: 0.0, eval_loss: 0.0, scores });
        }
        run
    }

    fn runs(until: usize) -> Vec<RunReport> {
        let of = |seed| [run(Arm::Standard, seed, &STANDARD, until), run(Arm::None, seed, &NONE, until)];
        [1, 2].into_iter().flat_map(of).collect()
    }

    fn config(epochs: usize, learning_rate_schedule: LearningRateSchedule) -> Config {
        let arms = vec![Arm::Standard, Arm::None];
        RawConfig { arms, seeds: vec![1, 2], epochs, learning_rate_schedule, ..RawConfig::default() }.check().unwrap()
    }

    fn settlements(epochs: usize, schedule: LearningRateSchedule, probes: &[Probe]) -> Vec<Settlement> {
        let config = config(epochs, schedule);
        let trainings = trainings(&config, Task::Classification, &runs(epochs), probes);
        trainings.into_iter().map(|training| training.settlement).collect()
    }

    #[test]
    fn a_climb_of_two_epochs_is_called_unsettled_and_a_settled_run_is_not() {
        use LearningRateSchedule::{Constant, Linear};
        use Settlement::{Climbing, Flat, FlatNotSettled, Settled};
        let probe = |epochs, change| [Probe { arm: Arm::Standard, fraction: 1.0, epochs, seeds: 2, change }];
        assert_eq!(settlements(2, Linear, &probe(2, 0.0)), [Climbing, Climbing]);
        assert_eq!(settlements(10, Linear, &[]), [Flat, Flat]);
        assert_eq!(settlements(10, Linear, &probe(10, 0.005)), [Settled, Settled]);
        assert_eq!(settlements(10, Linear, &probe(10, 0.03)), [FlatNotSettled, FlatNotSettled]);
        assert_eq!(settlements(10, Linear, &probe(8, 0.005)), [Flat, Flat], "of another length");
        assert_eq!(settlements(6, Constant, &[]), [Climbing, Settled], "the curve itself shows twice the length");
        assert_eq!(settlements(10, Constant, &[]), [FlatNotSettled, Settled], "84.3 at epoch 5, 87.4 at 10");
    }

    #[test]
    fn a_difference_is_followed_along_the_training() {
        let config = config(12, LearningRateSchedule::Linear);
        let mut runs = runs(12);
        let along = differences_along(&config, Task::Classification, &runs, Arm::Standard);
        let [none] = &along[..] else { panic!("one arm beside standard") };
        let at = |epoch| none.curve.iter().find(|point| point.epoch == epoch).unwrap().mean;
        assert!((at(2) - 0.11).abs() < 1e-9 && (at(12) + 0.024).abs() < 1e-9, "ahead at first, behind at last");
        // A seed that one of both lacks says nothing: without it, seed 2 alone is 4 points lower in both.
        runs.retain(|run| !(run.arm == Arm::None && run.seed == 1));
        let along = differences_along(&config, Task::Classification, &runs, Arm::Standard);
        assert!((along[0].curve[1].mean - 0.11).abs() < 1e-9);
    }
}
