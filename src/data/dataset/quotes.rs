//! How the quotes of a delimited file are read, and the records that each reading gives.

use super::lines::Lines;
use super::table::common_width;
use super::{Cause, MAXIMUM_ROWS, Rejection};
use csv::ByteRecord;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// After more broken quotes than this, a reading is given up.
const MAXIMUM_BROKEN_QUOTES: usize = 1000;

/// A reading of quotes in a delimited file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quotes {
    /// It opens and closes a field; within one, two stand for one (RFC 4180).
    Doubled,
    /// As [`Quotes::Doubled`], and spaces before an opening quote are skipped.
    SpaceSkipped,
    /// It opens and closes a field; within one, a backslash stands before it (Spark, MySQL).
    Backslash,
    /// It is a character like any other (GLUE, SemEval).
    Plain,
}

impl Quotes {
    /// In the order of preference among readings that fit equally well.
    pub(super) const ALL: [Quotes; 4] = [Quotes::Doubled, Quotes::SpaceSkipped, Quotes::Backslash, Quotes::Plain];
}

/// The records of a delimited file with their lines, and the lines that are none.
pub(super) struct Records {
    pub(super) found: Vec<(u64, ByteRecord)>,
    pub(super) rejected: Vec<Rejection>,
    /// For each record found, whether a quote is left in it that this reading does not account for.
    is_stray: Vec<bool>,
}

impl Records {
    /// How many rows do not fit: not as wide as most, broken, or with quotes left over.
    pub(super) fn misshapen(&self) -> usize {
        let (width, _) = common_width(self.found.iter().map(|(_, record)| record.len()));
        let found = self.found.iter().zip(&self.is_stray);
        found.filter(|((_, record), is_stray)| record.len() != width || **is_stray).count() + self.rejected.len()
    }

    /// Whether the reading was given up.
    pub(super) fn is_broken(&self) -> bool {
        self.rejected.len() > MAXIMUM_BROKEN_QUOTES
    }
}

/// Reads delimited records from `start`.
///
/// `csv` does. It leaves two things to us: the line (it counts `\n` alone, from before blank lines), and a quote that is
/// opened and not properly closed, which swallows rows up to the next quote or the end of the file: we reject the line
/// that it stands on and read on below it.
pub(super) fn records(file: &[u8], start: usize, delimiter: u8, quotes: Quotes) -> Records {
    let bytes = match quotes {
        Quotes::SpaceSkipped => without_space_before_quotes(file, delimiter),
        _ => Cow::Borrowed(file),
    };
    let bytes: &[u8] = &bytes;
    let mut options = csv::ReaderBuilder::new();
    options.has_headers(false).flexible(true).delimiter(delimiter).quoting(quotes != Quotes::Plain);
    if quotes == Quotes::Backslash {
        options.escape(Some(b'\\'));
    }
    let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let mut records = Records { found: Vec::new(), rejected: Vec::new(), is_stray: Vec::new() };
    let mut lines = Lines::of(bytes);
    let mut offset = start;
    'from_offset: while !records.is_broken() {
        let mut reader = options.from_reader(&bytes[offset..]);
        let mut record = ByteRecord::new();
        // One row too many is enough to be refused for.
        while records.found.len() <= MAXIMUM_ROWS && matches!(reader.read_byte_record(&mut record), Ok(true)) {
            let start = offset + record.position().map_or(0, |position| position.byte() as usize);
            let end = offset + reader.position().byte() as usize;
            let start = start + bytes[start..].iter().take_while(|byte| is_line_end(byte)).count();
            let line = lines.line_at(start);
            let raw = bytes[start..end].trim_ascii_end();
            let is_well_quoted = is_well_quoted(raw, delimiter, quotes);
            if let Some(first_line) = raw.iter().position(is_line_end).filter(|_| !is_well_quoted) {
                let reason = "a quoted field that is not properly closed".to_string();
                records.rejected.push(Rejection { line, cause: Cause::Quotes, reason });
                offset = start + first_line + 1;
                continue 'from_offset;
            }
            if record.len() > 1 || !raw.is_empty() {
                records.is_stray.push(!is_well_quoted);
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

/// Whether every quote that opens a field is closed at the field's end; of a plain reading, whether no field both begins
/// and ends with a quote.
pub(super) fn is_well_quoted(record: &[u8], delimiter: u8, quotes: Quotes) -> bool {
    if quotes == Quotes::Plain {
        let is_wrapped = |field: &[u8]| field.len() > 1 && field.starts_with(b"\"") && field.ends_with(b"\"");
        return !record.split(|&byte| byte == delimiter).any(|field| is_wrapped(field.trim_ascii()));
    }
    let mut rest = record;
    loop {
        let mut end = 0;
        if rest.first() == Some(&b'"') {
            end = 1;
            loop {
                match rest.get(end) {
                    None => return false,
                    Some(b'\\') if quotes == Quotes::Backslash => end += 2,
                    Some(b'"') if rest.get(end + 1) == Some(&b'"') => end += 2,
                    Some(b'"') => break,
                    Some(_) => end += 1,
                }
            }
            end += 1;
        }
        match rest[end..].iter().position(|&byte| byte == delimiter) {
            // Between a closing quote and the delimiter, only space is well-formed.
            Some(gap) if end == 0 || rest[end..end + gap].trim_ascii().is_empty() => {
                let field = &rest[..end + gap];
                // A quote after a space opens nothing; a field of such quotes is one that should have been opened.
                if end == 0 && is_indented_quote(field) {
                    return false;
                }
                rest = &rest[end + gap + 1..];
            }
            None => {
                return if end == 0 { !is_indented_quote(rest) } else { rest[end..].trim_ascii().is_empty() };
            }
            Some(_) => return false,
        }
    }
}

/// Whether a field begins with space and then a quote.
fn is_indented_quote(field: &[u8]) -> bool {
    field.first().is_some_and(u8::is_ascii_whitespace) && field.trim_ascii_start().starts_with(b"\"")
}

/// The file without the spaces that stand between a delimiter, or a line's beginning, and a quote.
pub(super) fn without_space_before_quotes(bytes: &[u8], delimiter: u8) -> Cow<'_, [u8]> {
    let is_space = |byte: u8| byte == b' ' || byte == b'\t' && delimiter != b'\t';
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut is_quoted, mut at_start, mut index) = (false, true, 0);
    while index < bytes.len() {
        let byte = bytes[index];
        if at_start && is_space(byte) {
            let spaces = bytes[index..].iter().take_while(|&&byte| is_space(byte)).count();
            if bytes.get(index + spaces) == Some(&b'"') {
                index += spaces;
                continue;
            }
        }
        is_quoted = if byte == b'"' && (at_start || is_quoted) { !is_quoted } else { is_quoted };
        // A doubled quote closes and, at once, opens again.
        at_start = !is_quoted && (byte == delimiter || byte == b'\n' || byte == b'\r')
            || byte == b'"' && !is_quoted && !at_start;
        kept.push(byte);
        index += 1;
    }
    Cow::Owned(kept)
}
