//! What a language model has to predict of a text: hidden tokens, by seed, or each next token.
//!
//! Masking is as Hugging Face's `DataCollatorForLanguageModeling` with the family's own `mlm_probability`, BERT's 0.15: each
//! ordinary token is chosen with that probability; of the chosen, 80 % become `[MASK]`, 10 % a random token and 10 % stay. Special tokens are never
//! chosen. One difference: a text of which nothing was chosen gets one token chosen at random, since the mean loss over
//! no positions is not a number.

use crate::data::tokenizer::{Encoding, Vocabulary};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The share of ordinary tokens that BERT has to predict.
pub const MASKED_SHARE: f64 = 0.15;

/// The expectation named in errors about texts without any ordinary token.
pub(crate) const SOMETHING_TO_HIDE: &str =
    "a text with a word that the model's tokenizer knows, so that there is something to predict";

/// The objective that a language model was trained for.
#[derive(Debug, Clone, Copy)]
pub enum Objective {
    /// Hidden tokens of a text, in this vocabulary: this share of its ordinary ones.
    Masked(Vocabulary, f64),
    /// Every token but the first, each from those before it.
    Causal,
}

impl Objective {
    /// The share of a text's tokens that it predicts.
    pub fn share(self) -> f64 {
        match self {
            Objective::Masked(_, share) => share,
            Objective::Causal => 1.0,
        }
    }
}

/// The tokens of one batch of which this share is predicted, where BERT's batch may have so many: as many logits, of as many
/// predicted tokens.
pub(crate) fn batch_tokens(of_bert: usize, share: f64) -> usize {
    (of_bert as f64 * (MASKED_SHARE / share)) as usize
}

/// A text with some of its tokens to be predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The token ids that the model sees.
    pub ids: Vec<u32>,
    /// The positions that it predicts from, ascending: those of the hidden tokens, or those before each next token. None if the
    /// text has nothing to predict.
    pub positions: Vec<usize>,
    /// The ids to be predicted.
    pub targets: Vec<u32>,
}

/// Hides tokens of `ids`, each with probability `share`; `special[i]` says that token i must stay.
pub fn mask(ids: &[u32], special: &[bool], vocabulary: Vocabulary, share: f64, seed: u64) -> Masked {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let ordinary: Vec<usize> = (0..ids.len()).filter(|&i| !special[i]).collect();
    let mut positions: Vec<usize> = ordinary.iter().copied().filter(|_| rng.random_bool(share)).collect();
    if positions.is_empty() && !ordinary.is_empty() {
        positions.push(ordinary[rng.random_range(0..ordinary.len())]);
    }
    let targets = positions.iter().map(|&i| ids[i]).collect();
    let mut seen = ids.to_vec();
    for &i in &positions {
        let draw: f64 = rng.random();
        if draw < 0.8 {
            seen[i] = vocabulary.mask_id;
        } else if draw < 0.9 {
            seen[i] = rng.random_range(0..vocabulary.size);
        }
    }
    Masked { ids: seen, positions, targets }
}

/// Text `index` of a corpus, masked by the corpus's `seed`: the same wherever the text is met. A causal objective hides nothing.
pub fn mask_text(encoding: &Encoding, objective: Objective, seed: u32, index: usize) -> Masked {
    match objective {
        Objective::Masked(vocabulary, share) => {
            mask(&encoding.ids, &encoding.special, vocabulary, share, (u64::from(seed) << 32) | index as u64)
        }
        Objective::Causal => Masked {
            ids: encoding.ids.clone(),
            positions: (1..encoding.ids.len()).map(|next| next - 1).collect(),
            targets: encoding.ids.iter().skip(1).copied().collect(),
        },
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    const VOCABULARY: Vocabulary = Vocabulary { size: 1000, mask_id: 4 };

    #[test]
    fn shares_are_those_of_bert() {
        let ids: Vec<u32> = (0..20_000).map(|i| 10 + i % 900).collect();
        let masked = mask(&ids, &vec![false; ids.len()], VOCABULARY, MASKED_SHARE, 7);
        let share = |count: usize, of: usize| count as f64 / of as f64;
        let hidden = masked.positions.iter().filter(|&&i| masked.ids[i] == VOCABULARY.mask_id).count();
        let kept = masked.positions.iter().filter(|&&i| masked.ids[i] == ids[i]).count();
        // Four standard deviations of 20,000 and of 3,000 draws.
        assert!((share(masked.positions.len(), ids.len()) - 0.15).abs() < 0.010);
        assert!((share(hidden, masked.positions.len()) - 0.8).abs() < 0.03);
        assert!((share(kept, masked.positions.len()) - 0.1).abs() < 0.025);
        assert!(masked.positions.iter().zip(&masked.targets).all(|(&i, &t)| ids[i] == t));
        let untouched = (0..ids.len()).filter(|i| !masked.positions.contains(i));
        assert!(untouched.into_iter().all(|i| masked.ids[i] == ids[i]));
    }

    #[test]
    fn special_tokens_stay_and_something_is_always_predicted() {
        for seed in 0..500 {
            let masked = mask(&[2, 50, 3], &[true, false, true], VOCABULARY, MASKED_SHARE, seed);
            assert_eq!((masked.positions.as_slice(), masked.targets.as_slice()), ([1].as_slice(), [50].as_slice()));
            assert_eq!((masked.ids[0], masked.ids[2]), (2, 3));
        }
        assert!(mask(&[2, 3], &[true, true], VOCABULARY, MASKED_SHARE, 1).positions.is_empty());
    }

    #[test]
    fn a_causal_text_predicts_every_token_but_the_first() {
        let of = |ids: &[u32]| {
            let encoding = Encoding { ids: ids.to_vec(), special: vec![false; ids.len()], ..Encoding::default() };
            let Masked { ids: seen, positions, targets } = mask_text(&encoding, Objective::Causal, 7, 0);
            assert_eq!(seen, ids);
            (positions, targets)
        };
        assert_eq!(of(&[5, 6, 9]), (vec![0, 1], vec![6, 9]));
        assert_eq!(of(&[5]), (vec![], vec![]));
        assert_eq!(of(&[]), (vec![], vec![]));
    }

    #[test]
    fn seeds_and_texts_hide_independent_positions() {
        const COUNT: usize = 20_000;
        let encoding = Encoding {
            ids: (0..COUNT as u32).map(|i| 10 + i % 900).collect(),
            special: vec![false; COUNT],
            ..Encoding::default()
        };
        let at = |seed, index| mask_text(&encoding, Objective::Masked(VOCABULARY, MASKED_SHARE), seed, index);
        assert_eq!(at(3, 0), at(3, 0));
        let first = at(3, 0).positions;
        for (seed, index) in [(4, 0), (3, 1), (0, 3)] {
            let other = at(seed, index).positions;
            let shared = first.iter().filter(|i| other.binary_search(i).is_ok()).count() as f64;
            let both = MASKED_SHARE * MASKED_SHARE; // of independent draws; five deviations around it
            let bound = 5.0 * (both * (1.0 - both) * COUNT as f64).sqrt();
            assert!(
                (shared - both * COUNT as f64).abs() < bound,
                "seed {seed}, text {index}: {shared} positions shared"
            );
        }
    }
}
