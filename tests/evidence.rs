//! `examples/evidence`: the tables and the figure that are there are those of the scores that are there.

#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code)] // its `main`
#[path = "../examples/evidence.rs"]
mod evidence;

use guided_dropout_lab::stats::compare_paired;
use serde_json::{Value, json};
use std::fs;

#[test]
fn tables_and_figure_are_those_of_the_scores() {
    let (page, figure) = evidence::written().unwrap();
    assert_eq!(fs::read_to_string("EVIDENCE.md").unwrap(), page);
    assert_eq!(fs::read_to_string("www/evidence.json").unwrap(), figure);
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
