//! Labels that a reader has corrected, and what is trained on instead of them.
//!
//! Test rows keep the labels that the file gives, and are never dropped. So an experiment with corrections and one without are tested on the same
//! rows, and the difference of their scores is what the corrections changed.

use super::{Dataset, Example, Target};
use crate::error::{Error, ErrorKind, Place, Result};
use serde::{Deserialize, Serialize};

/// What is done about the label of one example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// An index into [`Dataset::examples`].
    pub example: usize,
    /// The label that the file gives, by name: corrections of another file are refused.
    pub given: String,
    /// The label that it gets; none where the example is left out.
    pub corrected: Option<String>,
}

impl Dataset {
    /// The same rows with these corrections in place of all others.
    ///
    /// # Errors
    /// An example or a label that the data set does not have, a given label that is another one, and corrections of scores.
    pub(super) fn with_corrections(mut self, corrections: &[Correction]) -> Result<Dataset> {
        self.corrections.clear();
        for Correction { example, given, corrected } in corrections {
            let refuse = |what: &str, expected: String, got: String| {
                let place = Place::named(self.name.as_str()).column(format!("corrections, {what}"));
                Err(Error::new(ErrorKind::Dataset, place, expected, got))
            };
            let Some(row) = self.examples.get(*example) else {
                return refuse("example", format!("a number below {}", self.examples.len()), example.to_string());
            };
            let Target::Class(class) = row.target else {
                return refuse("example", "rows with labels".into(), "rows with scores".into());
            };
            if self.labels[class] != *given {
                let expected = format!(
                    "the label of line {}, {:?}: these corrections are of other rows",
                    row.line, self.labels[class]
                );
                return refuse("given", expected, format!("{given:?}"));
            }
            let class = match corrected {
                None => None,
                Some(label) => match self.labels.iter().position(|known| known == label) {
                    Some(class) => Some(class),
                    None => {
                        return refuse(
                            "corrected",
                            format!("one of the labels {}", self.labels.join(", ")),
                            format!("{label:?}"),
                        );
                    }
                },
            };
            self.corrections.insert(*example, class);
        }
        Ok(self)
    }

    /// What an example is trained and validated on: its corrected label, or the given one; nothing where it is dropped.
    pub fn learnt(&self, example: usize) -> Option<Target> {
        match self.corrections.get(&example) {
            Some(corrected) => corrected.map(Target::Class),
            None => Some(self.examples[example].target.clone()),
        }
    }

    /// The given label of an example by name, or its score.
    pub fn label_of(&self, example: &Example) -> String {
        match &example.target {
            Target::Class(class) => self.labels[*class].clone(),
            Target::Score(score) => score.to_string(),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::data::dataset::ReadOptions;

    fn read(csv: &[u8]) -> Dataset {
        Dataset::read(csv, &ReadOptions { name: "rows.csv".into(), ..ReadOptions::default() }).unwrap()
    }

    fn correction(example: usize, given: &str, corrected: Option<&str>) -> Correction {
        Correction { example, given: given.into(), corrected: corrected.map(String::from) }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let file: String = (0..8).map(|row| format!("the text {row},{}\n", ["a", "b"][row % 2])).collect();
        let refusal = |example, given, corrected| {
            let corrections = vec![correction(example, given, corrected)];
            let options = ReadOptions { name: "rows.csv".into(), corrections, ..ReadOptions::default() };
            Dataset::read(format!("text,label\n{file}").as_bytes(), &options).unwrap_err().to_string()
        };
        let at = r#"rows.csv, column "corrections, "#;
        assert_eq!(refusal(8, "a", None), format!(r#"{at}example": expected a number below 8, got 8"#));
        assert_eq!(refusal(0, "a", Some("c")), format!(r#"{at}corrected": expected one of the labels a, b, got "c""#));
        let of_others = r#"given": expected the label of line 3, "b": these corrections are of other rows, got "a""#;
        assert_eq!(refusal(1, "a", Some("b")), format!("{at}{of_others}"));
    }

    /// 60 rows of three classes, with as many test rows of every seed as there are.
    fn sixty() -> Vec<u8> {
        let rows: String = (0..60).map(|row| format!("the text {row},{}\n", ["a", "b", "c"][row % 3])).collect();
        format!("text,label\n{rows}").into_bytes()
    }

    #[test]
    fn test_rows_and_their_labels_stay_as_the_file_gives_them() {
        let corrections: Vec<Correction> = (0..60)
            .map(|row| correction(row, ["a", "b", "c"][row % 3], [None, Some("a"), Some("b")][row / 3 % 3]))
            .filter(|it| it.example % 2 == 0)
            .collect();
        let (old, options) =
            (read(&sixty()), ReadOptions { name: "rows.csv".into(), corrections, ..ReadOptions::default() });
        let new = Dataset::read(&sixty(), &options).unwrap();
        assert_eq!(new.examples, old.examples, "the rows are the file's");
        for seed in 1..=10 {
            let [before, after] = [&old, &new].map(|it| it.split(seed, 0.25).unwrap().with_validation(it, 0.2));
            assert_eq!(after.test, before.test, "seed {seed}");
            assert!(before.test.iter().any(|&row| new.corrections.contains_key(&row)), "some of them are corrected");
            let dropped = |row: &usize| new.corrections.get(row) == Some(&None);
            let trained: Vec<usize> = after.train.iter().chain(&after.validation).copied().collect();
            assert!(!trained.iter().any(dropped), "what is dropped is trained and validated on by nobody");
            let kept = before.train.iter().chain(&before.validation).filter(|row| !dropped(row)).count();
            assert_eq!(trained.len(), kept);
        }
        assert_eq!(
            (new.learnt(0), new.learnt(4), new.learnt(5)),
            (None, Some(Target::Class(0)), Some(Target::Class(2)))
        );
        assert_eq!(new.label_of(&new.examples[4]), "b", "as given");
    }

    #[test]
    fn a_split_without_a_row_to_train_on_is_refused() {
        let all: Vec<Correction> = (0..60).map(|row| correction(row, ["a", "b", "c"][row % 3], None)).collect();
        let options = ReadOptions { name: "rows.csv".into(), corrections: all, ..ReadOptions::default() };
        let refusal = Dataset::read(&sixty(), &options).unwrap().split(1, 0.25).unwrap_err().to_string();
        assert_eq!(refusal, r#"rows.csv, column "corrections": expected at least one row to train on, got none"#);
    }
}
