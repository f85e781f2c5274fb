//! The logarithm of the softmax of logits.

use burn::tensor::{Tensor, activation};

/// `logits: [N, C]` → `[N, C]`: each element less the logarithm of its row's sum of exponentials. C is a number of classes, or of words.
pub fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "gpu")]
    if !super::is_cpu(&logits.device()) {
        return super::shaders::log_softmax::log_softmax(logits);
    }
    activation::log_softmax(logits, 1)
}
