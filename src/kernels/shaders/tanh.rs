//! tanh and its gradient, 1 − tanh².

use super::{Input, Kernel, empty, row_major, run, units};
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::{self, prelude::*};
use burn::tensor;

/// As [`super::super::tanh`].
pub(in super::super) fn tanh<const D: usize>(x: tensor::Tensor<D>) -> tensor::Tensor<D> {
    run([Input::<Wgpu>::of(x)], |[x]| {
        let x = row_major(x);
        let output = empty(&x, x.meta.shape().clone());
        let client = output.client.clone();
        let (cubes, cube) = units(&client, x.meta.num_elements());
        // SAFETY: units beyond the end do nothing.
        unsafe {
            values::launch_unchecked(&client, cubes, cube, x.into_buffer_arg(), output.clone().into_buffer_arg());
        }
        (output.clone(), Backward { output })
    })
}

#[derive(Clone, Debug)]
struct Backward {
    output: CubeTensor,
}

impl Kernel<Wgpu, 1> for Backward {
    fn backward(self, gradient: CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        let gradient = row_major(gradient);
        let of_x = empty(&gradient, gradient.meta.shape().clone());
        let client = of_x.client.clone();
        let (cubes, cube) = units(&client, of_x.meta.num_elements());
        // SAFETY: units beyond the end do nothing, and all three have as many elements.
        unsafe {
            gradients::launch_unchecked(
                &client,
                cubes,
                cube,
                self.output.into_buffer_arg(),
                gradient.into_buffer_arg(),
                of_x.clone().into_buffer_arg(),
            );
        }
        [Some(of_x)]
    }
}

#[cube(launch_unchecked)]
fn values(x: &[f32], output: &mut [f32]) {
    if ABSOLUTE_POS < output.len() {
        let x = min(max(x[ABSOLUTE_POS], f32::new(-10.0)), f32::new(10.0));
        output[ABSOLUTE_POS] = x.tanh();
    }
}

#[cube(launch_unchecked)]
fn gradients(y: &[f32], gradient: &[f32], of_x: &mut [f32]) {
    if ABSOLUTE_POS < of_x.len() {
        let y = y[ABSOLUTE_POS];
        of_x[ABSOLUTE_POS] = gradient[ABSOLUTE_POS] * (1.0 - y * y);
    }
}
