//! Texts that are nearly the same, by MinHash (Broder 1997) and locality-sensitive hashing: linear in the number of texts.

use super::super::Example;
use super::super::equal::folded;
use std::collections::HashMap;

/// Characters of a shingle: long enough that two texts of one language share few by chance.
const SHINGLE: usize = 5;
/// Two texts are nearly the same from this share of common shingles on (Jaccard).
const ALIKE: f64 = 0.8;
/// Bands of hashes, and hashes of a band: two texts that share 0.8 meet in a band with probability 1 − (1 − 0.8⁴)¹⁶ > 0.9999.
const BANDS: usize = 16;
const ROWS: usize = 4;
/// Characters of a text that count; of longer ones the beginning.
const MAXIMUM_CHARACTERS: usize = 2000;
/// A hash function for each row of each band, `x ↦ factor · x` in 32 bits: an odd factor permutes the numbers of 32 bits, and the compiler
/// computes several of the products in one instruction.
const FACTORS: [u32; BANDS * ROWS] = {
    let mut factors = [0; BANDS * ROWS];
    let mut place = 0;
    while place < factors.len() {
        factors[place] = mixed(place as u64) as u32 | 1;
        place += 1;
    }
    factors
};

/// For each example the first one of those that it is nearly the same as, itself where there is none.
pub(crate) fn near_clusters(examples: &[Example]) -> Vec<usize> {
    let signatures: Vec<[u64; BANDS]> = examples.iter().map(signature).collect();
    // Few texts meet another, and only those are compared shingle by shingle.
    let mut sets: Vec<Option<Vec<u64>>> = vec![None; examples.len()];
    let mut parents: Vec<usize> = (0..examples.len()).collect();
    for band in 0..BANDS {
        for (first, index) in meetings(&signatures, band) {
            let (one, other) = (root(&mut parents, first), root(&mut parents, index));
            if one == other {
                continue;
            }
            for it in [first, index] {
                sets[it].get_or_insert_with(|| distinct_shingles(&examples[it]));
            }
            if let (Some(a), Some(b)) = (&sets[first], &sets[index])
                && are_alike(a, b)
            {
                parents[one.max(other)] = one.min(other);
            }
        }
    }
    (0..examples.len()).map(|index| root(&mut parents, index)).collect()
}

/// Texts whose hash of a band another has, each with the first that has it: texts of one template would otherwise cost their number squared.
fn meetings(signatures: &[[u64; BANDS]], band: usize) -> Vec<(usize, usize)> {
    let mut buckets: HashMap<u64, usize> = HashMap::with_capacity(signatures.len());
    let met = |(index, signature): (usize, &[u64; BANDS])| {
        let first = *buckets.entry(signature[band]).or_insert(index);
        (first != index).then_some((first, index))
    };
    signatures.iter().enumerate().filter_map(met).collect()
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

/// Whether two sets, each in ascending order, have enough in common.
fn are_alike(one: &[u64], other: &[u64]) -> bool {
    let (mut a, mut b, mut common) = (0, 0, 0);
    while a < one.len() && b < other.len() {
        common += usize::from(one[a] == other[b]);
        let (step_a, step_b) = (one[a] <= other[b], other[b] <= one[a]);
        a += usize::from(step_a);
        b += usize::from(step_b);
    }
    common as f64 >= ALIKE * (one.len() + other.len() - common) as f64
}

/// The text of an example, in the form in which it is compared.
fn characters(example: &Example) -> Vec<char> {
    let pair = example.pair.as_deref().unwrap_or("");
    let text = folded(&format!("{} {pair}", example.text)).to_lowercase();
    text.chars().take(MAXIMUM_CHARACTERS).collect()
}

/// Hashes of all runs of [`SHINGLE`] characters; of fewer characters, of all of them.
fn shingles(characters: &[char]) -> impl Iterator<Item = u64> {
    characters.windows(SHINGLE.min(characters.len()).max(1)).map(hash)
}

fn distinct_shingles(example: &Example) -> Vec<u64> {
    let mut found: Vec<u64> = shingles(&characters(example)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// FNV-1a over code points, mixed so that each bit depends on all.
fn hash(characters: &[char]) -> u64 {
    let fold = |hash: u64, it: &char| (hash ^ u64::from(*it)).wrapping_mul(0x0100_0000_01B3);
    mixed(characters.iter().fold(0xCBF2_9CE4_8422_2325, fold))
}

/// One hash for each band of smallest shingles.
fn signature(example: &Example) -> [u64; BANDS] {
    let mut smallest = [u32::MAX; BANDS * ROWS];
    for shingle in shingles(&characters(example)) {
        let shingle = shingle as u32;
        for (least, factor) in smallest.iter_mut().zip(FACTORS) {
            *least = (*least).min(shingle.wrapping_mul(factor));
        }
    }
    let mut bands = [0; BANDS];
    for (band, rows) in bands.iter_mut().zip(smallest.chunks(ROWS)) {
        *band = rows.iter().fold(0, |hash, &row| mixed(hash ^ u64::from(row)));
    }
    bands
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014), after its step.
const fn mixed(bits: u64) -> u64 {
    let mut bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::super::Target;
    use super::*;

    fn example(text: String) -> Example {
        Example { line: 1, row: 0, text, pair: None, target: Target::Class(0), portion: None }
    }

    /// A text of random letters.
    fn letters(seed: usize, length: usize) -> Vec<char> {
        (0..length).map(|it| char::from(b'a' + (mixed((seed * 100_003 + it) as u64) % 26) as u8)).collect()
    }

    fn share(one: &Example, other: &Example) -> f64 {
        let (one, other) = (distinct_shingles(one), distinct_shingles(other));
        let common = one.iter().filter(|it| other.contains(it)).count();
        common as f64 / (one.len() + other.len() - common) as f64
    }

    /// What is compared grows with the number of texts, not with its square.
    #[test]
    fn few_pairs_are_compared() {
        const TEXTS: usize = 2000;
        let met = |text: &dyn Fn(usize) -> Vec<char>| -> usize {
            let signed = |it| signature(&example(text(it).into_iter().collect()));
            let signatures: Vec<[u64; BANDS]> = (0..TEXTS).map(signed).collect();
            (0..BANDS).map(|band| meetings(&signatures, band).len()).sum()
        };
        assert!(met(&|it| letters(it, 60)) < 20, "texts that share nothing");
        assert_eq!(met(&|_| letters(0, 60)), BANDS * (TEXTS - 1), "equal texts");
    }

    /// Of 1000 pairs that share a little more than the bound, short ones and long ones, at most one is missed; and of 1000 that share less
    /// than it, none is taken for alike.
    #[test]
    fn pairs_at_the_bound_are_found_and_others_are_not() {
        for length in [24, 60, 300] {
            let (mut examples, mut are_near) = (Vec::new(), Vec::new());
            for seed in 0..2000 {
                let text = letters(seed, length);
                // Letters taken off the end take their shingles with them, and nothing else.
                let keeps = if seed % 2 == 0 { 0.83 } else { 0.76 };
                let kept = SHINGLE - 1 + ((length - SHINGLE + 1) as f64 * keeps).round() as usize;
                let pair = [text.iter().collect(), text[..kept].iter().collect()].map(example);
                let is_near = share(&pair[0], &pair[1]) >= ALIKE;
                assert_eq!(is_near, seed % 2 == 0, "{length} letters, {kept} kept");
                are_near.push(is_near);
                examples.extend(pair);
            }
            let clusters = near_clusters(&examples);
            let found = |pair: usize| clusters[2 * pair + 1] == 2 * pair;
            let missed = (0..are_near.len()).filter(|&pair| are_near[pair] && !found(pair)).count();
            assert!(missed <= 1, "{missed} of 1000 pairs of {length} letters are missed");
            let strangers = (0..examples.len()).filter(|&it| clusters[it] != it && !are_near[it / 2]).count();
            assert_eq!(strangers, 0, "{length} letters");
        }
    }

    /// An even factor would send two numbers to one, and the smallest of its products would be zero for ever more texts.
    #[test]
    fn each_hash_function_permutes_and_no_two_are_the_same() {
        assert!(FACTORS.iter().all(|factor| factor % 2 == 1));
        assert_eq!(FACTORS.iter().collect::<std::collections::HashSet<_>>().len(), FACTORS.len());
    }

    #[test]
    fn case_white_space_and_composition_make_no_difference_and_pairs_are_compared_whole() {
        let near = |texts: &[(&str, Option<&str>)]| {
            let of = |(text, pair): &(&str, Option<&str>)| Example {
                pair: pair.map(String::from),
                ..example((*text).to_string())
            };
            near_clusters(&texts.iter().map(of).collect::<Vec<_>>())
        };
        assert_eq!(
            near(&[("A Caf\u{e9} by  the river", None), ("a cafe\u{301} by the river", None), ("", None)]),
            [0, 0, 2]
        );
        assert_eq!(
            near(&[
                ("same first text here", Some("and one second")),
                ("same first text here", Some("of another kind"))
            ]),
            [0, 1]
        );
        assert_eq!(near(&[("abc", None), ("abd", None), ("abc", None)]), [0, 1, 0], "texts shorter than a shingle");
    }
}
