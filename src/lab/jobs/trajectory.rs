//! Trajectory jobs: the path of a repeated training, or the task's loss at points of the plane.

use super::examples::{correct, encode};
use crate::data::tokenizer::Tokenizer;
use crate::error::Result;
use crate::lab::config::Config;
use crate::lab::plan::{TrajectoryPlan, TrajectorySettings, spread};
use crate::lab::{Event, Lab, missing};
use crate::landscape::trajectory::Plane;
use crate::method::arms::Arm;
use crate::models::checkpoint::Checkpoint;
use crate::training::evaluation::mean_loss;
use crate::training::examples::Examples;
use crate::training::train::Run;
use burn::module::Module;
use burn::tensor::Device;
use std::rc::Rc;

impl Lab {
    /// Takes the plane through where the runs of a seed begin and where two of them ended, as [`Lab::export_model`] gave them.
    ///
    /// # Errors
    /// Missing data or model; as [`Checkpoint::from_bytes`] and [`Plane::new`].
    pub async fn set_plane(&mut self, config: &Config, seed: u32, ends: [&[u8]; 2]) -> Result<&Plane> {
        self.plane = None; // its memory first
        let device = self.plain_device();
        let start = self.start_model(config, seed, &device)?;
        let family = self.pretrained()?.config.family;
        let ends = [Checkpoint::from_bytes(ends[0], family)?, Checkpoint::from_bytes(ends[1], family)?];
        let plane = Plane::new(start, [&ends[0], &ends[1]], &device).await?;
        Ok(self.plane.insert(Rc::new(plane)))
    }

    /// The jobs that show two arms' runs in their plane; before it is taken, see [`TrajectoryPlan::new`].
    ///
    /// # Errors
    /// Missing data or model, and those of [`TrajectoryPlan::new`].
    pub fn trajectory_plan(
        &self,
        config: &Config,
        settings: TrajectorySettings,
        arms: [Arm; 2],
    ) -> Result<TrajectoryPlan> {
        let ends = self.plane.as_ref().map(|plane| plane.ends());
        TrajectoryPlan::new(config, settings, arms, ends, self.dataset()?, self.pretrained()?)
    }

    /// The losses at the places `at`, over at most `rows` rows of the training part's fraction and of the test part of a seed's split.
    pub(super) fn start_plane(
        &self,
        config: &Config,
        tokenizer: &Tokenizer,
        (seed, fraction): (u32, f64),
        rows: usize,
        at: &[[f64; 2]],
    ) -> Result<ActivePlane> {
        let dataset = self.dataset()?;
        let split = config.split(dataset, seed)?;
        let parts = [split.fraction(dataset, fraction), split.test].map(|part| spread(&part, rows));
        let mut examples = encode(dataset, tokenizer)?;
        correct(&mut examples, dataset, parts[0].iter());
        let examples = Rc::new(examples);
        let left = at.iter().copied().enumerate().rev().collect();
        Ok(ActivePlane { plane: self.plane()?, examples, parts, left })
    }

    pub(super) fn plane(&self) -> Result<Rc<Plane>> {
        self.plane.clone().ok_or_else(|| missing("the plane of two trained models"))
    }
}

/// A run made once more.
pub(in crate::lab) struct ActiveTrajectory {
    pub plane: Rc<Plane>,
    pub run: Run,
    pub examples: Examples,
    /// Steps made.
    pub step: usize,
}

impl ActiveTrajectory {
    /// One optimisation step, and where it leads; true when the job is done.
    pub async fn advance(&mut self, events: &mut Vec<Event>) -> Result<bool> {
        self.run.step(&self.examples);
        self.step += 1;
        let place = self.plane.place(&self.run.model().valid()).await?;
        events.push(Event::TrajectoryPoint { step: self.step, place });
        if self.run.is_done() {
            events.push(Event::TrajectoryDone);
        }
        Ok(self.run.is_done())
    }
}

/// Points whose losses are wanted.
pub(in crate::lab) struct ActivePlane {
    pub plane: Rc<Plane>,
    pub examples: Rc<Examples>,
    /// Rows of the training part and of the test part.
    pub parts: [Vec<usize>; 2],
    /// Points still to be done, the first last: its number, x and y.
    pub left: Vec<(usize, [f64; 2])>,
}

impl ActivePlane {
    /// One point; true when the job is done.
    pub async fn advance(&mut self, device: &Device, events: &mut Vec<Event>) -> Result<bool> {
        if let Some((point, [x, y])) = self.left.pop() {
            let model = self.plane.at(x, y);
            let mut losses = [None; 2];
            for (loss, rows) in losses.iter_mut().zip(&self.parts) {
                let mean = mean_loss(&model, &self.examples, rows, device).await?;
                *loss = mean.is_finite().then_some(mean);
            }
            events.push(Event::PlanePoint { point, train: losses[0], test: losses[1] });
        }
        if self.left.is_empty() {
            events.push(Event::PlaneDone);
        }
        Ok(self.left.is_empty())
    }
}
