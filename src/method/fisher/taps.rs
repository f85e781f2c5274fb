//! The squared norm of every text's own gradient, tensor by tensor, from one backward pass over a batch of texts.
//!
//! A site's score needs of each text only ‖∂L_i/∂θ‖² of each tensor θ, never the gradient itself. For a linear layer
//! with inputs x_t and output gradients δ_t at the tokens t of text i, ∂L_i/∂W = Σ_t x_t δ_tᵀ, so
//!
//! ```text
//! ‖∂L_i/∂W‖² = Σ_t Σ_u (x_t·x_u)(δ_t·δ_u)
//! ```
//!
//! two T×T Gram matrices instead of a matrix of W's size for each text (Goodfellow 2015, arXiv 1510.01799; for
//! sequences Li et al. 2021, arXiv 2110.05679). The δ are the gradients of zeros added to each layer's output.
//! At padding they are exactly 0: nothing attends to it and nothing is predicted there.

use super::MaskedText;
use crate::kernels::matmul;
use crate::models::hooks::Hooks;
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Arguments;

/// Records each layer's input, and hangs a zero on its output whose gradient is δ.
pub(super) struct Taps {
    layer_norm_eps: f64,
    taps: RefCell<BTreeMap<String, Tap>>,
}

struct Tap {
    /// `[B, T, I]`, outside the graph.
    input: Tensor<3>,
    /// `[B, T, O]`, zeros.
    zeros: Tensor<3>,
}

impl Hooks for Taps {
    fn tap(&self, name: Arguments, input: &Tensor<3>, output: Tensor<3>) -> Tensor<3> {
        let zeros = Tensor::zeros(output.dims(), &output.device()).require_grad();
        let tap = Tap { input: input.clone().inner(), zeros: zeros.clone() };
        self.taps.borrow_mut().insert(name.to_string(), tap);
        output + zeros
    }
}

impl Taps {
    pub(super) fn new(layer_norm_eps: f64) -> Taps {
        Taps { layer_norm_eps, taps: RefCell::default() }
    }

    /// ‖∂L_i/∂θ‖² of each text i, `[B]`, for each tensor θ of embeddings and encoder by its name.
    pub(super) fn squared_norms(self, gradients: &Gradients, texts: &Texts) -> BTreeMap<String, Tensor<1>> {
        let mut taps = self.taps.into_inner();
        let mut take = |name: &str| {
            let Tap { input, zeros } = taps.remove(name).expect("a forward pass through the whole model");
            (input, zeros.grad(gradients).expect("a loss that depends on every layer"))
        };
        let (_, delta) = take("bert.embeddings");
        let (hidden, delta_logits) = take("cls.predictions.decoder");
        let mut norms = texts.embeddings(delta, hidden, delta_logits);
        for (name, Tap { input, zeros }) in taps {
            let delta = zeros.grad(gradients).expect("a loss that depends on every layer");
            let (weight, bias) = if name.ends_with("LayerNorm") {
                (parts_of(delta.clone() * normalised(input, self.layer_norm_eps)), parts_of(delta))
            } else {
                (total(gram(input) * gram(delta.clone())), parts_of(delta))
            };
            norms.insert(format!("{name}.weight"), weight);
            norms.insert(format!("{name}.bias"), bias);
        }
        norms
    }
}

/// Which token stands where in a batch, as the tensors that pick and add by it.
pub(super) struct Texts {
    /// 1 where two tokens of a text are the same, `[B, T, T]`.
    same_id: Tensor<3>,
    /// 1 where they have the same type.
    same_type: Tensor<3>,
    /// 1 for a token and itself.
    same_place: Tensor<3>,
    /// The text of each of M masked tokens, `[M]`.
    owner: Tensor<1, Int>,
    /// 1 where text b holds masked token m, `[B, M]`.
    owns: Tensor<2>,
    /// Ids of the text of each masked token, `[M, T]`.
    ids_of_owner: Tensor<2, Int>,
}

impl Texts {
    pub(super) fn new(texts: &[MaskedText], device: &Device) -> Texts {
        let (b, t) = (texts.len(), texts.iter().map(|text| text.ids.len()).max().unwrap_or(0));
        let pairs = |same: &dyn Fn(&MaskedText, usize, usize) -> bool| {
            let mut ones = vec![0f32; b * t * t];
            for (row, text) in texts.iter().enumerate() {
                for i in 0..text.ids.len() {
                    for j in 0..text.ids.len() {
                        ones[(row * t + i) * t + j] = f32::from(u8::from(same(text, i, j)));
                    }
                }
            }
            Tensor::from_data(TensorData::new(ones, [b, t, t]), device)
        };
        let owner: Vec<i32> =
            texts.iter().enumerate().flat_map(|(b, text)| text.positions.iter().map(move |_| b as i32)).collect();
        let m = owner.len();
        let owns = (0..b * m).map(|i| f32::from(u8::from(owner[i % m] as usize == i / m))).collect::<Vec<_>>();
        let padded = |text: &MaskedText| (0..t).map(|i| text.ids.get(i).map_or(0, |&id| id as i32)).collect::<Vec<_>>();
        let ids_of_owner: Vec<i32> = owner.iter().flat_map(|&b| padded(&texts[b as usize])).collect();
        Texts {
            same_id: pairs(&|text, i, j| text.ids[i] == text.ids[j]),
            same_type: pairs(&|text, i, j| text.type_ids[i] == text.type_ids[j]),
            same_place: pairs(&|_, i, j| i == j),
            owner: Tensor::from_data(TensorData::new(owner, [m]), device),
            owns: Tensor::from_data(TensorData::new(owns, [b, m]), device),
            ids_of_owner: Tensor::from_data(TensorData::new(ids_of_owner, [m, t]), device),
        }
    }

    /// The embeddings: tokens share a row of the gradient where they share an id, a type or a place. The word
    /// embeddings are also the decoder, so their gradient is the sum of both uses, and its square has a mixed term.
    ///
    /// `delta: [B, T, D]`; at the masked tokens, `hidden: [1, M, D]` and `delta_logits: [1, M, V]`.
    fn embeddings(&self, delta: Tensor<3>, hidden: Tensor<3>, delta_logits: Tensor<3>) -> BTreeMap<String, Tensor<1>> {
        let products = gram(delta.clone());
        let as_decoder = gram(hidden.clone()) * gram(delta_logits.clone()); // [1, M, M]
        let one_text = self.owns.clone().transpose().matmul(self.owns.clone()); // [M, M]
        let as_decoder = as_decoder.squeeze_dim::<2>(0) * one_text;
        // For a masked token m and a token t of its text: (δ logit of t's word at m) · (δ_t · hidden_m).
        let logits = delta_logits.squeeze_dim::<2>(0).gather(1, self.ids_of_owner.clone());
        let [_, m, d] = hidden.dims();
        let mixed = delta.select(0, self.owner.clone()).matmul(hidden.reshape([m, d, 1])); // [M, T, 1]
        let mixed = mixed.squeeze_dim::<2>(2) * logits;
        let by_token = as_decoder.sum_dim(1) + mixed.sum_dim(1) * 2.0; // [M, 1]
        let as_decoder = self.owns.clone().matmul(by_token).squeeze_dim::<1>(1);
        let shared = |same: &Tensor<3>| total(products.clone() * same.clone());
        [
            ("word_embeddings", shared(&self.same_id) + as_decoder),
            ("position_embeddings", shared(&self.same_place)),
            ("token_type_embeddings", shared(&self.same_type)),
        ]
        .map(|(name, norms)| (format!("bert.embeddings.{name}.weight"), norms))
        .into()
    }
}

/// `[B, T, N]` → the inner products of each text's rows, `[B, T, T]`.
fn gram(x: Tensor<3>) -> Tensor<3> {
    matmul(x.clone(), x.swap_dims(1, 2))
}

/// `[B, T, N]` → the sum over T, squared and summed over N: `[B]`.
fn parts_of(x: Tensor<3>) -> Tensor<1> {
    total(x.sum_dim(1).square())
}

/// `[B, T, N]` → `[B]`.
fn total(x: Tensor<3>) -> Tensor<1> {
    x.sum_dim(2).sum_dim(1).flatten::<1>(0, 2)
}

/// LayerNorm's input, centred and scaled.
fn normalised(x: Tensor<3>, epsilon: f64) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    centred / (variance + epsilon).sqrt()
}
