//! The masked-language-model loss on planes through the pretrained weights.

use crate::common::{CONFIG, WEIGHTS};
use crate::values::{Golden, model};
use burn::tensor::Device;
use guided_dropout_lab::landscape::grid::{Norm, halves};
use guided_dropout_lab::landscape::loss::{self, Direction, GridRow, Landscape};
use guided_dropout_lab::method::fisher::{self, MaskedText};
use guided_dropout_lab::models::checkpoint::{Checkpoint, HostTensor};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use serde_json::Value;

const LANDSCAPE: &str = include_str!("../fixtures/tiny_bert/landscape.json");

/// The losses around the pretrained weights, for directions by a formula and for ours, all tensors and each half moved.
async fn loss_surface(device: Device) {
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let checkpoint = Checkpoint::from_bytes(WEIGHTS, Family::Bert).unwrap();
    let texts: Vec<MaskedText> = golden.rows("mlm.input_ids").iter().map(MaskedText::from).collect();

    // sin(i + 1) and cos(3i + 1), i the flat index, scaled to the tensor's norm; none where there is one dimension.
    let by_formula = |of: fn(f64) -> f64| {
        let part = |name: &str| {
            let tensor = checkpoint.get(name).filter(|t| t.shape.len() > 1)?;
            let raw: Vec<f64> = (0..tensor.values.len()).map(|i| of(i as f64)).collect();
            let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
            let scale = norm(&mut tensor.values.iter().map(|&w| f64::from(w))) / norm(&mut raw.iter().copied());
            let values = raw.iter().map(|v| (v * scale) as f32).collect();
            Some(HostTensor { shape: tensor.shape.clone(), values })
        };
        Direction::new(&model, part, &device)
    };
    let directions = [by_formula(|i| (i + 1.0).sin()), by_formula(|i| (3.0 * i + 1.0).cos())];
    let surface = Landscape::new(model.clone(), directions, texts.clone(), &device).unwrap();
    let factor = |_: &[String]| 1.0;
    compare_losses(&golden, &surface, &golden.scalars["landscape"], factor).await;

    let drawn: Value = serde_json::from_str(LANDSCAPE).unwrap();
    let names = fisher::tensor_names(&ModelConfig::from_bytes(CONFIG).unwrap());
    for (rule, name) in [(Norm::Tensor, "tensor"), (Norm::Total, "total")] {
        let directions = loss::directions(&model, &checkpoint, &names, 5, rule, &device);
        let surface = Landscape::new(model.clone(), directions, texts.clone(), &device).unwrap();
        let factor = |moved: &[String]| loss::factor(&checkpoint, &names, moved, rule);
        compare_losses(&golden, &surface, &drawn[name], factor).await;
    }
    let first = loss::drawn(checkpoint.get("bert.embeddings.word_embeddings.weight").unwrap(), 5, 1, 0);
    let expected: Vec<f32> = drawn["drawn"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect();
    assert_eq!(first.values[..expected.len()], expected, "elements of the second direction of seed 5");

    let means: Vec<(String, f64)> = names
        .iter()
        .map(|name| {
            let texts = golden.scalars["fisher"]["per_text_means"][name].as_array().unwrap();
            (name.clone(), texts.iter().map(|v| v.as_f64().unwrap()).sum())
        })
        .collect();
    let (mut top, mut bottom) = halves(&means);
    top.sort();
    bottom.sort();
    for (half, name) in [(top, "top"), (bottom, "bottom")] {
        assert_eq!(Value::from(half), golden.scalars["landscape"]["tensors"][name], "{name} half");
    }
}

async fn compare_losses(golden: &Golden, surface: &Landscape, expected: &Value, factor: impl Fn(&[String]) -> f64) {
    for (subset, tensors) in golden.scalars["landscape"]["tensors"].as_object().unwrap() {
        let moved: Vec<String> = tensors.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_string()).collect();
        for (point, loss) in
            expected["points"].as_array().unwrap().iter().zip(expected["losses"][subset].as_array().unwrap())
        {
            let (a, b) = (point[0].as_f64().unwrap(), point[1].as_f64().unwrap());
            let row = GridRow { moved: moved.iter().cloned().collect(), factor: factor(&moved), b };
            let ours = surface.loss(&row, &surface.row(&row), a).await.unwrap();
            golden.assert_number(&format!("loss of {subset} at {a}, {b}"), ours, loss.as_f64().unwrap());
            if (a, b) == (0.0, 0.0) {
                golden.assert_number("the centre", ours, golden.number("/mlm/loss"));
            }
        }
    }
}

tests_on!(cpu and webgpu: loss_surface);
