//! Reading options: whatever the caller sets instead of leaving it to guesses.

use super::corrected::Correction;
use super::mend::Mend;
use serde::{Deserialize, Serialize};

/// How to read a file; everything left out is guessed and reported.
///
/// A column is named by its header or by its place, `"#1"`, `"#2"`, …
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadOptions {
    /// The file's name in messages; its extension helps to detect the format.
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
    /// The delimiter of a delimited file: any character but a quote.
    pub delimiter: Option<char>,
    /// Use no more than this many rows.
    pub max_rows: Option<usize>,
    /// Which rows are used where `max_rows` are fewer than there are.
    pub sample: Sampling,
    /// The seed of a stratified sample.
    pub sample_seed: u32,
    /// Whether a split that the file has of its own is kept; it is unless this says no.
    pub own_split: Option<bool>,
    /// Changes to the rows, in this order.
    pub mend: Vec<Mend>,
    /// Labels that are not trained on as the file gives them; empty of a file as it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// Whether the file need have no labels, so that one column is enough.
    #[serde(skip)]
    pub unlabelled: bool,
}

/// Which rows are used where not all are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Of each label its share, drawn by seed.
    #[default]
    Stratified,
    /// The first ones.
    First,
}

impl ReadOptions {
    /// The file's name in messages.
    pub(super) fn file_name(&self) -> &str {
        if self.name.is_empty() { "data" } else { &self.name }
    }
}

/// The task: classification or regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of several labels.
    Classification,
    /// A number.
    Regression,
}
