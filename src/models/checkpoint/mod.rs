//! `model.safetensors` ↔ [`Model`](crate::models::transformer::Model), under Hugging Face's names both ways.
//!
//! A checkpoint may hold f32, f16 or bf16; its names may or may not begin with the encoder's prefix, and its LayerNorms may
//! say `gamma` and `beta` (TensorFlow's) or `weight` and `bias`. What is missing, unused or misshapen is said by name.
//! Hugging Face stores a linear layer's weight as `[out, in]`, burn as `[in, out]`: it is turned on the way. GPT-2's `Conv1D` has
//! burn's order.

use crate::data::content::content;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::config::ModelConfig;
use crate::models::family::Family;
use crate::models::prefix::common_prefix;
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeMap;

mod parameters;

pub(crate) use parameters::transposed;
pub use parameters::{Loaded, NamedTensor, Placed, gradients, host_tensors, parameters, placed, read};

/// A tensor on the host, in Hugging Face's layout.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

/// A checkpoint's tensors by canonical name ([`Family::canonical`]).
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    family: Family,
    tensors: BTreeMap<String, HostTensor>,
    /// Tensors of types that are not read, and the types.
    unread: BTreeMap<String, String>,
    /// The prefix that was removed from all names.
    prefix: String,
}

impl Checkpoint {
    /// Reads the bytes of a `model.safetensors`: tensors of f64 (rounded), f32, f16 and bf16. Others (such as `position_ids`)
    /// are passed over, and missed only where the model has a place for them. What other programs put before all names is
    /// taken off.
    ///
    /// # Errors
    /// [`ErrorKind::Weights`] if the header is not valid, or a decoder is not the word embeddings once more: BERT's is tied,
    /// and so is ours.
    pub fn from_bytes(bytes: &[u8], family: Family) -> Result<Checkpoint> {
        let bytes = content(ErrorKind::Weights, "model.safetensors", bytes)?;
        let file = SafeTensors::deserialize(bytes).map_err(|error| {
            let place = Place::named("model.safetensors");
            Error::new(ErrorKind::Weights, place, "a safetensors file", format!("this: {error}"))
        })?;
        let (mut tensors, mut unread) = (BTreeMap::new(), BTreeMap::new());
        let prefix = common_prefix(file.names().into_iter());
        for (name, view) in file.iter() {
            let name = family.canonical(name.strip_prefix(prefix.as_str()).unwrap_or(name));
            match floats(&view) {
                Some(values) => drop(tensors.insert(name, HostTensor { shape: view.shape().to_vec(), values })),
                None => drop(unread.insert(name, format!("{:?}", view.dtype()))),
            }
        }
        let decoder = tensors.get("cls.predictions.decoder.weight");
        let words = tensors.get("embeddings.word_embeddings.weight");
        if decoder.zip(words).is_some_and(|(decoder, words)| decoder.values != words.values) {
            let place = Place::named("model.safetensors").column("cls.predictions.decoder.weight");
            return Err(Error::new(ErrorKind::Weights, place, "the word embeddings, tied", "other numbers"));
        }
        Ok(Checkpoint { family, tensors, unread, prefix })
    }

    /// The prefix that was removed from all names.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The names of all tensors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().chain(self.unread.keys()).map(String::as_str)
    }

    /// Forgets the classifier, so that a model of this checkpoint has one that is drawn by seed. Returns its classes. BERT's
    /// pooler and ModernBERT's head are pretrained and stay; other families' dense layer belongs to the classifier.
    pub fn forget_classifier(&mut self) -> Option<usize> {
        let classes = self.classes();
        let is_pretrained = self.family.layout().pools_pretrained();
        let is_kept = |name: &str| !name.starts_with("classifier.") && (is_pretrained || !name.starts_with("pooler."));
        self.tensors.retain(|name, _| is_kept(name));
        classes
    }

    /// Whether the checkpoint can predict tokens. A causal model needs no head for that but its word embeddings.
    pub fn has_lm_head(&self) -> bool {
        let has = |name: &str| self.tensors.contains_key(name);
        self.family.layout().is_causal || (has("cls.predictions.transform.dense.weight") && has("cls.predictions.bias"))
    }

    /// The number of classes of the checkpoint's classifier, if it has one.
    pub fn classes(&self) -> Option<usize> {
        let weight = self.tensors.get("classifier.weight").filter(|t| !t.values.is_empty()); // [10¹², 0] has no value
        weight.and_then(|t| t.shape.first().copied())
    }

    /// The shape of a tensor by its canonical name, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    /// A tensor by Hugging Face's name, with or without the encoder's prefix, if it is there.
    pub fn get(&self, name: &str) -> Option<&HostTensor> {
        self.tensors.get(&self.family.canonical(name))
    }

    /// Adds a tensor, or replaces the one of its name.
    pub fn insert(&mut self, name: String, tensor: HostTensor) {
        self.tensors.insert(self.family.canonical(&name), tensor);
    }

    /// Adds those tensors of another checkpoint whose name is wanted, for instance an MLM head that this one lacks.
    pub fn merge(&mut self, other: Checkpoint, is_wanted: impl Fn(&str) -> bool) {
        self.tensors.extend(other.tensors.into_iter().filter(|(name, _)| is_wanted(name)));
    }
}

/// Name and shape of every tensor that an encoder of this shape needs, in data-flow order.
pub fn encoder_shapes(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let (v, d, e) = (config.vocab_size, config.hidden_size, config.embedding_width());
    let layout = config.family.layout();
    let mut shapes = Vec::new();
    let mut matrix = |name: String, shape: [usize; 2]| {
        shapes.push((format!("{name}.weight"), shape.to_vec()));
    };
    matrix("embeddings.word_embeddings".into(), [v, e]);
    if !layout.has_rotary_positions {
        matrix("embeddings.position_embeddings".into(), [config.max_position_embeddings, e]);
    }
    if layout.has_token_types {
        matrix("embeddings.token_type_embeddings".into(), [config.type_vocab_size, e]);
    }
    if layout.normalises_embeddings {
        shapes.extend(norm("embeddings.LayerNorm", e, layout.has_biases));
    }
    if config.has_projection() {
        shapes.extend(linear("embeddings_project".into(), e, d, true));
    }
    for k in 0..config.num_hidden_layers {
        shapes.extend(layer_shapes(k, config));
    }
    if layout.normalises_before {
        shapes.extend(norm("encoder.LayerNorm", d, layout.has_biases));
    }
    shapes
}

fn layer_shapes(k: usize, config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let (d, f, layout) = (config.hidden_size, config.intermediate_size, config.family.layout());
    let dense = |part: &str, from: usize, to: usize| {
        let mut tensors = linear(format!("encoder.layer.{k}.{part}"), from, to, layout.has_biases);
        if layout.stores_inputs_first {
            tensors[0].1.reverse();
        }
        tensors
    };
    let mut shapes = Vec::new();
    let mut parts = |is_there: bool, of: Vec<(String, Vec<usize>)>| {
        if is_there {
            shapes.extend(of);
        }
    };
    let normed = |part: &str| norm(&format!("encoder.layer.{k}.{part}.LayerNorm"), d, layout.has_biases);
    parts(layout.normalises_attention(k), normed("attention.self"));
    parts(layout.fuses_projections, dense("attention.self.qkv", d, 3 * d));
    for part in ["query", "key", "value"] {
        parts(!layout.fuses_projections, dense(&format!("attention.self.{part}"), d, d));
    }
    parts(true, dense("attention.output.dense", d, d));
    parts(!layout.normalises_before, normed("attention.output"));
    parts(layout.normalises_before, normed("intermediate"));
    parts(true, dense("intermediate.dense", d, if layout.is_gated { 2 * f } else { f }));
    parts(true, dense("output.dense", f, d));
    parts(!layout.normalises_before, normed("output"));
    shapes
}

fn norm(name: &str, width: usize, has_bias: bool) -> Vec<(String, Vec<usize>)> {
    let bias = has_bias.then(|| (format!("{name}.bias"), vec![width]));
    std::iter::once((format!("{name}.weight"), vec![width])).chain(bias).collect()
}

fn linear(name: String, from: usize, to: usize, has_bias: bool) -> Vec<(String, Vec<usize>)> {
    let bias = has_bias.then(|| (format!("{name}.bias"), vec![to]));
    std::iter::once((format!("{name}.weight"), vec![to, from])).chain(bias).collect()
}

/// Name and shape of every tensor of a language-model head for a model of this shape; its decoder is the word embeddings. A
/// causal model's head has no other.
pub fn lm_head_shapes(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    if config.family.layout().is_causal {
        return Vec::new();
    }
    let (d, e, has_biases) = (config.hidden_size, config.embedding_width(), config.family.layout().has_biases);
    let mut shapes = linear("cls.predictions.transform.dense".into(), d, e, has_biases);
    shapes.extend(norm("cls.predictions.transform.LayerNorm", e, has_biases));
    shapes.push(("cls.predictions.bias".into(), vec![config.vocab_size]));
    shapes
}

/// Name and shape of every tensor of a classifier of so many outputs, with the dense layer before it.
pub fn classifier_shapes(config: &ModelConfig, outputs: usize) -> Vec<(String, Vec<usize>)> {
    let (d, layout) = (config.hidden_size, config.family.layout());
    if layout.head.is_none() {
        return linear("classifier".into(), d, outputs, false);
    }
    let mut shapes = linear("pooler.dense".into(), d, d, layout.has_biases);
    if layout.shares_head() {
        shapes.extend(norm("pooler.LayerNorm", d, layout.has_biases));
    }
    shapes.extend(linear("classifier".into(), d, outputs, true));
    shapes
}

/// Where a checkpoint has a tensor of the classification head, by its canonical name: one head may serve two tasks.
pub(crate) fn stored_name(name: &str, family: Family) -> String {
    match name.strip_prefix("pooler.") {
        Some(part) if family.layout().shares_head() => format!("cls.predictions.transform.{part}"),
        _ => name.to_string(),
    }
}

/// The bytes of a `model.safetensors` in f32.
///
/// # Errors
/// [`ErrorKind::Weights`] if the format refuses them.
pub fn to_safetensors(tensors: &[(String, HostTensor)]) -> Result<Vec<u8>> {
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, t)| t.values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let refused = |error: safetensors::SafeTensorError| {
        Error::new(ErrorKind::Weights, Place::named("model.safetensors"), "tensors to write", error.to_string())
    };
    let views: Vec<(&str, TensorView)> = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, t), b)| Ok((name.as_str(), TensorView::new(Dtype::F32, t.shape.clone(), b).map_err(refused)?)))
        .collect::<Result<_>>()?;
    let format = [("format".to_string(), "pt".to_string())].into();
    safetensors::serialize(views, Some(format)).map_err(refused)
}

/// The values of a tensor of floating-point numbers; f64 is rounded.
fn floats(view: &TensorView) -> Option<Vec<f32>> {
    let data = view.data();
    Some(match view.dtype() {
        Dtype::F64 => {
            let value = |b: &[u8]| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32;
            data.chunks_exact(8).map(value).collect()
        }
        Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F16 => data.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        Dtype::BF16 => data.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        _ => return None,
    })
}
