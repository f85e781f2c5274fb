//! A [`Model`]'s parameters under Hugging Face's names: filled from a checkpoint, read back, and with something put beside each.

use super::{Checkpoint, HostTensor, stored_name};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::config::ModelConfig;
use crate::models::family::Family;
use crate::models::transformer::Model;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeSet;

/// The standard deviation of a head's initial weights (Hugging Face's `initializer_range`).
const INITIAL_DEVIATION: f64 = 0.02;

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

impl Checkpoint {
    /// Builds a model. Whatever the encoder needs must be there; a pooler and a classifier that are not are drawn from
    /// N(0, 0.02²) by `head_seed`, so all runs of one seed begin with the same head.
    ///
    /// # Errors
    /// [`ErrorKind::Weights`] naming every tensor of the encoder that is missing or misshapen.
    pub fn model(&self, config: &ModelConfig, outputs: usize, head_seed: u32, device: &Device) -> Result<Loaded> {
        self.model_with(&[], config, outputs, head_seed, device)
    }

    /// As [`Checkpoint::model`], with these tensors of a head instead of the checkpoint's own.
    ///
    /// # Errors
    /// Those of [`Checkpoint::model`].
    pub fn model_with(
        &self,
        head: &[(String, HostTensor)],
        config: &ModelConfig,
        outputs: usize,
        head_seed: u32,
        device: &Device,
    ) -> Result<Loaded> {
        let mut loader = Loader {
            checkpoint: self,
            head,
            path: Vec::new(),
            device: device.clone(),
            rng: Xoshiro256PlusPlus::seed_from_u64(u64::from(head_seed)),
            parameters: 0,
            drawn: Vec::new(),
            missing: Vec::new(),
            misshapen: Vec::new(),
            used: BTreeSet::new(),
        };
        let model = Model::zeros(config, outputs, self.has_lm_head(), device).map(&mut loader);
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
        let unused = self.tensors.keys().filter(is_unused).map(|name| self.family.bare(name)).collect();
        Ok(Loaded { model, drawn: loader.drawn, unused })
    }
}

/// A parameter or its gradient on the device, in Hugging Face's layout.
#[derive(Debug, Clone)]
pub struct NamedTensor {
    /// Hugging Face's name, with the encoder's prefix in front of all but the heads.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub flat: Tensor<1>,
}

/// Every parameter, in data-flow order.
pub fn parameters(model: &Model) -> Vec<NamedTensor> {
    visited(model, Reader { gradients: None, tensors: Vec::new() }).tensors
}

/// The gradient of every parameter that has one, in data-flow order.
pub fn gradients(model: &Model, gradients: &Gradients) -> Vec<NamedTensor> {
    visited(model, Reader { gradients: Some(gradients), tensors: Vec::new() }).tensors
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

/// Values on the device for one parameter, in burn's element order.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Which parameter.
    pub id: ParamId,
    /// Hugging Face's name of it, with the encoder's prefix in front of all but the heads.
    pub name: String,
    /// The values.
    pub flat: Tensor<1>,
}

/// The values that `of` gives for each parameter's name, in Hugging Face's layout and of the parameter's shape, moved to
/// the device so that it can be added to them as it is.
pub fn placed(model: &Model, of: impl FnMut(&str) -> Option<HostTensor>, device: &Device) -> Vec<Placed> {
    visited(model, Placer { of, device: device.clone(), placed: Vec::new() }).placed
}

/// Reads a tensor to the host.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let failed = |error: String| Error::new(ErrorKind::Device, Place::named("read"), "a tensor's values", error);
    let data = tensor.into_data_async().await.map_err(|error| failed(error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| failed(format!("{error:?}")))
}

/// The canonical name of the parameter at a module path of [`Model`].
fn parameter_name(path: &[&str]) -> String {
    let renamed = path.iter().filter_map(|part| match *part {
        "projections" | "Separate" => None,
        "Fused" => Some("qkv"),
        "layers" => Some("encoder.layer"),
        "attention_self" => Some("attention.self"),
        "attention_output" => Some("attention.output"),
        "layer_norm" => Some("LayerNorm"),
        "final_norm" => Some("encoder.LayerNorm"),
        "gamma" => Some("weight"),
        "beta" => Some("bias"),
        "pooler" => Some("pooler.dense"),
        "pooler_norm" => Some("pooler.LayerNorm"),
        other => Some(other),
    });
    let name = renamed.collect::<Vec<_>>().join(".");
    match name.strip_prefix("mlm_head.") {
        Some("bias") => "cls.predictions.bias".into(),
        Some(rest) => format!("cls.predictions.transform.{rest}"),
        None => name,
    }
}

/// The values of a matrix, column after column.
pub(crate) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend((0..rows).map(|row| values[row * columns + column]));
    }
    turned
}

/// The canonical name of the parameter at a traversal's path of (field, container), and whether burn holds it turned.
fn locate(path: &[(String, String)], family: Family) -> (String, bool) {
    let fields: Vec<&str> = path.iter().map(|(field, _)| field.as_str()).collect();
    let name = parameter_name(&fields);
    let is_linear = path.last().is_some_and(|(field, container)| field == "weight" && container == "Struct:Linear");
    let turned = is_linear && !(family.layout().stores_inputs_first && name.starts_with("encoder."));
    (name, turned)
}

struct Loader<'a> {
    checkpoint: &'a Checkpoint,
    /// Before the checkpoint's own.
    head: &'a [(String, HostTensor)],
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
    /// Weights from N(0, 0.02²) (Box and Muller 1958), biases zero, gains one.
    fn draw(&mut self, name: &str, count: usize) -> Vec<f32> {
        self.drawn.push(self.checkpoint.family.bare(name));
        if name.ends_with("bias") {
            return vec![0.0; count];
        }
        if name.ends_with("LayerNorm.weight") {
            return vec![1.0; count];
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
        let (name, turned) = locate(&self.path, self.checkpoint.family);
        let burn_shape = param.lazy_shape().to_vec();
        let mut shape = burn_shape.clone();
        if turned {
            shape.reverse();
        }
        let is_head = name.starts_with("pooler.") || name.starts_with("classifier.");
        let is_it = |other: &str| self.checkpoint.family.canonical(other) == name;
        let of_head = self.head.iter().find(|(other, _)| is_it(other)).map(|(_, tensor)| tensor);
        let stored = stored_name(&name, self.checkpoint.family);
        let found = of_head.or_else(|| self.checkpoint.tensors.get(&stored));
        let values = match found {
            Some(tensor) if tensor.shape == shape => {
                self.used.insert(stored);
                tensor.values.clone()
            }
            // It will be refused: no room is made for a head as wide as a file of settings alone says.
            _ if is_head && !(self.missing.is_empty() && self.misshapen.is_empty()) => return param,
            // Another task's classifier, or none: this task begins with a head of its own.
            _ if is_head => self.draw(&name, shape.iter().product()),
            Some(tensor) => {
                let name = self.checkpoint.family.bare(&name);
                self.misshapen.push(format!("{name} of shape {:?} where {shape:?} belongs", tensor.shape));
                return param;
            }
            None => {
                let unread = self.checkpoint.unread.get(&name);
                let name = self.checkpoint.family.bare(&name);
                self.missing.push(unread.map_or(name.clone(), |kind| format!("{name} (there is one of {kind})")));
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

/// What is done at each parameter of a model.
trait AtParameter {
    /// `name` is Hugging Face's; `turned` whether burn holds the parameter turned.
    fn visit<const D: usize>(&mut self, name: String, turned: bool, param: &Param<Tensor<D>>);
}

/// A traversal of a model, in the order of [`Model`]'s fields, that knows where it is.
struct Traversal<V> {
    family: Family,
    path: Vec<(String, String)>,
    visitor: V,
}

impl<V: AtParameter> ModuleVisitor for Traversal<V> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.into(), container.into()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, turned) = locate(&self.path, self.family);
        self.visitor.visit(self.family.upstream(&name), turned, param);
    }
}

/// The visitor after it has seen every parameter.
fn visited<V: AtParameter>(model: &Model, visitor: V) -> V {
    let mut traversal = Traversal { family: model.family(), path: Vec::new(), visitor };
    model.visit(&mut traversal);
    traversal.visitor
}

/// Collects parameters, or their gradients, in Hugging Face's layout.
struct Reader<'a> {
    gradients: Option<&'a Gradients>,
    tensors: Vec<NamedTensor>,
}

impl AtParameter for Reader<'_> {
    fn visit<const D: usize>(&mut self, name: String, turned: bool, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            None => Some(param.val().inner()),
            Some(gradients) => param.val().grad(gradients),
        };
        if let Some(tensor) = tensor {
            let tensor = if turned { tensor.transpose() } else { tensor };
            let shape = tensor.dims().to_vec();
            self.tensors.push(NamedTensor { name, shape, flat: tensor.flatten::<1>(0, D - 1) });
        }
    }
}

/// Brings to the device what `of` gives for a parameter's name.
struct Placer<F> {
    of: F,
    device: Device,
    placed: Vec<Placed>,
}

impl<F: FnMut(&str) -> Option<HostTensor>> AtParameter for Placer<F> {
    fn visit<const D: usize>(&mut self, name: String, turned: bool, param: &Param<Tensor<D>>) {
        if let Some(HostTensor { shape, values }) = (self.of)(&name) {
            let values = if turned { transposed(&values, shape[0], shape[1]) } else { values };
            let count = values.len();
            let flat = Tensor::from_data(TensorData::new(values, [count]), &self.device);
            self.placed.push(Placed { id: param.id, name, flat });
        }
    }
}
