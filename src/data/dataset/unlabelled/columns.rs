//! Which columns of an unlabelled file hold the texts: as the caller says, else as in the file that was learnt from, else by their looks.

use super::super::ReadOptions;
use super::super::columns::Columns;
use super::super::names::{TEXT_NAMES, find_column, normalised, quoted_list};
use super::super::profile::Profile;
use super::super::table::Table;
use super::UsualColumns;
use crate::error::{Error, ErrorKind, Place, Result};

/// The column of texts and, for a model of pairs, that of second texts.
pub(super) fn choose_columns(
    table: &mut Table,
    name: &str,
    options: &ReadOptions,
    usual: &UsualColumns,
) -> Result<(usize, Option<usize>)> {
    let missing = |table: &Table, what: &str, wanted: Option<&String>| {
        let named = wanted.map_or(String::new(), |wanted| format!(" ({wanted:?}, or another that is chosen)"));
        let got = format!("the columns {}", quoted_list(&table.columns));
        Err(Error::new(ErrorKind::Dataset, Place::named(name), format!("a column of {what}{named}"), got))
    };
    let by_name = |table: &Table, usual: Option<&String>| {
        let usual = usual.filter(|usual| !usual.starts_with('#'))?;
        table.columns.iter().position(|column| normalised(column) == normalised(usual))
    };
    let asked = |wanted: &Option<String>| wanted.clone().filter(|wanted| !wanted.is_empty());
    let is_usual = options.text_column == usual.text;
    let text = match asked(&options.text_column).filter(|_| !is_usual) {
        Some(wanted) => match find_column(&table.columns, &wanted) {
            Some(column) => column,
            None => return missing(table, "texts", Some(&wanted)),
        },
        None => match by_name(table, usual.text.as_ref()).or_else(|| by_looks(table, name)) {
            Some(column) => column,
            None => return missing(table, "texts", usual.text.as_ref()),
        },
    };
    let pair = match asked(&options.pair_column) {
        Some(wanted) => match find_column(&table.columns, &wanted) {
            Some(column) => Some(column),
            None => return missing(table, "second texts", Some(&wanted)),
        },
        None if usual.pair.is_none() => None,
        None => match by_name(table, usual.pair.as_ref()) {
            Some(column) => Some(column),
            None => return missing(table, "second texts", usual.pair.as_ref()),
        },
    };
    if pair == Some(text) {
        let expected = "a column of second texts, other than that of texts";
        return Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, format!("{:?}", table.columns[text])));
    }
    Ok((text, pair))
}

/// The column that a labelled file's texts would be read from, if texts it may be: neither numbers nor dates nor identifiers.
fn by_looks(table: &mut Table, name: &str) -> Option<usize> {
    if table.rows.is_empty() {
        return table.columns.iter().position(|column| TEXT_NAMES.contains(&normalised(column).as_str()));
    }
    let text = match table.columns.len() {
        1 => 0,
        _ => {
            let plain = ReadOptions { pair_column: Some(String::new()), ..ReadOptions::default() };
            Columns::choose(table, name, &plain).ok()?.text
        }
    };
    let profile = Profile::of(&table.rows, text, table.allows_decimal_comma());
    let is_fit = profile.can_be_learnt() || table.rows.len() == 1; // one row does not vary
    (profile.is_filled() && !profile.is_numeric() && !profile.is_flag() && is_fit).then_some(text)
}
