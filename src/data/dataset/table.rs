//! A file as rows and columns, before roles are assigned.

use super::{Format, Guess, MAXIMUM_COLUMNS, Portion, ReadOptions, Rejection};
use crate::error::{Error, ErrorKind, Place, Result};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A file as rows and columns.
pub(super) struct Table {
    pub(super) format: Format,
    pub(super) delimiter: Option<char>,
    pub(super) has_header: bool,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) rejected: Vec<Rejection>,
    pub(super) guessed: Vec<Guess>,
}

impl Table {
    pub(super) fn empty(format: Format) -> Table {
        let (columns, rows, rejected, guessed) = Default::default();
        Table { format, delimiter: None, has_header: false, columns, rows, rejected, guessed }
    }

    /// Whether a comma within a number can be a decimal comma: where fields are separated by commas, it is not.
    pub(super) fn allows_decimal_comma(&self) -> bool {
        self.delimiter != Some(',')
    }

    pub(super) fn check_width(&self, name: &str, options: &ReadOptions) -> Result<()> {
        let (expected, got) = match self.columns.len() {
            _ if self.rows.is_empty() => return Ok(()), // the lack of rows is the better message
            columns if columns < 2 && !options.unlabelled => {
                ("at least two columns, texts and labels".to_string(), columns.to_string())
            }
            columns if columns > MAXIMUM_COLUMNS => (format!("at most {MAXIMUM_COLUMNS} columns"), "more".to_string()),
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got))
    }
}

/// The commonest width (the narrowest of several) and how many rows have it.
pub(super) fn common_width(widths: impl Iterator<Item = usize>) -> (usize, usize) {
    let mut counts = BTreeMap::new();
    for width in widths {
        *counts.entry(width).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|&(width, count)| (count, Reverse(width))).unwrap_or((0, 0))
}

/// One field of one row.
pub(super) enum Cell {
    Text(String),
    /// Several texts or numbers, or one or none: labels.
    List(Vec<String>),
    /// Text in another encoding than the file's.
    Undecoded,
    /// Neither text nor number: the JSON type.
    Other(&'static str),
}

/// A row whose columns mean nothing yet: cells in the order of their columns. Sparse, since objects may lack keys.
pub(super) struct Row {
    pub(super) line: u64,
    /// The split that the file assigns.
    pub(super) portion: Option<Portion>,
    pub(super) cells: Vec<(usize, Cell)>,
}

impl Row {
    pub(super) fn cell(&self, column: usize) -> Option<&Cell> {
        let place = self.cells.binary_search_by_key(&column, |(index, _)| *index).ok()?;
        Some(&self.cells[place].1)
    }

    pub(super) fn text(&self, column: usize) -> Option<&str> {
        match self.cell(column) {
            Some(Cell::Text(text)) => Some(trimmed(text)),
            Some(Cell::List(items)) => match &items[..] {
                [only] => Some(trimmed(only)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Without white space and control characters (NUL among them) around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character.is_control())
}
