//! Names of columns: which are usual for which part, and how they are compared.

use super::table::trimmed;

// Names are compared in lower case with `_` for spaces and hyphens; earlier names win.
pub(super) const LABEL_NAMES: [&str; 22] = [
    "label",
    "labels",
    "gold_label",
    "label_text",
    "class",
    "category",
    "target",
    "score",
    "intent",
    "sentiment",
    "topic",
    "rating",
    "stars",
    "similarity",
    "polarity",
    "emotion",
    "tag",
    "annotation",
    "relation",
    "is_duplicate",
    "coarse",
    "y",
];
pub(super) const TEXT_NAMES: [&str; 27] = [
    "text",
    "sentence",
    "content",
    "review",
    "review_text",
    "utterance",
    "tweet",
    "message",
    "comment",
    "comment_text",
    "body",
    "document",
    "article",
    "passage",
    "question",
    "query",
    "description",
    "abstract",
    "summary",
    "title",
    "headline",
    "premise",
    "sentence1",
    "text_a",
    "text1",
    "s1",
    "x",
];
pub(super) const PAIR_NAMES: [(&str, &str); 18] = [
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("text_a", "text_b"),
    ("text1", "text2"),
    ("s1", "s2"),
    ("sentence_a", "sentence_b"),
    ("sentence_1", "sentence_2"),
    ("text_1", "text_2"),
    ("text", "text_b"),
    ("text", "text_pair"),
    ("text", "text2"),
    ("sentence", "sentence2"),
    ("text", "hypothesis"),
    ("question", "sentence"),
    ("question", "answer"),
    ("query", "passage"),
    ("query", "document"),
];

/// A name in lower case, with `_` for spaces and hyphens.
pub(super) fn normalised(name: &str) -> String {
    trimmed(name).to_lowercase().replace([' ', '-'], "_")
}

/// A column by its exact name, else by its name in any case, else by its place.
pub(super) fn find_column(columns: &[String], wanted: &str) -> Option<usize> {
    let alike = |name: &String| normalised(name) == normalised(wanted);
    let exact = columns.iter().position(|name| name == wanted);
    exact.or_else(|| columns.iter().position(alike)).or_else(|| place_number(wanted, columns.len()))
}

/// The column that `"#1"`, `"#2"`, … stand for.
pub(super) fn place_number(wanted: &str, width: usize) -> Option<usize> {
    wanted.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1).filter(|&column| column < width)
}

pub(super) fn quoted_list(names: &[String]) -> String {
    let mut list = names.iter().take(20).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        list += &format!(" and {} more", names.len() - 20);
    }
    list
}
