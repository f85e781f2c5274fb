//! Kernels of our own for a GPU, in the language of cubecl, which compiles them for each device when they first run.
//!
//! What is done element by element, [`gelu`] and [`update`], is one kernel instead of a dozen on every GPU. What folds long axes is
//! [`fold`]'s, on every GPU too, and what lays tensors end to end [`pack`]'s. What sums along short rows, [`layer_norm`], [`softmax`] and the
//! products of [`tiles`], is written for software GPU adapters, such as Chromium's SwiftShader: it runs four units as the lanes of one
//! processor vector, there a barrier saves and restores all of a unit's state, and so each unit works alone. A GPU takes these or burn's:
//! [`super::choice`].

use super::{Input, Kernel, run};
use burn::backend::DispatchDevice;
use burn::backend::cubecl::dtype_to_storage_type;
use burn::backend::wgpu::{CubeTensor, Wgpu};
use burn::cubecl::client::Client;
use burn::cubecl::prelude::*;
use burn::cubecl::std::tensor::into_contiguous;
use burn::tensor::{self, Device, Shape};

pub(super) mod fold;
pub(super) mod gelu;
pub(super) mod layer_norm;
pub(super) mod linear;
pub(super) mod log_softmax;
pub(crate) mod pack;
pub(super) mod product;
pub(super) mod softmax;
pub(super) mod tanh;
mod tiles;
pub(crate) mod update;

/// Whether the device's planes are no wider than a processor's vectors.
pub(super) fn is_software(device: &Device) -> bool {
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

/// The memory of a tensor that nothing is differentiated by.
fn plain<const D: usize>(x: tensor::Tensor<D>) -> CubeTensor {
    let x = if x.device().is_autodiff() { x.inner() } else { x };
    row_major(x.try_into_primitive::<Wgpu>().expect("a tensor on the GPU"))
}

/// Memory for a tensor beside `x`, with nothing in it yet.
fn empty(x: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    let shape = shape.into();
    let memory = x.client.empty(shape.num_elements() * x.elem_size());
    CubeTensor::new_contiguous(x.client.clone(), x.device.clone(), shape, memory, x.dtype)
}

/// Where in a tensor's memory another may begin: WebGPU's least alignment of what a kernel is given, in elements.
const ALIGNMENT: usize = 64;

/// A tensor of this shape from an aligned element of another on: the same memory.
fn part(whole: &CubeTensor, from: usize, shape: impl Into<Shape>) -> CubeTensor {
    let (shape, size) = (shape.into(), whole.elem_size());
    let handle = whole.handle.clone().offset_start((from * size) as u64);
    let after = handle.size_in_used() - (shape.num_elements() * size) as u64;
    CubeTensor::new_contiguous(whole.client.clone(), whole.device.clone(), shape, handle.offset_end(after), whole.dtype)
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
