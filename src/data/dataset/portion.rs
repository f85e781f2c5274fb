//! Splits that a file itself assigns: training, validation, test.

use super::guess::Guess;
use super::names::normalised;
use super::table::Table;
use serde::Serialize;

/// The split that the file assigns to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Portion {
    /// To train on.
    Train,
    /// To choose settings by.
    Validation,
    /// To test on.
    Test,
}

impl Portion {
    /// The portion that a name says: by itself, `train`, or by one of its words, `oos_train`, `validation_matched`, `PublicTest`. None where its words
    /// say several.
    pub fn of(name: &str) -> Option<Portion> {
        let name = normalised(name);
        Portion::of_word(&name).or_else(|| {
            let mut found = name.split(|it: char| !it.is_alphanumeric()).filter_map(Portion::of_word);
            let first = found.next()?;
            found.all(|other| other == first).then_some(first)
        })
    }

    /// The portion that a normalised word is.
    fn of_word(word: &str) -> Option<Portion> {
        match word {
            "train" | "training" | "trn" => Some(Portion::Train),
            "validation" | "valid" | "val" | "dev" | "development" | "eval" => Some(Portion::Validation),
            "test" | "testing" | "tst" | "heldout" | "held_out" => Some(Portion::Test),
            _ => None,
        }
    }
}

/// Columns that name the portion of each row.
const COLUMNS: [&str; 8] = ["split", "splits", "subset", "partition", "set", "fold", "usage", "data_split"];

impl Table {
    /// Gives each row the portion that a column names, where it names one in every row, training and another among them.
    pub(super) fn take_portions(&mut self, chosen: &[Option<usize>]) -> Option<()> {
        if self.rows.iter().any(|row| row.portion.is_some()) {
            self.guess_splits(None);
            return Some(());
        }
        let is_portion = |column: &usize| {
            let name = normalised(&self.columns[*column]);
            COLUMNS.contains(&name.strip_prefix("metadata_").or(name.strip_prefix("meta_")).unwrap_or(&name))
        };
        let column = (0..self.columns.len()).filter(is_portion).find(|column| !chosen.contains(&Some(*column)))?;
        let of_row = |row: &super::table::Row| Portion::of(row.text(column)?);
        let portions: Vec<Portion> = self.rows.iter().map(of_row).collect::<Option<_>>()?;
        let others = portions.iter().filter(|&&portion| portion != Portion::Train).count();
        if others == 0 || others == portions.len() {
            return None;
        }
        for (row, portion) in self.rows.iter_mut().zip(portions) {
            row.portion = Some(portion);
        }
        self.guess_splits(Some(self.columns[column].clone()));
        Some(())
    }

    fn guess_splits(&mut self, column: Option<String>) {
        let count = |portion| self.rows.iter().filter(|row| row.portion == Some(portion)).count();
        let sizes = [count(Portion::Train), count(Portion::Validation), count(Portion::Test)];
        self.guessed.push(Guess::Splits { column, sizes });
    }
}
