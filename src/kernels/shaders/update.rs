//! AdamW's update of parameters that lie end to end ([`super::pack`]), an element for each unit.

use super::{empty, row_major, units};
use crate::kernels::update::{BETA_1, BETA_2, EPSILON, NORM_EPSILON, Step};
use burn::backend::wgpu::Wgpu;
use burn::cubecl::{self, prelude::*};
use burn::tensor::Tensor;

/// As [`Step::on_host`], with gradients of this `norm: [1]` clipped to `clip_norm`. The moments are updated where they lie, so nothing else may hold them; the parameters are not, since
/// a copy of the model may.
pub(crate) fn update(
    parameters: &Tensor<1>,
    gradients: Tensor<1>,
    (norm, clip_norm): (&Tensor<1>, f32),
    moments: &[Tensor<1>; 2],
    step: Step,
) -> Tensor<1> {
    const HERE: &str = "a tensor on the GPU, without gradients";
    let primitive = |x: &Tensor<1>| row_major(x.clone().try_into_primitive::<Wgpu>().expect(HERE));
    let parameters = primitive(parameters);
    let [first, second] = moments.each_ref().map(primitive);
    let output = empty(&parameters, parameters.meta.shape().clone());
    let client = output.client.clone();
    let (cubes, cube) = units(&client, output.meta.num_elements());
    // SAFETY: units beyond the end do nothing, and all tensors have as many elements but for the norm's one.
    unsafe {
        adamw::launch_unchecked(
            &client,
            cubes,
            cube,
            parameters.into_buffer_arg(),
            primitive(&gradients).into_buffer_arg(),
            primitive(norm).into_buffer_arg(),
            first.into_buffer_arg(),
            second.into_buffer_arg(),
            output.clone().into_buffer_arg(),
            clip_norm,
            step.decay,
            step.rate,
            step.second_correction,
        );
    }
    Tensor::from_primitive::<Wgpu>(output)
}
#[cube(launch_unchecked)]
fn adamw(
    parameter: &[f32],
    gradient: &[f32],
    norm: &[f32],
    first: &mut [f32],
    second: &mut [f32],
    output: &mut [f32],
    clip_norm: f32,
    decay: f32,
    rate: f32,
    second_correction: f32,
) {
    let i = ABSOLUTE_POS;
    if i >= output.len() {
        terminate!();
    }
    let scale = min(clip_norm / (norm[0] + comptime!(NORM_EPSILON as f32)), 1.0);
    let gradient = gradient[i] * scale;
    let m = BETA_1 * first[i] + (1.0 - BETA_1) * gradient;
    let v = BETA_2 * second[i] + (1.0 - BETA_2) * gradient * gradient;
    first[i] = m;
    second[i] = v;
    output[i] = decay * parameter[i] - rate * m / ((v * second_correction).sqrt() + EPSILON);
}
