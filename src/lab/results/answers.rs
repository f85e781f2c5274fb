//! Checks of predictions: accuracy of the most frequent class, and classes that are never predicted.

use super::run::RunReport;
use crate::analysis::stats::{Clause, Unanswered};
use crate::method::arms::Arm;
use std::collections::BTreeMap;

type Matrix = Vec<Vec<usize>>;

/// Of classification alone: a regression's runs have no confusion matrix.
pub fn answer_clauses(runs: &[RunReport]) -> Vec<Clause> {
    let with_matrix: Vec<(&RunReport, &Matrix)> =
        runs.iter().filter_map(|r| Some((r, r.confusion.as_ref()?))).collect();
    if with_matrix.is_empty() {
        return Vec::new();
    }
    let rows = test_rows(&with_matrix);
    let of = rows.iter().sum();
    if of == 0 {
        return Vec::new();
    }
    // Of equally frequent classes the first.
    let class = (0..rows.len()).rev().max_by_key(|&class| rows[class]).unwrap_or(0);
    let mut clauses = vec![Clause::AnsweringMajority { class, rows: rows[class], of }];
    let mut fractions: Vec<f64> = with_matrix.iter().map(|(run, _)| run.fraction).collect();
    fractions.sort_by(|a, b| b.total_cmp(a));
    fractions.dedup();
    clauses.extend(fractions.into_iter().filter_map(|fraction| never_answered(&with_matrix, fraction)));
    clauses
}

/// Test rows of each class; those of a seed count once, since its arms and fractions share them.
fn test_rows(runs: &[(&RunReport, &Matrix)]) -> Vec<usize> {
    let by_seed: BTreeMap<u32, &Matrix> = runs.iter().map(|(run, matrix)| (run.seed, *matrix)).collect();
    let mut rows = vec![0; runs[0].1.len()];
    for matrix in by_seed.values() {
        for (sum, row) in rows.iter_mut().zip(*matrix) {
            *sum += row.iter().sum::<usize>();
        }
    }
    rows
}

fn never_answered(runs: &[(&RunReport, &Matrix)], fraction: f64) -> Option<Clause> {
    let runs: Vec<_> = runs.iter().copied().filter(|(run, _)| run.fraction == fraction).collect();
    let rows = test_rows(&runs);
    let mut arms: Vec<Arm> = Vec::new();
    for (run, _) in &runs {
        if !arms.contains(&run.arm) {
            arms.push(run.arm);
        }
    }
    let answers = |arm: Arm, class: usize| {
        let of_arm = runs.iter().filter(|(run, _)| run.arm == arm);
        of_arm.flat_map(|(_, matrix)| matrix.iter()).filter_map(|row| row.get(class)).sum::<usize>()
    };
    let missed = |class: usize| {
        let by: Vec<String> = arms.iter().filter(|&&arm| answers(arm, class) == 0).map(Arm::to_string).collect();
        (rows[class] > 0 && !by.is_empty()).then_some(Unanswered { class, by_all: by.len() == arms.len(), arms: by })
    };
    let classes: Vec<Unanswered> = (0..rows.len()).filter_map(missed).collect();
    (!classes.is_empty()).then_some(Clause::NeverAnswered { fraction, classes })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn run(arm: Arm, seed: u32, fraction: f64, confusion: [[usize; 3]; 3]) -> RunReport {
        RunReport { confusion: Some(confusion.map(Vec::from).into()), ..RunReport::new(arm, seed, fraction) }
    }

    #[test]
    fn the_most_frequent_class_and_classes_without_an_answer() {
        // Seed 1 has 2, 3 and 1 test rows of the classes, seed 2 has 2, 2 and 2.
        let runs = [
            run(Arm::Guided, 1, 1.0, [[2, 0, 0], [0, 3, 0], [1, 0, 0]]),
            run(Arm::None, 1, 1.0, [[1, 0, 1], [0, 3, 0], [1, 0, 0]]),
            run(Arm::Guided, 2, 1.0, [[2, 0, 0], [2, 0, 0], [1, 1, 0]]),
            run(Arm::None, 2, 1.0, [[2, 0, 0], [0, 2, 0], [2, 0, 0]]),
            run(Arm::Guided, 1, 0.5, [[2, 0, 0], [3, 0, 0], [1, 0, 0]]),
        ];
        let unanswered = |class, arms: &[&str], by_all| Unanswered {
            class,
            arms: arms.iter().map(|arm| arm.to_string()).collect(),
            by_all,
        };
        assert_eq!(
            answer_clauses(&runs),
            [
                Clause::AnsweringMajority { class: 1, rows: 5, of: 12 },
                Clause::NeverAnswered { fraction: 1.0, classes: vec![unanswered(2, &["guided"], false)] },
                Clause::NeverAnswered {
                    fraction: 0.5,
                    classes: vec![unanswered(1, &["guided"], true), unanswered(2, &["guided"], true)]
                },
            ]
        );
        assert_eq!(answer_clauses(&[RunReport::new(Arm::Guided, 1, 1.0)]), []);
    }
}
