//! A labelled text file: from bytes to examples, and from examples to a training and a test part.
//!
//! CSV, TSV and their relatives, a JSON array, or JSON Lines. Whatever the caller leaves open (format, delimiter, header,
//! columns, task) is guessed, and every guess is reported in [`Layout::guessed`] so that a reader can overrule it. A bad
//! row becomes a [`Rejection`] and the rest is kept; only a file that cannot work at all is an [`Error`].
//!
//! The split is that of the reference protocol (80/20 by seed, then the first share of the training part), with one
//! difference: ours is stratified, since a class that is missing from a small part makes its metrics meaningless.

mod columns;
mod delimited;
mod guess;
mod json;
mod table;

use crate::error::{Error, ErrorKind, Place, Result};
use columns::Columns;
pub use guess::{ColumnSign, Guess, HeaderSign, Part};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use table::{Cell, Table, checked_text, finite_number, trimmed};

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

/// How to read a file; everything left out is guessed and reported.
///
/// A column is named by its header or by its place, `"#1"`, `"#2"`, …
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadOptions {
    /// What to call the file in messages; an extension helps to tell the format.
    pub name: String,
    /// The column of texts.
    pub text_column: Option<String>,
    /// The column of second texts; `""` says that there is none.
    pub pair_column: Option<String>,
    /// The column of labels or scores.
    pub label_column: Option<String>,
    /// Whether the first row names the columns.
    pub has_header: Option<bool>,
    /// Whether labels are classes or scores.
    pub task: Option<Task>,
    /// Read no more than this many rows.
    pub max_rows: Option<usize>,
}

impl ReadOptions {
    /// What the file is called in messages.
    fn file_name(&self) -> &str {
        if self.name.is_empty() { "data" } else { &self.name }
    }
}

/// What is learnt from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of several labels.
    Classification,
    /// A number.
    Regression,
}

/// What one example should be answered with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An index into [`Dataset::labels`].
    Class(usize),
    /// A finite score.
    Score(f32),
}

/// One usable row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// One-based line of the file on which the row starts.
    pub line: u64,
    /// The text, without space around it; never empty.
    pub text: String,
    /// The second text of a pair, never empty; every example of a data set has one or none has.
    pub pair: Option<String>,
    /// The answer.
    pub target: Target,
}

/// One row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// One-based line of the file on which the row starts.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Delimited by commas, semicolons or bars.
    Csv,
    /// Delimited by tabs.
    Tsv,
    /// One array of objects or of arrays.
    Json,
    /// An object or an array on every line.
    JsonLines,
}

/// How the file was understood.
#[derive(Debug, Clone, Serialize)]
pub struct Layout {
    /// The kind of file.
    pub format: Format,
    /// What separates the fields of a delimited file.
    pub delimiter: Option<char>,
    /// Whether the first row names the columns; objects name their own.
    pub has_header: bool,
    /// Every column, by name or else by place.
    pub columns: Vec<String>,
    /// The column of texts.
    pub text_column: String,
    /// The column of second texts.
    pub pair_column: Option<String>,
    /// The column of labels or scores.
    pub label_column: String,
    /// What was guessed, and why.
    pub guessed: Vec<Guess>,
}

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

/// Indices into [`Dataset::examples`]: every example is in one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Split {
    /// What to train on, in shuffled order.
    pub train: Vec<usize>,
    /// What to test on, in the file's order.
    pub test: Vec<usize>,
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

    /// Divides the examples by seed: of each class `round(test_share · n)`, but at least one and not all, is for testing.
    ///
    /// A regression target counts as one class. The same seed and examples give the same split on every machine.
    ///
    /// # Errors
    ///
    /// When `test_share` is not strictly between 0 and 1.
    pub fn split(&self, seed: u32, test_share: f64) -> Result<Split> {
        if !(test_share > 0.0 && test_share < 1.0) {
            let place = Place::named("test_share");
            return Err(Error::new(
                ErrorKind::Config,
                place,
                "a share strictly between 0 and 1",
                test_share.to_string(),
            ));
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(u64::from(seed));
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for mut members in self.strata(0..self.examples.len()) {
            members.shuffle(&mut random);
            let share = (test_share * members.len() as f64).round() as usize;
            let tested = share.max(1).min(members.len().saturating_sub(1));
            test.extend_from_slice(&members[..tested]);
            train.extend_from_slice(&members[tested..]);
        }
        train.shuffle(&mut random);
        test.sort_unstable();
        Ok(Split { train, test })
    }

    /// The given examples by class, in the order of the classes and, within each, in the order given.
    fn strata(&self, examples: impl IntoIterator<Item = usize>) -> Vec<Vec<usize>> {
        let mut strata = vec![Vec::new(); self.labels.len().max(1)];
        for index in examples {
            match self.examples[index].target {
                Target::Class(class) => strata[class].push(index),
                Target::Score(_) => strata[0].push(index),
            }
        }
        strata
    }

    /// Whether there is enough to learn from and to be tested on.
    fn check(&self) -> Result<()> {
        let in_label_column = || Place::named(&self.name).column(&self.layout.label_column);
        let refuse = |place, expected: &str, got| Err(Error::new(ErrorKind::Dataset, place, expected, got));
        let Some(first) = self.examples.first() else {
            let got = match self.rejected.first() {
                Some(bad) => {
                    format!("{} bad rows, the first on line {}: {}", self.rejected.len(), bad.line, bad.reason)
                }
                None => "no row at all".to_string(),
            };
            return refuse(Place::named(&self.name), "at least one usable row", got);
        };
        if self.task == Task::Regression {
            if self.examples.iter().all(|example| example.target == first.target) {
                let got = format!("one value in all {} usable rows", self.examples.len());
                return refuse(in_label_column(), "at least two different scores", got);
            }
            return Ok(());
        }
        match self.labels.len() {
            1 => return refuse(in_label_column(), "at least two labels", format!("only {:?}", self.labels[0])),
            labels if labels > MAXIMUM_CLASSES => {
                let got = format!("{labels} labels (is this a regression target, or the wrong column?)");
                return refuse(in_label_column(), &format!("at most {MAXIMUM_CLASSES} labels"), got);
            }
            _ => {}
        }
        let counts = self.class_counts();
        let single: Vec<&String> =
            self.labels.iter().zip(counts).filter(|(_, n)| *n < 2).map(|(label, _)| label).collect();
        if single.is_empty() {
            return Ok(());
        }
        let mut got = single.iter().take(5).map(|label| format!("{label:?}")).collect::<Vec<_>>().join(", ");
        if single.len() > 5 {
            got += &format!(" and {} more", single.len() - 5);
        }
        let expected = "at least two usable rows of every label, one to train on and one to test on";
        refuse(in_label_column(), expected, format!("a single row of {got}"))
    }
}

impl Split {
    /// The first `fraction` of each class of the training part, at least one example each, in the training order.
    ///
    /// Nested: a smaller fraction is a subset of a larger one.
    pub fn fraction(&self, dataset: &Dataset, fraction: f64) -> Vec<usize> {
        let kept: HashSet<usize> = dataset
            .strata(self.train.iter().copied())
            .into_iter()
            .flat_map(|members| {
                let share = (fraction.clamp(0.0, 1.0) * members.len() as f64).round() as usize;
                members.into_iter().take(share.max(1))
            })
            .collect();
        self.train.iter().copied().filter(|index| kept.contains(index)).collect()
    }
}

/// Examples and labels; the rows that give none are rejected.
fn usable_rows(table: &mut Table, columns: &Columns, task: Task) -> (Vec<Example>, Vec<String>) {
    let mut usable: Vec<(Example, String)> = Vec::new();
    for row in std::mem::take(&mut table.rows) {
        let field = |what: &str, column: usize| match row.cell(column) {
            None => Err(format!("no field {:?}", table.columns[column])),
            Some(Cell::Other(kind)) => Err(format!("the {what} is {kind}")),
            Some(Cell::Text(text)) if trimmed(text).is_empty() => Err(format!("the {what} is empty")),
            Some(Cell::Text(text)) => Ok(trimmed(text).to_string()),
        };
        let example = || {
            let text = field("text", columns.text)?;
            let pair = columns.pair.map(|column| field("second text", column)).transpose()?;
            let label = field("label", columns.label)?;
            let target = match task {
                Task::Classification => Target::Class(0), // known once all labels are
                Task::Regression => Target::Score(
                    finite_number(&label).ok_or_else(|| format!("the score {label:?} is not a finite number"))?,
                ),
            };
            Ok((Example { line: row.line, text, pair, target }, label))
        };
        match example() {
            Ok(example) => usable.push(example),
            Err(reason) => table.rejected.push(Rejection { line: row.line, reason }),
        }
    }
    if task == Task::Regression {
        return (usable.into_iter().map(|(example, _)| example).collect(), Vec::new());
    }
    leave_out_single(&mut usable, &mut table.rejected);
    let mut labels: Vec<String> = usable.iter().map(|(_, label)| label.clone()).collect();
    labels.sort();
    labels.dedup();
    // "10" after "9": a confusion matrix over ratings should read in their order.
    if labels.iter().all(|label| finite_number(label).is_some()) {
        labels.sort_by(|a, b| f32::total_cmp(&finite_number(a).unwrap_or(0.0), &finite_number(b).unwrap_or(0.0)));
    }
    let classes: HashMap<&String, usize> = labels.iter().enumerate().map(|(class, label)| (label, class)).collect();
    let classified = usable.into_iter().map(|(example, label)| {
        let target = Target::Class(classes[&label]);
        Example { target, ..example }
    });
    (classified.collect(), labels)
}

/// Rejects rows that alone have their label: nobody can be trained and tested on one. More than a tenth of such rows are not
/// mistakes of a few rows but of the column, and stay, to be refused with the file.
fn leave_out_single(usable: &mut Vec<(Example, String)>, rejected: &mut Vec<Rejection>) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (_, label) in usable.iter() {
        *counts.entry(label.clone()).or_default() += 1;
    }
    let single = counts.values().filter(|&&count| count == 1).count();
    if counts.len() - single < 2 || 10 * single > usable.len() {
        return;
    }
    usable.retain(|(example, label)| {
        let is_single = counts[label] == 1;
        if is_single {
            let reason = format!("{label:?} is the label of no other row: it takes one to train on and one to test on");
            rejected.push(Rejection { line: example.line, reason });
        }
        !is_single
    });
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
