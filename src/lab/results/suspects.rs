//! Labels worth a second look. Every seed draws its own test part, so over seeds most rows are tested, some several times, by models that were not
//! trained on them; where these usually predict another label than the given one, the row is listed.

use super::run::RunReport;
use crate::analysis::suspects::{self, Answer, Quality, Suspect};
use crate::data::dataset::{Dataset, Target, Task};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::method::arms::Arm;
use serde::Serialize;
use std::collections::BTreeSet;

/// Most rows that are listed.
const MOST_ROWS: usize = 200;

/// Rows whose label the runs of one arm contradict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspects {
    /// Whose runs: `standard`, or else the experiment's first arm.
    pub arm: Arm,
    /// The largest fraction of the training part.
    pub fraction: f64,
    /// How many seeds' runs were pooled.
    pub seeds: usize,
    /// Rows that were in the test part of at least one of them.
    pub tested_rows: usize,
    /// Rows whose usual prediction is not their label.
    pub found: usize,
    /// The first 200 of them, most suspect first.
    pub rows: Vec<SuspectRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuspectRow {
    /// Its place among the usable rows, from 0.
    pub example: usize,
    /// The line of the file on which it starts, from 1.
    pub line: u64,
    /// The given label, as a class number.
    pub label: usize,
    /// The label that is predicted most often.
    pub usual: usize,
    /// Seeds that predict it.
    pub agreeing: usize,
    /// Seeds that tested the row.
    pub tested: usize,
    /// Mean probability of the given label.
    pub self_confidence: f64,
    /// Mean of that less the largest probability of another label.
    pub margin: f64,
}

impl Suspects {
    /// Pools the runs of one arm on the largest fraction. None of a regression, or where no such run has probabilities.
    ///
    /// # Errors
    /// A data set that the configuration cannot split, and runs with another number of test rows.
    pub(super) fn of(config: &Config, dataset: &Dataset, runs: &[RunReport]) -> Result<Option<Suspects>> {
        let arm = if config.arms.contains(&Arm::Standard) { Arm::Standard } else { config.arms[0] };
        let fraction = config.fractions[0];
        let pooled =
            |run: &&RunReport| run.arm == arm && run.fraction == fraction && !run.label_probabilities.is_empty();
        let runs: Vec<&RunReport> = runs.iter().filter(pooled).collect();
        if dataset.task != Task::Classification || runs.is_empty() {
            return Ok(None);
        }
        let mut answers = Vec::new();
        for run in &runs {
            answers.extend(answers_of(run, &config.split(dataset, run.seed)?.test, dataset)?);
        }
        let found = suspects::suspects(&answers);
        let rows = found.iter().take(MOST_ROWS).map(|suspect| row(suspect, dataset)).collect();
        let tested: BTreeSet<usize> = answers.iter().map(|answer| answer.example).collect();
        Ok(Some(Suspects { arm, fraction, seeds: runs.len(), tested_rows: tested.len(), found: found.len(), rows }))
    }
}

fn answers_of(run: &RunReport, test: &[usize], dataset: &Dataset) -> Result<Vec<Answer>> {
    for found in [run.predictions.len(), run.label_probabilities.len(), run.rival_probabilities.len()] {
        if found != test.len() {
            let place = Place::named("runs").column(format!("{}, seed {}", run.arm, run.seed));
            let expected = format!("a prediction for each of {} test rows", test.len());
            return Err(Error::new(ErrorKind::Config, place, expected, found.to_string()));
        }
    }
    let probabilities = run.label_probabilities.iter().zip(&run.rival_probabilities);
    let answers = test.iter().zip(&run.predictions).zip(probabilities);
    let answer = |((&example, &predicted), (&label, &rival)): ((&usize, &f32), (&f64, &f64))| {
        let Target::Class(given) = dataset.examples[example].target else { return None };
        Some(Answer { example, given, predicted: predicted as usize, quality: Quality::new(label, rival) })
    };
    Ok(answers.filter_map(answer).collect())
}

fn row(suspect: &Suspect, dataset: &Dataset) -> SuspectRow {
    let &Suspect { example, given, usual, agreeing, asked, quality } = suspect;
    SuspectRow {
        example,
        line: dataset.examples[example].line,
        label: given,
        usual,
        agreeing,
        tested: asked,
        self_confidence: quality.self_confidence,
        margin: quality.margin,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::data::dataset::ReadOptions;
    use crate::lab::config::RawConfig;

    /// 40 rows of two classes; the label of row 7 is wrong.
    fn dataset() -> Dataset {
        let label = |row: usize| if row == 7 { 0 } else { row % 2 };
        let rows: String = (0..40).map(|row| format!("text {row},{}\n", ["a", "b"][label(row)])).collect();
        Dataset::read(format!("text,label\n{rows}").as_bytes(), &ReadOptions::default()).unwrap()
    }

    /// Knows the true label of every row, with a probability of 0.9.
    fn run(dataset: &Dataset, config: &Config, arm: Arm, seed: u32) -> RunReport {
        let test = config.split(dataset, seed).unwrap().test;
        let given = |row: usize| if row == 7 { 0.1 } else { 0.9 };
        RunReport {
            predictions: test.iter().map(|&row| (row % 2) as f32).collect(),
            label_probabilities: test.iter().map(|&row| given(row)).collect(),
            rival_probabilities: test.iter().map(|&row| 1.0 - given(row)).collect(),
            ..RunReport::new(arm, seed, 1.0)
        }
    }

    fn config() -> Config {
        let arms = vec![Arm::Guided, Arm::Standard];
        RawConfig { arms, seeds: (1..=20).collect(), ..RawConfig::default() }.check().unwrap()
    }

    #[test]
    fn a_wrong_label_is_found_in_every_seed_that_tested_it() {
        let (dataset, config) = (dataset(), config());
        let mut runs: Vec<RunReport> =
            config.seeds.iter().map(|&seed| run(&dataset, &config, Arm::Standard, seed)).collect();
        let contradicting = RunReport { predictions: vec![1.0; 8], ..run(&dataset, &config, Arm::Guided, 1) };
        runs.push(contradicting); // of another arm
        let tested = |row: usize| {
            config.seeds.iter().filter(|&&s| config.split(&dataset, s).unwrap().test.contains(&row)).count()
        };
        let Suspects { arm, seeds, tested_rows, found, rows, .. } =
            Suspects::of(&config, &dataset, &runs).unwrap().unwrap();
        assert_eq!((arm, seeds, found), (Arm::Standard, 20, 1));
        assert_eq!(tested_rows, (0..40).filter(|&row| tested(row) > 0).count());
        assert!(tested(7) > 1);
        let [row] = &rows[..] else { panic!("one row, not {rows:?}") };
        assert_eq!((row.example, row.line, row.label, row.usual), (7, 9, 0, 1));
        assert_eq!((row.agreeing, row.tested), (tested(7), tested(7)));
        assert!((row.self_confidence - 0.1).abs() < 1e-12 && (row.margin + 0.8).abs() < 1e-12);
    }

    #[test]
    fn runs_of_earlier_versions_say_nothing_and_other_test_rows_are_refused() {
        let (dataset, config) = (dataset(), config());
        let earlier = RunReport { predictions: vec![1.0; 8], ..RunReport::new(Arm::Standard, 1, 1.0) };
        assert_eq!(Suspects::of(&config, &dataset, &[earlier]).unwrap(), None);
        let mut odd = run(&dataset, &config, Arm::Standard, 1);
        odd.rival_probabilities.pop();
        let refusal = Suspects::of(&config, &dataset, &[odd]).unwrap_err().to_string();
        assert!(
            refusal.contains("standard, seed 1") && refusal.contains("8 test rows") && refusal.contains('7'),
            "{refusal}"
        );
    }
}
