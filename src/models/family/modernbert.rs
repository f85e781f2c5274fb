//! ModernBERT (Warner et al. 2024) and Ettin (Weller et al. 2025): rotary positions, layers that see everything or a window, a gated
//! feed-forward, no biases.
//!
//! Hugging Face transformers v5.24, `models/modernbert/modeling_modernbert.py`. Nobody publishes a table of which tensors precede
//! which dropout. This one is the rule of the paper: the tensors between the previous dropout and this one that the dropped
//! activations are computed from.
//!
//! | site | dropout | tensors before it |
//! |---|---|---|
//! | `embeddings` | `embeddings.drop` | `embeddings.tok_embeddings`, `embeddings.norm` |
//! | `layer.k.attention.self` | `layers.k.attn.attention_dropout` | `layers.k-1.mlp.Wo`, `layers.k.attn_norm` (but for k = 0), `layers.k.attn.Wqkv` |
//! | `layer.k.attention.output` | `layers.k.attn.out_drop` | `layers.k.attn.Wo` |
//! | `layer.k.output` | `layers.k.mlp.drop` | `layers.k.mlp_norm`, `layers.k.mlp.Wi` |
//!
//! `mlp.drop` stands before `mlp.Wo`, whose output meets its next dropout in the layer after it. The last `mlp.Wo` and `final_norm`
//! precede none. `attention_dropout` is a number that the attention reads, and `out_drop` an `Identity` in a model that was built
//! with rates of 0, as it is shipped.

use super::{Activation, CheckedOn, Head, HeadLayer, Layout, SitesFrom};
use crate::models::blocks::Rotary;
use serde_json::{Map, Value, json};

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["modernbert"],
    config_keys: &[("hidden_activation", "hidden_act"), ("norm_eps", "layer_norm_eps")],
    complete,
    switches: &[
        ("norm_bias", "false"),
        ("attention_bias", "false"),
        ("mlp_bias", "false"),
        ("classifier_bias", "false"),
        ("decoder_bias", "true"),
        ("tie_word_embeddings", "true"),
        ("classifier_activation", "\"gelu\""),
        (SCALING, "\"default\""),
    ],
    activations: super::bert::LAYOUT.activations,
    classifier_class: "ModernBertForSequenceClassification",
    base: "model",
    names: &[
        ("embeddings.word_embeddings", "embeddings.tok_embeddings"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("encoder.layer.K.attention.self.LayerNorm", "layers.K.attn_norm"),
        ("encoder.layer.K.attention.self.qkv", "layers.K.attn.Wqkv"),
        ("encoder.layer.K.attention.output.dense", "layers.K.attn.Wo"),
        ("encoder.layer.K.intermediate.LayerNorm", "layers.K.mlp_norm"),
        ("encoder.layer.K.intermediate.dense", "layers.K.mlp.Wi"),
        ("encoder.layer.K.output.dense", "layers.K.mlp.Wo"),
        ("encoder.LayerNorm", "final_norm"),
        // The classifier's copy; read as the language model's.
        ("pooler.dense", "head.dense"),
        ("pooler.LayerNorm", "head.norm"),
        ("cls.predictions.transform.dense", "head.dense"),
        ("cls.predictions.transform.LayerNorm", "head.norm"),
        ("cls.predictions.decoder.weight", "decoder.weight"),
        ("cls.predictions.bias", "decoder.bias"),
    ],
    dropout: [
        Some("embeddings.drop"),
        Some("layers.K.attn.attention_dropout"),
        Some("layers.K.attn.out_drop"),
        Some("layers.K.mlp.drop"),
    ],
    sites_from: SitesFrom::Rule,
    checked_on: CheckedOn::RandomWeights,
    head: Some(Head { activation: Activation::Gelu, dropout_before: false, dense: HeadLayer::OfLanguageModel }),
    special_tokens: super::bert::LAYOUT.special_tokens,
    masked_share: 0.3,
    drops_probabilities_by_attribute: true,
    has_token_types: false,
    positions_follow_padding: false,
    is_causal: false,
    has_rotary_positions: true,
    normalises_embeddings: true,
    normalises_before: true,
    has_biases: false,
    fuses_projections: true,
    stores_inputs_first: false,
    scores_intermediate: true,
    is_gated: true,
};

/// The kind of scaling of rotary positions, of which the lab holds none.
const SCALING: &str = "rope_parameters.rope_type";
/// Layers looked at, at most: more are refused by their number.
const LAYERS: u64 = 96;

/// The defaults of transformers' `ModernBertConfig`, and each layer's attention: by `layer_types` and `rope_parameters`, or in the
/// words of published files by `global_attn_every_n_layers`, `global_rope_theta` and `local_rope_theta`.
fn complete(config: &mut Map<String, Value>) {
    for (key, value) in [("max_position_embeddings", json!(8192)), ("layer_norm_eps", json!(1e-5))] {
        if config.get(key).is_none_or(Value::is_null) {
            config.insert(key.to_string(), value);
        }
    }
    let number = |key: &str, default: u64| config.get(key).and_then(Value::as_u64).unwrap_or(default);
    let every = number("global_attn_every_n_layers", 3).max(1);
    let layers = number("num_hidden_layers", 0).min(LAYERS);
    let half_window = usize::try_from(number("local_attention", 128) / 2).unwrap_or(usize::MAX);
    let kind_of = |k: u64| if k.is_multiple_of(every) { "full_attention" } else { "sliding_attention" };
    let kinds: Vec<String> = match config.get("layer_types").and_then(Value::as_array) {
        Some(said) => said.iter().filter_map(Value::as_str).map(String::from).collect(),
        None => (0..layers).map(|k| kind_of(k).to_string()).collect(),
    };
    let parameters = config.get("rope_parameters").cloned().unwrap_or_default();
    let theta = |kind: &str, key: &str, default: f64| {
        let said = parameters[kind]["rope_theta"].as_f64();
        said.or_else(|| config.get(key).and_then(Value::as_f64)).unwrap_or(default)
    };
    let (global, local) = (
        Rotary { theta: theta("full_attention", "global_rope_theta", 160_000.0), window: None },
        Rotary { theta: theta("sliding_attention", "local_rope_theta", 10_000.0), window: Some(half_window) },
    );
    let scaling = [&parameters["full_attention"]["rope_type"], &parameters["sliding_attention"]["rope_type"]];
    let scaling = scaling.into_iter().find(|kind| !kind.is_null() && *kind != "default").cloned();
    let scaling = scaling.or_else(|| config.get("rope_scaling").filter(|it| !it.is_null()).cloned());
    let attention = kinds.iter().map(|kind| match kind.as_str() {
        "full_attention" => json!(global),
        "sliding_attention" => json!(local),
        other => json!(other),
    });
    let attention: Vec<Value> = attention.collect();
    config.insert("attention".into(), Value::Array(attention));
    let said = |key: &str, default: Value| config.get(key).filter(|it| !it.is_null()).cloned().unwrap_or(default);
    let pooling = said("classifier_pooling", json!("cls"));
    let rates = ["embedding_dropout", "attention_dropout", "mlp_dropout", "classifier_dropout"];
    let shipped: Map<String, Value> = rates.map(|key| (key.to_string(), said(key, json!(0.0)))).into_iter().collect();
    config.insert("pooling".into(), pooling);
    config.insert("shipped".into(), Value::Object(shipped));
    config.extend(scaling.map(|scaling| (SCALING.to_string(), scaling)));
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::models::config::{ModelConfig, Pooling};
    use crate::models::site::Site;

    /// The configuration of the published ModernBERT-base, but for its sizes, with something added.
    fn published(more: &Value) -> Result<ModelConfig, String> {
        let mut config = json!({
            "model_type": "modernbert", "vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 5, "num_attention_heads": 4,
            "intermediate_size": 48, "max_position_embeddings": 8192, "global_attn_every_n_layers": 3, "local_attention": 128,
            "global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "classifier_pooling": "mean", "norm_eps": 1e-5,
            "position_embedding_type": "absolute", "attention_bias": false, "norm_bias": false, "hidden_activation": "gelu"
        });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ModelConfig::from_bytes(config.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn layers_attend_as_published_files_and_newer_ones_say() {
        let config = published(&json!({})).unwrap();
        let (full, near) = (Rotary { theta: 160_000.0, window: None }, Rotary { theta: 10_000.0, window: Some(64) });
        assert_eq!(config.attention, [full, near, near, full, near]);
        assert_eq!((config.pooling, config.layer_norm_eps), (Pooling::Mean, 1e-5));
        assert_eq!(config.shipped.unwrap().at(Site::Output(1)), 0.0);
        let newer = json!({
            "layer_types": ["sliding_attention", "full_attention", "full_attention", "sliding_attention", "full_attention"],
            "rope_parameters": {"full_attention": {"rope_theta": 500.0, "rope_type": "default"},
                                "sliding_attention": {"rope_theta": 20.0}},
            "mlp_dropout": 0.25, "classifier_pooling": null, "classifier_dropout": null
        });
        let config = published(&newer).unwrap();
        let (full, near) = (Rotary { theta: 500.0, ..full }, Rotary { theta: 20.0, ..near });
        assert_eq!(config.attention, [near, full, full, near, full]);
        assert_eq!(config.pooling, Pooling::Cls);
        let rates = [Site::Embeddings, Site::Output(0), Site::Classifier].map(|site| config.shipped.unwrap().at(site));
        assert_eq!(rates, [0.0, 0.25, 0.0]);
    }

    #[test]
    fn what_is_not_computed_is_refused_by_its_key() {
        for (more, words) in [
            (
                json!({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}),
                "\"rope_parameters.rope_type\": expected \"default\"",
            ),
            (json!({"rope_parameters": {"full_attention": {"rope_type": "linear"}}}), "got \"linear\""),
            (json!({"mlp_bias": true}), "\"mlp_bias\": expected false, got true"),
            (json!({"classifier_activation": "relu"}), "\"classifier_activation\": expected \"gelu\", got \"relu\""),
            (json!({"hidden_activation": "silu"}), "\"hidden_activation\""),
            (json!({"layer_types": ["full_attention"]}), "\"layer_types\": expected one for each of 5 layers, got 1"),
            (json!({"layer_types": ["linear_attention"]}), "linear_attention"),
            (json!({"num_attention_heads": 32}), "heads of an even width"),
            (json!({"local_rope_theta": 0.0}), "\"rope_theta\": expected a number from 1 on, got 0"),
            (json!({"classifier_pooling": "max"}), "unknown variant `max`, expected `cls` or `mean`"),
            (json!({"attention_dropout": 1.0}), "\"attention_dropout\": expected a rate in [0, 1), got 1"),
            (json!({"num_hidden_layers": 4_000_000_000_u64}), "\"num_hidden_layers\": expected a number from 1 to 96"),
        ] {
            let error = published(&more).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
