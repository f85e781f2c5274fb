//! Jobs in progress, each advanced by [`Lab::advance`].

mod examples;
mod fisher;
mod landscape;
mod resume;
mod run;
mod trained;
mod trajectory;

pub(in crate::lab) use landscape::LandscapeKey;
pub use run::{Divergence, NotFinite};

use crate::error::Result;
use crate::lab::config::Config;
use crate::lab::plan::{Job, JobKind};
use crate::lab::results::RunReport;
use crate::lab::{Event, Lab};
use crate::method::rates::ArmRates;
use crate::training::train::Run;
use examples::validation_rows;
use fisher::ActiveFisher;
use landscape::ActiveLandscape;
use run::ActiveRun;
use trajectory::{ActivePlane, ActiveTrajectory};

/// The job under way.
pub(in crate::lab) enum Active {
    Fisher(Box<ActiveFisher>),
    Run(Box<ActiveRun>),
    Landscape(Box<ActiveLandscape>),
    Trajectory(Box<ActiveTrajectory>),
    Plane(Box<ActivePlane>),
}

impl Lab {
    /// Begins a job; another one under way is dropped. A run needs its arm's rates; those of [`Arm::Shuffled`] are
    /// drawn anew for the job's seed, and that of [`Arm::Tuned`] is its setting's.
    ///
    /// # Errors
    /// Missing data, model or rates; a model without what the job needs; a place that its grid does not have.
    ///
    /// [`Arm::Shuffled`]: crate::method::arms::Arm::Shuffled
    /// [`Arm::Tuned`]: crate::method::arms::Arm::Tuned
    pub fn start(&mut self, config: &Config, job: &Job, arm: Option<&ArmRates>) -> Result<()> {
        self.forget_jobs();
        if !matches!(job.kind, JobKind::Landscape { .. }) {
            self.landscape = None;
        }
        let tokenizer = self.pretrained()?.tokenizer.cut_to(config.max_tokens)?;
        self.active = Some(match job.kind {
            JobKind::Fisher { from, to } => Active::Fisher(Box::new(self.start_fisher(config, &tokenizer, from, to)?)),
            JobKind::Run { run: key, .. } => {
                let (run, examples, split) = self.run(&config.of(key.arm, key.fraction), &tokenizer, key, arm)?;
                let report = RunReport::new(key.arm, key.seed, key.fraction);
                let run = ActiveRun::new(run, examples, split.test, config.evaluate_every, report);
                Active::Run(Box::new(run.keeping_probabilities(self.keeps_probabilities)))
            }
            JobKind::Trial { run: key, setting } => {
                let config = config.with(&setting);
                let (run, examples, split) = self.run(&config, &tokenizer, key, arm)?;
                let validation = validation_rows(&split, self.dataset()?, key.fraction)?;
                let report = RunReport::new(key.arm, key.seed, key.fraction);
                Active::Run(Box::new(ActiveRun::new(run, examples, validation, config.epochs, report)))
            }
            JobKind::Trajectory { run: key } => {
                let (run, examples, _) = self.run(&config.of(key.arm, key.fraction), &tokenizer, key, arm)?;
                Active::Trajectory(Box::new(ActiveTrajectory { plane: self.plane()?, run, examples, step: 0 }))
            }
            JobKind::Plane { seed, fraction, rows, ref at, .. } => {
                Active::Plane(Box::new(self.start_plane(config, &tokenizer, (seed, fraction), rows, at)?))
            }
            JobKind::Landscape { settings, ref moved, row, ref columns, .. } => {
                Active::Landscape(Box::new(self.start_landscape(config, settings, &tokenizer, moved, row, columns)?))
            }
        });
        Ok(())
    }

    pub(in crate::lab) fn forget_jobs(&mut self) {
        self.active = None;
        self.finished = None;
        self.continuable = None;
    }

    /// Does `units` batches of texts, optimisation steps, evaluation batches or points of a surface of the job under way, and returns what happened;
    /// nothing if there is no job. The last event of a job says that it is done, or that a run has diverged.
    ///
    /// # Errors
    /// [`Diverged`](crate::error::ErrorKind::Diverged) where Fisher information is not finite; [`Device`](crate::error::ErrorKind::Device). Either ends the job.
    pub async fn advance(&mut self, units: usize) -> Result<Vec<Event>> {
        let Some(mut active) = self.active.take() else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        for _ in 0..units {
            let done = match &mut active {
                Active::Fisher(fisher) => fisher.advance(&self.device, &mut events).await?,
                Active::Run(run) => run.advance(&self.device, &mut events).await?,
                Active::Landscape(strip) => strip.advance(&mut events).await?,
                Active::Trajectory(trajectory) => trajectory.advance(&mut events).await?,
                Active::Plane(plane) => plane.advance(&self.plain_device(), &mut events).await?,
            };
            if done {
                if let Active::Run(run) = active {
                    let run = run.into_sound();
                    self.finished = run.as_ref().map(|run| run.model().clone());
                    self.continuable = run.filter(Run::is_extensible);
                }
                return Ok(events);
            }
        }
        if let Active::Run(run) = &mut active
            && run.read_losses(&mut events).await?
        {
            return Ok(events);
        }
        self.active = Some(active);
        Ok(events)
    }
}
