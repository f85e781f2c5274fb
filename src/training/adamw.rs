//! AdamW (Loshchilov and Hutter 2019) with PyTorch's constants, behind a gradient clipped by its global norm.
//!
//! Three ways to the same numbers. [`AdamW::on_device`] is burn's, tensor operation by tensor operation: some fifteen passes over
//! all parameters and as many allocations. [`AdamW::on_host`] makes the whole update in one pass over the memory that the CPU's
//! tensors already hold, and `AdamW::on_gpu` in one kernel for all parameters. The first is the oracle of the others.

use crate::error::Result;
use crate::kernels::is_cpu;
use crate::kernels::update::{BETA_1, BETA_2, EPSILON, NORM_EPSILON, Step};
use crate::models::checkpoint::parameters;
#[cfg(feature = "gpu")]
use crate::models::checkpoint::read;
use crate::models::transformer::Model;
#[cfg(feature = "gpu")]
use crate::training::packed::{Collected, Packed};
use crate::training::state::NamedMoments;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use std::collections::HashMap;

/// The optimiser and its moments.
pub struct AdamW {
    weight_decay: f32,
    moments: Moments,
}

enum Moments {
    Device(Box<ModuleOptimizer>),
    Host {
        time: i32,
        by_id: HashMap<ParamId, [Vec<f32>; 2]>,
    },
    #[cfg(feature = "gpu")]
    Gpu {
        time: i32,
        packed: Packed,
    },
}

impl AdamW {
    /// The form that suits `device`. `weight_decay` is decoupled and on every parameter, as in `torch.optim.AdamW`.
    pub fn new(weight_decay: f64, device: &Device) -> AdamW {
        if is_cpu(device) { AdamW::on_host(weight_decay) } else { AdamW::on_gpu(weight_decay) }
    }

    /// burn's own, on whichever device.
    pub fn on_device(weight_decay: f64) -> AdamW {
        let optimizer = AdamWConfig::new()
            .with_beta_1(BETA_1)
            .with_beta_2(BETA_2)
            .with_epsilon(EPSILON)
            .with_weight_decay(weight_decay as f32)
            .init();
        AdamW { weight_decay: weight_decay as f32, moments: Moments::Device(Box::new(optimizer)) }
    }

    /// One pass on the host, for a device whose tensors lie there.
    pub fn on_host(weight_decay: f64) -> AdamW {
        AdamW { weight_decay: weight_decay as f32, moments: Moments::Host { time: 0, by_id: HashMap::new() } }
    }

    /// A kernel for all parameters together, for a GPU.
    #[cfg(feature = "gpu")]
    pub fn on_gpu(weight_decay: f64) -> AdamW {
        AdamW { weight_decay: weight_decay as f32, moments: Moments::Gpu { time: 0, packed: Packed::default() } }
    }

    #[cfg(not(feature = "gpu"))]
    fn on_gpu(_: f64) -> AdamW {
        unreachable!("a GPU in a build for the CPU alone")
    }

    /// burn's optimiser, to be saved or loaded; `None` in our own forms.
    pub fn burn(&mut self) -> Option<&mut ModuleOptimizer> {
        match &mut self.moments {
            Moments::Device(optimizer) => Some(optimizer),
            _ => None,
        }
    }

    /// Both moments of every parameter of `model`, by the parameter's Hugging Face name, in the order in which burn holds its elements.
    ///
    /// # Errors
    /// [`ErrorKind::Device`](crate::error::ErrorKind::Device) if the device does not answer.
    ///
    /// # Panics
    /// In burn's own form, which has a record of its own: [`AdamW::burn`].
    pub async fn moments(&self, model: &Model) -> Result<NamedMoments> {
        let mut all = NamedMoments::new();
        for (id, name) in names(model) {
            let of_parameter = match &self.moments {
                Moments::Device(_) => unreachable!("moments of burn's optimiser"),
                Moments::Host { by_id, .. } => by_id.get(&id).cloned(),
                #[cfg(feature = "gpu")]
                Moments::Gpu { packed, .. } => match packed.moments(id) {
                    // sync: two reads per parameter, once per state that is kept
                    Some([first, second]) => Some([read(first).await?, read(second).await?]),
                    None => None,
                },
            };
            all.extend(of_parameter.map(|moments| (name, moments)));
        }
        Ok(all)
    }

    /// Takes moments as [`AdamW::moments`] gave them after `updates` updates of a model of the same shape.
    ///
    /// # Panics
    /// As [`AdamW::moments`].
    pub fn restore(&mut self, model: &Model, updates: usize, mut moments: NamedMoments) {
        let found = names(model).into_iter().filter_map(|(id, name)| Some((id, moments.remove(&name)?)));
        match &mut self.moments {
            Moments::Device(_) => unreachable!("moments of burn's optimiser"),
            Moments::Host { time, by_id } => (*time, *by_id) = (updates as i32, found.collect()),
            #[cfg(feature = "gpu")]
            Moments::Gpu { time, packed } => {
                let device = parameters(model)[0].flat.device().without_autodiff();
                let placed = |moment: Vec<f32>| {
                    let shape = [moment.len()];
                    Tensor::from_data(TensorData::new(moment, shape), &device)
                };
                *time = updates as i32;
                *packed = Packed::of(found.map(|(id, moments)| (id, moments.map(placed))).collect());
            }
        }
    }

    /// One update by the gradients of `loss`: [`AdamW::apply`].
    pub fn update(&mut self, model: Model, loss: &Tensor<1>, learning_rate: f64, clip_norm: f64) -> (Model, Tensor<1>) {
        self.apply(model, loss.backward(), learning_rate, clip_norm, &loss.device())
    }

    /// One update by `gradients`, clipped to `clip_norm` as PyTorch's `clip_grad_norm_` does. Returns the new model and the gradient's norm
    /// before clipping, on `device`.
    pub fn apply(
        &mut self,
        model: Model,
        gradients: Gradients,
        learning_rate: f64,
        clip_norm: f64,
        device: &Device,
    ) -> (Model, Tensor<1>) {
        match &mut self.moments {
            Moments::Device(optimizer) => {
                let mut squares = SumOfSquares { gradients: &gradients, sum: None };
                model.visit(&mut squares);
                let norm = squares.sum.expect("a loss that depends on a parameter").sqrt();
                let factor = factor(&norm, clip_norm);
                let mut clip = Clip { gradients, factor, clipped: GradientsParams::new() };
                model.visit(&mut clip);
                (optimizer.step(learning_rate, model, clip.clipped), norm)
            }
            Moments::Host { time, by_id } => {
                let mut collected = Collect { gradients, by_id: HashMap::new() };
                model.visit(&mut collected);
                let gradients = collected.by_id;
                // Summed by parameter in f64, in the order of ids: a HashMap's own order differs from run to run.
                let mut ids: Vec<&ParamId> = gradients.keys().collect();
                ids.sort();
                let square_sum: f64 = ids.iter().map(|id| sum_of_squares(&gradients[id])).sum();
                let norm = square_sum.sqrt();
                *time += 1;
                let scale = (clip_norm / (norm + NORM_EPSILON)).min(1.0) as f32;
                let step = Step::new(learning_rate as f32, self.weight_decay, *time);
                let model = model.map(&mut HostUpdate { step, scale, gradients, moments: by_id });
                let norm = Tensor::from_floats([norm as f32], &device.clone().without_autodiff());
                (model, norm)
            }
            #[cfg(feature = "gpu")]
            Moments::Gpu { time, packed } => {
                let mut collected = Collected::new(gradients);
                model.visit(&mut collected);
                *time += 1;
                let step = Step::new(learning_rate as f32, self.weight_decay, *time);
                let (updated, norm) = packed.update(collected, step, clip_norm as f32);
                (model.map(&mut Replace { updated }), norm)
            }
        }
    }
}

/// Which parameter has which name.
fn names(model: &Model) -> Vec<(ParamId, String)> {
    struct Ids(Vec<ParamId>);
    impl ModuleVisitor for Ids {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.id);
        }
    }
    let mut ids = Ids(Vec::new());
    model.visit(&mut ids);
    ids.0.into_iter().zip(parameters(model).into_iter().map(|parameter| parameter.name)).collect()
}

/// What clips gradients of this norm.
fn factor(norm: &Tensor<1>, clip_norm: f64) -> Tensor<1> {
    (norm.clone() + NORM_EPSILON).recip().mul_scalar(clip_norm).clamp_max(1.0)
}

/// Parameter by parameter, by burn's operations.
struct SumOfSquares<'a> {
    gradients: &'a Gradients,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(self.gradients) {
            let squares = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + squares,
                None => squares,
            });
        }
    }
}

struct Clip {
    gradients: Gradients,
    factor: Tensor<1>,
    clipped: GradientsParams,
}

impl ModuleVisitor for Clip {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad_remove(&mut self.gradients) {
            let factor = self.factor.clone().reshape([1; D]);
            self.clipped.register(param.id, gradient * factor);
        }
    }
}

/// Takes the gradients out of the graph's container, without copying them where nothing else holds them.
struct Collect {
    gradients: Gradients,
    by_id: HashMap<ParamId, Vec<f32>>,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad_remove(&mut self.gradients) {
            self.by_id.insert(param.id, values(gradient));
        }
    }
}

struct HostUpdate<'a> {
    step: Step,
    /// Clips the gradient.
    scale: f32,
    gradients: HashMap<ParamId, Vec<f32>>,
    moments: &'a mut HashMap<ParamId, [Vec<f32>; 2]>,
}

impl ModuleMapper for HostUpdate<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove(&param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        let (device, shape) = (tensor.device(), tensor.dims());
        let mut parameter = values(tensor.inner());
        let moments = self.moments.entry(id).or_insert_with(|| [(); 2].map(|()| vec![0.0; parameter.len()]));
        self.step.on_host(&mut parameter, &gradient, self.scale, moments);
        let tensor = Tensor::from_data(TensorData::new(parameter, shape), &device).require_grad();
        Param::from_mapped_value(id, tensor, mapper)
    }
}

/// Puts new values, flat, in the place of the old ones.
#[cfg(feature = "gpu")]
struct Replace {
    updated: HashMap<ParamId, Tensor<1>>,
}

#[cfg(feature = "gpu")]
impl ModuleMapper for Replace {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(value) = self.updated.remove(&param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        let tensor = Tensor::from_inner(value.reshape(tensor.dims())).require_grad();
        Param::from_mapped_value(id, tensor, mapper)
    }
}

/// The numbers of a tensor that lies on the host.
fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32 on the host")
}

fn sum_of_squares(values: &[f32]) -> f64 {
    // Eight sums side by side: one alone waits for each addition.
    let mut lanes = [0f64; 8];
    for values in values.chunks(8) {
        lanes.iter_mut().zip(values).for_each(|(sum, &v)| *sum += f64::from(v) * f64::from(v));
    }
    lanes.iter().sum()
}
