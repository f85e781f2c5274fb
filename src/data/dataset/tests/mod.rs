//! Tests of reading and splitting: every format, every way for a row or a file to be bad, and properties over any input.

mod columns;
mod delimited;
mod equal;
mod folds;
mod header;
mod health;
mod json;
mod properties;
mod refused;
mod split;
mod task;

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn named(name: &str) -> ReadOptions {
    ReadOptions { name: name.to_string(), ..ReadOptions::default() }
}

#[track_caller]
fn read(bytes: impl AsRef<[u8]>) -> Dataset {
    Dataset::read(bytes.as_ref(), &named("data")).unwrap()
}

#[track_caller]
fn refusal(bytes: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    Dataset::read(bytes.as_ref(), options).map(|dataset| dataset.examples).unwrap_err().to_string()
}

/// Every example as `line text [+ pair] = target`.
fn rows(dataset: &Dataset) -> Vec<String> {
    let row = |example: &Example| {
        let pair = example.pair.as_ref().map_or(String::new(), |pair| format!(" + {pair}"));
        let target = match example.target {
            Target::Class(class) => dataset.labels[class].clone(),
            Target::Score(score) => score.to_string(),
        };
        format!("{} {}{pair} = {target}", example.line, example.text)
    };
    dataset.examples.iter().map(row).collect()
}

fn rejections(dataset: &Dataset) -> Vec<String> {
    dataset.rejected.iter().map(|rejection| format!("{} {}", rejection.line, rejection.reason)).collect()
}

/// A file with a header and `counts[k]` rows of the label `k`, in turns.
fn csv_with(counts: &[usize]) -> String {
    let mut file = "text,label\n".to_string();
    for round in 0..counts.iter().copied().max().unwrap_or(0) {
        for (label, _) in counts.iter().enumerate().filter(|(_, count)| round < **count) {
            file += &format!("text {round} of {label},class {label}\n");
        }
    }
    file
}
