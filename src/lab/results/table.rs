//! A table of runs that were made elsewhere: one row a run, or one row an evaluation.
//!
//! CSV with a header, or JSON Lines. Columns `arm` and `seed`, at least one metric, and perhaps `fraction` and `epoch`. Names are those of `runs.csv`; the prefixes of
//! Hugging Face's Trainer (`eval_accuracy`) and of other trackers (`test/accuracy`) are understood, other columns are left alone.

use super::run::{EpochReport, RunReport, Scores, metrics_of};
use crate::data::dataset::Task;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::RawConfig;
use crate::method::arms::Arm;
use serde_json::{Map, Value};

/// Prefixes of a metric's name in other programs' exports.
const PREFIXES: [&str; 5] = ["", "eval_", "test_", "eval/", "test/"];

/// Runs, and the settings that they stand for: of these, arms, seeds, fractions and epochs are said.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTable {
    /// Arms, seeds and fractions in the order of their first rows; of the other settings the defaults.
    pub config: RawConfig,
    /// By the metrics that the table has.
    pub task: Task,
    /// The runs, each with its evaluations in the order of epochs.
    pub runs: Vec<RunReport>,
}

impl RunTable {
    /// Reads a table.
    ///
    /// # Errors
    /// [`ErrorKind::Dataset`] naming line and column: a column that is missing, an arm that the lab does not know, a value that is no number, an evaluation that is there twice.
    pub fn read(bytes: &[u8]) -> Result<RunTable> {
        let rows = if bytes.trim_ascii_start().starts_with(b"{") { of_json_lines(bytes)? } else { of_csv(bytes)? };
        let mut runs: Vec<RunReport> = Vec::new();
        for row in &rows {
            let arm: Arm = row.arm()?;
            let seed = row.seed()?;
            let fraction = row.number("fraction")?.unwrap_or(1.0);
            let epoch = row.number("epoch")?.map(|epoch| epoch.ceil() as usize);
            let of_run = |run: &&mut RunReport| (run.arm, run.seed, run.fraction) == (arm, seed, fraction);
            let at = match runs.iter_mut().find(of_run) {
                Some(run) => run,
                None => {
                    runs.push(RunReport::new(arm, seed, fraction));
                    runs.last_mut().expect("a run was added")
                }
            };
            let epoch = epoch.unwrap_or(1);
            if at.epochs.iter().any(|other| other.epoch == epoch) {
                let got = format!("a second one of {arm}, seed {seed}, fraction {fraction}, epoch {epoch}");
                return Err(row.error("arm", "one row for each run and epoch", got));
            }
            let loss = |name| Ok::<_, Error>(row.number(name)?.unwrap_or(0.0));
            let (train_loss, eval_loss) = (loss("train_loss")?, loss("eval_loss")?);
            at.epochs.push(EpochReport { epoch, steps: 0, train_loss, eval_loss, scores: row.scores()? });
        }
        runs.iter_mut().for_each(|run| run.epochs.sort_by_key(|epoch| epoch.epoch));
        let task = task_of(&runs)?;
        Ok(RunTable { config: config_of(&runs), task, runs })
    }
}

/// The first task all of whose runs have its first metric.
fn task_of(runs: &[RunReport]) -> Result<Task> {
    let tasks = [Task::Classification, Task::Regression];
    let has = |task: &Task| !runs.is_empty() && runs.iter().all(|run| run.score(metrics_of(*task)[0]).is_some());
    tasks.into_iter().find(has).ok_or_else(|| {
        let expected = format!("{} or {} of every run", metrics_of(tasks[0])[0], metrics_of(tasks[1])[0]);
        let got = if runs.is_empty() { "no run" } else { "runs without it" };
        Error::new(ErrorKind::Dataset, Place::named("table of runs"), expected, got)
    })
}

fn config_of(runs: &[RunReport]) -> RawConfig {
    let longest = runs.iter().flat_map(|run| &run.epochs).map(|epoch| epoch.epoch).max();
    RawConfig {
        arms: runs.iter().map(|run| run.arm).collect(),
        seeds: runs.iter().map(|run| run.seed).collect(),
        fractions: runs.iter().map(|run| run.fraction).collect(),
        epochs: longest.unwrap_or(1),
        tuned_rate: runs.iter().any(|run| run.arm == Arm::Tuned).then_some(0.0), // how it was chosen is not said
        custom_rates: runs.iter().any(|run| run.arm == Arm::Custom).then(Vec::new),
        ..RawConfig::default()
    }
}

struct Row {
    line: u64,
    /// Values as JSON has them; numbers of a CSV as text.
    fields: Map<String, Value>,
}

impl Row {
    fn error(&self, column: &str, expected: impl Into<String>, got: impl Into<String>) -> Error {
        let place = Place::named("table of runs").line(self.line).column(column);
        Error::new(ErrorKind::Dataset, place, expected, got)
    }

    fn arm(&self) -> Result<Arm> {
        let name = self.fields.get("arm").and_then(Value::as_str).unwrap_or_default();
        Arm::ALL.into_iter().find(|arm| arm.name() == name).ok_or_else(|| {
            let known = Arm::ALL.map(Arm::name).join(", ");
            self.error("arm", format!("one of {known}"), if name.is_empty() { "none" } else { name })
        })
    }

    fn seed(&self) -> Result<u32> {
        let seed = self.number("seed")?.ok_or_else(|| self.error("seed", "a seed", "none"))?;
        let whole = seed.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&seed);
        if whole { Ok(seed as u32) } else { Err(self.error("seed", "a whole number below 2³²", seed.to_string())) }
    }

    /// A number by its column; none where the column or its value is missing.
    fn number(&self, column: &str) -> Result<Option<f64>> {
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

    fn scores(&self) -> Result<Scores> {
        let metric = |name: &str| {
            let columns = PREFIXES.map(|prefix| format!("{prefix}{name}"));
            columns
                .iter()
                .find(|&column| self.fields.contains_key(column))
                .map_or(Ok(None), |column| self.number(column))
        };
        Ok(Scores {
            accuracy: metric("accuracy")?,
            macro_f1: metric("macro_f1")?,
            matthews: metric("matthews")?,
            pearson: metric("pearson")?,
            spearman: metric("spearman")?,
        })
    }
}

fn of_csv(bytes: &[u8]) -> Result<Vec<Row>> {
    let failed = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Error::new(ErrorKind::Dataset, Place::named("table of runs").line(line), "CSV with a header", error.to_string())
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(failed)?.clone();
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(failed)?;
        let fields = header.iter().zip(&record).map(|(name, value)| (name.trim().to_string(), Value::from(value)));
        rows.push(Row { line: record.position().map_or(1, csv::Position::line), fields: fields.collect() });
    }
    Ok(rows)
}

fn of_json_lines(bytes: &[u8]) -> Result<Vec<Row>> {
    let lines = bytes.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    let row = |(index, line): (usize, &[u8])| {
        let line_number = index as u64 + 1;
        let fields = serde_json::from_slice(line).map_err(|error| {
            let place = Place::named("table of runs").line(line_number);
            Error::new(ErrorKind::Dataset, place, "a JSON object", error.to_string())
        })?;
        Ok(Row { line: line_number, fields })
    };
    lines.map(row).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn csv_and_json_lines_of_the_same_runs_are_the_same() {
        let csv = "arm,seed,epoch,fraction,eval_accuracy,note\nguided,1,2,0.5,0.75,x\nguided,1,1,0.5,0.5,\nnone,1,1,0.5,0.25,\n";
        let lines = r#"{"arm": "guided", "seed": 1, "epoch": 2.0, "fraction": 0.5, "accuracy": 0.75}
            {"arm": "guided", "seed": 1, "epoch": 1, "fraction": 0.5, "accuracy": 0.5, "matthews": null}

            {"arm": "none", "seed": "1", "epoch": 1, "fraction": 0.5, "test/accuracy": 0.25}"#;
        let table = RunTable::read(csv.as_bytes()).unwrap();
        assert_eq!(table, RunTable::read(lines.as_bytes()).unwrap());
        assert_eq!(table.task, Task::Classification);
        let config = table.config.check().unwrap();
        assert_eq!((config.arms.as_slice(), config.epochs), ([Arm::Guided, Arm::None].as_slice(), 2));
        let epochs: Vec<_> = table.runs[0].epochs.iter().map(|it| (it.epoch, it.scores.accuracy)).collect();
        assert_eq!(epochs, [(1, Some(0.5)), (2, Some(0.75))]);
        let scores = RunTable::read(b"arm,seed,pearson\nnone,3,0.5\n").unwrap();
        assert_eq!((scores.task, scores.runs[0].score("pearson")), (Task::Regression, Some(0.5)));
    }

    #[test]
    fn what_cannot_be_judged_is_named_by_line_and_column() {
        let cases = [
            ("arm,seed,accuracy\nmine,1,0.5\n", "line 2, column \"arm\": expected one of standard, guided"),
            ("arm,seed,accuracy\nnone,,0.5\n", "line 2, column \"seed\": expected a seed, got none"),
            ("arm,seed,accuracy\nnone,-1,0.5\n", "expected a whole number"),
            ("arm,seed,accuracy\nnone,1,high\n", "expected a number, got high"),
            ("arm,seed,accuracy\nnone,1,NaN\n", "expected a finite number, got NaN"),
            (
                "arm,seed,accuracy\nnone,1,0.5\nnone,1,0.6\n",
                "line 3, column \"arm\": expected one row for each run and epoch",
            ),
            ("arm,seed,loss\nnone,1,0.5\n", "expected accuracy or pearson of every run, got runs without it"),
            ("arm,seed\n", "got no run"),
            ("arm,seed,accuracy\nnone,1\n", "expected CSV with a header"),
            ("{\"arm\": 1\n", "line 1: expected a JSON object"),
        ];
        for (text, words) in cases {
            let said = RunTable::read(text.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(words), "{text}: {said}");
        }
    }
}
