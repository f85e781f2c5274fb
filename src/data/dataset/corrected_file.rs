//! A reader's file with corrected labels, as a file: every column and row of it, but for the labels that are changed and the rows that are dropped.

use super::encoding::decode;
use super::names::find_column;
use super::table::{Cell, Row, Table};
use super::{Correction, DataFile, Dataset, Portion, ReadOptions};
use crate::error::Result;
use std::collections::HashMap;

/// The column that says which file of several a row is of.
const SPLIT: &str = "split";

impl Dataset {
    /// The rows of the file, and of those beside it, with these corrections, as CSV in UTF-8, or in the delimiter of the file where it has one.
    ///
    /// Rows that are not used stay in it as they are, but for those that are not even rows of the table. Of several files the columns are
    /// the first one's, and `split` says which file a row is of. A list is written as JSON; what is neither text, number nor
    /// list, and what is in another encoding than its file, is left empty.
    ///
    /// # Errors
    /// Those of [`Dataset::read_files`], and of corrections that are not of these rows.
    pub fn corrected(
        bytes: &[u8],
        options: &ReadOptions,
        others: &[DataFile<'_>],
        corrections: &[Correction],
    ) -> Result<Vec<u8>> {
        let options = ReadOptions { corrections: corrections.to_vec(), ..options.clone() };
        let dataset = Dataset::read_files(bytes, &options, others)?;
        let labels: HashMap<usize, Option<&str>> = dataset
            .corrections
            .iter()
            .map(|(&example, class)| (dataset.examples[example].row, class.map(|class| &*dataset.labels[class])))
            .collect();
        let (text, _) = decode(options.file_name(), bytes)?;
        let first = Table::read(&text, options.file_name(), &options)?;
        let beside = others.iter().map(|file| first.read_beside(file, &options)).collect::<Result<Vec<_>>>()?;
        let is_divided = !others.is_empty() || first.rows.iter().any(|row| row.portion.is_some());
        let adds_split = is_divided && !first.columns.iter().any(|column| column == SPLIT);

        let delimiter = first.delimiter.filter(char::is_ascii).map_or(b',', |delimiter| delimiter as u8);
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        // Writing to memory does not fail.
        let mut write = |record: &[String]| drop(writer.write_record(record));
        let has_header = first.has_header || first.delimiter.is_none();
        if has_header || adds_split {
            let split = adds_split.then(|| SPLIT.to_string());
            write(&first.columns.iter().cloned().chain(split).collect::<Vec<_>>());
        }
        let mut place = 0;
        for (table, portion) in std::iter::once((&first, None)).chain(beside.iter().zip(others.iter().map(Some))) {
            let columns: Vec<Option<usize>> =
                first.columns.iter().map(|column| find_column(&table.columns, column)).collect();
            let portion = portion.map_or((!others.is_empty()).then_some(Portion::Train), |file| Some(file.portion));
            for row in &table.rows {
                let label = labels.get(&place).copied();
                place += 1;
                if label == Some(None) {
                    continue;
                }
                let mut cells: Vec<String> =
                    columns.iter().map(|column| column.map_or_else(String::new, |it| written(row, it))).collect();
                if let (Some(Some(label)), Some(column)) =
                    (label, find_column(&first.columns, &dataset.layout.label_column))
                {
                    cells[column] = label.to_string();
                }
                if adds_split {
                    cells.push(portion.or(row.portion).map_or_else(String::new, |it| name_of(it).into()));
                }
                write(&cells);
            }
        }
        Ok(writer.into_inner().unwrap_or_default())
    }
}

/// A cell as text.
fn written(row: &Row, column: usize) -> String {
    match row.cell(column) {
        Some(Cell::Text(text)) => text.clone(),
        Some(Cell::List(items)) => serde_json::json!(items).to_string(),
        Some(Cell::Undecoded | Cell::Other(_)) | None => String::new(),
    }
}

fn name_of(portion: Portion) -> &'static str {
    match portion {
        Portion::Train => "train",
        Portion::Validation => "validation",
        Portion::Test => "test",
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn correction(example: usize, given: &str, corrected: Option<&str>) -> Correction {
        Correction { example, given: given.into(), corrected: corrected.map(String::from) }
    }

    fn options(name: &str) -> ReadOptions {
        ReadOptions { name: name.into(), ..ReadOptions::default() }
    }

    fn corrected(file: &str, name: &str, corrections: &[Correction]) -> String {
        String::from_utf8(Dataset::corrected(file.as_bytes(), &options(name), &[], corrections).unwrap()).unwrap()
    }

    #[test]
    fn all_columns_and_rows_stay_but_for_what_is_corrected() {
        let mut lines = vec!["id;note;text;label;date".to_string()];
        for row in 0..12 {
            lines.push(format!(
                r#"{row};" a ""note""; {row}";the text {row};{};2026-01-{row:02}"#,
                ["no", "yes"][row % 2]
            ));
        }
        lines.insert(5, "99;without a label;a text;;2026-02-01".into());
        let file = lines.join("\n") + "\n";
        let unchanged = corrected(&file, "rows.csv", &[]);
        assert_eq!(unchanged, file.replace("\r", ""), "even a row that is not used");
        // Examples 4 and 5 stand below the row without a label.
        let changes = [correction(5, "yes", Some("no")), correction(4, "no", None)];
        let mut expected = lines.clone();
        expected[7] = expected[7].replace(";yes;", ";no;");
        expected.remove(6);
        assert_eq!(corrected(&file, "rows.csv", &changes), expected.join("\n") + "\n");
    }

    #[test]
    fn files_side_by_side_are_one_file_with_a_split() {
        let row = |row: usize| format!("the text {row},{},{}\n", ["a", "b"][row % 2], row * row);
        let of = |rows: std::ops::Range<usize>| rows.map(row).collect::<String>();
        let (train, test) =
            (format!("text,label,extra\n{}", of(0..8)), format!("label,text\nb,another\n{}", "a,one more\n"));
        let others = [DataFile { name: "test.csv", portion: Portion::Test, bytes: test.as_bytes() }];
        let changes = [correction(1, "b", Some("a")), correction(9, "a", None)];
        let written = Dataset::corrected(train.as_bytes(), &options("train.csv"), &others, &changes).unwrap();
        let lines: Vec<String> = String::from_utf8(written).unwrap().lines().map(String::from).collect();
        assert_eq!(lines.len(), 1 + 8 + 1);
        assert_eq!(lines[..3], ["text,label,extra,split", "the text 0,a,0,train", "the text 1,a,1,train"]);
        assert_eq!(lines[9], "another,b,,test");
    }

    #[test]
    fn fields_of_json_become_columns_and_a_table_without_names_stays_one() {
        let rows: String = (0..8)
            .map(|row| {
                format!(
                    "{{\"text\": \"text {row}\", \"label\": \"{}\", \"tags\": [\"x\", \"y\"]}}\n",
                    ["a", "b"][row % 2]
                )
            })
            .collect();
        let written = corrected(&rows, "rows.jsonl", &[correction(0, "a", Some("b"))]);
        assert!(written.starts_with("text,label,tags\ntext 0,b,\"[\"\"x\"\",\"\"y\"\"]\"\ntext 1,b,"), "{written}");
        let bare: String = (0..8).map(|row| format!("a longer text {row}\t{}\t7\n", ["a", "b"][row % 2])).collect();
        let written = corrected(&bare, "rows.tsv", &[correction(7, "b", None)]);
        assert_eq!(written, bare.lines().take(7).map(|line| format!("{line}\n")).collect::<String>());
    }
}
