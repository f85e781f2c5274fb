//! Rows of a text that arrives in pieces. What is kept between two pieces is the row that they divide.

use super::super::quotes::{Quotes, is_well_quoted, without_space_before_quotes};
use super::super::table::{Cell, trimmed};
use super::super::{Cause, Rejection, json};
use super::{Source, UnlabelledLayout, UnlabelledRow};
use crate::error::{Error, ErrorKind, Place, Result};
use csv::ByteRecord;

/// A row is no longer than this. A quote that opens and is not closed within it opens nothing.
const MOST_ROW_BYTES: usize = 1 << 20;

/// How rows lie in a file.
pub(super) enum Form {
    Delimited {
        delimiter: u8,
        quotes: Quotes,
        /// Lines before the table.
        skipped: Vec<u64>,
        /// Whether the header lacks a name for the first column.
        has_row_names: bool,
    },
    /// An object a line.
    Json,
}

/// What a row holds, or why it cannot be used.
type Found<T> = std::result::Result<T, (Cause, String)>;

/// Cuts text into rows.
pub(super) struct Reader {
    name: String,
    form: Form,
    columns: Vec<String>,
    text: usize,
    pair: Option<usize>,
    /// Whether the next row names the columns.
    header_follows: bool,
    waiting: Vec<u8>,
    /// How much of `waiting` was searched for a row's end, in vain.
    searched: usize,
    /// The line on which `waiting` begins.
    line: u64,
}

/// A row's bytes in the text, and the bytes of its line end.
struct Cut {
    row: usize,
    end: usize,
    /// Whether a quote that it opens is not closed as it should be.
    is_broken: bool,
}

impl Reader {
    pub(super) fn new(name: &str, form: Form, layout: &UnlabelledLayout, places: (usize, Option<usize>)) -> Reader {
        let header_follows = layout.has_header && matches!(form, Form::Delimited { .. });
        let (text, pair) = places;
        let (name, columns) = (name.to_string(), layout.columns.clone());
        Reader { name, form, columns, text, pair, header_follows, waiting: Vec::new(), searched: 0, line: 1 }
    }

    pub(super) fn form(&self) -> &Form {
        &self.form
    }

    /// The rows that end within this text. An open row is searched again when it has doubled, so that a row in many small
    /// pieces costs no more than a few times its length.
    pub(super) fn push(&mut self, text: &[u8], is_last: bool) -> Result<Vec<UnlabelledRow>> {
        self.waiting.extend_from_slice(text);
        if self.waiting.len() < 2 * self.searched && !is_last {
            return Ok(Vec::new());
        }
        let bytes = std::mem::take(&mut self.waiting);
        let (mut rows, mut at) = (Vec::new(), 0);
        while let Some(cut) = self.next_row(&bytes[at..], is_last)? {
            let row = &bytes[at..at + cut.row];
            if !row.trim_ascii().is_empty() {
                rows.extend(self.row(row, cut.is_broken));
            }
            let passed = &bytes[at..at + cut.end];
            self.line += line_ends(passed);
            at += cut.end;
        }
        self.waiting = bytes[at..].to_vec();
        self.searched = self.waiting.len();
        Ok(rows)
    }

    /// Where the row ends with which the bytes begin; none where its end is still to come.
    fn next_row(&self, bytes: &[u8], is_last: bool) -> Result<Option<Cut>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let end = match self.form {
            Form::Json => first_line_end(bytes),
            Form::Delimited { delimiter, quotes, .. } => record_end(bytes, delimiter, quotes),
        };
        let is_too_long = end.unwrap_or(bytes.len()) > MOST_ROW_BYTES;
        // Of a line end at the very end, the second half may follow.
        let is_open = |end: Option<usize>| end.is_none_or(|end| end + 1 == bytes.len() && bytes[end] == b'\r');
        if is_open(end) && !is_last && !is_too_long {
            return Ok(None);
        }
        let row = end.unwrap_or(bytes.len());
        if let Form::Delimited { delimiter, quotes, .. } = self.form
            && let Some(line) = first_line_end(&bytes[..row])
            && (is_too_long || !is_well_quoted(bytes[..row].trim_ascii_end(), delimiter, quotes))
        {
            return Ok(Some(Cut { row: line, end: line + line_end_length(&bytes[line..]), is_broken: true }));
        }
        if is_too_long {
            let place = Place::named(&self.name).line(self.line);
            return Err(Error::new(ErrorKind::Dataset, place, "a row of at most 1 MiB", "a longer one"));
        }
        Ok(Some(Cut { row, end: row + line_end_length(&bytes[row..]), is_broken: false }))
    }

    /// A row of these bytes; none where it is no row of the table.
    fn row(&mut self, bytes: &[u8], is_broken: bool) -> Option<UnlabelledRow> {
        let line = self.line + line_ends(&bytes[..bytes.len() - bytes.trim_ascii_start().len()]);
        let reject = |(cause, reason): (Cause, String)| Rejection { line, cause, reason };
        let Form::Delimited { delimiter, quotes, skipped, has_row_names } = &self.form else {
            let bytes = bytes.trim_ascii();
            let texts = self.json_texts(bytes).map_err(reject);
            return Some(UnlabelledRow { line, texts, source: Source::Json(bytes.to_vec()) });
        };
        if skipped.contains(&line) {
            return None;
        }
        let mut record = parsed(bytes, *delimiter, if is_broken { Quotes::Plain } else { *quotes });
        if std::mem::take(&mut self.header_follows) {
            if *has_row_names {
                let names: Vec<&[u8]> = std::iter::once(&b""[..]).chain(record.iter()).collect();
                record = ByteRecord::from(names);
            }
            return Some(UnlabelledRow { line, texts: Ok(Default::default()), source: Source::Header(record) });
        }
        let texts = match (is_broken, record.len() == self.columns.len()) {
            (true, _) => Err((Cause::Quotes, "a quoted field that is not properly closed".to_string())),
            (_, false) => Err((Cause::Width, format!("expected {} fields, got {}", self.columns.len(), record.len()))),
            (false, true) => self.texts(|what, column| {
                let text = std::str::from_utf8(record.get(column).unwrap_or_default());
                text.map(String::from).map_err(|_| (Cause::Encoding, format!("the {what} is not UTF-8 text")))
            }),
        };
        Some(UnlabelledRow { line, texts: texts.map_err(reject), source: Source::Record(record) })
    }

    fn json_texts(&self, bytes: &[u8]) -> Found<(String, Option<String>)> {
        let fields = json::fields(bytes).map_err(|reason| (Cause::Json, reason))?;
        self.texts(|what, column| {
            let name = &self.columns[column];
            match fields.iter().rfind(|(key, _)| key == name).map(|(_, value)| Cell::from(value.clone())) {
                None => Err((Cause::NoText, format!("no field {name:?}"))),
                Some(Cell::Text(text)) => Ok(text),
                Some(Cell::Other(kind)) => Err((Cause::Kind, format!("the {what} is {kind}"))),
                Some(Cell::List(_) | Cell::Undecoded) => Err((Cause::Kind, format!("the {what} is a list"))),
            }
        })
    }

    /// The text and the second one, from the cells of their columns.
    fn texts(&self, cell: impl Fn(&str, usize) -> Found<String>) -> Found<(String, Option<String>)> {
        let text = |what: &str, column: usize, missing: Cause| match trimmed(&cell(what, column)?) {
            "" => Err((missing, format!("the {what} is empty"))),
            text => Ok(text.to_string()),
        };
        let first = text("text", self.text, Cause::NoText)?;
        Ok((first, self.pair.map(|column| text("second text", column, Cause::NoPair)).transpose()?))
    }
}

/// The one record of these bytes.
fn parsed(bytes: &[u8], delimiter: u8, quotes: Quotes) -> ByteRecord {
    let bytes = match quotes {
        Quotes::SpaceSkipped => without_space_before_quotes(bytes, delimiter),
        _ => bytes.into(),
    };
    let mut options = csv::ReaderBuilder::new();
    options.has_headers(false).flexible(true).delimiter(delimiter).quoting(quotes != Quotes::Plain);
    if quotes == Quotes::Backslash {
        options.escape(Some(b'\\'));
    }
    let mut record = ByteRecord::new();
    // Reading from memory does not fail; an unclosed quote ends with the bytes.
    let _ = options.buffer_capacity(bytes.len().max(1)).from_reader(&bytes[..]).read_byte_record(&mut record);
    record
}

/// Where the first line end outside of quotes is. Quotes open a field as `csv` has it.
fn record_end(bytes: &[u8], delimiter: u8, quotes: Quotes) -> Option<usize> {
    if quotes == Quotes::Plain {
        return first_line_end(bytes);
    }
    let (mut at, mut opens, mut is_blank) = (0, true, true);
    while at < bytes.len() {
        is_blank &= bytes[at].is_ascii_whitespace();
        match bytes[at] {
            b'"' if opens => {
                at = closing_quote(bytes, at + 1, quotes)?;
                opens = false;
            }
            b'\r' | b'\n' if !is_blank => return Some(at),
            b'\r' | b'\n' => opens = true, // blank lines before the row
            byte if byte == delimiter => opens = true,
            b' ' | b'\t' if quotes == Quotes::SpaceSkipped => {}
            _ => opens = false,
        }
        at += 1;
    }
    None
}

/// The quote that closes a field whose text begins at `from`.
fn closing_quote(bytes: &[u8], from: usize, quotes: Quotes) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quotes == Quotes::Backslash => at += 1,
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 1,
            b'"' => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn first_line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'))
}

fn line_end_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// How many lines end in these bytes; CR, LF and CRLF each end one.
fn line_ends(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64
}
