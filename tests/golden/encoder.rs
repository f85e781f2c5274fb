//! Logits, losses and all gradients of the encoder and its heads; where dropout stands; GELU.

use crate::values::{Golden, GoldenMasks, batch_of, compare_gradients, masked_of, model, one_output};
use burn::tensor::{Device, Tensor};
use guided_dropout_lab::kernels::{Gelu, gelu};
use guided_dropout_lab::models::checkpoint::{self, read};
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::transformer::{cross_entropy, squared_error};

async fn masked_language_model(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let rows = golden.rows("mlm.input_ids");
    let (positions, targets) = masked_of(&rows);
    let logits = model.predict_tokens(&batch_of(&rows, &device), &positions, &Off);
    let values = read(logits.clone().inner().flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("mlm logits", &values, &golden.floats("mlm.logits"));
    let loss = cross_entropy(logits, &targets);
    let gradients = loss.backward();
    let loss = read(loss.inner()).await.unwrap()[0];
    golden.assert_number("mlm loss", f64::from(loss), golden.number("/mlm/loss"));
    compare_gradients(&golden, "mlm.grad.", checkpoint::gradients(&model, &gradients), 42).await;
}

async fn classification(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let rows = golden.rows("batch.input_ids");
    let logits = model.classify(&batch_of(&rows, &device), &Off);
    let values = read(logits.clone().inner().flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("class logits", &values, &golden.floats("class.logits"));
    let loss = cross_entropy(logits, &golden.class_labels());
    let gradients = loss.backward();
    let loss = read(loss.inner()).await.unwrap()[0];
    golden.assert_number("class loss", f64::from(loss), golden.number("/class/loss"));
    compare_gradients(&golden, "class.grad.", checkpoint::gradients(&model, &gradients), 41).await;
}

/// Rows that need no padding give the same logits alone as beside longer ones: padding is never attended to.
async fn padding_changes_nothing(device: Device) {
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let together = golden.floats("class.logits");
    for (row, expected) in golden.rows("batch.input_ids").into_iter().zip(together.chunks(3)) {
        let alone = model.classify(&batch_of(&[row], &device), &Off);
        golden.assert_close("logits of one row", &read(alone.flatten::<1>(0, 1)).await.unwrap(), expected);
    }
}

/// Scores, squared error and every gradient of a head of one output.
async fn regression(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = one_output(&device);
    let scores = model.classify(&batch_of(&golden.rows("batch.input_ids"), &device), &Off);
    assert_eq!(scores.dims(), [4, 1]);
    let values = read(scores.clone().inner().flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("scores", &values, &golden.floats("regression.logits"));
    let loss = squared_error(scores, &golden.floats("batch.targets"));
    let gradients = loss.backward();
    let loss = read(loss.inner()).await.unwrap()[0];
    golden.assert_number("squared error", f64::from(loss), golden.number("/regression/loss"));
    compare_gradients(&golden, "regression.grad.", checkpoint::gradients(&model, &gradients), 41).await;
}

/// Every dropout is where Hugging Face has it: after the softmax, before the residual sum, after the pooler's tanh.
async fn dropout_sites(device: Device) {
    let golden = Golden::open(&device);
    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    let logits = model(3, &device).classify(&batch, &GoldenMasks(&golden));
    let values = read(logits.flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("logits under dropout", &values, &golden.floats("dropout.class_logits"));
}

/// GELU and its gradient where shaders overflow and approximations part: `torch.nn.functional.gelu` of these points.
async fn gelu_far_from_zero(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let points = [-60.0f32, -14.0, -3.0, -0.75, 0.0, 0.5, 2.0, 9.0, 30.0, 60.0];
    let x = Tensor::<1>::from_floats(points, &device).require_grad();
    let y = gelu(x.clone(), Gelu::Exact);
    let gradient = x.grad(&y.clone().sum().backward()).unwrap();
    let expected = [0.0, 0.0, -0.004_049_867_4, -0.169_970_47, 0.0, 0.345_731_2, 1.954_5, 9.0, 30.0, 60.0];
    golden.assert_close("gelu", &read(y.inner()).await.unwrap()[..8], &expected[..8]);
    let expected = [0.0, 0.0, -0.011_945_605, 0.000_774_204_73, 0.5, 0.867_495_06, 1.085_231_9, 1.0, 1.0, 1.0];
    golden.assert_close("gelu's gradient", &read(gradient).await.unwrap(), &expected);
}

tests_on!(
    cpu and webgpu:
    masked_language_model,
    classification,
    padding_changes_nothing,
    regression,
    dropout_sites,
    gelu_far_from_zero,
);
