//! Tensors laid end to end, so that one kernel goes over all of them: as many as a model has parameters would each cost a GPU more than their
//! numbers.
//!
//! Each begins at an aligned element, so that it can also be given to a kernel where it lies; between two are zeros.

use super::{ALIGNMENT, empty, part, row_major, units};
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::{self, prelude::*};
use burn::tensor;

/// Tensors that one kernel copies: WebGPU promises eight buffers, of which the result and the sizes take two.
const AT_ONCE: usize = 6;

const HERE: &str = "a tensor on the GPU, without gradients";

fn primitive(x: tensor::Tensor<1>) -> CubeTensor {
    row_major(x.try_into_primitive::<Wgpu>().expect(HERE))
}

/// Elements that a tensor of so many takes.
pub(crate) fn room(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT)
}

/// All `tensors`, end to end; at least one.
pub(crate) fn pack(tensors: Vec<tensor::Tensor<1>>) -> tensor::Tensor<1> {
    let mut tensors: Vec<CubeTensor> = tensors.into_iter().map(primitive).collect();
    let length = |x: &CubeTensor| room(x.meta.num_elements());
    let packed = empty(&tensors[0], [tensors.iter().map(length).sum::<usize>()]);
    let client = packed.client.clone();
    let mut from = 0;
    while !tensors.is_empty() {
        let some: Vec<CubeTensor> = tensors.drain(..AT_ONCE.min(tensors.len())).collect();
        let count: usize = some.iter().map(length).sum();
        let of = |i: usize| some.get(i).unwrap_or(&some[0]).clone().into_buffer_arg(); // beyond the last, something has to be there
        let (cubes, cube) = units(&client, count);
        // SAFETY: units beyond the count do nothing, and the result has room for so many elements from `from` on.
        unsafe {
            copy::launch_unchecked(
                &client,
                cubes,
                cube,
                of(0),
                of(1),
                of(2),
                of(3),
                of(4),
                of(5),
                packed.clone().into_buffer_arg(),
                from,
                count,
                some.len(),
            );
        }
        from += count;
    }
    tensor::Tensor::from_primitive::<Wgpu>(packed)
}

/// The tensors of these lengths that [`pack`] laid end to end: the same memory.
pub(crate) fn unpack(packed: &tensor::Tensor<1>, lengths: &[usize]) -> Vec<tensor::Tensor<1>> {
    let packed = packed.clone().try_into_primitive::<Wgpu>().expect(HERE);
    let mut from = 0;
    let part = |&length: &usize| {
        let part = part(&packed, from, [length]);
        from += room(length);
        tensor::Tensor::from_primitive::<Wgpu>(part)
    };
    lengths.iter().map(part).collect()
}

/// Whether `tensors` are what [`unpack`] gave of `packed`: the very memory, in this order.
pub(crate) fn are_of(tensors: &[tensor::Tensor<1>], packed: &tensor::Tensor<1>) -> bool {
    let place = |x: &CubeTensor| x.handle.clone().binding().claim_key();
    let packed = packed.clone().try_into_primitive::<Wgpu>().expect(HERE);
    let mut from = 0;
    let is_next = |x: &tensor::Tensor<1>| {
        let x = x.clone().try_into_primitive::<Wgpu>().expect(HERE);
        let length = x.meta.num_elements();
        let is_next = from + length <= packed.meta.num_elements() && place(&x) == place(&part(&packed, from, [length]));
        from += room(length);
        is_next
    };
    tensors.iter().all(is_next)
}

#[cube(launch_unchecked)]
fn copy(
    a: &[f32],
    b: &[f32],
    c: &[f32],
    d: &[f32],
    e: &[f32],
    f: &[f32],
    packed: &mut [f32],
    from: usize,
    count: usize,
    #[comptime] tensors: usize,
) {
    let unit = ABSOLUTE_POS;
    if unit >= count {
        terminate!();
    }
    let mut value = take(a, unit, 0, 0.0);
    let start = room_of(a);
    if comptime!(tensors > 1) {
        value = take(b, unit, start, value);
    }
    let start = start + room_of(b);
    if comptime!(tensors > 2) {
        value = take(c, unit, start, value);
    }
    let start = start + room_of(c);
    if comptime!(tensors > 3) {
        value = take(d, unit, start, value);
    }
    let start = start + room_of(d);
    if comptime!(tensors > 4) {
        value = take(e, unit, start, value);
    }
    let start = start + room_of(e);
    if comptime!(tensors > 5) {
        value = take(f, unit, start, value);
    }
    packed[from + unit] = value;
}

/// The unit's element if it is of this tensor, which begins at `start`, else `value`.
#[cube]
fn take(x: &[f32], unit: usize, start: usize, value: f32) -> f32 {
    let mut taken = value;
    if unit >= start && unit < start + x.len() {
        taken = x[unit - start];
    }
    taken
}

#[cube]
fn room_of(x: &[f32]) -> usize {
    x.len().div_ceil(ALIGNMENT) * ALIGNMENT
}
