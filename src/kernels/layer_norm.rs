//! LayerNorm over the last axis, a pass over the rows forward and one backward.

use super::{Input, Kernel, Rows, elements, is_cpu, row_length, row_major, run, shaped_like, sum};
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Tensor, TensorData, module};

/// γ·(x − μ)/√(σ² + ε) + β with each row's own mean μ and variance σ²; on a GPU in the way that is given.
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    rows: Rows,
) -> Tensor<D> {
    if !is_cpu(&x.device()) {
        #[cfg(feature = "gpu")]
        if rows == Rows::Units {
            return super::shaders::layer_norm::layer_norm(x, gamma, beta, epsilon as f32);
        }
        return module::layer_norm(x, gamma, Some(beta), epsilon);
    }
    let _ = rows;
    fused(x, gamma, beta, epsilon as f32)
}

/// [`layer_norm`] of x·`noise` + `residual`, all of one shape.
pub fn layer_norm_of_sum<const D: usize>(
    [x, residual]: [Tensor<D>; 2],
    noise: Option<Tensor<D>>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    rows: Rows,
) -> Tensor<D> {
    #[cfg(feature = "gpu")]
    if rows == Rows::Units && !is_cpu(&x.device()) {
        return super::shaders::layer_norm::of_sum(x, residual, noise, gamma, beta, epsilon as f32);
    }
    let x = match noise {
        Some(noise) => x * noise,
        None => x,
    };
    layer_norm(x + residual, gamma, beta, epsilon, rows)
}

fn fused<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f32) -> Tensor<D> {
    run([Input::of(x), Input::of(gamma), Input::of(beta)], |inputs| {
        let [mut x, gamma, beta] = inputs.map(row_major);
        let width = row_length(&x);
        let values: &mut [f32] = x.storage_mut();
        let mut output = Vec::with_capacity(values.len());
        let mut factors = Vec::with_capacity(values.len() / width);
        for row in values.chunks_exact_mut(width) {
            let mean = sum(width, |i| row[i]) / width as f32;
            row.iter_mut().for_each(|x| *x -= mean);
            let variance = sum(width, |i| row[i] * row[i]) / width as f32;
            let factor = 1.0 / (variance + epsilon).sqrt();
            row.iter_mut().for_each(|x| *x *= factor);
            output.extend(
                row.iter().zip(elements(&gamma)).zip(elements(&beta)).map(|((x, gamma), beta)| x * gamma + beta),
            );
            factors.push(factor);
        }
        (shaped_like(&x, output), Backward { normalised: x, factors, gamma })
    })
}

#[derive(Clone, Debug)]
struct Backward {
    /// The input, centred and scaled.
    normalised: FlexTensor,
    /// 1/√(σ² + ε) of each row.
    factors: Vec<f32>,
    gamma: FlexTensor,
}

impl Kernel<Flex, 3> for Backward {
    fn backward(self, gradient: FlexTensor, _: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let mut gradient = row_major(gradient);
        let width = row_length(&gradient);
        let gamma = elements(&self.gamma);
        let (mut of_gamma, mut of_beta) = (vec![0.0; width], vec![0.0; width]);
        let values: &mut [f32] = gradient.storage_mut();
        let rows = values.chunks_exact_mut(width).zip(elements(&self.normalised).chunks_exact(width));
        for ((g, x), factor) in rows.zip(&self.factors) {
            let sums = of_gamma.iter_mut().zip(&mut of_beta);
            for (((g, x), gamma), (of_gamma, of_beta)) in g.iter_mut().zip(x).zip(gamma).zip(sums) {
                *of_beta += *g;
                *of_gamma += *g * x;
                *g *= gamma;
            }
            let mean = sum(width, |i| g[i]) / width as f32;
            let along = sum(width, |i| g[i] * x[i]) / width as f32;
            g.iter_mut().zip(x).for_each(|(g, x)| *g = factor * (*g - mean - x * along));
        }
        let vector = |values| Some(FlexTensor::from_data(TensorData::new(values, [width])));
        [Some(gradient), vector(of_gamma), vector(of_beta)]
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::tests::compare;
    use super::*;

    #[test]
    fn layer_norm_and_its_gradients_are_those_of_the_plain_form() {
        for (rows, width, epsilon) in [(5, 33, 1e-12f32), (3, 8, 0.5), (2, 256, 1e-5)] {
            compare(
                [("x", vec![rows, width], 3.0), ("gamma", vec![width], 1.0), ("beta", vec![width], 1.0)],
                |[x, gamma, beta]| fused(x.reshape([rows, width]), gamma, beta, epsilon),
                |[x, gamma, beta]| {
                    let x = x.reshape([rows, width]);
                    let centred = x.clone() - x.mean_dim(1);
                    let variance = centred.clone().square().mean_dim(1);
                    centred / (variance + epsilon).sqrt() * gamma.unsqueeze() + beta.unsqueeze()
                },
            );
        }
    }
}
