//! Runs that were made elsewhere, judged by the same statistics: `results.json` of another program, or a table of runs.

use super::{BaselineRun, Judgement, Probe, RunReport};
use crate::data::dataset::Task;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::{Config, RawConfig};
use crate::lab::formats::RESULTS;
use crate::lab::metric::Metric;
use serde::Deserialize;
use serde_json::{Value, json};

mod exports;
mod names;
mod row;
mod table;

pub use table::RunTable;

/// A file of runs.
#[derive(Debug, Clone, Copy)]
pub struct RunFile<'a> {
    /// Its name, or the path to it; arm and seed may be in it.
    pub name: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// What files say, and what its runs show.
#[derive(Debug, Clone)]
pub struct JudgedFile {
    document: Value,
    /// Comparisons and verdict.
    pub judgement: Judgement,
}

/// The parts of a results.json that are judged.
#[derive(Deserialize)]
struct Judged {
    config: RawConfig,
    dataset: Described,
    runs: Vec<RunReport>,
    #[serde(default)]
    baselines: Vec<BaselineRun>,
    #[serde(default)]
    probes: Vec<Probe>,
}

#[derive(Deserialize)]
struct Described {
    task: Task,
    #[serde(default)]
    labels: Vec<String>,
}

impl JudgedFile {
    /// Reads and judges a `results.json`, or the files of one table of runs: CSV, JSON, or an export of TensorBoard, Weights & Biases, MLflow or
    /// Hugging Face's Trainer. The verdict goes by `metric`, where one is given, instead of by the one that the files name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where a JSON document is no results.json of a version that is known, or lacks a part, or where no run has `metric`; those
    /// of [`RunTable::read`], of [`RawConfig::check`] and of [`Metric::check`].
    pub fn read(files: &[RunFile], metric: Option<Metric>) -> Result<JudgedFile> {
        // JSON Lines are several documents, and a CSV is none.
        let document =
            |file: &RunFile| serde_json::from_slice::<Value>(file.bytes).ok().filter(|it| it.get("format").is_some());
        if let Some((document, file)) = files.iter().find_map(|file| document(file).zip(Some(file))) {
            return if files.len() == 1 {
                Self::of_results(file, document, metric)
            } else {
                Err(not_alone(file, files.len()))
            };
        }
        let RunTable { config, task, runs } = RunTable::read(files)?;
        let config = checked(config, metric, task, &runs)?;
        let judgement = Judgement::new(&config, task, &[], &runs);
        let document = json!({
            "format": RESULTS.name, "version": RESULTS.version, "config": config,
            "dataset": {"task": task, "labels": []}, "runs": runs
        });
        Ok(JudgedFile { document, judgement })
    }

    fn of_results(file: &RunFile, mut document: Value, metric: Option<Metric>) -> Result<JudgedFile> {
        let wrong =
            |expected: String, got: String| Error::new(ErrorKind::Config, Place::named(file.name), expected, got);
        let (format, version) = (document["format"].as_str().unwrap_or_default(), document["version"].as_u64());
        if format != RESULTS.name || version.is_none_or(|version| version > RESULTS.version.into()) {
            let version = version.map_or("none".into(), |version| version.to_string());
            let expected = format!("{} of version {} or before", RESULTS.name, RESULTS.version);
            return Err(wrong(expected, format!("{format:?} of version {version}")));
        }
        let Judged { config, dataset, runs, baselines, probes } = Judged::deserialize(&document)
            .map_err(|error| wrong("config, dataset and runs of results.json".into(), format!("this: {error}")))?;
        let task = dataset.task;
        let config = checked(config, metric, task, &runs)?;
        document["config"]["metric"] = json!(config.metric);
        let judgement = Judgement::new(&config, task, &dataset.labels, &runs);
        let judgement = judgement.with_beside(&config, task, &runs, &baselines, &probes);
        Ok(JudgedFile { document, judgement })
    }

    /// The document with every part that is judged anew. Of a table, `results.json` with settings, runs and these alone.
    ///
    /// # Errors
    /// A number that JSON does not have.
    pub fn document(&self) -> serde_json::Result<Value> {
        let mut document = self.document.clone();
        document["baseline_comparisons"] = json!([]); // left out of a judgement that has none
        if let Value::Object(parts) = serde_json::to_value(&self.judgement)? {
            parts.into_iter().for_each(|(part, value)| document[part] = value);
        }
        Ok(document)
    }
}

/// The checked configuration, whose verdict goes by `metric`, where one is given.
fn checked(config: RawConfig, metric: Option<Metric>, task: Task, runs: &[RunReport]) -> Result<Config> {
    let config = RawConfig { metric: metric.unwrap_or(config.metric), ..config }.check()?;
    config.metric.check(task)?;
    let name = config.metric.of(task);
    if metric.is_none() || runs.iter().any(|run| run.score(name).is_some()) {
        return Ok(config);
    }
    Err(Error::new(ErrorKind::Config, Place::named("metric"), "a metric that the runs have", name))
}

fn not_alone(file: &RunFile, files: usize) -> Error {
    let got = format!("{files} files");
    Error::new(ErrorKind::Config, Place::named(file.name), "results.json alone, or the files of one table", got)
}
