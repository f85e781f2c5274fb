//! Ten steps of AdamW.

use crate::values::{Golden, batch_of, is_noise, model, one_output};
use burn::tensor::{Device, Tensor};
use guided_dropout_lab::models::checkpoint::{self, read};
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::transformer::{Model, cross_entropy, squared_error};
use guided_dropout_lab::training::adamw::AdamW;
use guided_dropout_lab::training::recipe::{LearningRateSchedule, Recipe};

/// Ten updates divide by √v near 0, so rounding grows from step to step.
const DRIFT: f64 = 20.0;

/// Ten steps of PyTorch's AdamW under a warm-up and decay, some of them clipped; burn's, and our own for the device.
async fn ten_steps_of_adamw(device: Device) {
    ten_steps(&device, |decay, _| AdamW::on_device(decay)).await;
    ten_steps(&device, AdamW::new).await;
}

/// The same ten steps down the squared error of a head of one output.
async fn ten_steps_of_a_regression(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    let targets = golden.floats("batch.targets");
    let loss = |model: &Model| squared_error(model.classify(&batch, &Off), &targets);
    let model = descend(&golden, "/regression/adamw", one_output(&device), AdamW::new, loss, &device).await;
    let scores = read(model.classify(&batch, &Off).inner().flatten::<1>(0, 1)).await.unwrap();
    golden.relaxed(DRIFT).assert_close("scores after ten steps", &scores, &golden.floats("regression.adamw.logits"));
}

async fn ten_steps(device: &Device, adamw: fn(f64, &Device) -> AdamW) {
    let device = device.clone().autodiff();
    let golden = Golden::open(&device);
    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    let loss = |model: &Model| cross_entropy(model.classify(&batch, &Off), &golden.class_labels());
    let start = model(3, &device);
    let model = descend(&golden, "/adamw", start, adamw, loss, &device).await;
    let mut compared = 0;
    for tensor in checkpoint::parameters(&model) {
        let name = format!("adamw.final.{}", tensor.name);
        let values = read(tensor.flat).await.unwrap();
        compared += 1;
        if !is_noise(&tensor.name) {
            golden.relaxed(DRIFT).assert_close(&name, &values, &golden.floats(&name));
            continue;
        }
        // Noise divided by its own size: no step is longer than its learning rate, but where it goes nobody knows.
        let reach: f64 = golden.scalars["adamw"]["lrs"].as_array().unwrap().iter().map(|lr| lr.as_f64().unwrap()).sum();
        for (ours, theirs) in values.iter().zip(&golden.floats(&name)) {
            assert!(f64::from((ours - theirs).abs()) < 2.0 * reach, "{name}: {ours} for {theirs}");
        }
    }
    assert_eq!(compared, 41);
}

/// Ten steps by the golden recipe; losses, learning rates and norms are those at `pointer`.
pub async fn descend(
    golden: &Golden,
    pointer: &str,
    mut model: Model,
    adamw: fn(f64, &Device) -> AdamW,
    loss_of: impl Fn(&Model) -> Tensor<1>,
    device: &Device,
) -> Model {
    model.mlm_head = None;
    let number = |name: &str| golden.number(&format!("/adamw/{name}"));
    let (total, warmup) = (number("total_steps"), number("warmup_steps"));
    let recipe = Recipe {
        epochs: total as usize,
        batch_size: 4,
        micro_batch_size: 4,
        learning_rate: number("base_lr"),
        schedule: LearningRateSchedule::Linear,
        warmup_fraction: warmup / total,
        weight_decay: number("weight_decay"),
        clip_norm: number("max_norm"),
    };
    let mut optimizer = adamw(recipe.weight_decay, device);
    for step in 0..total as usize {
        let learning_rate = recipe.learning_rate_at(step, recipe.steps(4));
        assert!((learning_rate - number(&format!("lrs/{step}"))).abs() < 1e-12, "learning rate of step {step}");
        let loss = loss_of(&model);
        let (updated, norm) = optimizer.update(model, &loss, learning_rate, recipe.clip_norm);
        model = updated;
        let values = read(Tensor::cat(vec![loss.inner(), norm], 0)).await.unwrap();
        for (what, ours) in ["losses", "grad_norms"].iter().zip(&values) {
            let expected = golden.number(&format!("{pointer}/{what}/{step}"));
            golden.relaxed(5.0).assert_number(&format!("{what}, step {step}"), f64::from(*ours), expected);
        }
    }
    model
}

tests_on!(cpu and webgpu: ten_steps_of_adamw, ten_steps_of_a_regression);
