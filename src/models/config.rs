//! What a model's `config.json` says.

use crate::data::content::content;
use crate::data::masking::Objective;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernels::Gelu;
use crate::models::blocks::Rotary;
use crate::models::family::{Family, why_refused};
use crate::models::site::Site;
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
    /// Rows of the position embeddings; see [`ModelConfig::max_tokens`].
    pub max_position_embeddings: usize,
    /// 2 for models that tell the texts of a pair apart.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// BERT's 1e-12, where burn's and PyTorch's own default is 1e-5.
    #[serde(default = "bert_epsilon")]
    pub layer_norm_eps: f64,
    /// One of [`Layout::activations`](crate::models::family::Layout::activations).
    #[serde(default)]
    pub hidden_act: String,
    /// `model_type`.
    #[serde(default = "bert", rename = "model_type")]
    pub family: Family,
    /// Width of the embeddings, where it is not D (ELECTRA).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_size: Option<usize>,
    /// How each layer attends, in families with rotary positions.
    #[serde(default, skip_serializing)]
    pub attention: Vec<Rotary>,
    /// What its classifier reads, in families whose models say it.
    #[serde(default, skip_serializing)]
    pub pooling: Pooling,
    /// The dropout rates that it was shipped with, in families whose arm `standard` has those.
    #[serde(default, skip_serializing)]
    pub shipped: Option<ShippedRates>,
    /// The padding token's id; positions begin after it in some families.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pad_token_id: Option<usize>,
    /// Whether it was made to write; its attention is to both sides here.
    #[serde(default, skip_serializing)]
    pub is_decoder: bool,
    /// The classes of its classifier by number, as transformers writes them.
    #[serde(default, skip_serializing)]
    pub id2label: serde_json::Value,
}

/// What a classifier reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// One token: the first, or a causal model's last.
    #[default]
    Cls,
    /// The mean of all tokens.
    Mean,
}

/// The dropout rates of a `config.json`, one for each kind of site.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct ShippedRates {
    /// After the embeddings.
    pub embedding_dropout: f64,
    /// On attention probabilities and on attention's output.
    pub attention_dropout: f64,
    /// In the feed-forward.
    pub mlp_dropout: f64,
    /// Before the classifier's output layer.
    pub classifier_dropout: f64,
}

impl ShippedRates {
    /// The rate at a site.
    pub fn at(&self, site: Site) -> f64 {
        match site {
            Site::Embeddings => self.embedding_dropout,
            Site::AttentionSelf(_) | Site::AttentionOutput(_) => self.attention_dropout,
            Site::Output(_) => self.mlp_dropout,
            Site::Classifier | Site::ClassifierInput => self.classifier_dropout,
        }
    }

    /// The first that is none, under its key.
    fn wrong(&self) -> Option<(&'static str, f64)> {
        let named = [
            ("embedding_dropout", self.embedding_dropout),
            ("attention_dropout", self.attention_dropout),
            ("mlp_dropout", self.mlp_dropout),
            ("classifier_dropout", self.classifier_dropout),
        ];
        named.into_iter().find(|(_, rate)| !(0.0..1.0).contains(rate))
    }
}

fn two() -> usize {
    2
}
fn bert_epsilon() -> f64 {
    1e-12
}
fn bert() -> Family {
    Family::Bert
}

/// The sizes that every configuration gives, and the largest of each: far above any model of these families and far below what
/// overflows. A size is checked before anything is allocated by it.
const SIZES: [(&str, usize); 6] = [
    ("vocab_size", 1_000_000),
    ("hidden_size", 8192),
    ("num_hidden_layers", 96),
    ("num_attention_heads", 256),
    ("intermediate_size", 65_536),
    ("max_position_embeddings", 65_536),
];

fn names(activations: &[(&str, Gelu)]) -> String {
    activations.iter().map(|&(name, _)| name).collect::<Vec<_>>().join(" or ")
}

impl ModelConfig {
    /// Reads the bytes of a `config.json`.
    ///
    /// # Errors
    /// [`ErrorKind::ModelConfig`] naming the key: an unknown family, an activation or switch that the lab does not hold, relative positions, or
    /// sizes that are zero, absurd, or do not divide.
    pub fn from_bytes(bytes: &[u8]) -> Result<ModelConfig> {
        let wrong = |key: &str, expected: String, got: String| {
            Error::new(ErrorKind::ModelConfig, Place::named("config.json").column(key), expected, got)
        };
        let bytes = content(ErrorKind::ModelConfig, "config.json", bytes)?;
        let mut json: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| wrong("", "a JSON object".into(), format!("this: {error}")))?;
        let model_type = json.get("model_type").and_then(|v| v.as_str()).unwrap_or("bert").to_string();
        let Some(family) = Family::of(&model_type) else {
            let known = Family::ALL.map(|family| family.layout().model_types.join(", ")).join(", ");
            let got = why_refused(&model_type)
                .map_or(model_type.clone(), |why| format!("{model_type}, which the lab does not hold: {why}"));
            return Err(wrong("model_type", format!("one of {known}"), got));
        };
        if let Some(keys) = json.as_object_mut() {
            for (theirs, ours) in family.layout().config_keys {
                if let Some(value) = keys.remove(*theirs) {
                    keys.insert((*ours).to_string(), value);
                }
            }
            (family.layout().complete)(keys);
        }
        // From here on a key is named as the file has it.
        let wrong = |key: &str, expected: String, got: String| {
            let named = family.layout().config_keys.iter().find(|(_, ours)| *ours == key);
            wrong(named.map_or(key, |(theirs, _)| theirs), expected, got)
        };
        for (key, most) in SIZES {
            if json.get(key).is_none_or(serde_json::Value::is_null) {
                return Err(wrong(key, format!("a number from 1 to {most}"), "nothing".into()));
            }
        }
        for &(key, position) in family.layout().switches {
            let said = json.get(key).map(ToString::to_string);
            if let Some(got) = said.filter(|said| said != position) {
                return Err(wrong(key, position.to_string(), got));
            }
        }
        if let Some(kind) = json.get("position_embedding_type").and_then(|v| v.as_str()).filter(|&k| k != "absolute") {
            return Err(wrong("position_embedding_type", "absolute".into(), kind.into()));
        }
        let mut config: ModelConfig = serde_json::from_value(json)
            .map_err(|error| wrong("", format!("the keys of a {model_type} configuration"), error.to_string()))?;
        let activations = family.layout().activations;
        if config.hidden_act.is_empty() {
            config.hidden_act = activations[0].0.into();
        }
        let Some(&(_, form)) = activations.iter().find(|(name, _)| *name == config.hidden_act) else {
            return Err(wrong("hidden_act", names(activations), config.hidden_act));
        };
        // One name for each function, so that two configurations of one model are equal.
        config.hidden_act = activations.iter().find(|(_, it)| *it == form).map_or(config.hidden_act, |it| it.0.into());
        let values = [
            config.vocab_size,
            config.hidden_size,
            config.num_hidden_layers,
            config.num_attention_heads,
            config.intermediate_size,
            config.max_position_embeddings,
        ];
        let sizes = SIZES.into_iter().zip(values).map(|((key, most), value)| (key, value, most));
        let bounds = sizes.chain([("type_vocab_size", config.type_vocab_size, 1024)]);
        for (key, value, most) in bounds {
            if value == 0 || value > most {
                return Err(wrong(key, format!("a number from 1 to {most}"), value.to_string()));
            }
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            let expected = format!("a multiple of num_attention_heads = {}", config.num_attention_heads);
            return Err(wrong("hidden_size", expected, config.hidden_size.to_string()));
        }
        check_attention(&config).map_err(|(key, expected, got)| wrong(key, expected, got))?;
        if !(config.layer_norm_eps > 0.0 && config.layer_norm_eps < 1.0) {
            return Err(wrong("layer_norm_eps", "a small positive number".into(), config.layer_norm_eps.to_string()));
        }
        if config.embedding_size.is_some_and(|width| width == 0 || width > 8192) {
            let got = config.embedding_size.unwrap_or(0).to_string();
            return Err(wrong("embedding_size", "a number from 1 to 8192".into(), got));
        }
        if config.first_position() >= config.max_position_embeddings {
            let expected = format!("more than pad_token_id + 1 = {}", config.first_position());
            return Err(wrong("max_position_embeddings", expected, config.max_position_embeddings.to_string()));
        }
        Ok(config)
    }

    /// The activation between its feed-forward layers.
    pub fn activation(&self) -> Gelu {
        let named = |(name, _): &&(&str, Gelu)| *name == self.hidden_act;
        self.family.layout().activations.iter().find(named).map_or(Gelu::Exact, |&(_, form)| form)
    }

    /// What the model predicts of a text of this tokenizer.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] where it needs a `[MASK]` token and there is none.
    pub fn objective(&self, tokenizer: &Tokenizer) -> Result<Objective> {
        let layout = self.family.layout();
        Ok(if layout.is_causal {
            Objective::Causal
        } else {
            Objective::Masked(tokenizer.vocabulary()?, layout.masked_share)
        })
    }

    /// The names of the classes of its classifier, in its order; none where `id2label` is not all of them.
    pub fn labels(&self) -> Option<Vec<String>> {
        let named = self.id2label.as_object().filter(|map| !map.is_empty())?;
        (0..named.len()).map(|class| Some(named.get(&class.to_string())?.as_str()?.to_string())).collect()
    }

    /// The position of a text's first token.
    pub fn first_position(&self) -> usize {
        // 1 is the id in every published checkpoint, and transformers' default.
        if self.family.layout().positions_follow_padding { self.pad_token_id.unwrap_or(1).saturating_add(1) } else { 0 }
    }

    /// The most tokens that a text can have.
    pub fn max_tokens(&self) -> usize {
        self.max_position_embeddings - self.first_position()
    }

    /// Width of the embeddings, E.
    pub fn embedding_width(&self) -> usize {
        match self.family {
            Family::Electra => self.embedding_size.unwrap_or(128), // transformers' default
            _ => self.hidden_size,
        }
    }

    /// Whether the embeddings are projected from E to D.
    pub fn has_projection(&self) -> bool {
        self.embedding_width() != self.hidden_size
    }

    /// The dropout sites, in data-flow order.
    pub fn sites(&self) -> Vec<Site> {
        self.family.sites(self.num_hidden_layers)
    }

    /// Multiply-adds of one token's way through the encoder, forward only, attention's T² part left out.
    pub fn multiply_adds_per_token(&self) -> u64 {
        let (d, f) = (self.hidden_size as u64, self.intermediate_size as u64);
        let matrices = if self.family.layout().is_gated { 3 } else { 2 };
        self.num_hidden_layers as u64 * (4 * d * d + matrices * d * f)
    }
}

/// Layers and rotary positions that fit each other; else the key, what was expected, and what was found.
fn check_attention(config: &ModelConfig) -> std::result::Result<(), (&'static str, String, String)> {
    if !config.family.layout().has_rotary_positions {
        return Ok(());
    }
    let (layers, said) = (config.num_hidden_layers, config.attention.len());
    if layers != said {
        return Err(("layer_types", format!("one for each of {layers} layers"), said.to_string()));
    }
    let width = config.hidden_size / config.num_attention_heads;
    if !width.is_multiple_of(2) {
        return Err((
            "hidden_size",
            "heads of an even width, whose elements are turned in pairs".into(),
            width.to_string(),
        ));
    }
    if let Some(odd) = config.attention.iter().find(|it| !(it.theta >= 1.0 && it.theta.is_finite())) {
        return Err(("rope_theta", "a number from 1 on".into(), odd.theta.to_string()));
    }
    match config.shipped.and_then(|rates| rates.wrong()) {
        Some((key, rate)) => Err((key, "a rate in [0, 1)".into(), rate.to_string())),
        None => Ok(()),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    /// A key that is missing, null or out of bounds is named as the file of its family has it.
    #[test]
    fn errors_name_the_keys_of_the_file() {
        let refused = |json: &str| ModelConfig::from_bytes(json.as_bytes()).unwrap_err().to_string();
        let gpt2 = |more: &str| refused(&format!(r#"{{"model_type": "gpt2", "vocab_size": 9{more}}}"#));
        assert!(gpt2("").contains("\"n_embd\": expected a number from 1 to 8192, got nothing"), "{}", gpt2(""));
        assert!(gpt2(r#", "n_embd": null"#).contains("\"n_embd\""));
        assert!(gpt2(r#", "n_embd": 8, "n_layer": 2"#).contains("\"n_head\""));
        let heads = gpt2(r#", "n_embd": 9, "n_layer": 2, "n_head": 2"#);
        assert!(heads.contains("\"n_embd\": expected a multiple of"), "{heads}");
        let bert = refused(r#"{"model_type": "bert", "vocab_size": 9}"#);
        assert!(bert.contains("\"hidden_size\": expected a number from 1 to 8192, got nothing"), "{bert}");
    }
}
