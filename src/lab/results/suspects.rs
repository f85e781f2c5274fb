//! Labels worth a second look. Every seed draws its own test part, so over seeds most rows are tested, some several times, by models that were not
//! trained on them; with folds, all are. Where these usually predict another label than the given one, the row is listed.

use super::run::RunReport;
use crate::analysis::suspects::{self, Answer, Quality, Suspect};
use crate::data::dataset::{Dataset, Target, Task};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::method::arms::Arm;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most rows that are listed.
const MOST_ROWS: usize = 200;

/// Of the tested rows no larger share may be listed without a caution. Labels that are wrong are rarely more than a tenth (Northcutt, Athalye and Mueller 2021
/// found 3.3 % in ten public test sets, 10.1 % in the worst): where three tenths are listed, at least two of three listed labels are right.
pub const MOST_LISTED: f64 = 0.3;

/// Why the list says little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// The usual predictions agree with the labels no more often than the most frequent label alone would.
    NoBetterThanMajority,
    /// More than [`MOST_LISTED`] of the tested rows are listed.
    LowAccuracy,
}

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
    /// Rows that none of them tested: nothing is known of their labels.
    pub untested_rows: usize,
    /// Rows whose usual prediction is not their label.
    pub found: usize,
    /// Why they are mostly hard rows rather than wrong labels; none where the models are right often enough.
    pub caution: Option<Caution>,
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
        let given: BTreeMap<usize, usize> = answers.iter().map(|answer| (answer.example, answer.given)).collect();
        Ok(Some(Suspects {
            arm,
            fraction,
            seeds: runs.len(),
            tested_rows: given.len(),
            untested_rows: dataset.examples.len() - given.len(),
            found: found.len(),
            caution: Caution::of(&given, found.len()),
            rows,
        }))
    }
}

impl Caution {
    /// Of the tested rows' given labels, and how many of these are contradicted.
    fn of(given: &BTreeMap<usize, usize>, found: usize) -> Option<Caution> {
        let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
        given.values().for_each(|&class| *rows.entry(class).or_default() += 1);
        let most_frequent = rows.into_values().max()?;
        if given.len() - found <= most_frequent {
            return Some(Caution::NoBetterThanMajority);
        }
        (found as f64 > MOST_LISTED * given.len() as f64).then_some(Caution::LowAccuracy)
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
        let Suspects { arm, seeds, tested_rows, untested_rows, found, caution, rows, .. } =
            Suspects::of(&config, &dataset, &runs).unwrap().unwrap();
        assert_eq!((arm, seeds, found, caution), (Arm::Standard, 20, 1, None));
        assert_eq!(tested_rows + untested_rows, 40);
        assert_eq!(tested_rows, (0..40).filter(|&row| tested(row) > 0).count());
        assert!(tested(7) > 1);
        let [row] = &rows[..] else { panic!("one row, not {rows:?}") };
        assert_eq!((row.example, row.line, row.label, row.usual), (7, 9, 0, 1));
        assert_eq!((row.agreeing, row.tested), (tested(7), tested(7)));
        assert!((row.self_confidence - 0.1).abs() < 1e-12 && (row.margin + 0.8).abs() < 1e-12);
    }

    #[test]
    fn five_seeds_of_five_folds_test_every_row_once() {
        let (dataset, seeds) = (dataset(), 1..=5);
        let config = RawConfig { folds: 5, seeds: seeds.clone().collect(), ..RawConfig::default() }.check().unwrap();
        let runs: Vec<RunReport> = seeds.map(|seed| run(&dataset, &config, Arm::Standard, seed)).collect();
        let of = |runs: &[RunReport]| Suspects::of(&config, &dataset, runs).unwrap().unwrap();
        let all = of(&runs);
        assert_eq!((all.tested_rows, all.untested_rows, all.found), (40, 0, 1));
        assert_eq!((all.rows[0].example, all.rows[0].tested), (7, 1));
        let one = of(&runs[..1]);
        assert_eq!((one.tested_rows, one.untested_rows), (8, 32));
    }

    #[test]
    fn a_list_of_inaccurate_models_comes_with_a_caution() {
        // 60 rows of class 0, 40 of class 1.
        let given: BTreeMap<usize, usize> = (0..100).map(|row| (row, usize::from(row >= 60))).collect();
        let cautions = [0, 30, 31, 39, 40].map(|found| Caution::of(&given, found));
        use Caution::{LowAccuracy, NoBetterThanMajority};
        assert_eq!(cautions, [None, None, Some(LowAccuracy), Some(LowAccuracy), Some(NoBetterThanMajority)]);
        assert_eq!(Caution::of(&BTreeMap::new(), 0), None);
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
