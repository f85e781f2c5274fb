//! What the reader says about a file, instead of leaving it to guesses.

use serde::{Deserialize, Serialize};

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
    pub(super) fn file_name(&self) -> &str {
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
