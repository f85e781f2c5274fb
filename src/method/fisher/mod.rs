//! Empirical Fisher information of a pretrained encoder (eq. 3 of arXiv 2406.14005).
//!
//! F(θ_j) = 1/n · Σ_i (∂L_i/∂θ_j)², L_i the language-model loss of text i alone: of a masked model that of hidden tokens, of a
//! causal one that of every token but the first. The square is taken of each
//! *text's* gradient, before the sum: the square of a batch's gradient is another quantity, and a wrong one. Dropout
//! is [`Off`]. Of each text this keeps, for every tensor, the mean over its elements of the squared gradient: what a
//! site's score is made of. Texts are independent, so any split of them into shards adds up to the same estimate, but for
//! the rounding of sums that share a batch.

use crate::analysis::stats::kendall_tau_b;
use crate::data::masking::{self, Masked, Objective};
use crate::data::tokenizer::Encoding;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernels::log_softmax;
use crate::method::schedule::SiteScore;
use crate::models::checkpoint::{self, read};
use crate::models::config::ModelConfig;
use crate::models::family::Family;
use crate::models::hooks::Off;
use crate::models::site::Site;
use crate::models::transformer::{Batch, Model, cross_entropy};
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use taps::{Taps, Texts};

mod labelled;
mod taps;

pub use labelled::{LabelledText, labelled_mean_squares, labelled_squared_gradients, of_labelled_texts};

/// Which loss Fisher information is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FisherLoss {
    /// The pretraining loss: masked tokens of plain prose (eq. 3).
    Pretraining,
    /// The task's loss: labels of training rows, by a classification head that is still to be trained.
    Labelled,
}

/// Squared gradients of one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextFisher {
    /// Which text of the corpus.
    pub index: usize,
    /// Its loss in nats, mean over its predicted tokens.
    pub loss: f64,
    /// For each tensor of [`tensor_names`], the mean over its elements of the squared gradient.
    pub means: Vec<f64>,
}

impl TextFisher {
    /// A text of which no token can be hidden: no loss, no gradient.
    pub fn nothing(index: usize, config: &ModelConfig) -> TextFisher {
        TextFisher { index, loss: 0.0, means: vec![0.0; checkpoint::encoder_shapes(config).len()] }
    }
}

/// The tensors whose Fisher information is kept: embeddings and encoder, heads left out, in data-flow order.
pub fn tensor_names(config: &ModelConfig) -> Vec<String> {
    checkpoint::encoder_shapes(config).into_iter().map(|(name, _)| config.family.upstream(&name)).collect()
}

/// Whether a tensor is one of [`tensor_names`].
pub fn is_kept(name: &str) -> bool {
    let kept = ["embeddings.", "embeddings_project.", "encoder."];
    Family::parse(name).is_some_and(|(_, name)| kept.iter().any(|part| name.starts_with(part)))
}

/// The gradient of one text's language-model loss, squared, tensor by tensor; and that loss.
///
/// `positions` and `targets` as in [`crate::data::masking::Masked`]. One backward pass for one text: the plain form, kept
/// as the oracle of faster ones.
pub fn squared_gradients(
    model: &Model,
    batch: &Batch,
    positions: &[usize],
    targets: &[u32],
) -> (Tensor<1>, Vec<checkpoint::NamedTensor>) {
    let loss = cross_entropy(model.predict_tokens(batch, positions, &Off), targets);
    let gradients = loss.backward();
    let mut squares = checkpoint::gradients(model, &gradients);
    squares.retain(|t| is_kept(&t.name));
    for tensor in &mut squares {
        tensor.flat = tensor.flat.clone().square();
    }
    (loss.inner(), squares)
}

/// A text with some of its tokens to be predicted.
#[derive(Debug, Clone)]
pub struct MaskedText {
    /// The token ids that the model sees.
    pub ids: Vec<u32>,
    /// 0 or 1 for each token, the first or second text of a pair.
    pub type_ids: Vec<u32>,
    /// The positions that it predicts from; at least one.
    pub positions: Vec<usize>,
    /// The ids to be predicted.
    pub targets: Vec<u32>,
}

/// For each text its loss, and for each tensor of [`tensor_names`] the mean of its squared gradient: `[B]` each, from one
/// backward pass. The fast form of [`squared_gradients`]; see `fisher/taps.rs` for how.
///
/// Only what the texts need is computed if `model` tracks no gradients of its own
/// ([`burn::module::Module::no_grad`]).
pub fn mean_squares(
    model: &Model,
    config: &ModelConfig,
    texts: &[MaskedText],
    device: &Device,
) -> (Tensor<1>, Vec<Tensor<1>>) {
    let rows: Vec<(&[u32], &[u32])> = texts.iter().map(|t| (t.ids.as_slice(), t.type_ids.as_slice())).collect();
    let longest = rows.iter().map(|(ids, _)| ids.len()).max().unwrap_or(0);
    let positions: Vec<usize> =
        texts.iter().enumerate().flat_map(|(b, t)| t.positions.iter().map(move |p| b * longest + p)).collect();
    let taps = Taps::new(config.layer_norm_eps, model.kernels().products);
    let logits = model.predict_tokens(&Batch::new(&rows, 0, device), &positions, &taps);
    let losses = losses(logits, texts);
    let masked: Vec<usize> = texts.iter().map(|t| t.positions.len()).collect();
    let means =
        means_of(losses.clone(), taps, &Texts::new(&rows, Some(&masked), &device.clone().without_autodiff()), config);
    (losses.inner(), means)
}

/// For each tensor the mean of every text's squared gradient, `[B]` each, from the texts' losses, `[B]`.
fn means_of(losses: Tensor<1>, taps: Taps, texts: &Texts, config: &ModelConfig) -> Vec<Tensor<1>> {
    // The sum's gradient at one text's activations is that text's own: no text sees another.
    let gradients = losses.sum().backward();
    let mut norms = taps.squared_norms(&gradients, texts);
    let mean = |(name, shape): (String, Vec<usize>)| {
        let norm = norms.remove(&name).expect("a tap for every tensor");
        norm / shape.iter().product::<usize>() as f64
    };
    checkpoint::encoder_shapes(config).into_iter().map(mean).collect()
}

/// The mean cross-entropy of each text over its own masked positions, `[B]`, from the logits of all of them, `[M, V]`.
fn losses(logits: Tensor<2>, texts: &[MaskedText]) -> Tensor<1> {
    let (b, m, device) = (texts.len(), logits.dims()[0], logits.device());
    let targets: Vec<i32> = texts.iter().flat_map(|t| t.targets.iter().map(|&id| id as i32)).collect();
    let mut shares = vec![0f32; b * m];
    let mut from = 0;
    for (row, text) in texts.iter().enumerate() {
        let to = from + text.positions.len();
        shares[row * m + from..row * m + to].fill(1.0 / text.positions.len() as f32);
        from = to;
    }
    let targets = Tensor::<2, Int>::from_data(TensorData::new(targets, [m, 1]), &device);
    let shares = Tensor::<2>::from_data(TensorData::new(shares, [b, m]), &device);
    shares.matmul(log_softmax(logits).gather(1, targets)).squeeze_dim::<1>(1).neg()
}

/// A text on its way through Fisher: which it is, and its tokens.
#[derive(Debug, Clone)]
pub struct Text {
    /// Its place in the corpus; also what its masking is seeded by.
    pub index: usize,
    /// Its tokens.
    pub encoding: Encoding,
}

/// Fisher information of some texts together, masked by `seed`. A text with nothing to predict has loss 0 and no
/// gradient.
///
/// # Errors
/// [`ErrorKind::Diverged`] if a gradient is not finite; [`ErrorKind::Device`] if the device does not answer.
pub async fn of_texts(
    model: &Model,
    config: &ModelConfig,
    texts: &[Text],
    objective: Objective,
    seed: u32,
    device: &Device,
) -> Result<Vec<TextFisher>> {
    let mut results: Vec<TextFisher> = Vec::new();
    let (mut indices, mut masked) = (Vec::new(), Vec::new());
    for text in texts {
        let Masked { ids, positions, targets } = masking::mask_text(&text.encoding, objective, seed, text.index);
        if positions.is_empty() {
            results.push(TextFisher::nothing(text.index, config));
        } else {
            indices.push(text.index);
            masked.push(MaskedText { ids, type_ids: text.encoding.type_ids.clone(), positions, targets });
        }
    }
    if masked.is_empty() {
        return Ok(results);
    }
    results.extend(read_texts(&indices, mean_squares(model, config, &masked, device)).await?);
    Ok(results)
}

/// Losses and means of some texts as numbers.
async fn read_texts(indices: &[usize], (losses, means): (Tensor<1>, Vec<Tensor<1>>)) -> Result<Vec<TextFisher>> {
    let all = Tensor::cat(std::iter::once(losses).chain(means).collect(), 0);
    let values = read(all).await?; // sync: one read per batch of texts
    let mut results = Vec::with_capacity(indices.len());
    for (b, &index) in indices.iter().enumerate() {
        let of_text: Vec<f64> = values.iter().skip(b).step_by(indices.len()).map(|&v| f64::from(v)).collect();
        if let Some(bad) = of_text.iter().find(|v| !v.is_finite()) {
            let place = Place::named(format!("Fisher, text {}", index + 1));
            return Err(Error::new(ErrorKind::Diverged, place, "finite gradients", bad.to_string()));
        }
        // A Gram sum that cancels can round to just below 0.
        results.push(TextFisher { index, loss: of_text[0], means: of_text[1..].iter().map(|v| v.max(0.0)).collect() });
    }
    Ok(results)
}

/// A tensor's Fisher information.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TensorFisher {
    /// Hugging Face's name.
    pub name: String,
    /// Mean over the texts and over the tensor's elements.
    pub mean: f64,
    /// The site that the tensor precedes, if any.
    pub site: Option<Site>,
}

/// How well two disjoint sets of texts agree on the ranking of sites.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// How many texts.
    pub texts: usize,
    /// Kendall's τ-b between the site scores of two disjoint sets of so many texts.
    pub kendall_tau: f64,
}

/// An estimate from some texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// How many texts.
    pub texts: usize,
    /// The score of each site, in data-flow order.
    pub sites: Vec<SiteScore>,
    /// Every tensor, in data-flow order.
    pub tensors: Vec<TensorFisher>,
    /// The ranking's stability as texts come in.
    pub stability: Vec<Stability>,
}

/// Puts texts together, in the order of their indices whatever order they came in.
///
/// # Errors
/// [`ErrorKind::Config`] without texts, if one has another model's number of tensors, or if none has a token that could
/// be hidden: scores of 0 everywhere would rank nothing, and look as if they did.
pub fn estimate(names: &[String], texts: &[TextFisher]) -> Result<Estimate> {
    let estimate = folded(names, texts)?;
    if texts.iter().all(|text| text.means.iter().all(|&mean| mean == 0.0)) {
        return wrong(masking::SOMETHING_TO_HIDE, format!("none in the first {}", texts.len()));
    }
    Ok(estimate)
}

fn wrong<T>(expected: &str, got: String) -> Result<T> {
    Err(Error::new(ErrorKind::Config, Place::named("Fisher texts"), expected, got))
}

/// As [`estimate`], of texts in which there may be nothing to predict.
pub(crate) fn folded(names: &[String], texts: &[TextFisher]) -> Result<Estimate> {
    if texts.is_empty() {
        return wrong("at least one text", "none".into());
    }
    if let Some(odd) = texts.iter().find(|t| t.means.len() != names.len()) {
        return wrong(&format!("{} tensors in each text", names.len()), odd.means.len().to_string());
    }
    let mut texts: Vec<&TextFisher> = texts.iter().collect();
    texts.sort_by_key(|t| t.index);
    let tensors = tensors_of(names, &texts);
    let sites = site_scores(&tensors);
    Ok(Estimate { texts: texts.len(), sites, stability: stability(names, &texts), tensors })
}

fn mean_of(texts: &[&TextFisher], tensors: usize) -> Vec<f64> {
    let mut sums = vec![0.0; tensors];
    for text in texts {
        for (sum, value) in sums.iter_mut().zip(&text.means) {
            *sum += value;
        }
    }
    sums.into_iter().map(|sum| sum / texts.len() as f64).collect()
}

/// The tensors of these names with their means over some texts, and the sites that they precede.
fn tensors_of(names: &[String], texts: &[&TextFisher]) -> Vec<TensorFisher> {
    let layers = Family::layers_of(names.iter().map(String::as_str));
    let means = names.iter().zip(mean_of(texts, names.len()));
    means.map(|(name, mean)| TensorFisher { name: name.clone(), mean, site: Family::site_of(name, layers) }).collect()
}

/// A site's score: the mean over its tensors (docs/method.md, section 2).
fn site_scores(tensors: &[TensorFisher]) -> Vec<SiteScore> {
    let mut sites: Vec<Site> = tensors.iter().filter_map(|t| t.site).collect();
    sites.sort();
    sites.dedup();
    let layers = sites.iter().filter(|s| matches!(s, Site::Output(_))).count();
    let score = |site| {
        let of_site: Vec<f64> = tensors.iter().filter(|t| t.site == Some(site)).map(|t| t.mean).collect();
        SiteScore { site, score: of_site.iter().sum::<f64>() / of_site.len() as f64 }
    };
    Site::all(layers).into_iter().filter(|site| sites.contains(site)).map(score).collect()
}

/// τ between disjoint halves of the first 2m texts, for growing m: two independent estimates from m texts each, so
/// that agreement is not an artefact of shared texts.
fn stability(names: &[String], texts: &[&TextFisher]) -> Vec<Stability> {
    let scores = |part: &[&TextFisher]| -> Vec<f64> {
        site_scores(&tensors_of(names, part)).into_iter().map(|s| s.score).collect()
    };
    let half = texts.len() / 2;
    let mut sizes: Vec<usize> =
        [2, 4, 8, 16, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000].into_iter().filter(|&m| m < half).collect();
    if half >= 2 {
        sizes.push(half);
    }
    sizes
        .into_iter()
        .filter_map(|m| {
            let tau = kendall_tau_b(&scores(&texts[..m]), &scores(&texts[m..2 * m]))?;
            Some(Stability { texts: m, kendall_tau: tau })
        })
        .collect()
}
