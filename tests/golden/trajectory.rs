//! The task's loss on the plane through a start and two trained models.

use crate::common::{CONFIG, WEIGHTS};
use crate::values::{Golden, batch_of, model};
use burn::tensor::Device;
use guided_dropout_lab::landscape::trajectory::Plane;
use guided_dropout_lab::models::checkpoint::{Checkpoint, HostTensor, host_tensors, read};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::transformer::cross_entropy;

const PLANE: &str = include_str!("../fixtures/tiny_bert/plane.json");

/// The task's loss in the plane through a start and two ends, where the ends lie, and a model that lies outside of it.
async fn plane_of_two_ends(device: Device) {
    let golden = Golden { scalars: serde_json::from_str(PLANE).unwrap(), ..Golden::open(&device) };
    let numbers = |pointer: &str| -> Vec<f64> {
        golden.scalars.pointer(pointer).unwrap().as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
    };
    let mut start = model(3, &device);
    start.mlm_head = None;
    let tensors = host_tensors(&start).await.unwrap();
    let ends = ["/waves/ends/0", "/waves/ends/1"].map(|waves| moved(&tensors, &numbers(waves)));
    let plane = Plane::new(start.clone(), [&ends[0], &ends[1]], &device).await.unwrap();
    golden.assert_number("the unit", plane.unit(), golden.number("/unit"));
    for (index, end) in plane.ends().into_iter().enumerate() {
        let expected = numbers(&format!("/ends/{index}"));
        golden.assert_number("x of an end", end.x, expected[0]);
        golden.assert_number("y of an end", end.y, expected[1]);
    }

    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let mut aside = Checkpoint::from_bytes(WEIGHTS, Family::Bert).unwrap(); // with its other head: what tells parameters apart counts them
    aside.merge(moved(&tensors, &numbers("/waves/aside")), |_| true);
    let place = plane.place(&aside.model(&config, 3, 1, &device).unwrap().model).await.unwrap();
    let expected = numbers("/aside");
    // Sums of products in f32, and differences of them, on any device.
    for (what, ours, expected) in
        [("x", place.x, expected[0]), ("y", place.y, expected[1]), ("off", place.off, expected[2])]
    {
        assert!((ours - expected).abs() < 1e-4, "{what} of a model off the plane: {ours} for {expected}");
    }

    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    for (index, expected) in numbers("/losses").into_iter().enumerate() {
        let point = numbers(&format!("/points/{index}"));
        let loss = cross_entropy(plane.at(point[0], point[1]).classify(&batch, &Off), &golden.class_labels());
        let ours = read(loss).await.unwrap()[0];
        golden.assert_number(&format!("loss at {point:?}"), f64::from(ours), expected);
    }
}

/// The tensors moved as scripts/plane_golden.py moves them.
fn moved(tensors: &[(String, HostTensor)], size: &[f64]) -> Checkpoint {
    let mut checkpoint = Checkpoint::default();
    for (name, HostTensor { shape, values }) in tensors {
        let waves = |j: f64| [(0.5 * j + name.len() as f64).sin(), (0.3 * j).cos(), (2.0 * j).sin()];
        let wave = |j: f64| waves(j).iter().zip(size).map(|(wave, size)| wave * size).sum::<f64>();
        let values = values.iter().enumerate().map(|(j, &v)| (f64::from(v) + wave(j as f64)) as f32).collect();
        checkpoint.insert(name.clone(), HostTensor { shape: shape.clone(), values });
    }
    checkpoint
}

tests_on!(cpu and webgpu: plane_of_two_ends);
