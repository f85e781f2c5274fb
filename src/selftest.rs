//! The check of a GPU before it is used: every family of kernels that training needs, against the CPU.
//!
//! A driver that miscompiles a shader often answers with stale or plausible numbers instead of an error. So each
//! [`Family`] computes something with known inputs, and its gradients where training needs them, on both devices; the
//! two must agree within a stated tolerance. Shapes are the built-in model's, few rows of them, and odd ones that no tile
//! divides.

use crate::device::{self, DeviceKind};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernels::{self, Gelu, Kernels, gelu, layer_norm, log_softmax, masked_softmax, rotate, sum_of_squares};
use crate::method::dropout::{SiteNoise, StepNoise};
use crate::method::rates::{ArmRates, NoiseKind};
use crate::method::schedule::SiteRate;
use crate::models::blocks::{earlier_only, nearby_only};
use crate::models::checkpoint::{Checkpoint, HostTensor, encoder_shapes, read};
use crate::models::config::ModelConfig;
use crate::models::hooks::{Hooks, Off};
use crate::models::site::Site;
use crate::models::transformer::{Batch, cross_entropy};
use crate::training::adamw::AdamW;
use burn::tensor::{Device, Int, Tensor, TensorData, module};
use serde::Serialize;

/// Kernels of one kind.
pub struct Family {
    /// Its name, for messages and as a key of the page's words.
    pub name: &'static str,
    /// How far two devices may be apart, as a share of the largest number of the same part: both sum in f32, in different
    /// orders, and a shading language promises `exp` and division to a few units in the last place.
    pub tolerance: f64,
    compute: fn(&Device, Kernels) -> Result<Parts>,
}

/// Vectors of numbers: a result, and its gradients.
type Parts = Vec<Tensor<1>>;

/// The comparison of a device with the CPU in one family.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Which.
    pub family: &'static str,
    /// The largest difference, as a share of the largest number of its part; infinite where one of the two is no number.
    pub difference: f64,
    /// The tolerance.
    pub tolerance: f64,
    /// Whether it was kept.
    pub ok: bool,
}

/// Every family, the simple ones first, so that the first disagreement says most.
pub const FAMILIES: [Family; 10] = [
    Family { name: "matmul", tolerance: 1e-4, compute: matmul },
    Family { name: "odd_matmul", tolerance: 1e-4, compute: odd_matmul },
    Family { name: "reductions", tolerance: 1e-4, compute: reductions },
    Family { name: "softmax", tolerance: 1e-4, compute: softmax },
    Family { name: "rotary", tolerance: 1e-4, compute: rotary },
    Family { name: "layer_norm", tolerance: 1e-4, compute: layer_norms },
    Family { name: "gelu", tolerance: 1e-4, compute: gelus },
    Family { name: "gather", tolerance: 1e-5, compute: gather },
    Family { name: "dropout", tolerance: 1e-4, compute: dropout },
    Family { name: "training_step", tolerance: 1e-3, compute: two_steps },
];

impl Family {
    /// Computes on `device` by these kernels and on the CPU, and compares.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] if the device does not answer.
    pub async fn check(&self, device: &Device, kernels: Kernels) -> Result<Agreement> {
        let ours = self.numbers(device, kernels).await?;
        let expected = self.numbers(&Device::flex(), kernels).await?;
        Ok(self.judge(&ours, &expected))
    }

    async fn numbers(&self, device: &Device, kernels: Kernels) -> Result<Vec<Vec<f32>>> {
        let parts = (self.compute)(&device.clone().autodiff(), kernels)?;
        let lengths: Vec<usize> = parts.iter().map(|part| part.dims()[0]).collect();
        let all = read(Tensor::cat(parts.into_iter().map(Tensor::inner).collect(), 0)).await?; // sync: once per family
        let mut rest = all.as_slice();
        Ok(lengths.into_iter().map(|length| rest.split_off(..length).expect("all parts").to_vec()).collect())
    }

    fn judge(&self, ours: &[Vec<f32>], expected: &[Vec<f32>]) -> Agreement {
        let difference = ours.iter().zip(expected).map(|(a, b)| apart(a, b)).fold(0.0, f64::max);
        Agreement { family: self.name, difference, tolerance: self.tolerance, ok: difference <= self.tolerance }
    }
}

/// Opens a device; a GPU only if its usual kernels compute what the CPU does.
///
/// # Errors
/// Those of [`device::open`], and [`ErrorKind::Device`] if the GPU's numbers differ.
pub async fn open_checked(kind: DeviceKind) -> Result<Device> {
    let device = device::open(kind).await?;
    if kind == DeviceKind::WebGpu {
        check_all(&device, Kernels::usual(&device)).await?;
    }
    Ok(device)
}

/// Checks every family, computed by these kernels.
///
/// # Errors
/// [`ErrorKind::Device`] naming the first family whose numbers differ.
pub async fn check_all(device: &Device, kernels: Kernels) -> Result<()> {
    for family in &FAMILIES {
        let Agreement { difference, ok, .. } = family.check(device, kernels).await?;
        if !ok {
            let place = Place::named(format!("GPU self-test, {}", family.name));
            let expected = format!("the CPU's numbers to within {:e}", family.tolerance);
            return Err(Error::new(ErrorKind::Device, place, expected, format!("a difference of {difference:.2e}")));
        }
    }
    Ok(())
}

/// The largest difference as a share of the largest expected number.
fn apart(ours: &[f32], expected: &[f32]) -> f64 {
    let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let difference = |(a, b): (&f32, &f32)| {
        let difference = f64::from((a - b).abs() / largest.max(f32::MIN_POSITIVE));
        if difference.is_finite() { difference } else { f64::INFINITY }
    };
    ours.iter().zip(expected).map(difference).fold(0.0, f64::max)
}

// --- what is computed ------------------------------------------------------------------------------------------------

/// `count` numbers between −`size` and `size` that need no generator.
fn wave(count: usize, size: f32, device: &Device) -> Tensor<1> {
    let values: Vec<f32> =
        (0..count).map(|i| size * ((i % 4099 * (i % 4099)) as f32 * 0.37 + i as f32).sin()).collect();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// The output of `f` for inputs of these lengths and sizes, and its gradients, by a loss that weighs each element
/// differently.
fn graded<const N: usize, const D: usize>(
    inputs: [(usize, f32); N],
    device: &Device,
    f: impl FnOnce([Tensor<1>; N]) -> Tensor<D>,
) -> Parts {
    let inputs = inputs.map(|(count, size)| wave(count, size, device).require_grad());
    let output = f(inputs.clone());
    let output: Tensor<1> = output.flatten(0, D - 1);
    let weights = wave(output.dims()[0] + 1, 1.0, device).slice(1..output.dims()[0] + 1);
    let gradients = (output.clone() * weights).sum().backward();
    let gradient = |x: &Tensor<1>| Tensor::from_inner(x.grad(&gradients).expect("a result that depends on its inputs"));
    let mut parts: Parts = inputs.iter().map(gradient).collect();
    parts.push(output);
    parts
}

/// A feed-forward layer's product, and attention's of two heads; their gradients are the transposed products.
fn matmul(device: &Device, Kernels { products, .. }: Kernels) -> Result<Parts> {
    let mut parts = graded([(48 * 256, 1.0), (256 * 1024, 0.1)], device, |[x, w]| {
        kernels::matmul(x.reshape([48, 256]), w.reshape([256, 1024]), products)
    });
    parts.extend(graded([(4 * 32 * 64, 1.0), (4 * 32 * 64, 1.0)], device, |[query, key]| {
        kernels::matmul(query.reshape([2, 2, 32, 64]), key.reshape([2, 2, 32, 64]).swap_dims(2, 3), products)
    }));
    Ok(parts)
}

fn odd_matmul(device: &Device, Kernels { products, .. }: Kernels) -> Result<Parts> {
    let product_of = |[rows, inner, columns]: [usize; 3]| {
        graded([(3 * rows * inner, 1.0), (3 * inner * columns, 1.0)], device, |[a, b]| {
            kernels::matmul(a.reshape([3, rows, inner]), b.reshape([3, inner, columns]), products)
        })
    };
    Ok([[7, 13, 5], [1, 257, 3], [33, 1, 65], [17, 67, 23], [21, 12, 70]].into_iter().flat_map(product_of).collect())
}

/// Lengths just above a power of two, above one by much, and powers of two: a driver that ends loops early, or a last part that is not full,
/// shows at some of them.
const LONG: [usize; 4] = [65_537, 70_001, 131_073, 1_048_576];

/// Over rows, over columns, over more elements than one workgroup sums, and over more than one unit's loop may count.
fn reductions(device: &Device, _: Kernels) -> Result<Parts> {
    let mut parts = graded([(37 * 129, 1.0)], device, |[x]| x.reshape([37, 129]).sum_dim(0));
    parts.extend(graded([(37 * 129, 1.0)], device, |[x]| x.reshape([37, 129]).mean_dim(1)));
    parts.extend(graded([(37 * 129, 1.0)], device, |[x]| x.reshape([37, 129]).max_dim(1)));
    parts.extend(graded([(37 * 129, 1.0)], device, |[x]| x.square().sum().sqrt()));
    let plain = device.clone().without_autodiff();
    let norms = LONG.map(|length| sum_of_squares(vec![wave(length, 1.0, &plain)]).sqrt());
    parts.extend(norms.into_iter().map(Tensor::from_inner));
    Ok(parts)
}

/// Attention's, with padding, causal and within a window; and the loss's, which takes the logarithm, over classes, over more words than one
/// unit's loop may count, and of logits whose exponentials are no f32.
fn softmax(device: &Device, Kernels { rows: by, .. }: Kernels) -> Result<Parts> {
    let rows: [(&[u32], &[u32]); 2] = [(&[3; 37], &[0; 37]), (&[3; 20], &[0; 20])];
    let batch = Batch::new(&rows, 0, device);
    let masks = [batch.padding.clone(), Some(earlier_only(37, device)), Some(nearby_only(&batch, 4))];
    let mut parts = Parts::new();
    for hidden in masks {
        parts.extend(graded([(2 * 4 * 37 * 37, 40.0)], device, |[scores]| {
            masked_softmax(scores.reshape([2, 4, 37, 37]), 0.125, hidden.as_ref(), by)
        }));
    }
    parts.extend(graded([(5 * 6, 8.0)], device, |[logits]| cross_entropy(logits.reshape([5, 6]), &[0, 5, 2, 2, 1])));
    parts.extend(graded([(2 * 70_001, 4.0)], device, |[logits]| log_softmax(logits.reshape([2, 70_001]))));
    parts.extend(graded([(3 * 257, 200.0)], device, |[logits]| log_softmax(logits.reshape([3, 257]))));
    Ok(parts)
}

/// Rotary positions; their cosines and sines come from the host.
fn rotary(device: &Device, _: Kernels) -> Result<Parts> {
    let [cos, sin] = [1.0, 0.5].map(|size| wave(37 * 8, size, device).reshape([37, 8]));
    Ok(graded([(2 * 4 * 37 * 16, 1.0)], device, |[x]| rotate(x.reshape([2, 4, 37, 16]), cos, sin)))
}

fn layer_norms(device: &Device, Kernels { rows, .. }: Kernels) -> Result<Parts> {
    Ok(graded([(5 * 256, 3.0), (256, 1.0), (256, 1.0)], device, |[x, gamma, beta]| {
        layer_norm(x.reshape([5, 256]), gamma, beta, 1e-12, rows)
    }))
}

/// Far enough out for shaders whose `tanh` or `exp` overflows.
fn gelus(device: &Device, _: Kernels) -> Result<Parts> {
    let mut parts = graded([(1003, 30.0)], device, |[x]| gelu(x, Gelu::Exact));
    parts.extend(graded([(1003, 30.0)], device, |[x]| gelu(x, Gelu::Tanh)));
    Ok(parts)
}

/// Embeddings, whose gradient adds up the rows of a word that occurs more than once.
fn gather(device: &Device, _: Kernels) -> Result<Parts> {
    let ids: Vec<i32> = (0..40).map(|i| i * i % 23).collect();
    let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [4, 10]), device);
    Ok(graded([(31 * 16, 1.0)], device, |[words]| module::embedding(words.reshape([31, 16]), ids)))
}

/// Dropout applied to ones: the values, their mean and mean square, and the fraction dropped.
fn dropout(device: &Device, _: Kernels) -> Result<Parts> {
    let mut parts = Parts::new();
    for noise in [NoiseKind::Bernoulli, NoiseKind::Gaussian] {
        let arm = SiteNoise::new(&ArmRates { noise, rates: vec![SiteRate { site: Site::Output(0), rate: 0.1 }] });
        let noise = StepNoise { arm: &arm, seed: 1, step: 3 };
        let ones = Tensor::<2>::ones([37, 129], device);
        let kept: Tensor<1> = noise.dropout(Site::Output(0), ones, [37, 129]).flatten(0, 1);
        let dropped = kept.clone().equal_elem(0.0).float().mean();
        let statistics = vec![kept.clone().mean(), kept.clone().square().mean(), dropped];
        parts.extend([Tensor::cat(statistics, 0), kept]);
    }
    Ok(parts)
}

/// Loss and gradient norm of two whole training steps of a tiny model; the second sees the first one's update.
fn two_steps(device: &Device, kernels: Kernels) -> Result<Parts> {
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
        family: Default::default(),
        embedding_size: None,
        attention: Vec::new(),
        pooling: Default::default(),
        shipped: None,
        pad_token_id: None,
        is_decoder: false,
        id2label: serde_json::Value::Null,
    };
    let mut model = wavy_checkpoint(&config).model(&config, 3, 1, device)?.model.by(kernels);
    let batch = Batch::new(&[(&[2, 17, 8, 9, 3], &[0; 5]), (&[2, 30, 3], &[0; 3])], 0, device);
    let mut optimizer = AdamW::new(0.01, device);
    let mut numbers = Parts::new();
    for _ in 0..2 {
        let loss = cross_entropy(model.classify(&batch, &Off), &[0, 2]);
        let (updated, norm) = optimizer.update(model, &loss, 0.01, 0.5);
        model = updated;
        numbers.extend([loss, Tensor::from_inner(norm)]);
    }
    Ok(numbers)
}

/// Weights that need no file: a sine over each tensor's elements, gains near 1. Before GELU they are large, since that is
/// where shaders overflow.
fn wavy_checkpoint(config: &ModelConfig) -> Checkpoint {
    let mut checkpoint = Checkpoint::default();
    for (name, shape) in encoder_shapes(config) {
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

    fn usual() -> Kernels {
        Kernels::usual(&Device::flex())
    }

    fn numbers(family: &Family) -> Vec<Vec<f32>> {
        pollster::block_on(family.numbers(&Device::flex(), usual())).unwrap()
    }

    #[test]
    fn the_cpu_agrees_with_itself() {
        pollster::block_on(check_all(&Device::flex(), usual())).unwrap();
    }

    #[test]
    fn every_number_is_finite_and_no_part_is_idle() {
        for family in &FAMILIES {
            for part in numbers(family) {
                assert!(part.iter().all(|n| n.is_finite()), "{}", family.name);
                assert!(part.iter().any(|n| *n != 0.0), "{}: a part that says nothing", family.name);
            }
        }
        let [first, _, second, _] = &numbers(&FAMILIES[9])[..] else { panic!("two losses and two norms") };
        assert!((first[0] - second[0]).abs() > 0.01 * first[0], "the update shows in the second loss");
    }

    /// Stale memory, a number that is none, one wrong element in any part, a shifted row: each is noticed.
    #[test]
    fn a_wrong_kernel_is_noticed_in_every_family() {
        for family in &FAMILIES {
            let right = numbers(family);
            let noticed = |what: &str, wrong: &[Vec<f32>]| {
                assert!(!family.judge(wrong, &right).ok, "{}: {what}", family.name);
            };
            assert_eq!(family.judge(&right, &right).difference, 0.0);
            noticed("zeros", &right.iter().map(|part| vec![0.0; part.len()]).collect::<Vec<_>>());
            for part in 0..right.len() {
                let with = |change: &dyn Fn(&mut Vec<f32>)| {
                    let mut wrong = right.clone();
                    change(&mut wrong[part]);
                    wrong
                };
                let largest = right[part].iter().fold(0f32, |a, b| a.max(b.abs()));
                noticed("no number", &with(&|p| *p.last_mut().unwrap() = f32::NAN));
                noticed("an infinite one", &with(&|p| p[0] = f32::INFINITY));
                let error = 2.0 * family.tolerance as f32 * largest;
                noticed("an element", &with(&|p| *p.last_mut().unwrap() += error));
                let slight = family.judge(&with(&|p| p[0] += 0.5 * family.tolerance as f32 * largest), &right);
                assert!(slight.ok && slight.difference > 0.0, "{}: {slight:?}", family.name);
            }
        }
    }
}
