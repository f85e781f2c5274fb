//! Matrix products in which each unit sums a tile of the output in registers, without memory shared between units and without barriers.
//!
//! burn's kernels divide a product as suits a GPU: many units load a block together, wait for each other, and compute from shared
//! memory. A software adapter, such as Chromium's SwiftShader, runs four units as the lanes of one processor vector.
//! There a barrier saves and restores all of a unit's state, and each load costs as much as some ten multiplications with addition: what
//! matters is to load little for each of these, which a large tile does. On a real GPU the same would starve most units and spill
//! the registers; there a small tile may be as fast as burn's kernel, and [`super::super::choice`] asks the clock.
//!
//! A product adds a bias to its rows, or sums the columns of its right matrix, in the same kernel: these are a linear layer's bias and the
//! bias's gradient, and a kernel of their own would cost a GPU more than the sums.

use super::{ALIGNMENT, empty, part, row_major};
use crate::kernels::Products;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};
use burn::tensor::Shape;

/// Elements of a vector, in which a tile's columns are counted.
const LANES: usize = 4;
/// Terms added to a sum at once, where the sums' length is a multiple of it.
const DEPTH: usize = 4;

/// The size of a unit's tile.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    rows: usize,
    vectors: usize,
    /// Of a cube, next to each other in a row of tiles.
    units: usize,
}

impl Tile {
    /// `None` for burn's products. Of the sizes for software adapters 16 × 16 is the smallest that is as fast as larger ones, which take
    /// longer to compile, and the adapter runs four units at once.
    pub(super) fn of(products: Products) -> Option<Tile> {
        match products {
            Products::Burn => None,
            Products::Tiles16 => Some(Tile { rows: 16, vectors: 4, units: 4 }),
            Products::Tiles8 => Some(Tile { rows: 8, vectors: 2, units: 32 }),
            Products::Tiles4 => Some(Tile { rows: 4, vectors: 1, units: 64 }),
        }
    }
}

/// `[.., M, K]` times `[.., K, N]`, in batches of the same shape, at most two axes of them; plus `bias: [N]`.
pub(super) fn multiply(a: &CubeTensor, b: &CubeTensor, bias: Option<CubeTensor>, tile: Tile) -> CubeTensor {
    let output = empty(a, product_shape(a, b));
    launch(a, b, bias, &output, tile, false);
    output
}

/// `[M, K]` times `[K, N]`, and the sums of the second's columns, `[N]`.
pub(super) fn multiply_and_sum(a: &CubeTensor, b: &CubeTensor, tile: Tile) -> [CubeTensor; 2] {
    let shape = product_shape(a, b);
    let (length, columns) = (shape.num_elements(), shape[1]);
    // Both in one piece of memory: a kernel may be given only so many.
    let from = length.next_multiple_of(ALIGNMENT);
    let both = empty(a, [from + columns]);
    let (client, device, handle) = (both.client.clone(), both.device.clone(), both.handle.clone());
    let output = CubeTensor::new_contiguous(client, device, shape.clone(), handle, both.dtype);
    launch(a, b, None, &output, tile, true);
    [part(&both, 0, shape), part(&both, from, [columns])]
}

fn product_shape(a: &CubeTensor, b: &CubeTensor) -> Shape {
    let last = a.meta.num_dims() - 1;
    let mut shape = a.meta.shape().clone();
    shape[last] = b.meta.shape()[last];
    shape
}

fn launch(a: &CubeTensor, b: &CubeTensor, bias: Option<CubeTensor>, output: &CubeTensor, tile: Tile, sums: bool) {
    let axes = a.meta.num_dims();
    let (inner, shape) = (a.meta.shape()[axes - 1], output.meta.shape());
    let (rows, columns, batches) = (shape[axes - 2], shape[axes - 1], shape[..axes - 2].iter().product::<usize>());
    let cubes =
        [columns.div_ceil(tile.units * tile.vectors * LANES), rows.div_ceil(tile.rows), batches].map(|n| n as u32);
    let is_biased = bias.is_some();
    let bias = bias.map_or_else(|| b.clone(), row_major); // something has to be there
    // SAFETY: what a tile reads beyond the matrices is clamped to their last row and column, and it writes nothing there. With sums, the output's
    // memory holds a number for each column from the first aligned element after the product on.
    unsafe {
        tiles::launch_unchecked(
            &a.client,
            CubeCount::Static(cubes[0], cubes[1], cubes[2]),
            CubeDim::new_1d(tile.units as u32),
            argument(a),
            argument(b),
            bias.into_buffer_arg(),
            argument(output),
            tile.rows,
            tile.vectors,
            if inner.is_multiple_of(DEPTH) { DEPTH } else { 1 },
            is_biased,
            sums,
        );
    }
}

/// With two axes of batches.
fn argument(x: &CubeTensor) -> TensorArg {
    let mut x = x.clone();
    while x.meta.num_dims() < 4 {
        x.meta.insert(0, 1, 0);
    }
    x.into_tensor_arg()
}

#[cube(launch_unchecked)]
fn tiles(
    a: &Tensor<f32>,
    b: &Tensor<f32>,
    bias: &[f32],
    output: &mut Tensor<f32>,
    #[comptime] tile_rows: usize,
    #[comptime] vectors: usize,
    #[comptime] depth: usize,
    #[comptime] is_biased: bool,
    #[comptime] with_sums: bool,
) {
    let (rows, columns, inner) = (output.shape(2), output.shape(3), a.shape(3));
    let row = ABSOLUTE_POS_Y as usize * tile_rows;
    let column = ABSOLUTE_POS_X as usize * (vectors * LANES);
    if column >= columns {
        terminate!();
    }
    let batch = ABSOLUTE_POS_Z as usize;
    let (outer, within) = (batch / output.shape(1), batch % output.shape(1));
    let mut a_rows = Sequence::<usize>::new();
    #[unroll]
    for i in 0..tile_rows {
        a_rows.push(outer * a.stride(0) + within * a.stride(1) + min(row + i, rows - 1) * a.stride(2));
    }
    let mut b_columns = Sequence::<usize>::new();
    #[unroll]
    for j in 0..vectors * LANES {
        b_columns.push(outer * b.stride(0) + within * b.stride(1) + min(column + j, columns - 1) * b.stride(3));
    }
    let mut sums = Array::<Vector<f32, Const<LANES>>>::new(tile_rows * vectors);
    for i in 0..tile_rows * vectors {
        sums[i] = Vector::new(0.0);
    }
    let mut of_columns = Array::<Vector<f32, Const<LANES>>>::new(vectors);
    for j in 0..vectors {
        of_columns[j] = Vector::new(0.0);
    }
    for k in range_stepped(0, inner, depth) {
        let mut left = Sequence::<f32>::new();
        let mut right = Sequence::<Vector<f32, Const<LANES>>>::new();
        #[unroll]
        for term in 0..depth {
            let (a_step, b_step) = ((k + term) * a.stride(3), (k + term) * b.stride(2));
            #[unroll]
            for i in 0..tile_rows {
                left.push(a[a_rows[i] + a_step]);
            }
            #[unroll]
            for j in 0..vectors {
                let mut vector = Vector::empty();
                #[unroll]
                for lane in 0..LANES {
                    vector.insert(lane, b[b_columns[j * LANES + lane] + b_step]);
                }
                right.push(vector);
            }
        }
        #[unroll]
        for i in 0..tile_rows {
            #[unroll]
            for j in 0..vectors {
                let mut sum = sums[i * vectors + j];
                #[unroll]
                for term in 0..depth {
                    sum += Vector::new(left[term * tile_rows + i]) * right[term * vectors + j];
                }
                sums[i * vectors + j] = sum;
            }
        }
        if comptime!(with_sums) {
            #[unroll]
            for j in 0..vectors {
                let mut sum = of_columns[j];
                #[unroll]
                for term in 0..depth {
                    sum += right[term * vectors + j];
                }
                of_columns[j] = sum;
            }
        }
    }
    // Loops at run time: unrolled, they would be half of the program.
    let start = (batch * rows + row) * columns + column;
    let filled = min(vectors, (columns - column).div_ceil(LANES));
    for i in 0..min(tile_rows, rows - row) {
        for j in 0..filled {
            let sum = sums[i * vectors + j];
            #[unroll]
            for lane in 0..LANES {
                let place = j * LANES + lane;
                if column + place < columns {
                    if comptime!(is_biased) {
                        output[start + i * columns + place] = sum.extract(lane) + bias[column + place];
                    } else {
                        output[start + i * columns + place] = sum.extract(lane);
                    }
                }
            }
        }
    }
    if comptime!(with_sums) && row == 0 {
        let start = (rows * columns).div_ceil(ALIGNMENT) * ALIGNMENT + column;
        for j in 0..filled {
            let sum = of_columns[j];
            #[unroll]
            for lane in 0..LANES {
                let place = j * LANES + lane;
                if column + place < columns {
                    output[start + place] = sum.extract(lane);
                }
            }
        }
    }
}
