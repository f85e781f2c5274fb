//! The rates as a Python snippet for Hugging Face transformers, set by module name.

use crate::method::schedule::SiteRate;
use crate::models::family::Family;
use std::fmt::Write;

/// Python source of a function that sets `rates` on a model of this family with any head, for use before training. It
/// refuses a model that lacks one of the sites or has others.
pub fn pytorch_snippet(rates: &[SiteRate], model_name: &str, family: Family) -> String {
    let mut table = String::new();
    for SiteRate { site, rate } in rates {
        if let Some(module) = family.dropout_module(*site) {
            let _ = writeln!(table, "    \"{module}\": {rate:.6},"); // writing to a String cannot fail
        }
    }
    let base = family.layout().base;
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
    """Sets the rate of each dropout layer of the encoder; the classifier's own dropout stays as it is."""
    encoder = getattr(model, "{base}", model)
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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::models::site::Site;

    #[test]
    fn every_site_is_set_by_its_module_name() {
        let rates: Vec<SiteRate> = Site::all(2).into_iter().map(|site| SiteRate { site, rate: 0.025 }).collect();
        let snippet = pytorch_snippet(&rates, "a model\nimport os", Family::Bert);
        assert_eq!(snippet.matches(": 0.025000,").count(), 7);
        assert!(snippet.contains("\"encoder.layer.1.attention.self.dropout\": 0.025000,"));
        assert!(!snippet.contains("\nimport os"), "a model's name stays inside its comment");
    }
}
