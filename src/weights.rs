//! `model.safetensors` ↔ [`Model`], under Hugging Face's names both ways.
//!
//! A checkpoint may hold f32, f16 or bf16; its names may or may not begin with `bert.`, and its LayerNorms may say
//! `gamma` and `beta` (TensorFlow's) or `weight` and `bias`. What is missing, unused or misshapen is said by name.
//! Hugging Face stores a linear layer's weight as `[out, in]`, burn as `[in, out]`: it is turned on the way.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::{Model, ModelConfig};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use half::{bf16, f16};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, BTreeSet};

/// The standard deviation of a head's initial weights (Hugging Face's `initializer_range`).
const INITIAL_DEVIATION: f64 = 0.02;

/// A tensor on the host, in Hugging Face's layout.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

/// A checkpoint's tensors by name, `bert.` stripped and LayerNorms renamed to `weight` and `bias`.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    tensors: BTreeMap<String, HostTensor>,
}

impl Checkpoint {
    /// Reads the bytes of a `model.safetensors`. Integer tensors (such as `position_ids`) are passed over.
    ///
    /// # Errors
    /// [`ErrorKind::Weights`] if the header is not valid, a tensor has a float type that is not f32, f16 or bf16, or a
    /// decoder is not the word embeddings once more: BERT's is tied, and so is ours.
    pub fn from_bytes(bytes: &[u8]) -> Result<Checkpoint> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| {
            let place = Place::named("model.safetensors");
            Error::new(ErrorKind::Weights, place, "a safetensors file", format!("this: {error}"))
        })?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            if let Some(values) = floats(name, &view)? {
                tensors.insert(plain_name(name), HostTensor { shape: view.shape().to_vec(), values });
            }
        }
        let decoder = tensors.get("cls.predictions.decoder.weight");
        let words = tensors.get("embeddings.word_embeddings.weight");
        if decoder.zip(words).is_some_and(|(decoder, words)| decoder.values != words.values) {
            let place = Place::named("model.safetensors").column("cls.predictions.decoder.weight");
            return Err(Error::new(ErrorKind::Weights, place, "the word embeddings, tied", "other numbers"));
        }
        Ok(Checkpoint { tensors })
    }

    /// Whether the checkpoint can predict masked tokens.
    pub fn has_mlm_head(&self) -> bool {
        self.tensors.contains_key("cls.predictions.transform.dense.weight")
            && self.tensors.contains_key("cls.predictions.bias")
    }

    /// The number of classes of the checkpoint's classifier, if it has one.
    pub fn classes(&self) -> Option<usize> {
        let weight = self.tensors.get("classifier.weight").filter(|t| !t.values.is_empty()); // [10¹², 0] has no value
        weight.and_then(|t| t.shape.first().copied())
    }

    /// The shape of a tensor, if it is there.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    /// A tensor, if it is there, with or without `bert.` before its name.
    pub fn get(&self, name: &str) -> Option<&HostTensor> {
        self.tensors.get(&plain_name(name))
    }

    /// Adds a tensor, or replaces the one of its name.
    pub fn insert(&mut self, name: String, tensor: HostTensor) {
        self.tensors.insert(plain_name(&name), tensor);
    }

    /// Adds those tensors of another checkpoint whose name is wanted, for instance an MLM head that this one lacks.
    pub fn merge(&mut self, other: Checkpoint, is_wanted: impl Fn(&str) -> bool) {
        self.tensors.extend(other.tensors.into_iter().filter(|(name, _)| is_wanted(name)));
    }

    /// Builds a model. Whatever the encoder needs must be there; a pooler and a classifier that are not are drawn from
    /// N(0, 0.02²) by `head_seed`, so all runs of one seed begin with the same head.
    ///
    /// # Errors
    /// [`ErrorKind::Weights`] naming every tensor of the encoder that is missing or misshapen.
    pub fn model(&self, config: &ModelConfig, outputs: usize, head_seed: u32, device: &Device) -> Result<Loaded> {
        let mut loader = Loader {
            checkpoint: self,
            path: Vec::new(),
            device: device.clone(),
            rng: Xoshiro256PlusPlus::seed_from_u64(u64::from(head_seed)),
            parameters: 0,
            drawn: Vec::new(),
            missing: Vec::new(),
            misshapen: Vec::new(),
            used: BTreeSet::new(),
        };
        let model = Model::zeros(config, outputs, self.has_mlm_head(), device).map(&mut loader);
        if !loader.missing.is_empty() || !loader.misshapen.is_empty() {
            let mut got = Vec::new();
            if !loader.missing.is_empty() {
                got.push(format!("none named {}", loader.missing.join(", ")));
            }
            got.extend(loader.misshapen);
            let expected = "every tensor of the encoder that config.json describes";
            return Err(Error::new(ErrorKind::Weights, Place::named("model.safetensors"), expected, got.join("; ")));
        }
        // The decoder is tied: a checkpoint that stores it as well stores the same numbers twice.
        let tied = |name: &str| name.starts_with("cls.predictions.decoder.");
        let is_unused = |name: &&String| !loader.used.contains(*name) && !tied(name);
        let unused = self.tensors.keys().filter(is_unused).cloned().collect();
        Ok(Loaded { model, drawn: loader.drawn, unused })
    }
}

/// A model, and what its checkpoint had too little and too much of.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// Head tensors that the checkpoint lacked and that were drawn at random.
    pub drawn: Vec<String>,
    /// Tensors of the checkpoint that this model has no place for.
    pub unused: Vec<String>,
}

/// A parameter or its gradient on the device, in Hugging Face's layout.
#[derive(Debug, Clone)]
pub struct NamedTensor {
    /// Hugging Face's name, with `bert.` in front of all but the heads.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub flat: Tensor<1>,
}

/// Every parameter, in data-flow order.
pub fn parameters(model: &Model) -> Vec<NamedTensor> {
    let mut reader = Reader { path: Vec::new(), gradients: None, tensors: Vec::new() };
    model.visit(&mut reader);
    reader.tensors
}

/// The gradient of every parameter that has one, in data-flow order.
pub fn gradients(model: &Model, gradients: &Gradients) -> Vec<NamedTensor> {
    let mut reader = Reader { path: Vec::new(), gradients: Some(gradients), tensors: Vec::new() };
    model.visit(&mut reader);
    reader.tensors
}

/// Every parameter on the host, to be exported.
///
/// # Errors
/// [`ErrorKind::Device`] if the device does not answer.
pub async fn host_tensors(model: &Model) -> Result<Vec<(String, HostTensor)>> {
    let mut tensors = Vec::new();
    for NamedTensor { name, shape, flat } in parameters(model) {
        let values = read(flat).await?; // sync: one read per parameter, once per export
        tensors.push((name, HostTensor { shape, values }));
    }
    Ok(tensors)
}

/// Something on the device for one parameter, elements in the order in which burn holds the parameter's own.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Which parameter.
    pub id: ParamId,
    /// Hugging Face's name of it, with `bert.` in front of all but the heads.
    pub name: String,
    /// The values.
    pub flat: Tensor<1>,
}

/// What `of` gives for the names of the parameters, in Hugging Face's layout and of the parameters' shapes, brought to
/// the device so that it can be added to them as it is.
pub fn placed(model: &Model, of: impl FnMut(&str) -> Option<HostTensor>, device: &Device) -> Vec<Placed> {
    let mut placer = Placer { path: Vec::new(), of, device: device.clone(), placed: Vec::new() };
    model.visit(&mut placer);
    placer.placed
}

/// Name and shape of every tensor that an encoder of this shape needs, in data-flow order.
pub fn encoder_shapes(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let (v, d, f) = (config.vocab_size, config.hidden_size, config.intermediate_size);
    let mut shapes = Vec::new();
    let mut matrix = |name: String, shape: [usize; 2]| {
        shapes.push((format!("{name}.weight"), shape.to_vec()));
    };
    matrix("embeddings.word_embeddings".into(), [v, d]);
    matrix("embeddings.position_embeddings".into(), [config.max_position_embeddings, d]);
    matrix("embeddings.token_type_embeddings".into(), [config.type_vocab_size, d]);
    let norm = |name: &str| [(format!("{name}.weight"), vec![d]), (format!("{name}.bias"), vec![d])];
    let linear = |name: String, from: usize, to: usize| {
        [(format!("{name}.weight"), vec![to, from]), (format!("{name}.bias"), vec![to])]
    };
    shapes.extend(norm("embeddings.LayerNorm"));
    for k in 0..config.num_hidden_layers {
        let layer = format!("encoder.layer.{k}");
        for part in ["query", "key", "value"] {
            shapes.extend(linear(format!("{layer}.attention.self.{part}"), d, d));
        }
        shapes.extend(linear(format!("{layer}.attention.output.dense"), d, d));
        shapes.extend(norm(&format!("{layer}.attention.output.LayerNorm")));
        shapes.extend(linear(format!("{layer}.intermediate.dense"), d, f));
        shapes.extend(linear(format!("{layer}.output.dense"), f, d));
        shapes.extend(norm(&format!("{layer}.output.LayerNorm")));
    }
    shapes
}

/// Name and shape of every tensor of an MLM head for an encoder of this shape; its decoder is the word embeddings.
pub fn mlm_head_shapes(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let d = config.hidden_size;
    let transform = |part: &str| format!("cls.predictions.transform.{part}");
    vec![
        (transform("dense.weight"), vec![d, d]),
        (transform("dense.bias"), vec![d]),
        (transform("LayerNorm.weight"), vec![d]),
        (transform("LayerNorm.bias"), vec![d]),
        ("cls.predictions.bias".into(), vec![config.vocab_size]),
    ]
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

/// Reads a tensor to the host.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let failed = |error: String| Error::new(ErrorKind::Device, Place::named("read"), "a tensor's values", error);
    let data = tensor.into_data_async().await.map_err(|error| failed(error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| failed(format!("{error:?}")))
}

/// A module path of [`Model`] as Hugging Face names that parameter, without `bert.`.
fn parameter_name(path: &[&str]) -> String {
    let renamed = path.iter().map(|part| match *part {
        "layers" => "encoder.layer",
        "attention_self" => "attention.self",
        "attention_output" => "attention.output",
        "layer_norm" => "LayerNorm",
        "gamma" => "weight",
        "beta" => "bias",
        "pooler" => "pooler.dense",
        other => other,
    });
    let name = renamed.collect::<Vec<_>>().join(".");
    match name.strip_prefix("mlm_head.") {
        Some("bias") => "cls.predictions.bias".into(),
        Some(rest) => format!("cls.predictions.transform.{rest}"),
        None => name,
    }
}

/// The name that a checkpoint is written with: `bert.` in front of all but the heads.
fn qualified(name: &str) -> String {
    if name.starts_with("cls.") || name.starts_with("classifier.") { name.into() } else { format!("bert.{name}") }
}

/// The name without `bert.` and with LayerNorms' `weight` and `bias`.
pub(crate) fn plain_name(name: &str) -> String {
    let name = name.strip_prefix("bert.").unwrap_or(name);
    match name {
        "cls.predictions.decoder.bias" => "cls.predictions.bias".into(), // newer files name the tied bias so
        _ => name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias"),
    }
}

fn floats(name: &str, view: &TensorView) -> Result<Option<Vec<f32>>> {
    let data = view.data();
    Ok(Some(match view.dtype() {
        Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F16 => data.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        Dtype::BF16 => data.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        Dtype::I64 | Dtype::I32 | Dtype::U8 | Dtype::BOOL => return Ok(None),
        other => {
            let place = Place::named("model.safetensors").column(name);
            return Err(Error::new(ErrorKind::Weights, place, "f32, f16 or bf16", format!("{other:?}")));
        }
    }))
}

fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend((0..rows).map(|row| values[row * columns + column]));
    }
    turned
}

/// The name of the parameter at a traversal's path of (field, container), and whether burn holds it turned.
fn locate(path: &[(String, String)]) -> (String, bool) {
    let fields: Vec<&str> = path.iter().map(|(field, _)| field.as_str()).collect();
    let turned = path.last().is_some_and(|(field, container)| field == "weight" && container == "Struct:Linear");
    (parameter_name(&fields), turned)
}

struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    path: Vec<(String, String)>,
    device: Device,
    rng: Xoshiro256PlusPlus,
    parameters: u64,
    drawn: Vec<String>,
    missing: Vec<String>,
    misshapen: Vec<String>,
    used: BTreeSet<String>,
}

impl Loader<'_> {
    /// Weights from N(0, 0.02²) (Box and Muller 1958), biases zero.
    fn draw(&mut self, name: &str, count: usize) -> Vec<f32> {
        self.drawn.push(name.to_string());
        if name.ends_with("bias") {
            return vec![0.0; count];
        }
        let rng = &mut self.rng;
        let normal = move || {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            (INITIAL_DEVIATION * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
        };
        std::iter::repeat_with(normal).take(count).collect()
    }
}

impl ModuleMapper for Loader<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.into(), container.into()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (name, turned) = locate(&self.path);
        let burn_shape = param.lazy_shape().to_vec();
        let mut shape = burn_shape.clone();
        if turned {
            shape.reverse();
        }
        let is_head = name.starts_with("pooler.") || name.starts_with("classifier.");
        let found = self.checkpoint.tensors.get(&name);
        let values = match found {
            Some(tensor) if tensor.shape == shape => {
                self.used.insert(name);
                tensor.values.clone()
            }
            // It will be refused: no room is made for a head as wide as a file of settings alone says.
            _ if is_head && !(self.missing.is_empty() && self.misshapen.is_empty()) => return param,
            // Another task's classifier, or none: this task begins with a head of its own.
            _ if is_head => self.draw(&name, shape.iter().product()),
            Some(tensor) => {
                self.misshapen.push(format!("{name} of shape {:?} where {shape:?} belongs", tensor.shape));
                return param;
            }
            None => {
                self.missing.push(name);
                return param;
            }
        };
        let values = if turned { transposed(&values, shape[0], shape[1]) } else { values };
        let tensor = Tensor::from_data(TensorData::new(values, burn_shape), &self.device);
        // By place and not at random, so that an optimiser's saved moments find their parameters again.
        self.parameters += 1;
        Param::initialized(ParamId::from(self.parameters), tensor).set_require_grad(true)
    }
}

/// Collects parameters, or their gradients, in the order of [`Model`]'s fields and in Hugging Face's layout.
struct Reader<'a> {
    path: Vec<(String, String)>,
    gradients: Option<&'a Gradients>,
    tensors: Vec<NamedTensor>,
}

impl ModuleVisitor for Reader<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.into(), container.into()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, turned) = locate(&self.path);
        let tensor = match self.gradients {
            None => Some(param.val().inner()),
            Some(gradients) => param.val().grad(gradients),
        };
        if let Some(tensor) = tensor {
            let tensor = if turned { tensor.transpose() } else { tensor };
            let shape = tensor.dims().to_vec();
            self.tensors.push(NamedTensor { name: qualified(&name), shape, flat: tensor.flatten::<1>(0, D - 1) });
        }
    }
}

struct Placer<F> {
    path: Vec<(String, String)>,
    of: F,
    device: Device,
    placed: Vec<Placed>,
}

impl<F: FnMut(&str) -> Option<HostTensor>> ModuleVisitor for Placer<F> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.into(), container.into()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, turned) = locate(&self.path);
        let name = qualified(&name);
        if let Some(HostTensor { shape, values }) = (self.of)(&name) {
            let values = if turned { transposed(&values, shape[0], shape[1]) } else { values };
            let count = values.len();
            let flat = Tensor::from_data(TensorData::new(values, [count]), &self.device);
            self.placed.push(Placed { id: param.id, name, flat });
        }
    }
}
