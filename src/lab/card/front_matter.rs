//! The card's YAML, which the Hugging Face hub reads.

use super::{Experiment, Package};
use crate::analysis::metrics::in_sentence;
use crate::lab::metric::metrics_of;

/// A metric's name on the hub.
fn on_hub(metric: &str) -> &str {
    match metric {
        "macro_f1" => "f1",
        "matthews" => "matthews_correlation",
        "pearson" => "pearsonr",
        "spearman" => "spearmanr",
        other => other,
    }
}

/// A text as YAML has it between double quotes, which is as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Experiment {
    pub(super) fn front_matter(&self) -> String {
        let dataset = quoted(&self.told.dataset.name);
        let library = match self.package {
            Package::Transformers => "transformers",
            Package::Onnx => "transformers.js",
        };
        let mut yaml = format!("---\nlibrary_name: {library}\npipeline_tag: text-classification\n");
        // The hub takes names of models that it has, which begin with an owner.
        if self.told.model.name.contains('/') {
            yaml += &format!("base_model: {}\n", quoted(&self.told.model.name));
        }
        yaml += "tags:\n- guided-dropout\n";
        if self.package == Package::Onnx {
            yaml += "- onnx\n";
        }
        let metrics = metrics_of(self.told.dataset.task);
        yaml += "metrics:\n";
        metrics.iter().for_each(|metric| yaml += &format!("- {}\n", on_hub(metric)));
        yaml += &format!("model-index:\n- name: {}\n  results:\n", quoted(&self.name()));
        yaml += "  - task:\n      type: text-classification\n";
        yaml += &format!("    dataset:\n      type: {dataset}\n      name: {dataset}\n    metrics:\n");
        for metric in metrics {
            let scores = self.scores(self.arm, metric);
            if scores.is_empty() {
                continue;
            }
            let name = format!("{}, mean over {}", in_sentence(metric), super::scores::counted(scores.len(), "seed"));
            let value = crate::analysis::stats::mean(&scores);
            yaml +=
                &format!("    - type: {}\n      name: {}\n      value: {value:.4}\n", on_hub(metric), quoted(&name));
        }
        yaml + "---\n\n"
    }
}
