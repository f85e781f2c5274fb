//! The compute device.
//!
//! `flex`, burn's CPU backend, and beside it, with the feature `gpu`, WebGPU in the browser or Vulkan, Metal and DX12
//! natively. A GPU is used only after [`crate::selftest`].

use crate::error::{Error, ErrorKind, Place, Result};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// Where the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// One core of the CPU.
    Cpu,
    /// A GPU.
    WebGpu,
}

/// Opens a device, unchecked: [`crate::selftest::open_checked`] also compares a GPU with the CPU.
///
/// # Errors
/// [`ErrorKind::Device`] if there is no GPU, or the build has no GPU support.
pub async fn open(kind: DeviceKind) -> Result<Device> {
    #[cfg(target_arch = "wasm32")]
    register();
    match kind {
        DeviceKind::Cpu => Ok(Device::flex()),
        DeviceKind::WebGpu => open_gpu().await,
    }
}

/// Runs, once, the constructors by which the compiler of GPU kernels registers its types. Unless something calls them by
/// name, the linker takes this library for a program and has every export run them first: 0.2 ms for each value that
/// crosses to JavaScript.
#[cfg(target_arch = "wasm32")]
fn register() {
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: the linker makes this function; it takes nothing, and nothing else calls it.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}

#[cfg(feature = "gpu")]
async fn open_gpu() -> Result<Device> {
    // Once per process: burn refuses a second initialisation of the same adapter.
    Device::wgpu_options().init_async().await.map_err(|error| {
        Error::new(ErrorKind::Device, Place::named("GPU"), "a device to compute on", error.to_string())
    })
}

#[cfg(not(feature = "gpu"))]
async fn open_gpu() -> Result<Device> {
    Err(Error::new(ErrorKind::Device, Place::named("GPU"), "a build with the feature gpu", "one for the CPU alone"))
}
