//! GELU, x·Φ(x) with Φ the normal distribution's cumulative function, and its derivative Φ(x) + x·φ(x).

use super::normal_tail::{TAIL, TANH_CUBIC, TANH_SCALE};
use super::{Input, Kernel, elements, exp, row_major, run, shaped_like};
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

/// A form of GELU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gelu {
    /// By the error function, x·Φ(x): Hugging Face's `gelu`.
    Exact,
    /// ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))): Hugging Face's `gelu_new`, 5e-4 apart from the other.
    Tanh,
}

/// GELU in this form. On no device burn's own: on a GPU that is differentiated as its
/// tanh approximation, with gradients that are 5e-4 off, and not a number from |x| of about 10 on, where WGSL's tanh overflows.
pub fn gelu<const D: usize>(x: Tensor<D>, form: Gelu) -> Tensor<D> {
    #[cfg(feature = "gpu")]
    if !super::is_cpu(&x.device()) {
        return super::shaders::gelu::gelu(x, form);
    }
    run([Input::of(x)], |[x]| {
        let mut output = row_major(x);
        let values: &mut [f32] = output.storage_mut();
        let mut derivative = vec![0.0; values.len()];
        let points = values.iter_mut().zip(&mut derivative);
        match form {
            Gelu::Exact => points.for_each(|(y, dy)| (*y, *dy) = value_and_derivative(*y)),
            Gelu::Tanh => points.for_each(|(y, dy)| (*y, *dy) = value_and_derivative_by_tanh(*y)),
        }
        let derivative = shaped_like(&output, derivative);
        (output, Backward { derivative })
    })
}

#[derive(Clone, Debug)]
struct Backward {
    derivative: FlexTensor,
}

impl Kernel<Flex, 1> for Backward {
    fn backward(self, gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let mut gradient = row_major(gradient);
        let values: &mut [f32] = gradient.storage_mut();
        values.iter_mut().zip(elements(&self.derivative)).for_each(|(g, d)| *g *= d);
        [Some(gradient)]
    }
}

/// Beyond 13, where Φ(−|x|) is below 1e-38, x counts as 13.
#[inline(always)]
fn value_and_derivative(x: f32) -> (f32, f32) {
    const DENSITY_AT_0: f32 = 0.398_942_3; // 1/√(2π)
    let size = if x.abs() > 13.0 { 13.0 } else { x.abs() };
    let t = 1.0 / (1.0 + 0.4 * size);
    let mut polynomial = TAIL[8];
    for coefficient in TAIL[..8].iter().rev() {
        polynomial = polynomial * t + coefficient;
    }
    let density = exp(-0.5 * size * size);
    let tail = density * polynomial;
    let cumulative = if x < 0.0 { tail } else { 1.0 - tail };
    (x * cumulative, cumulative + x * density * DENSITY_AT_0)
}

/// ½·(1 + tanh(u)) is the logistic function at 2u, which takes no difference of like numbers. It is 0 or 1 in f32 beyond ±10, so
/// there x counts as ±10; its exponent is then 87.3, which [`exp`] can still take.
#[inline(always)]
fn value_and_derivative_by_tanh(x: f32) -> (f32, f32) {
    let x = if x < -10.0 { -10.0 } else { x };
    let near = if x > 10.0 { 10.0 } else { x };
    let square = near * near;
    let power = exp(-TANH_SCALE * near * (1.0 + TANH_CUBIC * square));
    let share = 1.0 / (1.0 + power);
    let slope = share * (share * power) * TANH_SCALE * (1.0 + 3.0 * TANH_CUBIC * square);
    (x * share, share + near * slope)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::tests::compare;
    use super::*;
    use burn::tensor::activation;

    #[test]
    fn gelu_and_its_gradient_are_those_of_the_error_function() {
        for size in [0.1, 1.0, 6.0, 40.0] {
            let shape = vec![7, 93];
            compare(
                [("x", shape, size)],
                |[x]| gelu(x.reshape([7, 93]), Gelu::Exact),
                |[x]| activation::gelu(x.reshape([7, 93])),
            );
        }
    }

    #[test]
    fn every_point_is_within_rounding() {
        for i in -160_000..160_000 {
            let x = i as f32 * 1e-4;
            let wide = f64::from(x);
            let cumulative = 0.5 * erfc(-wide / std::f64::consts::SQRT_2);
            let density = (-0.5 * wide * wide).exp() / std::f64::consts::TAU.sqrt();
            let (value, derivative) = value_and_derivative(x);
            // ½·x·(1 + erf(x/√2)) in f32, with an exact erf, is within 1.7e-7 by this measure, ours within 1.6e-7.
            let bound = |expected: f64| 2e-7 * expected.abs().max(0.5);
            let expected = wide * cumulative;
            assert!((f64::from(value) - expected).abs() < bound(expected), "{x}: {value} for {expected}");
            let expected = cumulative + wide * density;
            assert!(
                (f64::from(derivative) - expected).abs() < 2.0 * bound(expected),
                "{x}: {derivative} for {expected}"
            );
        }
        let (value, derivative) = value_and_derivative(f32::NAN);
        assert!(value.is_nan() && derivative.is_nan());
    }

    #[test]
    fn every_point_of_the_tanh_form_is_within_rounding() {
        let points = (-160_000..160_000).map(|i| i as f32 * 1e-4).chain([-1e30, -1e4, -87.0, 87.0, 1e4, 1e30]);
        for x in points {
            let (value, derivative) = value_and_derivative_by_tanh(x);
            let (wide, scale) = (f64::from(x), (2.0 / std::f64::consts::PI).sqrt());
            let tanh = (scale * (wide + 0.044715 * wide.powi(3))).tanh();
            let bound = |expected: f64| 4e-7 * expected.abs().max(0.5);
            let expected = 0.5 * wide * (1.0 + tanh);
            assert!((f64::from(value) - expected).abs() < bound(expected), "{x}: {value} for {expected}");
            let slope = if tanh.abs() == 1.0 {
                0.0
            } else {
                (1.0 - tanh * tanh) * scale * (1.0 + 3.0 * 0.044715 * wide * wide)
            };
            let expected = 0.5 * (1.0 + tanh) + 0.5 * wide * slope;
            assert!(
                (f64::from(derivative) - expected).abs() < 4.0 * bound(expected),
                "{x}: {derivative} for {expected}"
            );
        }
        let (value, derivative) = value_and_derivative_by_tanh(f32::NAN);
        assert!(value.is_nan() && derivative.is_nan());
    }

    /// erfc in f64: the series of erf near 0, the continued fraction beyond.
    fn erfc(x: f64) -> f64 {
        if x < 0.0 {
            return 2.0 - erfc(-x);
        }
        if x < 2.5 {
            let (mut term, mut sum, mut n) = (x, x, 0.0);
            while term.abs() > 1e-18 {
                n += 1.0;
                term *= -x * x / n;
                sum += term / (2.0 * n + 1.0);
            }
            return 1.0 - sum * std::f64::consts::FRAC_2_SQRT_PI;
        }
        let fraction = (1..=60).rev().fold(x, |below, k| x + f64::from(k) / 2.0 / below);
        (-x * x).exp() / fraction / std::f64::consts::PI.sqrt()
    }
}
