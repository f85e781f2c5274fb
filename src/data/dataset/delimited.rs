//! Rows from text with a delimiter: commas, tabs, semicolons or bars.

use super::guess::Guess;
use super::lines::Lines;
use super::table::{Cell, Row, Table, common_width};
use super::{Format, MAXIMUM_ROWS, ReadOptions, Rejection};
use crate::error::Result;
use csv::ByteRecord;

/// With more broken quotes than this, quotes are taken for characters like any other; fewer cost a row each.
const MAXIMUM_BROKEN_QUOTES: usize = 1000;

impl Table {
    pub(super) fn from_delimited(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Table> {
        let delimiter = guess_delimiter(bytes);
        let mut table = Table::empty(if delimiter == b'\t' { Format::Tsv } else { Format::Csv });
        table.delimiter = Some(char::from(delimiter));
        let mut found = records(bytes, delimiter, true);
        let too_many_broken = found.rejected.len() > MAXIMUM_BROKEN_QUOTES;
        if too_many_broken || delimiter == b'\t' && bytes.contains(&b'"') {
            // GLUE and its kin write TSV in which a quote is a character like any other. Then reading quotes as quotes
            // joins lines that belong apart, and reading them plainly leaves no more rows misshapen than before.
            let plain = records(bytes, delimiter, false);
            let (plain_bad, quoted_bad) = (plain.misshapen(), found.misshapen());
            let joins_rows = plain_bad == quoted_bad && plain.found.len() > found.found.len();
            if too_many_broken || plain_bad < quoted_bad || joins_rows {
                found = plain;
                table.guessed.push(Guess::PlainQuotes);
            }
        }
        let text = |field: &[u8]| match std::str::from_utf8(field) {
            Ok(text) => Cell::Text(text.to_string()),
            Err(_) => Cell::Other("not UTF-8 text"),
        };
        let cells = |record: ByteRecord| record.iter().map(text).enumerate().collect();
        table.rejected = found.rejected;
        table.rows = found.found.into_iter().map(|(line, record)| Row { line, cells: cells(record) }).collect();
        table.name_columns_by_place(name, options)?;
        Ok(table)
    }
}

/// The records of a delimited file with their lines, and the lines that are none.
struct Records {
    found: Vec<(u64, ByteRecord)>,
    rejected: Vec<Rejection>,
}

impl Records {
    /// How many are not as wide as most.
    fn misshapen(&self) -> usize {
        let (_, common) = common_width(self.found.iter().map(|(_, record)| record.len()));
        self.found.len() - common + self.rejected.len()
    }
}

/// Reads delimited records.
///
/// `csv` does. It leaves two things to us: the line (it counts `\n` alone, from before blank lines), and a quote that is
/// opened and not properly closed, which swallows rows up to the next quote or the end of the file: we reject the line
/// that it stands on and read on below it.
fn records(bytes: &[u8], delimiter: u8, quoting: bool) -> Records {
    let mut options = csv::ReaderBuilder::new();
    options.has_headers(false).flexible(true).delimiter(delimiter).quoting(quoting);
    let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let mut records = Records { found: Vec::new(), rejected: Vec::new() };
    let mut lines = Lines::of(bytes);
    let mut offset = 0;
    'from_offset: while records.rejected.len() <= MAXIMUM_BROKEN_QUOTES {
        let mut reader = options.from_reader(&bytes[offset..]);
        let mut record = ByteRecord::new();
        // One row too many is enough to be refused for.
        while records.found.len() <= MAXIMUM_ROWS && matches!(reader.read_byte_record(&mut record), Ok(true)) {
            let start = offset + record.position().map_or(0, |position| position.byte() as usize);
            let end = offset + reader.position().byte() as usize;
            let start = start + bytes[start..].iter().take_while(|byte| is_line_end(byte)).count();
            let line = lines.line_at(start);
            let raw = bytes[start..end].trim_ascii_end();
            if let Some(first_line) = raw.iter().position(is_line_end).filter(|_| !is_well_quoted(raw, delimiter)) {
                let reason = "a quoted field that is not properly closed".to_string();
                records.rejected.push(Rejection { line, reason });
                offset = start + first_line + 1;
                continue 'from_offset;
            }
            if record.len() > 1 || !raw.is_empty() {
                records.found.push((line, fitted(&record)));
            }
        }
        break;
    }
    records
}

/// A copy with room for what it holds. A clone has the room of the longest record so far: after one that an open quote made
/// as long as the file, each row would take that much.
fn fitted(record: &ByteRecord) -> ByteRecord {
    let mut fitted = ByteRecord::with_capacity(record.as_slice().len(), record.len());
    fitted.extend(record);
    fitted
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
        let mut head = records(sample, delimiter, true).found;
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
