//! Errors: kind, place, what was expected and what was found.
//!
//! Every message has one shape, `place: expected X, got Y`, so that a reader knows what to change; the [`ErrorKind`]
//! stays machine-readable across the worker boundary.

use serde::Serialize;
use std::fmt;

/// The kind of an error; the page chooses its advice by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The labelled file cannot be used (a single bad row is a [`crate::data::dataset::Rejection`] instead).
    Dataset,
    /// `tokenizer.json` cannot be read or lacks a token that is needed.
    Tokenizer,
    /// `config.json` describes a model that this lab does not hold.
    ModelConfig,
    /// `model.safetensors` is malformed, or a tensor is missing or misshapen.
    Weights,
    /// The experiment's settings contradict each other or the data.
    Config,
    /// A compute device is absent, lost, or wrong.
    Device,
    /// A loss or a gradient stopped being a finite number.
    Diverged,
}

/// Where: as much as is known, from coarse to fine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// A file, a setting or a tensor, by name.
    pub name: String,
    /// One-based line of a text file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column of a table, by name or one-based number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

impl Place {
    /// A place known by its name alone.
    pub fn named(name: impl Into<String>) -> Self {
        Place { name: name.into(), ..Place::default() }
    }

    /// The same place, on a line.
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same place, in a column.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        Ok(())
    }
}

/// The crate's one error: `place: expected …, got …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{place}: expected {expected}, got {got}")]
pub struct Error {
    /// The kind.
    pub kind: ErrorKind,
    /// Where it was found.
    pub place: Place,
    /// The expected value.
    pub expected: String,
    /// The value found.
    pub got: String,
}

impl Error {
    /// An error of this kind at this place.
    pub fn new(kind: ErrorKind, place: Place, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Error { kind, place, expected: expected.into(), got: got.into() }
    }
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn message_names_place_expectation_and_finding() {
        let place = Place::named("reviews.csv").line(7).column("label");
        let error = Error::new(ErrorKind::Dataset, place, "a label", "an empty field");
        assert_eq!(error.to_string(), r#"reviews.csv, line 7, column "label": expected a label, got an empty field"#);
    }
}
