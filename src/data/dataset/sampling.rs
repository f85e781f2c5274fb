//! A sample of the usable rows: stratified by seed, or the first ones.

use super::{Example, ReadOptions, Sampling, Target};
use crate::data::dataset::guess::Guess;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Keeps at most `max_rows` examples, in the file's order: of each of `classes` its share, drawn by seed, or the first ones.
/// Two of every label stay as long as there is room, so that it can be learnt and tested.
pub(super) fn sample(examples: &mut Vec<Example>, classes: usize, options: &ReadOptions) -> Option<Guess> {
    let of = examples.len();
    let kept = options.max_rows.filter(|&most| most < of)?;
    if options.sample == Sampling::First {
        examples.truncate(kept);
        return Some(Guess::Sample { kept, of, seed: None });
    }
    let mut strata: Vec<Vec<usize>> = vec![Vec::new(); classes.max(1)];
    for (index, example) in examples.iter().enumerate() {
        match example.target {
            Target::Class(class) => strata[class].push(index),
            Target::Score(_) => strata[0].push(index),
        }
    }
    let shares = shares(&strata.iter().map(Vec::len).collect::<Vec<_>>(), kept);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(u64::from(options.sample_seed));
    let mut is_kept = vec![false; of];
    for (members, share) in strata.iter_mut().zip(shares) {
        members.shuffle(&mut random);
        for &index in members.iter().take(share) {
            is_kept[index] = true;
        }
    }
    let mut is_kept = is_kept.into_iter();
    examples.retain(|_| is_kept.next() == Some(true));
    Some(Guess::Sample { kept, of, seed: Some(options.sample_seed) })
}

/// How many of each class are kept: its share of `total` by largest remainder, and at least two as long as there is room.
fn shares(counts: &[usize], total: usize) -> Vec<usize> {
    let all: usize = counts.iter().sum();
    let least = |count: usize| count.min(2);
    let floor: usize = counts.iter().map(|&count| least(count)).sum();
    let exact = |count: usize| count as f64 * total as f64 / all as f64;
    let mut shares: Vec<usize> = counts
        .iter()
        .map(|&count| (exact(count) as usize).max(if floor <= total { least(count) } else { 0 }))
        .collect();
    // One row at a time goes to the class that lacks most of its share, or is taken from the one that is most above it.
    loop {
        let given: usize = shares.iter().sum();
        let lacks = |class: &usize| exact(counts[*class]) - shares[*class] as f64;
        let by_lack = |a: &usize, b: &usize| f64::total_cmp(&lacks(a), &lacks(b)).then(b.cmp(a));
        let mut classes = 0..counts.len();
        if given < total {
            let Some(class) = classes.filter(|&it| shares[it] < counts[it]).max_by(by_lack) else { return shares };
            shares[class] += 1;
        } else if given > total {
            let spare = classes.by_ref().filter(|&it| shares[it] > if floor <= total { least(counts[it]) } else { 0 });
            let Some(class) = spare.min_by(by_lack) else { return shares };
            shares[class] -= 1;
        } else {
            return shares;
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::shares;

    #[test]
    fn each_class_keeps_its_share_and_two_where_there_is_room() {
        assert_eq!(shares(&[60, 40], 10), [6, 4]);
        assert_eq!(shares(&[98, 2], 10), [8, 2], "its share of ten is none");
        assert_eq!(shares(&[99, 1], 10), [9, 1], "as many as there are");
        assert_eq!(shares(&[3, 3, 3, 1], 4), [1, 1, 1, 1], "no room for two each: the largest remainders");
        assert_eq!(shares(&[50, 30, 20], 7), [3, 2, 2], "3.5, 2.1 and 1.4, but two of each");
    }
}
