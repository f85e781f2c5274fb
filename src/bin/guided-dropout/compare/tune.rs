//! `--tune`: each arm's own best setting, searched before the comparison.
//!
//! The search has a journal of its own, OUT.tune.journal, from which it resumes.

use super::inputs::Inputs;
use super::journal::{Expected, Finished, Header, Journal, settings};
use super::options::Arguments;
use super::workers::Workers;
use super::{guided_arms, texts};
use crate::Failure;
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, Plan, RunKey};
use guided_dropout_lab::lab::tune::{Trial, TuneGrid};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The settings with each arm's own best; `header` is that of the comparison's journal.
pub fn search(
    arguments: &Arguments,
    raw: &RawConfig,
    inputs: &Inputs,
    lab: &Lab,
    header: Header,
) -> Result<Config, Failure> {
    let grid = arguments.grid();
    // The arm `tuned` has a rate in every trial; until then any does.
    let tuned_rate = raw.tuned_rate.or(grid.rates.first().copied());
    let config = RawConfig { tuned_rate, choices: Vec::new(), ..raw.clone() }.check()?;
    let Plan { jobs, .. } = lab.plan(config.clone())?;
    let fisher_jobs: Vec<Job> = jobs.into_iter().filter(|job| matches!(job.kind, JobKind::Fisher { .. })).collect();

    let every = every_trial(&grid, &config, lab)?;
    let all: Vec<Job> = fisher_jobs.iter().chain(&every).cloned().collect();
    let tensors = lab.tensor_names()?;
    let expected = Expected { config: &config, jobs: &all, tensors: tensors.len(), test_rows: 0, probabilities: false };
    let header = Header { config: serde_json::json!({"config": settings(&config)?, "tune": grid}), ..header };
    let path = arguments.out.with_extension("tune.journal");
    let journal = Mutex::new(Journal::open(&path, &header, &expected)?);
    let threads = arguments.threads();
    let workers =
        Workers { inputs, config: &config, journal: &journal, models: None, threads, keeps_probabilities: false };

    let needs_fisher = !fisher_jobs.is_empty();
    workers.perform("fisher", fisher_jobs, &BTreeMap::new())?;
    let estimate = if needs_fisher { Some(fisher::estimate(&tensors, &texts(&journal))?) } else { None };
    let arms = guided_arms(lab, &config, estimate.as_ref())?;
    let metric = config.metric.of(lab.dataset()?.task);
    let (dataset, pretrained) = (lab.dataset()?, lab.pretrained()?);
    // Two rounds: all settings, then the better third with the other seeds. A run that diverged is not in the journal.
    let mut lost: Vec<String> = Vec::new();
    loop {
        let mut next = Vec::new();
        for (arm, fraction) in searches(&config) {
            let trials = trials(&every, arm, fraction, &journal, &lost, metric);
            next.extend(grid.jobs(&config, (arm, fraction), &trials, dataset, pretrained)?);
        }
        if next.is_empty() {
            break;
        }
        let ids: Vec<String> = next.iter().map(|job| job.id.clone()).collect();
        workers.perform("search", next, &arms)?;
        let journal = journal.lock().unwrap();
        lost.extend(ids.into_iter().filter(|id| !journal.done.contains_key(id)));
    }
    let mut choices = Vec::new();
    for (arm, fraction) in searches(&config) {
        let trials = trials(&every, arm, fraction, &journal, &lost, metric);
        let choice = grid.choose(arm, fraction, &trials);
        let choice = choice.ok_or_else(|| format!("--tune: every run of {arm} at {fraction} diverged"))?;
        eprintln!(
            "{arm} at {fraction}: learning rate {}, {} {}{} (mean {metric} {:.4} on validation data)",
            choice.setting.learning_rate,
            choice.setting.epochs,
            if choice.setting.epochs == 1 { "epoch" } else { "epochs" },
            choice.setting.rate.map_or_else(String::new, |rate| format!(", rate {rate}")),
            choice.score
        );
        choices.push(choice);
    }
    Ok(RawConfig { choices, ..raw.clone() }.check()?)
}

fn searches(config: &Config) -> Vec<(Arm, f64)> {
    config.fractions.iter().flat_map(|&fraction| config.arms.iter().map(move |&arm| (arm, fraction))).collect()
}

/// Every run that the search may come to.
fn every_trial(grid: &TuneGrid, config: &Config, lab: &Lab) -> Result<Vec<Job>, Failure> {
    let mut jobs = Vec::new();
    for (arm, fraction) in searches(config) {
        for &seed in &grid.seeds {
            // As the first seed, every setting is run with it.
            let with_seed = TuneGrid { seeds: vec![seed], ..grid.clone() };
            jobs.extend(with_seed.jobs(config, (arm, fraction), &[], lab.dataset()?, lab.pretrained()?)?);
        }
    }
    Ok(jobs)
}

/// The trials of one search that are done.
fn trials(
    every: &[Job],
    arm: Arm,
    fraction: f64,
    journal: &Mutex<Journal>,
    lost: &[String],
    metric: &str,
) -> Vec<Trial> {
    let journal = journal.lock().unwrap();
    let trial = |job: &Job| {
        let JobKind::Trial { run: RunKey { arm: of, fraction: at, seed }, setting } = job.kind else { return None };
        if (of, at) != (arm, fraction) {
            return None;
        }
        match journal.done.get(&job.id) {
            Some(Finished::Run(run)) => Some(Trial { setting, seed, score: run.score(metric) }),
            _ => lost.contains(&job.id).then_some(Trial { setting, seed, score: None }),
        }
    };
    every.iter().filter_map(trial).collect()
}
