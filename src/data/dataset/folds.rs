//! Cross-validation: rows are divided into folds, and each seed tests one fold. So as many seeds in a row as there are folds test every row once.
//!
//! Stratified by class, as [`Dataset::split`] is.

use super::{Dataset, Split};
use crate::error::{Error, ErrorKind, Place, Result};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

impl Dataset {
    /// The seed's fold as test part, and the other rows to train on.
    ///
    /// Seeds 1 to `folds` test the folds of one division, the next `folds` seeds those of another. Equal texts share a fold. A class with
    /// one text is trained on and never tested. A split that the file has of its own is set aside: all rows are divided. Corrections of
    /// labels count as in [`Dataset::split`].
    ///
    /// # Errors
    /// Fewer than two folds, fewer texts than folds, and a training part of which every row is dropped.
    pub fn fold(&self, seed: u32, folds: usize) -> Result<Split> {
        let refuse =
            |expected: String| Err(Error::new(ErrorKind::Config, Place::named("folds"), expected, folds.to_string()));
        if folds < 2 {
            return refuse("at least 2".into());
        }
        let place = i64::from(seed) - 1;
        let (division, tested) = (place.div_euclid(folds as i64), place.rem_euclid(folds as i64) as usize);
        let fold_of = self.division(division as u64, folds);
        // Folds are filled in their order.
        if fold_of.iter().flatten().max().is_none_or(|&last| last + 1 < folds) {
            return refuse("no more folds than different texts".into());
        }
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..self.examples.len()).partition(|&example| fold_of[example] == Some(tested));
        self.parts((train, Vec::new(), test), &mut Xoshiro256PlusPlus::seed_from_u64(u64::from(seed)))
    }

    /// The fold of each example; none of the only text of a class. In random order, each text joins the fold that has the fewest rows of its class, of
    /// equals the smallest.
    fn division(&self, seed: u64, folds: usize) -> Vec<Option<usize>> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let groups = self.equal_groups();
        let mut fold_of = vec![None; self.examples.len()];
        let mut sizes = vec![0; folds];
        for mut firsts in self.strata((0..self.examples.len()).filter(|&index| self.equal_to[index] == index)) {
            if firsts.len() < 2 {
                continue;
            }
            firsts.shuffle(&mut random);
            let mut of_class = vec![0; folds];
            for first in firsts {
                let fold = (0..folds).min_by_key(|&fold| (of_class[fold], sizes[fold])).unwrap_or(0);
                let group = &groups[&first];
                group.iter().for_each(|&example| fold_of[example] = Some(fold));
                of_class[fold] += group.len();
                sizes[fold] += group.len();
            }
        }
        fold_of
    }
}
