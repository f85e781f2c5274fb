//! One fine-tuning run: an optimisation step, and an evaluation.
//!
//! The protocol of method.md section 5: AdamW (Loshchilov and Hutter 2019), linear warm-up and linear decay as in
//! Hugging Face's `get_linear_schedule_with_warmup`, gradients clipped by their global norm as in PyTorch's
//! `clip_grad_norm_`, cross-entropy or squared error. Of two arms with one seed, only the noise at the dropout sites
//! differs: head, batch order and number of steps are the same.

use crate::dataset::Task;
use crate::dropout::{Dropout, Off, SiteNoise, StepNoise};
use crate::error::Result;
use crate::model::{Batch, Model, cross_entropy, squared_error};
use crate::tokenize::Encoding;
use crate::weights::read;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Gradients, Tensor};
use rand::{SeedableRng, seq::SliceRandom};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Encoded examples with what they should be answered with.
#[derive(Debug, Clone)]
pub struct Examples {
    /// Token ids of each example.
    pub encodings: Vec<Encoding>,
    /// A class number, or a score, of each example.
    pub targets: Vec<f32>,
    /// Which of the two.
    pub task: Task,
    /// Number of classes; 1 for a regression.
    pub outputs: usize,
    /// The id that fills shorter rows.
    pub pad_id: u32,
}

impl Examples {
    /// The rows at `indices`, padded to the longest of them.
    fn batch(&self, indices: &[usize], device: &Device) -> Batch {
        let rows: Vec<(&[u32], &[u32])> = indices
            .iter()
            .map(|&i| (self.encodings[i].ids.as_slice(), self.encodings[i].type_ids.as_slice()))
            .collect();
        Batch::new(&rows, self.pad_id, device)
    }

    fn loss(&self, logits: Tensor<2>, indices: &[usize]) -> Tensor<1> {
        let targets: Vec<f32> = indices.iter().map(|&i| self.targets[i]).collect();
        match self.task {
            Task::Classification => cross_entropy(logits, &targets.iter().map(|&t| t as u32).collect::<Vec<_>>()),
            Task::Regression => squared_error(logits, &targets),
        }
    }
}

/// The constants of a run, all written out: the framework's defaults are not the reference's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows of one step.
    pub batch_size: usize,
    /// The highest learning rate, reached after warm-up.
    pub learning_rate: f64,
    /// The share of all steps that warm up.
    pub warmup_share: f64,
    /// AdamW's decoupled decay, on every parameter as in `torch.optim.AdamW`.
    pub weight_decay: f64,
    /// The largest global gradient norm.
    pub clip_norm: f64,
}

impl Recipe {
    /// Optimisation steps of a run over `rows` rows.
    pub fn steps(&self, rows: usize) -> usize {
        self.epochs * rows.div_ceil(self.batch_size)
    }

    /// The learning rate of `step`, from 0, out of `steps`.
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f64 {
        let warmup = (self.warmup_share * steps as f64).ceil();
        let step = step as f64;
        let factor =
            if step < warmup { step / warmup } else { (steps as f64 - step) / (steps as f64 - warmup).max(1.0) };
        self.learning_rate * factor
    }
}

/// AdamW with PyTorch's β and ε (burn's own ε is 1e-5).
pub fn adamw(weight_decay: f64) -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_1(0.9)
        .with_beta_2(0.999)
        .with_epsilon(1e-8)
        .with_weight_decay(weight_decay as f32)
        .init()
}

/// One update: gradients of `loss`, clipped to `clip_norm`, through AdamW. Returns the new model and the gradient's
/// norm before clipping, on the device.
pub fn update(
    model: Model,
    optimizer: &mut ModuleOptimizer,
    loss: &Tensor<1>,
    learning_rate: f64,
    clip_norm: f64,
) -> (Model, Tensor<1>) {
    let gradients = loss.backward();
    let mut squares = SumOfSquares { gradients: &gradients, sum: None };
    model.visit(&mut squares);
    let norm = squares.sum.expect("a loss that depends on a parameter").sqrt();
    // As PyTorch: never above 1, and 1e-6 against division by zero.
    let factor = (norm.clone() + 1e-6).recip().mul_scalar(clip_norm).clamp_max(1.0);
    let mut clip = Clip { gradients, factor, clipped: GradientsParams::new() };
    model.visit(&mut clip);
    (optimizer.step(learning_rate, model, clip.clipped), norm)
}

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

/// A run under way.
pub struct Run {
    model: Model,
    optimizer: ModuleOptimizer,
    noise: SiteNoise,
    recipe: Recipe,
    seed: u32,
    rows: Vec<usize>,
    order: Vec<usize>,
    step: usize,
    device: Device,
}

/// What one step leaves on the device, to be read together with other steps'.
pub struct StepOutcome {
    /// The step, from 0.
    pub step: usize,
    /// The learning rate that was used.
    pub learning_rate: f64,
    /// The batch's mean loss before the update, and the norm of its gradient: `[2]`.
    pub loss_and_norm: Tensor<1>,
}

impl Run {
    /// Begins from a model on an autodiff `device`, to be trained on the examples at `rows`.
    pub fn new(mut model: Model, recipe: Recipe, noise: SiteNoise, seed: u32, rows: Vec<usize>, device: Device) -> Run {
        model.mlm_head = None; // not part of the classifier; its memory goes back
        let optimizer = adamw(recipe.weight_decay);
        Run { model, optimizer, noise, recipe, seed, rows, order: Vec::new(), step: 0, device }
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> usize {
        self.recipe.steps(self.rows.len())
    }

    /// Whether every step has been made.
    pub fn is_done(&self) -> bool {
        self.step == self.steps()
    }

    /// Epochs completed.
    pub fn epochs_done(&self) -> usize {
        self.step / self.rows.len().div_ceil(self.recipe.batch_size)
    }

    /// Whether the last step completed an epoch.
    pub fn at_epoch_end(&self) -> bool {
        self.step > 0 && self.step.is_multiple_of(self.rows.len().div_ceil(self.recipe.batch_size))
    }

    /// The trained model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// One optimisation step.
    pub fn step(&mut self, examples: &Examples) -> StepOutcome {
        let per_epoch = self.rows.len().div_ceil(self.recipe.batch_size);
        let (epoch, at) = (self.step / per_epoch, self.step % per_epoch);
        if at == 0 {
            self.order = shuffled(&self.rows, self.seed, epoch);
        }
        let from = at * self.recipe.batch_size;
        let indices = &self.order[from..(from + self.recipe.batch_size).min(self.order.len())];
        let noise = StepNoise { arm: &self.noise, seed: self.seed, step: self.step as u32 };
        let loss = self.loss(examples, indices, &noise);
        let learning_rate = self.recipe.learning_rate_at(self.step, self.steps());
        let model = self.model.clone();
        let (model, norm) = update(model, &mut self.optimizer, &loss, learning_rate, self.recipe.clip_norm);
        self.model = model;
        let outcome =
            StepOutcome { step: self.step, learning_rate, loss_and_norm: Tensor::cat(vec![loss.inner(), norm], 0) };
        self.step += 1;
        outcome
    }

    fn loss(&self, examples: &Examples, indices: &[usize], dropout: &impl Dropout) -> Tensor<1> {
        let batch = examples.batch(indices, &self.device);
        examples.loss(self.model.classify(&batch, dropout), indices)
    }
}

/// The training rows in the order of one epoch; the same for every arm of a seed.
fn shuffled(rows: &[usize], seed: u32, epoch: usize) -> Vec<usize> {
    let mut order = rows.to_vec();
    order.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64((u64::from(seed) << 32) | (epoch as u64 + 1)));
    order
}

/// The model's answers to the examples at `indices`, dropout off: `indices.len()` rows of `outputs` logits or scores.
///
/// # Errors
/// [`crate::error::ErrorKind::Device`] if the device does not answer.
pub async fn answer(model: &Model, examples: &Examples, indices: &[usize], device: &Device) -> Result<Vec<Vec<f32>>> {
    let batch = examples.batch(indices, &device.clone().without_autodiff());
    let logits = model.valid().classify(&batch, &Off);
    let outputs = logits.dims()[1];
    let flat = read(logits.flatten::<1>(0, 1)).await?; // sync: one read per evaluation batch
    Ok(flat.chunks(outputs).map(<[f32]>::to_vec).collect())
}

/// Softmax of one row of logits, in f64.
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&l| f64::from(l - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|e| e / sum).collect()
}
