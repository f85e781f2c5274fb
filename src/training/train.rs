//! One fine-tuning run, step by step.
//!
//! The protocol of docs/method.md, section 5: AdamW (Loshchilov and Hutter 2019), the learning rates of [`Recipe`], gradients clipped by their
//! global norm as in PyTorch's `clip_grad_norm_`, cross-entropy or squared error. Of two arms with one seed, only the noise at the dropout sites
//! differs: head, batch order and number of steps are the same.
//!
//! There is no early stopping: every run takes all its steps, and the scores of its last epoch count. To choose an epoch by the
//! test part is to choose by noise, and favours the arm whose scores are the noisier.

use crate::error::Result;
use crate::method::dropout::{SiteNoise, StepNoise};
use crate::models::checkpoint::host_tensors;
use crate::models::transformer::Model;
use crate::training::adamw::AdamW;
use crate::training::examples::{Examples, batches};
use crate::training::recipe::{LearningRateSchedule, Recipe};
use crate::training::state::{NamedMoments, RunState};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor};

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
        let (loss, gradients) = self.gradients(examples, &self.batches[at]);
        let learning_rate = self.recipe.learning_rate_at(self.step, self.steps());
        // Taken, not cloned: a parameter that nothing else holds is updated where it lies.
        let model = self.model.take().expect("a model between steps");
        let (model, norm) = self.optimizer.apply(model, gradients, learning_rate, self.recipe.clip_norm, &self.device);
        self.model = Some(model);
        let outcome = StepOutcome { step: self.step, learning_rate, loss_and_norm: Tensor::cat(vec![loss, norm], 0) };
        self.step += 1;
        outcome
    }

    /// The mean loss of a batch and its gradients. Where the batch is larger than a micro-batch, those of its parts are added up, each by its weight
    /// in the mean: the noise and the padding are the whole batch's, so that the numbers are too, but for rounding.
    fn gradients(&self, examples: &Examples, indices: &[usize]) -> (Tensor<1>, Gradients) {
        let noise = StepNoise { arm: &self.noise, seed: self.seed, step: self.step as u32 };
        let size = self.recipe.micro_batch_size;
        if indices.len() <= size {
            let batch = examples.batch(indices, &self.device);
            let loss = examples.loss(self.model().classify(&batch, &noise), indices);
            let gradients = loss.backward();
            return (loss.inner(), gradients);
        }
        let (tokens, whole) = (examples.longest(indices), examples.weight(indices));
        let mut sums: Option<(Tensor<1>, Gradients)> = None;
        for (place, part) in indices.chunks(size).enumerate() {
            let batch = examples.part(part, tokens, &self.device);
            let logits = self.model().classify(&batch, &noise.from_row(place * size));
            let loss = examples.loss(logits, part) * (examples.weight(part) / whole);
            let gradients = loss.backward();
            sums = Some(match sums {
                None => (loss.inner(), gradients),
                Some((sum, before)) => (sum + loss.inner(), added(self.model(), before, gradients)),
            });
        }
        sums.expect("a batch of one row or more")
    }
}

/// The sums of two gradients of each parameter.
fn added(model: &Model, sums: Gradients, more: Gradients) -> Gradients {
    struct Add {
        sums: Gradients,
        more: Gradients,
    }
    impl ModuleVisitor for Add {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let value = param.val();
            let Some(more) = value.grad_remove(&mut self.more) else { return };
            let sum = value.grad_remove(&mut self.sums).expect("the same parameters in every part of a batch");
            value.grad_replace(&mut self.sums, sum + more);
        }
    }
    let mut add = Add { sums, more };
    model.visit(&mut add);
    add.sums
}
