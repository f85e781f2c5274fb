//! Jobs on threads.

use super::inputs::Inputs;
use super::journal::{Finished, Journal};
use super::models::Models;
use crate::Failure;
use guided_dropout_lab::lab::config::Config;
use guided_dropout_lab::lab::plan::Job;
use guided_dropout_lab::lab::{Divergence, Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::rates::ArmRates;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

/// The state shared by all threads.
pub struct Workers<'a> {
    pub inputs: &'a Inputs,
    pub config: &'a Config,
    pub journal: &'a Mutex<Journal>,
    /// Where models are saved, if they are.
    pub models: Option<&'a Models<'a>>,
    pub threads: usize,
    /// Whether runs keep the probability of every label.
    pub keeps_probabilities: bool,
}

impl Workers<'_> {
    /// Does those jobs that the journal lacks, or whose model is to be saved and is not, the longest first.
    pub fn perform(
        &self,
        label: &'static str,
        mut jobs: Vec<Job>,
        arms: &BTreeMap<Arm, ArmRates>,
    ) -> Result<(), Failure> {
        let lacks_model = |job: &Job| self.models.is_some_and(|models| models.lack(job));
        jobs.retain(|job| !self.journal.lock().unwrap().done.contains_key(&job.id) || lacks_model(job));
        jobs.sort_by(|a, b| b.work.total_cmp(&a.work));
        let style = ProgressStyle::with_template("{prefix:8} {bar:40} {pos}/{len} jobs, {elapsed} so far, {eta} left")?;
        let bar = ProgressBar::new(jobs.len() as u64).with_style(style).with_prefix(label);
        let threads = self.threads.min(jobs.len()).max(1);
        let queue = Mutex::new(VecDeque::from(jobs));
        std::thread::scope(|scope| {
            let work = || -> Result<(), Failure> {
                let mut lab = self.inputs.lab()?;
                lab.keep_probabilities(self.keeps_probabilities);
                loop {
                    let Some(job) = queue.lock().unwrap().pop_front() else { return Ok(()) };
                    match finish(&mut lab, self.config, &job, arms)? {
                        Ok(finished) => {
                            self.models.map_or(Ok(()), |models| models.save(&job, &lab))?;
                            self.journal.lock().unwrap().keep(&job.id, finished)?;
                        }
                        Err(divergence) => bar.suspend(|| eprintln!("{}", diverged(&job, divergence))),
                    }
                    bar.inc(1);
                }
            };
            let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            handles.into_iter().try_for_each(|h| h.join().expect("a worker thread"))
        })?;
        bar.finish();
        Ok(())
    }
}

/// The others go on: the comparison counts this run as missing.
fn diverged(job: &Job, divergence: Divergence) -> String {
    let Divergence { step, what, learning_rate, largest_gradient_norm } = divergence;
    format!(
        "{} diverged: {what:?} not finite at step {step}, learning rate {learning_rate:.2e}; largest gradient norm until \
         then {largest_gradient_norm:.3}",
        job.id
    )
}

fn finish(
    lab: &mut Lab,
    config: &Config,
    job: &Job,
    arms: &BTreeMap<Arm, ArmRates>,
) -> Result<Result<Finished, Divergence>, Failure> {
    let arm = job.kind.arm();
    lab.start(config, job, arm.and_then(|arm| arms.get(&arm)))?;
    let (started, mut texts) = (Instant::now(), Vec::new());
    loop {
        for event in pollster::block_on(lab.advance(20))? {
            match event {
                Event::FisherText(text) => texts.push(text),
                Event::FisherDone { .. } => return Ok(Ok(Finished::Fisher(texts))),
                Event::RunDone { mut run } => {
                    run.elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
                    return Ok(Ok(Finished::Run(Box::new(run))));
                }
                Event::Diverged(divergence) => return Ok(Err(divergence)),
                Event::Step { .. } | Event::Epoch(_) => {}
                // Of surfaces and planes, which an experiment's plan does not hold.
                Event::LandscapePoint { .. } | Event::LandscapeDone => {}
                Event::TrajectoryPoint { .. } | Event::TrajectoryDone => {}
                Event::PlanePoint { .. } | Event::PlaneDone => {}
            }
        }
    }
}
