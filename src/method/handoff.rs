//! The rates as a Python snippet for Hugging Face transformers, set by module name.

use crate::method::schedule::SiteRate;
use crate::models::site::Site;
use std::fmt::Write;

/// Python source of a function that sets `rates` on a `BertForSequenceClassification` (or any model with a BERT
/// encoder), for use before training. It refuses a model that lacks one of the sites or has others.
pub fn pytorch_snippet(rates: &[SiteRate], model_name: &str) -> String {
    let mut table = String::new();
    for SiteRate { site, rate } in rates {
        let _ = writeln!(table, "    \"{}\": {rate:.6},", module_name(*site)); // writing to a String cannot fail
    }
    let model_name: String = model_name.chars().filter(|c| !c.is_control()).collect();
    format!(
        r#"# Dropout rates for {model_name}, by module name of Hugging Face transformers (method: arXiv 2406.14005).
# They were made for this model; another one needs its own.
#
#   model = AutoModelForSequenceClassification.from_pretrained(..., attn_implementation="eager")  # its own attention dropout
#   set_dropout_rates(model)  # once, before training
import torch

RATES = {{
{table}}}


def set_dropout_rates(model, rates=RATES):
    """Sets the rate of each dropout layer of a BERT encoder; the classifier's own dropout stays as it is."""
    encoder = getattr(model, "bert", model)
    layers = {{name: module for name, module in encoder.named_modules() if isinstance(module, torch.nn.Dropout)}}
    missing, unknown = sorted(set(rates) - set(layers)), sorted(set(layers) - set(rates))
    if missing or unknown:
        raise ValueError(f"dropout layers differ: the model lacks {{missing}} and also has {{unknown}}")
    for name, rate in rates.items():
        layers[name].p = rate
    return model
"#
    )
}

/// The dropout module of a site, relative to the encoder (`model.bert`).
fn module_name(site: Site) -> String {
    match site {
        Site::Embeddings => "embeddings.dropout".into(),
        Site::AttentionSelf(k) => format!("encoder.layer.{k}.attention.self.dropout"),
        Site::AttentionOutput(k) => format!("encoder.layer.{k}.attention.output.dropout"),
        Site::Output(k) => format!("encoder.layer.{k}.output.dropout"),
        Site::Classifier => "dropout".into(),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn every_site_is_set_by_its_module_name() {
        let rates: Vec<SiteRate> = Site::all(2).into_iter().map(|site| SiteRate { site, rate: 0.025 }).collect();
        let snippet = pytorch_snippet(&rates, "a model\nimport os");
        assert_eq!(snippet.matches(": 0.025000,").count(), 7);
        assert!(snippet.contains("\"encoder.layer.1.attention.self.dropout\": 0.025000,"));
        assert!(!snippet.contains("\nimport os"), "a model's name stays inside its comment");
    }
}
