//! Texts that are equal after Unicode normalisation (form C) and with white space collapsed.

use super::{Example, Portion};
use std::collections::HashMap;
use unicode_normalization_alignments::UnicodeNormalization;

/// A text or a pair by which equal ones are known: in Unicode's normal form C, with one space for any white space. Case
/// counts: a model may or may not see it.
pub(super) fn key(example: &Example) -> String {
    let mut key = folded(&example.text);
    if let Some(pair) = &example.pair {
        key.push('\u{0}');
        key += &folded(pair);
    }
    key
}

/// A text in Unicode's normal form C, with one space for any white space.
pub(super) fn folded(text: &str) -> String {
    let composed: String =
        if text.is_ascii() { text.to_string() } else { text.nfc().map(|(character, _)| character).collect() };
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// For each example the first one with an equal text; of a pair, both have to be equal.
pub(super) fn first_equals(examples: &[Example]) -> Vec<usize> {
    let mut firsts = HashMap::with_capacity(examples.len());
    examples.iter().enumerate().map(|(index, example)| *firsts.entry(key(example)).or_insert(index)).collect()
}

/// Whether the file itself says what its rows are for: some to train on and some not.
pub(super) fn has_portions(examples: &[Example]) -> bool {
    let has = |wanted: bool| {
        examples.iter().any(|example| example.portion.is_some_and(|it| (it == Portion::Train) == wanted))
    };
    has(true) && has(false)
}
