//! Fisher information of the labelled loss, and what must not enter it.

use crate::common::fisher_texts;
use crate::lab::{config, lab};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::lab::plan::{Job, JobKind, Plan};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::{self, FisherLoss};

/// Rows with a split of their own, of which the test rows have these labels.
fn with_test_labels(first: &str, second: &str) -> String {
    let mut csv = String::from("text,label,split\n");
    for i in 0..10 {
        let (portion, [water, school]) = if i < 7 { ("train", ["water", "school"]) } else { ("test", [first, second]) };
        csv.push_str(&format!("the river {i} at night,{water},{portion}\na word on board {i},{school},{portion}\n"));
    }
    csv
}

/// Fisher information of the labelled loss is of the rows that every seed trains on, in any shards; no label of a test row enters it, and no prose.
async fn labels_of_test_rows_never_enter_fisher_information(device: Device) {
    let mut lab = lab(device);
    let labelled =
        RawConfig { fisher_loss: FisherLoss::Labelled, fisher_texts: 100, ..(*config(&[Arm::Guided])).clone() };
    let labelled = labelled.check().unwrap();
    let planned = |plan: &Plan| {
        let last = |job: &Job| if let JobKind::Fisher { to, .. } = job.kind { Some(to) } else { None };
        plan.jobs.iter().filter_map(last).max().unwrap()
    };
    // 40 rows of which each of two seeds tests 8: between 24 and 32 are left.
    let common = planned(&lab.plan(labelled.clone()).unwrap());
    assert!((24..32).contains(&common), "{common}");
    let many = RawConfig { seeds: (1..=50).collect(), ..(*labelled).clone() }.check().unwrap();
    let refusal = lab.plan(many).unwrap_err().to_string();
    assert!(refusal.contains("fisher_loss") && refusal.contains("fewer seeds"), "{refusal}");

    let mut estimates = Vec::new();
    for (first, second) in [("water", "school"), ("school", "water")] {
        lab.set_dataset(Dataset::read(with_test_labels(first, second).as_bytes(), &ReadOptions::default()).unwrap());
        assert_eq!(planned(&lab.plan(labelled.clone()).unwrap()), 14);
        estimates.push(fisher_texts(&mut lab, &labelled, 0, 14).await);
    }
    assert_eq!(estimates[0], estimates[1], "with other labels of the test rows, to the bit");
    lab.set_corpus("");
    let mut shards = fisher_texts(&mut lab, &labelled, 9, 14).await;
    shards.extend(fisher_texts(&mut lab, &labelled, 0, 9).await);
    let names = lab.tensor_names().unwrap();
    let [whole, shards] = [&estimates[0], &shards].map(|texts| fisher::estimate(&names, texts).unwrap());
    assert!(whole.sites.iter().all(|site| site.score > 0.0) && whole.texts == 14);
    for (a, b) in whole.tensors.iter().zip(&shards.tensors).filter(|(a, _)| !a.name.ends_with("key.bias")) {
        assert!((a.mean - b.mean).abs() <= 1e-5 * a.mean, "{}: {} and {}", a.name, a.mean, b.mean);
    }
    let other_head = RawConfig { fisher_seed: 2, ..(*labelled).clone() }.check().unwrap();
    assert_ne!(fisher_texts(&mut lab, &other_head, 0, 14).await, estimates[0], "the head is drawn by the seed");
}

tests_on!(cpu: labels_of_test_rows_never_enter_fisher_information);
