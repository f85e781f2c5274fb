//! Batched matrix products by tiles or by burn, and their gradients; long sums in parts.

use super::tiles::{Tile, multiply, multiply_and_sum};
use super::{Input, Kernel, run};
use crate::kernels::Products;
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::tensor::{Shape, Slice, Tensor};

/// Terms of a sum in one product: where a driver ends loops after 65,536 rounds, burn's kernel, with a loop in a loop, comes to that. The
/// sums are of a batch's rows, or of a vocabulary; in parts they are rounded less too.
const MOST_TERMS: usize = 4096;

/// As [`super::super::matmul`], of matrices in batches of the same shape, at most two axes of them.
pub(in super::super) fn matmul<const D: usize>(a: Tensor<D>, b: Tensor<D>, by: Products) -> Tensor<D> {
    run([Input::<Wgpu>::of(a), Input::of(b)], |[a, b]| (product(&a, &b, by), Backward { a, b, by }))
}

#[derive(Clone, Debug)]
struct Backward {
    a: CubeTensor,
    b: CubeTensor,
    by: Products,
}

impl Kernel<Wgpu, 2> for Backward {
    fn backward(self, gradient: CubeTensor, [of_a, of_b]: [bool; 2]) -> [Option<CubeTensor>; 2] {
        let Backward { a, b, by } = self;
        [of_a.then(|| product(&gradient, &transposed(b), by)), of_b.then(|| product(&transposed(a), &gradient, by))]
    }
}

/// The same memory, read by columns.
pub(super) fn transposed(mut x: CubeTensor) -> CubeTensor {
    let axes = x.meta.num_dims();
    x.meta.swap(axes - 2, axes - 1);
    x
}

/// `[.., M, K]` times `[.., K, N]`.
pub(super) fn product(a: &CubeTensor, b: &CubeTensor, by: Products) -> CubeTensor {
    let axes = a.meta.num_dims();
    let terms = a.meta.shape()[axes - 1];
    let whole = |a: &CubeTensor, b: &CubeTensor| match Tile::of(by) {
        Some(tile) => multiply(a, b, None, tile),
        None => Wgpu::float_matmul(a.clone(), b.clone()),
    };
    if terms <= MOST_TERMS {
        return whole(a, b);
    }
    let part = |x: &CubeTensor, axis: usize, from: usize| {
        let mut slices = vec![Slice::from(..); axes];
        slices[axis] = Slice::from(from..terms.min(from + MOST_TERMS));
        Wgpu::float_slice(x.clone(), &slices)
    };
    let parts = (0..terms).step_by(MOST_TERMS);
    let products = parts.map(|from| whole(&part(a, axes - 1, from), &part(b, axes - 2, from)));
    products.reduce(Wgpu::float_add).expect("more than one part")
}

/// A tile, where one kernel can make a product of so many terms.
fn in_one(terms: usize, by: Products) -> Option<Tile> {
    Tile::of(by).filter(|_| terms <= MOST_TERMS)
}

/// `[M, K]` times `[K, N]`, plus `bias: [N]`.
pub(super) fn product_plus(a: &CubeTensor, b: &CubeTensor, bias: CubeTensor, by: Products) -> CubeTensor {
    let [terms, columns] = [b.meta.shape()[0], b.meta.shape()[1]];
    match in_one(terms, by) {
        Some(tile) => multiply(a, b, Some(bias), tile),
        None => Wgpu::float_add(product(a, b, by), Wgpu::float_reshape(bias, Shape::new([1, columns]))),
    }
}

/// `[M, K]` times `[K, N]`, and the sums of the second's columns, `[N]`, where one kernel makes both.
pub(super) fn product_and_sums(a: &CubeTensor, b: &CubeTensor, by: Products) -> Option<[CubeTensor; 2]> {
    in_one(b.meta.shape()[0], by).map(|tile| multiply_and_sum(a, b, tile))
}
