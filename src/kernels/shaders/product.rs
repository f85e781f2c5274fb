//! Batched matrix products by tiles or by burn, whichever suits the device, and their gradients; long sums in parts.

use super::tiles::multiply;
use super::{Input, Kernel, run, suit};
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::tensor::{Slice, Tensor};

/// Terms of a sum in one product: where a driver ends loops after 65,536 rounds, burn's kernel, with a loop in a loop, comes to that. The
/// sums are of a batch's rows, or of a vocabulary; in parts they are rounded less too.
const MOST_TERMS: usize = 4096;

/// As [`super::super::matmul`], of matrices in batches of the same shape, at most two axes of them.
pub(in super::super) fn matmul<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let by_tiles = suit(&a.device());
    run([Input::<Wgpu>::of(a), Input::of(b)], |[a, b]| (product(&a, &b, by_tiles), Backward { a, b, by_tiles }))
}

#[derive(Clone, Debug)]
struct Backward {
    a: CubeTensor,
    b: CubeTensor,
    by_tiles: bool,
}

impl Kernel<Wgpu, 2> for Backward {
    fn backward(self, gradient: CubeTensor, [of_a, of_b]: [bool; 2]) -> [Option<CubeTensor>; 2] {
        let Backward { a, b, by_tiles } = self;
        [
            of_a.then(|| product(&gradient, &transposed(b), by_tiles)),
            of_b.then(|| product(&transposed(a), &gradient, by_tiles)),
        ]
    }
}

/// The same memory, read by columns.
pub(super) fn transposed(mut x: CubeTensor) -> CubeTensor {
    let axes = x.meta.num_dims();
    x.meta.swap(axes - 2, axes - 1);
    x
}

/// `[.., M, K]` times `[.., K, N]`.
pub(super) fn product(a: &CubeTensor, b: &CubeTensor, by_tiles: bool) -> CubeTensor {
    let axes = a.meta.num_dims();
    let terms = a.meta.shape()[axes - 1];
    let whole = |a: &CubeTensor, b: &CubeTensor| {
        if by_tiles { multiply(a, b) } else { Wgpu::float_matmul(a.clone(), b.clone()) }
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
