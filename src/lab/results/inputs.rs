//! Input files by digest, with the reading options of the data set: whatever is needed to repeat the experiment.

use crate::data::dataset::ReadOptions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The files of an experiment, as `results.json` and the page's `experiment.json` have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The labelled file.
    pub dataset: DatasetInput,
    /// The model's files; a masked-language-model head of its own is `head.safetensors`.
    pub model: Input,
    /// The plain text for Fisher information.
    pub corpus: Input,
}

/// A file, or several that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// SHA-256 in hexadecimal digits, by file name.
    pub sha256: BTreeMap<String, String>,
}

/// The labelled file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetInput {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// SHA-256 of its bytes, by file name.
    pub sha256: BTreeMap<String, String>,
    /// How it is read.
    #[serde(default)]
    pub options: ReadOptions,
}

impl Inputs {
    /// Which contents differ in `other`, in words. What files are called does not count, nor how the labelled one is read.
    pub fn differences(&self, other: &Inputs) -> Vec<String> {
        let mut differences = Vec::new();
        let digests = |files: &BTreeMap<String, String>| files.values().cloned().collect::<Vec<_>>();
        for (what, here, there) in [
            ("data set", &self.dataset.sha256, &other.dataset.sha256),
            ("prose", &self.corpus.sha256, &other.corpus.sha256),
        ] {
            if digests(here) != digests(there) {
                differences.push(format!("{what}: other contents"));
            }
        }
        let (here, there) = (&self.model.sha256, &other.model.sha256);
        let files: std::collections::BTreeSet<&String> = here.keys().chain(there.keys()).collect();
        for file in files.into_iter().filter(|file| here.get(*file) != there.get(*file)) {
            differences.push(format!("model, {file}: other contents"));
        }
        differences
    }
}
