//! The language-model loss on a plane through the pretrained weights (docs/method.md, section 7; Li et al. 2018).
//!
//! L(θ + a·d₁ + b·d₂), d₁ and d₂ random with the shape of θ, each tensor's part scaled to that tensor's norm. A plane
//! is a slice of a space of millions of dimensions, and another seed is another slice. Only embeddings and encoder
//! move, whose Fisher information is known; the decoder does so too, being the word embeddings, and the rest of the
//! head stays. Dropout is [`Off`], and texts and masks are the same at every point.

use crate::data::masking::{self, Objective};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::landscape::grid::Norm;
use crate::method::fisher::{MaskedText, Text};
use crate::models::checkpoint::{Checkpoint, HostTensor, Placed, placed, read};
use crate::models::hooks::Off;
use crate::models::transformer::{Batch, Model, cross_entropy};
use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Device, Tensor};
use rand::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Tokens, padding included, of one batch: bounds the memory of a forward pass.
const BATCH_TOKENS: usize = 1024;

/// A direction in the space of parameters, on the device.
#[derive(Debug)]
pub struct Direction {
    parts: HashMap<ParamId, (String, Tensor<1>)>,
}

impl Direction {
    /// The direction whose part at each parameter is what `of` gives for its name, in Hugging Face's layout; where that
    /// is nothing, it has none.
    pub fn new(model: &Model, of: impl FnMut(&str) -> Option<HostTensor>, device: &Device) -> Direction {
        let part = |Placed { id, name, flat }| (id, (name, flat));
        Direction { parts: placed(model, of, device).into_iter().map(part).collect() }
    }

    /// The direction's part at a parameter, flat; nothing where it has none.
    pub fn part(&self, id: ParamId) -> Option<Tensor<1>> {
        self.parts.get(&id).map(|(_, part)| part.clone())
    }
}

/// Direction 0 or 1 of a seed, at a tensor: each element the sum of four uniform draws, less its mean, and the whole
/// scaled to the tensor's norm.
///
/// Integers until the last step: normal deviates would need a logarithm and a cosine, which differ in their last bit from
/// one machine to the next. With so many dimensions the direction is as good as uniform either way. A tensor has the same
/// part in every subset, so direction "all" is the sum of "top" and "bottom".
pub fn drawn(tensor: &HostTensor, seed: u32, direction: u64, index: usize) -> HostTensor {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64((u64::from(seed) << 32) | (2 * index as u64 + direction));
    let of_bits = |bits: u64| (0..4).map(|lane| (bits >> (16 * lane)) & 0xffff).sum::<u64>() as f64 - 131_070.0;
    let draws: Vec<f64> = tensor.values.iter().map(|_| of_bits(rng.next_u64())).collect();
    let scale = norm(tensor.values.iter().map(|&w| f64::from(w))) / norm(draws.iter().copied());
    let values = draws.into_iter().map(|d| (d * scale) as f32).collect();
    HostTensor { shape: tensor.shape.clone(), values }
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|v| v * v).sum::<f64>().sqrt()
}

/// The norm of the weights of some tensors together.
fn norm_of<'a>(tensors: impl Iterator<Item = &'a HostTensor>) -> f64 {
    norm(tensors.flat_map(|tensor| &tensor.values).map(|&w| f64::from(w)))
}

/// Whether a tensor moves at all where its subset does.
fn moves(tensor: &HostTensor, rule: Norm) -> bool {
    rule == Norm::Total || tensor.shape.len() > 1
}

/// Both directions of a seed, at the tensors named `names`; those of one dimension only under [`Norm::Total`].
pub fn directions(
    model: &Model,
    checkpoint: &Checkpoint,
    names: &[String],
    seed: u32,
    rule: Norm,
    device: &Device,
) -> [Direction; 2] {
    [0, 1].map(|direction| {
        let part = |name: &str| {
            let index = names.iter().position(|n| n == name)?;
            let tensor = checkpoint.get(name)?;
            moves(tensor, rule).then(|| drawn(tensor, seed, direction, index))
        };
        Direction::new(model, part, device)
    })
}

/// By what a subset's directions are multiplied: 1, or ‖θ‖ / ‖θ_S‖ under [`Norm::Total`]; `names` are those of θ.
pub fn factor(checkpoint: &Checkpoint, names: &[String], moved: &[String], rule: Norm) -> f64 {
    if rule == Norm::Tensor {
        return 1.0; // before millions of squares are added up, once a strip
    }
    let of = |names: &[String]| norm_of(names.iter().filter_map(|name| checkpoint.get(name)));
    let part = of(moved);
    if part > 0.0 { of(names) / part } else { 1.0 }
}

/// How much of a model a subset moves, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StepLength {
    /// Its tensors.
    pub tensors: usize,
    /// Those of them that have one dimension; under [`Norm::Tensor`] they stay where they are.
    pub one_dimensional: usize,
    /// The length of a step of 1, as a share of that of all weights: ‖d_S‖ / ‖θ‖.
    pub length: f64,
}

impl StepLength {
    /// The stride of the tensors `moved`; `names` are those of θ.
    pub fn new(checkpoint: &Checkpoint, names: &[String], moved: &[String], rule: Norm) -> StepLength {
        let of = |names: &[String]| names.iter().filter_map(|name| checkpoint.get(name)).collect::<Vec<&HostTensor>>();
        let tensors = of(moved);
        // Each part of a direction is as long as the tensor that it moves.
        let moving = norm_of(tensors.iter().copied().filter(|tensor| moves(tensor, rule)));
        StepLength {
            tensors: tensors.len(),
            one_dimensional: tensors.iter().filter(|tensor| tensor.shape.len() == 1).count(),
            length: factor(checkpoint, names, moved, rule) * moving / norm_of(of(names).into_iter()),
        }
    }
}

/// Texts of the corpus with tokens to predict as Fisher information has them; those without any left out.
pub fn masked_texts(texts: &[Text], objective: Objective, seed: u32) -> Vec<MaskedText> {
    let masked = |text: &Text| {
        let masked = masking::mask_text(&text.encoding, objective, seed, text.index);
        (!masked.positions.is_empty()).then(|| MaskedText {
            ids: masked.ids,
            type_ids: text.encoding.type_ids.clone(),
            positions: masked.positions,
            targets: masked.targets,
        })
    };
    texts.iter().filter_map(masked).collect()
}

/// Which tensors a row moves, and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    /// The tensors that move, by name.
    pub moved: BTreeSet<String>,
    /// By what both directions are multiplied.
    pub factor: f64,
    /// How far along the second.
    pub b: f64,
}

/// A model, two directions from it, and the texts that its loss is measured on.
#[derive(Debug)]
pub struct Landscape {
    model: Model,
    directions: [Direction; 2],
    batches: Vec<MaskedBatch>,
}

#[derive(Debug)]
struct MaskedBatch {
    batch: Batch,
    positions: Vec<usize>,
    targets: Vec<u32>,
}

impl Landscape {
    /// # Errors
    /// [`ErrorKind::Config`] if no text has a token to predict.
    pub fn new(
        model: Model,
        directions: [Direction; 2],
        mut texts: Vec<MaskedText>,
        device: &Device,
    ) -> Result<Landscape> {
        if texts.is_empty() {
            let place = Place::named("surface_texts");
            return Err(Error::new(ErrorKind::Config, place, masking::SOMETHING_TO_HIDE, "none"));
        }
        texts.sort_by_key(|text| text.ids.len());
        let mut batches = Vec::new();
        let mut rest = texts.as_slice();
        let most = masking::batch_tokens(BATCH_TOKENS, model.family().layout().predicted_share());
        while !rest.is_empty() {
            // The last of a batch is its longest.
            let fits = |&count: &usize| count * rest[count - 1].ids.len() <= most;
            let (some, others) = rest.split_at((2..=rest.len()).take_while(fits).last().unwrap_or(1));
            batches.push(MaskedBatch::new(some, device));
            rest = others;
        }
        Ok(Landscape { model, directions, batches })
    }

    /// The model a row begins from: θ + b·d₂.
    pub fn row(&self, row: &GridRow) -> Model {
        self.model.clone().map(&mut Step { direction: &self.directions[1], row, length: row.b * row.factor })
    }

    /// The loss at `a` of a row, from [`Landscape::row`]'s model of it: the mean over all masked positions of all texts.
    /// Far enough out it is not finite.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] if the device does not answer.
    pub async fn loss(&self, row: &GridRow, from: &Model, a: f64) -> Result<f64> {
        let length = a * row.factor;
        let model = from.clone().map(&mut Step { direction: &self.directions[0], row, length });
        let sums = self.batches.iter().map(|b| {
            let logits = model.predict_tokens(&b.batch, &b.positions, &Off);
            cross_entropy(logits, &b.targets) * b.targets.len() as f64
        });
        let values = read(Tensor::cat(sums.collect(), 0)).await?; // sync: one read per point
        let predicted: usize = self.batches.iter().map(|b| b.targets.len()).sum();
        Ok(values.into_iter().map(f64::from).sum::<f64>() / predicted as f64)
    }
}

impl MaskedBatch {
    fn new(texts: &[MaskedText], device: &Device) -> MaskedBatch {
        let rows: Vec<(&[u32], &[u32])> = texts.iter().map(|t| (t.ids.as_slice(), t.type_ids.as_slice())).collect();
        let longest = texts.iter().map(|t| t.ids.len()).max().unwrap_or(0);
        let in_batch = |(row, text): (usize, &MaskedText)| -> Vec<usize> {
            text.positions.iter().map(|position| row * longest + position).collect()
        };
        MaskedBatch {
            batch: Batch::new(&rows, 0, device),
            positions: texts.iter().enumerate().flat_map(in_batch).collect(),
            targets: texts.iter().flat_map(|t| t.targets.iter().copied()).collect(),
        }
    }
}

/// Moves the parameters that a row names along a direction.
struct Step<'a> {
    direction: &'a Direction,
    row: &'a GridRow,
    length: f64,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.direction.parts.get(&param.id) {
            Some((name, part)) if self.length != 0.0 && self.row.moved.contains(name) => {
                let at = param.val();
                let step = part.clone().reshape(at.dims()) * self.length;
                Param::initialized(param.id, at + step)
            }
            _ => param,
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_tensors_norm_and_no_bias() {
        let tensor = HostTensor { shape: vec![200, 300], values: (0..60_000).map(|i| (i % 7) as f32 - 2.5).collect() };
        let first = drawn(&tensor, 3, 0, 5);
        let length = |t: &HostTensor| norm(t.values.iter().map(|&v| f64::from(v)));
        assert!((length(&first) / length(&tensor) - 1.0).abs() < 1e-6);
        // Symmetric about 0, and independent of the other direction, seed and tensor: mean and cosines within four standard deviations of 0.
        let dot = |left: &[f32], right: &[f32]| left.iter().zip(right).map(|(l, r)| f64::from(l * r)).sum::<f64>();
        let bound = 4.0 / 60_000f64.sqrt();
        assert!((dot(&first.values, &vec![1.0; 60_000]) / (length(&first) * 60_000f64.sqrt())).abs() < bound);
        let others = [(3, 1, 5), (4, 0, 5), (3, 0, 6), (3, 1, 4)];
        let all: Vec<HostTensor> = others.map(|(seed, direction, index)| drawn(&tensor, seed, direction, index)).into();
        for (i, left) in all.iter().chain([&first]).enumerate() {
            for right in &all[..i] {
                let cosine = dot(&left.values, &right.values) / (length(left) * length(right));
                assert!(cosine.abs() < bound, "{cosine}");
            }
        }
        assert_eq!(first, drawn(&tensor, 3, 0, 5));
    }

    #[test]
    fn factor_makes_total_norms_equal() {
        let mut checkpoint = Checkpoint::default();
        for (name, values) in [("a.weight", vec![3.0, 0.0]), ("b.weight", vec![0.0, 4.0])] {
            checkpoint.insert(name.into(), HostTensor { shape: vec![1, 2], values });
        }
        let names: Vec<String> = vec!["bert.a.weight".into(), "bert.b.weight".into()];
        assert!((factor(&checkpoint, &names, &names[..1], Norm::Total) - 5.0 / 3.0).abs() < 1e-12);
        assert!((factor(&checkpoint, &names, &names, Norm::Total) - 1.0).abs() < 1e-12);
        assert_eq!(factor(&checkpoint, &names, &names[..1], Norm::Tensor), 1.0);
        assert_eq!(factor(&checkpoint, &names, &[], Norm::Total), 1.0);
    }

    #[test]
    fn strides_leave_out_what_stays() {
        let mut checkpoint = Checkpoint::default();
        for (name, shape, value) in
            [("a.weight", vec![1, 1], 3.0), ("b.weight", vec![1, 1], 4.0), ("b.bias", vec![1], 12.0)]
        {
            checkpoint.insert(name.into(), HostTensor { shape, values: vec![value] });
        }
        let names = ["bert.a.weight", "bert.b.weight", "bert.b.bias"].map(String::from);
        let stride = |moved: &[String], rule| {
            let StepLength { tensors, one_dimensional, length } = StepLength::new(&checkpoint, &names, moved, rule);
            (tensors, one_dimensional, (length * 1e9).round() / 1e9)
        };
        let share = |part: f64| (part / 13.0 * 1e9).round() / 1e9;
        assert_eq!(stride(&names, Norm::Tensor), (3, 1, share(5.0)));
        assert_eq!(stride(&names[1..], Norm::Tensor), (2, 1, share(4.0)));
        assert_eq!(stride(&names[2..], Norm::Tensor), (1, 1, 0.0));
        for some in [&names[..], &names[1..], &names[2..]] {
            assert_eq!(stride(some, Norm::Total).2, 1.0, "{some:?}");
        }
    }
}
