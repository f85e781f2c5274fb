//! A file as rows and columns that mean nothing yet: is it text, which format, which row names the columns.

use super::{Format, Guess, MAXIMUM_BYTES, MAXIMUM_COLUMNS, MAXIMUM_ROWS, ReadOptions, Rejection, json};
use crate::error::{Error, ErrorKind, Place, Result};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A file as rows and columns.
pub(super) struct Table {
    pub(super) format: Format,
    pub(super) delimiter: Option<char>,
    pub(super) has_header: bool,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) rejected: Vec<Rejection>,
    pub(super) guessed: Vec<Guess>,
}

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

    pub(super) fn empty(format: Format) -> Table {
        let (columns, rows, rejected, guessed) = Default::default();
        Table { format, delimiter: None, has_header: false, columns, rows, rejected, guessed }
    }

    /// For rows without keys: their common width, the header if there is one, and the rows that do not fit.
    pub(super) fn name_columns_by_place(&mut self, name: &str, options: &ReadOptions) -> Result<()> {
        let (mut width, _) = common_width(self.rows.iter().map(|row| row.cells.len()));
        self.has_header = match options.has_header {
            Some(given) => given,
            None => self.guess_header(width.min(MAXIMUM_COLUMNS), options),
        };
        let mut header = Vec::new();
        if self.has_header && !self.rows.is_empty() {
            let first = self.rows.remove(0);
            width = width.max(first.cells.len());
            header = (0..width.min(MAXIMUM_COLUMNS)).map(|it| first.text(it).unwrap_or("").to_string()).collect();
        }
        // One column too many is enough to be refused for.
        for column in 0..width.min(MAXIMUM_COLUMNS + 1) {
            let given = header.get(column).filter(|name| !name.is_empty() && !self.columns.contains(name));
            self.columns.push(given.cloned().unwrap_or_else(|| format!("#{}", column + 1)));
        }
        self.check_width(name)?;
        self.rows.retain(|row| {
            let fits = row.cells.len() == width;
            if !fits {
                let reason = format!("expected {width} fields, got {}", row.cells.len());
                self.rejected.push(Rejection { line: row.line, reason });
            }
            fits
        });
        Ok(())
    }

    pub(super) fn check_width(&self, name: &str) -> Result<()> {
        let (expected, got) = match self.columns.len() {
            _ if self.rows.is_empty() => return Ok(()), // the lack of rows is the better message
            columns if columns < 2 => ("at least two columns, texts and labels".to_string(), columns.to_string()),
            columns if columns > MAXIMUM_COLUMNS => (format!("at most {MAXIMUM_COLUMNS} columns"), "more".to_string()),
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got))
    }
}

/// The commonest width (the narrowest of several) and how many rows have it.
pub(super) fn common_width(widths: impl Iterator<Item = usize>) -> (usize, usize) {
    let mut counts = BTreeMap::new();
    for width in widths {
        *counts.entry(width).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|&(width, count)| (count, Reverse(width))).unwrap_or((0, 0))
}

/// One field of one row.
pub(super) enum Cell {
    Text(String),
    /// Something that is neither text nor number: what it is.
    Other(&'static str),
}

/// A row whose columns mean nothing yet: cells in the order of their columns. Sparse, since objects may lack keys.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) cells: Vec<(usize, Cell)>,
}

impl Row {
    pub(super) fn cell(&self, column: usize) -> Option<&Cell> {
        let place = self.cells.binary_search_by_key(&column, |(index, _)| *index).ok()?;
        Some(&self.cells[place].1)
    }

    pub(super) fn text(&self, column: usize) -> Option<&str> {
        match self.cell(column) {
            Some(Cell::Text(text)) => Some(trimmed(text)),
            _ => None,
        }
    }
}

/// Without white space and control characters (NUL among them) around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character.is_control())
}

pub(super) fn finite_number(text: &str) -> Option<f32> {
    text.parse::<f32>().ok().filter(|number| number.is_finite())
}

/// The bytes without a byte order mark, or why they are not text that we read.
pub(super) fn checked_text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a [u8]> {
    const SIGNATURES: [(&[u8], &str); 8] = [
        (b"\xFF\xFE", "UTF-16 (little-endian)"),
        (b"\xFE\xFF", "UTF-16 (big-endian)"),
        (b"PK\x03\x04", "a zip archive or an Excel workbook"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
        (b"PAR1", "a Parquet file"),
        (b"ARROW1", "an Arrow file"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"%PDF", "a PDF document"),
    ];
    let refuse = |expected: &str, got: String| Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got));
    if bytes.len() > MAXIMUM_BYTES {
        return refuse("at most 64 MiB", format!("{:.1} MiB", bytes.len() as f64 / f64::from(1 << 20)));
    }
    let encoding = "UTF-8 text: CSV, TSV, JSON or JSON Lines";
    if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return refuse(encoding, kind.to_string());
    }
    // 64 KiB are enough to tell text from anything else.
    let sample = &bytes[..bytes.len().min(64 << 10)];
    let nul_share = |offset: usize| {
        let nuls = sample.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
        nuls as f64 / (sample.len() / 2).max(1) as f64
    };
    // Most characters of most scripts' punctuation, digits and spaces have a zero byte in UTF-16.
    match (nul_share(0), nul_share(1)) {
        (even, odd) if odd > 0.3 && even < 0.05 => return refuse(encoding, "UTF-16 (little-endian)".to_string()),
        (even, odd) if even > 0.3 && odd < 0.05 => return refuse(encoding, "UTF-16 (big-endian)".to_string()),
        _ => {}
    }
    let control = |byte: &&u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    if sample.iter().filter(control).count() * 20 > sample.len() {
        return refuse(encoding, "bytes that are not text".to_string());
    }
    let invalid: usize = sample.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    if invalid * 10 > sample.len() * 3 {
        return refuse(encoding, "bytes that are not UTF-8 (an older encoding? save the file as UTF-8)".to_string());
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if text.trim_ascii().is_empty() {
        return refuse("rows of texts and labels", "an empty file".to_string());
    }
    Ok(text)
}

/// The one-based line of a place in a file, for places asked for in rising order; CR, LF and CRLF each end a line.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Lines { bytes, at: 0, line: 1 }
    }

    pub(super) fn line_at(&mut self, place: usize) -> u64 {
        for index in self.at..place {
            let crlf = self.bytes[index] == b'\r' && self.bytes.get(index + 1) == Some(&b'\n');
            self.line += u64::from(matches!(self.bytes[index], b'\r' | b'\n') && !crlf);
        }
        self.at = self.at.max(place);
        self.line
    }
}

/// The lines of a file, unparsed.
pub(super) fn text_lines(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut start = 0;
    let parts = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).map(|part| {
        let place = start;
        start += part.len() + 1;
        (place, part)
    });
    with_lines(bytes, parts.filter(|(_, part)| !part.is_empty()).take(MAXIMUM_ROWS + 1).collect())
}

/// Parts that are not blank, with the line on which each really begins.
pub(super) fn with_lines<'a>(bytes: &'a [u8], parts: Vec<(usize, &'a [u8])>) -> Vec<(u64, &'a [u8])> {
    let mut lines = Lines::of(bytes);
    let mut filled = Vec::new();
    for (start, part) in parts {
        let trimmed = part.trim_ascii_start();
        if !trimmed.is_empty() {
            filled.push((lines.line_at(start + part.len() - trimmed.len()), trimmed.trim_ascii_end()));
        }
    }
    filled
}
