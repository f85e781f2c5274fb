//! What a model's `config.json` says.

use crate::data::content::content;
use crate::error::{Error, ErrorKind, Place, Result};
use serde::{Deserialize, Serialize};

/// The contents of `config.json`, under Hugging Face's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// V.
    pub vocab_size: usize,
    /// D.
    pub hidden_size: usize,
    /// Number of layers, L.
    pub num_hidden_layers: usize,
    /// H; divides D.
    pub num_attention_heads: usize,
    /// F.
    pub intermediate_size: usize,
    /// The most tokens that a text can have.
    pub max_position_embeddings: usize,
    /// 2 for models that tell the texts of a pair apart.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// BERT's 1e-12, where burn's and PyTorch's own default is 1e-5.
    #[serde(default = "bert_epsilon")]
    pub layer_norm_eps: f64,
    /// Only `gelu`, by the error function, is held here.
    #[serde(default = "gelu_name")]
    pub hidden_act: String,
    /// `bert`; other families have other tensors.
    #[serde(default = "bert_name")]
    pub model_type: String,
    /// Whether it was made to write; its attention is to both sides here.
    #[serde(default, skip_serializing)]
    pub is_decoder: bool,
    /// The classes of its classifier by number, as transformers writes them.
    #[serde(default, skip_serializing)]
    pub id2label: serde_json::Value,
}

fn two() -> usize {
    2
}
fn bert_epsilon() -> f64 {
    1e-12
}
fn gelu_name() -> String {
    "gelu".into()
}
fn bert_name() -> String {
    "bert".into()
}

impl ModelConfig {
    /// Reads the bytes of a `config.json`.
    ///
    /// # Errors
    /// [`ErrorKind::ModelConfig`] naming the key: not a BERT, an activation other than `gelu`, relative positions, or
    /// sizes that are zero, absurd, or do not divide.
    pub fn from_bytes(bytes: &[u8]) -> Result<ModelConfig> {
        let wrong = |key: &str, expected: String, got: String| {
            Error::new(ErrorKind::ModelConfig, Place::named("config.json").column(key), expected, got)
        };
        let bytes = content(ErrorKind::ModelConfig, "config.json", bytes)?;
        let json: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| wrong("", "a JSON object".into(), format!("this: {error}")))?;
        if let Some(family) = json.get("model_type").and_then(|v| v.as_str()).filter(|&f| f != "bert") {
            return Err(wrong("model_type", "bert".into(), family.into()));
        }
        if let Some(kind) = json.get("position_embedding_type").and_then(|v| v.as_str()).filter(|&k| k != "absolute") {
            return Err(wrong("position_embedding_type", "absolute".into(), kind.into()));
        }
        let mut config: ModelConfig = serde_json::from_value(json)
            .map_err(|error| wrong("", "the keys of a BERT configuration".into(), error.to_string()))?;
        if config.hidden_act == "gelu_python" {
            config.hidden_act = gelu_name(); // the same function, by Python's own operations
        }
        if config.hidden_act != "gelu" {
            return Err(wrong("hidden_act", "gelu".into(), config.hidden_act));
        }
        // Far above any BERT and far below what overflows: a size is checked before anything is allocated by it.
        let bounds = [
            ("vocab_size", config.vocab_size, 1_000_000),
            ("hidden_size", config.hidden_size, 8192),
            ("num_hidden_layers", config.num_hidden_layers, 96),
            ("num_attention_heads", config.num_attention_heads, 256),
            ("intermediate_size", config.intermediate_size, 65_536),
            ("max_position_embeddings", config.max_position_embeddings, 65_536),
            ("type_vocab_size", config.type_vocab_size, 1024),
        ];
        for (key, value, most) in bounds {
            if value == 0 || value > most {
                return Err(wrong(key, format!("a number from 1 to {most}"), value.to_string()));
            }
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            let expected = format!("a multiple of num_attention_heads = {}", config.num_attention_heads);
            return Err(wrong("hidden_size", expected, config.hidden_size.to_string()));
        }
        if !(config.layer_norm_eps > 0.0 && config.layer_norm_eps < 1.0) {
            return Err(wrong("layer_norm_eps", "a small positive number".into(), config.layer_norm_eps.to_string()));
        }
        Ok(config)
    }

    /// The names of the classes of its classifier, in its order; none where `id2label` is not all of them.
    pub fn labels(&self) -> Option<Vec<String>> {
        let named = self.id2label.as_object().filter(|map| !map.is_empty())?;
        (0..named.len()).map(|class| Some(named.get(&class.to_string())?.as_str()?.to_string())).collect()
    }

    /// Multiply-adds of one token's way through the encoder, forward only, attention's T² part left out.
    pub fn multiply_adds_per_token(&self) -> u64 {
        let (d, f) = (self.hidden_size as u64, self.intermediate_size as u64);
        self.num_hidden_layers as u64 * (4 * d * d + 2 * d * f)
    }
}
