//! Sums and maxima along an axis of any length, in stages: each unit folds at most [`LONGEST`] elements, and a further stage what the units
//! of the last one have found.
//!
//! burn, unless it measures its kernels first, folds with one unit for each element of the result, and so a whole tensor with a single one.
//! That is slow on any GPU, and wrong where a driver ends a loop after 65,536 rounds, as Mesa's llvmpipe does. Here no loop is longer than
//! [`LONGEST`], no memory is shared and there are no barriers, so that nothing depends on how wide a device's planes are. Units next to each
//! other read elements next to each other.

use super::{empty, row_major, units};
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::{self, prelude::*};
use burn::tensor;

/// Elements that one unit folds at most: a million in three stages, 65,536 in two.
const LONGEST: usize = 256;

/// What elements are folded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fold {
    Sum,
    SumOfSquares,
    Maximum,
}

impl Fold {
    /// What a further stage does with the results of this one.
    fn next(self) -> Fold {
        if self == Fold::SumOfSquares { Fold::Sum } else { self }
    }
}

/// An axis among those outside of it and those inside, each taken together.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) outer: usize,
    pub(super) length: usize,
    pub(super) inner: usize,
}

/// `[outer, length, inner]` → `[outer · inner]`; `x` has any shape of as many elements.
pub(super) fn fold(x: CubeTensor, mut axis: Axis, mut by: Fold) -> CubeTensor {
    let mut x = row_major(x);
    assert_eq!(x.meta.num_elements(), axis.outer * axis.length * axis.inner, "the elements of an axis");
    loop {
        let parts = axis.length.div_ceil(LONGEST);
        let output = empty(&x, [axis.outer * parts * axis.inner]);
        stage(x, &output, 0, axis, parts, by);
        if parts == 1 {
            return output;
        }
        (x, axis.length, by) = (output, parts, by.next());
    }
}

/// As [`super::super::sum_of_squares`]: one stage for each tensor, then those that they share.
pub(in super::super) fn sum_of_squares(tensors: Vec<tensor::Tensor<1>>) -> tensor::Tensor<1> {
    const HERE: &str = "a tensor on the GPU, without gradients";
    let tensors: Vec<CubeTensor> =
        tensors.into_iter().map(|x| row_major(x.try_into_primitive::<Wgpu>().expect(HERE))).collect();
    let parts = |x: &CubeTensor| x.meta.num_elements().div_ceil(LONGEST);
    let length = tensors.iter().map(parts).sum();
    let sums = empty(&tensors[0], [length]);
    let mut from = 0;
    for x in tensors {
        let parts = parts(&x);
        let whole = Axis { outer: 1, length: x.meta.num_elements(), inner: 1 };
        stage(x, &sums, from, whole, parts, Fold::SumOfSquares);
        from += parts;
    }
    let sum = if length == 1 { sums } else { fold(sums, Axis { outer: 1, length, inner: 1 }, Fold::Sum) };
    tensor::Tensor::from_primitive::<Wgpu>(sum)
}

/// Writes `[outer, parts, inner]` into the output, from its element `from` on.
fn stage(x: CubeTensor, output: &CubeTensor, from: usize, axis: Axis, parts: usize, by: Fold) {
    let client = output.client.clone();
    let count = axis.outer * parts * axis.inner;
    let (cubes, cube) = units(&client, count);
    // SAFETY: units beyond the count do nothing; the callers' outputs hold so many elements from `from` on.
    unsafe {
        every_nth::launch_unchecked(
            &client,
            cubes,
            cube,
            x.into_buffer_arg(),
            output.clone().into_buffer_arg(),
            from,
            count,
            axis.length,
            axis.inner,
            parts,
            by,
        );
    }
}

/// Each unit folds every `parts`-th element of an axis, from its own on.
#[cube(launch_unchecked)]
fn every_nth(
    x: &[f32],
    output: &mut [f32],
    from: usize,
    count: usize,
    length: usize,
    inner: usize,
    parts: usize,
    #[comptime] by: Fold,
) {
    let unit = ABSOLUTE_POS;
    if unit >= count {
        terminate!();
    }
    let part = unit / inner % parts;
    let first = (unit / (inner * parts) * length + part) * inner + unit % inner;
    let stride = parts * inner;
    let terms = (length - part).div_ceil(parts);
    let mut result = x[first];
    if comptime!(by == Fold::SumOfSquares) {
        result *= x[first];
    }
    for k in 1..terms {
        let value = x[first + k * stride];
        if comptime!(by == Fold::Sum) {
            result += value;
        } else if comptime!(by == Fold::SumOfSquares) {
            result += value * value;
        } else {
            result = max(result, value);
        }
    }
    output[from + unit] = result;
}
