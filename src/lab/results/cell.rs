//! The rows behind a cell of a confusion matrix.

use crate::data::dataset::{Dataset, Target};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one seed's run predicted for its test rows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Predicted {
    /// The seed, which the test part follows from.
    pub seed: u32,
    /// Class numbers, in the order of the test part.
    pub predictions: Vec<f32>,
}

/// A row of one label that was predicted as one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CellRow {
    /// Its place among the usable rows, from 0.
    pub example: usize,
    /// Seeds that predicted this label.
    pub agreeing: usize,
    /// Seeds that tested the row.
    pub tested: usize,
}

impl CellRow {
    /// The rows with label `truth` that some run predicted as `predicted`; those that most seeds did first, then in the file's order.
    ///
    /// # Errors
    /// A data set that the configuration cannot split, and runs with another number of test rows.
    pub fn of(
        config: &Config,
        dataset: &Dataset,
        runs: &[Predicted],
        [truth, predicted]: [usize; 2],
    ) -> Result<Vec<CellRow>> {
        let mut found: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
        for Predicted { seed, predictions } in runs {
            let test = config.split(dataset, *seed)?.test;
            if test.len() != predictions.len() {
                let place = Place::named("runs").column(format!("seed {seed}"));
                let expected = format!("a prediction for each of {} test rows", test.len());
                return Err(Error::new(ErrorKind::Config, place, expected, predictions.len().to_string()));
            }
            for (example, prediction) in test.into_iter().zip(predictions) {
                if dataset.examples[example].target == Target::Class(truth) {
                    let [agreeing, tested] = found.entry(example).or_default();
                    *agreeing += usize::from(*prediction as usize == predicted);
                    *tested += 1;
                }
            }
        }
        let row = |(example, [agreeing, tested]): (usize, [usize; 2])| CellRow { example, agreeing, tested };
        let mut rows: Vec<CellRow> = found.into_iter().map(row).filter(|row| row.agreeing > 0).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.agreeing)); // stable: of equals the file's order
        Ok(rows)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::data::dataset::ReadOptions;
    use crate::lab::config::RawConfig;

    #[test]
    fn a_cell_has_the_rows_of_its_label_that_were_predicted_so() {
        let mut csv = String::from("text,label\n");
        (0..60).for_each(|i| csv.push_str(&format!("the boat {i},{}\n", ["a", "b", "c"][i % 3])));
        let dataset = Dataset::read(csv.as_bytes(), &ReadOptions::default()).unwrap();
        let config = RawConfig { seeds: vec![1, 2], ..RawConfig::default() }.check().unwrap();
        // Seed 1 predicts 1 for every row, seed 2 for every row but those of the first half of the file.
        let run = |seed: u32, answer: &dyn Fn(usize) -> f32| Predicted {
            seed,
            predictions: config.split(&dataset, seed).unwrap().test.into_iter().map(answer).collect(),
        };
        let runs = [run(1, &|_| 1.0), run(2, &|example| if example < 30 { 0.0 } else { 1.0 })];
        let tests = [1, 2].map(|seed| config.split(&dataset, seed).unwrap().test);
        let rows = CellRow::of(&config, &dataset, &runs, [2, 1]).unwrap();
        assert!(!rows.is_empty());
        for row in &rows {
            assert_eq!(row.example % 3, 2, "rows of the label alone");
            let tested = tests.iter().filter(|test| test.contains(&row.example)).count();
            let by_second = usize::from(row.example >= 30 && tests[1].contains(&row.example));
            assert_eq!((row.tested, row.agreeing), (tested, usize::from(tests[0].contains(&row.example)) + by_second));
        }
        let order: Vec<_> = rows.iter().map(|row| (usize::MAX - row.agreeing, row.example)).collect();
        assert!(order.is_sorted(), "{rows:?}");
        let expected = tests[0].iter().chain(tests[1].iter().filter(|&&row| row >= 30)).filter(|&&row| row % 3 == 2);
        assert_eq!(
            rows.iter().map(|row| row.agreeing).sum::<usize>(),
            expected.count(),
            "every prediction counts once"
        );
        assert!(CellRow::of(&config, &dataset, &runs, [2, 2]).unwrap().is_empty());
        let short = [Predicted { seed: 1, predictions: vec![0.0] }];
        let said = CellRow::of(&config, &dataset, &short, [0, 0]).unwrap_err().to_string();
        assert!(said.starts_with("runs, column \"seed 1\": expected a prediction for each of"), "{said}");
    }
}
