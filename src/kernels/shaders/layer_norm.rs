//! LayerNorm over the last axis, a unit for each row, and for the gradients of γ and β a unit for each column.

use super::{Input, Kernel, empty, row_major, rows, run, units};
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::{self, prelude::*};
use burn::tensor;

/// As [`super::super::layer_norm`].
pub(in super::super) fn layer_norm<const D: usize>(
    x: tensor::Tensor<D>,
    gamma: tensor::Tensor<1>,
    beta: tensor::Tensor<1>,
    epsilon: f32,
) -> tensor::Tensor<D> {
    run([Input::<Wgpu>::of(x), Input::of(gamma), Input::of(beta)], |inputs| {
        let [x, gamma, beta] = inputs.map(row_major);
        let (count, width) = rows(&x);
        let [output, normalised] = [0; 2].map(|_| empty(&x, x.meta.shape().clone()));
        let factors = empty(&x, [count]);
        let client = x.client.clone();
        let (cubes, cube) = units(&client, count);
        // SAFETY: units beyond the last row do nothing.
        unsafe {
            normalise::launch_unchecked(
                &client,
                cubes,
                cube,
                x.into_buffer_arg(),
                gamma.clone().into_buffer_arg(),
                beta.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                normalised.clone().into_buffer_arg(),
                factors.clone().into_buffer_arg(),
                epsilon,
                width,
            );
        }
        (output, Backward { normalised, factors, gamma })
    })
}

#[derive(Clone, Debug)]
struct Backward {
    /// The input, centred and scaled.
    normalised: CubeTensor,
    /// 1/√(σ² + ε) of each row.
    factors: CubeTensor,
    gamma: CubeTensor,
}

impl Kernel<Wgpu, 3> for Backward {
    fn backward(self, gradient: CubeTensor, _: [bool; 3]) -> [Option<CubeTensor>; 3] {
        let gradient = row_major(gradient);
        let (count, width) = rows(&gradient);
        let of_x = empty(&gradient, gradient.meta.shape().clone());
        let [of_gamma, of_beta] = [0; 2].map(|_| empty(&gradient, [width]));
        let client = gradient.client.clone();
        // SAFETY: units beyond the last row, or column, do nothing.
        unsafe {
            let (cubes, cube) = units(&client, count);
            by_row::launch_unchecked(
                &client,
                cubes,
                cube,
                gradient.clone().into_buffer_arg(),
                self.normalised.clone().into_buffer_arg(),
                self.factors.into_buffer_arg(),
                self.gamma.into_buffer_arg(),
                of_x.clone().into_buffer_arg(),
                width,
            );
            let (cubes, cube) = units(&client, width);
            by_column::launch_unchecked(
                &client,
                cubes,
                cube,
                gradient.into_buffer_arg(),
                self.normalised.into_buffer_arg(),
                of_gamma.clone().into_buffer_arg(),
                of_beta.clone().into_buffer_arg(),
                count,
            );
        }
        [of_x, of_gamma, of_beta].map(Some)
    }
}

#[cube(launch_unchecked)]
fn normalise(
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    output: &mut [f32],
    normalised: &mut [f32],
    factors: &mut [f32],
    epsilon: f32,
    width: usize,
) {
    let row = ABSOLUTE_POS;
    if row >= factors.len() {
        terminate!();
    }
    let start = row * width;
    let mut sum = 0.0f32;
    for i in 0..width {
        sum += x[start + i];
    }
    let mean = sum / f32::cast_from(width);
    let mut squares = 0.0f32;
    for i in 0..width {
        let centred = x[start + i] - mean;
        squares += centred * centred;
    }
    let factor = 1.0 / (squares / f32::cast_from(width) + epsilon).sqrt();
    for i in 0..width {
        let scaled = (x[start + i] - mean) * factor;
        normalised[start + i] = scaled;
        output[start + i] = scaled * gamma[i] + beta[i];
    }
    factors[row] = factor;
}

#[cube(launch_unchecked)]
fn by_row(gradient: &[f32], normalised: &[f32], factors: &[f32], gamma: &[f32], of_x: &mut [f32], width: usize) {
    let row = ABSOLUTE_POS;
    if row >= factors.len() {
        terminate!();
    }
    let start = row * width;
    let mut sum = 0.0f32;
    let mut along = 0.0f32;
    for i in 0..width {
        let g = gradient[start + i] * gamma[i];
        sum += g;
        along += g * normalised[start + i];
    }
    let mean = sum / f32::cast_from(width);
    let along = along / f32::cast_from(width);
    for i in 0..width {
        let g = gradient[start + i] * gamma[i];
        of_x[start + i] = factors[row] * (g - mean - normalised[start + i] * along);
    }
}

#[cube(launch_unchecked)]
fn by_column(gradient: &[f32], normalised: &[f32], of_gamma: &mut [f32], of_beta: &mut [f32], count: usize) {
    let column = ABSOLUTE_POS;
    let width = of_gamma.len();
    if column >= width {
        terminate!();
    }
    let mut gamma = 0.0f32;
    let mut beta = 0.0f32;
    for row in 0..count {
        let g = gradient[row * width + column];
        beta += g;
        gamma += g * normalised[row * width + column];
    }
    of_gamma[column] = gamma;
    of_beta[column] = beta;
}
