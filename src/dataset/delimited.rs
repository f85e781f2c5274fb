//! Rows from text with a delimiter: commas, tabs, semicolons or bars.

use super::table::{Cell, Lines, Row, Table, common_width};
use super::{Format, ReadOptions, Rejection};
use crate::error::Result;
use csv::ByteRecord;

impl Table {
    pub(super) fn from_delimited(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Table> {
        let delimiter = guess_delimiter(bytes);
        let mut table = Table::empty(if delimiter == b'\t' { Format::Tsv } else { Format::Csv });
        table.delimiter = Some(char::from(delimiter));
        let mut found = records(bytes, delimiter, true, &mut table.rejected);
        if delimiter == b'\t' && bytes.contains(&b'"') {
            // GLUE and its kin write TSV in which a quote is a character like any other. Then reading quotes as quotes
            // joins lines that belong apart, and reading them plainly leaves no more rows misshapen than before.
            let mut plainly_rejected = Vec::new();
            let plain = records(bytes, delimiter, false, &mut plainly_rejected);
            let misshapen = |found: &[(u64, ByteRecord)]| {
                found.len() - common_width(found.iter().map(|(_, record)| record.len())).1
            };
            let (quoted_bad, plain_bad) = (misshapen(&found) + table.rejected.len(), misshapen(&plain));
            if plain_bad < quoted_bad || plain_bad == quoted_bad && plain.len() > found.len() {
                (found, table.rejected) = (plain, plainly_rejected);
                table
                    .guessed
                    .push("quotes are read as part of the text: read as quoting, they would join rows".to_string());
            }
        }
        let text = |field: &[u8]| match std::str::from_utf8(field) {
            Ok(text) => Cell::Text(text.to_string()),
            Err(_) => Cell::Other("not UTF-8 text"),
        };
        let cells = |record: ByteRecord| record.iter().map(text).enumerate().collect();
        table.rows = found.into_iter().map(|(line, record)| Row { line, cells: cells(record) }).collect();
        table.name_columns_by_place(name, options)?;
        Ok(table)
    }
}

/// The records of a delimited file and their lines.
///
/// `csv` reads them. It leaves two things to us: the line (it counts `\n` alone, from before blank lines), and a quote
/// that is opened and not properly closed, which swallows rows up to the next quote or the end of the file: we reject the
/// line that it stands on and read on below it.
fn records(bytes: &[u8], delimiter: u8, quoting: bool, rejected: &mut Vec<Rejection>) -> Vec<(u64, ByteRecord)> {
    let mut options = csv::ReaderBuilder::new();
    options.has_headers(false).flexible(true).delimiter(delimiter).quoting(quoting);
    let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let mut found = Vec::new();
    let mut lines = Lines::of(bytes);
    let mut offset = 0;
    'from_offset: loop {
        let mut reader = options.from_reader(&bytes[offset..]);
        let mut record = ByteRecord::new();
        while matches!(reader.read_byte_record(&mut record), Ok(true)) {
            let start = offset + record.position().map_or(0, |position| position.byte() as usize);
            let end = offset + reader.position().byte() as usize;
            let start = start + bytes[start..].iter().take_while(|byte| is_line_end(byte)).count();
            let line = lines.line_at(start);
            let raw = bytes[start..end].trim_ascii_end();
            if let Some(first_line) = raw.iter().position(is_line_end).filter(|_| !is_well_quoted(raw, delimiter)) {
                rejected.push(Rejection { line, reason: "a quoted field that is not properly closed".to_string() });
                offset = start + first_line + 1;
                continue 'from_offset;
            }
            if record.len() > 1 || !raw.is_empty() {
                found.push((line, std::mem::take(&mut record)));
            }
        }
        return found;
    }
}

/// Whether every quote that opens a field is closed at the field's end; for a record of several lines, so that the end of
/// a field is that of a quote or a delimiter.
fn is_well_quoted(record: &[u8], delimiter: u8) -> bool {
    let mut rest = record;
    loop {
        let mut end = 0;
        if rest.first() == Some(&b'"') {
            end = 1;
            while rest.get(end) != Some(&b'"') || rest.get(end + 1) == Some(&b'"') {
                if end >= rest.len() {
                    return false;
                }
                end += if rest[end] == b'"' { 2 } else { 1 };
            }
            end += 1;
        }
        match rest[end..].iter().position(|&byte| byte == delimiter) {
            // Between a closing quote and the delimiter, only space is well-formed.
            Some(gap) if end == 0 || rest[end..end + gap].trim_ascii().is_empty() => rest = &rest[end + gap + 1..],
            None => return end == 0 || rest[end..].trim_ascii().is_empty(),
            Some(_) => return false,
        }
    }
}

/// The delimiter that cuts the most of the first rows into equally many fields.
fn guess_delimiter(bytes: &[u8]) -> u8 {
    let sample = &bytes[..bytes.len().min(64 << 10)];
    let mut best = (b',', 0.0);
    for delimiter in *b"\t,;|" {
        let mut head = records(sample, delimiter, true, &mut Vec::new());
        if sample.len() < bytes.len() && head.len() > 1 {
            head.pop(); // cut short
        }
        let (width, count) = common_width(head.iter().map(|(_, record)| record.len()));
        let consistency = count as f64 / head.len().max(1) as f64;
        if width > 1 && consistency > best.1 {
            best = (delimiter, consistency);
        }
    }
    best.0
}
