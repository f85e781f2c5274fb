//! `compare --probabilities`: out-of-sample probabilities, for other programs.

use super::options::Arguments;
use crate::{Failure, files};
use guided_dropout_lab::data::dataset::{Dataset, Task};
use guided_dropout_lab::lab::config::Config;
use guided_dropout_lab::lab::results::RunReport;
use guided_dropout_lab::method::arms::Arm;
use serde::Serialize;
use std::path::Path;

/// A line of the file: a test row of a run.
#[derive(Serialize)]
struct Line<'a> {
    arm: Arm,
    seed: u32,
    fraction: f64,
    /// The row's place among the usable ones, from 0.
    example: usize,
    /// The line of the labelled file on which it starts, from 1.
    line: u64,
    /// Its label as the file gives it.
    label: &'a str,
    labels: &'a [String],
    /// In the order of `labels`.
    probabilities: Vec<f64>,
}

/// Whether runs shall keep them.
pub fn are_wanted(arguments: &Arguments, dataset: &Dataset) -> Result<bool, Failure> {
    if arguments.probabilities.is_some() && dataset.task == Task::Regression {
        return Err("--probabilities: expected rows with labels, got scores, of which there are none".into());
    }
    Ok(arguments.probabilities.is_some())
}

/// Writes those of all runs, and takes them out of the reports: `results.json` has those of the given label alone.
pub fn write(path: &Path, config: &Config, dataset: &Dataset, runs: &mut [RunReport]) -> Result<(), Failure> {
    let mut file = files::Replacement::new("--probabilities", path)?;
    for run in runs {
        let test = config.split(dataset, run.seed)?.test;
        for (&example, probabilities) in test.iter().zip(std::mem::take(&mut run.probabilities)) {
            let row = &dataset.examples[example];
            let label = dataset.label_of(row);
            let RunReport { arm, seed, fraction, .. } = *run;
            let (line, labels) = (row.line, &*dataset.labels);
            let line = Line { arm, seed, fraction, example, line, label: &label, labels, probabilities };
            file.write(&[&serde_json::to_vec(&line)?[..], b"\n"].concat())?;
        }
    }
    file.finish()
}
