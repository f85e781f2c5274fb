//! The logarithm of a softmax whose rows may be as long as a vocabulary.

use super::fold::{Axis, Fold, fold};
use super::{Input, Kernel, rows, run};
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::tensor::{Shape, Tensor};

/// As [`super::super::log_softmax`].
pub(in super::super) fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    run([Input::<Wgpu>::of(logits)], |[logits]| {
        let largest = of_rows(logits.clone(), Fold::Maximum);
        let shifted = Wgpu::float_sub(logits, largest);
        let sums = of_rows(Wgpu::float_exp(shifted.clone()), Fold::Sum);
        let output = Wgpu::float_sub(shifted, Wgpu::float_log(sums));
        (output.clone(), Backward { output })
    })
}

/// `[N, C]` → `[N, 1]`.
fn of_rows(x: CubeTensor, by: Fold) -> CubeTensor {
    let (outer, length) = rows(&x);
    Wgpu::float_reshape(fold(x, Axis { outer, length, inner: 1 }, by), Shape::new([outer, 1]))
}

#[derive(Clone, Debug)]
struct Backward {
    output: CubeTensor,
}

impl Kernel<Wgpu, 1> for Backward {
    /// g − softmax · Σ g.
    fn backward(self, gradient: CubeTensor, _: [bool; 1]) -> [Option<CubeTensor>; 1] {
        let sums = of_rows(gradient.clone(), Fold::Sum);
        [Some(Wgpu::float_sub(gradient, Wgpu::float_mul(Wgpu::float_exp(self.output), sums)))]
    }
}
