//! A data set with some labels changed, as a file.

use super::{Dataset, Example, Portion, Target};
use crate::error::{Error, ErrorKind, Place, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is done about the label of one example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Correction {
    /// An index into [`Dataset::examples`].
    pub example: usize,
    /// The class that it gets; none where the example is left out.
    pub label: Option<usize>,
}

impl Dataset {
    /// The usable rows as CSV in UTF-8: columns `text`, `text_b` where there are pairs, `label` as corrected, and `split` where the file assigns one.
    ///
    /// # Errors
    /// An example or a class that the data set does not have.
    pub fn corrected(&self, corrections: &[Correction]) -> Result<Vec<u8>> {
        let mut changes = BTreeMap::new();
        for &Correction { example, label } in corrections {
            check("example", example, self.examples.len())?;
            label.map_or(Ok(()), |class| check("label", class, self.labels.len()))?;
            changes.insert(example, label);
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing to memory does not fail.
        let mut write = |record: Vec<&str>| drop(writer.write_record(record));
        let has_pairs = self.examples.iter().any(|example| example.pair.is_some());
        let columns =
            [Some("text"), has_pairs.then_some("text_b"), Some("label"), self.has_own_split().then_some("split")];
        write(columns.into_iter().flatten().collect());
        for (index, example) in self.examples.iter().enumerate() {
            let label = match changes.get(&index) {
                Some(None) => continue,
                Some(&Some(class)) => self.labels[class].clone(),
                None => self.label_of(example),
            };
            let portion = if self.has_own_split() { example.portion.map(name_of) } else { None };
            write(
                [Some(&*example.text), example.pair.as_deref(), Some(&*label), portion].into_iter().flatten().collect(),
            );
        }
        Ok(writer.into_inner().unwrap_or_default())
    }

    /// The label of an example by name, or its score.
    pub fn label_of(&self, example: &Example) -> String {
        match example.target {
            Target::Class(class) => self.labels[class].clone(),
            Target::Score(score) => score.to_string(),
        }
    }
}

fn check(what: &str, index: usize, count: usize) -> Result<()> {
    if index < count {
        return Ok(());
    }
    let (place, expected) = (Place::named("corrections").column(what), format!("a number below {count}"));
    Err(Error::new(ErrorKind::Dataset, place, expected, index.to_string()))
}

fn name_of(portion: Portion) -> &'static str {
    match portion {
        Portion::Train => "train",
        Portion::Validation => "validation",
        Portion::Test => "test",
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::data::dataset::ReadOptions;

    fn read(csv: &[u8]) -> Dataset {
        Dataset::read(csv, &ReadOptions { name: "rows.csv".into(), ..ReadOptions::default() }).unwrap()
    }

    /// Texts, pairs, label names and portions.
    fn rows(dataset: &Dataset) -> Vec<(String, Option<String>, String, Option<Portion>)> {
        let row = |it: &Example| (it.text.clone(), it.pair.clone(), dataset.label_of(it), it.portion);
        dataset.examples.iter().map(row).collect()
    }

    #[test]
    fn corrected_rows_are_read_back_with_their_pairs_and_splits() {
        let mut file = String::from("id,question,answer,class,split\n");
        for row in 0..12 {
            let (class, split) = (["no", "yes"][row % 2], ["train", "train", "test"][row % 3]);
            file += &format!("{row},\"what, is \"\"{row}\"\"\nof it\",it is the answer {row},{class},{split}\n");
        }
        let options = ReadOptions {
            text_column: Some("question".into()),
            pair_column: Some("answer".into()),
            label_column: Some("class".into()),
            ..ReadOptions::default()
        };
        let dataset = Dataset::read(file.as_bytes(), &options).unwrap();
        assert!(dataset.has_own_split());
        let corrections = [Correction { example: 3, label: Some(0) }, Correction { example: 4, label: None }];
        let again = read(&dataset.corrected(&corrections).unwrap());
        let mut expected = rows(&dataset);
        expected[3].2 = "no".into();
        expected.remove(4);
        assert_eq!(rows(&again), expected);
    }

    #[test]
    fn without_corrections_nothing_changes_and_what_is_not_there_is_refused() {
        let file: String = (0..8).map(|row| format!("the text {row},{}\n", ["a", "b"][row % 2])).collect();
        let dataset = read(format!("text,label\n{file}").as_bytes());
        assert_eq!(rows(&read(&dataset.corrected(&[]).unwrap())), rows(&dataset));
        let refusal = |example, label| dataset.corrected(&[Correction { example, label }]).unwrap_err().to_string();
        assert_eq!(refusal(8, None), r#"corrections, column "example": expected a number below 8, got 8"#);
        assert_eq!(refusal(0, Some(2)), r#"corrections, column "label": expected a number below 2, got 2"#);
    }
}
