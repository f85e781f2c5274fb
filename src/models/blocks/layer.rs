//! One layer: attention and feed-forward, each with a residual sum.

use super::attention::{SelfAttention, first};
use super::norm::{LayerNorm, normed};
use crate::kernels::{Gelu, gelu, linear};
use crate::models::hooks::Hooks;
use crate::models::site::Site;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Bool, Tensor};

/// Projection, dropout, residual sum, and LayerNorm in families that normalise afterwards (`BertSelfOutput`, `BertOutput`;
/// GPT-2's `c_proj` and its dropout).
#[derive(Module, Debug)]
pub struct ResidualOutput {
    /// D or F → D.
    pub dense: Linear,
    /// After the sum.
    pub layer_norm: Option<LayerNorm>,
    /// DistilBERT has none after attention.
    pub has_dropout: bool,
}

impl ResidualOutput {
    /// `x: [B, Q, D or F]`, `residual: [B, Q, D]` → `[B, Q, D]`, of texts of `t` tokens.
    fn forward(&self, site: Site, x: Tensor<3>, residual: Tensor<3>, t: usize, hooks: &impl Hooks) -> Tensor<3> {
        let projected = hooks.tap(format_args!("encoder.{site}.dense"), &x, linear(&self.dense, x.clone()));
        let [b, _, d] = residual.dims();
        let noisy = if self.has_dropout { hooks.dropout(site, projected, [b, t, d]) } else { projected };
        normed(self.layer_norm.as_ref(), format_args!("encoder.{site}.LayerNorm"), noisy + residual, hooks)
    }
}

/// The feed-forward layer's inner half, without dropout (`BertIntermediate`, `GPT2MLP`'s `c_fc`).
#[derive(Module, Debug)]
pub struct Intermediate {
    /// In families that normalise before it.
    pub layer_norm: Option<LayerNorm>,
    /// D → F.
    pub dense: Linear,
    /// Its activation.
    #[module(skip)]
    pub activation: Gelu,
}

impl Intermediate {
    fn forward(&self, k: usize, x: Tensor<3>, hooks: &impl Hooks) -> Tensor<3> {
        let x = normed(self.layer_norm.as_ref(), format_args!("encoder.layer.{k}.intermediate.LayerNorm"), x, hooks);
        let inner = linear(&self.dense, x.clone());
        gelu(hooks.tap(format_args!("encoder.layer.{k}.intermediate.dense"), &x, inner), self.activation)
    }
}

/// `BertLayer`, `GPT2Block`.
#[derive(Module, Debug)]
pub struct Layer {
    /// Attention's probabilities.
    pub attention_self: SelfAttention,
    /// Its projection.
    pub attention_output: ResidualOutput,
    /// D → F.
    pub intermediate: Intermediate,
    /// F → D.
    pub output: ResidualOutput,
}

impl Layer {
    /// `[B, T, D]` → `[B, Q, D]`, of the first `q` tokens alone; `hidden` as in [`SelfAttention::forward`].
    pub fn forward(
        &self,
        k: usize,
        heads: usize,
        x: Tensor<3>,
        q: usize,
        hidden: Option<&Tensor<4, Bool>>,
        hooks: &impl Hooks,
    ) -> Tensor<3> {
        let [_, t, _] = x.dims();
        let asking = first(&x, q);
        let attended = self.attention_self.forward(k, heads, &asking, &x, hidden, hooks);
        let attended = self.attention_output.forward(Site::AttentionOutput(k), attended, asking, t, hooks);
        let inner = self.intermediate.forward(k, attended.clone(), hooks);
        self.output.forward(Site::Output(k), inner, attended, t, hooks)
    }
}
