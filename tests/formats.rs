//! docs/formats.md against the types: every field that is written is documented, and every documented field is written.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use burn::tensor::Device;
use common::{CONFIG, TOKENIZER, WEIGHTS};
use guided_dropout_lab::analysis::stats::{Clause, ControlFinding, Equivalence, Evidence, Excluded, Unanswered};
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions, Task};
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::choice::{Choice, Setting};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::PortablePlan;
use guided_dropout_lab::lab::results::{
    BaselineRun, DatasetInput, DeviceSummary, Earlier, EpochReport, Input, Inputs, Probe, Results, RunReport, Scores,
    StepLoss,
};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::{self, FisherLoss, TextFisher};
use guided_dropout_lab::method::schedule::guided;
use serde_json::Value;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../docs/formats.md");

/// The first column of the table below a heading of the document.
fn documented(heading: &str) -> BTreeSet<String> {
    let section = DOCUMENT.split("\n## ").find(|section| section.starts_with(heading)).expect(heading);
    section.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_string())).collect()
}

/// The path of every value, in the document's notation: lists as `[]`, the keys of `arms` as `ARM`, those of digests as `FILE`.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let key = match path {
                    "arms" => "ARM",
                    _ if path.ends_with(".sha256") => "FILE",
                    _ => key,
                };
                fields(value, &if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| fields(value, &format!("{path}[]"), found)),
        _ => {
            found.insert(path.to_string());
        }
    }
}

/// Fields of all `values` together. A null or empty part adds nothing where another value has something in it.
fn written(values: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    values.iter().for_each(|value| fields(value, "", &mut found));
    let inner = found.clone();
    found.retain(|path| {
        !inner.iter().any(|other| other.starts_with(&format!("{path}.")) || other.starts_with(&format!("{path}[")))
    });
    found
}

fn check(heading: &str, mut documented: BTreeSet<String>, written: &BTreeSet<String>, summarised: &[&str]) {
    summarised.iter().for_each(|path| assert!(documented.remove(*path), "{heading}: {path} is in the document"));
    let missing: Vec<_> = written.difference(&documented).collect();
    let extra: Vec<_> = documented.difference(written).collect();
    assert!(missing.is_empty(), "docs/formats.md, {heading}: expected these fields, which are written: {missing:?}");
    assert!(extra.is_empty(), "docs/formats.md, {heading}: nothing writes these fields: {extra:?}");
}

fn config() -> Config {
    let custom = guided(&fisher_of(&tiny(Task::Classification)).sites, 0.1, 0.0);
    let raw = RawConfig {
        arms: vec![Arm::Guided, Arm::Standard],
        seeds: vec![1, 2, 3, 4],
        fractions: vec![1.0, 0.5],
        epochs: 2,
        custom_rates: Some(custom),
        choices: vec![Choice {
            arm: Arm::Tuned,
            fraction: 1.0,
            setting: Setting { learning_rate: 1e-4, epochs: 2, rate: Some(0.2) },
            score: 0.5,
            settings: 12,
            trials: 20,
        }],
        ..RawConfig::default()
    };
    raw.check().unwrap()
}

fn tiny(task: Task) -> Lab {
    let mut csv = String::from("text,label\n,none\n");
    (0..40).for_each(|i| csv.push_str(&format!("the boat {i},{}\n", i % 2)));
    let options = ReadOptions { task: Some(task), ..ReadOptions::default() };
    let mut lab = Lab::new(Device::flex());
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
    lab.set_dataset(Dataset::read(csv.as_bytes(), &options).unwrap());
    lab
}

fn fisher_of(lab: &Lab) -> fisher::Estimate {
    let names = lab.tensor_names().unwrap();
    let text = |index: usize| TextFisher {
        index,
        loss: 1.0,
        means: (0..names.len()).map(|t| ((t * 7 + index) % 11 + 1) as f64).collect(),
    };
    fisher::estimate(&names, &(0..8).map(text).collect::<Vec<_>>()).unwrap()
}

/// results.json with every part that the task can have.
fn results(task: Task) -> Value {
    let (lab, config) = (tiny(task), config());
    let score = |seed: u32, arm: Arm| {
        Some(f64::from(seed * seed) / 100.0 + if arm == Arm::Guided { 0.3 } else { 0.1 / f64::from(seed) })
    };
    let run = |arm: Arm, seed: u32, fraction: f64| {
        let mut run = RunReport::new(arm, seed, fraction);
        let score = score(seed, arm).map(|score| score * fraction);
        let scores = match task {
            Task::Classification => Scores { accuracy: score, macro_f1: score, matthews: score, ..Scores::default() },
            Task::Regression => Scores { pearson: score, spearman: score, ..Scores::default() },
        };
        run.steps.push(StepLoss { step: 1, loss: 0.5 });
        let early = Scores { accuracy: scores.accuracy.map(|a| a / 2.0), ..scores.clone() };
        for (epoch, scores) in [(1, early), (2, scores)] {
            run.epochs.push(EpochReport { epoch, steps: 1, train_loss: 0.5, eval_loss: 0.4, scores });
        }
        run.confusion = (task == Task::Classification).then(|| vec![vec![4, 0], vec![seed as usize, 3]]);
        let test = config.split(lab.dataset().unwrap(), seed).unwrap().test;
        run.predictions = vec![0.0; test.len()];
        if task == Task::Classification {
            (run.label_probabilities, run.rival_probabilities) = (vec![0.4; test.len()], vec![0.6; test.len()]);
        }
        run.device = (seed == 1).then(|| DeviceSummary { kind: "cpu".into(), adapter: None });
        run.micro_batch_size = (seed == 1).then_some(2);
        run
    };
    let pair = |(seed, fraction)| [run(Arm::Guided, seed, fraction), run(Arm::Standard, seed, fraction)];
    // The last seed lacks a run, and so is missing from its pair.
    let mut runs: Vec<_> =
        config.seeds.iter().flat_map(|&seed| [1.0, 0.5].map(|fraction| (seed, fraction))).flat_map(pair).collect();
    runs.pop();
    let fisher = fisher_of(&lab);
    let arms = lab.arms(&config, Some(guided(&fisher.sites, 0.1, 0.0))).unwrap();
    let device = DeviceSummary { kind: "cpu".into(), adapter: None };
    let results =
        Results::new(&config, device, lab.dataset().unwrap(), lab.pretrained().unwrap(), Some(fisher), &arms, runs);
    let file = |name: &str| Input { name: name.into(), sha256: [(name.to_string(), "0".to_string())].into() };
    let Input { name, sha256 } = file("rows.csv");
    let dataset = DatasetInput { name, sha256, options: ReadOptions::default() };
    let inputs = Inputs { dataset, model: file("config.json"), corpus: file("prose.txt") };
    let both = |&seed: &u32| BaselineRun::both(&config, lab.dataset().unwrap(), seed, 1.0).unwrap();
    let mut baselines: Vec<BaselineRun> = config.seeds.iter().flat_map(both).collect();
    for run in &mut baselines {
        let Scores { accuracy, pearson, .. } = &mut run.scores;
        [accuracy, pearson].into_iter().flatten().for_each(|score| *score = f64::from(run.seed) / 20.0);
    }
    let probe = Probe { arm: Arm::Standard, fraction: 1.0, epochs: 2, seeds: 2, change: 0.001 };
    let results = results.unwrap().with_baselines(baselines).with_probes(vec![probe]).with_inputs(Some(inputs));
    let mut earlier: Earlier = serde_json::from_value(serde_json::to_value(&results).unwrap()).unwrap();
    for run in &mut earlier.runs {
        let Scores { accuracy, pearson, .. } = &mut run.epochs.last_mut().unwrap().scores;
        [accuracy, pearson].into_iter().flatten().for_each(|score| *score -= f64::from(run.seed * run.seed) / 200.0);
    }
    serde_json::to_value(results.with_earlier(&earlier).unwrap()).unwrap()
}

#[test]
fn results_json() {
    let mut values = [results(Task::Classification), results(Task::Regression)];
    for value in &mut values {
        (value["config"], value["clauses"]) = (Value::Null, Value::Null);
        value["inputs"]["dataset"]["options"] = Value::Null;
        for list in ["comparisons", "baseline_comparisons"] {
            value[list].as_array_mut().unwrap().iter_mut().for_each(|c| c["notes"] = Value::Null);
        }
        let arms = value["correction_effect"]["arms"].as_array_mut().unwrap();
        arms.iter_mut().for_each(|arm| arm["notes"] = Value::Null);
    }
    check(
        "results.json",
        documented("results.json"),
        &written(&values),
        &["fisher", "suspects", "correction_effect", "remarks[].change", "remarks[].settings"],
    );
}

#[test]
fn clauses() {
    let evidence = Evidence {
        arm: "guided".into(),
        baseline: "standard".into(),
        metric: "accuracy".into(),
        fraction: 1.0,
        seeds: 9,
        planned_seeds: 10,
        mean_difference: 0.1,
        ci95: Some([0.0, 0.2]),
        p_value: Some(0.1),
        family: 2,
    };
    let unanswered = Unanswered { class: 1, arms: vec!["guided".into()], by_all: false };
    let tests = Equivalence { bound: 0.01, excluded: Excluded::Neither, ci90: [0.0, 0.2], p_value: 0.9 };
    let (control, finding) = ("shuffled".to_string(), ControlFinding::Ahead);
    let clauses = [
        Clause::TooFewSeeds { least_seeds: 3, evidence: evidence.clone() },
        Clause::Equivalence { arm: "guided".into(), metric: "accuracy".into(), seeds: 4, tests },
        Clause::CannotShow { seeds: 4, least_seeds: 6, seeds_needed: Some(9) },
        Clause::Control { control, finding, evidence: Some(evidence) },
        Clause::TestsDisagree,
        Clause::MissingPairs { missing: 1, planned_seeds: 10 },
        Clause::AnsweringMajority { class: 0, rows: 1, of: 2 },
        Clause::NeverAnswered { fraction: 1.0, classes: vec![unanswered] },
    ];
    let values = clauses.map(|clause| serde_json::to_value(clause).unwrap());
    check("Clauses", documented("Clauses"), &written(&values), &[]);
}

#[test]
fn settings() {
    check("Settings", documented("Settings"), &written(&[serde_json::to_value(config()).unwrap()]), &[]);
}

/// Of both losses; what is described elsewhere is taken as one.
#[test]
fn plan_json() {
    let plan = |loss: FisherLoss| {
        let mut csv = String::from("text,label,other\n");
        (0..40).for_each(|i| csv.push_str(&format!("the boat {i},{},the rain\n", i % 2)));
        let options = ReadOptions { pair_column: Some("other".into()), ..ReadOptions::default() };
        let dataset = Dataset::read(csv.as_bytes(), &options).unwrap();
        let raw = RawConfig { fisher_loss: loss, custom_rates: None, choices: Vec::new(), ..(*config()).clone() };
        let prose = ["a passage".to_string()];
        let plan = PortablePlan::new(raw.check().unwrap(), &dataset, &prose, None).unwrap();
        let mut plan = serde_json::to_value(&plan).unwrap();
        for part in ["config", "dataset", "baselines"] {
            assert!(!plan[part].is_null(), "{part}");
            plan[part] = true.into();
        }
        plan
    };
    let plans = [plan(FisherLoss::Pretraining), plan(FisherLoss::Labelled)];
    check("plan.json", documented("plan.json"), &written(&plans), &[]);
    // The splits are the core's own, row by row.
    assert_eq!(plans[0]["splits"].as_array().unwrap().len(), 4);
    assert_eq!(plans[0]["examples"][3], serde_json::json!({"text": "the boat 3", "pair": "the rain", "target": 1.0}));
}
