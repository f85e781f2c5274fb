//! Gradients against finite differences, tensor by tensor: independent of any other implementation.

#![cfg(not(target_arch = "wasm32"))]

use burn::tensor::Device;
use guided_dropout_lab::models::checkpoint::{self, Checkpoint, HostTensor, host_tensors, read};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::transformer::{Batch, Model, cross_entropy};
use pollster::block_on;

/// Half the step: large enough that the loss moves well beyond f32's rounding, small enough to be straight.
const STEP: f32 = 0.02;

fn loss(model: &Model, device: &Device) -> burn::tensor::Tensor<1> {
    let rows: [(&[u32], &[u32]); 2] =
        [(&[2, 30, 4, 77, 51, 3, 90, 4, 3], &[0, 0, 0, 0, 0, 0, 1, 1, 1]), (&[2, 4, 60, 3], &[0; 4])];
    let batch = Batch::new(&rows, 0, device);
    let masked = cross_entropy(model.predict_tokens(&batch, &[2, 7, 10], &Off), &[33, 101, 8]);
    masked + cross_entropy(model.classify(&batch, &Off), &[2, 0])
}

/// The loss of the model with `tensors`.
fn loss_of(tensors: &[(String, HostTensor)], config: &ModelConfig) -> f64 {
    let mut checkpoint = Checkpoint::default();
    for (name, tensor) in tensors {
        checkpoint.insert(name.clone(), tensor.clone());
    }
    let device = Device::flex();
    let model = checkpoint.model(config, 3, 0, &device).unwrap().model;
    f64::from(block_on(read(loss(&model, &device))).unwrap()[0])
}

#[test]
fn every_gradient_is_the_slope_of_the_loss() {
    let device = Device::flex().autodiff();
    let config = ModelConfig::from_bytes(include_bytes!("fixtures/tiny_bert/config.json")).unwrap();
    let checkpoint =
        Checkpoint::from_bytes(include_bytes!("fixtures/tiny_bert/model.safetensors"), Family::Bert).unwrap();
    let model = checkpoint.model(&config, 3, 0, &device).unwrap().model;
    let gradients = checkpoint::gradients(&model, &loss(&model, &device).backward());
    let tensors = block_on(host_tensors(&model)).unwrap();
    assert_eq!(gradients.len(), tensors.len(), "every parameter has a gradient");
    let mut steep = 0;
    for (k, gradient) in gradients.into_iter().enumerate() {
        let name = gradient.name.clone();
        assert_eq!(name, tensors[k].0);
        let gradient = block_on(read(gradient.flat)).unwrap();
        // A direction of length 1 that no symmetry of the model respects.
        let wave: Vec<f32> = (0..gradient.len()).map(|i| (1.7 * i as f32 + k as f32).sin()).collect();
        let length = wave.iter().map(|w| w * w).sum::<f32>().sqrt();
        let moved = |sign: f32| {
            let mut tensors = tensors.clone();
            for (value, w) in tensors[k].1.values.iter_mut().zip(&wave) {
                *value += sign * STEP * w / length;
            }
            loss_of(&tensors, &config)
        };
        let slope = (moved(1.0) - moved(-1.0)) / f64::from(2.0 * STEP);
        let expected: f64 = gradient.iter().zip(&wave).map(|(g, w)| f64::from(g * w / length)).sum();
        let size = gradient.iter().map(|g| f64::from(g * g)).sum::<f64>().sqrt();
        // Rounding of two losses near 7 over the step, and the bend of the loss along it.
        let bound = 2e-4 + 5e-3 * size;
        assert!((slope - expected).abs() < bound, "{name}: slope {slope}, gradient {expected}, allowed {bound}");
        steep += usize::from(expected.abs() > 5.0 * bound);
    }
    assert!(steep > 20, "only {steep} tensors have a slope that the bound could miss");
}
