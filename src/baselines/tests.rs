//! Against scikit-learn (`scripts/baselines_golden.py`).

use super::*;
use crate::data::dataset::ReadOptions;
use serde_json::{Value, json};

fn golden(part: &str) -> Value {
    let mut all: Value = serde_json::from_str(include_str!("../../tests/fixtures/baselines.json")).unwrap();
    all[part].take()
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap()
}

/// The data set of a case, read as any JSON file is.
fn dataset(case: &Value, labels: &str, task: Task) -> Dataset {
    let texts: Vec<String> = list(&case["texts"]);
    let rows: Vec<Value> = texts
        .iter()
        .zip(case[labels].as_array().unwrap())
        .map(|(text, label)| json!({"text": text, "label": label}))
        .collect();
    let options = ReadOptions { name: "rows.json".into(), task: Some(task), ..ReadOptions::default() };
    Dataset::read(serde_json::to_string(&rows).unwrap().as_bytes(), &options).unwrap()
}

#[test]
fn terms_and_weights_are_scikit_learns() {
    let golden = golden("features");
    let texts: Vec<String> = list(&golden["texts"]);
    let expected: Vec<Vec<(String, f64)>> = list(&golden["rows"]);
    let tfidf = Tfidf::fit(texts.iter().map(String::as_str));
    for (text, expected) in texts.iter().zip(expected) {
        let row = tfidf.row(text);
        let mut weights: Vec<f64> = row.iter().map(|(_, weight)| *weight).collect();
        let mut expected_weights: Vec<f64> = expected.iter().map(|(_, weight)| *weight).collect();
        weights.sort_by(f64::total_cmp);
        expected_weights.sort_by(f64::total_cmp);
        assert_eq!(weights.len(), expected.len(), "{text}");
        assert!(weights.iter().zip(&expected_weights).all(|(a, b)| (a - b).abs() < 1e-11), "{text}");
        for (term, weight) in &expected {
            let own = tfidf.row(term);
            // The row of a term alone has its column, and the columns of its words.
            let found = row.iter().filter(|(column, _)| own.iter().any(|(other, _)| other == column));
            assert!(found.into_iter().any(|(_, w)| (w - weight).abs() < 1e-11), "{text}: {term}");
        }
    }
    assert_eq!(tfidf.row("?! a b c"), []);
}

#[test]
fn logistic_regression_answers_as_scikit_learns() {
    for case in [golden("three_or_more"), golden("two")] {
        let dataset = dataset(&case, "labels", Task::Classification);
        for (weighting, expected) in [(ClassWeights::None, &case), (ClassWeights::Balanced, &case["balanced"])] {
            logistic(&dataset, &case, weighting, expected);
        }
        assert_ne!(case["probabilities"], case["balanced"]["probabilities"], "the weights matter");
        assert_eq!(case["agreement_with_default_tolerance"], 1.0, "what users run gives the same classes");
    }
}

/// Probabilities and predictions of one class weighting, beside scikit-learn's.
fn logistic(dataset: &Dataset, case: &Value, weighting: ClassWeights, expected: &Value) {
    let (train, test): (Vec<usize>, Vec<usize>) = (list(&case["train"]), list(&case["test"]));
    let (rows, tested, columns) = features(dataset, &train, &test);
    assert_eq!(columns as u64, case["terms"].as_u64().unwrap());
    let classes: Vec<usize> = train.iter().map(|&i| class(dataset.examples[i].target.clone())).collect();
    let weights = weighting.of(dataset.labels.len(), &classes);
    let model = Linear::logistic(&rows, columns, &classes, dataset.labels.len(), weights.as_deref());
    let probabilities: Vec<Vec<f64>> = list(&expected["probabilities"]);
    for (row, expected) in tested.iter().zip(&probabilities) {
        let outputs = model.predict(row);
        let sum: f64 = outputs.iter().map(|o| o.exp()).sum();
        let found: Vec<f64> = outputs.iter().map(|o| o.exp() / sum).collect();
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");
    }
    let predicted: Vec<f64> = list(&expected["predicted"]);
    assert_eq!(Baseline::TfidfLogistic.predictions(dataset, &train, &test, weighting), predicted);
}

#[test]
fn ridge_regression_answers_as_scikit_learns() {
    let case = golden("ridge");
    let dataset = dataset(&case, "scores", Task::Regression);
    let scores: Vec<f32> = list(&case["scores"]);
    let (train, test): (Vec<usize>, Vec<usize>) = (list(&case["train"]), list(&case["test"]));
    let predictions = Baseline::TfidfRidge.predictions(&dataset, &train, &test, ClassWeights::None);
    let expected: Vec<f64> = list(&case["predicted"]);
    assert!(predictions.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{predictions:?} {expected:?}");
    let mean = train.iter().map(|&i| f64::from(scores[i])).sum::<f64>() / train.len() as f64;
    assert_eq!(Baseline::Mean.predictions(&dataset, &train, &test, ClassWeights::None), vec![mean; test.len()]);
}

#[test]
fn the_majority_is_that_of_the_training_rows() {
    let case = golden("three_or_more");
    let dataset = dataset(&case, "labels", Task::Classification);
    let examples = &dataset.examples;
    let of = |label: usize| (0..examples.len()).filter(move |&i| class(examples[i].target.clone()) == label);
    let train: Vec<usize> = of(1).take(3).chain(of(0).take(2)).collect();
    let test: Vec<usize> = of(0).skip(2).collect();
    assert_eq!(Baseline::Majority.predictions(&dataset, &train, &test, ClassWeights::None), vec![1.0; test.len()]);
}
