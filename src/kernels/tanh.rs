//! tanh, of a classifier's pooled states.

use burn::tensor::Tensor;

/// tanh x. Beyond ±10 it is ±1 in f32, and so x counts as ±10 there: WGSL's overflows to NaN.
pub fn tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "gpu")]
    if !super::is_cpu(&x.device()) {
        return super::shaders::tanh::tanh(x);
    }
    x.clamp(-10.0, 10.0).tanh()
}
