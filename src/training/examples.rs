//! What a run learns from, in batches.

use crate::data::dataset::Task;
use crate::data::tokenizer::Encoding;
use crate::models::transformer::{Batch, cross_entropy, squared_error, weighted_cross_entropy};
use burn::tensor::{Device, Tensor};
use rand::{SeedableRng, seq::SliceRandom};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Encoded examples with what they should be answered with.
#[derive(Debug, Clone)]
pub struct Examples {
    /// Token ids of each example.
    pub encodings: Vec<Encoding>,
    /// A class number, or a score, of each example.
    pub targets: Vec<f32>,
    /// Which of the two.
    pub task: Task,
    /// Number of classes; 1 for a regression.
    pub outputs: usize,
    /// The id that fills shorter rows.
    pub pad_id: u32,
    /// What a row of each class counts in the loss that is trained on; none where all count the same.
    pub class_weights: Option<Vec<f32>>,
}

impl Examples {
    /// The rows at `indices`, padded to the longest of them.
    pub(super) fn batch(&self, indices: &[usize], device: &Device) -> Batch {
        self.part(indices, self.longest(indices), device)
    }

    /// Tokens of the longest row at `indices`.
    pub(super) fn longest(&self, indices: &[usize]) -> usize {
        indices.iter().map(|&i| self.encodings[i].ids.len()).max().unwrap_or(0)
    }

    /// What the rows at `indices` weigh in a mean loss.
    pub(super) fn weight(&self, indices: &[usize]) -> f64 {
        match &self.class_weights {
            Some(weights) => indices.iter().map(|&i| f64::from(weights[self.targets[i] as usize])).sum(),
            None => indices.len() as f64,
        }
    }

    /// The rows at `indices`, padded to so many tokens: a part of a batch whose longest row has them.
    pub(super) fn part(&self, indices: &[usize], tokens: usize, device: &Device) -> Batch {
        let rows: Vec<(&[u32], &[u32])> = indices
            .iter()
            .map(|&i| (self.encodings[i].ids.as_slice(), self.encodings[i].type_ids.as_slice()))
            .collect();
        Batch::padded_to(tokens, &rows, self.pad_id, device)
    }

    /// The mean loss, weighted by class where classes have weights, of the examples at `indices`, whose logits or scores these are.
    pub(super) fn loss(&self, logits: Tensor<2>, indices: &[usize]) -> Tensor<1> {
        let targets: Vec<f32> = indices.iter().map(|&i| self.targets[i]).collect();
        match self.task {
            Task::Classification => {
                let classes: Vec<u32> = targets.iter().map(|&t| t as u32).collect();
                match &self.class_weights {
                    Some(weights) => weighted_cross_entropy(logits, &classes, weights),
                    None => cross_entropy(logits, &classes),
                }
            }
            Task::Regression => squared_error(logits, &targets),
        }
    }
}

/// Batches among which rows are exchanged for others of like length.
const GROUPED_BATCHES: usize = 8;

/// Lengths that count as the same, so that classes whose texts differ by a token or two still mix.
const LENGTH_BUCKET: usize = 4;

/// The batches of one epoch; the same for every arm of a seed. Rows are shuffled, sorted by length within every eight
/// batches' worth, cut into batches, and the batches shuffled: as transformers' `group_by_length`. A batch is padded to
/// its longest row, and this saves a fifth to a third of all tokens of the samples.
pub(super) fn batches(rows: &[usize], encodings: &[Encoding], size: usize, seed: u32, epoch: usize) -> Vec<Vec<usize>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64((u64::from(seed) << 32) | (epoch as u64 + 1));
    let mut order = rows.to_vec();
    order.shuffle(&mut rng);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for group in order.chunks_mut(GROUPED_BATCHES * size) {
        group.sort_by_key(|&row| encodings[row].ids.len().div_ceil(LENGTH_BUCKET));
        batches.extend(group.chunks(size).map(<[usize]>::to_vec));
    }
    batches.shuffle(&mut rng);
    batches
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn of_lengths(lengths: &[usize]) -> Vec<Encoding> {
        let encoding = |&n: &usize| Encoding { ids: vec![7; n], ..Encoding::default() };
        lengths.iter().map(encoding).collect()
    }

    #[test]
    fn batches_hold_every_row_once_and_depend_on_seed_and_epoch() {
        let encodings = of_lengths(&(0..101).map(|i| 3 + (i * 37) % 60).collect::<Vec<_>>());
        let rows: Vec<usize> = (0..101).filter(|i| i % 5 != 0).collect();
        let first = batches(&rows, &encodings, 8, 1, 0);
        assert_eq!(first.len(), rows.len().div_ceil(8));
        let mut all: Vec<usize> = first.concat();
        all.sort_unstable();
        assert_eq!(all, rows);
        assert_eq!(first, batches(&rows, &encodings, 8, 1, 0));
    }

    /// Of two independent orders, a row has the same place in one of `rows` cases: Poisson around 1.
    #[test]
    fn seeds_and_epochs_shuffle_anew() {
        let encodings = of_lengths(&[9; 400]);
        let rows: Vec<usize> = (0..400).collect();
        let order = |seed, epoch| batches(&rows, &encodings, 8, seed, epoch).concat();
        let orders = [order(1, 0), order(2, 0), order(1, 1), order(2, 1), order(1, 2), rows.clone()];
        for (i, first) in orders.iter().enumerate() {
            for second in &orders[..i] {
                let places = first.iter().zip(second).filter(|(a, b)| a == b).count();
                assert!(places <= 8, "{places} of 400 rows keep their place");
                let neighbours = |order: &[usize]| order.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>();
                let pairs = neighbours(second);
                let kept = neighbours(first).iter().filter(|pair| pairs.contains(pair)).count();
                assert!(kept <= 8, "{kept} of 399 neighbours stay neighbours");
            }
        }
    }

    #[test]
    fn rows_of_like_length_share_a_batch() {
        let encodings = of_lengths(&(0..128).map(|i| 3 + (i * 37) % 60).collect::<Vec<_>>());
        let padded = |batches: &[Vec<usize>]| -> usize {
            batches.iter().map(|b| b.len() * b.iter().map(|&i| encodings[i].ids.len()).max().unwrap()).sum()
        };
        let rows: Vec<usize> = (0..128).collect();
        let ungrouped: Vec<Vec<usize>> = rows.chunks(16).map(<[usize]>::to_vec).collect();
        assert!(padded(&batches(&rows, &encodings, 16, 1, 0)) * 10 < padded(&ungrouped) * 7);
    }
}
