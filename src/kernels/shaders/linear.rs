//! x·W + b over all rows of a batch, and its gradients: products by tiles or by burn, the bias and its gradient with them or by
//! [`super::fold`].

use super::fold::{Axis, Fold, fold};
use super::product::{product, product_and_sums, product_plus, transposed};
use super::{Input, Kernel, run};
use crate::kernels::Products;
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::tensor::{Shape, Tensor};

/// `x: [.., I]`, `weight: [I, O]`, `bias: [O]` → `[.., O]`.
pub(in super::super) fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    by: Products,
) -> Tensor<D> {
    let weight = Input::<Wgpu>::of(weight);
    match bias {
        Some(bias) => {
            run([Input::of(x), weight, Input::of(bias)], |[x, weight, bias]| forward(x, weight, Some(bias), by))
        }
        None => run([Input::of(x), weight], |[x, weight]| forward(x, weight, None, by)),
    }
}

fn forward(x: CubeTensor, weight: CubeTensor, bias: Option<CubeTensor>, by: Products) -> (CubeTensor, Backward) {
    let mut shape = x.meta.shape().clone();
    let last = shape.num_dims() - 1;
    shape[last] = weight.meta.shape()[1];
    let x = as_rows(x);
    let output = match bias {
        Some(bias) => product_plus(&x, &weight, bias, by),
        None => product(&x, &weight, by),
    };
    (Wgpu::float_reshape(output, shape), Backward { x, weight, by })
}

/// `[.., I]` → `[rows, I]`, so that the weight's gradient is one product.
fn as_rows(x: CubeTensor) -> CubeTensor {
    let (count, length) = super::rows(&x);
    Wgpu::float_reshape(x, Shape::new([count, length]))
}

#[derive(Clone, Debug)]
struct Backward {
    /// `[rows, I]`.
    x: CubeTensor,
    weight: CubeTensor,
    by: Products,
}

impl Backward {
    /// The gradients of x, in the output's leading `shape`, of the weight and of the bias, from `delta: [rows, O]`.
    fn gradients(self, mut shape: Shape, delta: CubeTensor, wanted: [bool; 3]) -> [Option<CubeTensor>; 3] {
        let Backward { x, weight, by } = self;
        let last = shape.num_dims() - 1;
        shape[last] = weight.meta.shape()[0];
        let [of_x, of_weight, of_bias] = wanted;
        let of_x = of_x.then(|| Wgpu::float_reshape(product(&delta, &transposed(weight), by), shape));
        let x = transposed(x);
        if of_weight
            && of_bias
            && let Some([weight, bias]) = product_and_sums(&x, &delta, by)
        {
            return [of_x, Some(weight), Some(bias)];
        }
        let of_weight = of_weight.then(|| product(&x, &delta, by));
        let (length, inner) = super::rows(&delta);
        [of_x, of_weight, of_bias.then(|| fold(delta, Axis { outer: 1, length, inner }, Fold::Sum))]
    }
}

impl Kernel<Wgpu, 2> for Backward {
    fn backward(self, gradient: CubeTensor, [of_x, of_weight]: [bool; 2]) -> [Option<CubeTensor>; 2] {
        let shape = gradient.meta.shape().clone();
        let [of_x, of_weight, _] = self.gradients(shape, as_rows(gradient), [of_x, of_weight, false]);
        [of_x, of_weight]
    }
}

impl Kernel<Wgpu, 3> for Backward {
    fn backward(self, gradient: CubeTensor, wanted: [bool; 3]) -> [Option<CubeTensor>; 3] {
        let shape = gradient.meta.shape().clone();
        self.gradients(shape, as_rows(gradient), wanted)
    }
}
