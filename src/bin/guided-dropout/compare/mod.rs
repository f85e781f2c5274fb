//! `compare`: the page's experiment, natively. A labelled file in, `results.json` out.

mod corrections;
mod export;
mod inputs;
mod journal;
mod models;
mod options;
mod probabilities;
mod remarks;
mod tune;
mod workers;

pub use options::Arguments;
use options::Request;

use crate::report::Report;
use crate::{Failure, files, model_folder};
use guided_dropout_lab::device::DeviceKind;
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, Plan};
use guided_dropout_lab::lab::results::{BaselineRun, DeviceSummary, Results, RunReport};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::{self, TextFisher};
use guided_dropout_lab::method::rates::ArmRates;
use guided_dropout_lab::method::schedule::guided;
use inputs::Inputs;
use journal::{Expected, Finished, Header, Journal, Program};
use models::Models;
use std::collections::BTreeMap;
use std::sync::Mutex;
use workers::Workers;

/// Plans, performs and writes.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let journal_path = arguments.out.with_extension("journal");
    refuse_overwriting(arguments, &journal_path)?;
    let request = arguments.request()?;
    let inputs = Inputs::read(arguments, &request.reading)?;
    check_plan(arguments, &request, &inputs)?;
    let lab = inputs.lab()?;
    for said in inputs.dataset.said() {
        eprintln!("{}: {said}", inputs.dataset.name);
    }
    for rejected in &inputs.dataset.rejected {
        eprintln!("{}, line {}: {}", inputs.dataset.name, rejected.line, rejected.reason);
    }
    model_folder::say_ignored(&arguments.model, &inputs.model);
    for remark in &lab.pretrained()?.remarks {
        eprintln!("{}: {}", inputs.described.model.name, remarks::words(remark));
    }
    let header = |config: &Config| -> Result<Header, Failure> {
        Ok(Header {
            format: "guided-dropout-journal".into(),
            program: Program::this()?,
            config: journal::settings(config)?,
            inputs: inputs.described.clone(),
            device: arguments.device(),
        })
    };
    let config = if arguments.tune {
        let any = RawConfig { arms: vec![Arm::Standard], ..request.config.clone() }.check()?;
        tune::search(arguments, &request.config, &inputs, &lab, header(&any)?)?
    } else {
        request.config.check()?
    };
    for finding in lab.health(&config)? {
        eprintln!("{}: {finding}", inputs.dataset.name);
    }
    if let Some(path) = &arguments.export {
        return export::write(path, &lab, config, &inputs, json);
    }
    let Plan { config, jobs, train_rows, test_rows, .. } = lab.plan(config)?;
    eprintln!("{}: {train_rows} rows to train on, {test_rows} to test on, {} jobs", inputs.dataset.name, jobs.len());

    let tensors = lab.tensor_names()?;
    let keeps_probabilities = probabilities::are_wanted(arguments, &inputs.dataset)?;
    let (config_of, tensors_of) = (&config, tensors.len());
    let expected =
        Expected { config: config_of, jobs: &jobs, tensors: tensors_of, test_rows, probabilities: keeps_probabilities };
    let journal = Mutex::new(Journal::open(&journal_path, &header(&config)?, &expected)?);

    let models = arguments.save_models.then(|| Models {
        folder: models::beside(&arguments.out),
        inputs: &inputs,
        config: &config,
    });
    let workers = Workers {
        inputs: &inputs,
        config: &config,
        journal: &journal,
        models: models.as_ref(),
        threads: arguments.threads(),
        keeps_probabilities,
    };
    let (fisher_jobs, run_jobs): (Vec<Job>, Vec<Job>) =
        jobs.into_iter().partition(|job| matches!(job.kind, JobKind::Fisher { .. }));
    let needs_fisher = !fisher_jobs.is_empty();
    workers.perform("fisher", fisher_jobs, &BTreeMap::new())?;
    let estimate = if needs_fisher { Some(fisher::estimate(&tensors, &texts(&journal))?) } else { None };
    let arms = guided_arms(&lab, &config, estimate.as_ref())?;
    workers.perform("runs", run_jobs, &arms)?;

    let kind = if arguments.device() == DeviceKind::Cpu { "cpu" } else { "webgpu" };
    let device = DeviceSummary { kind: kind.into(), adapter: None };
    let mut runs = runs(&journal);
    if let Some(path) = &arguments.probabilities {
        probabilities::write(path, &config, lab.dataset()?, &mut runs)?;
    }
    let results = Results::new(&config, device, lab.dataset()?, lab.pretrained()?, estimate, &arms, runs)?;
    let baselines = BaselineRun::of_all(&config, lab.dataset()?)?;
    let mut results = results.with_inputs(Some(inputs.described.clone())).with_baselines(baselines);
    if let Some(earlier) = arguments.labels.earlier()? {
        results = results.with_earlier(&earlier)?;
    }
    files::replace("--out", &arguments.out, &serde_json::to_vec_pretty(&results)?)?;
    if let Some(models) = &models {
        models.describe(&results)?;
        eprintln!("models of seed {}: {}", config.seeds[0], models.folder.display());
    }
    let report = Report {
        comparisons: results.comparisons(),
        baseline_comparisons: results.baseline_comparisons(),
        remarks: results.remarks().iter().map(|worded| worded.text.clone()).collect(),
        doublings: results.doublings(),
        classes: (results.classes(), &inputs.dataset.labels),
        verdict: results.verdict(),
        suspects: results.suspects().map(|suspects| (suspects, &*inputs.dataset.labels)),
        correction_effect: results.correction_effect(),
        out: Some(&arguments.out),
    };
    report.print(json);
    Ok(())
}

/// The noise of each arm at each site, by this estimate.
fn guided_arms(
    lab: &Lab,
    config: &Config,
    estimate: Option<&fisher::Estimate>,
) -> Result<BTreeMap<Arm, ArmRates>, Failure> {
    Ok(lab.arms(config, estimate.map(|e| guided(&e.sites, config.p_upper, config.p_lower)))?)
}

fn refuse_overwriting(arguments: &Arguments, journal: &std::path::Path) -> Result<(), Failure> {
    let model = model_folder::paths("--model", &arguments.model)?;
    let mut inputs = inputs::paths(arguments);
    inputs.extend(model.iter().map(|path| ("--model", path.as_path())));
    files::refuse_overwriting("--out", &arguments.out, &inputs)?;
    if let Some(export) = &arguments.export {
        files::refuse_overwriting("--export", export, &inputs)?;
    }
    if let Some(probabilities) = &arguments.probabilities {
        files::refuse_overwriting("--probabilities", probabilities, &inputs)?;
    }
    files::refuse_overwriting("the journal of --out", journal, &inputs)
}

/// Refuses other files than the plan was made with, unless they are allowed, and says what else differs.
fn check_plan(arguments: &Arguments, request: &Request, inputs: &Inputs) -> Result<(), Failure> {
    let (Some(path), Some(plan)) = (&arguments.plan, &request.plan) else { return Ok(()) };
    let path = path.display();
    let overridden = request.overridden(plan)?;
    if !overridden.is_empty() {
        eprintln!("--plan {path}: the options given here differ from it: {}", overridden.join(", "));
    }
    let Some(planned) = &plan.inputs else {
        eprintln!("--plan {path}: it names no files, so whether these are the same is not known");
        return Ok(());
    };
    let differences = planned.differences(&inputs.described);
    if differences.is_empty() {
        return Ok(());
    }
    let message = format!("--plan {path}: it was made with other files ({})", differences.join("; "));
    if !arguments.allow_other_files {
        return Err(format!("{message}; --allow-other-files compares all the same").into());
    }
    eprintln!("{message}: other numbers are to be expected");
    Ok(())
}

fn texts(journal: &Mutex<Journal>) -> Vec<TextFisher> {
    let texts = |f: &Finished| if let Finished::Fisher(texts) = f { texts.clone() } else { Vec::new() };
    journal.lock().unwrap().done.values().flat_map(texts).collect()
}

fn runs(journal: &Mutex<Journal>) -> Vec<RunReport> {
    let run = |f: &Finished| if let Finished::Run(run) = f { Some(run.as_ref().clone()) } else { None };
    journal.lock().unwrap().done.values().filter_map(run).collect()
}
