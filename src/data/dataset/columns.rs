//! Which column is the text, which the label, and what the labels are: as the caller says, else by name, else by looks.

use super::guess::{ColumnSign, Guess, HeaderSign, Part};
use super::table::{Row, Table, finite_number, trimmed};
use super::{MAXIMUM_RATING_LEVELS, ReadOptions, Task};
use crate::error::{Error, ErrorKind, Place, Result};
use std::cmp::Reverse;
use std::collections::HashSet;

// Names are compared in lower case with `_` for spaces and hyphens; earlier names win.
const LABEL_NAMES: [&str; 22] = [
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
const TEXT_NAMES: [&str; 27] = [
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
const PAIR_NAMES: [(&str, &str); 18] = [
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

/// Which column plays which part.
pub(super) struct Columns {
    pub(super) text: usize,
    pub(super) pair: Option<usize>,
    pub(super) label: usize,
}

impl Columns {
    /// The columns that the caller names, and guesses for the others. The order of the guesses is the rule: names before
    /// looks, labels before texts (labels are easier to recognise), and the pair by looks last of all.
    pub(super) fn choose(table: &mut Table, name: &str, options: &ReadOptions) -> Result<Columns> {
        let refuse = |expected, got| Error::new(ErrorKind::Dataset, Place::named(name), expected, got);
        if table.rows.is_empty() {
            // The lack of rows is what will be reported; which columns they lack does not matter.
            table.columns = vec!["#1".to_string(), "#2".to_string()];
            return Ok(Columns { text: 0, pair: None, label: 1 });
        }
        let mut roles = Roles::default();
        for (role, wanted) in
            [(TEXT, &options.text_column), (PAIR, &options.pair_column), (LABEL, &options.label_column)]
        {
            if let Some(wanted) = wanted.as_deref().filter(|wanted| !wanted.is_empty()) {
                let column = find_column(&table.columns, wanted).ok_or_else(|| {
                    refuse(format!("one of the columns {}", quoted_list(&table.columns)), format!("{wanted:?}"))
                })?;
                if roles.chosen.contains(&Some(column)) {
                    return Err(refuse("a different column for each part".to_string(), format!("{wanted:?} twice")));
                }
                roles.chosen[role] = Some(column);
            }
        }
        let pair_is_open = options.pair_column.is_none();
        let text_is_open = roles.chosen[TEXT].is_none();

        let names: Vec<String> = table.columns.iter().map(|name| normalised(name)).collect();
        let named = |wanted: &str| names.iter().position(|name| name == wanted);
        let profiles: Vec<Profile<'_>> = (0..names.len()).map(|column| Profile::of(&table.rows, column)).collect();
        let mut by_length: Vec<usize> = (0..names.len()).collect();
        by_length.sort_by(|a, b| f64::total_cmp(&profiles[*b].mean_length(), &profiles[*a].mean_length()));

        roles.take(LABEL, LABEL_NAMES.iter().filter_map(|name| named(name)), ColumnSign::Name);
        if pair_is_open {
            let couples = PAIR_NAMES.iter().filter_map(|(one, other)| Some((named(one)?, named(other)?)));
            let couple = couples.into_iter().find(|(one, other)| {
                roles.is_free_for(TEXT, *one)
                    && roles.is_free_for(PAIR, *other)
                    && *other != roles.chosen[TEXT].unwrap_or(*one)
            });
            roles.take(TEXT, couple.map(|(one, _)| one), ColumnSign::Name);
            roles.take(PAIR, couple.map(|(_, other)| other), ColumnSign::Name);
        }
        roles.take(TEXT, TEXT_NAMES.iter().filter_map(|name| named(name)), ColumnSign::Name);
        roles.take(LABEL, labels_by_values(&profiles), ColumnSign::FewValues);
        roles.take(TEXT, by_length.iter().copied(), ColumnSign::Length);
        roles.take(LABEL, by_length.iter().rev().copied(), ColumnSign::ShortValues);
        if pair_is_open && text_is_open {
            roles.take_prose_pair(&profiles, &names);
        }

        let [Some(text), pair, Some(label)] = roles.chosen else {
            let expected = format!("a column for each part, of {}", quoted_list(&table.columns));
            return Err(refuse(expected, format!("{} columns", table.columns.len())));
        };
        for ((column, by), part) in roles.chosen.iter().zip(roles.reasons).zip([Part::Text, Part::Pair, Part::Label]) {
            if let (Some(column), Some(by)) = (column, by) {
                table.guessed.push(Guess::Column { part, column: table.columns[*column].clone(), by });
            }
        }
        Ok(Columns { text, pair, label })
    }
}

const TEXT: usize = 0;
const PAIR: usize = 1;
const LABEL: usize = 2;

/// The columns chosen so far, and for those that we chose, why.
#[derive(Default)]
struct Roles {
    chosen: [Option<usize>; 3],
    reasons: [Option<ColumnSign>; 3],
}

impl Roles {
    /// Fills a part that is still open with the first candidate that plays no other.
    fn take(&mut self, role: usize, candidates: impl IntoIterator<Item = usize>, reason: ColumnSign) {
        if self.chosen[role].is_none()
            && let Some(column) = candidates.into_iter().find(|column| !self.chosen.contains(&Some(*column)))
        {
            self.chosen[role] = Some(column);
            self.reasons[role] = Some(reason);
        }
    }

    /// Whether the column plays that part already, or could.
    fn is_free_for(&self, role: usize, column: usize) -> bool {
        self.chosen[role] == Some(column) || self.chosen[role].is_none() && !self.chosen.contains(&Some(column))
    }

    /// Exactly two columns of prose beside the label are a pair, in the file's order; unless the text's name has told it
    /// from the other.
    fn take_prose_pair(&mut self, profiles: &[Profile<'_>], names: &[String]) {
        let prose: Vec<usize> =
            (0..profiles.len()).filter(|&it| self.chosen[LABEL] != Some(it) && profiles[it].is_prose()).collect();
        let [one, other] = prose[..] else { return };
        let both_named = [one, other].iter().all(|&it| TEXT_NAMES.contains(&names[it].as_str()));
        let text_is_one_of_them = [Some(one), Some(other)].contains(&self.chosen[TEXT]);
        if self.chosen[PAIR].is_none()
            && text_is_one_of_them
            && (self.reasons[TEXT] == Some(ColumnSign::Length) || both_named)
        {
            (self.chosen[TEXT], self.chosen[PAIR]) = (Some(one), Some(other));
            self.reasons[TEXT] = Some(ColumnSign::FirstProse);
            self.reasons[PAIR] = Some(ColumnSign::SecondProse);
        }
    }
}

impl Table {
    /// Whether the first row names the columns: by known names, else by a first label that no other row has.
    pub(super) fn guess_header(&mut self, width: usize, options: &ReadOptions) -> bool {
        let Some((first, rest)) = self.rows.split_first() else { return false };
        let names: Vec<String> = (0..width).map(|column| normalised(first.text(column).unwrap_or(""))).collect();
        let recurs = |column| rest.iter().any(|row| row.text(column) == first.text(column));
        let asked = [&options.text_column, &options.pair_column, &options.label_column];
        let is_asked = |name: &String| asked.into_iter().flatten().any(|asked| normalised(asked) == *name);
        let is_pair = |name: &str| PAIR_NAMES.iter().any(|(one, other)| [*one, *other].contains(&name));
        let is_known = |name: &str| LABEL_NAMES.contains(&name) || TEXT_NAMES.contains(&name) || is_pair(name);
        let known: Vec<usize> = (0..width).filter(|&column| is_known(&names[column])).collect();
        let cell = |column: usize| Some(first.text(column).unwrap_or("").to_string());
        let (sign, cell) = if names.iter().any(|name| !name.is_empty() && is_asked(name)) {
            (HeaderSign::Asked, None)
        } else if known.len() > 1 || known.first().is_some_and(|&column| !recurs(column)) {
            (HeaderSign::Usual, cell(known[0]))
        } else {
            let profiles: Vec<Profile<'_>> = (0..width).map(|column| Profile::of(rest, column)).collect();
            let given = options.label_column.as_ref().and_then(|label| place_number(label, width));
            let unlike = given.or_else(|| labels_by_values(&profiles).first().copied()).filter(|&label| match profiles
                [label]
                .is_numeric()
            {
                true => first.text(label).is_some_and(|text| finite_number(text).is_none()),
                false => profiles[label].is_class() && !recurs(label),
            });
            unlike.map_or((HeaderSign::None, None), |label| (HeaderSign::Unlike, cell(label)))
        };
        self.guessed.push(Guess::Header { sign, cell });
        sign != HeaderSign::None
    }

    /// The task asked for, or the one that the label column suggests.
    pub(super) fn task(&mut self, label: usize, options: &ReadOptions) -> Task {
        options.task.unwrap_or_else(|| {
            let profile = Profile::of(&self.rows, label);
            if !profile.is_score() {
                return Task::Classification;
            }
            let numbers = profile.distinct.len();
            self.guessed.push(Guess::Scores { numbers });
            Task::Regression
        })
    }
}

/// What a column looks like, for guessing what it is.
#[derive(Default)]
struct Profile<'a> {
    filled: usize,
    characters: usize,
    words: usize,
    numbers: usize,
    has_fractions: bool,
    distinct: HashSet<&'a str>,
}

impl<'a> Profile<'a> {
    fn of(rows: &'a [Row], column: usize) -> Self {
        let mut profile = Profile::default();
        for text in rows.iter().filter_map(|row| row.text(column)).filter(|text| !text.is_empty()) {
            profile.filled += 1;
            profile.characters += text.chars().count();
            profile.words += text.split_whitespace().count();
            profile.distinct.insert(text);
            if let Some(number) = finite_number(text) {
                profile.numbers += 1;
                profile.has_fractions |= number.fract() != 0.0;
            }
        }
        profile
    }

    fn mean_length(&self) -> f64 {
        self.characters as f64 / self.filled.max(1) as f64
    }

    /// Nine in ten, so that a few bad cells cost rows and do not change the task.
    fn is_numeric(&self) -> bool {
        self.filled > 0 && self.numbers * 10 >= self.filled * 9
    }

    fn is_score(&self) -> bool {
        self.is_numeric() && self.has_fractions && self.distinct.len() > MAXIMUM_RATING_LEVELS
    }

    fn is_prose(&self) -> bool {
        self.mean_length() >= 20.0 && self.words >= self.filled * 4
    }

    fn is_class(&self) -> bool {
        (2..=(self.filled / 2).max(2)).contains(&self.distinct.len()) && !self.is_prose()
    }
}

/// The columns that look like labels by their values: few distinct ones first, then scores. Of equals, the last first.
fn labels_by_values(profiles: &[Profile<'_>]) -> Vec<usize> {
    let mut candidates: Vec<usize> =
        (0..profiles.len()).filter(|&it| profiles[it].is_class() || profiles[it].is_numeric()).collect();
    candidates.sort_by_key(|&it| {
        let profile = &profiles[it];
        let rank = if profile.is_class() { (0, profile.distinct.len()) } else { (1, usize::from(!profile.is_score())) };
        (rank, Reverse(it))
    });
    candidates
}

/// A name in lower case, with `_` for spaces and hyphens.
fn normalised(name: &str) -> String {
    trimmed(name).to_lowercase().replace([' ', '-'], "_")
}

/// A column by its exact name, else by its name in any case, else by its place.
fn find_column(columns: &[String], wanted: &str) -> Option<usize> {
    let alike = |name: &String| normalised(name) == normalised(wanted);
    let exact = columns.iter().position(|name| name == wanted);
    exact.or_else(|| columns.iter().position(alike)).or_else(|| place_number(wanted, columns.len()))
}

/// The column that `"#1"`, `"#2"`, … stand for.
fn place_number(wanted: &str, width: usize) -> Option<usize> {
    wanted.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1).filter(|&column| column < width)
}

fn quoted_list(names: &[String]) -> String {
    let mut list = names.iter().take(20).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        list += &format!(" and {} more", names.len() - 20);
    }
    list
}
