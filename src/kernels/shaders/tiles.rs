//! Matrix products for software GPU adapters: each unit sums a tile of the output in registers, without memory shared
//! between units and without barriers.
//!
//! burn's kernels divide a product as suits a GPU: many units load a block together, wait for each other, and compute from shared
//! memory. A software adapter, such as Chromium's SwiftShader, runs four units as the lanes of one processor vector.
//! There a barrier saves and restores all of a unit's state, and each load costs as much as some ten multiplications with addition: what
//! matters is to load little for each of these, which a large tile does. On a real GPU the same would starve most units and spill
//! the registers, so [`super::suit`] keeps it off these.

use super::empty;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};

/// Rows of a tile, and its columns in vectors of [`LANES`]. Of the sizes tried, the smallest that is as fast as larger ones; these
/// take longer to compile.
const ROWS: usize = 16;
const VECTORS: usize = 4;
const LANES: usize = 4;
/// Units of a cube, next to each other in a row of tiles: as many as the software runs at once.
const UNITS: usize = 4;
/// Terms added to a sum at once, where the sums' length is a multiple of it.
const DEPTH: usize = 4;

/// `[.., M, K]` times `[.., K, N]`, in batches of the same shape, at most two axes of them.
pub(super) fn multiply(a: &CubeTensor, b: &CubeTensor) -> CubeTensor {
    let axes = a.meta.num_dims();
    let (inner, columns) = (a.meta.shape()[axes - 1], b.meta.shape()[axes - 1]);
    let mut shape = a.meta.shape().clone();
    shape[axes - 1] = columns;
    let (rows, batches) = (shape[axes - 2], shape[..axes - 2].iter().product::<usize>());
    let output = empty(a, shape);
    let tiles = [columns.div_ceil(UNITS * VECTORS * LANES), rows.div_ceil(ROWS), batches].map(|n| n as u32);
    // SAFETY: what a tile reads beyond the matrices is clamped to their last row and column, and it writes nothing there.
    unsafe {
        tiles::launch_unchecked(
            &a.client,
            CubeCount::Static(tiles[0], tiles[1], tiles[2]),
            CubeDim::new_1d(UNITS as u32),
            argument(a),
            argument(b),
            argument(&output),
            if inner.is_multiple_of(DEPTH) { DEPTH } else { 1 },
        );
    }
    output
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
fn tiles(a: &Tensor<f32>, b: &Tensor<f32>, output: &mut Tensor<f32>, #[comptime] depth: usize) {
    let (rows, columns, inner) = (output.shape(2), output.shape(3), a.shape(3));
    let row = ABSOLUTE_POS_Y as usize * ROWS;
    let column = ABSOLUTE_POS_X as usize * (VECTORS * LANES);
    if column >= columns {
        terminate!();
    }
    let batch = ABSOLUTE_POS_Z as usize;
    let (outer, within) = (batch / output.shape(1), batch % output.shape(1));
    let mut a_rows = Sequence::<usize>::new();
    #[unroll]
    for i in 0..ROWS {
        a_rows.push(outer * a.stride(0) + within * a.stride(1) + min(row + i, rows - 1) * a.stride(2));
    }
    let mut b_columns = Sequence::<usize>::new();
    #[unroll]
    for j in 0..VECTORS * LANES {
        b_columns.push(outer * b.stride(0) + within * b.stride(1) + min(column + j, columns - 1) * b.stride(3));
    }
    let mut sums = Array::<Vector<f32, Const<LANES>>>::new(ROWS * VECTORS);
    for i in 0..ROWS * VECTORS {
        sums[i] = Vector::new(0.0);
    }
    for k in range_stepped(0, inner, depth) {
        let mut left = Sequence::<f32>::new();
        let mut right = Sequence::<Vector<f32, Const<LANES>>>::new();
        #[unroll]
        for term in 0..depth {
            let (a_step, b_step) = ((k + term) * a.stride(3), (k + term) * b.stride(2));
            #[unroll]
            for i in 0..ROWS {
                left.push(a[a_rows[i] + a_step]);
            }
            #[unroll]
            for j in 0..VECTORS {
                let mut vector = Vector::empty();
                #[unroll]
                for lane in 0..LANES {
                    vector.insert(lane, b[b_columns[j * LANES + lane] + b_step]);
                }
                right.push(vector);
            }
        }
        #[unroll]
        for i in 0..ROWS {
            #[unroll]
            for j in 0..VECTORS {
                let mut sum = sums[i * VECTORS + j];
                #[unroll]
                for term in 0..depth {
                    sum += Vector::new(left[term * ROWS + i]) * right[term * VECTORS + j];
                }
                sums[i * VECTORS + j] = sum;
            }
        }
    }
    // Loops at run time: unrolled, they would be half of the program.
    let start = (batch * rows + row) * columns + column;
    for i in 0..min(ROWS, rows - row) {
        for j in 0..min(VECTORS, (columns - column).div_ceil(LANES)) {
            let sum = sums[i * VECTORS + j];
            #[unroll]
            for lane in 0..LANES {
                if column + j * LANES + lane < columns {
                    output[start + i * columns + j * LANES + lane] = sum.extract(lane);
                }
            }
        }
    }
}
