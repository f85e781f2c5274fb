//! A row of a table of runs, and how CSV and JSON are taken apart into rows.

use super::RunFile;
use super::names::{PREFIXES, arm_in, seed_in};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::results::Scores;
use crate::method::arms::Arm;
use serde_json::{Map, Value};

/// What other programs put before the name of a setting or of a result.
const GROUPS: [&str; 6] = ["params.", "metrics.", "config.", "config/", "summary.", "summary/"];

/// Columns that hold a run's name: of the lab's own, of TensorBoard, Weights & Biases, MLflow.
const RUN_NAMES: [&str; 4] = ["run", "run_name", "Name", "tags.mlflow.runName"];

/// One evaluation of one run.
pub(super) struct Row {
    /// The file's name.
    pub file: String,
    /// One-based; none in a JSON document.
    pub line: Option<u64>,
    /// Values as JSON has them; numbers of a CSV as text.
    pub fields: Map<String, Value>,
}

impl Row {
    /// A row of a file, its columns by their names without the group that other programs put before them.
    pub fn new(
        file: &RunFile,
        line: impl Into<Option<u64>>,
        fields: impl IntoIterator<Item = (String, Value)>,
    ) -> Self {
        let plain = |name: &str| GROUPS.iter().find_map(|group| name.strip_prefix(group)).unwrap_or(name).to_string();
        let fields = fields.into_iter().map(|(name, value)| (plain(name.trim()), value)).collect();
        Row { file: file.name.to_string(), line: line.into(), fields }
    }

    pub fn error(&self, column: &str, expected: impl Into<String>, got: impl Into<String>) -> Error {
        let place = Place { name: self.file.clone(), line: self.line, column: Some(column.into()) };
        Error::new(ErrorKind::Dataset, place, expected, got)
    }

    /// The arm: of its column, of the run's name, or of the file's.
    pub fn arm(&self) -> Result<Arm> {
        let known = || format!("one of {}", Arm::ALL.map(Arm::name).join(", "));
        if let Some(named) = self.fields.get("arm") {
            let name = named.as_str().unwrap_or_default();
            let got = if name.is_empty() { "none" } else { name };
            return Arm::ALL.into_iter().find(|arm| arm.name() == name).ok_or_else(|| self.error("arm", known(), got));
        }
        let name = self.run_name();
        arm_in(name).ok_or_else(|| {
            let expected = format!("a column arm, or a run's name with {}", known());
            self.error("arm", expected, format!("the name {name:?}"))
        })
    }

    /// The seed: of its column, of the run's name, or of the file's.
    pub fn seed(&self) -> Result<u32> {
        let Some(seed) = self.number("seed")? else {
            let none = || self.error("seed", "a seed", "none");
            return if self.fields.contains_key("seed") {
                Err(none())
            } else {
                seed_in(self.run_name()).ok_or_else(none)
            };
        };
        let whole = seed.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&seed);
        if whole { Ok(seed as u32) } else { Err(self.error("seed", "a whole number below 2³²", seed.to_string())) }
    }

    fn run_name(&self) -> &str {
        let named = RUN_NAMES.iter().find_map(|&column| self.fields.get(column).and_then(Value::as_str));
        named.filter(|name| !name.is_empty()).unwrap_or(&self.file)
    }

    /// A number by its column; none where the column or its value is missing.
    pub fn number(&self, column: &str) -> Result<Option<f64>> {
        let found = match self.fields.get(column) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => text.trim().parse::<f64>().map_err(|_| text.clone()),
            Some(value) => value.as_f64().ok_or_else(|| value.to_string()),
        };
        match found {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            Ok(number) => Err(self.error(column, "a finite number", number.to_string())),
            Err(text) => Err(self.error(column, "a number", text)),
        }
    }

    /// The metrics, of the first column that has each: `accuracy`, `eval_accuracy`, `test/accuracy`, ….
    pub fn scores(&self) -> Result<Scores> {
        let metric = |name: &str, least: f64| {
            let columns = PREFIXES.map(|prefix| format!("{prefix}{name}"));
            let Some(column) = columns.iter().find(|&column| self.fields.contains_key(column)) else { return Ok(None) };
            let found = self.number(column)?;
            match found.filter(|score| !(least..=1.0).contains(score)) {
                Some(score) => Err(self.error(column, format!("a number from {least} to 1"), score.to_string())),
                None => Ok(found),
            }
        };
        Ok(Scores {
            accuracy: metric("accuracy", 0.0)?,
            macro_f1: metric("macro_f1", 0.0)?,
            matthews: metric("matthews", -1.0)?,
            pearson: metric("pearson", -1.0)?,
            spearman: metric("spearman", -1.0)?,
        })
    }
}

/// Header and records of a CSV, each with its line.
pub(super) fn of_csv(file: &RunFile) -> Result<(csv::StringRecord, Vec<(u64, csv::StringRecord)>)> {
    let failed = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Error::new(ErrorKind::Dataset, Place::named(file.name).line(line), "CSV with a header", error.to_string())
    };
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file.bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
    let header = reader.headers().map_err(failed)?.clone();
    let numbered = |record: csv::StringRecord| (record.position().map_or(1, csv::Position::line), record);
    let records = reader.into_records().map(|record| record.map(numbered).map_err(failed));
    Ok((header, records.collect::<Result<_>>()?))
}

/// One object a line.
pub(super) fn of_json_lines(file: &RunFile) -> Result<Vec<Row>> {
    let lines = file.bytes.split(|&byte| byte == b'\n').zip(1u64..).filter(|(line, _)| !line.trim_ascii().is_empty());
    let row = |(line, number): (&[u8], u64)| {
        let fields: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
            let place = Place::named(file.name).line(number);
            Error::new(ErrorKind::Dataset, place, "a JSON object", error.to_string())
        })?;
        Ok(Row::new(file, number, fields))
    };
    lines.map(row).collect()
}
