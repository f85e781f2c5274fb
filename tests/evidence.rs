//! `examples/evidence`: the tables and the figure that are there are those of the scores that are there.

#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code)] // its `main`
#[path = "../examples/evidence/main.rs"]
mod evidence;

use guided_dropout_lab::stats::compare_paired;
use serde_json::{Value, json};
use std::fs;

#[test]
fn tables_and_figure_are_those_of_the_scores() {
    let (page, figure) = evidence::written().unwrap();
    assert!(fs::read_to_string("EVIDENCE.md").unwrap() == page, "EVIDENCE.md: run examples/evidence");
    assert!(fs::read_to_string("www/evidence.json").unwrap() == figure, "www/evidence.json: run examples/evidence");
}

/// Seeds that were run one after the other make the set that they would have made together; none counts twice.
#[test]
fn a_set_grows_by_seeds() {
    let whole: Value = serde_json::from_slice(&fs::read("evidence/trec.json").unwrap()).unwrap();
    let part = |range: std::ops::Range<usize>| {
        let mut part = whole.clone();
        let cut = |list: &mut Value| *list = list.as_array().unwrap()[range.clone()].into();
        cut(&mut part["seeds"]);
        for of_arm in part["scores"].as_object_mut().unwrap().values_mut() {
            of_arm.as_object_mut().unwrap().values_mut().for_each(cut);
        }
        part["hours"] = json!(1.5);
        serde_json::from_value::<evidence::Set>(part).unwrap()
    };
    let mut set = part(0..4);
    set.add(part(4..20)).unwrap();
    let joined = serde_json::to_value(&set).unwrap();
    assert_eq!(
        (&joined["seeds"], &joined["scores"], &joined["hours"]),
        (&whole["seeds"], &whole["scores"], &json!(3.0))
    );
    assert_eq!(set.add(part(3..5)).unwrap_err().to_string(), "trec: seed 14 is there already");
}

/// What was not made by the plan is no evidence; what was, is read run by run.
#[test]
fn a_set_is_made_by_the_plan() {
    let plan = evidence::plan().unwrap();
    let mut config = plan.clone();
    config["seeds"] = json!([11, 12]);
    let mut runs = Vec::new();
    for (arm, fraction, seed) in runs_of(&plan) {
        let epochs = json!([{"accuracy": 0.1}, {"accuracy": fraction * f64::from(seed) / 100.0}]);
        runs.push(json!({"arm": arm, "fraction": fraction, "seed": seed, "elapsed_ms": 1000, "epochs": epochs}));
    }
    let sites = json!([{"site": "embeddings", "score": 1.0}]);
    let dataset = json!({"task": "classification", "train_rows": 8, "test_rows": 4});
    let results = json!({"config": config, "runs": runs, "dataset": dataset, "fisher": {"sites": sites}});
    let read = |results: &Value| evidence::Set::of(results, &plan, "trec", "c0ffee", "2026-11-28");
    let set = serde_json::to_value(read(&results).unwrap()).unwrap();
    assert_eq!(set["scores"]["guided"]["0.25"], json!([0.0275, 0.03]));

    let mut shorter = results.clone();
    shorter["config"]["epochs"] = json!(1);
    assert_eq!(read(&shorter).err().unwrap().to_string(), "trec: epochs is 1, planned 3");
    let all_rows = |results: &Value| evidence::Set::of(results, &plan, "trec-all", "c0ffee", "2026-11-28");
    assert_eq!(
        all_rows(&results).err().unwrap().to_string(),
        "trec-all: fractions is [1.0,0.5,0.25,0.1], planned [1.0]"
    );
    let mut undivided = results.clone();
    undivided["config"]["fractions"] = json!([1.0]);
    let set = serde_json::to_value(all_rows(&undivided).unwrap()).unwrap();
    assert_eq!(set["scores"]["guided"], json!({"1": [0.11, 0.12]}));
    let mut lost = results;
    lost["runs"].as_array_mut().unwrap().pop();
    assert!(read(&lost).err().unwrap().to_string().starts_with("trec: no accuracy of "));
}

/// Every arm and fraction of the plan, with two seeds.
fn runs_of(plan: &Value) -> Vec<(String, f64, u32)> {
    let arms: Vec<String> = serde_json::from_value(plan["arms"].clone()).unwrap();
    let fractions: Vec<f64> = serde_json::from_value(plan["fractions"].clone()).unwrap();
    let mut runs = Vec::new();
    for arm in arms {
        for &fraction in &fractions {
            runs.extend([11, 12].map(|seed| (arm.clone(), fraction, seed)));
        }
    }
    runs
}

/// The four words of the protocol, each from numbers that mean it.
#[test]
fn a_claim_is_judged_by_the_written_rule() {
    let word = |differences: &[f64], p_holm: f64| evidence::outcome(&compare_paired(differences, 0), p_holm);
    let spread = |mean: f64, step: f64| (0..20).map(|i| mean + step * (f64::from(i) - 9.5)).collect::<Vec<_>>();
    assert_eq!(word(&spread(0.03, 0.001), 0.049), "**holds**");
    assert_eq!(word(&spread(-0.03, 0.001), 0.049), "**contradicted**");
    assert_eq!(word(&spread(0.001, 0.001), 0.05), "too small to matter");
    assert_eq!(word(&[0.0; 20], 1.0), "too small to matter");
    assert!(word(&spread(0.01, 0.004), 0.05).starts_with("undecided ("));
    assert_eq!(word(&spread(0.0, 0.004), 1.0), "undecided (more seeds than can be told)");
}
