//! Empirical Fisher information of a pretrained encoder (eq. 3 of arXiv 2406.14005).
//!
//! F(θ_j) = 1/n · Σ_i (∂L_i/∂θ_j)², L_i the masked-language-model loss of text i alone. The square is taken of each
//! *text's* gradient, before the sum: the square of a batch's gradient is another quantity, and a wrong one. Dropout
//! is [`Off`]. Of each text this keeps, for every tensor, the mean over its elements of the squared gradient: what a
//! site's score is made of. Texts are independent, so any split of them into shards adds up to the same estimate.

use crate::dropout::Off;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::masking::{self, Vocabulary};
use crate::model::{Batch, Model, ModelConfig, cross_entropy};
use crate::schedule::{Site, SiteScore};
use crate::stats::kendall_tau_b;
use crate::tokenize::Encoding;
use crate::weights::{self, read};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

/// Squared gradients of one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextFisher {
    /// Which text of the corpus.
    pub index: usize,
    /// Its loss in nats, mean over its masked positions.
    pub loss: f64,
    /// For each tensor of [`tensor_names`], the mean over its elements of the squared gradient.
    pub means: Vec<f64>,
}

/// The tensors whose Fisher information is kept: embeddings and encoder, heads left out, in data-flow order.
pub fn tensor_names(config: &ModelConfig) -> Vec<String> {
    weights::encoder_shapes(config).into_iter().map(|(name, _)| format!("bert.{name}")).collect()
}

fn is_kept(name: &str) -> bool {
    name.starts_with("bert.embeddings.") || name.starts_with("bert.encoder.")
}

/// The gradient of one text's masked-language-model loss, squared, tensor by tensor; and that loss.
///
/// `positions` and `targets` as in [`crate::masking::Masked`]. One backward pass for one text: the plain form, kept
/// as the oracle of faster ones.
pub fn squared_gradients(
    model: &Model,
    batch: &Batch,
    positions: &[usize],
    targets: &[u32],
) -> (Tensor<1>, Vec<weights::NamedTensor>) {
    let loss = cross_entropy(model.predict_masked(batch, positions, &Off), targets);
    let gradients = loss.backward();
    let mut squares = weights::gradients(model, &gradients);
    squares.retain(|t| is_kept(&t.name));
    for tensor in &mut squares {
        tensor.flat = tensor.flat.clone().square();
    }
    (loss.inner(), squares)
}

/// Fisher information of text `index`, masked by `seed`. A text without an ordinary token has loss 0 and no gradient.
///
/// # Errors
/// [`ErrorKind::Diverged`] if a gradient is not finite; [`ErrorKind::Device`] if the device does not answer.
pub async fn of_text(
    model: &Model,
    encoding: &Encoding,
    vocabulary: Vocabulary,
    index: usize,
    seed: u32,
    device: &Device,
) -> Result<TextFisher> {
    let text_seed = (u64::from(seed) << 32) | index as u64;
    let masked = masking::mask(&encoding.ids, &encoding.special, vocabulary, text_seed);
    if masked.positions.is_empty() {
        let tensors = weights::parameters(model).iter().filter(|t| is_kept(&t.name)).count();
        return Ok(TextFisher { index, loss: 0.0, means: vec![0.0; tensors] });
    }
    let batch = Batch::new(&[(&masked.ids, &encoding.type_ids)], 0, device);
    let (loss, squares) = squared_gradients(model, &batch, &masked.positions, &masked.targets);
    let means = squares.into_iter().map(|t| t.flat.mean());
    let all = Tensor::cat(std::iter::once(loss).chain(means).collect(), 0);
    let values = read(all).await?; // sync: one read per text
    if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
        let place = Place::named(format!("Fisher, text {}", index + 1));
        return Err(Error::new(ErrorKind::Diverged, place, "finite gradients", bad.to_string()));
    }
    Ok(TextFisher { index, loss: f64::from(values[0]), means: values[1..].iter().map(|&v| f64::from(v)).collect() })
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
/// [`ErrorKind::Config`] without texts, or if one has another model's number of tensors.
pub fn estimate(names: &[String], texts: &[TextFisher]) -> Result<Estimate> {
    let wrong =
        |expected: &str, got: String| Err(Error::new(ErrorKind::Config, Place::named("Fisher texts"), expected, got));
    if texts.is_empty() {
        return wrong("at least one text", "none".into());
    }
    if let Some(odd) = texts.iter().find(|t| t.means.len() != names.len()) {
        return wrong(&format!("{} tensors in each text", names.len()), odd.means.len().to_string());
    }
    let mut texts: Vec<&TextFisher> = texts.iter().collect();
    texts.sort_by_key(|t| t.index);
    let means = mean_of(&texts, names.len());
    let tensors = names
        .iter()
        .zip(means)
        .map(|(name, mean)| TensorFisher { name: name.clone(), mean, site: Site::of_tensor(name) })
        .collect::<Vec<_>>();
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

/// A site's score: the mean over its tensors (method.md section 2).
fn site_scores(tensors: &[TensorFisher]) -> Vec<SiteScore> {
    let mut sites: Vec<Site> = tensors.iter().filter_map(|t| t.site).collect();
    sites.sort();
    sites.dedup();
    let layers = sites.iter().filter(|s| matches!(s, Site::Output(_))).count();
    let score = |site| {
        let of_site: Vec<f64> = tensors.iter().filter(|t| t.site == Some(site)).map(|t| t.mean).collect();
        SiteScore { site, score: of_site.iter().sum::<f64>() / of_site.len() as f64 }
    };
    Site::all(layers).into_iter().map(score).collect()
}

/// τ between disjoint halves of the first 2m texts, for growing m: two independent estimates from m texts each, so
/// that agreement is not an artefact of shared texts.
fn stability(names: &[String], texts: &[&TextFisher]) -> Vec<Stability> {
    let scores = |part: &[&TextFisher]| -> Vec<f64> {
        let means = mean_of(part, names.len());
        let tensors: Vec<TensorFisher> = names
            .iter()
            .zip(means)
            .map(|(name, mean)| TensorFisher { name: name.clone(), mean, site: Site::of_tensor(name) })
            .collect();
        site_scores(&tensors).into_iter().map(|s| s.score).collect()
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
