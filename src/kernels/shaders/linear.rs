//! x·W + b over all rows of a batch, and its gradients: products by tiles or by burn, the bias's gradient by [`super::fold`].

use super::fold::{Axis, Fold, fold};
use super::product::{product, transposed};
use super::{Input, Kernel, run, suit};
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::tensor::{Shape, Tensor};

/// `x: [.., I]`, `weight: [I, O]`, `bias: [O]` → `[.., O]`.
pub(in super::super) fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<D> {
    let by_tiles = suit(&x.device());
    let weight = Input::<Wgpu>::of(weight);
    match bias {
        Some(bias) => {
            run([Input::of(x), weight, Input::of(bias)], |[x, weight, bias]| forward(x, weight, Some(bias), by_tiles))
        }
        None => run([Input::of(x), weight], |[x, weight]| forward(x, weight, None, by_tiles)),
    }
}

fn forward(x: CubeTensor, weight: CubeTensor, bias: Option<CubeTensor>, by_tiles: bool) -> (CubeTensor, Backward) {
    let mut shape = x.meta.shape().clone();
    let last = shape.num_dims() - 1;
    let x = as_rows(x);
    let output = product(&x, &weight, by_tiles);
    let to = weight.meta.shape()[1];
    let output = match bias {
        Some(bias) => Wgpu::float_add(output, Wgpu::float_reshape(bias, Shape::new([1, to]))),
        None => output,
    };
    shape[last] = to;
    (Wgpu::float_reshape(output, shape), Backward { x, weight, by_tiles })
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
    by_tiles: bool,
}

impl Backward {
    /// Of x in the gradient's leading shape, and of the weight.
    fn products(
        self,
        gradient: &CubeTensor,
        delta: &CubeTensor,
        of_x: bool,
        of_weight: bool,
    ) -> [Option<CubeTensor>; 2] {
        let Backward { x, weight, by_tiles } = self;
        let mut shape = gradient.meta.shape().clone();
        let last = shape.num_dims() - 1;
        shape[last] = weight.meta.shape()[0];
        [
            of_x.then(|| Wgpu::float_reshape(product(delta, &transposed(weight), by_tiles), shape)),
            of_weight.then(|| product(&transposed(x), delta, by_tiles)),
        ]
    }
}

impl Kernel<Wgpu, 2> for Backward {
    fn backward(self, gradient: CubeTensor, [of_x, of_weight]: [bool; 2]) -> [Option<CubeTensor>; 2] {
        let delta = as_rows(gradient.clone());
        self.products(&gradient, &delta, of_x, of_weight)
    }
}

impl Kernel<Wgpu, 3> for Backward {
    fn backward(self, gradient: CubeTensor, [of_x, of_weight, of_bias]: [bool; 3]) -> [Option<CubeTensor>; 3] {
        let delta = as_rows(gradient.clone());
        let [of_x, of_weight] = self.products(&gradient, &delta, of_x, of_weight);
        let (length, inner) = super::rows(&delta);
        [of_x, of_weight, of_bias.then(|| fold(delta, Axis { outer: 1, length, inner }, Fold::Sum))]
    }
}
