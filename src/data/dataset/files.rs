//! Training, validation and test rows in files of their own, read as one data set.

use super::columns::Columns;
use super::encoding::decode;
use super::names::find_column;
use super::portion::Portion;
use super::table::{Row, Table};
use super::{ReadOptions, Rejection};
use crate::error::{Error, ErrorKind, Place, Result};
use serde::Serialize;

/// One file of several.
#[derive(Debug, Clone, Copy)]
pub struct DataFile<'a> {
    /// Its name in messages.
    pub name: &'a str,
    /// The split that its rows belong to.
    pub portion: Portion,
    /// Its content.
    pub bytes: &'a [u8],
}

/// What several files are to one another, by their names alone. Numbers are places in the list of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrangement {
    /// The file to train on: the first that says so, or else the first that says nothing, or else the first.
    pub main: usize,
    /// The first other files that say to be for validation and for testing.
    pub others: Vec<usize>,
    /// Files that have no part.
    pub ignored: Vec<usize>,
}

impl Arrangement {
    /// Of the files of these names, of which there is at least one.
    pub fn of(names: &[String]) -> Arrangement {
        let portions: Vec<Option<Portion>> = names.iter().map(|name| Portion::of_file(name)).collect();
        let first = |wanted: Option<Portion>| portions.iter().position(|it| *it == wanted);
        let main = first(Some(Portion::Train)).or_else(|| first(None)).unwrap_or(0);
        let is_other = |place: &usize| *place != main && portions[*place] != portions[main];
        let others: Vec<usize> = [Portion::Validation, Portion::Test]
            .into_iter()
            .filter_map(|it| first(Some(it)).filter(is_other))
            .collect();
        let ignored = (0..names.len()).filter(|place| *place != main && !others.contains(place)).collect();
        Arrangement { main, others, ignored }
    }
}

impl<'a> DataFile<'a> {
    /// A file for validation or testing, by its name.
    ///
    /// # Errors
    /// [`ErrorKind::Dataset`] where its name does not say for which.
    pub fn by_name(name: &'a str, bytes: &'a [u8]) -> Result<DataFile<'a>> {
        let portion = Portion::of_file(name).ok_or_else(|| {
            let expected = "a name with train, validation or test in it, since there are several files";
            Error::new(ErrorKind::Dataset, Place::named(name), expected, "none of them")
        })?;
        Ok(DataFile { name, portion, bytes })
    }
}

impl Portion {
    /// The split of a file by its name: `train.csv`, `reviews-test.tsv`, `dev_matched.jsonl`.
    pub fn of_file(name: &str) -> Option<Portion> {
        Portion::of(name.rsplit_once('.').map_or(name, |(stem, _)| stem))
    }
}

impl Table {
    /// Another file, with a header if this one has one.
    ///
    /// # Errors
    /// Those of reading it.
    pub(super) fn read_beside(&self, file: &DataFile<'_>, options: &ReadOptions) -> Result<Table> {
        let options = ReadOptions {
            name: file.name.to_string(),
            has_header: options.has_header.or(self.delimiter.map(|_| self.has_header)),
            ..options.clone()
        };
        let (text, _) = decode(file.name, file.bytes)?;
        Table::read(&text, file.name, &options)
    }

    /// Adds the rows of another file, whose columns of the same names, or of the same places where there are no names, play
    /// the same parts. What was rejected of it is said with its name.
    ///
    /// # Errors
    ///
    /// Those of reading it, and a column that it lacks.
    pub(super) fn add_file(&mut self, file: &DataFile<'_>, columns: &Columns, options: &ReadOptions) -> Result<()> {
        let own = |column: usize| self.columns[column].clone();
        let other = self.read_beside(file, options)?;
        let parts = [Some(columns.text), columns.pair, Some(columns.label)];
        let mut places = Vec::new();
        for column in parts.into_iter().flatten() {
            let place = find_column(&other.columns, &own(column)).ok_or_else(|| {
                let expected = format!("a column {:?}, as the training file has it", own(column));
                Error::new(ErrorKind::Dataset, Place::named(file.name), expected, format!("{:?}", other.columns))
            })?;
            places.push((place, column));
        }
        for row in other.rows {
            let mut cells: Vec<_> = row
                .cells
                .into_iter()
                .filter_map(|(place, cell)| Some((places.iter().find(|(of, _)| *of == place)?.1, cell)))
                .collect();
            cells.sort_by_key(|(column, _)| *column);
            self.rows.push(Row { line: row.line, portion: Some(file.portion), cells });
        }
        self.rejected.extend(
            other.rejected.into_iter().map(|it| Rejection { reason: format!("{}: {}", file.name, it.reason), ..it }),
        );
        Ok(())
    }
}
