//! The constants of a run, and the learning rate of each of its steps.
//!
//! Linear warm-up and then linear decay as in Hugging Face's `get_linear_schedule_with_warmup`, or none ([`LearningRateSchedule`]).

use serde::{Deserialize, Serialize};

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
    /// Rows of a step that are computed together, at most.
    pub micro_batch_size: usize,
    /// The highest learning rate, reached after warm-up.
    pub learning_rate: f64,
    /// The schedule after warm-up.
    pub schedule: LearningRateSchedule,
    /// The fraction of steps that warm up: of all, or of the first epoch's ([`LearningRateSchedule`]).
    pub warmup_fraction: f64,
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
        let warmup = (self.warmup_fraction * of_warmup as f64).ceil();
        let step = step as f64;
        let factor = match self.schedule {
            _ if step < warmup => step / warmup,
            LearningRateSchedule::Linear => (steps as f64 - step) / (steps as f64 - warmup).max(1.0),
            LearningRateSchedule::Constant => 1.0,
        };
        self.learning_rate * factor
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn recipe(schedule: LearningRateSchedule, epochs: usize) -> Recipe {
        Recipe {
            epochs,
            batch_size: 4,
            micro_batch_size: 4,
            learning_rate: 0.5,
            schedule,
            warmup_fraction: 0.25,
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
}
