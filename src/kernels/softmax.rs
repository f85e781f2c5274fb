//! Scaled and masked softmax of attention scores, in place.

use super::mask_rows::MaskRows;
use super::{Input, Kernel, LANES, Rows, elements, exp, is_cpu, row_length, row_major, run, sum};
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Bool, Tensor, activation};

/// softmax(`scale`·scores) over the last axis, 0 where `hidden` is true; scores are `[B, H, Q, T]`. `hidden` is `[B, 1, 1, T]`, the
/// same for every query of a text, `[1, 1, Q, T]`, the same for every text, or `[B, 1, Q, T]`. On a GPU in the way that is
/// given.
pub fn masked_softmax(scores: Tensor<4>, scale: f64, hidden: Option<&Tensor<4, Bool>>, rows: Rows) -> Tensor<4> {
    noisy_softmax(scores, scale, hidden, None, rows)
}

/// [`masked_softmax`] times `noise`, of the same shape.
pub fn noisy_softmax(
    scores: Tensor<4>,
    scale: f64,
    hidden: Option<&Tensor<4, Bool>>,
    noise: Option<Tensor<4>>,
    rows: Rows,
) -> Tensor<4> {
    let times = |probabilities: Tensor<4>| match &noise {
        Some(noise) => probabilities * noise.clone(),
        None => probabilities,
    };
    if is_cpu(&scores.device()) {
        return times(fused(scores, scale, hidden));
    }
    #[cfg(feature = "gpu")]
    if rows == Rows::Units {
        let mask = MaskRows::of(hidden, scores.dims());
        return super::shaders::softmax::softmax(scores, scale, hidden, mask, noise);
    }
    let _ = rows;
    times(composed(scores, scale, hidden))
}

fn composed(scores: Tensor<4>, scale: f64, hidden: Option<&Tensor<4, Bool>>) -> Tensor<4> {
    let shape = scores.dims();
    let mut scores = scores * scale;
    if let Some(hidden) = hidden {
        scores = scores.mask_fill(hidden.clone().expand(shape), f32::MIN);
    }
    activation::softmax(scores, 3)
}

fn fused(scores: Tensor<4>, scale: f64, hidden: Option<&Tensor<4, Bool>>) -> Tensor<4> {
    let [.., t] = scores.dims();
    let scale = scale as f32;
    let mask = MaskRows::of(hidden, scores.dims());
    let kept: Option<Vec<f32>> =
        hidden.map(|mask| mask.to_data().iter::<bool>().map(|hidden| f32::from(u8::from(!hidden))).collect());
    let kept = kept.unwrap_or_else(|| vec![1.0; t]);
    run([Input::of(scores)], |[scores]| {
        let mut scores = row_major(scores);
        let values: &mut [f32] = scores.storage_mut();
        for (row, scores) in values.chunks_exact_mut(t).enumerate() {
            normalise(scores, scale, &kept[mask.at(row) * t..][..t]);
        }
        (scores.clone(), Backward { probabilities: scores, scale })
    })
}

/// Scores of one query become its probabilities; `kept` is 0 where it sees nothing, else 1.
fn normalise(row: &mut [f32], scale: f32, kept: &[f32]) {
    let mut largest = [f32::MIN; LANES];
    for (i, (x, &kept)) in row.iter_mut().zip(kept).enumerate() {
        *x = if kept == 0.0 { f32::MIN } else { *x * scale };
        let lane = &mut largest[i % LANES];
        *lane = if *x > *lane { *x } else { *lane };
    }
    let largest = largest.iter().copied().fold(f32::MIN, f32::max);
    row.iter_mut().zip(kept).for_each(|(x, kept)| *x = exp(*x - largest) * kept);
    let scale = 1.0 / sum(row.len(), |i| row[i]);
    row.iter_mut().for_each(|x| *x *= scale);
}

#[derive(Clone, Debug)]
struct Backward {
    probabilities: FlexTensor,
    scale: f32,
}

impl Kernel<Flex, 1> for Backward {
    /// scale · p ∘ (g − Σ g∘p).
    fn backward(self, gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let mut gradient = row_major(gradient);
        let t = row_length(&gradient);
        let values: &mut [f32] = gradient.storage_mut();
        for (row, p) in values.chunks_exact_mut(t).zip(elements(&self.probabilities).chunks_exact(t)) {
            let mean = sum(t, |i| row[i] * p[i]);
            row.iter_mut().zip(p).for_each(|(g, p)| *g = self.scale * p * (*g - mean));
        }
        [Some(gradient)]
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::tests::compare;
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn masked_softmax_and_its_gradient_are_those_of_the_plain_form() {
        for (b, heads, q, t, size) in
            [(2, 3, 5, 5, 1.0), (3, 2, 19, 19, 30.0), (1, 1, 1, 1, 1.0), (2, 3, 1, 7, 1.0), (2, 1, 2, 9, 3.0)]
        {
            let padding: Vec<bool> = (0..b * t).map(|i| i / t == 1 && i % t > t / 2).collect();
            let device = Device::flex();
            let later: Vec<bool> = (0..q * t).map(|i| i % t > i / t).collect();
            let mask = |values, shape| Tensor::<4, Bool>::from_data(TensorData::new::<bool, _>(values, shape), &device);
            // Each text and query with a row of its own, in which something is seen.
            let both: Vec<bool> = (0..b * q * t).map(|i| i % t > i / t % q && i % t > t - 1 - i / (q * t)).collect();
            let masks = [mask(padding, [b, 1, 1, t]), mask(later, [1, 1, q, t]), mask(both, [b, 1, q, t])].map(Some);
            for hidden in std::iter::once(None).chain(masks) {
                let of = |x: &Tensor<1>| hidden.clone().map(|it| Tensor::from_data(it.into_data(), &x.device()));
                compare(
                    [("scores", vec![b, heads, q, t], size)],
                    |[x]| fused(x.clone().reshape([b, heads, q, t]), 0.3, of(&x).as_ref()),
                    |[x]| composed(x.clone().reshape([b, heads, q, t]), 0.3, of(&x).as_ref()),
                );
            }
        }
    }
}
