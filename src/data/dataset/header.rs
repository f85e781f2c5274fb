//! Column names: from a header, or by position.

use super::guess::{Guess, HeaderSign};
use super::names::{LABEL_NAMES, PAIR_NAMES, TEXT_NAMES, normalised, place_number};
use super::profile::{Profile, labels_by_values};
use super::table::{Cell, Table, common_width};
use super::{Cause, MAXIMUM_COLUMNS, ReadOptions, Rejection};
use crate::error::Result;
use std::collections::HashSet;

impl Table {
    /// Whether the first row names the columns: by known names, else by a first label that no other row has.
    fn guess_header(&mut self, width: usize, options: &ReadOptions) -> bool {
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
            let comma = self.allows_decimal_comma();
            let profiles: Vec<Profile<'_>> = (0..width).map(|column| Profile::of(rest, column, comma)).collect();
            let given = options.label_column.as_ref().and_then(|label| place_number(label, width));
            // A word above numbers, or above labels of which it is none.
            let is_unlike = |column: &usize| {
                let profile = &profiles[*column];
                let text = first.text(*column).unwrap_or("");
                match profile.is_numeric() {
                    true => profile.style.parse(text).is_none() && text.chars().any(char::is_alphabetic),
                    false => profile.is_class() && !text.is_empty() && !recurs(*column),
                }
            };
            let label = given.or_else(|| labels_by_values(&profiles).first().copied());
            let numeric = || (0..width).find(|&column| profiles[column].is_numeric() && is_unlike(&column));
            let unlike = label.filter(is_unlike).or_else(numeric);
            unlike.map_or((HeaderSign::None, None), |label| (HeaderSign::Unlike, cell(label)))
        };
        self.guessed.push(Guess::Header { sign, cell });
        sign != HeaderSign::None
    }

    /// Whether the first row is a header one name short, as R writes it above rows that begin with their names: these differ
    /// from each other, and the last column is filled.
    fn has_short_header(&self, width: usize) -> bool {
        let Some((first, rest)) = self.rows.split_first().filter(|_| width > 2) else { return false };
        let whole: Vec<_> = rest.iter().filter(|row| row.cells.len() == width).collect();
        let names: HashSet<&str> = whole.iter().filter_map(|row| row.text(0)).collect();
        let filled = whole.iter().filter(|row| row.text(width - 1).is_some_and(|text| !text.is_empty())).count();
        first.cells.len() + 1 == width && names.len() == whole.len() && filled * 10 > whole.len() * 9
    }

    /// For rows without keys: their common width, the header if there is one, and the rows that do not fit.
    pub(super) fn name_columns_by_place(&mut self, name: &str, options: &ReadOptions) -> Result<()> {
        let (mut width, _) = common_width(self.rows.iter().map(|row| row.cells.len()));
        let is_short = self.has_short_header(width);
        if is_short {
            let first = std::mem::take(&mut self.rows[0].cells);
            let shifted = first.into_iter().map(|(column, cell)| (column + 1, cell));
            self.rows[0].cells = std::iter::once((0, Cell::Text(String::new()))).chain(shifted).collect();
            self.guessed.push(Guess::RowNames);
        }
        self.has_header = match options.has_header {
            Some(given) => given,
            None if is_short => {
                self.guessed.push(Guess::Header { sign: HeaderSign::Short, cell: None });
                true
            }
            None => self.guess_header(width.min(MAXIMUM_COLUMNS), options),
        };
        let mut header = Vec::new();
        if self.has_header && !self.rows.is_empty() {
            let first = self.rows.remove(0);
            width = width.max(first.cells.len());
            header = (0..width.min(MAXIMUM_COLUMNS)).map(|it| first.text(it).unwrap_or("").to_string()).collect();
        }
        // One column too many is enough to be refused for.
        for column in 0..width.min(MAXIMUM_COLUMNS + 1) {
            let given = header.get(column).filter(|name| !name.is_empty() && !self.columns.contains(name));
            self.columns.push(given.cloned().unwrap_or_else(|| format!("#{}", column + 1)));
        }
        self.check_width(name, options)?;
        self.rows.retain(|row| {
            let fits = row.cells.len() == width;
            if !fits {
                let reason = format!("expected {width} fields, got {}", row.cells.len());
                self.rejected.push(Rejection { line: row.line, cause: Cause::Width, reason });
            }
            fits
        });
        Ok(())
    }
}
