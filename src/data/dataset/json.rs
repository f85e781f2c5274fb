//! Rows from a JSON array or from JSON Lines, each parsed alone, so that a bad one costs a row and not the file.

use super::lines::with_lines;
use super::table::{Cell, Row, Table};
use super::{Format, MAXIMUM_ROWS, ReadOptions, Rejection};
use crate::error::Result;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::HashMap;

impl Table {
    pub(super) fn from_json(
        format: Format,
        parts: Vec<(u64, &[u8])>,
        name: &str,
        options: &ReadOptions,
    ) -> Result<Table> {
        let mut table = Table::empty(format);
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut of_objects = None;
        for (line, part) in parts {
            let cells = match serde_json::from_slice(part) {
                Ok(Entry::Object(fields)) if of_objects != Some(false) => {
                    of_objects = Some(true);
                    let mut place = |key: String| {
                        let next = places.len();
                        *places.entry(key).or_insert_with_key(|key| {
                            table.columns.push(key.clone());
                            next
                        })
                    };
                    // By column; of equal keys the last wins, as in JavaScript and Python.
                    let mut cells: Vec<_> = fields.into_iter().map(|(key, cell)| (place(key), cell)).collect();
                    cells.reverse();
                    cells.sort_by_key(|(column, _)| *column);
                    cells.dedup_by_key(|(column, _)| *column);
                    cells
                }
                Ok(Entry::List(cells)) if of_objects != Some(true) => {
                    of_objects = Some(false);
                    cells.into_iter().enumerate().collect()
                }
                Ok(entry) => {
                    let [found, others] = match entry {
                        Entry::Object(_) => ["an object", "arrays"],
                        Entry::List(_) => ["an array", "objects"],
                    };
                    let reason = format!("{found}, where other rows are {others}");
                    table.rejected.push(Rejection { line, reason });
                    continue;
                }
                Err(error) => {
                    // serde_json counts lines from the row's start; ours is the file's.
                    let message = error.to_string();
                    let reason = message.split(" at line ").next().unwrap_or_default();
                    table.rejected.push(Rejection { line, reason: format!("not a JSON row: {reason}") });
                    continue;
                }
            };
            table.rows.push(Row { line, cells });
        }
        if of_objects == Some(false) {
            table.name_columns_by_place(name, options)?;
        }
        table.check_width(name)?;
        Ok(table)
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Cell::Text(String::new()),
            Value::Bool(flag) => Cell::Text(flag.to_string()),
            Value::Number(number) => Cell::Text(number.to_string()),
            Value::String(text) => Cell::Text(text),
            Value::Array(_) => Cell::Other("a list"),
            Value::Object(_) => Cell::Other("an object"),
        }
    }
}

/// One row of JSON. Not a `Value`, because that forgets the order of an object's keys.
enum Entry {
    Object(Vec<(String, Cell)>),
    List(Vec<Cell>),
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct EntryVisitor;
        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object or an array")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Entry, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    fields.push((key, value.into()));
                }
                Ok(Entry::Object(fields))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Entry, A::Error> {
                let mut cells = Vec::new();
                while let Some(value) = list.next_element::<Value>()? {
                    cells.push(value.into());
                }
                Ok(Entry::List(cells))
            }
        }
        deserializer.deserialize_any(EntryVisitor)
    }
}

/// Whether these bytes are one row.
pub(super) fn is_row(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Entry>(bytes).is_ok()
}

/// Whether these bytes are a row given as an array, and not an array of rows.
pub(super) fn is_flat_list(bytes: &[u8]) -> bool {
    let is_flat = |cells: &[Cell]| !cells.is_empty() && cells.iter().all(|cell| matches!(cell, Cell::Text(_)));
    matches!(serde_json::from_slice(bytes), Ok(Entry::List(cells)) if is_flat(&cells))
}

/// The elements of the array that `bytes` begin with, unparsed, so that a bad one costs a row and not the file.
pub(super) fn array_elements(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut parts = Vec::new();
    let mut start = bytes.iter().position(|&byte| byte == b'[').map_or(bytes.len(), |open| open + 1);
    let (mut depth, mut quoted, mut escaped, mut ended) = (0_usize, false, false, false);
    for (index, &byte) in bytes.iter().enumerate().skip(start) {
        if parts.len() > MAXIMUM_ROWS {
            break; // one row too many is enough to be refused for
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            // A JSON string holds no raw line break: one that never closes must not swallow the rows after it.
            b'\n' | b'\r' if quoted => {
                parts.push((start, &bytes[start..index]));
                (start, depth, quoted) = (index + 1, 0, false);
            }
            _ if quoted || ended => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth > 0 => depth -= 1,
            b',' | b']' if depth == 0 => {
                parts.push((start, &bytes[start..index]));
                start = index + 1;
                ended = byte == b']';
            }
            _ => {}
        }
    }
    parts.push((start, &bytes[start..]));
    with_lines(bytes, parts)
}
