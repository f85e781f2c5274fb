//! A summary of how a file was read, in English, for the command line.

use super::Dataset;
use super::guess::{Confidence, Guess, HeaderSign, JsonForm, Part};
use super::quotes::Quotes;
use std::fmt;

impl Dataset {
    /// Every guess that matters and every loss, a sentence each.
    pub fn said(&self) -> Vec<String> {
        let mut said: Vec<String> = self.layout.guessed.iter().map(|guess| guess.to_string()).collect();
        said.extend(self.losses_in_words());
        said
    }
}

pub(super) fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Guess::Header { sign: HeaderSign::None, .. } => f.write_str("the first row is data"),
            Guess::Header { .. } => f.write_str("the first row is a header"),
            Guess::Column { part, column, confidence, alternatives, .. } => {
                let part = match part {
                    Part::Text => "text",
                    Part::Pair => "second text",
                    Part::Label => "label",
                };
                write!(f, "{part}: column {column:?}")?;
                if *confidence == Confidence::Unsure {
                    f.write_str(" (uncertain)")?;
                }
                if !alternatives.is_empty() {
                    write!(f, "; alternatives: {}", listed(alternatives))?;
                }
                Ok(())
            }
            Guess::Scores { numbers } => write!(f, "labels are scores: {numbers} distinct numbers"),
            Guess::Quotes { quotes } => f.write_str(match quotes {
                Quotes::Doubled => "quotation marks enclose fields",
                Quotes::SpaceSkipped => "spaces before quotation marks are skipped",
                Quotes::Backslash => "a backslash escapes quotation marks",
                Quotes::Plain => "quotation marks are read literally, because more rows fit this way",
            }),
            Guess::SeparatorLine => f.write_str("the first line sets the delimiter"),
            Guess::SkippedLines { lines } => write!(f, "skipped before the table: lines {lines:?}"),
            Guess::RowNames => f.write_str("the first column contains row names, as written by R"),
            Guess::Numbers { style } => write!(f, "number format: {style:?}"),
            Guess::Encoding { encoding } => write!(f, "the file is not UTF-8 and was read as {encoding:?}"),
            Guess::Form { form: JsonForm::Tool, name } => write!(f, "format: {name} export"),
            Guess::Form { form, name } if name.is_empty() => write!(f, "JSON form: {form:?}"),
            Guess::Form { form, name } => write!(f, "JSON form: {form:?} {name:?}"),
            Guess::MultiLabel { columns } => write!(f, "multi-label data: {}", listed(columns)),
            Guess::Sample { kept, of, seed: None } => write!(f, "only the first {kept} of {of} examples are used"),
            Guess::Sample { kept, of, seed: Some(seed) } => {
                write!(f, "stratified sample: {kept} of {of} examples, seed {seed}")
            }
            Guess::Splits { sizes: [train, validation, test], .. } => {
                write!(f, "the file's own split: {train} training, {validation} validation and {test} test rows")
            }
        }
    }
}
