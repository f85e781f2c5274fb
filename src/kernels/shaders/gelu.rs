//! GELU and its gradient, by the formulas of [`super::super::gelu`].

use super::{Input, Kernel, empty, row_major, run, units};
use crate::kernels::Gelu;
use crate::kernels::normal_tail::{TAIL, TANH_CUBIC, TANH_SCALE};
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::{self, prelude::*};
use burn::tensor;

/// GELU in this form.
pub(in super::super) fn gelu<const D: usize>(x: tensor::Tensor<D>, form: Gelu) -> tensor::Tensor<D> {
    let by_tanh = form == Gelu::Tanh;
    run([Input::<Wgpu>::of(x)], |[x]| {
        let x = row_major(x);
        let output = empty(&x, x.meta.shape().clone());
        let (cubes, cube) = units(&x.client, x.meta.num_elements());
        // SAFETY: units beyond the end do nothing.
        unsafe {
            values::launch_unchecked(
                &x.client,
                cubes,
                cube,
                x.clone().into_buffer_arg(),
                output.clone().into_buffer_arg(),
                by_tanh,
            );
        }
        (output, Backward { x, by_tanh })
    })
}

#[derive(Clone, Debug)]
struct Backward {
    x: CubeTensor,
    by_tanh: bool,
}

impl Kernel<Wgpu, 1> for Backward {
    fn backward(self, gradient: CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        let gradient = row_major(gradient);
        let output = empty(&gradient, gradient.meta.shape().clone());
        let client = output.client.clone();
        let (cubes, cube) = units(&client, output.meta.num_elements());
        // SAFETY: units beyond the end do nothing, and all three have as many elements.
        unsafe {
            gradients::launch_unchecked(
                &client,
                cubes,
                cube,
                self.x.into_buffer_arg(),
                gradient.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                self.by_tanh,
            );
        }
        [Some(output)]
    }
}

#[cube(launch_unchecked)]
fn values(x: &[f32], output: &mut [f32], #[comptime] by_tanh: bool) {
    if ABSOLUTE_POS < output.len() {
        let x = x[ABSOLUTE_POS];
        let (share, _) = share_and_slope(x, by_tanh);
        output[ABSOLUTE_POS] = x * share;
    }
}

#[cube(launch_unchecked)]
fn gradients(x: &[f32], gradient: &[f32], output: &mut [f32], #[comptime] by_tanh: bool) {
    if ABSOLUTE_POS < output.len() {
        let x = x[ABSOLUTE_POS];
        let (share, slope) = share_and_slope(x, by_tanh);
        output[ABSOLUTE_POS] = gradient[ABSOLUTE_POS] * (share + x * slope);
    }
}

/// What x is multiplied by, and the derivative of that.
#[cube]
fn share_and_slope(x: f32, #[comptime] by_tanh: bool) -> (f32, f32) {
    if comptime!(by_tanh) { logistic_and_slope(x) } else { cumulative_and_density(x) }
}

/// The tanh form's logistic function, and its slope.
#[cube]
fn logistic_and_slope(x: f32) -> (f32, f32) {
    let near = min(max(x, f32::new(-10.0)), f32::new(10.0));
    let square = near * near;
    let power = (comptime!(-TANH_SCALE) * near * (1.0 + comptime!(TANH_CUBIC) * square)).exp();
    let share = 1.0 / (1.0 + power);
    let slope = share * (share * power) * comptime!(TANH_SCALE) * (1.0 + comptime!(3.0 * TANH_CUBIC) * square);
    (share, slope)
}

/// Φ(x) and φ(x).
#[cube]
fn cumulative_and_density(x: f32) -> (f32, f32) {
    let size = min(x.abs(), 13.0);
    let t = 1.0 / (1.0 + 0.4 * size);
    let polynomial = f32::new(TAIL[8]);
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[7]));
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[6]));
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[5]));
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[4]));
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[3]));
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[2]));
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[1]));
    let polynomial = polynomial * t + f32::new(comptime!(TAIL[0]));
    let bell = (size * size * comptime!(-0.5f32)).exp();
    let tail = bell * polynomial;
    let cumulative = select(x < 0.0, tail, 1.0 - tail);
    (cumulative, bell * 0.398_942_3)
}
