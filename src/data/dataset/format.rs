//! Detection of the file format.

use super::guess::JsonForm;
use super::json::{self, JsonRows};
use super::lines::text_lines;
use super::table::Table;
use super::{Format, ReadOptions};
use crate::error::{Error, ErrorKind, Place, Result};

impl Table {
    pub(super) fn read(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Table> {
        let extension = name.rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_lowercase());
        let is_named_json = ["json", "jsonl", "ndjson"].contains(&extension.as_str());
        let mut start = bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).copied();
        let (first, second) = (start.next(), start.next());
        let is_asked_otherwise = options.delimiter.is_some();
        if let Some(table) = Table::from_fasttext(bytes, options) {
            return Ok(table);
        }
        if is_asked_otherwise || !is_named_json && !matches!(first, Some(b'[' | b'{')) {
            return Table::from_delimited(bytes, name, options);
        }
        // A text may begin with a bracket, too: it is JSON if some of its first rows are.
        let lines = text_lines(bytes);
        let elements = if first == Some(b'[') { json::array_elements(bytes, 0) } else { Vec::new() };
        let rows_in = |parts: &[(u64, &[u8])]| parts.iter().take(10).filter(|(_, part)| json::is_row(part)).count();
        let begins_with_flat_list = lines.first().is_some_and(|(_, line)| json::is_flat_list(line));
        if !begins_with_flat_list && (rows_in(&elements) > 0 || bytes.trim_ascii() == b"[]") {
            return Table::from_json(JsonRows::plain(Format::Json, elements, None), name, options);
        }
        let values = if first == Some(b'{') { json::values(bytes) } else { Vec::new() };
        let mut fields = None;
        if let [(_, whole)] = values[..]
            && whole.len() == bytes.trim_ascii().len()
        {
            match json::rows_of_object(bytes) {
                Ok(found) => {
                    let rows =
                        JsonRows { format: Format::Json, rows: found.rows, form: Some((found.form, found.field)) };
                    return Table::from_json(rows, name, options);
                }
                Err(names) => fields = Some(names).filter(|names| !names.is_empty()),
            }
        }
        let is_lines = rows_in(&lines) * 2 >= lines.len().min(10);
        if is_lines && fields.is_none() || is_named_json && extension != "json" && values.len() < 2 {
            return Table::from_json(JsonRows::lines(bytes), name, options);
        }
        if values.len() > 1 && rows_in(&values) > 0 {
            let rows = JsonRows::plain(Format::Json, values, Some(JsonForm::Concatenated));
            return Table::from_json(rows, name, options);
        }
        if is_named_json || matches!((first, second), (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{'))) {
            let got = match fields {
                Some(names) => format!("one object with the fields {}", names.join(", ")),
                None => format!("text that starts with {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)])),
            };
            let expected = "an array of objects, an object a line, or an object of rows, columns or splits";
            return Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got));
        }
        Table::from_delimited(bytes, name, options)
    }
}
