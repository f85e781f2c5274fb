//! Jobs and settings that nobody plans are errors, and never panics.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::{CONFIG, TOKENIZER, WEIGHTS, without_mlm_head};
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::device::{DeviceKind, open};
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::lab::plan::Job;
use serde_json::json;

fn lab(weights: &[u8]) -> Lab {
    let mut lab = Lab::new(pollster::block_on(open(DeviceKind::Cpu)).unwrap());
    lab.load_model("tiny", CONFIG, weights, TOKENIZER).unwrap();
    let rows: String = (0..60).map(|it| format!("text number {it},class {}\n", it % 10)).collect();
    let options = ReadOptions { name: "sixty.csv".into(), ..ReadOptions::default() };
    lab.set_dataset(Dataset::read(format!("text,label\n{rows}").as_bytes(), &options).unwrap());
    lab.set_corpus("the river runs\nthe boat is old\n");
    lab
}

fn started(lab: &mut Lab, job: &Job) -> String {
    let config = RawConfig { max_tokens: 16, ..RawConfig::default() }.check().unwrap();
    lab.start(&config, job, None).map_or_else(|error| error.to_string(), |()| "started".to_string())
}

fn fisher() -> Job {
    serde_json::from_value(json!({"kind": "fisher", "id": "fisher/0", "from": 0, "to": 2, "work": 1.0, "units": 2}))
        .unwrap()
}

#[test]
fn fisher_information_of_a_model_without_a_head_is_refused_at_the_start() {
    assert_eq!(started(&mut lab(WEIGHTS), &fisher()), "started");
    let refused = started(&mut lab(&without_mlm_head()), &fisher());
    assert!(refused.contains("a masked-language-model head"), "{refused}");
}

#[test]
fn fractions_of_the_same_rows_are_refused() {
    let lab = lab(WEIGHTS);
    let plan = |fractions: &[f64]| {
        let config = RawConfig { max_tokens: 16, fractions: fractions.to_vec(), ..RawConfig::default() };
        lab.plan(config.check().unwrap())
    };
    // Ten classes of five training rows each.
    assert_eq!(plan(&[1.0, 0.5]).unwrap().fraction_rows, [50, 30]);
    let refused = plan(&[1.0, 0.2, 0.1]).unwrap_err().to_string();
    assert!(refused.contains("got 0.1 and 0.2, which both are the same 10 rows of 50"), "{refused}");
}
