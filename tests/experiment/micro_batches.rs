//! A step computed a few rows at a time takes the gradient of the whole batch.

use crate::common::finish;
use crate::lab::{config, job, lab, rows};
use burn::tensor::Device;
use guided_dropout_lab::data::class_weights::ClassWeights;
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::lab::Event;
use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::method::arms::Arm;

/// How far numbers may be apart that are summed in another order.
const BOUND: f64 = 1e-6;

/// Losses and gradient norms of ten steps and more, of batches of 8 and one of fewer rows.
async fn parts_of_a_batch_take_its_steps(device: Device) {
    let mut lab = lab(device);
    // One class has a row fewer, and the last batch of an epoch is not full.
    let uneven: String = rows().lines().take(39).map(|row| format!("{row}\n")).collect();
    lab.set_dataset(Dataset::read(uneven.as_bytes(), &ReadOptions::default()).unwrap());
    for (arm, class_weights) in [
        (Arm::Standard, ClassWeights::None),
        (Arm::Standard, ClassWeights::Balanced),
        (Arm::Gaussian, ClassWeights::None),
    ] {
        let with = |micro_batch_size| {
            let raw = RawConfig {
                epochs: 3,
                learning_rate: 1e-3,
                class_weights,
                micro_batch_size,
                ..(*config(&[arm])).clone()
            };
            raw.check().unwrap()
        };
        let mut norms = Vec::new();
        let mut curve = Vec::new();
        for micro_batch_size in [1024, 8, 4, 3, 1] {
            let config = with(micro_batch_size);
            let rates = lab.arms(&config, None).unwrap().remove(&arm).unwrap();
            let events = finish(&mut lab, &config, &job(arm, 1), Some(&rates), 4).await;
            let steps = events.iter().filter_map(|event| match event {
                Event::Step { loss, gradient_norm, .. } => Some((*loss, *gradient_norm)),
                _ => None,
            });
            let (losses, of_gradients): (Vec<f64>, Vec<f64>) = steps.unzip();
            if curve.is_empty() {
                assert!(losses.len() > 10);
                (curve, norms) = (losses, of_gradients);
                continue;
            }
            for (what, ours, whole) in [("losses", &losses, &curve), ("norms", &of_gradients, &norms)] {
                let apart = ours.iter().zip(whole).map(|(a, b)| (a - b).abs() / b).fold(0.0, f64::max);
                let bound = if micro_batch_size >= 8 { 0.0 } else { BOUND };
                assert!(apart <= bound, "{arm:?}, {class_weights:?}, {what} by {micro_batch_size}: {apart:e} apart");
            }
        }
    }
}

tests_on!(cpu: parts_of_a_batch_take_its_steps);
