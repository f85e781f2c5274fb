//! One row of a labelled file: usable, or left out.

use serde::Serialize;

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
