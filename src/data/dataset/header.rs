//! Names for columns that have none of their own: from a header, or by place.

use super::guess::{Guess, HeaderSign};
use super::names::{LABEL_NAMES, PAIR_NAMES, TEXT_NAMES, normalised, place_number};
use super::profile::{Profile, labels_by_values};
use super::table::{Table, common_width, finite_number};
use super::{MAXIMUM_COLUMNS, ReadOptions, Rejection};
use crate::error::Result;

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

    /// For rows without keys: their common width, the header if there is one, and the rows that do not fit.
    pub(super) fn name_columns_by_place(&mut self, name: &str, options: &ReadOptions) -> Result<()> {
        let (mut width, _) = common_width(self.rows.iter().map(|row| row.cells.len()));
        self.has_header = match options.has_header {
            Some(given) => given,
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
        self.check_width(name)?;
        self.rows.retain(|row| {
            let fits = row.cells.len() == width;
            if !fits {
                let reason = format!("expected {width} fields, got {}", row.cells.len());
                self.rejected.push(Rejection { line: row.line, reason });
            }
            fits
        });
        Ok(())
    }
}
