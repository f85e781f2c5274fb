//! What a layer's tokens see of each other, and from where: masks, and rotary positions.

use crate::kernels::rotate;
use crate::models::transformer::Batch;
use burn::tensor::{Bool, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// How a layer whose positions are rotary attends (`ModernBertAttention`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rotary {
    /// The base of the wavelengths, `rope_theta`.
    pub theta: f64,
    /// How far a token sees to each side; to both ends where there is none.
    pub window: Option<usize>,
}

/// What the tokens of a batch see in one layer.
#[derive(Debug, Clone)]
pub struct View {
    /// True where a token (last axis) is not to be seen, `[B or 1, 1, T or 1, T]`; none where all are.
    hidden: Option<Tensor<4, Bool>>,
    /// Cosines and sines of each position's angles, `[T, N/2]` of heads of N elements, where positions are rotary.
    angles: Option<[Tensor<2>; 2]>,
}

impl View {
    /// Every token but padding.
    pub fn of_all(batch: &Batch) -> View {
        View { hidden: batch.padding.clone(), angles: None }
    }

    /// Every token up to the one that asks.
    pub fn of_earlier(batch: &Batch) -> View {
        let [_, t] = batch.ids.dims();
        View { hidden: Some(earlier_only(t, &batch.ids.device())), angles: None }
    }

    /// What a layer with rotary positions and heads of `width` elements sees.
    pub fn rotary(batch: &Batch, Rotary { theta, window }: Rotary, width: usize) -> View {
        let [_, t] = batch.ids.dims();
        let hidden = match window.filter(|&window| window + 1 < t) {
            Some(window) => Some(nearby_only(batch, window)),
            None => batch.padding.clone(),
        };
        View { hidden, angles: Some(angles(t, width, theta, &batch.ids.device())) }
    }

    /// The mask for the first `q` tokens' questions.
    pub(super) fn hidden(&self, q: usize) -> Option<Tensor<4, Bool>> {
        let hidden = self.hidden.clone()?;
        let [texts, _, rows, t] = hidden.dims();
        Some(if rows > q { hidden.slice([0..texts, 0..1, 0..q, 0..t]) } else { hidden })
    }

    /// Queries and keys, `[B, H, T or Q, N]`, with their positions, where those are rotary.
    pub(super) fn placed(&self, both: [Tensor<4>; 2]) -> [Tensor<4>; 2] {
        let Some([cos, sin]) = &self.angles else { return both };
        both.map(|x| {
            let ([.., tokens, _], [_, half]) = (x.dims(), cos.dims());
            let [cos, sin] = [cos, sin].map(|it| it.clone().slice([0..tokens, 0..half]));
            rotate(x, cos, sin)
        })
    }
}

/// True where a token comes after the one that asks, `[1, 1, T, T]`: causal attention. Padding stands at the end, so it needs
/// no mask of its own.
pub fn earlier_only(t: usize, device: &Device) -> Tensor<4, Bool> {
    let later: Vec<bool> = (0..t * t).map(|i| i % t > i / t).collect();
    Tensor::from_data(TensorData::new(later, [1, 1, t, t]), device)
}

/// True where a token is more than `window` tokens away or padding, `[B, 1, T, T]`. Padding sees itself: a row in which nothing is
/// seen would not be numbers.
pub fn nearby_only(batch: &Batch, window: usize) -> Tensor<4, Bool> {
    let [b, t] = batch.ids.dims();
    let mut hidden = Vec::with_capacity(b * t * t);
    for (row, end) in batch.ends.iter().enumerate() {
        let length = end + 1 - row * t;
        let is_hidden =
            |asking: usize, seen: usize| asking.abs_diff(seen) > window || (seen >= length && seen != asking);
        hidden.extend((0..t * t).map(|i| is_hidden(i / t, i % t)));
    }
    Tensor::from_data(TensorData::new::<bool, _>(hidden, [b, 1, t, t]), &batch.ids.device())
}

/// Cosines and sines of the angles of t positions, `[T, N/2]`: position · θ^(−2i/N), multiplied in f32 as transformers does.
fn angles(t: usize, width: usize, theta: f64, device: &Device) -> [Tensor<2>; 2] {
    let half = width / 2;
    let frequencies: Vec<f32> = (0..half).map(|i| theta.powf(-((2 * i) as f64) / width as f64) as f32).collect();
    let angles: Vec<f32> = (0..t).flat_map(|place| frequencies.iter().map(move |it| place as f32 * it)).collect();
    let of = |function: fn(f64) -> f64| {
        let values: Vec<f32> = angles.iter().map(|&angle| function(f64::from(angle)) as f32).collect();
        Tensor::from_data(TensorData::new(values, [t, half]), device)
    };
    [of(f64::cos), of(f64::sin)]
}
