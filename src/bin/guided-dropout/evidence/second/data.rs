//! The rows of a set that the second protocol searches on, and those that it compares on.

use super::Failure;
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions, Task};
use std::fs;
use std::path::Path;

/// Rows of a set that are compared on, and rows after them that are searched on.
const ROWS: usize = 1500;

/// The rows of a set that are searched on, and those that are compared on. Of `clinc30`, whose training file has no more rows than are compared on, the
/// development and test files are searched on.
pub fn parts(data: &Path, set: &str) -> Result<[Dataset; 2], Failure> {
    let read =
        |file: &str| fs::read_to_string(data.join(set).join(file)).map_err(|error| format!("{set}/{file}: {error}"));
    let train = read("train.tsv")?;
    let (header, rows) = train.split_once('\n').ok_or("no rows")?;
    let rows: Vec<&str> = rows.lines().collect();
    let others = if set == "clinc30" { [read("dev.tsv")?, read("test.tsv")?] } else { [String::new(), String::new()] };
    let others: Vec<&str> = others.iter().flat_map(|file| file.lines().skip(1)).collect();
    let searched: Vec<&str> = rows.iter().skip(ROWS).chain(&others).take(ROWS).copied().collect();
    let compared: Vec<&str> = rows.iter().take(ROWS).copied().collect();
    let options = match set {
        "stsb" => ReadOptions {
            text_column: Some("s1".into()),
            pair_column: Some("s2".into()),
            label_column: Some("score".into()),
            task: Some(Task::Regression),
            ..ReadOptions::default()
        },
        _ => ReadOptions {
            text_column: Some("text".into()),
            pair_column: Some(String::new()),
            label_column: Some("label".into()),
            ..ReadOptions::default()
        },
    };
    let read = |rows: &[&str]| {
        let options = ReadOptions { name: format!("{set}.tsv"), ..options.clone() };
        Dataset::read(format!("{header}\n{}\n", rows.join("\n")).as_bytes(), &options)
    };
    Ok([read(&searched)?, read(&compared)?])
}
