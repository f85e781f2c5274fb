//! Settings read from a file: a plan, `results.json` or `experiment.json`.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::RawConfig;
use crate::lab::formats;
use crate::lab::results::Inputs;
use serde_json::Value;

/// Names of the files that hold settings.
const RESULTS: &str = formats::RESULTS.name;
const EXPERIMENT: &str = formats::EXPERIMENT.name;

/// The settings and inputs that a file gives for an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFile {
    /// The settings, not yet checked.
    pub config: RawConfig,
    /// The files that it was made with, and how the labelled one was read, where that is said.
    pub inputs: Option<Inputs>,
}

impl PlanFile {
    /// Reads a configuration, a `results.json`, or the `experiment.json` of a zip that the page exported.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where it is none of them, or a setting is unknown.
    pub fn read(bytes: &[u8]) -> Result<PlanFile> {
        let mut file: Value = parsed("syntax", serde_json::from_slice(bytes), "JSON")?;
        let format = file.get("format").cloned();
        let (config, mut inputs) = match format.as_ref().map(|f| f.as_str().unwrap_or_default()) {
            None => (file, Value::Null),
            Some(RESULTS | EXPERIMENT) => (file["config"].take(), file["inputs"].take()),
            Some(other) => {
                let expected = format!("settings, or \"{RESULTS}\", or \"{EXPERIMENT}\"");
                return Err(Error::new(ErrorKind::Config, Place::named("plan file, format"), expected, other));
            }
        };
        let config = parsed("config", serde_json::from_value(config), "the settings of an experiment")?;
        if let Some(reading) = inputs.pointer_mut("/dataset/options").and_then(Value::as_object_mut)
            && reading.contains_key("max_rows")
        {
            // The first rows, as programs took them before they drew samples.
            reading.entry("sample").or_insert_with(|| Value::from("first"));
        }
        let inputs = parsed("inputs", serde_json::from_value(inputs), "the experiment's data set, model and prose")?;
        Ok(PlanFile { config, inputs })
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
    use crate::data::dataset::{Sampling, Task};

    const SETTINGS: &str = r#"{"arms": ["guided", "none"], "seeds": [7], "epochs": 2}"#;

    fn read(text: &str) -> Result<PlanFile> {
        PlanFile::read(text.as_bytes())
    }

    #[test]
    fn settings_alone_in_results_and_in_an_exported_experiment_are_the_same() {
        let alone = read(SETTINGS).unwrap();
        assert_eq!((alone.config.seeds.as_slice(), alone.config.epochs), ([7].as_slice(), 2));
        assert_eq!(alone.inputs, None);
        let results =
            format!(r#"{{"format": "guided-dropout-results", "version": 1, "config": {SETTINGS}, "runs": []}}"#);
        assert_eq!(read(&results).unwrap(), alone);
        let with_inputs = |format: &str| {
            read(&format!(
            r#"{{"format": "{format}", "config": {SETTINGS}, "inputs": {{"dataset": {{"name": "own.csv",
            "own": true, "sha256": {{"own.csv": "abc"}}, "options": {{"task": "regression", "max_rows": 9}}}},
            "model": {{"sha256": {{"config.json": "d", "tokenizer.json": "e"}}}}, "corpus": {{"sha256": {{"prose.txt": "f"}}}}}}}}"#
        )).unwrap()
        };
        let experiment = with_inputs("guided-dropout-experiment");
        assert_eq!(experiment, with_inputs("guided-dropout-results"));
        assert_eq!(experiment.config, alone.config);
        let inputs = experiment.inputs.unwrap();
        let digests = [("config.json", "d"), ("tokenizer.json", "e")];
        assert_eq!(inputs.model.sha256, digests.map(|(name, digest)| (name.to_string(), digest.to_string())).into());
        assert_eq!((&*inputs.dataset.sha256["own.csv"], &*inputs.corpus.sha256["prose.txt"]), ("abc", "f"));
        let reading = inputs.dataset.options;
        assert_eq!((reading.task, reading.max_rows), (Some(Task::Regression), Some(9)));
        assert_eq!(reading.sample, Sampling::First);
    }

    #[test]
    fn what_is_no_plan_is_refused_by_its_part() {
        let cases = [
            ("{", "plan file, syntax: expected JSON"),
            (r#"{"format": "guided-dropout-schedule"}"#, "got guided-dropout-schedule"),
            (r#"{"format": "guided-dropout-results"}"#, "plan file, config: expected the settings"),
            (r#"{"epoch": 3}"#, "unknown field `epoch`"),
            (r#"{"format": "guided-dropout-experiment", "config": {}, "inputs": {}}"#, "missing field `dataset`"),
            (r#"{"format": "guided-dropout-results", "config": {}, "inputs": {"dataset": 1}}"#, "plan file, inputs"),
        ];
        for (text, words) in cases {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
