//! A labelled text file: from bytes to examples, and from examples to a training and a test part.
//!
//! CSV, TSV and their relatives, a JSON array, or JSON Lines. Whatever the caller leaves open (format, delimiter, header,
//! columns, task) is guessed, and every guess is reported in [`Layout::guessed`] so that a reader can overrule it. A bad
//! row becomes a [`Rejection`] and the rest is kept; only a file that cannot work at all is an [`Error`].

mod check;
mod columns;
mod delimited;
mod encoding;
mod example;
mod format;
mod guess;
mod header;
mod json;
mod layout;
mod lines;
mod names;
mod options;
mod profile;
mod split;
mod table;
mod usable;
mod validation;

use crate::error::{Error, ErrorKind, Place, Result};
use columns::Columns;
use encoding::checked_text;
pub use example::{Example, Rejection, Target};
pub use guess::{ColumnSign, Guess, HeaderSign, Part};
pub use layout::{Format, Layout};
pub use options::{ReadOptions, Task};
use serde::Serialize;
pub use split::Split;
use table::Table;
use usable::usable_rows;

/// Larger files are refused: they would not fit beside a model in a browser's 4 GiB.
pub const MAXIMUM_BYTES: usize = 64 << 20;
/// Files of more rows are refused, unless [`ReadOptions::max_rows`] asks for fewer of them.
pub const MAXIMUM_ROWS: usize = 1_000_000;
/// More labels than this are taken for a mistake in the choice of the label column.
pub const MAXIMUM_CLASSES: usize = 1000;
/// Wider tables are taken for something other than labelled texts.
pub const MAXIMUM_COLUMNS: usize = 1000;
/// A label column of numbers is a score when it has more distinct values than this, not all of them integers.
pub const MAXIMUM_RATING_LEVELS: usize = 20;

/// Labelled texts, ready to be tokenised.
#[derive(Debug, Clone, Serialize)]
pub struct Dataset {
    /// The file's name.
    pub name: String,
    /// How the file was understood.
    pub layout: Layout,
    /// What is learnt.
    pub task: Task,
    /// The labels in the order of their class indices: sorted, by value if all are numbers. Empty for regression.
    pub labels: Vec<String>,
    /// The usable rows in the file's order.
    pub examples: Vec<Example>,
    /// The other rows in the file's order.
    pub rejected: Vec<Rejection>,
}

impl Dataset {
    /// Reads a labelled file of any supported format.
    ///
    /// # Errors
    ///
    /// When the file as a whole cannot be used: it is not text, too large or empty, a named column does not exist, no
    /// row is usable, or its labels cannot be learnt and tested.
    pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Dataset> {
        let name = options.file_name();
        let mut table = Table::read(checked_text(name, bytes)?, name, options)?;
        if table.rows.len() + table.rejected.len() > MAXIMUM_ROWS && options.max_rows.is_none_or(|it| it > MAXIMUM_ROWS)
        {
            let expected = format!("at most {MAXIMUM_ROWS} rows (or to be asked for the first of them only)");
            return Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, "more"));
        }
        if let Some(limit) = options.max_rows.filter(|&limit| limit < table.rows.len()) {
            let first_unread = table.rows[limit].line;
            table.rejected.retain(|rejection| rejection.line < first_unread);
            table.rows.truncate(limit);
        }
        let columns = Columns::choose(&mut table, name, options)?;
        let task = table.task(columns.label, options);
        let (examples, labels) = usable_rows(&mut table, &columns, task);
        let Table { format, delimiter, has_header, columns: names, guessed, mut rejected, .. } = table;
        rejected.sort_by_key(|rejection| rejection.line);
        let layout = Layout {
            format,
            delimiter,
            has_header,
            text_column: names[columns.text].clone(),
            pair_column: columns.pair.map(|pair| names[pair].clone()),
            label_column: names[columns.label].clone(),
            columns: names,
            guessed,
        };
        let dataset = Dataset { name: name.to_string(), layout, task, labels, examples, rejected };
        dataset.check()?;
        Ok(dataset)
    }

    /// The columns of a file, for one that [`Dataset::read`] refuses: others of them can be asked for.
    ///
    /// # Errors
    ///
    /// When the file is not text, too large or empty.
    pub fn columns(bytes: &[u8], options: &ReadOptions) -> Result<Vec<String>> {
        let name = options.file_name();
        Ok(Table::read(checked_text(name, bytes)?, name, options)?.columns)
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
