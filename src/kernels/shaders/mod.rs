//! Kernels of our own for a GPU, in the language of cubecl, which compiles them for each device when they first run.
//!
//! What is done element by element, [`gelu`] and [`update`], is one kernel instead of a dozen on every GPU. What folds long axes is
//! [`fold`]'s, on every GPU too. What sums along short rows,
//! [`layer_norm`], [`softmax`] and the products of [`tiles`], is written for software GPU adapters, such as Chromium's
//! SwiftShader: it runs four units as the lanes of one processor vector, there a barrier saves and restores all of a unit's state,
//! and so each unit works alone. Real GPUs take burn's kernels there; [`suit`] tells one from the other.

use super::{Input, Kernel, run};
use burn::backend::DispatchDevice;
use burn::backend::cubecl::dtype_to_storage_type;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::client::Client;
use burn::cubecl::prelude::*;
use burn::cubecl::std::tensor::into_contiguous;
use burn::tensor::{Device, Shape};

pub(super) mod fold;
pub(super) mod gelu;
pub(super) mod layer_norm;
pub(super) mod linear;
pub(super) mod log_softmax;
pub(super) mod product;
pub(super) mod softmax;
mod tiles;
pub(crate) mod update;

/// Whether the device's planes are no wider than a processor's vectors, the sign of a software adapter: those of today's
/// GPUs have 8 units or more (of the first Mali Bifrost, of 2016, 4), and a browser that does not tell says 4 to 128.
pub(super) fn suit(device: &Device) -> bool {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Cube(device) => device.client().properties().hardware.plane_size_max <= 4,
        _ => false,
    }
}

/// A tensor whose memory holds its elements row by row.
fn row_major(x: CubeTensor) -> CubeTensor {
    if x.is_contiguous() {
        return x;
    }
    let (client, device, dtype) = (x.client.clone(), x.device.clone(), x.dtype);
    let copy = into_contiguous(&client, x.binding(), dtype_to_storage_type(dtype));
    CubeTensor::new(client, copy.handle, *copy.metadata, device, dtype)
}

/// Memory for a tensor beside `x`, with nothing in it yet.
fn empty(x: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    let shape = shape.into();
    let memory = x.client.empty(shape.num_elements() * x.elem_size());
    CubeTensor::new_contiguous(x.client.clone(), x.device.clone(), shape, memory, x.dtype)
}

/// How `count` units are launched, each of which works alone.
fn units(client: &Client, count: usize) -> (CubeCount, CubeDim) {
    let cube = CubeDim::new(client, count);
    (burn::cubecl::calculate_cube_count_elemwise(client, count, cube), cube)
}

/// Rows of a tensor and their length.
fn rows(x: &CubeTensor) -> (usize, usize) {
    let length = *x.meta.shape().last().expect("a tensor of rows");
    (x.meta.num_elements() / length, length)
}
