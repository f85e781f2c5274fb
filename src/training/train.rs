//! One fine-tuning run: an optimisation step, and an evaluation.
//!
//! The protocol of docs/method.md, section 5: AdamW (Loshchilov and Hutter 2019), linear warm-up and then linear decay as in
//! Hugging Face's `get_linear_schedule_with_warmup` (or none, [`LearningRateSchedule`]), gradients clipped by their global norm as in PyTorch's
//! `clip_grad_norm_`, cross-entropy or squared error. Of two arms with one seed, only the noise at the dropout sites
//! differs: head, batch order and number of steps are the same.
//!
//! There is no early stopping: every run takes all its steps, and the scores of its last epoch count. To choose an epoch by the
//! test part is to choose by noise, and favours the arm whose scores are the noisier.

use crate::data::dataset::Task;
use crate::data::tokenizer::Encoding;
use crate::error::Result;
use crate::method::dropout::{SiteNoise, StepNoise};
use crate::models::bert::{Batch, Model, cross_entropy, squared_error};
use crate::models::checkpoint::{host_tensors, read};
use crate::models::hooks::{Hooks, Off};
use crate::training::adamw::AdamW;
use crate::training::state::{NamedMoments, RunState};
use burn::tensor::{Device, Tensor};
use rand::{SeedableRng, seq::SliceRandom};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

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

/// The learning-rate schedule after linear warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearningRateSchedule {
    /// It falls to 0 at the last step, linearly. Warm-up takes its share of all steps. Every step's rate depends on the run's length.
    Linear,
    /// It stays. Warm-up takes its share of one epoch's steps, so that no rate depends on the run's length: a longer run begins
    /// with the very steps of a shorter one, and a finished run can be continued exactly.
    Constant,
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
    /// The schedule after warm-up.
    pub schedule: LearningRateSchedule,
    /// The share of steps that warm up: of all, or of the first epoch's ([`LearningRateSchedule`]).
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

    /// The learning rate of `step`, from 0, out of `steps` in all epochs.
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f64 {
        let of_warmup = match self.schedule {
            LearningRateSchedule::Linear => steps,
            LearningRateSchedule::Constant => steps / self.epochs,
        };
        let warmup = (self.warmup_share * of_warmup as f64).ceil();
        let step = step as f64;
        let factor = match self.schedule {
            _ if step < warmup => step / warmup,
            LearningRateSchedule::Linear => (steps as f64 - step) / (steps as f64 - warmup).max(1.0),
            LearningRateSchedule::Constant => 1.0,
        };
        self.learning_rate * factor
    }
}

/// A run under way.
pub struct Run {
    /// Always there between steps.
    model: Option<Model>,
    optimizer: AdamW,
    noise: SiteNoise,
    recipe: Recipe,
    seed: u32,
    rows: Vec<usize>,
    /// The batches of the epoch under way.
    batches: Vec<Vec<usize>>,
    step: usize,
    device: Device,
}

/// Loss and gradient norm of one step, still on the device: read together with those of other steps.
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
        let optimizer = AdamW::new(recipe.weight_decay, &device);
        Run { model: Some(model), optimizer, noise, recipe, seed, rows, batches: Vec::new(), step: 0, device }
    }

    /// The run with its first `step` steps made: `model` and `moments` are those that they led to.
    pub fn resumed(mut self, model: Model, step: usize, moments: NamedMoments) -> Run {
        self.optimizer.restore(&model, step, moments);
        (self.model, self.step) = (Some(model), step);
        self
    }

    /// The state to continue from: [`Run::resumed`].
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Device`] if the device does not answer.
    pub async fn state(&self) -> Result<RunState> {
        let model = self.model();
        let moments = self.optimizer.moments(model).await?;
        Ok(RunState { step: self.step, parameters: host_tensors(model).await?, moments })
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> usize {
        self.recipe.steps(self.rows.len())
    }

    /// Whether every step has been made.
    pub fn is_done(&self) -> bool {
        self.step == self.steps()
    }

    /// Whether more epochs could follow: no step so far would have been another one in a longer run.
    pub fn is_extensible(&self) -> bool {
        self.recipe.schedule == LearningRateSchedule::Constant
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
        self.model.as_ref().expect("a model between steps")
    }

    /// One optimisation step.
    pub fn step(&mut self, examples: &Examples) -> StepOutcome {
        let per_epoch = self.rows.len().div_ceil(self.recipe.batch_size);
        let (epoch, at) = (self.step / per_epoch, self.step % per_epoch);
        if at == 0 || self.batches.is_empty() {
            self.batches = batches(&self.rows, &examples.encodings, self.recipe.batch_size, self.seed, epoch);
        }
        let indices = &self.batches[at];
        let noise = StepNoise { arm: &self.noise, seed: self.seed, step: self.step as u32 };
        let loss = self.loss(examples, indices, &noise);
        let learning_rate = self.recipe.learning_rate_at(self.step, self.steps());
        // Taken, not cloned: a parameter that nothing else holds is updated where it lies.
        let model = self.model.take().expect("a model between steps");
        let (model, norm) = self.optimizer.update(model, &loss, learning_rate, self.recipe.clip_norm);
        self.model = Some(model);
        let outcome =
            StepOutcome { step: self.step, learning_rate, loss_and_norm: Tensor::cat(vec![loss.inner(), norm], 0) };
        self.step += 1;
        outcome
    }

    fn loss(&self, examples: &Examples, indices: &[usize], hooks: &impl Hooks) -> Tensor<1> {
        let batch = examples.batch(indices, &self.device);
        examples.loss(self.model().classify(&batch, hooks), indices)
    }
}

/// Rows of one batch of a mean loss: bounds the memory of a forward pass.
const LOSS_ROWS: usize = 16;

/// Batches among which rows are exchanged for others of like length.
const GROUPED_BATCHES: usize = 8;

/// Lengths that count as the same, so that classes whose texts differ by a token or two still mix.
const LENGTH_BUCKET: usize = 4;

/// The batches of one epoch; the same for every arm of a seed. Rows are shuffled, sorted by length within every eight
/// batches' worth, cut into batches, and the batches shuffled: as transformers' `group_by_length`. A batch is padded to
/// its longest row, and this saves a fifth to a third of all tokens of the samples.
fn batches(rows: &[usize], encodings: &[Encoding], size: usize, seed: u32, epoch: usize) -> Vec<Vec<usize>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64((u64::from(seed) << 32) | (epoch as u64 + 1));
    let mut order = rows.to_vec();
    order.shuffle(&mut rng);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for group in order.chunks_mut(GROUPED_BATCHES * size) {
        group.sort_by_key(|&row| encodings[row].ids.len().div_ceil(LENGTH_BUCKET));
        batches.extend(group.chunks(size).map(<[usize]>::to_vec));
    }
    batches.shuffle(&mut rng);
    batches
}

/// The model's answers to the examples at `indices`, dropout off: `indices.len()` rows of `outputs` logits or scores; the model and `device`
/// without autodiff.
///
/// # Errors
/// [`crate::error::ErrorKind::Device`] if the device does not answer.
pub async fn answer(model: &Model, examples: &Examples, indices: &[usize], device: &Device) -> Result<Vec<Vec<f32>>> {
    let logits = model.classify(&examples.batch(indices, device), &Off);
    let outputs = logits.dims()[1];
    let flat = read(logits.flatten::<1>(0, 1)).await?; // sync: one read per evaluation batch
    Ok(flat.chunks(outputs).map(<[f32]>::to_vec).collect())
}

/// The mean loss over the examples at `indices`, dropout off; the model and `device` without autodiff. Nats, or squared units of the score.
///
/// # Errors
/// [`crate::error::ErrorKind::Device`] if the device does not answer.
pub async fn mean_loss(model: &Model, examples: &Examples, indices: &[usize], device: &Device) -> Result<f64> {
    let mut by_length = indices.to_vec();
    by_length.sort_by_key(|&i| examples.encodings[i].ids.len()); // little padding
    let sums = by_length.chunks(LOSS_ROWS).map(|some| {
        let logits = model.classify(&examples.batch(some, device), &Off);
        examples.loss(logits, some) * some.len() as f64
    });
    let sums = read(Tensor::cat(sums.collect(), 0)).await?; // sync: one read per mean
    Ok(sums.into_iter().map(f64::from).sum::<f64>() / indices.len() as f64)
}

/// −ln of the probability that one row of logits gives a class, in f64. Where that probability is too small for its logarithm,
/// by the logits: ln Σ exp(l) − l, which has no bound.
pub fn log_loss(logits: &[f32], class: usize) -> f64 {
    /// The smallest probability that is told apart; the figure of a run does not depend on which of the two ways is taken.
    const SMALLEST: f64 = 1e-45;
    let probability = probabilities(logits)[class];
    if probability > SMALLEST {
        return -probability.ln();
    }
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&l| (f64::from(l) - largest).exp()).sum();
    largest + sum.ln() - f64::from(logits[class])
}

/// Softmax of one row of logits, in f64.
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&l| f64::from(l - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|e| e / sum).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn of_lengths(lengths: &[usize]) -> Vec<Encoding> {
        let encoding = |&n: &usize| Encoding { ids: vec![7; n], ..Encoding::default() };
        lengths.iter().map(encoding).collect()
    }

    fn recipe(schedule: LearningRateSchedule, epochs: usize) -> Recipe {
        Recipe {
            epochs,
            batch_size: 4,
            learning_rate: 0.5,
            schedule,
            warmup_share: 0.25,
            weight_decay: 0.0,
            clip_norm: 1.0,
        }
    }

    #[test]
    fn a_constant_rate_does_not_depend_on_the_length() {
        let rates = |schedule, epochs| {
            let recipe = recipe(schedule, epochs);
            let steps = recipe.steps(32);
            (0..steps).map(|step| recipe.learning_rate_at(step, steps)).collect::<Vec<_>>()
        };
        let (short, long) = (rates(LearningRateSchedule::Constant, 2), rates(LearningRateSchedule::Constant, 5));
        assert_eq!((short.len(), long.len()), (16, 40));
        assert_eq!(short, long[..16]);
        assert_eq!(short[..4], [0.0, 0.25, 0.5, 0.5]); // two of the first epoch's eight steps warm up
        assert!(long[2..].iter().all(|&rate| rate == 0.5));
        // Hugging Face's `get_linear_schedule_with_warmup`, 4 of 16 steps.
        let linear = rates(LearningRateSchedule::Linear, 2);
        assert_eq!(linear[..5], [0.0, 0.125, 0.25, 0.375, 0.5]);
        assert_eq!(linear[15], 0.5 / 12.0);
    }

    #[test]
    fn a_loss_has_no_bound() {
        assert_eq!(log_loss(&[0.0, 0.0], 1), std::f64::consts::LN_2);
        assert_eq!(log_loss(&[1.0, 3.5], 0), -probabilities(&[1.0, 3.5])[0].ln());
        assert_eq!(log_loss(&[500.0, 0.0], 1), 500.0, "and not 103.6, the logarithm of the smallest f32");
        let [before, after] = [103.0, 104.0].map(|logit| log_loss(&[logit, 0.0], 1));
        assert!((after - before - 1.0).abs() < 1e-9, "the two ways agree: {before}, {after}");
    }

    #[test]
    fn batches_hold_every_row_once_and_depend_on_seed_and_epoch() {
        let encodings = of_lengths(&(0..101).map(|i| 3 + (i * 37) % 60).collect::<Vec<_>>());
        let rows: Vec<usize> = (0..101).filter(|i| i % 5 != 0).collect();
        let first = batches(&rows, &encodings, 8, 1, 0);
        assert_eq!(first.len(), rows.len().div_ceil(8));
        let mut all: Vec<usize> = first.concat();
        all.sort_unstable();
        assert_eq!(all, rows);
        assert_eq!(first, batches(&rows, &encodings, 8, 1, 0));
    }

    /// Of two independent orders, a row has the same place in one of `rows` cases: Poisson around 1.
    #[test]
    fn seeds_and_epochs_shuffle_anew() {
        let encodings = of_lengths(&[9; 400]);
        let rows: Vec<usize> = (0..400).collect();
        let order = |seed, epoch| batches(&rows, &encodings, 8, seed, epoch).concat();
        let orders = [order(1, 0), order(2, 0), order(1, 1), order(2, 1), order(1, 2), rows.clone()];
        for (i, first) in orders.iter().enumerate() {
            for second in &orders[..i] {
                let places = first.iter().zip(second).filter(|(a, b)| a == b).count();
                assert!(places <= 8, "{places} of 400 rows keep their place");
                let neighbours = |order: &[usize]| order.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>();
                let pairs = neighbours(second);
                let kept = neighbours(first).iter().filter(|pair| pairs.contains(pair)).count();
                assert!(kept <= 8, "{kept} of 399 neighbours stay neighbours");
            }
        }
    }

    #[test]
    fn rows_of_like_length_share_a_batch() {
        let encodings = of_lengths(&(0..128).map(|i| 3 + (i * 37) % 60).collect::<Vec<_>>());
        let padded = |batches: &[Vec<usize>]| -> usize {
            batches.iter().map(|b| b.len() * b.iter().map(|&i| encodings[i].ids.len()).max().unwrap()).sum()
        };
        let rows: Vec<usize> = (0..128).collect();
        let ungrouped: Vec<Vec<usize>> = rows.chunks(16).map(<[usize]>::to_vec).collect();
        assert!(padded(&batches(&rows, &encodings, 16, 1, 0)) * 10 < padded(&ungrouped) * 7);
    }
}
