//! Properties that hold for any input.

use super::*;

/// Reads with every kind of option; what it gives must be consistent, whatever it is.
fn probe(bytes: &[u8]) {
    let column = |name: &str| Some(name.to_string());
    for options in [
        ReadOptions::default(),
        named("x.json"),
        named("x.jsonl"),
        ReadOptions { has_header: Some(false), task: Some(Task::Regression), ..named("x.csv") },
        ReadOptions { text_column: column("#1"), label_column: column("#2"), max_rows: Some(5), ..named("x") },
        ReadOptions { pair_column: column("#3"), has_header: Some(true), ..named("x") },
    ] {
        let Ok(dataset) = Dataset::read(bytes, &options) else { continue };
        assert!(!dataset.examples.is_empty());
        let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
        for example in &dataset.examples {
            assert!((1..=lines).contains(&example.line) && !example.text.is_empty());
            assert_eq!(example.pair.is_some(), dataset.layout.pair_column.is_some());
            assert!(example.pair.as_ref().is_none_or(|pair| !pair.is_empty()));
        }
        assert!(dataset.examples.is_sorted_by_key(|example| example.line));
        assert!(dataset.rejected.is_sorted_by_key(|rejection| rejection.line));
        assert!(dataset.rejected.iter().all(|rejection| (1..=lines).contains(&rejection.line)));
        match dataset.task {
            Task::Classification => assert!(dataset.class_counts().into_iter().all(|count| count >= 2)),
            Task::Regression => assert!(dataset.labels.is_empty()),
        }
        let split = dataset.split(1, 0.5).unwrap();
        assert!(!split.train.is_empty() && !split.test.is_empty());
    }
}

/// Pieces that mean something to a parser, in any order.
fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Whatever is wrong with it, a row is an example or is rejected by its line, and not both.
    #[test]
    fn every_row_is_an_example_or_rejected(kinds in prop::collection::vec(0_usize..9, 4..40)) {
        let row = |(index, &kind): (usize, &usize)| match kind {
            0 => ",yes\n".to_string(),
            1 => format!("text {index},\n"),
            2 => format!("text {index},yes,no\n"),
            3 => format!("text {index},label {index}\n"), // nobody else's
            4 | 5 => format!("text {index},no\n"),
            _ => format!("text {index},yes\n"),
        };
        let rows: String = kinds.iter().enumerate().map(row).collect();
        if let Ok(dataset) = Dataset::read(format!("text,label\n{rows}").as_bytes(), &named("x.csv")) {
            let examples = dataset.examples.iter().map(|example| example.line);
            let mut lines: Vec<u64> = examples.chain(dataset.rejected.iter().map(|rejection| rejection.line)).collect();
            lines.sort_unstable();
            prop_assert_eq!(lines, (2..kinds.len() as u64 + 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        probe(&bytes);
    }

    #[test]
    fn anything_like_a_table_is_read_or_refused(
        text in soup(&["a", "b", "1", "2.5", "é", "word and word", ",", ",", "\t", ";", "|", "\n", "\n", "\r\n", "\r", "\"",
            "\"\"", " ", "\0", "text", "label", "[", "{", "\u{feff}"]),
    ) {
        probe(text.as_bytes());
    }

    #[test]
    fn anything_like_json_is_read_or_refused(
        text in soup(&["[", "]", "{", "}", "{", "}", ",", ":", "\"text\":", "\"label\":", "\"a\"", "\"b\"", "1", "-2.5e3", "1e999",
            "true", "null", "\"\\ud800\"", "\"\\u0000\"", "\\", "\"", "\n", " ", "{\"text\":\"a\",\"label\":1}",
            "{\"text\":\"b\",\"label\":2}", "[\"a\",1]"]),
    ) {
        probe(text.as_bytes());
    }

    /// Any texts survive a round trip through a CSV writer.
    #[test]
    fn delimited_rows_come_back_as_written(
        texts in prop::collection::vec("[a-z][a-z ,;|\t\"\n]{0,12}[a-z]", 4..20),
        delimiter in prop::sample::select(b",;|".as_slice()),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["text", "label"]).unwrap();
        for (index, text) in texts.iter().enumerate() {
            writer.write_record([text.as_str(), ["yes", "no"][index % 2]]).unwrap();
        }
        let dataset = read(writer.into_inner().unwrap());
        let read: Vec<&String> = dataset.examples.iter().map(|example| &example.text).collect();
        prop_assert_eq!(read, texts.iter().collect::<Vec<_>>());
    }

    #[test]
    fn json_rows_come_back_as_written(texts in prop::collection::vec("[a-z]\\PC{0,12}[a-z]", 4..20), as_lines in any::<bool>()) {
        let rows: Vec<serde_json::Value> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| serde_json::json!({ "text": text, "label": index % 2 }))
            .collect();
        let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
        let file = if as_lines { lines.join("\n") } else { serde_json::to_string_pretty(&rows).unwrap() };
        let dataset = read(file);
        let read: Vec<&String> = dataset.examples.iter().map(|example| &example.text).collect();
        prop_assert_eq!(read, texts.iter().collect::<Vec<_>>());
    }
}
