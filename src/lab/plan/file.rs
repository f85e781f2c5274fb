//! Settings in a file: alone, or in whatever the page and `examples/compare` write of an experiment.

use crate::data::dataset::ReadOptions;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::RawConfig;
use crate::lab::formats;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Names of the files that hold settings.
const RESULTS: &str = formats::RESULTS.name;
const EXPERIMENT: &str = formats::EXPERIMENT.name;

/// What a file says of an experiment that is to be made, or made again.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFile {
    /// The settings, not yet checked.
    pub config: RawConfig,
    /// How the labelled file is to be read, where that is said.
    pub reading: Option<ReadOptions>,
    /// The SHA-256 of each file that it was made with, by the file's name, where that is said.
    pub sha256: BTreeMap<String, String>,
}

/// The parts of an `experiment.json` that matter here.
#[derive(Deserialize)]
struct Inputs {
    dataset: Input,
    model: Input,
    corpus: Input,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    options: ReadOptions,
    /// By file name.
    sha256: BTreeMap<String, String>,
}

impl PlanFile {
    /// Reads a configuration, a `results.json`, or the `experiment.json` of a zip that the page exported.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where it is none of them, or a setting is unknown.
    pub fn read(bytes: &[u8]) -> Result<PlanFile> {
        let mut file: Value = parsed("syntax", serde_json::from_slice(bytes), "JSON")?;
        let format = file.get("format").cloned();
        let (config, inputs) = match format.as_ref().map(|f| f.as_str().unwrap_or_default()) {
            None => (file, Value::Null),
            Some(RESULTS) => (file["config"].take(), Value::Null),
            Some(EXPERIMENT) => (file["config"].take(), file["inputs"].take()),
            Some(other) => {
                let expected = format!("settings, or \"{RESULTS}\", or \"{EXPERIMENT}\"");
                return Err(Error::new(ErrorKind::Config, Place::named("plan file, format"), expected, other));
            }
        };
        let config = parsed("config", serde_json::from_value(config), "the settings of an experiment")?;
        if inputs.is_null() {
            return Ok(PlanFile { config, reading: None, sha256: BTreeMap::new() });
        }
        let Inputs { dataset, model, corpus } =
            parsed("inputs", serde_json::from_value(inputs), "the experiment's data set, model and prose")?;
        let sha256 = [dataset.sha256, model.sha256, corpus.sha256].into_iter().flatten().collect();
        Ok(PlanFile { config, reading: Some(dataset.options), sha256 })
    }
}

fn parsed<T>(part: &str, read: serde_json::Result<T>, expected: &str) -> Result<T> {
    read.map_err(|error| {
        Error::new(ErrorKind::Config, Place::named(format!("plan file, {part}")), expected, error.to_string())
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::data::dataset::Task;

    const SETTINGS: &str = r#"{"arms": ["guided", "none"], "seeds": [7], "epochs": 2}"#;

    fn read(text: &str) -> Result<PlanFile> {
        PlanFile::read(text.as_bytes())
    }

    #[test]
    fn settings_alone_in_results_and_in_an_exported_experiment_are_the_same() {
        let alone = read(SETTINGS).unwrap();
        assert_eq!((alone.config.seeds.as_slice(), alone.config.epochs), ([7].as_slice(), 2));
        assert_eq!((&alone.reading, alone.sha256.len()), (&None, 0));
        let results =
            format!(r#"{{"format": "guided-dropout-results", "version": 1, "config": {SETTINGS}, "runs": []}}"#);
        assert_eq!(read(&results).unwrap(), alone);
        let experiment = format!(
            r#"{{"format": "guided-dropout-experiment", "config": {SETTINGS}, "inputs": {{"dataset": {{"name": "own.csv",
            "own": true, "sha256": {{"own.csv": "abc"}}, "options": {{"task": "regression", "max_rows": 9}}}},
            "model": {{"sha256": {{"config.json": "d", "tokenizer.json": "e"}}}}, "corpus": {{"sha256": {{"prose.txt": "f"}}}}}}}}"#
        );
        let experiment = read(&experiment).unwrap();
        assert_eq!(experiment.config, alone.config);
        let files = [("own.csv", "abc"), ("config.json", "d"), ("tokenizer.json", "e"), ("prose.txt", "f")];
        assert_eq!(experiment.sha256, files.map(|(name, digest)| (name.to_string(), digest.to_string())).into());
        let reading = experiment.reading.unwrap();
        assert_eq!((reading.task, reading.max_rows), (Some(Task::Regression), Some(9)));
    }

    #[test]
    fn what_is_no_plan_is_refused_by_its_part() {
        let cases = [
            ("{", "plan file, syntax: expected JSON"),
            (r#"{"format": "guided-dropout-schedule"}"#, "got guided-dropout-schedule"),
            (r#"{"format": "guided-dropout-results"}"#, "plan file, config: expected the settings"),
            (r#"{"epoch": 3}"#, "unknown field `epoch`"),
            (r#"{"format": "guided-dropout-experiment", "config": {}, "inputs": {}}"#, "missing field `dataset`"),
        ];
        for (text, words) in cases {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
