//! A model card: the README.md of an exported model, filled in from the experiment's results.
//!
//! The front matter is the Hugging Face hub's (`huggingface_hub`, `ModelCardData`). What the lab does not know is left out and said: the licence of
//! the pretrained weights, and the language of the texts.

use crate::data::dataset::Task;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::{Config, RawConfig};
use crate::lab::formats::RESULTS;
use crate::lab::results::{BaselineRun, Inputs, Scores};
use crate::method::arms::Arm;
use crate::method::schedule::SiteRate;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

mod front_matter;
mod scores;
mod text;

/// The program that an exported folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Package {
    /// Hugging Face transformers: `model.safetensors`.
    Transformers,
    /// onnxruntime and transformers.js: `onnx/`.
    Onnx,
}

/// An experiment as far as its model's card tells of it. The page keeps the model of the first seed, trained on the largest fraction.
struct Experiment {
    arm: Arm,
    package: Package,
    config: Config,
    told: Told,
}

/// The parts of a results.json that a card is made of.
#[derive(Deserialize)]
struct Told {
    dataset: ToldDataset,
    model: ToldModel,
    #[serde(default)]
    inputs: Option<Inputs>,
    #[serde(default)]
    arms: BTreeMap<Arm, Vec<SiteRate>>,
    runs: Vec<ToldRun>,
    #[serde(default)]
    baselines: Vec<BaselineRun>,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    remarks: Vec<ToldRemark>,
}

#[derive(Deserialize)]
struct ToldDataset {
    name: String,
    rows: usize,
    train_rows: usize,
    test_rows: usize,
    #[serde(default)]
    fraction_rows: Vec<usize>,
    labels: Vec<String>,
    task: Task,
}

#[derive(Deserialize)]
struct ToldModel {
    name: String,
    parameters: usize,
    layers: usize,
    hidden: usize,
}

#[derive(Deserialize)]
struct ToldRun {
    arm: Arm,
    seed: u32,
    fraction: f64,
    /// Scores after each evaluated epoch; the last are the run's.
    epochs: Vec<Scores>,
}

#[derive(Deserialize)]
struct ToldRemark {
    text: String,
}

/// The card of an arm's model, as Markdown, from the document of its experiment's `results.json`.
///
/// # Errors
/// [`ErrorKind::Config`] where that is no results.json of a version that is known, lacks a part, or has no run of this arm with the first seed.
pub fn model_card(results: &Value, arm: Arm, package: Package) -> Result<String> {
    let wrong =
        |expected: String, got: String| Error::new(ErrorKind::Config, Place::named("results.json"), expected, got);
    let (format, version) = (results["format"].as_str().unwrap_or_default(), results["version"].as_u64());
    if format != RESULTS.name || version.is_none_or(|version| version > RESULTS.version.into()) {
        let expected = format!("{} of version {} or before", RESULTS.name, RESULTS.version);
        return Err(wrong(expected, format!("{format:?} of version {}", results["version"])));
    }
    let unread = |error: serde_json::Error| wrong("the parts of results.json".into(), format!("this: {error}"));
    let config = RawConfig::deserialize(&results["config"]).map_err(unread)?.check()?;
    let told = Told::deserialize(results).map_err(unread)?;
    let experiment = Experiment { arm, package, config, told };
    if experiment.run().is_none() {
        let seed = experiment.config.seeds[0];
        return Err(wrong(format!("a finished run of the arm {arm} with seed {seed}"), "none".into()));
    }
    Ok([experiment.front_matter(), experiment.body()].concat())
}

impl ToldRun {
    fn score(&self, metric: &str) -> Option<f64> {
        self.epochs.last()?.get(metric)
    }
}

impl Experiment {
    fn name(&self) -> String {
        format!("{}-{}", self.told.model.name.rsplit('/').next().unwrap_or_default(), self.arm)
    }

    /// The largest, on which the kept models are trained.
    fn fraction(&self) -> f64 {
        self.config.fractions[0]
    }

    /// The run that trained the model.
    fn run(&self) -> Option<&ToldRun> {
        let is_it =
            |run: &&ToldRun| (run.arm, run.seed, run.fraction) == (self.arm, self.config.seeds[0], self.fraction());
        self.told.runs.iter().find(is_it).filter(|run| !run.epochs.is_empty())
    }

    /// Rows that the model was trained on.
    fn trained_rows(&self) -> usize {
        self.told.dataset.fraction_rows.first().copied().unwrap_or(self.told.dataset.train_rows)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
