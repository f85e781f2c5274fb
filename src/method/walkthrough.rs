//! A walk-through of eq. 3 for one text, with all intermediate values.
//!
//! What [`crate::method::fisher`] sums up and throws away: what the model sees of the text, what it guesses, the loss, some
//! elements of the gradient itself. The gradient is that of one plain backward pass, not the batched norms of
//! `fisher/taps.rs`; both must lead to the same means, and a test says that they do.

use crate::data::masking::{self, Objective};
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernels::sum_of_squares;
use crate::method::fisher::{self, TensorFisher, Text, TextFisher};
use crate::method::schedule::SiteScore;
use crate::models::checkpoint::{self, NamedTensor, read};
use crate::models::config::ModelConfig;
use crate::models::hooks::Hooks;
use crate::models::site::Site;
use crate::models::transformer::{Batch, Model, cross_entropy};
use burn::tensor::{Device, Tensor};
use serde::Serialize;
use std::cell::RefCell;

/// Guesses shown of each hidden token.
const GUESSES: usize = 5;
/// Elements shown of a gradient: the first rows and columns of the tensor.
const WINDOW: [usize; 2] = [8, 32];
/// Activations shown of each site.
const ACTIVATIONS: usize = 32;

/// A token of the text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Token {
    /// The word or word piece that stands there.
    pub text: String,
    /// The token that the model sees; unchanged if it is not masked, and for a tenth of the masked ones.
    pub seen: String,
    /// `[CLS]` and the like, never hidden.
    pub special: bool,
}

/// A token and the probability that the model gives it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Guess {
    /// The token.
    pub token: String,
    /// Its probability by the softmax over the whole vocabulary.
    pub probability: f64,
}

/// A token that the model has to predict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hidden {
    /// Its place in the text.
    pub position: usize,
    /// The original token and its probability.
    pub answer: Guess,
    /// The most probable tokens, best first.
    pub guesses: Vec<Guess>,
}

/// Some elements of what belongs to a site.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Window {
    /// The site.
    pub site: Site,
    /// The tensor that stands for the site's tensors here, by Hugging Face's name.
    pub tensor: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Rows shown, from the first.
    pub rows: usize,
    /// Columns shown, from the first.
    pub columns: usize,
    /// Their elements of ∂L/∂θ, row-major.
    pub gradient: Vec<f32>,
    /// The first activations that the site's dropout would meet at the text's second token.
    pub activations: Vec<f32>,
}

/// The walk-through of one text, step by step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Walk {
    /// The text, cut to the tokens that are read.
    pub tokens: Vec<Token>,
    /// Whether each token but the first is predicted from those before it; else hidden tokens are.
    pub causal: bool,
    /// The predicted tokens; none if the text has nothing to predict.
    pub hidden: Vec<Hidden>,
    /// Loss and mean squared gradients, as [`fisher::of_texts`] gives them: ready for [`fisher::estimate`].
    pub measured: TextFisher,
    /// The mean squared gradient of each tensor.
    pub tensors: Vec<TensorFisher>,
    /// The score that each site would have from this text alone.
    pub sites: Vec<SiteScore>,
    /// One for each site, in data-flow order.
    pub windows: Vec<Window>,
}

/// Walks a text through eq. 3, masked by `seed` as [`fisher::of_texts`] masks it. `model` must track its gradients.
///
/// # Errors
/// [`ErrorKind::Tokenizer`] without a `[MASK]` token, [`ErrorKind::Diverged`] if the loss or a gradient is not finite,
/// [`ErrorKind::Device`].
pub async fn walk(
    model: &Model,
    config: &ModelConfig,
    tokenizer: &Tokenizer,
    text: &Text,
    seed: u32,
    device: &Device,
) -> Result<Walk> {
    let objective = config.objective(tokenizer)?;
    // A causal model predicts the token after the one that it predicts from.
    let ahead = usize::from(matches!(objective, Objective::Causal));
    let masked = masking::mask_text(&text.encoding, objective, seed, text.index);
    let tokens = (0..masked.ids.len()).map(|i| Token {
        text: text.encoding.tokens[i].clone(),
        seen: if masked.ids[i] == text.encoding.ids[i] {
            text.encoding.tokens[i].clone()
        } else {
            tokenizer.token(masked.ids[i])
        },
        special: text.encoding.special[i],
    });
    let tokens: Vec<Token> = tokens.collect();
    if masked.positions.is_empty() {
        let (measured, windows) = (TextFisher::nothing(text.index, config), Vec::new());
        return Walk::new(config, tokens, Vec::new(), measured, windows);
    }

    let batch = Batch::new(&[(&masked.ids, &text.encoding.type_ids)], 0, device);
    let activations = Activations::default();
    let logits = model.predict_tokens(&batch, &masked.positions, &activations);
    let loss = cross_entropy(logits.clone(), &masked.targets);
    let gradients = loss.backward();
    let mut gradients = checkpoint::gradients(model, &gradients);
    gradients.retain(|t| fisher::is_kept(&t.name));
    let means = gradients.iter().map(|t| sum_of_squares(vec![t.flat.clone()]) / t.flat.dims()[0] as f64);
    let mut parts: Vec<Tensor<1>> = vec![loss.inner()];
    parts.extend(means);
    let mut windows = Vec::new();
    for (site, values) in activations
        .0
        .into_inner()
        .into_iter()
        .filter(|(site, _)| !matches!(site, Site::Classifier | Site::ClassifierInput))
    {
        let name = config.family.upstream(&shown_tensor(site, config));
        let tensor = gradients.iter().find(|t| t.name == name).expect("every site has its tensor");
        let ([rows, columns], corner) = corner(tensor);
        let (gradient, shape) = (vec![0.0; rows * columns], tensor.shape.clone());
        let activations = vec![0.0; values.dims()[0]];
        windows.push(Window { site, tensor: name, shape, rows, columns, gradient, activations });
        parts.extend([corner, values]);
    }
    let [_, vocabulary] = logits.dims();
    parts.push(logits.inner().flatten::<1>(0, 1));

    let values = read(Tensor::cat(parts, 0)).await?; // sync: one read for the whole walk
    let (head, rest) = values.split_at(1 + gradients.len());
    if let Some(bad) = head.iter().find(|v| !v.is_finite()) {
        let place = Place::named(format!("Fisher, text {}", text.index + 1));
        return Err(Error::new(ErrorKind::Diverged, place, "a finite loss and gradients", bad.to_string()));
    }
    let mut rest = rest.iter().copied();
    for window in &mut windows {
        window.gradient.fill_with(|| rest.next().expect("as many values as asked for"));
        window.activations.fill_with(|| rest.next().expect("as many values as asked for"));
    }
    let logits: Vec<f32> = rest.collect();
    let hidden = logits.chunks(vocabulary).zip(&masked.positions).zip(&masked.targets);
    let hidden =
        hidden.map(|((row, &position), &target)| predicted(row, position + ahead, target, tokenizer)).collect();
    let means = head[1..].iter().map(|&v| f64::from(v)).collect();
    let measured = TextFisher { index: text.index, loss: f64::from(head[0]), means };
    Walk::new(config, tokens, hidden, measured, windows)
}

impl Walk {
    fn new(
        config: &ModelConfig,
        tokens: Vec<Token>,
        hidden: Vec<Hidden>,
        measured: TextFisher,
        windows: Vec<Window>,
    ) -> Result<Walk> {
        let causal = config.family.layout().is_causal;
        let alone = fisher::folded(&fisher::tensor_names(config), std::slice::from_ref(&measured))?;
        Ok(Walk { tokens, causal, hidden, measured, tensors: alone.tensors, sites: alone.sites, windows })
    }
}

/// The canonical name of the tensor whose gradient is shown for a site: one matrix stands for them all.
fn shown_tensor(site: Site, config: &ModelConfig) -> String {
    let layout = config.family.layout();
    match site {
        Site::Embeddings if layout.has_rotary_positions => "embeddings.word_embeddings.weight".into(),
        Site::Embeddings => "embeddings.position_embeddings.weight".into(),
        Site::AttentionSelf(_) if layout.fuses_projections => format!("encoder.{site}.qkv.weight"),
        Site::Output(k) if layout.is_gated => format!("encoder.layer.{k}.intermediate.dense.weight"),
        Site::AttentionSelf(_) => format!("encoder.{site}.value.weight"),
        _ => format!("encoder.{site}.dense.weight"),
    }
}

/// The first rows and columns of a matrix, row-major.
fn corner(tensor: &NamedTensor) -> ([usize; 2], Tensor<1>) {
    let shape = [tensor.shape[0], tensor.shape[1]];
    let [rows, columns] = [shape[0].min(WINDOW[0]), shape[1].min(WINDOW[1])];
    let values = tensor.flat.clone().reshape(shape).slice([0..rows, 0..columns]);
    ([rows, columns], values.flatten::<1>(0, 1))
}

/// The prediction of one token from its logits, `[V]`.
fn predicted(logits: &[f32], position: usize, target: u32, tokenizer: &Tokenizer) -> Hidden {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&v| f64::from(v - largest).exp()).collect();
    let total: f64 = exponentials.iter().sum();
    let guess = |id: usize| Guess { token: tokenizer.token(id as u32), probability: exponentials[id] / total };
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    order.truncate(GUESSES);
    Hidden { position, answer: guess(target as usize), guesses: order.into_iter().map(guess).collect() }
}

/// Sees what each site's dropout would multiply, in data-flow order.
#[derive(Default)]
struct Activations(RefCell<Vec<(Site, Tensor<1>)>>);

impl Hooks for Activations {
    fn watches(&self) -> bool {
        true
    }

    fn dropout<const D: usize>(&self, site: Site, x: Tensor<D>, _: [usize; D]) -> Tensor<D> {
        let width = x.dims()[D - 1];
        let flat = x.clone().inner().flatten::<1>(0, D - 1);
        // Row 0 is [CLS], the same in every text; attention's rows are the first head's.
        let from = if flat.dims()[0] > width { width } else { 0 };
        let shown = flat.slice(from..from + width.min(ACTIVATIONS));
        self.0.borrow_mut().push((site, shown));
        x
    }
}
