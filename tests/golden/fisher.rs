//! Fisher information, eq. 3: one text at a time, and several in a batch.

use crate::common::CONFIG;
use crate::values::{Golden, Row, batch_of, is_noise, model};
use burn::module::Module;
use burn::tensor::Device;
use guided_dropout_lab::method::fisher::{self, MaskedText};
use guided_dropout_lab::models::checkpoint::read;
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::transformer::Model;

/// Eq. 3, element by element; and not the square of the batch's gradient.
async fn fisher_information(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let rows = golden.rows("mlm.input_ids");
    let (mut sums, mut losses): (Vec<(String, Vec<f32>)>, Vec<f32>) = Default::default();
    for (i, row) in rows.iter().enumerate() {
        let batch = batch_of(std::slice::from_ref(row), &device);
        let (loss, squares) = fisher::squared_gradients(&model, &batch, &row.positions, &row.targets);
        losses.extend(read(loss).await.unwrap());
        assert_eq!(squares.len(), 37);
        for (k, tensor) in squares.into_iter().enumerate() {
            let values = read(tensor.flat).await.unwrap();
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            if !is_noise(&tensor.name) {
                let expected = golden.scalars["fisher"]["per_text_means"][&tensor.name][i].as_f64().unwrap();
                let bound = 4.0 * golden.tolerance * expected; // a square doubles a relative error
                assert!((mean - expected).abs() <= bound, "{}, text {i}: {mean} for {expected}", tensor.name);
            }
            if i == 0 {
                sums.push((tensor.name, values));
            } else {
                sums[k].1.iter_mut().zip(&values).for_each(|(sum, v)| *sum += v);
            }
        }
    }
    texts_together(&golden, &model, &rows, &losses, &device).await;
    for (name, mut sum) in sums {
        sum.iter_mut().for_each(|s| *s /= rows.len() as f32);
        if is_noise(&name) {
            continue;
        }
        golden.assert_close(&name, &sum, &golden.floats(&format!("fisher.{name}")));
        let mean = sum.iter().map(|&v| f64::from(v)).sum::<f64>() / sum.len() as f64;
        let wrong = golden.scalars["fisher_wrong"]["square_of_batch_gradient"][&name].as_f64().unwrap();
        assert!((mean - wrong).abs() > 0.1 * mean, "{name}: {mean} is too near the wrong form's {wrong}");
    }
}

/// The batched form: every text's own mean squares, from one backward pass over texts of different lengths.
async fn texts_together(golden: &Golden, model: &Model, rows: &[Row], losses: &[f32], device: &Device) {
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let texts: Vec<MaskedText> = rows.iter().map(MaskedText::from).collect();
    let (together, means) = fisher::mean_squares(&model.clone().no_grad(), &config, &texts, device);
    golden.assert_close("losses of the texts", &read(together).await.unwrap(), losses);
    for (name, mean) in fisher::tensor_names(&config).into_iter().zip(means) {
        let ours = read(mean).await.unwrap();
        assert_eq!(ours.len(), rows.len(), "{name}");
        for (i, &mean) in ours.iter().enumerate().filter(|_| !is_noise(&name)) {
            let expected = golden.scalars["fisher"]["per_text_means"][&name][i].as_f64().unwrap();
            let bound = 4.0 * golden.tolerance * expected;
            let apart = (f64::from(mean) - expected).abs();
            assert!(apart <= bound, "{name}, text {i} in a batch: {mean} for {expected}");
        }
    }
}

tests_on!(cpu and webgpu: fisher_information);
