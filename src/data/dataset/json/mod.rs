//! Rows from JSON, each parsed alone, so that a bad one costs a row and not the file.

mod entry;
mod forms;
mod scan;
mod tools;

use super::guess::{Guess, JsonForm};
use super::lines::text_lines;
use super::portion::Portion;
use super::table::{Cell, Row, Table};
use super::{Cause, Format, ReadOptions, Rejection};
use crate::error::Result;
use entry::Entry;
pub(super) use entry::{is_flat_list, is_row};
pub(super) use forms::{Source, rows_of_object};
pub(super) use scan::{array_elements, values};
use serde_json::Value;
use std::collections::HashMap;
use tools::{Unwrapped, Wrapping};

/// Rows as they stand in the file.
pub(super) struct JsonRows<'a> {
    pub(super) format: Format,
    pub(super) rows: Vec<(u64, Source<'a>, Option<Portion>)>,
    /// How they lie in it, where they are no plain list, and in which field.
    pub(super) form: Option<(JsonForm, String)>,
}

impl<'a> JsonRows<'a> {
    pub(super) fn plain(format: Format, parts: Vec<(u64, &'a [u8])>, form: Option<JsonForm>) -> JsonRows<'a> {
        let rows = parts.into_iter().map(|(line, part)| (line, Source::Raw(part), None)).collect();
        JsonRows { format, rows, form: form.map(|form| (form, String::new())) }
    }

    /// A JSON Lines file.
    pub(super) fn lines(bytes: &'a [u8]) -> JsonRows<'a> {
        JsonRows::plain(Format::JsonLines, text_lines(bytes), None)
    }
}

impl Table {
    pub(super) fn from_json(found: JsonRows<'_>, name: &str, options: &ReadOptions) -> Result<Table> {
        let mut table = Table::empty(found.format);
        if let Some((form, field)) = found.form {
            table.guessed.push(Guess::Form { form, name: field });
        }
        let mut entries = Vec::with_capacity(found.rows.len());
        for (line, source, portion) in found.rows {
            let entry = match source {
                Source::Made(entry) => Ok(entry),
                Source::Raw(part) => Entry::parse(part),
            };
            match entry {
                Ok(entry) => entries.push((line, without_row_number(entry), portion)),
                Err(error) => table.rejected.push(Rejection { line, cause: Cause::Json, reason: no_row(&error) }),
            }
        }
        let wrapping = Wrapping::of(entries.iter().map(|(_, entry, _)| entry));
        if !wrapping.tool.is_empty() {
            table.guessed.push(Guess::Form { form: JsonForm::Tool, name: wrapping.tool.to_string() });
        } else if wrapping.is_nested() {
            table.guessed.push(Guess::Form { form: JsonForm::Nested, name: String::new() });
        }
        let of_objects = table.add_entries(entries, &wrapping);
        if of_objects == Some(false) {
            table.name_columns_by_place(name, options)?;
        }
        table.check_width(name, options)?;
        Ok(table)
    }

    /// Adds the rows, and says whether they are objects; unknown where there is none.
    fn add_entries(&mut self, entries: Vec<(u64, Entry, Option<Portion>)>, wrapping: &Wrapping) -> Option<bool> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut of_objects = None;
        for (line, entry, portion) in entries {
            let entry = match wrapping.unwrap(entry) {
                Unwrapped::Row(entry) => entry,
                Unwrapped::SetAside(answer) => {
                    let reason = format!("the annotator's answer is {answer:?}");
                    self.rejected.push(Rejection { line, cause: Cause::SetAside, reason });
                    continue;
                }
            };
            let is_object = matches!(entry, Entry::Object(_));
            if of_objects.is_some_and(|others| others != is_object) {
                let reason = match is_object {
                    true => "an object, where other rows are arrays",
                    false => "an array, where other rows are objects",
                };
                self.rejected.push(Rejection { line, cause: Cause::Json, reason: reason.to_string() });
                continue;
            }
            of_objects = Some(is_object);
            let cells = match entry {
                Entry::Object(fields) => self.cells_of(fields, &mut places),
                Entry::List(cells) => cells.into_iter().map(Cell::from).enumerate().collect(),
            };
            self.rows.push(Row { line, cells, portion });
        }
        of_objects
    }

    /// The fields by column; of equal keys the last wins, as in JavaScript and Python.
    fn cells_of(&mut self, fields: Vec<(String, Value)>, places: &mut HashMap<String, usize>) -> Vec<(usize, Cell)> {
        let mut place = |key: String| {
            let next = places.len();
            *places.entry(key).or_insert_with_key(|key| {
                self.columns.push(key.clone());
                next
            })
        };
        let mut cells: Vec<(usize, Cell)> = fields.into_iter().map(|(key, value)| (place(key), value.into())).collect();
        cells.reverse();
        cells.sort_by_key(|(column, _)| *column);
        cells.dedup_by_key(|(column, _)| *column);
        cells
    }
}

/// Why these bytes are no row. serde_json counts lines from the row's start, so that its line says nothing of the file.
fn no_row(error: &serde_json::Error) -> String {
    format!("not a JSON row: {}", error.to_string().split(" at line ").next().unwrap_or_default())
}

/// The fields of a line that is an object; else why there are none.
pub(super) fn fields(line: &[u8]) -> std::result::Result<Vec<(String, Value)>, String> {
    match Entry::parse(line).map_err(|error| no_row(&error))? {
        Entry::Object(fields) => Ok(fields),
        Entry::List(_) => Err("an array, where other rows are objects".to_string()),
    }
}

/// A row as Hugging Face's dataset viewer numbers it: `{"row_idx": 0, "row": {…}}`.
fn without_row_number(entry: Entry) -> Entry {
    match entry {
        Entry::Object(fields) if fields.iter().any(|(key, _)| key == "row_idx") => {
            let (mut rows, rest): (Vec<_>, Vec<_>) =
                fields.into_iter().partition(|(key, value)| key == "row" && value.is_object());
            match rows.pop() {
                Some((_, Value::Object(row))) => Entry::Object(row.into_iter().collect()),
                _ => Entry::Object(rest),
            }
        }
        entry => entry,
    }
}
