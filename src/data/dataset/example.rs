//! One row of a labelled file: usable, or left out.

use super::portion::Portion;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The target of an example.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An index into [`super::Dataset::labels`].
    Class(usize),
    /// A finite score.
    Score(f32),
}

/// One usable row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// One-based line of the file on which the row starts.
    pub line: u64,
    /// Its place among all rows of the file, and of those beside it, usable or not.
    #[serde(skip)]
    pub row: usize,
    /// The text, without space around it; never empty.
    pub text: String,
    /// The second text of a pair, never empty; every example of a data set has one or none has.
    pub pair: Option<String>,
    /// The answer.
    pub target: Target,
    /// The split that the file assigns; none where the file has no splits.
    pub portion: Option<Portion>,
}

/// One row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// One-based line of the file on which the row starts.
    pub line: u64,
    /// The kind of problem.
    pub cause: Cause,
    /// The problem.
    pub reason: String,
}

/// Why a row could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It has more or fewer fields than most.
    Width,
    /// A quote in it is not properly closed.
    Quotes,
    /// It is not the JSON that other rows are.
    Json,
    /// The text is missing or empty.
    NoText,
    /// The second text is missing or empty.
    NoPair,
    /// The label is missing or empty.
    NoLabel,
    /// A field that is needed is a list or an object.
    Kind,
    /// A field that is needed is not in the file's encoding.
    Encoding,
    /// It has several labels.
    SeveralLabels,
    /// The score is not a finite number.
    NotANumber,
    /// No other text has its label.
    LoneLabel,
    /// An annotator has set it aside.
    SetAside,
    /// It is dropped as the reader asks.
    Mended,
}

impl Cause {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Width => "another number of fields",
            Cause::Quotes => "a quote that is not closed",
            Cause::Json => "not a JSON row",
            Cause::NoText => "no text",
            Cause::NoPair => "no second text",
            Cause::NoLabel => "no label",
            Cause::Kind => "a field that is neither text nor number",
            Cause::Encoding => "bytes that are not UTF-8",
            Cause::SeveralLabels => "several labels",
            Cause::NotANumber => "a score that is not a number",
            Cause::LoneLabel => "a label that no other text has",
            Cause::SetAside => "set aside by an annotator",
            Cause::Mended => "dropped as asked",
        }
    }
}

/// How many rows were left out for one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The cause.
    pub cause: Cause,
    /// Rows left out because of it.
    pub rows: usize,
}

/// The losses among rejected rows, the largest first.
pub(super) fn losses(rejected: &[Rejection]) -> Vec<Loss> {
    let mut counts = BTreeMap::new();
    for rejection in rejected {
        *counts.entry(rejection.cause).or_insert(0_usize) += 1;
    }
    let mut losses: Vec<Loss> = counts.into_iter().map(|(cause, rows)| Loss { cause, rows }).collect();
    losses.sort_by_key(|loss| Reverse(loss.rows));
    losses
}

/// "N of M rows were left out, most because …", or nothing where none was.
pub(super) fn losses_in_words(rejected: &[Rejection], usable: usize) -> Option<String> {
    let most = losses(rejected).into_iter().next()?;
    let (out, all) = (rejected.len(), rejected.len() + usable);
    Some(format!("{out} of {all} rows were left out, most ({}) because of: {}", most.rows, most.cause.words()))
}
