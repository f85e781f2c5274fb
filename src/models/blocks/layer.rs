//! One layer: attention and feed-forward, each with a residual sum.

use super::attention::{SelfAttention, first};
use super::norm::{LayerNorm, normed};
use super::positions::View;
use crate::kernels::{Gelu, gelu, linear};
use crate::models::hooks::{Hooks, Pass};
use crate::models::site::Site;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

/// Projection, dropout, residual sum, and LayerNorm in families that normalise afterwards (`BertSelfOutput`, `BertOutput`;
/// GPT-2's `c_proj` and its dropout; ModernBERT's `Wo`).
#[derive(Module, Debug)]
pub struct ResidualOutput {
    /// D or F → D.
    pub dense: Linear,
    /// After the sum.
    pub layer_norm: Option<LayerNorm>,
    /// Where its dropout stands.
    #[module(skip)]
    pub dropout: DropoutPlace,
}

/// Where the dropout of a projection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropoutPlace {
    /// On what is projected (ModernBERT's feed-forward).
    Before,
    /// On the projection.
    After,
    /// DistilBERT has none after attention.
    Nowhere,
}

impl ResidualOutput {
    /// `x: [B, Q, D or F]`, `residual: [B, Q, D]` → `[B, Q, D]`, of texts of `t` tokens.
    fn forward(&self, site: Site, x: Tensor<3>, residual: Tensor<3>, t: usize, pass: &Pass<impl Hooks>) -> Tensor<3> {
        let dropped = |place: DropoutPlace, x: Tensor<3>| {
            let [b, _, width] = x.dims();
            if self.dropout == place { pass.hooks.dropout(site, x, [b, t, width]) } else { x }
        };
        let x = dropped(DropoutPlace::Before, x);
        let projected = pass.hooks.tap(
            format_args!("encoder.{site}.dense"),
            &x,
            linear(&self.dense, x.clone(), pass.kernels.products),
        );
        if let Some(norm) = self.layer_norm.as_ref().filter(|_| !pass.hooks.watches()) {
            let (here, [b, _, width]) = (projected.dims(), projected.dims());
            let noise = (self.dropout == DropoutPlace::After)
                .then(|| pass.hooks.mask(site, here, [b, t, width], &projected.device()))
                .flatten();
            return norm.forward_sum([projected, residual], noise, pass.kernels.rows);
        }
        let noisy = dropped(DropoutPlace::After, projected);
        normed(self.layer_norm.as_ref(), format_args!("encoder.{site}.LayerNorm"), noisy + residual, pass)
    }
}

/// The feed-forward layer's inner half, without dropout (`BertIntermediate`, `GPT2MLP`'s `c_fc`, `ModernBertMLP`'s `Wi`).
#[derive(Module, Debug)]
pub struct Intermediate {
    /// In families that normalise before it.
    pub layer_norm: Option<LayerNorm>,
    /// D → F; where it is gated D → 2·F, what is activated and then what that is multiplied by.
    pub dense: Linear,
    /// Its activation.
    #[module(skip)]
    pub activation: Gelu,
    /// Whether there are gates (GeGLU, Shazeer 2020).
    pub is_gated: bool,
}

impl Intermediate {
    fn forward(&self, k: usize, x: Tensor<3>, pass: &Pass<impl Hooks>) -> Tensor<3> {
        let x = normed(self.layer_norm.as_ref(), format_args!("encoder.layer.{k}.intermediate.LayerNorm"), x, pass);
        let inner = linear(&self.dense, x.clone(), pass.kernels.products);
        let inner = pass.hooks.tap(format_args!("encoder.layer.{k}.intermediate.dense"), &x, inner);
        if !self.is_gated {
            return gelu(inner, self.activation);
        }
        let [b, t, both] = inner.dims();
        let half = |from: usize, to: usize| inner.clone().slice([0..b, 0..t, from..to]);
        gelu(half(0, both / 2), self.activation) * half(both / 2, both)
    }
}

/// `BertLayer`, `GPT2Block`, `ModernBertEncoderLayer`.
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
    /// `[B, T, D]` → `[B, Q, D]`, of the first `q` tokens alone.
    pub fn forward(
        &self,
        k: usize,
        heads: usize,
        x: Tensor<3>,
        q: usize,
        view: &View,
        pass: &Pass<impl Hooks>,
    ) -> Tensor<3> {
        let [_, t, _] = x.dims();
        let asking = first(&x, q);
        let attended = self.attention_self.forward(k, heads, &asking, &x, view, pass);
        let attended = self.attention_output.forward(Site::AttentionOutput(k), attended, asking, t, pass);
        let inner = self.intermediate.forward(k, attended.clone(), pass);
        self.output.forward(Site::Output(k), inner, attended, t, pass)
    }
}
