//! Texts that are nearly the same, by MinHash (Broder 1997) and locality-sensitive hashing: linear in the number of texts.

use super::super::Example;
use super::super::equal::folded;
use std::collections::{HashMap, HashSet};

/// Characters of a shingle: long enough that two texts of one language share few by chance.
const SHINGLE: usize = 5;
/// Two texts are nearly the same from this share of common shingles on (Jaccard).
const ALIKE: f64 = 0.8;
/// Bands of hashes, and hashes of a band: two texts that share 0.8 meet in a band with probability 1 − (1 − 0.8⁴)¹⁶ > 0.9999.
const BANDS: usize = 16;
const ROWS: usize = 4;
/// Characters of a text that count; of longer ones the beginning.
const MAXIMUM_CHARACTERS: usize = 2000;

/// For each example the first one of those that it is nearly the same as, itself where there is none.
pub(crate) fn near_clusters(examples: &[Example]) -> Vec<usize> {
    let shingles: Vec<HashSet<u64>> = examples.iter().map(shingles).collect();
    let mut parents: Vec<usize> = (0..examples.len()).collect();
    let signatures: Vec<[u64; BANDS]> = shingles.iter().map(bands).collect();
    for band in 0..BANDS {
        // Only with the first of a bucket: texts of one template would otherwise cost their number squared.
        let mut buckets: HashMap<u64, usize> = HashMap::new();
        for (index, signature) in signatures.iter().enumerate() {
            let first = *buckets.entry(signature[band]).or_insert(index);
            let (one, other) = (root(&mut parents, first), root(&mut parents, index));
            if one != other && are_alike(&shingles[first], &shingles[index]) {
                parents[one.max(other)] = one.min(other);
            }
        }
    }
    (0..examples.len()).map(|index| root(&mut parents, index)).collect()
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

fn are_alike(one: &HashSet<u64>, other: &HashSet<u64>) -> bool {
    let common = one.intersection(other).count();
    common as f64 >= ALIKE * (one.len() + other.len() - common) as f64
}

/// Hashes of all runs of [`SHINGLE`] characters of a text in lower case; of a shorter one, of the whole.
fn shingles(example: &Example) -> HashSet<u64> {
    let pair = example.pair.as_deref().unwrap_or("");
    let text = folded(&format!("{} {pair}", example.text)).to_lowercase();
    let characters: Vec<char> = text.chars().take(MAXIMUM_CHARACTERS).collect();
    characters.windows(SHINGLE.min(characters.len()).max(1)).map(hash).collect()
}

/// FNV-1a over code points.
fn hash(characters: &[char]) -> u64 {
    characters.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &it| (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01B3))
}

/// One hash for each band of smallest shingles.
fn bands(shingles: &HashSet<u64>) -> [u64; BANDS] {
    let mut smallest = [u64::MAX; BANDS * ROWS];
    for &shingle in shingles {
        for (seed, least) in (1_u64..).zip(&mut smallest) {
            *least = (*least).min(mixed(shingle ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        }
    }
    let mut bands = [0; BANDS];
    for (band, rows) in bands.iter_mut().zip(smallest.chunks(ROWS)) {
        *band = rows.iter().fold(0, |hash, &row| mixed(hash ^ row));
    }
    bands
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
