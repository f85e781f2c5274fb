//! LayerNorm over the last axis, of a tensor or of a sum, a unit for each row, and for the gradients of γ and β a unit for each column.

use super::{ALIGNMENT, Input, Kernel, empty, part, plain, row_major, rows, run, units};
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::{self, prelude::*};
use burn::tensor::{self, Shape};

/// As [`super::super::layer_norm`].
pub(in super::super) fn layer_norm<const D: usize>(
    x: tensor::Tensor<D>,
    gamma: tensor::Tensor<1>,
    beta: tensor::Tensor<1>,
    epsilon: f32,
) -> tensor::Tensor<D> {
    run([Input::<Wgpu>::of(x), Input::of(gamma), Input::of(beta)], |inputs| {
        let [x, gamma, beta] = inputs.map(row_major);
        forward(x, None, None, gamma, beta, epsilon)
    })
}

/// As [`super::super::layer_norm_of_sum`].
pub(in super::super) fn of_sum<const D: usize>(
    x: tensor::Tensor<D>,
    residual: tensor::Tensor<D>,
    noise: Option<tensor::Tensor<D>>,
    gamma: tensor::Tensor<1>,
    beta: tensor::Tensor<1>,
    epsilon: f32,
) -> tensor::Tensor<D> {
    let noise = noise.map(plain);
    run([Input::<Wgpu>::of(x), Input::of(residual), Input::of(gamma), Input::of(beta)], |inputs| {
        let [x, residual, gamma, beta] = inputs.map(row_major);
        forward(x, Some(residual), noise, gamma, beta, epsilon)
    })
}

fn forward(
    x: CubeTensor,
    residual: Option<CubeTensor>,
    noise: Option<CubeTensor>,
    gamma: CubeTensor,
    beta: CubeTensor,
    epsilon: f32,
) -> (CubeTensor, Backward) {
    let (count, width) = rows(&x);
    let output = empty(&x, x.meta.shape().clone());
    // Each row's 1/√(σ² + ε) behind the rows: a kernel may be given only so many pieces of memory.
    let after = (count * width).next_multiple_of(ALIGNMENT);
    let normalised = empty(&x, [after + count]);
    let client = x.client.clone();
    let (cubes, cube) = units(&client, count);
    // SAFETY: units beyond the last row do nothing, and all have as many rows.
    unsafe {
        normalise::launch_unchecked(
            &client,
            cubes,
            cube,
            x.clone().into_buffer_arg(),
            residual.clone().unwrap_or_else(|| x.clone()).into_buffer_arg(), // without it, something has to be there
            noise.clone().unwrap_or(x).into_buffer_arg(),
            gamma.clone().into_buffer_arg(),
            beta.into_buffer_arg(),
            output.clone().into_buffer_arg(),
            normalised.clone().into_buffer_arg(),
            epsilon,
            count,
            width,
            residual.is_some(),
            noise.is_some(),
        );
    }
    (output, Backward { normalised, noise, gamma })
}

#[derive(Clone, Debug)]
struct Backward {
    /// The input or the sum, centred and scaled; then 1/√(σ² + ε) of each row.
    normalised: CubeTensor,
    noise: Option<CubeTensor>,
    gamma: CubeTensor,
}

impl Backward {
    /// Of x, of what is added to it, of γ and of β.
    fn gradients(self, gradient: CubeTensor) -> [CubeTensor; 4] {
        let gradient = row_major(gradient);
        let shape = gradient.meta.shape().clone();
        let (count, width) = rows(&gradient);
        let of_sum = empty(&gradient, shape.clone());
        // Without noise it is not written, but something has to be there.
        let of_noisy = empty(&gradient, if self.noise.is_some() { shape } else { Shape::new([1]) });
        let [of_gamma, of_beta] = [0; 2].map(|_| empty(&gradient, [width]));
        let client = gradient.client.clone();
        let is_noisy = self.noise.is_some();
        // SAFETY: units beyond the last row, or column, do nothing.
        unsafe {
            let (cubes, cube) = units(&client, count);
            by_row::launch_unchecked(
                &client,
                cubes,
                cube,
                gradient.clone().into_buffer_arg(),
                self.normalised.clone().into_buffer_arg(),
                self.noise.unwrap_or_else(|| gradient.clone()).into_buffer_arg(),
                self.gamma.into_buffer_arg(),
                of_sum.clone().into_buffer_arg(),
                of_noisy.clone().into_buffer_arg(),
                count,
                width,
                is_noisy,
            );
            let (cubes, cube) = units(&client, width);
            by_column::launch_unchecked(
                &client,
                cubes,
                cube,
                gradient.into_buffer_arg(),
                part(&self.normalised, 0, [count, width]).into_buffer_arg(),
                of_gamma.clone().into_buffer_arg(),
                of_beta.clone().into_buffer_arg(),
                count,
            );
        }
        [if is_noisy { of_noisy } else { of_sum.clone() }, of_sum, of_gamma, of_beta]
    }
}

impl Kernel<Wgpu, 3> for Backward {
    fn backward(self, gradient: CubeTensor, _: [bool; 3]) -> [Option<CubeTensor>; 3] {
        let [of_x, _, of_gamma, of_beta] = self.gradients(gradient);
        [of_x, of_gamma, of_beta].map(Some)
    }
}

impl Kernel<Wgpu, 4> for Backward {
    fn backward(self, gradient: CubeTensor, _: [bool; 4]) -> [Option<CubeTensor>; 4] {
        self.gradients(gradient).map(Some)
    }
}

#[cube(launch_unchecked)]
fn normalise(
    x: &[f32],
    residual: &[f32],
    noise: &[f32],
    gamma: &[f32],
    beta: &[f32],
    output: &mut [f32],
    normalised: &mut [f32],
    epsilon: f32,
    count: usize,
    width: usize,
    #[comptime] is_sum: bool,
    #[comptime] is_noisy: bool,
) {
    let row = ABSOLUTE_POS;
    if row >= count {
        terminate!();
    }
    let start = row * width;
    let mut sum = 0.0f32;
    for i in start..start + width {
        let mut value = x[i];
        if comptime!(is_noisy) {
            value *= noise[i];
        }
        if comptime!(is_sum) {
            value += residual[i];
        }
        output[i] = value;
        sum += value;
    }
    let mean = sum / f32::cast_from(width);
    let mut squares = 0.0f32;
    for i in start..start + width {
        let centred = output[i] - mean;
        squares += centred * centred;
    }
    let factor = 1.0 / (squares / f32::cast_from(width) + epsilon).sqrt();
    for i in 0..width {
        let scaled = (output[start + i] - mean) * factor;
        normalised[start + i] = scaled;
        output[start + i] = scaled * gamma[i] + beta[i];
    }
    normalised[factors_from(count, width) + row] = factor;
}

/// Where the rows' factors begin behind the rows.
#[cube]
fn factors_from(count: usize, width: usize) -> usize {
    (count * width).div_ceil(ALIGNMENT) * ALIGNMENT
}

#[cube(launch_unchecked)]
fn by_row(
    gradient: &[f32],
    normalised: &[f32],
    noise: &[f32],
    gamma: &[f32],
    of_sum: &mut [f32],
    of_noisy: &mut [f32],
    count: usize,
    width: usize,
    #[comptime] is_noisy: bool,
) {
    let row = ABSOLUTE_POS;
    if row >= count {
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
    let factor = normalised[factors_from(count, width) + row];
    for i in 0..width {
        let g = gradient[start + i] * gamma[i];
        let value = factor * (g - mean - normalised[start + i] * along);
        of_sum[start + i] = value;
        if comptime!(is_noisy) {
            of_noisy[start + i] = value * noise[start + i];
        }
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
