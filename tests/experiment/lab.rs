//! A lab with the tiny BERT and forty rows, and experiments on it.

use crate::common::{CONFIG, TOKENIZER, WEIGHTS, finish, fisher_texts};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, RunKey};
use guided_dropout_lab::lab::results::RunReport;
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher;
use guided_dropout_lab::method::rates::ArmRates;
use guided_dropout_lab::method::schedule::guided;
use std::collections::BTreeMap;

const PROSE: &str = "the cat sat on the mat and looked at the rain\na small boat crossed the wide river at night\n\
    the teacher wrote a long word on the board\nnobody knows why the old clock stopped\n\
    bread and salt were on the table\nin winter the lake freezes over\n";

/// Forty rows that a bag of words can tell apart.
pub fn rows() -> String {
    let mut csv = String::from("text,label\n");
    for i in 0..20 {
        csv.push_str(&format!(
            "the river and the boat {i} at night,water\na word on the board {i} of a teacher,school\n"
        ));
    }
    csv
}

pub fn lab(device: Device) -> Lab {
    let mut lab = Lab::new(device);
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
    lab.set_dataset(Dataset::read(rows().as_bytes(), &ReadOptions::default()).unwrap());
    assert_eq!(lab.set_corpus(PROSE), 6);
    lab
}

pub fn config(arms: &[Arm]) -> Config {
    let raw = RawConfig {
        arms: arms.to_vec(),
        seeds: vec![1, 2],
        epochs: 2,
        learning_rate: 1e-2,
        batch_size: 8,
        max_tokens: 24,
        fisher_texts: 6,
        ..RawConfig::default()
    };
    raw.check().unwrap()
}

pub async fn arms(lab: &mut Lab, config: &Config) -> BTreeMap<Arm, ArmRates> {
    let texts = fisher_texts(lab, config, 0, 6).await;
    let estimate = fisher::estimate(&lab.tensor_names().unwrap(), &texts).unwrap();
    lab.arms(config, Some(guided(&estimate.sites, config.p_upper, config.p_lower))).unwrap()
}

pub fn job(arm: Arm, seed: u32) -> Job {
    let run = RunKey { arm, seed, fraction: 1.0 };
    Job { id: "run".into(), work: 1.0, units: 8, kind: JobKind::Run { run, evaluation: 0.1 } }
}

pub async fn run(lab: &mut Lab, config: &Config, arm: Arm, seed: u32, rates: &ArmRates, units: usize) -> RunReport {
    match finish(lab, config, &job(arm, seed), Some(rates), units).await.pop() {
        Some(Event::RunDone { run }) => run,
        other => panic!("a run ends with run_done, not {other:?}"),
    }
}

pub fn losses(run: &RunReport) -> Vec<f64> {
    run.steps.iter().map(|s| s.loss).collect()
}

/// By what share each step's loss differs from another run's.
pub fn apart(one: &[f64], other: &[f64]) -> Vec<f64> {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(l, r)| (l - r).abs() / l).collect()
}

/// Runs that see other noise, rows or rates are apart by far more than rounding, from the first step on.
pub fn assert_apart(one: &RunReport, other: &RunReport) {
    let apart = apart(&losses(one), &losses(other));
    assert!(apart[0] > 1e-4 && apart.iter().any(|&share| share > 1e-2), "{apart:?}");
}
