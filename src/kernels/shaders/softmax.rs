//! Softmax of attention's scores, a unit for each row.

use super::super::mask_rows::MaskRows;
use super::{Input, Kernel, empty, plain, row_major, rows, run, units};
use burn::backend::Autodiff;
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::{self, prelude::*};
use burn::tensor::{self, Bool, Shape};

/// As [`super::super::noisy_softmax`], by these rows of the mask.
pub(in super::super) fn softmax(
    scores: tensor::Tensor<4>,
    scale: f64,
    hidden: Option<&tensor::Tensor<4, Bool>>,
    mask: MaskRows,
    noise: Option<tensor::Tensor<4>>,
) -> tensor::Tensor<4> {
    let [.., t] = scores.dims();
    let scale = scale as f32;
    let hidden = hidden.map(words);
    let noise = noise.map(plain);
    run([Input::<Wgpu>::of(scores)], |[scores]| {
        let scores = row_major(scores);
        let probabilities = empty(&scores, scores.meta.shape().clone());
        // Without noise the second is not written, but something has to be there.
        let noisy = empty(&scores, if noise.is_some() { scores.meta.shape().clone() } else { Shape::new([1]) });
        let output = if noise.is_some() { noisy.clone() } else { probabilities.clone() };
        let client = output.client.clone();
        let is_masked = hidden.is_some();
        let hidden = hidden.unwrap_or_else(|| scores.clone()); // something has to be there
        let (cubes, cube) = units(&client, rows(&output).0);
        // SAFETY: units beyond the last row do nothing.
        unsafe {
            values::launch_unchecked(
                &client,
                cubes,
                cube,
                scores.clone().into_buffer_arg(),
                hidden.into_buffer_arg(),
                noise.clone().unwrap_or_else(|| scores.clone()).into_buffer_arg(),
                probabilities.clone().into_buffer_arg(),
                noisy.into_buffer_arg(),
                scale,
                mask.of_text,
                mask.queries,
                mask.texts,
                mask.rows,
                t,
                is_masked,
                noise.is_some(),
            );
        }
        (output, Backward { probabilities, noise, scale })
    })
}

/// A mask as a word for each element, not 0 where it is true.
fn words(mask: &tensor::Tensor<4, Bool>) -> CubeTensor {
    const HERE: &str = "a mask beside the scores";
    let mask = mask.clone();
    let mask = if mask.device().is_autodiff() {
        mask.try_into_primitive::<Autodiff<Wgpu>>().expect(HERE)
    } else {
        mask.try_into_primitive::<Wgpu>().expect(HERE)
    };
    assert_eq!(mask.elem_size(), size_of::<u32>(), "a mask of words");
    row_major(mask)
}

#[derive(Clone, Debug)]
struct Backward {
    probabilities: CubeTensor,
    noise: Option<CubeTensor>,
    scale: f32,
}

impl Kernel<Wgpu, 1> for Backward {
    fn backward(self, gradient: CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        let gradient = row_major(gradient);
        let output = empty(&gradient, gradient.meta.shape().clone());
        let client = output.client.clone();
        let (count, t) = rows(&output);
        let is_noisy = self.noise.is_some();
        let (cubes, cube) = units(&client, count);
        // SAFETY: units beyond the last row do nothing, and all three have as many elements.
        unsafe {
            gradients::launch_unchecked(
                &client,
                cubes,
                cube,
                self.probabilities.into_buffer_arg(),
                gradient.clone().into_buffer_arg(),
                self.noise.unwrap_or(gradient).into_buffer_arg(), // without noise, something has to be there
                output.clone().into_buffer_arg(),
                self.scale,
                t,
                is_noisy,
            );
        }
        [Some(output)]
    }
}

#[cube(launch_unchecked)]
fn values(
    scores: &[f32],
    hidden: &[u32],
    noise: &[f32],
    output: &mut [f32],
    noisy: &mut [f32],
    scale: f32,
    of_text: usize,
    queries: usize,
    texts: usize,
    mask_rows: usize,
    t: usize,
    #[comptime] is_masked: bool,
    #[comptime] is_noisy: bool,
) {
    let start = ABSOLUTE_POS * t;
    if start >= output.len() {
        terminate!();
    }
    let mask = (ABSOLUTE_POS / of_text % texts * mask_rows + ABSOLUTE_POS % queries % mask_rows) * t;
    let mut largest = f32::min_value();
    for i in 0..t {
        let score = scores[start + i] * scale;
        if comptime!(is_masked) {
            largest = max(largest, select(hidden[mask + i] == 0, score, f32::min_value()));
        } else {
            largest = max(largest, score);
        }
    }
    let mut sum = 0.0f32;
    for i in 0..t {
        let mut power = (scores[start + i] * scale - largest).exp();
        if comptime!(is_masked) {
            power = select(hidden[mask + i] == 0, power, 0.0);
        }
        sum += power;
        output[start + i] = power;
    }
    let factor = 1.0 / sum;
    for i in 0..t {
        let probability = output[start + i] * factor;
        output[start + i] = probability;
        if comptime!(is_noisy) {
            noisy[start + i] = probability * noise[start + i];
        }
    }
}

/// scale · p ∘ (g − Σ g∘p), with g times the noise.
#[cube(launch_unchecked)]
fn gradients(
    probabilities: &[f32],
    gradient: &[f32],
    noise: &[f32],
    output: &mut [f32],
    scale: f32,
    t: usize,
    #[comptime] is_noisy: bool,
) {
    let start = ABSOLUTE_POS * t;
    if start >= output.len() {
        terminate!();
    }
    let mut mean = 0.0f32;
    for i in start..start + t {
        let mut g = gradient[i];
        if comptime!(is_noisy) {
            g *= noise[i];
        }
        mean += g * probabilities[i];
    }
    for i in start..start + t {
        let mut g = gradient[i];
        if comptime!(is_noisy) {
            g *= noise[i];
        }
        output[i] = scale * probabilities[i] * (g - mean);
    }
}
