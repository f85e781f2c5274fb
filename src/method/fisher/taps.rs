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

use crate::kernels::{Products, matmul};
use crate::models::hooks::Hooks;
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Arguments;

/// Records each layer's input, and hangs a zero on its output whose gradient is δ.
pub(super) struct Taps {
    layer_norm_eps: f64,
    products: Products,
    taps: RefCell<BTreeMap<String, Tap>>,
}

struct Tap {
    /// `[B, T, I]`, outside the graph.
    input: Tensor<3>,
    /// `[B, T, O]`, zeros.
    zeros: Tensor<3>,
}

impl Hooks for Taps {
    fn watches(&self) -> bool {
        true
    }

    fn tap(&self, name: Arguments, input: &Tensor<3>, output: Tensor<3>) -> Tensor<3> {
        let zeros = Tensor::zeros(output.dims(), &output.device()).require_grad();
        let tap = Tap { input: input.clone().inner(), zeros: zeros.clone() };
        self.taps.borrow_mut().insert(name.to_string(), tap);
        output + zeros
    }
}

impl Taps {
    pub(super) fn new(layer_norm_eps: f64, products: Products) -> Taps {
        Taps { layer_norm_eps, products, taps: RefCell::default() }
    }

    /// ‖∂L_i/∂θ‖² of each text i, `[B]`, for each tensor θ of embeddings and encoder by its name.
    pub(super) fn squared_norms(self, gradients: &Gradients, texts: &Texts) -> BTreeMap<String, Tensor<1>> {
        let gram = |x| gram(x, self.products);
        let mut taps = self.taps.into_inner();
        let mut take = |name: &str| {
            let Tap { input, zeros } = taps.remove(name).expect("a forward pass through the whole model");
            (input, zeros.grad(gradients).expect("a loss that depends on every layer"))
        };
        let (_, delta) = take("embeddings");
        let decoder = texts.masked.as_ref().map(|masked| (masked, take("cls.predictions.decoder")));
        let mut norms = texts.embeddings(delta, decoder, self.products);
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
    /// Which tokens are predicted; none where the loss is not of tokens.
    masked: Option<MaskedTokens>,
}

/// Which tokens of a batch are predicted.
struct MaskedTokens {
    /// The text of each of M masked tokens, `[M]`.
    owner: Tensor<1, Int>,
    /// 1 where text b holds masked token m, `[B, M]`.
    owns: Tensor<2>,
    /// Ids of the text of each masked token, `[M, T]`.
    ids_of_owner: Tensor<2, Int>,
}

/// Token ids and type ids of a text.
type Row<'a> = (&'a [u32], &'a [u32]);

impl Texts {
    /// `masked`: how many tokens of each are predicted, where any are.
    pub(super) fn new(rows: &[Row], masked: Option<&[usize]>, device: &Device) -> Texts {
        let (b, t) = (rows.len(), rows.iter().map(|(ids, _)| ids.len()).max().unwrap_or(0));
        let pairs = |same: &dyn Fn(&Row, usize, usize) -> bool| {
            let mut ones = vec![0f32; b * t * t];
            for (row, text) in rows.iter().enumerate() {
                for i in 0..text.0.len() {
                    for j in 0..text.0.len() {
                        ones[(row * t + i) * t + j] = f32::from(u8::from(same(text, i, j)));
                    }
                }
            }
            Tensor::from_data(TensorData::new(ones, [b, t, t]), device)
        };
        Texts {
            same_id: pairs(&|(ids, _), i, j| ids[i] == ids[j]),
            same_type: pairs(&|(_, type_ids), i, j| type_ids[i] == type_ids[j]),
            same_place: pairs(&|_, i, j| i == j),
            masked: masked.map(|counts| MaskedTokens::new(rows, counts, t, device)),
        }
    }

    /// The embeddings: tokens share a row of the gradient where they share an id, a type or a place. The word
    /// embeddings are also the decoder, so where tokens are predicted their gradient is the sum of both uses.
    ///
    /// `delta: [B, T, D]`; of the decoder, at the masked tokens, its input `[1, M, D]` and the gradient of its logits `[1, M, V]`.
    fn embeddings(
        &self,
        delta: Tensor<3>,
        decoder: Option<(&MaskedTokens, (Tensor<3>, Tensor<3>))>,
        products: Products,
    ) -> BTreeMap<String, Tensor<1>> {
        let of_tokens = gram(delta.clone(), products);
        let as_decoder =
            decoder.map(|(masked, (hidden, delta_logits))| masked.as_decoder(delta, hidden, delta_logits, products));
        let shared = |same: &Tensor<3>| total(of_tokens.clone() * same.clone());
        let words = shared(&self.same_id);
        [
            ("word_embeddings", if let Some(as_decoder) = as_decoder { words + as_decoder } else { words }),
            ("position_embeddings", shared(&self.same_place)),
            ("token_type_embeddings", shared(&self.same_type)),
        ]
        .map(|(name, norms)| (format!("embeddings.{name}.weight"), norms))
        .into()
    }
}

impl MaskedTokens {
    /// `counts`: how many tokens of each text are predicted; `t`: tokens of the longest text.
    fn new(rows: &[Row], counts: &[usize], t: usize, device: &Device) -> MaskedTokens {
        let b = rows.len();
        let owner: Vec<i32> =
            counts.iter().enumerate().flat_map(|(b, &count)| std::iter::repeat_n(b as i32, count)).collect();
        let m = owner.len();
        let owns = (0..b * m).map(|i| f32::from(u8::from(owner[i % m] as usize == i / m))).collect::<Vec<_>>();
        let padded = |ids: &[u32]| (0..t).map(|i| ids.get(i).map_or(0, |&id| id as i32)).collect::<Vec<_>>();
        let ids_of_owner: Vec<i32> = owner.iter().flat_map(|&b| padded(rows[b as usize].0)).collect();
        MaskedTokens {
            owner: Tensor::from_data(TensorData::new(owner, [m]), device),
            owns: Tensor::from_data(TensorData::new(owns, [b, m]), device),
            ids_of_owner: Tensor::from_data(TensorData::new(ids_of_owner, [m, t]), device),
        }
    }

    /// What the decoder's use of the word embeddings adds to their squared gradient, `[B]`: its own square, and a mixed term.
    fn as_decoder(
        &self,
        delta: Tensor<3>,
        hidden: Tensor<3>,
        delta_logits: Tensor<3>,
        products: Products,
    ) -> Tensor<1> {
        let as_decoder = gram(hidden.clone(), products) * gram(delta_logits.clone(), products); // [1, M, M]
        let one_text = self.owns.clone().transpose().matmul(self.owns.clone()); // [M, M]
        let as_decoder = as_decoder.squeeze_dim::<2>(0) * one_text;
        // For a masked token m and a token t of its text: (δ logit of t's word at m) · (δ_t · hidden_m).
        let logits = delta_logits.squeeze_dim::<2>(0).gather(1, self.ids_of_owner.clone());
        let [_, m, d] = hidden.dims();
        let mixed = delta.select(0, self.owner.clone()).matmul(hidden.reshape([m, d, 1])); // [M, T, 1]
        let mixed = mixed.squeeze_dim::<2>(2) * logits;
        let by_token = as_decoder.sum_dim(1) + mixed.sum_dim(1) * 2.0; // [M, 1]
        self.owns.clone().matmul(by_token).squeeze_dim::<1>(1)
    }
}

/// `[B, T, N]` → the inner products of each text's rows, `[B, T, T]`.
fn gram(x: Tensor<3>, products: Products) -> Tensor<3> {
    matmul(x.clone(), x.swap_dims(1, 2), products)
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
