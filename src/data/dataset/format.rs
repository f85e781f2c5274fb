//! Which format a file has.

use super::lines::text_lines;
use super::table::Table;
use super::{Format, ReadOptions, json};
use crate::error::{Error, ErrorKind, Place, Result};

impl Table {
    pub(super) fn read(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Table> {
        let extension = name.rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_lowercase());
        let is_named_json = ["json", "jsonl", "ndjson"].contains(&extension.as_str());
        let mut start = bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).copied();
        let (first, second) = (start.next(), start.next());
        if !is_named_json && !matches!(first, Some(b'[' | b'{')) {
            return Table::from_delimited(bytes, name, options);
        }
        // A text may begin with a bracket, too: it is JSON if some of its first rows are.
        let lines = text_lines(bytes);
        let elements = if first == Some(b'[') { json::array_elements(bytes) } else { Vec::new() };
        let rows_in = |parts: &[(u64, &[u8])]| parts.iter().take(10).filter(|(_, part)| json::is_row(part)).count();
        let begins_with_flat_list = lines.first().is_some_and(|(_, line)| json::is_flat_list(line));
        if !begins_with_flat_list && (rows_in(&elements) > 0 || bytes.trim_ascii() == b"[]") {
            return Table::from_json(Format::Json, elements, name, options);
        }
        if rows_in(&lines) * 2 >= lines.len().min(10) || is_named_json && extension != "json" {
            return Table::from_json(Format::JsonLines, lines, name, options);
        }
        if is_named_json || matches!((first, second), (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{'))) {
            let got = format!("text that starts with {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
            let expected = "an array of objects, or an object a line";
            return Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got));
        }
        Table::from_delimited(bytes, name, options)
    }
}
