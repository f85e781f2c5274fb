//! Precision, recall and F1 of each class, arm by arm, as means over seeds.

use super::run::RunReport;
use crate::analysis::metrics::by_class;
use crate::analysis::stats::{mean, t_interval};
use crate::lab::config::Config;
use crate::method::arms::Arm;
use serde::Serialize;

/// A mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeedMean {
    /// The mean.
    pub mean: f64,
    /// Its 95 % t interval, cut to what is possible; none of one seed or without spread.
    pub ci95: Option<[f64; 2]>,
}

/// How an arm's runs predict one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScores {
    /// The arm.
    pub arm: Arm,
    /// The fraction of the training part: the largest.
    pub fraction: f64,
    /// The class, by its place among the labels.
    pub class: usize,
    /// Seeds in which it is true or predicted somewhere: the others say nothing of it.
    pub seeds: usize,
    /// Test rows of it, over all seeds.
    pub rows: usize,
    /// Of the rows that are predicted as it, the fraction that is.
    pub precision: SeedMean,
    /// Of its rows, the fraction that is predicted as it.
    pub recall: SeedMean,
    /// The harmonic mean of both.
    pub f1: SeedMean,
}

impl SeedMean {
    /// Of fractions.
    fn of(values: &[f64]) -> SeedMean {
        let ci95 = t_interval(values).map(|ends| ends.map(|end| end.clamp(0.0, 1.0)));
        SeedMean { mean: mean(values), ci95 }
    }
}

/// Every class in every arm, from the confusion matrices of the largest fraction; nothing of a regression, or of runs without such matrices.
pub fn scores_by_class(config: &Config, runs: &[RunReport]) -> Vec<ClassScores> {
    let fraction = config.fractions[0];
    let mut scores = Vec::new();
    for &arm in &config.arms {
        let of_arm = runs.iter().filter(|run| run.arm == arm && run.fraction == fraction);
        let matrices: Vec<&Vec<Vec<usize>>> =
            of_arm.filter_map(|run| run.confusion.as_ref()).filter(is_square).collect();
        let each: Vec<Vec<Option<[f64; 3]>>> = matrices.iter().map(|matrix| by_class(matrix)).collect();
        for class in 0..matrices.first().map_or(0, |matrix| matrix.len()) {
            let found: Vec<[f64; 3]> = each.iter().filter_map(|of_seed| *of_seed.get(class)?).collect();
            if found.is_empty() {
                continue;
            }
            let [precision, recall, f1] =
                [0, 1, 2].map(|part| SeedMean::of(&found.iter().map(|scores| scores[part]).collect::<Vec<_>>()));
            let rows = matrices.iter().filter_map(|matrix| matrix.get(class)).flatten().sum();
            scores.push(ClassScores { arm, fraction, class, seeds: found.len(), rows, precision, recall, f1 });
        }
    }
    scores
}

/// A file of runs made elsewhere may hold any lists of numbers.
fn is_square(matrix: &&Vec<Vec<usize>>) -> bool {
    matrix.iter().all(|row| row.len() == matrix.len())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::lab::config::RawConfig;

    fn run(seed: u32, fraction: f64, confusion: [[usize; 3]; 3]) -> RunReport {
        RunReport { confusion: Some(confusion.map(Vec::from).into()), ..RunReport::new(Arm::None, seed, fraction) }
    }

    /// By hand: precision 2/3 and 3/4, recall 2/2 and 3/4 of class 0; class 2 is true in seed 1 alone and never predicted.
    #[test]
    fn each_class_has_its_mean_over_seeds() {
        let config =
            RawConfig { arms: vec![Arm::Standard, Arm::None], fractions: vec![1.0, 0.5], ..RawConfig::default() }
                .check()
                .unwrap();
        let runs = [
            run(1, 1.0, [[2, 0, 0], [0, 3, 0], [1, 0, 0]]),
            run(2, 1.0, [[3, 1, 0], [1, 1, 0], [0, 0, 0]]),
            run(1, 0.5, [[0, 2, 0], [0, 3, 0], [0, 1, 0]]),
        ];
        let scores = scores_by_class(&config, &runs);
        assert_eq!(
            scores.iter().map(|s| (s.arm, s.class, s.seeds, s.rows)).collect::<Vec<_>>(),
            [(Arm::None, 0, 2, 6), (Arm::None, 1, 2, 5), (Arm::None, 2, 1, 1),]
        );
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}, {expected}");
        near(scores[0].precision.mean, (2.0 / 3.0 + 0.75) / 2.0);
        near(scores[0].recall.mean, 0.875);
        // t of 0.975 with one degree of freedom is 12.706; half the difference is the standard error.
        let [low, high] = scores[0].recall.ci95.unwrap();
        assert_eq!((low, high), (0.0, 1.0), "cut to what is possible");
        assert_eq!((scores[2].f1.mean, scores[2].f1.ci95), (0.0, None));
        assert!(scores_by_class(&config, &[RunReport::new(Arm::None, 1, 1.0)]).is_empty());
        let ragged = RunReport { confusion: Some(vec![vec![1, 0], vec![1]]), ..RunReport::new(Arm::None, 1, 1.0) };
        assert!(scores_by_class(&config, &[ragged]).is_empty(), "no confusion matrix");
    }
}
