//! A model on examples that it is not trained on: predictions and losses, dropout off.

use crate::error::Result;
use crate::models::checkpoint::read;
use crate::models::hooks::Off;
use crate::models::transformer::Model;
use crate::training::examples::Examples;
use burn::tensor::{Device, Tensor};

/// Rows of one batch of a mean loss: bounds the memory of a forward pass.
const LOSS_ROWS: usize = 16;

/// The model's predictions for the examples at `indices`, dropout off: `indices.len()` rows of `outputs` logits or scores; the model and `device`
/// without autodiff.
///
/// # Errors
/// [`crate::error::ErrorKind::Device`] if the device does not answer.
pub async fn predict(model: &Model, examples: &Examples, indices: &[usize], device: &Device) -> Result<Vec<Vec<f32>>> {
    let logits = model.classify(&examples.batch(indices, device), &Off);
    let outputs = logits.dims()[1];
    let flat = read(logits.flatten::<1>(0, 1)).await?; // sync: one read per evaluation batch
    Ok(flat.chunks(outputs).map(<[f32]>::to_vec).collect())
}

/// The mean loss over the examples at `indices`, dropout off; the model and `device` without autodiff. Nats, or squared units of the score.
///
/// # Errors
/// [`crate::error::ErrorKind::Device`] if the device does not answer.
pub async fn mean_loss(model: &Model, examples: &Examples, indices: &[usize], device: &Device) -> Result<f64> {
    let mut by_length = indices.to_vec();
    by_length.sort_by_key(|&i| examples.encodings[i].ids.len()); // little padding
    let sums = by_length.chunks(LOSS_ROWS).map(|some| {
        let logits = model.classify(&examples.batch(some, device), &Off);
        examples.loss(logits, some) * some.len() as f64
    });
    let sums = read(Tensor::cat(sums.collect(), 0)).await?; // sync: one read per mean
    Ok(sums.into_iter().map(f64::from).sum::<f64>() / indices.len() as f64)
}

/// −ln of the probability that one row of logits gives a class, in f64. Where that probability is too small for its logarithm,
/// by the logits: ln Σ exp(l) − l, which has no bound.
pub fn log_loss(logits: &[f32], class: usize) -> f64 {
    /// The smallest probability that is told apart; the figure of a run does not depend on which of the two ways is taken.
    const SMALLEST: f64 = 1e-45;
    let probability = probabilities(logits)[class];
    if probability > SMALLEST {
        return -probability.ln();
    }
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&l| (f64::from(l) - largest).exp()).sum();
    largest + sum.ln() - f64::from(logits[class])
}

/// Softmax of one row of logits, in f64.
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&l| f64::from(l - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|e| e / sum).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_loss_has_no_bound() {
        assert_eq!(log_loss(&[0.0, 0.0], 1), std::f64::consts::LN_2);
        assert_eq!(log_loss(&[1.0, 3.5], 0), -probabilities(&[1.0, 3.5])[0].ln());
        assert_eq!(log_loss(&[500.0, 0.0], 1), 500.0, "and not 103.6, the logarithm of the smallest f32");
        let [before, after] = [103.0, 104.0].map(|logit| log_loss(&[logit, 0.0], 1));
        assert!((after - before - 1.0).abs() < 1e-9, "the two ways agree: {before}, {after}");
    }
}
