//! Events that a lab emits while it runs a job.

use super::Divergence;
use crate::lab::results::{EpochReport, RunReport};
use crate::landscape::trajectory;
use crate::method::fisher::TextFisher;
use serde::Serialize;

/// An event of a running job.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// One text's Fisher information.
    FisherText(TextFisher),
    /// A Fisher job ended.
    FisherDone {
        /// The first text.
        from: usize,
        /// One past the last text.
        to: usize,
    },
    /// One optimisation step.
    Step {
        /// The step, from 1.
        step: usize,
        /// Steps of the whole run.
        steps: usize,
        /// The batch's loss before the update.
        loss: f64,
        /// The learning rate that was used.
        learning_rate: f64,
        /// The gradient's global norm before clipping.
        gradient_norm: f64,
    },
    /// An epoch and its evaluation ended.
    Epoch(EpochReport),
    /// A run left the finite numbers and ended without a result.
    Diverged(Divergence),
    /// A run ended.
    RunDone {
        /// All of it.
        run: RunReport,
    },
    /// One point of a loss surface.
    LandscapePoint {
        /// Which value of a.
        column: usize,
        /// Nats, mean over all masked positions; none where it is not finite, so far out that the numbers overflow.
        loss: Option<f64>,
    },
    /// A strip of a loss surface ended.
    LandscapeDone,
    /// Where a step led, of a run made once more.
    TrajectoryPoint {
        /// The step, from 1.
        step: usize,
        /// Where it led.
        #[serde(flatten)]
        place: trajectory::PlanePoint,
    },
    /// A run made once more has ended.
    TrajectoryDone,
    /// The task's loss at one point of a plane.
    PlanePoint {
        /// Which of the job's points.
        point: usize,
        /// Over rows of the training part; none where it is not finite.
        train: Option<f64>,
        /// Over rows of the test part; none where it is not finite.
        test: Option<f64>,
    },
    /// The last point of a job of a plane is done.
    PlaneDone,
}
