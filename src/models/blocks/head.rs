//! The transform before a masked language model's decoder.

use super::norm::LayerNorm;
use crate::kernels::{Gelu, Kernels, gelu, linear};
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;

/// `BertLMPredictionHead` or `ModernBertPredictionHead` without its decoder, which is tied to the word embeddings.
#[derive(Module, Debug)]
pub struct MlmHead {
    /// D → E.
    pub dense: Linear,
    /// Of E.
    pub layer_norm: LayerNorm,
    /// The decoder's, of V.
    pub bias: Param<Tensor<1>>,
}

impl MlmHead {
    /// `[M, D]` → `[M, E]`.
    pub fn transform(&self, x: Tensor<2>, Kernels { products, rows }: Kernels) -> Tensor<2> {
        self.layer_norm.forward(gelu(linear(&self.dense, x, products), Gelu::Exact), rows)
    }
}
