//! What was guessed of a file, and why. The page says it in the reader's language.

use serde::Serialize;

/// One guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Guess {
    /// Whether the first row names the columns.
    Header {
        /// What speaks for it.
        sign: HeaderSign,
        /// The cell that it was seen in; none where nothing, or every asked name, speaks for it.
        cell: Option<String>,
    },
    /// Which column plays a part.
    Column {
        /// Which part.
        part: Part,
        /// The column's name.
        column: String,
        /// By what it was told.
        by: ColumnSign,
    },
    /// The labels are scores.
    Scores {
        /// How many different numbers there are.
        numbers: usize,
    },
    /// Quotes are part of the text: read as quoting, they would join rows.
    PlainQuotes,
}

/// What speaks for a first row of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderSign {
    /// It holds a column's name that was given.
    Asked,
    /// A cell of it is a usual name.
    Usual,
    /// A cell of it is unlike what stands below it.
    Unlike,
    /// Nothing: it is data.
    None,
}

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The text.
    Text,
    /// The second text.
    Pair,
    /// The label or score.
    Label,
}

/// By what a column was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnSign {
    /// Its name.
    Name,
    /// Its texts are the longest.
    Length,
    /// It is the first of two columns of prose.
    FirstProse,
    /// It is the second of two columns of prose.
    SecondProse,
    /// It has few different values, or numbers.
    FewValues,
    /// Its values are the shortest.
    ShortValues,
}
