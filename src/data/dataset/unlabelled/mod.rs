//! A file of texts without labels, read in pieces: its layout is guessed from its beginning, and its rows come one after the other, so that a file of
//! any length takes the same memory.

mod columns;
mod decoder;
mod output;
mod records;

use super::encoding::decode;
use super::guess::{Guess, JsonForm};
use super::names::{TEXT_NAMES, normalised};
use super::quotes::Quotes;
use super::table::Table;
use super::{Format, ReadOptions, Rejection};
use crate::error::{Error, ErrorKind, Place, Result};
use columns::choose_columns;
use decoder::Decoder;
pub use output::{Answer, LabelledWriter};
use records::{Form, Reader};
use serde::{Deserialize, Serialize};

/// Bytes of a file from which its layout is guessed, at most.
pub const HEAD_BYTES: usize = 256 << 10;
/// A delimiter that texts do not hold, for files of one column.
const NO_DELIMITER: char = '\u{1F}';

/// The columns of the file that the model learnt from: another file's columns of the same names play the same parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsualColumns {
    /// That of the texts.
    pub text: Option<String>,
    /// That of the second texts; where there is one, the model answers pairs.
    pub pair: Option<String>,
}

/// How a file of texts was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnlabelledLayout {
    /// CSV, TSV or JSON Lines.
    pub format: Format,
    /// Every column, by name or else by place.
    pub columns: Vec<String>,
    /// The column of texts.
    pub text_column: String,
    /// The column of second texts.
    pub pair_column: Option<String>,
    /// Whether the first row names the columns.
    pub has_header: bool,
}

/// A row, as it stands in the file and as it is understood.
#[derive(Debug)]
pub struct UnlabelledRow {
    /// Its first line, one-based.
    pub line: u64,
    /// The text and, of a pair, the second one; or why there is none.
    pub texts: std::result::Result<(String, Option<String>), Rejection>,
    source: Source,
}

/// A row as it is written again.
#[derive(Debug)]
enum Source {
    Header(csv::ByteRecord),
    Record(csv::ByteRecord),
    Json(Vec<u8>),
}

impl UnlabelledRow {
    /// Whether it names the columns.
    pub fn is_header(&self) -> bool {
        matches!(self.source, Source::Header(_))
    }
}

/// The rows of a file that arrives in pieces.
pub struct Unlabelled {
    layout: UnlabelledLayout,
    decoder: Decoder,
    reader: Reader,
}

impl Unlabelled {
    /// Understands a file by its beginning: [`HEAD_BYTES`] of it, or all.
    ///
    /// # Errors
    /// [`ErrorKind::Dataset`] where it is not text, is no CSV, TSV or JSON Lines, or has no column of texts.
    pub fn open(head: &[u8], is_whole: bool, options: &ReadOptions, usual: &UsualColumns) -> Result<Unlabelled> {
        let name = options.file_name();
        let end = if is_whole { None } else { head.iter().rposition(|byte| *byte == b'\n') };
        let (text, encoding) = decode(name, &head[..end.map_or(head.len(), |line_end| line_end + 1)])?;
        let mut options = ReadOptions { unlabelled: true, ..options.clone() };
        options.text_column = options.text_column.or_else(|| usual.text.clone().filter(|it| !it.starts_with('#')));
        // What is asked for tells a header; whether it is there is found out below.
        let mut table = Table::read(&text, name, &options)?;
        let first_is_name = first_is_name(&text, options.text_column.as_deref());
        let is_plain = name.to_lowercase().ends_with(".txt") && !text.contains(&b'\t');
        let is_delimited = table.delimiter.is_some() && options.delimiter.is_none();
        if is_delimited && (table.columns.len() == 1 || first_is_name || is_plain) {
            options.delimiter = Some(NO_DELIMITER);
            options.has_header = options.has_header.or(Some(first_is_name));
            table = Table::read(&text, name, &options)?;
        }
        let form = form_of(&table, &text, name)?;
        let (text_column, pair_column) = choose_columns(&mut table, name, &options, usual)?;
        let is_nested = |&column: &usize| is_nested(&table, column);
        if let Some(column) = std::iter::once(text_column).chain(pair_column).find(is_nested) {
            let place = Place::named(name).column(&table.columns[column]);
            let expected = "texts in a field of their own";
            return Err(Error::new(ErrorKind::Dataset, place, expected, "a field within another"));
        }
        let layout = UnlabelledLayout {
            format: table.format,
            text_column: table.columns[text_column].clone(),
            pair_column: pair_column.map(|pair| table.columns[pair].clone()),
            has_header: table.has_header,
            columns: table.columns,
        };
        let reader = Reader::new(name, form, &layout, (text_column, pair_column));
        Ok(Unlabelled { layout, decoder: Decoder::new(encoding), reader })
    }

    /// How the file was understood.
    pub fn layout(&self) -> &UnlabelledLayout {
        &self.layout
    }

    /// What writes its rows again, with answers: the delimiter is its own, or a comma where it has one column.
    ///
    /// `names`: of the new columns.
    pub fn writer(&self, names: &[&str]) -> LabelledWriter {
        let delimiter = match self.reader.form() {
            Form::Delimited { delimiter, .. } if *delimiter != NO_DELIMITER as u8 => *delimiter,
            _ => b',',
        };
        LabelledWriter::new(&self.layout, delimiter, names)
    }

    /// The rows that are complete with these next bytes of the file, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Dataset`] where a single line is longer than any text.
    pub fn read(&mut self, bytes: &[u8], is_last: bool) -> Result<Vec<UnlabelledRow>> {
        let text = self.decoder.push(bytes, is_last);
        self.reader.push(&text, is_last)
    }
}

/// Whether the first line names a column of texts and no other, so that each line below it is a text.
fn first_is_name(text: &[u8], asked: Option<&str>) -> bool {
    let first = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let first = normalised(String::from_utf8_lossy(first).trim_matches('"'));
    TEXT_NAMES.contains(&first.as_str()) || asked.is_some_and(|asked| normalised(asked) == first)
}

/// Whether a column was made of a field within another.
fn is_nested(table: &Table, column: usize) -> bool {
    let nests = |guess: &Guess| matches!(guess, Guess::Form { form: JsonForm::Nested, .. });
    table.guessed.iter().any(nests) && table.columns[column].contains('.')
}

/// How the rows lie in the file.
fn form_of(table: &Table, text: &[u8], name: &str) -> Result<Form> {
    let refuse = |got: &str| {
        let expected = "CSV, TSV or JSON Lines (an object a line)";
        Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got))
    };
    // Of nested objects the other fields are plain, and every row is written back as it is.
    let is_of_another_form = |guess: &Guess| matches!(guess, Guess::Form { form, .. } if *form != JsonForm::Nested);
    if table.guessed.iter().any(is_of_another_form) {
        return refuse("rows in another form");
    }
    match (table.format, table.delimiter) {
        (Format::JsonLines, _) if text.trim_ascii_start().starts_with(b"[") => refuse("an array a line"),
        (Format::JsonLines, _) => Ok(Form::Json),
        (Format::Json, _) => refuse("one JSON array"),
        (_, Some(delimiter)) if delimiter.is_ascii() => {
            let quotes = table.guessed.iter().find_map(|guess| match guess {
                Guess::Quotes { quotes } => Some(*quotes),
                _ => None,
            });
            let mut skipped: Vec<u64> = table.guessed.iter().flat_map(skipped_lines).copied().collect();
            if table.guessed.contains(&Guess::SeparatorLine) {
                skipped.push(1);
            }
            let has_row_names = table.guessed.contains(&Guess::RowNames);
            let quotes = quotes.unwrap_or(Quotes::Doubled);
            Ok(Form::Delimited { delimiter: delimiter as u8, quotes, skipped, has_row_names })
        }
        _ => refuse("a delimiter of several bytes"),
    }
}

fn skipped_lines(guess: &Guess) -> &[u64] {
    match guess {
        Guess::SkippedLines { lines } => lines,
        _ => &[],
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
