//! Cells with several labels.

use super::numbers::NumberStyle;
use super::table::{Row, trimmed};
use std::collections::HashSet;

/// Marks between the labels of one cell.
const MARKS: [char; 3] = [',', ';', '|'];

/// The notation for several labels in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListStyle {
    /// As a list of JSON or Python: `["a", "b"]`, `['a']`.
    Brackets,
    /// With a mark between them.
    Marked(char),
}

impl ListStyle {
    /// The notation of a column for several labels; none where each cell has one label.
    pub(super) fn of(rows: &[Row], column: usize, style: NumberStyle) -> Option<ListStyle> {
        let cells: Vec<&str> = rows.iter().filter_map(|row| row.text(column)).filter(|text| !text.is_empty()).collect();
        let bracketed = cells.iter().filter(|text| text.starts_with('[') && text.ends_with(']')).count();
        if !cells.is_empty() && bracketed * 10 >= cells.len() * 9 {
            return Some(ListStyle::Brackets);
        }
        MARKS.into_iter().find(|&mark| is_marked(&cells, mark, style)).map(ListStyle::Marked)
    }

    /// The labels of one cell.
    pub(super) fn labels(self, text: &str) -> Vec<String> {
        let (inner, mark) = match self {
            ListStyle::Marked(mark) => (text, mark),
            ListStyle::Brackets => (text.trim_start_matches('[').trim_end_matches(']'), ','),
        };
        let bare = |label: &str| trimmed(trimmed(label).trim_matches(['"', '\''])).to_string();
        inner.split(mark).map(bare).filter(|label| !label.is_empty()).collect()
    }
}

/// Whether some cells are several labels with this mark between them: in each of them, one at least stands elsewhere alone.
fn is_marked(cells: &[&str], mark: char, style: NumberStyle) -> bool {
    let (several, alone): (Vec<&str>, Vec<&str>) = cells.iter().partition(|text| text.contains(mark));
    let alone: HashSet<&str> = alone.into_iter().collect();
    let several: HashSet<&str> = several.into_iter().collect();
    let has_known = |text: &&str| text.split(mark).any(|label| alone.contains(label.trim()));
    if several.len() < 2 || !several.iter().all(has_known) {
        return false;
    }
    // "1,5", "2,5" and "3" are numbers: their decimals are few. "1,4", "2,7" and "2" are lists of numbered labels.
    let last: HashSet<&str> = several.iter().filter_map(|text| text.rsplit(mark).next()).collect();
    !(mark == ',' && style.decimal_comma && last.len() < 2)
}
