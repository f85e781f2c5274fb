//! The rows of an unlabelled file, written again with an answer each.

use super::super::json;
use super::{Source, UnlabelledLayout, UnlabelledRow};
use csv::ByteRecord;
use serde_json::{Value, json};

/// What a model answers to a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The most probable label, its probability, and the label that comes second.
    Label {
        /// The most probable label.
        label: String,
        /// Its probability, of 1.
        probability: f64,
        /// The second most probable.
        second: String,
    },
    /// A regression's score.
    Score(f64),
}

/// Writes rows in the format of the file that they come from: the same columns, in the same order, and the answer's after them. Delimited rows are
/// quoted where they need it (RFC 4180), whatever their file had; JSON stays as it is, byte for byte.
pub struct LabelledWriter {
    delimiter: u8,
    width: usize,
    names: Vec<String>,
    written: Vec<u8>,
}

impl LabelledWriter {
    /// `names` of the answer's columns; where the file has one of them, all say `predicted_` before it.
    pub(super) fn new(layout: &UnlabelledLayout, delimiter: u8, names: &[&str]) -> LabelledWriter {
        let mut names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        while names.iter().any(|name| layout.columns.contains(name)) {
            names.iter_mut().for_each(|name| name.insert_str(0, "predicted_"));
        }
        LabelledWriter { delimiter, width: layout.columns.len(), names, written: Vec::new() }
    }

    /// The names of the answer's columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Adds a row; one that a model could not answer has nothing in these columns.
    pub fn write(&mut self, row: &UnlabelledRow, answer: Option<&Answer>) {
        match &row.source {
            Source::Header(record) => self.write_record(record, self.names.clone()),
            Source::Record(record) => self.write_record(record, self.cells(answer)),
            Source::Json(bytes) => self.write_json(bytes, answer),
        }
    }

    /// What has been written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.written)
    }

    fn cells(&self, answer: Option<&Answer>) -> Vec<String> {
        match answer {
            Some(Answer::Label { label, probability, second }) => {
                vec![label.clone(), format!("{probability:.6}"), second.clone()]
            }
            Some(Answer::Score(score)) => vec![format!("{score:.6}")],
            None => vec![String::new(); self.names.len()],
        }
    }

    /// A row that is narrower than the table is filled up; one that is wider has no room for an answer.
    fn write_record(&mut self, record: &ByteRecord, added: Vec<String>) {
        let missing = self.width.saturating_sub(record.len());
        let added = if record.len() > self.width { Vec::new() } else { added };
        let fields = record.iter().chain(std::iter::repeat_n(&b""[..], missing));
        let fields: Vec<&[u8]> = fields.chain(added.iter().map(String::as_bytes)).collect();
        let mut writer =
            csv::WriterBuilder::new().delimiter(self.delimiter).flexible(true).from_writer(&mut self.written);
        // Writing to memory does not fail, and neither does dropping what was written whole.
        let _ = writer.write_record(fields).and_then(|()| Ok(writer.flush()?));
    }

    /// The object of a line with further fields before its last brace; a line that is no object, or that has such fields itself, stays as it is.
    fn write_json(&mut self, bytes: &[u8], answer: Option<&Answer>) {
        let fields = match answer {
            Some(Answer::Label { label, probability, second }) => {
                vec![json!(label), json!(rounded(*probability)), json!(second)]
            }
            Some(Answer::Score(score)) => vec![json!(rounded(*score))],
            None => vec![Value::Null; self.names.len()],
        };
        let inner = bytes.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        let own = json::fields(bytes).ok().filter(|own| own.iter().all(|(name, _)| !self.names.contains(name)));
        let Some(inner) = inner.map(<[u8]>::trim_ascii).filter(|_| own.is_some()) else {
            self.written.extend_from_slice(bytes);
            self.written.push(b'\n');
            return;
        };
        self.written.push(b'{');
        self.written.extend_from_slice(inner);
        for (place, (name, value)) in self.names.iter().zip(fields).enumerate() {
            let comma = if place == 0 && inner.is_empty() { "" } else { "," };
            self.written.extend_from_slice(format!("{comma}{}:{value}", json!(name)).as_bytes());
        }
        self.written.extend_from_slice(b"}\n");
    }
}

/// Six decimals, as in a delimited file.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn six_decimals_in_both_formats() {
        assert_eq!(rounded(0.123_456_789).to_string(), format!("{:.6}", 0.123_456_789));
    }
}
