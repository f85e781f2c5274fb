//! Rows of delimited text: the delimiter, the quoting and the first row of the table.

use super::guess::Guess;
use super::quotes::{Quotes, Records, records};
use super::table::{Cell, Row, Table, common_width};
use super::{Format, ReadOptions};
use crate::error::{Error, ErrorKind, Place, Result};
use csv::ByteRecord;
use std::borrow::Cow;
use std::collections::HashSet;

/// Delimiters that are guessed, in the order of preference.
const DELIMITERS: [char; 5] = ['\t', ',', ';', '|', LABEL_SIGN];
/// A sign of many texts that, in some files, stands before a label at the end of each line: `Profit rose to 9.4 mn.@positive`.
const LABEL_SIGN: char = '@';
/// Labels behind such signs are short words, and not more than these.
const MAXIMUM_SIGNED_LABELS: usize = 20;
const MAXIMUM_SIGNED_BYTES: usize = 30;
/// Bytes of a file that its delimiter is guessed from.
const SAMPLE_BYTES: usize = 64 << 10;
/// Characters that separate fields by design, and stand for a delimiter that is no single byte.
const SEPARATORS: [u8; 4] = [0x1F, 0x1E, 0x1D, 0x1C];

impl Table {
    pub(super) fn from_delimited(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Table> {
        let said = separator_line(bytes);
        let start = said.map_or(0, |(_, end)| end);
        let delimiter = match options.delimiter.or(said.map(|(delimiter, _)| delimiter)) {
            Some(given) => given,
            None => guess_delimiter(&bytes[start..]),
        };
        let mut table = Table::empty(if delimiter == '\t' { Format::Tsv } else { Format::Csv });
        table.delimiter = Some(delimiter);
        if said.is_some() {
            table.guessed.push(Guess::SeparatorLine);
        }
        let (bytes, byte) = single_byte(bytes, delimiter, name)?;
        let (quotes, mut found) = best_reading(&bytes, start, byte);
        if quotes != Quotes::Doubled {
            table.guessed.push(Guess::Quotes { quotes });
        }
        let skipped = title_rows(&found);
        if skipped > 0 {
            let lines = found.found.drain(..skipped).map(|(line, _)| line).collect();
            table.guessed.push(Guess::SkippedLines { lines });
        }
        let text = |field: &[u8]| match std::str::from_utf8(field) {
            Ok(text) => Cell::Text(text.to_string()),
            Err(_) => Cell::Undecoded,
        };
        let cells = |record: ByteRecord| record.iter().map(text).enumerate().collect();
        table.rejected = found.rejected;
        table.rows =
            found.found.into_iter().map(|(line, record)| Row { line, cells: cells(record), portion: None }).collect();
        table.name_columns_by_place(name, options)?;
        Ok(table)
    }
}

/// The delimiter that Excel's first line `sep=;` (quoted or not) sets, and where the next line begins.
fn separator_line(bytes: &[u8]) -> Option<(char, usize)> {
    let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    let (word, delimiter) = line.split_once('=')?;
    let mut characters = delimiter.chars();
    let (Some(delimiter), None) = (characters.next(), characters.next()) else { return None };
    let next = end + if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
    word.trim().eq_ignore_ascii_case("sep").then_some((delimiter, next))
}

/// The delimiter as one byte, which is what the reader of records takes: one of several bytes gives its place to a separator
/// that the file does not hold.
fn single_byte<'a>(bytes: &'a [u8], delimiter: char, name: &str) -> Result<(Cow<'a, [u8]>, u8)> {
    let refuse = |expected: &str, got: String| {
        Err(Error::new(ErrorKind::Dataset, Place::named(name).column("delimiter"), expected, got))
    };
    if matches!(delimiter, '"' | '\r' | '\n') {
        return refuse("a character other than a quote or the end of a line", format!("{delimiter:?}"));
    }
    if delimiter.is_ascii() {
        return Ok((Cow::Borrowed(bytes), delimiter as u8));
    }
    let Some(&separator) = SEPARATORS.iter().find(|separator| !bytes.contains(separator)) else {
        return refuse("a file without the separators U+001C to U+001F", "all of them".to_string());
    };
    let mut buffer = [0; 4];
    let wanted = delimiter.encode_utf8(&mut buffer).as_bytes();
    let (mut replaced, mut index) = (Vec::with_capacity(bytes.len()), 0);
    while index < bytes.len() {
        let is_delimiter = bytes[index..].starts_with(wanted);
        replaced.push(if is_delimiter { separator } else { bytes[index] });
        index += if is_delimiter { wanted.len() } else { 1 };
    }
    Ok((Cow::Owned(replaced), separator))
}

/// Of the possible readings of quotes the one with the fewest misshapen rows, and its records.
fn best_reading(bytes: &[u8], start: usize, delimiter: u8) -> (Quotes, Records) {
    let mut best = (Quotes::Doubled, records(bytes, start, delimiter, Quotes::Doubled));
    if !bytes.contains(&b'"') {
        return best;
    }
    for quotes in &Quotes::ALL[1..] {
        let bad = best.1.misshapen();
        // Quotes that join rows of a TSV are characters: GLUE and its kin write every example on one line.
        let may_join = delimiter == b'\t' && *quotes == Quotes::Plain;
        if bad == 0 && !may_join {
            continue;
        }
        let found = records(bytes, start, delimiter, *quotes);
        let joins_rows = may_join && found.misshapen() == bad && found.found.len() > best.1.found.len();
        if !found.is_broken() && (best.1.is_broken() || found.misshapen() < bad || joins_rows) {
            best = (*quotes, found);
        }
    }
    best
}

/// The delimiter that, under the reading of quotes that suits it, cuts the most of the first rows into equally many fields.
fn guess_delimiter(bytes: &[u8]) -> char {
    let mut sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    if sample.len() < bytes.len() {
        // The last line is cut short.
        sample = &sample[..sample.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(sample.len())];
    }
    let mut best = (',', 0.0);
    for delimiter in DELIMITERS {
        for quotes in Quotes::ALL {
            if quotes != Quotes::Doubled && !sample.contains(&b'"') {
                break;
            }
            let found = records(sample, 0, delimiter as u8, quotes);
            let (width, _) = common_width(found.found.iter().map(|(_, record)| record.len()));
            let rows = found.found.len() + found.rejected.len();
            let consistency = rows.saturating_sub(found.misshapen()) as f64 / rows.max(1) as f64;
            let fits = delimiter != LABEL_SIGN || ends_with_labels(&found);
            if width > 1 && consistency > best.1 && fits {
                best = (delimiter, consistency);
            }
        }
    }
    best.0
}

/// Whether the last fields of nearly all rows are a few short words.
fn ends_with_labels(found: &Records) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-');
    let last = found.found.iter().filter_map(|(_, record)| record.iter().next_back()).map(<[u8]>::trim_ascii);
    let labels: Vec<&[u8]> =
        last.filter(|it| (1..=MAXIMUM_SIGNED_BYTES).contains(&it.len()) && it.iter().all(is_word)).collect();
    let different = labels.iter().collect::<HashSet<_>>().len();
    labels.len() * 10 >= found.found.len() * 9
        && (2..=MAXIMUM_SIGNED_LABELS).contains(&different)
        && 2 * different <= labels.len()
}

/// How many rows at the beginning are narrower than the table below them, or hold a single cell where most others hold more: a title, the name of an
/// encoding. A header that is one name short, as R writes it, is none of them.
fn title_rows(found: &Records) -> usize {
    let widths: Vec<usize> = found.found.iter().map(|(_, record)| record.len()).collect();
    let (common, count) = common_width(widths.iter().copied());
    // Where rows of one width are the exception, nothing is known about the others.
    if count * 2 <= widths.len() {
        return 0;
    }
    // A delimiter at the end of every row adds a column that holds nothing.
    let of_table = found.found.iter().map(|(_, record)| record).filter(|record| record.len() == common);
    let filled = of_table
        .map(|record| record.iter().rposition(|field| !field.trim_ascii().is_empty()).map_or(0, |last| last + 1))
        .max()
        .unwrap_or(common);
    let cells = |record: &ByteRecord| record.iter().filter(|field| !field.trim_ascii().is_empty()).count();
    let single = found.found.iter().filter(|(_, record)| cells(record) < 2).count();
    // A spreadsheet writes its title as wide as the table: "Survey 2024;;;".
    let has_padded_titles = common > 2 && single * 10 <= widths.len();
    let is_title = |record: &ByteRecord| record.len() < filled || has_padded_titles && cells(record) < 2;
    let narrower = found.found.iter().take_while(|(_, record)| is_title(record)).count();
    let last_is_short_header = narrower > 0 && widths[narrower - 1] > 1 && widths[narrower - 1] + 1 == common;
    narrower - usize::from(last_is_short_header)
}
