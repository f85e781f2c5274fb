//! Fused kernels of a training step: linear layers, attention's products and rotations, GELU, softmax, LayerNorm, AdamW's update.
//!
//! On a CPU burn composes these of tensor operations, each a pass over memory and an allocation, some of them scalar
//! (`erf`, `exp`), and differentiates a linear layer one text at a time: the weight's gradient as a matrix for each
//! text, summed afterwards. Here each is one operation with a gradient of its own, in loops that the compiler turns into
//! vector instructions, and one matrix product over all texts of a batch.
//!
//! On a GPU the same are burn's own operations or kernels of `shaders`. Burn's own are what the tests compare with.
//! All sums have an order that depends on shapes alone.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{self, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DispatchKindConversion, DispatchTensor};
use burn::tensor::{Device, Tensor, TensorData};
use std::fmt::Debug;
use std::marker::PhantomData;

pub mod choice;
mod gelu;
mod layer_norm;
mod linear;
mod log_softmax;
mod mask_rows;
mod matmul;
mod normal_tail;
mod rotary;
#[cfg(feature = "gpu")]
pub(crate) mod shaders;
mod softmax;
mod sum_of_squares;
mod tanh;
pub(crate) mod update;

pub use choice::{Kernels, Products, Rows};
pub use gelu::{Gelu, gelu};
pub use layer_norm::{layer_norm, layer_norm_of_sum};
pub use linear::linear;
pub use log_softmax::log_softmax;
pub use matmul::matmul;
pub use rotary::rotate;
pub use softmax::{masked_softmax, noisy_softmax};
pub use sum_of_squares::sum_of_squares;
pub use tanh::tanh;

/// Whether a device's tensors lie in this program's own memory.
pub fn is_cpu(device: &Device) -> bool {
    device.clone().without_autodiff() == Device::flex()
}

/// An operation's saved forward state, and its backward pass.
trait Kernel<B: Backend, const N: usize>: Clone + Debug + Send + 'static {
    /// The gradients of the N inputs where `wanted`, from the output's.
    fn backward(self, gradient: FloatTensor<B>, wanted: [bool; N]) -> [Option<FloatTensor<B>>; N];
}

/// An input of an operation, on a device that tracks gradients or on one that does not.
enum Input<B: Backend> {
    Tracked(FloatTensor<Autodiff<B>>),
    Plain(FloatTensor<B>),
}

impl<B: Backend> Input<B>
where
    DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B>>,
{
    fn of<const D: usize>(x: Tensor<D>) -> Input<B> {
        const HERE: &str = "a tensor on the device that the operation is for";
        if x.device().is_autodiff() {
            Input::Tracked(x.try_into_primitive::<Autodiff<B>>().expect(HERE))
        } else {
            Input::Plain(x.try_into_primitive::<B>().expect(HERE))
        }
    }
}

/// The output of `forward`, with its gradient in the graph if the inputs' device tracks gradients.
fn run<B: Backend, K: Kernel<B, N>, const N: usize, const D: usize>(
    inputs: [Input<B>; N],
    forward: impl FnOnce([FloatTensor<B>; N]) -> (FloatTensor<B>, K),
) -> Tensor<D>
where
    DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B>>,
{
    let mut guards = Vec::with_capacity(N);
    let plain = inputs.map(|input| match input {
        Input::Plain(tensor) => tensor,
        Input::Tracked(tensor) => {
            let (tensor, guard) = tensor.into_parts();
            guards.push(guard);
            tensor
        }
    });
    let (output, kernel) = forward(plain);
    if guards.is_empty() {
        return Tensor::from_primitive::<B>(output);
    }
    let guards = guards.try_into().expect("inputs on one device");
    let step = Step::<K>(PhantomData);
    let output = match ops::Backward::<B, N>::prepare::<NoCheckpointing>(step, guards).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish(kernel, output),
        OpsKind::UnTracked(step) => step.finish(output),
    };
    Tensor::from_primitive::<Autodiff<B>>(output)
}

struct Step<K>(PhantomData<fn() -> K>);

impl<K> Debug for Step<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<K>())
    }
}

impl<B: Backend, K: Kernel<B, N>, const N: usize> ops::Backward<B, N> for Step<K> {
    type State = K;

    fn backward(self, ops: Ops<K, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let of_inputs = ops.state.backward(gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(of_inputs) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

/// A tensor whose memory holds its elements row by row, and nothing else.
fn row_major(x: FlexTensor) -> FlexTensor {
    x.to_contiguous()
}

/// All elements of a [`row_major`] tensor.
fn elements(x: &FlexTensor) -> &[f32] {
    x.storage()
}

/// The length of its rows.
fn row_length(x: &FlexTensor) -> usize {
    x.layout().shape().last().copied().expect("a tensor of rows")
}

/// A tensor of `values` with the shape of `like`.
fn shaped_like(like: &FlexTensor, values: Vec<f32>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, like.layout().shape().clone()))
}

/// Partial sums held at once: two vector registers of most processors, so that one addition need not wait for another.
const LANES: usize = 8;

/// The sum of `term(i)` for i below `count`, in [`LANES`] partial sums.
#[inline(always)]
fn sum(count: usize, term: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let whole = count / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(i + lane);
        }
    }
    for i in whole..count {
        lanes[i - whole] += term(i);
    }
    lanes.iter().sum()
}

/// e^x within two units in the last place for −87 ≤ x ≤ 88; below it is that of −87. Free of branches and of calls, so
/// that a loop over it becomes vector instructions.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5·2²³: adding it rounds to a whole number, which then stands in the low bits
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    // ln 2 in two parts, the first with zeros at its end so that n times it is exact.
    let r = (x - n * (355.0 / 512.0)) + n * 2.121_944_4e-4;
    let series = 1.0 / 5040.0;
    let series = series * r + 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let power = f32::from_bits((shifted.to_bits().wrapping_sub(MAGIC.to_bits()).wrapping_add(127)) << 23);
    (series * r * r + r + 1.0) * power
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    /// A tensor of numbers from a fixed sequence, between −`size` and `size`.
    pub(super) fn numbers<const D: usize>(shape: [usize; D], size: f32, seed: f32, device: &Device) -> Tensor<D> {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| size * ((i * i) as f32 * 0.37 + i as f32 + seed).sin()).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// Output, and gradients of some inputs, of two ways to compute the same.
    pub(super) fn compare<const N: usize, const D: usize>(
        inputs: [(&str, Vec<usize>, f32); N],
        ours: impl Fn([Tensor<1>; N]) -> Tensor<D>,
        reference: impl Fn([Tensor<1>; N]) -> Tensor<D>,
    ) {
        let device = Device::flex().autodiff();
        let mut seed = 0.0;
        let tensors = inputs.clone().map(|(_, shape, size)| {
            seed += 1.0;
            numbers([shape.iter().product()], size, seed, &device).require_grad()
        });
        let [(output, gradients), (expected, expected_gradients)] = [ours(tensors.clone()), reference(tensors.clone())]
            .map(|output| {
                // A loss whose gradient differs from element to element.
                let weights = numbers(output.dims(), 1.0, 0.5, &device);
                let gradients = (output.clone() * weights).sum().backward();
                (output, gradients)
            });
        close("output", output.inner(), expected.inner());
        for ((name, ..), tensor) in inputs.iter().zip(&tensors) {
            let gradient = tensor.grad(&gradients).expect(name);
            close(name, gradient, tensor.grad(&expected_gradients).expect(name));
        }
        let plain = tensors.map(|tensor| tensor.inner());
        close("output without a graph", ours(plain.clone()), reference(plain));
    }

    fn close<const D: usize>(what: &str, ours: Tensor<D>, expected: Tensor<D>) {
        assert_eq!(ours.dims(), expected.dims(), "{what}");
        let [ours, expected] = [ours, expected].map(|t| t.into_data().try_into_vec::<f32>().unwrap());
        let largest = expected.iter().fold(0f32, |largest, v| largest.max(v.abs()));
        for (i, (a, b)) in ours.iter().zip(&expected).enumerate() {
            assert!((a - b).abs() <= 2e-6 * largest, "{what}, element {i}: {a} for {b}, largest {largest}");
        }
    }

    #[test]
    fn exp_is_exact_to_two_units_in_the_last_place() {
        for i in -870_000..880_000 {
            let x = i as f32 * 1e-4;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2.4e-7, "e^{x}: {} for {expected}", exp(x));
        }
        assert_eq!(exp(-1e30), exp(-87.0));
        assert!(exp(f32::NAN).is_nan());
    }
}
