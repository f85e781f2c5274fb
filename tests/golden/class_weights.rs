//! Class weights: scikit-learn's `compute_class_weight("balanced")`, and loss and gradient of PyTorch's `CrossEntropyLoss(weight=…)`.
//! `scripts/class_weights_golden.py` made the values.

use crate::values::Golden;
use burn::tensor::{Device, Tensor, TensorData};
use guided_dropout_lab::data::class_weights::ClassWeights;
use guided_dropout_lab::models::checkpoint::read;
use guided_dropout_lab::models::transformer::weighted_cross_entropy;
use serde_json::Value;

const CLASS_WEIGHTS: &str = include_str!("../fixtures/class_weights.json");

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|number| number as f32).collect()
}

/// Balanced weights of uneven training parts, one of them without a class, and the loss of a batch with these weights.
async fn balanced_class_weights(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let cases: Value = serde_json::from_str(CLASS_WEIGHTS).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let outputs = case["outputs"].as_u64().unwrap() as usize;
        let train: Vec<usize> = numbers(&case["train"]).into_iter().map(|class| class as usize).collect();
        let weights = ClassWeights::Balanced.of(outputs, &train).unwrap();
        golden.assert_close("weights", &weights, &floats(&case["weights"]));
        let classes: Vec<u32> = numbers(&case["classes"]).into_iter().map(|class| class as u32).collect();
        let logits = TensorData::new(floats(&case["logits"]), [classes.len(), outputs]);
        let logits = Tensor::<2>::from_data(logits, &device).require_grad();
        let loss = weighted_cross_entropy(logits.clone(), &classes, &weights);
        let gradients = loss.backward();
        let gradient = logits.grad(&gradients).unwrap().flatten::<1>(0, 1);
        golden.assert_number("loss", f64::from(read(loss.inner()).await.unwrap()[0]), case["loss"].as_f64().unwrap());
        golden.assert_close("gradient", &read(gradient).await.unwrap(), &floats(&case["gradient"]));
    }
    assert_eq!(ClassWeights::None.of(3, &[0, 1, 2]), None);
}

tests_on!(cpu and webgpu: balanced_class_weights);
