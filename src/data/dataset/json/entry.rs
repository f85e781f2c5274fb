//! One row of JSON.

use super::super::table::Cell;
use super::scan::without_nan;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Labels in a list, at most; a longer one is something else.
const MAXIMUM_LIST: usize = 100;

/// One row of JSON. Not a `Value`, because that forgets the order of an object's keys.
pub(crate) enum Entry {
    Object(Vec<(String, Value)>),
    List(Vec<Value>),
}

impl Entry {
    /// A row from its bytes; `NaN` and its kin are missing values.
    pub(super) fn parse(bytes: &[u8]) -> Result<Entry, serde_json::Error> {
        serde_json::from_slice(bytes).or_else(|error| {
            let may_have_nan = bytes.windows(3).any(|word| word == b"NaN" || word == b"Inf");
            if may_have_nan { serde_json::from_slice(&without_nan(bytes)) } else { Err(error) }
        })
    }
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
                while let Some(field) = map.next_entry::<String, Value>()? {
                    fields.push(field);
                }
                Ok(Entry::Object(fields))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Entry, A::Error> {
                let mut cells = Vec::new();
                while let Some(value) = list.next_element::<Value>()? {
                    cells.push(value);
                }
                Ok(Entry::List(cells))
            }
        }
        deserializer.deserialize_any(EntryVisitor)
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) if items.len() <= MAXIMUM_LIST && items.iter().all(is_scalar) => {
                Cell::List(items.into_iter().filter_map(scalar_text).collect())
            }
            Value::Array(_) => Cell::Other("a list"),
            Value::Object(_) => Cell::Other("an object"),
            scalar => Cell::Text(scalar_text(scalar).unwrap_or_default()),
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// A text, number or truth value as text.
pub(super) fn scalar_text(value: Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether these bytes are one row.
pub(crate) fn is_row(bytes: &[u8]) -> bool {
    Entry::parse(bytes).is_ok()
}

/// Whether these bytes are a row given as an array, and not an array of rows.
pub(crate) fn is_flat_list(bytes: &[u8]) -> bool {
    let is_flat = |cells: &[Value]| !cells.is_empty() && cells.iter().all(is_scalar);
    matches!(Entry::parse(bytes), Ok(Entry::List(cells)) if is_flat(&cells))
}
