//! TF-IDF of words and word pairs, as scikit-learn's `TfidfVectorizer(ngram_range=(1, 2))`.
//!
//! A word is a run of at least two letters, digits or underscores of the lower-cased text. A term is a word, or two words that follow each other. Its
//! weight in a text is its count there times ln((1 + n) / (1 + texts with it)) + 1, over n training texts; each text's weights then get the
//! Euclidean norm 1. Terms that no training text has are left out.
//!
//! One difference: a letter is what Unicode calls alphabetic, which includes the vowel signs of Indic scripts; Python's `\w` splits words there.

use std::collections::HashMap;

/// A row of a sparse matrix: column and value, by ascending column.
pub type SparseRow = Vec<(u32, f64)>;

/// Terms and their weights, learnt from training texts.
pub struct Tfidf {
    columns: HashMap<String, u32>,
    /// Inverse document frequency by column.
    idf: Vec<f64>,
}

impl Tfidf {
    /// Learns the terms of the training texts and how many texts have each.
    pub fn fit<'a>(texts: impl Iterator<Item = &'a str>) -> Tfidf {
        let mut columns: HashMap<String, u32> = HashMap::new();
        let mut texts_with: Vec<usize> = Vec::new();
        let mut last_text: Vec<usize> = Vec::new();
        let mut n = 0;
        for text in texts {
            n += 1;
            for term in terms(text) {
                let next = columns.len() as u32;
                let column = *columns.entry(term).or_insert(next) as usize;
                if column == texts_with.len() {
                    texts_with.push(0);
                    last_text.push(0);
                }
                if last_text[column] < n {
                    last_text[column] = n;
                    texts_with[column] += 1;
                }
            }
        }
        let idf = |&with: &usize| ((1 + n) as f64 / (1 + with) as f64).ln() + 1.0;
        Tfidf { idf: texts_with.iter().map(idf).collect(), columns }
    }

    /// How many terms there are.
    pub fn columns(&self) -> usize {
        self.idf.len()
    }

    /// A text's weights; empty if it has none of the terms.
    pub fn row(&self, text: &str) -> SparseRow {
        let mut found: Vec<u32> = terms(text).filter_map(|term| self.columns.get(&term).copied()).collect();
        found.sort_unstable();
        let mut row: SparseRow = Vec::new();
        for column in found {
            match row.last_mut() {
                Some((last, count)) if *last == column => *count += 1.0,
                _ => row.push((column, 1.0)),
            }
        }
        row.iter_mut().for_each(|(column, count)| *count *= self.idf[*column as usize]);
        let norm = row.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
        row.iter_mut().for_each(|(_, weight)| *weight /= norm);
        row
    }
}

/// Words, then pairs of words.
fn terms(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<String> =
        lower.split(|c| !is_of_word(c)).filter(|word| word.chars().nth(1).is_some()).map(String::from).collect();
    let pairs: Vec<String> = words.windows(2).map(|pair| pair.join(" ")).collect();
    words.into_iter().chain(pairs)
}
