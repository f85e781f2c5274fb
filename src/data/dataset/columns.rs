//! Which column is the text, which the label, and what the labels are: as the caller says, else by name, else by looks.

use super::guess::{ColumnSign, Guess, Part};
use super::names::{LABEL_NAMES, PAIR_NAMES, TEXT_NAMES, find_column, normalised, quoted_list};
use super::profile::{Profile, labels_by_values};
use super::table::Table;
use super::{ReadOptions, Task};
use crate::error::{Error, ErrorKind, Place, Result};

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
