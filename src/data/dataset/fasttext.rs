//! fastText's lines: `__label__good The text`, with a label for each such word at the beginning.

use super::guess::{Guess, JsonForm};
use super::lines::text_lines;
use super::table::{Cell, Row, Table};
use super::{Format, ReadOptions};

/// What stands before each label.
const PREFIX: &str = "__label__";

impl Table {
    /// The rows of a file of which nine lines in ten begin with a label; none of another file.
    pub(super) fn from_fasttext(bytes: &[u8], options: &ReadOptions) -> Option<Table> {
        let lines = text_lines(bytes);
        let labelled = lines.iter().filter(|(_, line)| line.starts_with(PREFIX.as_bytes())).count();
        if options.delimiter.is_some() || labelled == 0 || labelled * 10 < lines.len() * 9 {
            return None;
        }
        let mut table = Table::empty(Format::Csv);
        table.guessed.push(Guess::Form { form: JsonForm::Tool, name: "fastText".to_string() });
        table.columns = ["label", "text"].map(String::from).to_vec();
        table.rows = lines
            .into_iter()
            .map(|(line, bytes)| Row { line, portion: None, cells: cells(bytes).into_iter().enumerate().collect() })
            .collect();
        Some(table)
    }
}

/// The labels and the text of a line.
fn cells(line: &[u8]) -> [Cell; 2] {
    let Ok(mut rest) = std::str::from_utf8(line) else { return [Cell::Undecoded, Cell::Undecoded] };
    let mut labels = Vec::new();
    while let Some(labelled) = rest.strip_prefix(PREFIX) {
        let (label, text) = labelled.split_once(char::is_whitespace).unwrap_or((labelled, ""));
        labels.push(label.to_string());
        rest = text.trim_start();
    }
    let label = match labels.len() {
        1 => Cell::Text(labels.remove(0)),
        _ => Cell::List(labels),
    };
    [label, Cell::Text(rest.to_string())]
}
