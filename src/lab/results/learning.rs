//! Would more labels help? Each arm's score by the fraction of the training part, and what its last doubling gave.

use super::baselines::BaselineRun;
use super::run::RunReport;
use crate::analysis::metrics::{FRACTION_METRICS, in_sentence, widest_difference};
use crate::analysis::stats::{mean, t_interval};
use crate::baselines::Baseline;
use crate::data::dataset::Task;
use crate::lab::config::Config;
use crate::method::arms::Arm;
use serde::Serialize;

/// A point of an arm's learning curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearningPoint {
    /// The arm.
    pub arm: Arm,
    /// The fraction of the training part; `dataset.fraction_rows` says how many rows that are.
    pub fraction: f64,
    /// The metric that counts.
    pub metric: &'static str,
    /// Finished runs.
    pub seeds: usize,
    /// Their mean.
    pub mean: f64,
    /// Its 95 % t interval, cut to what is possible; none of one seed or without spread.
    pub ci95: Option<[f64; 2]>,
}

/// A point of the learning curve of a baseline that is no transformer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BaselinePoint {
    /// The baseline that a transformer has to beat.
    pub baseline: Baseline,
    /// The fraction of the training part.
    pub fraction: f64,
    /// The metric that counts.
    pub metric: &'static str,
    /// Splits.
    pub seeds: usize,
    /// Mean over them.
    pub mean: f64,
    /// Its 95 % t interval, cut to what is possible; none of one seed or without spread.
    pub ci95: Option<[f64; 2]>,
}

/// What the last doubling of an arm's training rows gave, paired by seed: both runs of a seed have the same test rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Doubling {
    /// The arm.
    pub arm: Arm,
    /// The metric that counts.
    pub metric: &'static str,
    /// The largest fraction.
    pub fraction: f64,
    /// Of the smaller ones, the nearest to half of it.
    pub from_fraction: f64,
    /// How many times the rows doubled in between: log₂ of the quotient.
    pub doublings: f64,
    /// Seeds that have both runs.
    pub seeds: usize,
    /// Mean gain a doubling.
    pub gain: f64,
    /// Its 95 % t interval; none of one seed or without spread.
    pub ci95: Option<[f64; 2]>,
}

/// The curve of every arm that has finished runs, smallest fraction first. Nothing where one fraction alone is compared.
pub fn learning_curves(config: &Config, task: Task, runs: &[RunReport]) -> Vec<LearningPoint> {
    if config.fractions.len() < 2 {
        return Vec::new();
    }
    let metric = config.metric.of(task);
    let point = |arm: Arm, fraction: f64| {
        let scores: Vec<f64> = scores(runs, arm, fraction, metric).into_iter().map(|(_, score)| score).collect();
        let (seeds, mean, ci95) = over_seeds(&scores, metric)?;
        Some(LearningPoint { arm, fraction, metric, seeds, mean, ci95 })
    };
    let of_arm = |&arm: &Arm| config.fractions.iter().rev().filter_map(move |&fraction| point(arm, fraction));
    config.arms.iter().flat_map(of_arm).collect()
}

/// The curve of the baseline on TF-IDF, smallest fraction first. Nothing where one fraction alone is compared, or its scores are not at hand.
pub fn baseline_curve(config: &Config, task: Task, baselines: &[BaselineRun]) -> Vec<BaselinePoint> {
    if config.fractions.len() < 2 {
        return Vec::new();
    }
    let (metric, [_, baseline]) = (config.metric.of(task), Baseline::of(task));
    let point = |&fraction: &f64| {
        let at = baselines.iter().filter(|run| run.baseline == baseline && run.fraction == fraction);
        let scores: Vec<f64> = at.filter_map(|run| run.scores.get(metric)).collect();
        let (seeds, mean, ci95) = over_seeds(&scores, metric)?;
        Some(BaselinePoint { baseline, fraction, metric, seeds, mean, ci95 })
    };
    config.fractions.iter().rev().filter_map(point).collect()
}

/// How many scores there are, their mean and its 95 % t interval; nothing of none.
fn over_seeds(scores: &[f64], metric: &str) -> Option<(usize, f64, Option<[f64; 2]>)> {
    let lowest = if FRACTION_METRICS.contains(&metric) { 0.0 } else { -1.0 };
    let ci95 = t_interval(scores).map(|ends| ends.map(|end| end.clamp(lowest, 1.0)));
    (!scores.is_empty()).then(|| (scores.len(), mean(scores), ci95))
}

/// The last doubling of every arm that has pairs of runs.
pub fn last_doublings(config: &Config, task: Task, runs: &[RunReport]) -> Vec<Doubling> {
    let metric = config.metric.of(task);
    let fraction = config.fractions[0];
    let doublings_from = |smaller: f64| (fraction / smaller).log2();
    let from_half = |smaller: &f64| (doublings_from(*smaller) - 1.0).abs();
    let Some(&from_fraction) = config.fractions[1..].iter().min_by(|a, b| from_half(a).total_cmp(&from_half(b))) else {
        return Vec::new();
    };
    let doublings = doublings_from(from_fraction);
    let most = widest_difference(metric);
    let of_arm = |&arm: &Arm| {
        let before = scores(runs, arm, from_fraction, metric);
        let pair = |&(seed, score): &(u32, f64)| {
            let (_, less) = before.iter().find(|(other, _)| *other == seed)?;
            Some((score - less) / doublings)
        };
        let gains: Vec<f64> = scores(runs, arm, fraction, metric).iter().filter_map(pair).collect();
        let ci95 = t_interval(&gains).map(|ends| ends.map(|end| end.clamp(-most, most)));
        let (seeds, gain) = (gains.len(), mean(&gains));
        (seeds > 0).then_some(Doubling { arm, metric, fraction, from_fraction, doublings, seeds, gain, ci95 })
    };
    config.arms.iter().filter_map(of_arm).collect()
}

/// Scores of an arm's finished runs, by seed.
fn scores(runs: &[RunReport], arm: Arm, fraction: f64, metric: &str) -> Vec<(u32, f64)> {
    let of_arm = runs.iter().filter(|run| run.arm == arm && run.fraction == fraction);
    of_arm.filter_map(|run| Some((run.seed, run.score(metric)?))).collect()
}

impl Doubling {
    /// As a sentence without a full stop; `rows` are those of both fractions, the smaller first, where they are known.
    pub fn text(&self, rows: Option<[usize; 2]>) -> String {
        let number = |value: f64| {
            if FRACTION_METRICS.contains(&self.metric) {
                format!("{:+.1}", 100.0 * value)
            } else {
                format!("{value:+.3}")
            }
        };
        let points = if FRACTION_METRICS.contains(&self.metric) { " points" } else { "" };
        let interval = self
            .ci95
            .map_or("no interval".into(), |[low, high]| format!("95 % interval {} to {}", number(low), number(high)));
        let Doubling { arm, doublings, seeds, .. } = self;
        let span = if self.is_one() {
            "the last doubling of the rows".into()
        } else {
            format!("each doubling of the rows, of {doublings:.1},")
        };
        let range = match rows {
            Some([from, to]) => format!("{from} to {to}"),
            None => format!("{} to {} % of the training part", 100.0 * self.from_fraction, 100.0 * self.fraction),
        };
        let (gain, metric) = (number(self.gain), in_sentence(self.metric));
        let seeds = if *seeds == 1 { "1 seed".into() } else { format!("{seeds} seeds") };
        let [low, high] = self.ci95.unwrap_or([self.gain; 2]); // without spread the gain is that of every seed
        let outcome = match self.seeds {
            1 => "more seeds are needed to say whether more labels help",
            _ if low > 0.0 => "more labels still help",
            _ if high < 0.0 => "more labels did not help",
            _ => "that more labels help is not shown",
        };
        format!("{span} ({range}) gave {arm} {gain}{points} of {metric} ({interval}, {seeds}): {outcome}")
    }

    /// Whether it is one doubling: fractions are of rounded numbers of rows.
    fn is_one(&self) -> bool {
        (self.doublings - 1.0).abs() < 0.05
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::lab::config::RawConfig;
    use crate::lab::results::{EpochReport, Scores};

    fn run(arm: Arm, seed: u32, fraction: f64, accuracy: f64) -> RunReport {
        let scores = Scores { accuracy: Some(accuracy), matthews: Some(accuracy / 2.0), ..Scores::default() };
        let epochs = vec![EpochReport { epoch: 1, steps: 1, train_loss: 0.0, eval_loss: 0.0, scores }];
        RunReport { epochs, ..RunReport::new(arm, seed, fraction) }
    }

    fn config(fractions: &[f64]) -> RawConfig {
        RawConfig { arms: vec![Arm::None], seeds: vec![1, 2, 3], fractions: fractions.into(), ..RawConfig::default() }
    }

    /// Gains 4, 2 and 0 points: mean 2, standard error 2/√3, and t of 0.975 with two degrees of freedom is 4.302653.
    #[test]
    fn the_last_doubling_is_paired_by_seed() {
        let config = config(&[0.1, 1.0, 0.5]).check().unwrap();
        let mut runs = Vec::new();
        for (seed, all, half) in [(1, 0.84, 0.80), (2, 0.82, 0.80), (3, 0.90, 0.90)] {
            runs.push(run(Arm::None, seed, 1.0, all));
            runs.push(run(Arm::None, seed, 0.5, half));
            runs.push(run(Arm::None, seed, 0.1, 0.5));
        }
        let [doubling] = &last_doublings(&config, Task::Classification, &runs)[..] else { panic!("one arm") };
        assert_eq!((doubling.from_fraction, doubling.seeds, doubling.doublings), (0.5, 3, 1.0));
        assert!((doubling.gain - 0.02).abs() < 1e-12);
        let [low, high] = doubling.ci95.unwrap();
        let half = 4.302_653 * 0.02 / 3.0_f64.sqrt();
        assert!((low - (0.02 - half)).abs() < 1e-6 && (high - (0.02 + half)).abs() < 1e-6, "{low} {high}");
        assert_eq!(
            doubling.text(Some([57, 114])),
            "the last doubling of the rows (57 to 114) gave none +2.0 points of accuracy (95 % interval -3.0 to +7.0, 3 seeds): that more labels help is not shown"
        );
        let curve = learning_curves(&config, Task::Classification, &runs);
        assert_eq!(curve.iter().map(|point| point.fraction).collect::<Vec<_>>(), [0.1, 0.5, 1.0]);
        assert_eq!((curve[0].mean, curve[0].ci95), (0.5, None), "equal scores have no spread");
        runs.retain(|run| run.seed != 1 || run.fraction != 0.5);
        assert_eq!(last_doublings(&config, Task::Classification, &runs)[0].seeds, 2);
    }

    #[test]
    fn two_doublings_are_divided_and_a_correlation_has_no_points() {
        let raw = RawConfig { metric: crate::lab::metric::Metric::Matthews, ..config(&[1.0, 0.25]) };
        let config = raw.check().unwrap();
        let runs = [run(Arm::None, 1, 1.0, 0.9), run(Arm::None, 1, 0.25, 0.5)];
        let doublings = last_doublings(&config, Task::Classification, &runs);
        assert_eq!((doublings[0].doublings, doublings[0].ci95), (2.0, None));
        assert!((doublings[0].gain - 0.1).abs() < 1e-12, "{doublings:?}");
        let equal = Doubling { seeds: 4, ..doublings[0].clone() };
        assert!(
            equal.text(None).ends_with("(no interval, 4 seeds): more labels still help"),
            "the same gain on every seed"
        );
        assert_eq!(
            doublings[0].text(Some([25, 100])),
            "each doubling of the rows, of 2.0, (25 to 100) gave none +0.100 of Matthews correlation (no interval, 1 seed): more seeds are needed to say whether more labels help"
        );
    }

    #[test]
    fn rows_that_are_not_known_are_said_as_shares() {
        let config = config(&[1.0, 0.5]).check().unwrap();
        let runs = [run(Arm::None, 1, 1.0, 0.9), run(Arm::None, 1, 0.5, 0.5)];
        let text = last_doublings(&config, Task::Classification, &runs)[0].text(None);
        assert!(
            text.starts_with("the last doubling of the rows (50 to 100 % of the training part) gave none"),
            "{text}"
        );
    }

    #[test]
    fn one_fraction_has_no_curve() {
        let config = config(&[1.0]).check().unwrap();
        let runs = [run(Arm::None, 1, 1.0, 0.9)];
        assert!(learning_curves(&config, Task::Classification, &runs).is_empty());
        assert!(last_doublings(&config, Task::Classification, &runs).is_empty());
    }
}
