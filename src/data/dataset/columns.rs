//! Which columns are text, pair and label, and the label type: as the caller says, else by name, else by content.

use super::guess::{ColumnSign, Confidence, Guess, Part};
use super::labels::ListStyle;
use super::names::{
    LABEL_NAMES, LABEL_WORDS, PAIR_NAMES, TEXT_NAMES, TEXT_WORDS, TITLE_NAMES, find_column, has_word, is_metadata,
    names_numbered_label, normalised, quoted_list,
};
use super::numbers::NumberStyle;
use super::profile::{Profile, labels_by_values};
use super::table::Table;
use super::{MAXIMUM_RATING_LEVELS, ReadOptions, Task};
use crate::error::{Error, ErrorKind, Place, Result};

/// Which column plays which part.
pub(super) struct Columns {
    pub(super) text: usize,
    pub(super) pair: Option<usize>,
    pub(super) label: usize,
    /// How the labels' numbers are written, if they are numbers.
    pub(super) style: NumberStyle,
    /// How cells write several labels, if they do.
    pub(super) lists: Option<ListStyle>,
}

impl Columns {
    /// The columns that the caller names, and guesses for the others.
    pub(super) fn choose(table: &mut Table, name: &str, options: &ReadOptions) -> Result<Columns> {
        let refuse = |expected, got| Error::new(ErrorKind::Dataset, Place::named(name), expected, got);
        if table.rows.is_empty() {
            // The lack of rows is what will be reported; which columns they lack does not matter.
            table.columns = vec!["#1".to_string(), "#2".to_string()];
            return Ok(Columns { text: 0, pair: None, label: 1, style: NumberStyle::default(), lists: None });
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
        let looks = Looks::of(table);
        roles.guess(&looks, options.pair_column.is_none());

        let [Some(text), pair, Some(label)] = roles.chosen else {
            let expected = format!("a column for each part, of {}", quoted_list(&table.columns));
            return Err(refuse(expected, format!("{} columns", table.columns.len())));
        };
        let style = looks.profiles[label].style;
        let flags: Vec<usize> =
            (0..looks.names.len()).filter(|&it| looks.is_open(it) && looks.profiles[it].is_flag()).collect();
        let mut guessed = Vec::new();
        for ((column, by), part) in roles.chosen.iter().zip(roles.reasons).zip([Part::Text, Part::Pair, Part::Label]) {
            let (Some(column), Some(by)) = (*column, by) else { continue };
            let others = looks.alternatives(part, &roles.chosen);
            let confidence = looks.confidence(part, column, by, &others);
            let alternatives = others.into_iter().map(|it| table.columns[it].clone()).collect();
            guessed.push(Guess::Column { part, column: table.columns[column].clone(), by, confidence, alternatives });
        }
        let label_is_flag = flags.contains(&label) && roles.reasons[LABEL].is_some_and(|by| by != ColumnSign::Name);
        if flags.len() > 2 && label_is_flag {
            let columns = flags.iter().map(|&it| table.columns[it].clone()).collect();
            guessed.push(Guess::MultiLabel { columns });
        }
        let lists = ListStyle::of(&table.rows, label, style);
        let has_several = |text: &str| lists.is_some_and(|style| style.labels(text).len() > 1);
        if looks.profiles[label].lists > 0 || looks.profiles[label].distinct.iter().any(|text| has_several(text)) {
            guessed.push(Guess::MultiLabel { columns: vec![table.columns[label].clone()] });
        }
        table.guessed.extend(guessed);
        Ok(Columns { text, pair, label, style, lists })
    }
}

/// The columns of a table before roles are assigned.
struct Looks<'a> {
    names: Vec<String>,
    profiles: Vec<Profile<'a>>,
    by_length: Vec<usize>,
}

impl<'a> Looks<'a> {
    fn of(table: &'a Table) -> Looks<'a> {
        let names: Vec<String> = table.columns.iter().map(|name| normalised(name)).collect();
        let profiles: Vec<Profile<'_>> =
            (0..names.len()).map(|column| Profile::of(&table.rows, column, table.allows_decimal_comma())).collect();
        let mut by_length: Vec<usize> = (0..names.len()).collect();
        by_length.sort_by(|a, b| f64::total_cmp(&profiles[*b].mean_length(), &profiles[*a].mean_length()));
        Looks { names, profiles, by_length }
    }

    fn named(&self, wanted: &str) -> Option<usize> {
        self.names.iter().position(|name| name == wanted)
    }

    /// Whether a column may be guessed by a usual name.
    fn is_fit(&self, column: usize) -> bool {
        self.profiles[column].can_be_learnt()
    }

    /// Whether a column may be guessed by less than a usual name.
    fn is_open(&self, column: usize) -> bool {
        let names_label = names_numbered_label(&self.names[column]) && self.profiles[column].is_class();
        self.is_fit(column) && (names_label || !is_metadata(&self.names[column]))
    }

    fn looks_like_label(&self, column: usize) -> bool {
        let profile = &self.profiles[column];
        profile.is_class() || profile.is_numeric() || profile.lists > 0
    }

    /// Columns of which a word of the name says that they are labels; the earlier words first.
    fn labels_by_word(&self) -> Vec<usize> {
        let fits = |it: &usize| self.is_open(*it) && self.looks_like_label(*it);
        let of_word = |word: &&str| (0..self.names.len()).filter(|&it| has_word(&self.names[it], &[word])).collect();
        LABEL_WORDS.iter().flat_map(|word| -> Vec<usize> { of_word(word) }).filter(fits).collect()
    }

    /// The longest column whose name has a word of texts.
    fn text_by_word(&self) -> Option<usize> {
        let fits =
            |it: &usize| self.is_open(*it) && has_word(&self.names[*it], &TEXT_WORDS) && !self.looks_like_label(*it);
        self.by_length.iter().copied().find(fits)
    }

    /// A column of much longer prose than this one, which is by its name a shorter form of another.
    fn longer_than_title(&self, title: usize, taken: &[Option<usize>; 3]) -> Option<usize> {
        let is_much_longer = |it: &usize| {
            let (other, own) = (&self.profiles[*it], &self.profiles[title]);
            self.is_open(*it) && other.is_prose() && other.mean_length() > 2.0 * own.mean_length()
        };
        let is_title = TITLE_NAMES.contains(&self.names[title].as_str());
        self.by_length.iter().copied().find(|it| is_title && !taken.contains(&Some(*it)) && is_much_longer(it))
    }

    /// Columns that could play a part as well as the one chosen.
    fn alternatives(&self, part: Part, chosen: &[Option<usize>; 3]) -> Vec<usize> {
        let is_free = |it: &usize| self.is_open(*it) && !chosen.contains(&Some(*it));
        let fits = |it: &usize| match part {
            // Hundreds of different values are names or places rather than labels, where the one chosen has a few.
            Part::Label => {
                let own = chosen[LABEL].map_or(0, |label| self.profiles[label].distinct.len());
                let profile = &self.profiles[*it];
                profile.is_class() && profile.distinct.len() <= (3 * own).max(MAXIMUM_RATING_LEVELS)
            }
            Part::Text => {
                let own = chosen[TEXT].map_or(0.0, |text| self.profiles[text].mean_length());
                self.profiles[*it].is_prose() && 2.0 * self.profiles[*it].mean_length() > own
            }
            Part::Pair => false,
        };
        (0..self.names.len()).filter(is_free).filter(fits).collect()
    }

    fn confidence(&self, part: Part, column: usize, by: ColumnSign, others: &[usize]) -> Confidence {
        let is_fit = match part {
            // Where most texts have several labels, one column of them is no label.
            Part::Label => {
                let profile = &self.profiles[column];
                self.is_fit(column) && self.looks_like_label(column) && 2 * profile.lists < profile.filled
            }
            _ => self.is_fit(column),
        };
        match by {
            // Of two columns one has to be the label; whether it can be learnt is said elsewhere.
            _ if self.names.len() == 2 => Confidence::Likely,
            _ if !is_fit => Confidence::Unsure,
            ColumnSign::Name => Confidence::Sure,
            ColumnSign::NamePart | ColumnSign::FirstProse | ColumnSign::SecondProse => Confidence::Likely,
            ColumnSign::Length | ColumnSign::FewValues if others.is_empty() => Confidence::Likely,
            ColumnSign::Length | ColumnSign::FewValues | ColumnSign::ShortValues => Confidence::Unsure,
        }
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

    /// Guesses the parts that are open. The order is the rule: names before words of names before looks, labels before texts
    /// (labels are easier to recognise), and the pair by looks last of all.
    fn guess(&mut self, looks: &Looks<'_>, pair_is_open: bool) {
        let text_is_open = self.chosen[TEXT].is_none();
        let named_labels = LABEL_NAMES.iter().filter_map(|name| looks.named(name));
        self.take(LABEL, named_labels.filter(|it| looks.is_fit(*it)), ColumnSign::Name);
        self.take(LABEL, looks.labels_by_word(), ColumnSign::NamePart);
        if pair_is_open {
            let couples = PAIR_NAMES.iter().filter_map(|(one, other)| Some((looks.named(one)?, looks.named(other)?)));
            let couple = couples.into_iter().find(|(one, other)| {
                self.is_free_for(TEXT, *one)
                    && self.is_free_for(PAIR, *other)
                    && *other != self.chosen[TEXT].unwrap_or(*one)
                    && looks.profiles[*other].is_filled()
            });
            self.take(TEXT, couple.map(|(one, _)| one), ColumnSign::Name);
            self.take(PAIR, couple.map(|(_, other)| other), ColumnSign::Name);
        }
        let named_texts = TEXT_NAMES.iter().filter_map(|name| looks.named(name));
        self.take(TEXT, named_texts.filter(|it| looks.is_fit(*it)), ColumnSign::Name);
        let longer = self.chosen[TEXT].filter(|_| text_is_open && self.chosen[PAIR].is_none());
        if let Some(longer) = longer.and_then(|title| looks.longer_than_title(title, &self.chosen)) {
            (self.chosen[TEXT], self.reasons[TEXT]) = (Some(longer), Some(ColumnSign::Length));
        }
        self.take(TEXT, looks.text_by_word(), ColumnSign::NamePart);
        let by_values = labels_by_values(&looks.profiles);
        let (open, rest): (Vec<usize>, Vec<usize>) = by_values.into_iter().partition(|it| looks.is_open(*it));
        self.take(LABEL, open, ColumnSign::FewValues);
        self.take(TEXT, looks.by_length.iter().copied().filter(|it| looks.is_open(*it)), ColumnSign::Length);
        // Nothing fits: what is left may still be what the reader means.
        self.take(LABEL, rest, ColumnSign::ShortValues);
        self.take(TEXT, looks.by_length.iter().copied(), ColumnSign::Length);
        self.take(LABEL, looks.by_length.iter().rev().copied(), ColumnSign::ShortValues);
        if pair_is_open && text_is_open {
            self.take_prose_pair(looks);
        }
    }

    /// Whether the column plays that part already, or could.
    fn is_free_for(&self, role: usize, column: usize) -> bool {
        self.chosen[role] == Some(column) || self.chosen[role].is_none() && !self.chosen.contains(&Some(column))
    }

    /// Exactly two columns of prose beside the label are a pair, in the file's order; unless the text's name has told it
    /// from the other.
    fn take_prose_pair(&mut self, looks: &Looks<'_>) {
        let is_candidate =
            |it: &usize| self.chosen[LABEL] != Some(*it) && looks.profiles[*it].is_prose() && looks.is_open(*it);
        let prose: Vec<usize> = (0..looks.names.len()).filter(is_candidate).collect();
        let [one, other] = prose[..] else { return };
        let both_named = [one, other].iter().all(|&it| TEXT_NAMES.contains(&looks.names[it].as_str()));
        let text_is_one_of_them = [Some(one), Some(other)].contains(&self.chosen[TEXT]);
        // A title and what it is the title of are no pair where one is much longer.
        let is_title =
            looks.longer_than_title(one, &[None; 3]).or(looks.longer_than_title(other, &[None; 3])).is_some();
        if self.chosen[PAIR].is_none()
            && text_is_one_of_them
            && !is_title
            && (self.reasons[TEXT] == Some(ColumnSign::Length) || both_named)
        {
            (self.chosen[TEXT], self.chosen[PAIR]) = (Some(one), Some(other));
            self.reasons[TEXT] = Some(ColumnSign::FirstProse);
            self.reasons[PAIR] = Some(ColumnSign::SecondProse);
        }
    }
}

impl Table {
    /// The task asked for, or the one that the label column suggests.
    pub(super) fn task(&mut self, columns: &Columns, options: &ReadOptions) -> Task {
        let profile = Profile::of(&self.rows, columns.label, self.allows_decimal_comma());
        let numbers = profile.distinct.len();
        // "3,7" is a number with a decimal comma, or two labels.
        let is_score = profile.is_score() && columns.lists.is_none();
        let (style, is_numeric) = (profile.style, profile.is_numeric());
        if is_numeric && columns.lists.is_none() && style != NumberStyle::default() {
            self.guessed.push(Guess::Numbers { style });
        }
        options.task.unwrap_or_else(|| {
            if !is_score {
                return Task::Classification;
            }
            self.guessed.push(Guess::Scores { numbers });
            Task::Regression
        })
    }
}
