//! Checks that a data set has enough examples and classes to train and test on.

use super::example::losses_in_words;
use super::guess::{Confidence, Guess, Part};
use super::{Dataset, MAXIMUM_CLASSES, Target, Task};
use crate::error::{Error, ErrorKind, Place, Result};
use std::collections::HashSet;

impl Dataset {
    /// Whether it is clear which column is which.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] naming the column that the reader has to choose, and those that it could be.
    pub fn check_columns(&self) -> Result<()> {
        for guess in &self.layout.guessed {
            let Guess::Column { part, column, confidence: Confidence::Unsure, alternatives, .. } = guess else {
                continue;
            };
            let place = match part {
                Part::Text => "text_column",
                Part::Pair => "pair_column",
                Part::Label => "label_column",
            };
            let columns = std::iter::once(column).chain(alternatives).map(|name| format!("{name:?}"));
            let expected = format!("one of the columns {} to be chosen", columns.collect::<Vec<_>>().join(", "));
            return Err(Error::new(ErrorKind::Config, Place::named(place), expected, "a guess that is unsure"));
        }
        Ok(())
    }

    /// Whether there is enough to learn from and to be tested on.
    pub(super) fn check(&self) -> Result<()> {
        let in_label_column = || Place::named(&self.name).column(&self.layout.label_column);
        // A file can be refused for what was left out of it.
        let lost =
            losses_in_words(&self.rejected, self.examples.len()).map_or(String::new(), |lost| format!("; {lost}"));
        let refuse =
            |place, expected: &str, got: String| Err(Error::new(ErrorKind::Dataset, place, expected, got + &lost));
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
        let mut texts = vec![HashSet::new(); self.labels.len()];
        for (example, first) in self.examples.iter().zip(&self.equal_to) {
            if let Target::Class(class) = example.target {
                texts[class].insert(first);
            }
        }
        let single: Vec<&String> =
            self.labels.iter().zip(texts).filter(|(_, texts)| texts.len() < 2).map(|(label, _)| label).collect();
        if single.is_empty() {
            return Ok(());
        }
        let mut got = single.iter().take(5).map(|label| format!("{label:?}")).collect::<Vec<_>>().join(", ");
        if single.len() > 5 {
            got += &format!(" and {} more", single.len() - 5);
        }
        let expected = "at least two different texts of every label, one to train on and one to test on";
        refuse(in_label_column(), expected, format!("a single text of {got}"))
    }
}
