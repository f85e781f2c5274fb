//! A fine-tuning run in progress: steps, evaluations, and the check that both stay finite.
//!
//! A loss, a gradient or a prediction that is not a finite number ends the run at that step. What would follow is noise
//! that looks like a result: the largest of logits that are all NaN is still some class.

use crate::error::Result;
use crate::lab::results::{EpochReport, RunReport, StepLoss};
use crate::lab::{EVALUATION_ROWS, Event};
use crate::models::checkpoint::read;
use crate::training::evaluation::predict;
use crate::training::examples::Examples;
use crate::training::train::{Run, StepOutcome};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::Serialize;
use std::rc::Rc;

/// The quantity that was not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotFinite {
    /// The batch's loss.
    Loss,
    /// The gradient's norm, of a loss that was still finite.
    Gradient,
    /// A prediction for a test row, after a last step that was still finite.
    Prediction,
}

/// Where a run left the finite numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Divergence {
    /// The step, from 1; the last one where it was noticed in the evaluation.
    pub step: usize,
    /// The first quantity that was not finite.
    pub what: NotFinite,
    /// The learning rate of that step.
    pub learning_rate: f64,
    /// The largest gradient norm until then, of those that were finite; 0 at the first step.
    pub largest_gradient_norm: f64,
}

/// A run under way in a lab.
pub(in crate::lab) struct ActiveRun {
    run: Run,
    examples: Rc<Examples>,
    test: Vec<usize>,
    /// Places in `test`, shortest row first: a batch's rows are of like length.
    by_length: Vec<usize>,
    /// Predictions so far, in that order.
    predictions: Vec<Vec<f32>>,
    evaluating: bool,
    evaluate_every: usize,
    unread: Vec<StepOutcome>,
    learning_rate: f64,
    largest_gradient_norm: f64,
    diverged: bool,
    report: RunReport,
    keeps_probabilities: bool,
}

impl ActiveRun {
    /// Before the first step. `report` says which run it is, `test` which rows it is evaluated on, after each `evaluate_every`-th
    /// epoch and after the last.
    pub fn new(run: Run, examples: Examples, test: Vec<usize>, evaluate_every: usize, report: RunReport) -> ActiveRun {
        let mut by_length: Vec<usize> = (0..test.len()).collect();
        by_length.sort_by_key(|&place| examples.encodings[test[place]].ids.len());
        ActiveRun {
            run,
            examples: Rc::new(examples),
            test,
            by_length,
            predictions: Vec::new(),
            evaluating: false,
            evaluate_every,
            unread: Vec::new(),
            learning_rate: 0.0,
            largest_gradient_norm: 0.0,
            diverged: false,
            report,
            keeps_probabilities: false,
        }
    }

    /// Whether its report shall have the probability of every label.
    pub fn keeping_probabilities(self, keeps_probabilities: bool) -> ActiveRun {
        ActiveRun { keeps_probabilities, ..self }
    }

    /// The run, if it has not diverged.
    pub fn into_sound(self) -> Option<Run> {
        (!self.diverged).then_some(self.run)
    }

    /// One optimisation step, or one batch of the evaluation that follows an epoch; true when the run is done or lost.
    pub async fn advance(&mut self, device: &Device, events: &mut Vec<Event>) -> Result<bool> {
        if !self.evaluating {
            self.unread.push(self.run.step(&self.examples));
            let is_due = self.run.is_done() || self.run.epochs_done().is_multiple_of(self.evaluate_every);
            self.evaluating = self.run.at_epoch_end() && is_due;
            return Ok(false);
        }
        let from = self.predictions.len();
        let places = &self.by_length[from..(from + EVALUATION_ROWS).min(self.test.len())];
        let rows: Vec<usize> = places.iter().map(|&place| self.test[place]).collect();
        let model = self.run.model().valid();
        let device = device.clone().without_autodiff();
        self.predictions.extend(predict(&model, &self.examples, &rows, &device).await?);
        let is_sound = self.predictions[from..].iter().flatten().all(|a| a.is_finite());
        if is_sound && self.predictions.len() < self.test.len() {
            return Ok(false);
        }
        if self.read_losses(events).await? {
            return Ok(true);
        }
        if !is_sound {
            self.diverge(self.report.steps.len(), NotFinite::Prediction, events);
            return Ok(true);
        }
        self.evaluating = false;
        let mut predictions = vec![Vec::new(); self.test.len()];
        for (&place, prediction) in self.by_length.iter().zip(self.predictions.drain(..)) {
            predictions[place] = prediction;
        }
        let epoch = self.evaluated(&predictions);
        self.report.epochs.push(epoch.clone());
        events.push(Event::Epoch(epoch));
        if self.run.is_done() {
            self.report.conclude(&self.examples, &self.test, &predictions, self.keeps_probabilities);
            events.push(Event::RunDone { run: self.report.clone() });
        }
        Ok(self.run.is_done())
    }

    /// Reads the losses that are still on the device; true where one of them, or its gradient, is not finite.
    pub async fn read_losses(&mut self, events: &mut Vec<Event>) -> Result<bool> {
        if self.unread.is_empty() {
            return Ok(false);
        }
        let (steps, unread) = (self.run.steps(), std::mem::take(&mut self.unread));
        let all = Tensor::cat(unread.iter().map(|o| o.loss_and_norm.clone()).collect(), 0);
        let values = read(all).await?; // sync: one read for all steps of an advance
        for (outcome, value) in unread.iter().zip(values.chunks(2)) {
            let (loss, gradient_norm, step) = (f64::from(value[0]), f64::from(value[1]), outcome.step + 1);
            let learning_rate = outcome.learning_rate;
            self.learning_rate = learning_rate;
            if !loss.is_finite() || !gradient_norm.is_finite() {
                let what = if loss.is_finite() { NotFinite::Gradient } else { NotFinite::Loss };
                self.diverge(step, what, events);
                return Ok(true);
            }
            self.largest_gradient_norm = self.largest_gradient_norm.max(gradient_norm);
            self.report.steps.push(StepLoss { step, loss });
            events.push(Event::Step { step, steps, loss, learning_rate, gradient_norm });
        }
        Ok(false)
    }

    fn diverge(&mut self, step: usize, what: NotFinite, events: &mut Vec<Event>) {
        self.diverged = true;
        let ActiveRun { learning_rate, largest_gradient_norm, .. } = *self;
        events.push(Event::Diverged(Divergence { step, what, learning_rate, largest_gradient_norm }));
    }

    fn evaluated(&self, predictions: &[Vec<f32>]) -> EpochReport {
        let epoch = self.run.epochs_done();
        let done = self.report.steps.len();
        let before: usize = self.report.epochs.iter().map(|e| e.steps).sum();
        let losses = &self.report.steps[before..done];
        let train_loss = losses.iter().map(|s| s.loss).sum::<f64>() / losses.len() as f64;
        EpochReport::new(epoch, losses.len(), train_loss, &self.examples, &self.test, predictions)
    }
}
