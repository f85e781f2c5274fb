//! The device that everything is computed on, and the check of a GPU against the CPU before it is believed.
//!
//! Both are in one binary: `flex`, burn's CPU backend, and, with the feature `gpu`, WebGPU in the browser or Vulkan,
//! Metal and DX12 natively. A driver that miscompiles a shader often answers with stale numbers instead of an error,
//! so a GPU first does one training step of a tiny model, and is refused if its answer is not the CPU's.

use crate::adamw::AdamW;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::hooks::Off;
use crate::model::{Batch, ModelConfig, cross_entropy};
use crate::weights::{Checkpoint, HostTensor, read};
use burn::tensor::{Device, Tensor};
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

/// How far a GPU may be from the CPU, relative to the larger number: both sum in f32, in different orders.
const TOLERANCE: f32 = 1e-3;

/// Opens a device; a GPU only if it passes [`self_test`].
///
/// # Errors
/// [`ErrorKind::Device`] if there is no GPU, the build has no GPU support, or the GPU computes something else.
pub async fn open(kind: DeviceKind) -> Result<Device> {
    match kind {
        DeviceKind::Cpu => Ok(Device::flex()),
        DeviceKind::WebGpu => {
            let gpu = open_gpu().await?;
            self_test(&gpu).await?;
            Ok(gpu)
        }
    }
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

/// Loss and gradient norm of two training steps of a tiny model, on `device` and on the CPU; the second step sees the
/// first one's update.
///
/// # Errors
/// [`ErrorKind::Device`] if the two differ by more than one part in a thousand.
pub async fn self_test(device: &Device) -> Result<()> {
    let ours = two_steps(device).await?;
    let expected = two_steps(&Device::flex()).await?;
    for (what, (a, b)) in
        ["loss", "gradient norm", "second loss", "second gradient norm"].iter().zip(ours.iter().zip(&expected))
    {
        let close = (a - b).abs() <= TOLERANCE * a.abs().max(b.abs());
        if !close {
            let place = Place::named(format!("GPU self-test, {what}"));
            return Err(Error::new(ErrorKind::Device, place, format!("{b}, as on the CPU"), a.to_string()));
        }
    }
    Ok(())
}

async fn two_steps(device: &Device) -> Result<Vec<f32>> {
    let device = device.clone().autodiff();
    let config = ModelConfig {
        vocab_size: 50,
        hidden_size: 16,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 24,
        max_position_embeddings: 8,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_act: "gelu".into(),
        model_type: "bert".into(),
    };
    let mut model = wavy_checkpoint(&config).model(&config, 3, 1, &device)?.model;
    let batch = Batch::new(&[(&[2, 17, 8, 9, 3], &[0; 5]), (&[2, 30, 3], &[0; 3])], 0, &device);
    let mut optimizer = AdamW::on_device(0.01);
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let loss = cross_entropy(model.classify(&batch, &Off), &[0, 2]);
        let (updated, norm) = optimizer.update(model, &loss, 0.01, 0.5);
        model = updated;
        numbers.push(loss.inner());
        numbers.push(norm);
    }
    read(Tensor::cat(numbers, 0)).await // sync: once per self-test
}

/// Weights that need no file: a sine over each tensor's elements, gains near 1. Before GELU they are large, since that is
/// where shaders overflow.
fn wavy_checkpoint(config: &ModelConfig) -> Checkpoint {
    let mut checkpoint = Checkpoint::default();
    for (name, shape) in crate::weights::encoder_shapes(config) {
        let gain = if name.ends_with("LayerNorm.weight") { 1.0 } else { 0.0 };
        let size = if name.contains("intermediate") { 5.0 } else { 0.2 };
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| gain + size * ((i * i) as f32 * 0.37 + name.len() as f32).sin()).collect();
        checkpoint.insert(name, HostTensor { shape, values });
    }
    checkpoint
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_agrees_with_itself_and_steps_change_something() {
        pollster::block_on(async {
            self_test(&Device::flex()).await.unwrap();
            let numbers = two_steps(&Device::flex()).await.unwrap();
            assert!(numbers.iter().all(|n| n.is_finite() && *n > 0.0), "{numbers:?}");
            assert!((numbers[0] - numbers[2]).abs() > 10.0 * TOLERANCE * numbers[0], "{numbers:?}");
        });
    }
}
