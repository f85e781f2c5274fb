//! Tokens to vectors.

use super::norm::{LayerNorm, normed};
use crate::models::hooks::{Hooks, Pass};
use crate::models::site::Site;
use crate::models::transformer::Batch;
use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Int, Tensor};

/// Word + position + token type, then LayerNorm, then dropout (`BertEmbeddings`). GPT-2 has neither types nor LayerNorm here, ModernBERT
/// neither types nor positions.
#[derive(Module, Debug)]
pub struct Embeddings {
    /// `[V, E]`; tied to the decoder.
    pub word_embeddings: Embedding,
    /// `[positions, E]`, in families whose positions are embedded.
    pub position_embeddings: Option<Embedding>,
    /// `[types, E]`, in families that tell the texts of a pair apart.
    pub token_type_embeddings: Option<Embedding>,
    /// In most families.
    pub layer_norm: Option<LayerNorm>,
    /// The position of a text's first token.
    pub first_position: usize,
}

impl Embeddings {
    /// `[B, T]` → `[B, T, E]`. Positions count through padding too, which no token attends to.
    pub fn forward(&self, batch: &Batch, pass: &Pass<impl Hooks>) -> Tensor<3> {
        let mut sum = self.word_embeddings.forward(batch.ids.clone());
        if let Some(types) = &self.token_type_embeddings {
            sum = sum + types.forward(batch.type_ids.clone());
        }
        if let Some(places) = &self.position_embeddings {
            let ([_, t], first) = (batch.ids.dims(), self.first_position as i64);
            let positions = Tensor::<1, Int>::arange(first..first + t as i64, &batch.ids.device());
            sum = sum + places.forward(positions.unsqueeze::<2>());
        }
        let sum = pass.hooks.tap(format_args!("embeddings"), &sum.clone(), sum);
        let x = normed(self.layer_norm.as_ref(), format_args!("embeddings.LayerNorm"), sum, pass);
        let whole = x.dims();
        pass.hooks.dropout(Site::Embeddings, x, whole)
    }
}
