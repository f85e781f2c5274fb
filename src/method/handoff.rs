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
    let is_attribute = family.layout().drops_probabilities_by_attribute;
    let (arguments, remark) = if is_attribute {
        // Its out_drop is an Identity in a model that is built with a rate of 0, and a rate set afterwards would do nothing.
        (", attention_dropout=0.1", "has out_drop modules only if built so")
    } else {
        ("", "its own attention dropout")
    };
    let (attributes, setting) = if is_attribute { (ATTRIBUTES, SET_BOTH) } else { ("", SET_MODULES) };
    let model_name: String = model_name.chars().filter(|c| !c.is_control()).collect();
    format!(
        r#"# Dropout rates for {model_name}, by module name of Hugging Face transformers (method: arXiv 2406.14005).
# They were made for this model; another one needs its own.
#
#   model = AutoModelForSequenceClassification.from_pretrained(..., attn_implementation="eager"{arguments})  # {remark}
#   set_dropout_rates(model)  # once, before training
import torch

RATES = {{
{table}}}


def set_dropout_rates(model, rates=RATES):
    """Sets the rate of each dropout layer of the encoder; the classifier's own dropout stays as it is."""
    encoder = getattr(model, "{base}", model)
    layers = {{name: module for name, module in encoder.named_modules() if isinstance(module, torch.nn.Dropout)}}
{attributes}    missing, unknown = sorted(set(rates) - set(layers)), sorted(set(layers) - set(rates))
    if missing or unknown:
        raise ValueError(f"dropout layers differ: the model lacks {{missing}} and also has {{unknown}}")
    for name, rate in rates.items():
{setting}
    return model
"#
    )
}

/// Attention whose rate is a number of its own, and no module.
const ATTRIBUTES: &str = r#"    layers |= {f"{name}.attention_dropout": module for name, module in encoder.named_modules() if hasattr(module, "attention_dropout")}
"#;
const SET_MODULES: &str = "        layers[name].p = rate";
const SET_BOTH: &str =
    r#"        setattr(layers[name], "attention_dropout" if name.endswith(".attention_dropout") else "p", rate)"#;

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
        assert!(!snippet.contains("attention_dropout"), "every rate is a module's");
    }

    #[test]
    fn a_rate_that_is_no_modules_is_set_on_the_attention() {
        let rates: Vec<SiteRate> = Site::all(2).into_iter().map(|site| SiteRate { site, rate: 0.025 }).collect();
        let snippet = pytorch_snippet(&rates, "a model", Family::ModernBert);
        assert_eq!(snippet.matches(": 0.025000,").count(), 7);
        for line in [
            "\"layers.1.attn.attention_dropout\": 0.025000,",
            "\"layers.1.mlp.drop\": 0.025000,",
            "from_pretrained(..., attn_implementation=\"eager\", attention_dropout=0.1)",
            "setattr(layers[name], \"attention_dropout\"",
        ] {
            assert!(snippet.contains(line), "{line}");
        }
    }
}
