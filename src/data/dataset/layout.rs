//! The layout of a file as it was read: format, delimiter, columns and guesses.

use super::guess::{Guess, Part};
use serde::Serialize;

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
    /// The delimiter of a delimited file.
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
    /// The guesses and their reasons.
    pub guessed: Vec<Guess>,
    /// Parts whose column was guessed and could as well be another: the reader has to choose.
    pub needs_choice: Vec<Part>,
    /// Rows in the file, header and skipped lines aside.
    pub rows: usize,
}
