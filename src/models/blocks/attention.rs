//! Self-attention.

use super::norm::{LayerNorm, normed};
use super::positions::View;
use crate::kernels::{Kernels, linear, matmul, noisy_softmax};
use crate::models::hooks::{Hooks, Pass};
use crate::models::site::Site;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

/// Scaled dot products of H heads, softmax, dropout on the probabilities (`BertSelfAttention`, `GPT2Attention`,
/// `ModernBertAttention`).
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// In families that normalise before attention; not where the embeddings' LayerNorm stands before it.
    pub layer_norm: Option<LayerNorm>,
    /// Queries, keys and values.
    pub projections: Projections,
}

/// How a checkpoint holds the projections to queries, keys and values.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one a layer, beside megabytes of weights")]
pub enum Projections {
    /// Three layers (BERT).
    Separate(Separate),
    /// One layer of 3·D outputs: queries, then keys, then values (GPT-2's `c_attn`, ModernBERT's `Wqkv`).
    Fused(Linear),
}

/// A layer each.
#[derive(Module, Debug)]
pub struct Separate {
    /// D → D.
    pub query: Linear,
    /// D → D.
    pub key: Linear,
    /// D → D.
    pub value: Linear,
}

impl SelfAttention {
    /// Attention of `asking: [B, Q, D]`, the first Q positions of `x: [B, T, D]`, over all T tokens that `view` shows:
    /// `[B, Q, D]`.
    pub fn forward(
        &self,
        k: usize,
        heads: usize,
        asking: &Tensor<3>,
        x: &Tensor<3>,
        view: &View,
        pass: &Pass<impl Hooks>,
    ) -> Tensor<3> {
        let ([b, q, d], [_, t, _]) = (asking.dims(), x.dims());
        let (asking, x) = match &self.layer_norm {
            Some(norm) => {
                let name = format_args!("encoder.layer.{k}.attention.self.LayerNorm");
                let x = normed(Some(norm), name, x.clone(), pass);
                (first(&x, q), x)
            }
            None => (asking.clone(), x.clone()),
        };
        let by_head = |y: Tensor<3>| y.reshape([b as i64, -1, heads as i64, (d / heads) as i64]).swap_dims(1, 2); // [B, H, T or Q, D/H]
        let [query, key, value] = self.projections.forward(k, &asking, &x, pass).map(by_head);
        let [query, key] = view.placed([query, key]);
        let Kernels { products, rows } = pass.kernels;
        let scale = ((d / heads) as f64).sqrt().recip();
        let scores = matmul(query, key.swap_dims(2, 3), products); // [B, H, Q, T]
        let (site, whole, hidden) = (Site::AttentionSelf(k), [b, heads, t, t], view.hidden(q));
        let probabilities = if pass.hooks.watches() {
            pass.hooks.dropout(site, noisy_softmax(scores, scale, hidden.as_ref(), None, rows), whole)
        } else {
            let noise = pass.hooks.mask(site, [b, heads, q, t], whole, &scores.device());
            noisy_softmax(scores, scale, hidden.as_ref(), noise, rows)
        };
        matmul(probabilities, value, products).swap_dims(1, 2).reshape([b, q, d])
    }
}

impl Projections {
    /// Queries of `asking`, keys and values of all tokens: `[B, Q, D]` and twice `[B, T, D]`.
    fn forward(&self, k: usize, asking: &Tensor<3>, x: &Tensor<3>, pass: &Pass<impl Hooks>) -> [Tensor<3>; 3] {
        let ([_, q, _], [b, t, d]) = (asking.dims(), x.dims());
        let project = |name: &str, layer: &Linear, x: &Tensor<3>| {
            let name = format_args!("encoder.layer.{k}.attention.self.{name}");
            pass.hooks.tap(name, x, linear(layer, x.clone(), pass.kernels.products))
        };
        match self {
            Projections::Separate(Separate { query, key, value }) => {
                [project("query", query, asking), project("key", key, x), project("value", value, x)]
            }
            Projections::Fused(all) => {
                let all = project("qkv", all, x);
                let part = |i: usize| all.clone().slice([0..b, 0..t, i * d..(i + 1) * d]);
                [first(&part(0), q), part(1), part(2)]
            }
        }
    }
}

/// The first `q` positions of `x: [B, T, D]`.
pub(super) fn first(x: &Tensor<3>, q: usize) -> Tensor<3> {
    let [b, t, d] = x.dims();
    if q == t { x.clone() } else { x.clone().slice([0..b, 0..q, 0..d]) }
}
