//! Usual column names for each role, and how names are compared.

use super::table::trimmed;

// Names are compared in lower case with `_` for spaces and hyphens; earlier names win.
pub(super) const LABEL_NAMES: [&str; 31] = [
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
    "overall",
    "choice",
    "choices",
    "cats",
    "verdict",
    "stance",
    "accept",
    "answer",
    "outcome",
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

/// Words of a name that make a label of its column where the whole name is no usual one.
pub(super) const LABEL_WORDS: [&str; 17] = [
    "label",
    "labels",
    "class",
    "category",
    "target",
    "sentiment",
    "rating",
    "stars",
    "intent",
    "topic",
    "polarity",
    "emotion",
    "tag",
    "annotation",
    "stance",
    "choice",
    "score",
];
/// Words of a name that make a text of its column.
pub(super) const TEXT_WORDS: [&str; 16] = [
    "text",
    "sentence",
    "review",
    "comment",
    "tweet",
    "message",
    "content",
    "body",
    "utterance",
    "question",
    "description",
    "post",
    "document",
    "article",
    "query",
    "transcript",
];
/// Texts by their names that are shorter forms of another, which is the one to read.
pub(super) const TITLE_NAMES: [&str; 6] = ["summary", "title", "headline", "subject", "abstract", "description"];
/// Words of a name whose column says something about the row, and is neither its text nor its label.
const METADATA_WORDS: [&str; 60] = [
    "metadata",
    "meta",
    "id",
    "ids",
    "uuid",
    "guid",
    "index",
    "idx",
    "key",
    "user",
    "username",
    "userid",
    "author",
    "reviewer",
    "annotator",
    "annotated",
    "completed",
    "worker",
    "split",
    "subset",
    "fold",
    "created",
    "updated",
    "date",
    "time",
    "timestamp",
    "datetime",
    "unix",
    "url",
    "link",
    "uri",
    "hash",
    "source",
    "lang",
    "language",
    "confidence",
    "count",
    "lead",
    "file",
    "filename",
    "path",
    "version",
    "email",
    "phone",
    "coord",
    "location",
    "timezone",
    "zone",
    "asin",
    "helpful",
    "votes",
    "retweet",
    "gold",
    "shares",
    "likes",
    "name",
    "nickname",
    "age",
    "line",
    "length",
];

/// A name in lower case, with `_` for spaces and hyphens and between the words of `camelCase`.
pub(super) fn normalised(name: &str) -> String {
    let mut written = String::new();
    let mut after_small = false;
    for character in trimmed(name).chars() {
        if after_small && character.is_uppercase() {
            written.push('_');
        }
        after_small = character.is_lowercase() || character.is_numeric();
        written.push(if matches!(character, ' ' | '-' | '.') { '_' } else { character });
    }
    written.to_lowercase()
}

/// Whether one of the words of a normalised name is one of these.
pub(super) fn has_word(name: &str, words: &[&str]) -> bool {
    name.split('_').any(|word| words.contains(&word))
}

/// Whether a normalised name says that its column is neither text nor label.
pub(super) fn is_metadata(name: &str) -> bool {
    has_word(name, &METADATA_WORDS)
}

/// Whether a normalised name says that its column numbers or names labels: `class_index`, `label_id`, `category_name`.
pub(super) fn names_numbered_label(name: &str) -> bool {
    const NUMBERS: [&str; 6] = ["id", "ids", "index", "idx", "key", "name"];
    name.rsplit_once('_').is_some_and(|(label, number)| LABEL_WORDS.contains(&label) && NUMBERS.contains(&number))
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
