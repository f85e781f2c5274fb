//! A labelled text file: from bytes to examples, and from examples to a training and a test part.
//!
//! CSV, TSV and their relatives, fastText's lines, a JSON array, or JSON Lines. Whatever the caller leaves open (format, delimiter, header,
//! columns, task) is guessed, and every guess is reported in [`Layout::guessed`] so that a reader can overrule it. A bad
//! row becomes a [`Rejection`] and the rest is kept; only a file that cannot work at all is an [`Error`].

mod check;
mod columns;
mod corrected;
mod corrected_file;
mod delimited;
mod encoding;
mod equal;
mod example;
mod fasttext;
mod files;
mod folds;
mod format;
mod guess;
mod header;
mod health;
mod json;
mod kind;
mod labels;
mod layout;
mod lines;
mod mend;
mod names;
mod numbers;
mod options;
mod portion;
mod profile;
mod quotes;
mod said;
mod sampling;
mod split;
mod table;
mod unlabelled;
mod usable;
mod validation;

use crate::error::{Error, ErrorKind, Place, Result};
use columns::Columns;
pub use corrected::Correction;
pub use encoding::Encoding;
use encoding::decode;
use equal::first_equals;
pub use example::{Cause, Example, Loss, Rejection, Target};
use example::{losses, losses_in_words};
pub use files::{Arrangement, DataFile};
pub use guess::{ColumnSign, Confidence, Guess, HeaderSign, JsonForm, Part};
use health::near_clusters;
pub use health::{Finding, FindingKind, TokenCount};
pub use layout::{Format, Layout};
pub use mend::Mend;
pub use numbers::NumberStyle;
pub use options::{ReadOptions, Sampling, Task};
pub use portion::Portion;
pub use quotes::Quotes;
use sampling::sample;
use serde::Serialize;
pub use split::Split;
use std::collections::BTreeMap;
use table::Table;
pub use unlabelled::{Answer, HEAD_BYTES, LabelledWriter, Unlabelled, UnlabelledLayout, UnlabelledRow, UsualColumns};
use usable::{forget_unused, usable_rows};

/// Larger files are refused: they would not fit beside a model in a browser's 4 GiB.
pub const MAXIMUM_BYTES: usize = 64 << 20;
/// Files of more rows are refused, unless [`ReadOptions::max_rows`] asks for fewer of them.
pub const MAXIMUM_ROWS: usize = 1_000_000;
/// More labels than this are taken for a mistake in the choice of the label column.
pub const MAXIMUM_CLASSES: usize = 1000;
/// Wider tables are taken for something other than labelled texts.
pub const MAXIMUM_COLUMNS: usize = 1000;
/// A label column of numbers is a score when it has more distinct values than this, not all of them integers; of fewer, when most have decimals that are
/// no halves.
pub const MAXIMUM_RATING_LEVELS: usize = 20;

/// Columns and rejected rows of a file that cannot be used as it was read.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// Every column, by name or else by place.
    pub columns: Vec<String>,
    /// Parts whose column the reader has to choose.
    pub needs_choice: Vec<Part>,
    /// Rows that could be used.
    pub usable: usize,
    /// How many rows were left out for each cause.
    pub losses: Vec<Loss>,
    /// The rows that were left out, in the file's order.
    pub rejected: Vec<Rejection>,
}

/// Labelled texts, ready to be tokenised.
#[derive(Debug, Clone, Serialize)]
pub struct Dataset {
    /// The file's name.
    pub name: String,
    /// How the file was understood.
    pub layout: Layout,
    /// The task.
    pub task: Task,
    /// The labels in the order of their class indices: sorted, by value if all are numbers. Empty for regression.
    pub labels: Vec<String>,
    /// The usable rows in the file's order.
    pub examples: Vec<Example>,
    /// The other rows in the file's order.
    pub rejected: Vec<Rejection>,
    /// For each example the first one whose text is the same in Unicode's normal form C, with one space for any white
    /// space and case as it is; of a pair, both texts.
    #[serde(skip)]
    pub equal_to: Vec<usize>,
    /// What is trained and validated on instead of the given label, by example: another class, or nothing. Test rows keep what the file gives.
    #[serde(skip)]
    pub corrections: BTreeMap<usize, Option<usize>>,
}

impl Dataset {
    /// Reads a labelled file of any supported format.
    ///
    /// # Errors
    ///
    /// When the file as a whole cannot be used: it is not text, too large or empty, a named column does not exist, no
    /// row is usable, or its labels cannot be learnt and tested.
    pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Dataset> {
        Dataset::read_files(bytes, options, &[])
    }

    /// Reads training rows from one file, and validation and test rows from others: they stay what they are
    /// ([`Dataset::has_own_split`]).
    ///
    /// # Errors
    ///
    /// Those of [`Dataset::read`] for each file, and a column of the training file that another lacks.
    pub fn read_files(bytes: &[u8], options: &ReadOptions, others: &[DataFile<'_>]) -> Result<Dataset> {
        let dataset = Dataset::understand(bytes, options, others)?;
        dataset.check()?;
        Ok(dataset)
    }

    /// Columns and rejected rows, with reasons, of a file that [`Dataset::read`] refuses.
    ///
    /// # Errors
    ///
    /// When the file is not text, too large or empty.
    pub fn inspect(bytes: &[u8], options: &ReadOptions) -> Result<Inspection> {
        if let Ok(Dataset { layout, rejected, examples, .. }) = Dataset::understand(bytes, options, &[]) {
            let (columns, needs_choice, usable) = (layout.columns, layout.needs_choice, examples.len());
            return Ok(Inspection { columns, needs_choice, usable, losses: losses(&rejected), rejected });
        }
        let name = options.file_name();
        let (text, _) = decode(name, bytes)?;
        let Table { columns, rejected, .. } = Table::read(&text, name, options)?;
        Ok(Inspection { columns, needs_choice: Vec::new(), usable: 0, losses: losses(&rejected), rejected })
    }

    /// Reads a file, whether or not there is enough in it to learn from.
    fn understand(bytes: &[u8], options: &ReadOptions, others: &[DataFile<'_>]) -> Result<Dataset> {
        let name = options.file_name();
        let (text, encoding) = decode(name, bytes)?;
        let mut table = Table::read(&text, name, options)?;
        let mut rows = table.rows.len() + table.rejected.len();
        if rows > MAXIMUM_ROWS && options.max_rows.is_none_or(|it| it > MAXIMUM_ROWS) {
            let expected = format!("at most {MAXIMUM_ROWS} rows (or to be asked for some of them only)");
            return Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, "more"));
        }
        if encoding != Encoding::Utf8 {
            table.guessed.insert(0, Guess::Encoding { encoding });
        }
        let columns = Columns::choose(&mut table, name, options)?;
        if !others.is_empty() {
            table.rows.iter_mut().for_each(|row| row.portion = Some(Portion::Train));
            others.iter().try_for_each(|file| table.add_file(file, &columns, options))?;
            rows = table.rows.len() + table.rejected.len();
        }
        if options.own_split != Some(false) {
            table.take_portions(&[Some(columns.text), columns.pair, Some(columns.label)]);
        }
        let task = table.task(&columns, options);
        let (mut examples, mut labels) = usable_rows(&mut table, &columns, task, options);
        if let Some(guess) = sample(&mut examples, labels.len(), options) {
            table.guessed.push(guess);
            forget_unused(&mut examples, &mut labels);
        }
        let Table { format, delimiter, has_header, columns: names, guessed, mut rejected, .. } = table;
        rejected.sort_by_key(|rejection| rejection.line);
        let unsure = |guess: &Guess| match guess {
            Guess::Column { part, confidence: Confidence::Unsure, .. } => Some(*part),
            _ => None,
        };
        let layout = Layout {
            format,
            delimiter,
            has_header,
            text_column: names[columns.text].clone(),
            pair_column: columns.pair.map(|pair| names[pair].clone()),
            label_column: names[columns.label].clone(),
            columns: names,
            needs_choice: guessed.iter().filter_map(unsure).collect(),
            guessed,
            rows,
        };
        let groups_near = options.mend.contains(&Mend::GroupNear);
        let equal_to = if groups_near { near_clusters(&examples) } else { first_equals(&examples) };
        let corrections = BTreeMap::new();
        let dataset =
            Dataset { name: name.to_string(), layout, task, labels, examples, rejected, equal_to, corrections };
        dataset.with_corrections(&options.corrections)
    }

    /// How many rows were left out for each cause, the largest number first.
    pub fn losses(&self) -> Vec<Loss> {
        losses(&self.rejected)
    }

    /// "N of M rows were left out, most because …"; none where none was.
    pub fn losses_in_words(&self) -> Option<String> {
        losses_in_words(&self.rejected, self.layout.rows - self.rejected.len())
    }

    /// How many examples each label has, in the order of `labels`; empty for regression.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        for example in &self.examples {
            if let Target::Class(class) = example.target {
                counts[class] += 1;
            }
        }
        counts
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
