//! Fisher information of the labelled loss: one text at a time, and several in a batch. `scripts/labelled_fisher_golden.py` made the values.

use crate::common::CONFIG;
use crate::values::{Golden, is_noise, model, one_output};
use burn::module::Module;
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::Task;
use guided_dropout_lab::method::fisher::{self, LabelledText};
use guided_dropout_lab::models::checkpoint::read;
use guided_dropout_lab::models::config::ModelConfig;
use serde_json::Value;

const LABELLED_FISHER: &str = include_str!("../fixtures/tiny_bert/labelled_fisher.json");

/// The squared gradients of the labelled loss, each text alone and all in one batch.
async fn labelled_fisher_information(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let labelled: Value = serde_json::from_str(LABELLED_FISHER).unwrap();
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let labels = golden.class_labels().into_iter().map(|label| label as f32).collect::<Vec<_>>();
    for (name, task, model, targets) in [
        ("classification", Task::Classification, model(3, &device), labels),
        ("regression", Task::Regression, one_output(&device), golden.floats("batch.targets")),
    ] {
        let expected = &labelled[name];
        let rows = golden.rows("batch.input_ids").into_iter().zip(targets).enumerate();
        let texts: Vec<LabelledText> = rows.map(|(index, (row, target))| row.labelled(index, target)).collect();
        let (losses, means) = fisher::labelled_mean_squares(&model.clone().no_grad(), &config, &texts, task, &device);
        let losses = read(losses).await.unwrap();
        let mut together = Vec::new();
        for mean in means {
            together.push(read(mean).await.unwrap());
        }
        for (i, text) in texts.iter().enumerate() {
            let loss = expected["losses"][i].as_f64().unwrap();
            golden.assert_number("loss of a label", f64::from(losses[i]), loss);
            let (alone, squares) = fisher::labelled_squared_gradients(&model, text, task, &device);
            golden.assert_number("the same alone", f64::from(read(alone).await.unwrap()[0]), loss);
            assert_eq!(squares.len(), 37);
            for (k, tensor) in squares.into_iter().enumerate().filter(|(_, tensor)| !is_noise(&tensor.name)) {
                let values = read(tensor.flat).await.unwrap();
                let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
                let expected = expected["per_text_means"][&tensor.name][i].as_f64().unwrap();
                let bound = 4.0 * golden.tolerance * expected; // a square doubles a relative error
                for (how, ours) in [("alone", mean), ("in a batch", f64::from(together[k][i]))] {
                    assert!((ours - expected).abs() <= bound, "{}, text {i} {how}: {ours} for {expected}", tensor.name);
                }
            }
        }
    }
}

tests_on!(cpu and webgpu: labelled_fisher_information);
