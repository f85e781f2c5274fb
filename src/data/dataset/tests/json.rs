//! JSON and JSON Lines.

use super::*;

#[test]
fn arrays_of_objects_keep_the_order_of_keys_and_their_lines() {
    let file = r#"
[
  {"text": "one", "label": 1, "extra": [1, {"deep": null}]},
  {"label": 2, "text": "two, \"quoted\"\u00e9 ]}"}, {"text": "three", "label": 1},
  {
"text": "four",
"label": 2
  },
]
"#;
    let dataset = read(file);
    assert_eq!(dataset.layout.format, Format::Json);
    assert_eq!(dataset.layout.columns, ["text", "label", "extra"]);
    assert_eq!(rows(&dataset), ["3 one = 1", "4 two, \"quoted\"é ]} = 2", "4 three = 1", "5 four = 2"]);
    assert!(dataset.rejected.is_empty());
}

#[test]
fn lines_of_objects() {
    let file = "{\"text\": \"one\", \"label\": true}\r\n\r\n{\"text\": \"two\", \"label\": false}\r\n{\"text\": \"three\", \"label\": true}\n\
                {\"text\": \"four\", \"label\": false}";
    let dataset = read(file);
    assert_eq!(dataset.layout.format, Format::JsonLines);
    assert_eq!(rows(&dataset), ["1 one = true", "3 two = false", "4 three = true", "5 four = false"]);
}

#[test]
fn arrays_of_arrays_are_tables() {
    let nested = r#"[["text", "label"], ["one", "a"], ["two", "b"], ["three", "a"], ["four", "b"], ["five"]]"#;
    let lines =
        "[\"text\", \"label\"]\n[\"one\", \"a\"]\n[\"two\", \"b\"]\n[\"three\", \"a\"]\n[\"four\", \"b\"]\n[\"five\"]";
    for (file, format, line) in [(nested, Format::Json, 1), (lines, Format::JsonLines, 6)] {
        let dataset = read(file);
        assert_eq!((dataset.layout.format, dataset.layout.has_header), (format, true));
        assert_eq!(dataset.layout.columns, ["text", "label"]);
        assert_eq!(dataset.examples.len(), 4);
        assert_eq!(rejections(&dataset), [format!("{line} expected 2 fields, got 1")]);
    }
}

#[test]
fn bad_rows_are_rejected_and_the_rest_is_kept() {
    let file = r#"{"text": "one", "label": "a"}
{"text": "two", "label": }
{"text": "lone \ud800 surrogate", "label": "a"}
{"label": "a"}
{"text": ["three"], "label": "a"}
{"text": "four", "label": {"is": "nested"}}
{"text": "five", "label": null}
["six", "a"]
7
{"text": "eight", "label": "b"}
{"text": "\u0000nine\u0000", "label": "a"}
{"text": "ten", "label": "b"}
"#;
    let dataset = read(file);
    assert_eq!(rows(&dataset), ["1 one = a", "10 eight = b", "11 nine = a", "12 ten = b"]);
    let reasons = rejections(&dataset);
    assert_eq!(reasons.len(), 8);
    assert!(reasons[0].starts_with("2 not a JSON row: expected value"), "{}", reasons[0]);
    assert!(reasons[1].starts_with("3 not a JSON row: ") && reasons[1].contains("hex escape"), "{}", reasons[1]);
    assert_eq!(
        reasons[2..6],
        ["4 no field \"text\"", "5 the text is a list", "6 the label is an object", "7 the label is empty"]
    );
    assert_eq!(reasons[6], "8 an array, where other rows are objects");
    assert!(reasons[7].starts_with("9 not a JSON row: "), "{}", reasons[7]);
}

#[test]
fn splits_are_named_by_a_word_of_their_keys() {
    let part = |from: usize| {
        let row = |it: usize| format!("[\"question {it}\", \"{}\"]", ["a", "b"][it % 2]);
        format!("[{}]", (from..from + 4).map(row).collect::<Vec<_>>().join(", "))
    };
    let of = |keys: &[&str]| {
        let parts = keys.iter().enumerate().map(|(it, key)| format!("\"{key}\": {}", part(10 * it)));
        format!("{{{}}}", parts.collect::<Vec<_>>().join(",\n"))
    };
    let sizes = |file: &str| {
        let layout = Dataset::read(file.as_bytes(), &named("data.json")).unwrap().layout;
        layout.guessed.iter().find_map(|it| if let Guess::Splits { sizes, .. } = it { Some(*sizes) } else { None })
    };
    let clinc = of(&["oos_val", "val", "train", "oos_test", "test", "oos_train"]);
    assert_eq!(sizes(&clinc), Some([8, 8, 8]));
    assert_eq!(sizes(&of(&["train", "validation_matched", "validation_mismatched"])), Some([4, 8, 0]));
    assert_eq!(sizes(&of(&["trainSet", "devSet"])), Some([4, 4, 0]));
    assert_eq!(sizes(&of(&["test_data"])), None, "one split divides nothing");
    let beside = of(&["train", "test"]).replacen('{', "{\"version\": 1, \"info\": {\"by\": \"us\"}, \"dev\": [ ], ", 1);
    assert_eq!(sizes(&beside), Some([4, 0, 4]), "an empty split, and what is no list");
    for other in ["train_or_test", "more"] {
        let refused = refusal(of(&["train", "test", other]), &named("data.json"));
        assert!(refused.ends_with(&format!("got one object with the fields train, test, {other}")), "{refused}");
    }
}

#[test]
fn a_broken_element_of_an_array_costs_a_row() {
    let rows_before = "[{\"text\": \"one\", \"label\": \"a\"},\n{\"text\": \"two\", \"label\": \"b\"},\n";
    let rows_after = "{\"text\": \"four\", \"label\": \"a\"},\n{\"text\": \"five\", \"label\": \"b\"}\n]";
    for bad in [
        "{\"text\": \"three, \"label\": \"a\"},\n",
        "{\"text\": },\n",
        "{\"text\": \"x\" \"label\": 1},\n",
        "nonsense,\n",
    ] {
        let dataset = read(format!("{rows_before}{bad}{rows_after}"));
        assert_eq!(rows(&dataset).len(), 4, "{bad}");
        assert_eq!(dataset.rejected.iter().map(|rejection| rejection.line).collect::<Vec<_>>(), [3], "{bad}");
    }
    // The file was cut off.
    let cut = read(format!("{rows_before}{}, {{\"text\": \"cut", rows_after.trim_end_matches(']')));
    assert_eq!((cut.examples.len(), rejections(&cut).len()), (4, 1));
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let deep = "[".repeat(200_000);
    refusal(&deep, &named("deep.json"));
    refusal(format!("[{deep}"), &named("deep"));
    let dataset = read(
        format!(
            "[{{\"text\": {deep}, \"label\": 1}},\n{}]",
            [("x", 1), ("y", 2), ("z", 1), ("w", 2)]
                .map(|(text, label)| format!("{{\"text\": \"{text}\", \"label\": {label}}}"))
                .join(",\n")
        )
        .replace(&deep, &format!("{deep}{}", "]".repeat(200_000))),
    );
    assert_eq!(dataset.examples.len(), 4);
    assert!(rejections(&dataset)[0].contains("recursion limit"), "{:?}", rejections(&dataset));
}

#[test]
fn the_last_of_equal_keys_wins() {
    let row = |text: &str, label: u8| format!("{{\"text\": \"old\", \"text\": \"{text}\", \"label\": {label}}}\n");
    let file = [row("one", 1), row("two", 2), row("three", 1), row("four", 2)].concat();
    assert_eq!(rows(&read(file))[0], "1 one = 1");
}

#[test]
fn what_is_named_json_and_is_not_is_refused() {
    assert_eq!(
        refusal("text,label\none,a\n", &named("rows.json")),
        "rows.json: expected an array of objects, an object a line, or an object of rows, columns or splits, got text that starts with \"text,label\\none,a\\n\""
    );
    assert!(
        refusal("text,label\none,a\n", &named("rows.jsonl"))
            .contains("2 bad rows, the first on line 1: not a JSON row")
    );
    let fields = refusal("{\"version\": 3, \"texts\": {\"one\": \"a\"}}", &named("rows.json"));
    assert!(fields.ends_with("got one object with the fields version, texts"), "{fields}");
    assert!(refusal("[]", &named("rows.json")).contains("no row at all"));
}

#[test]
fn argilla_s_answers_are_labels_and_its_metadata_is_none() {
    let record = |form: &str, (row, label): (usize, &str)| {
        let (text, split) = (format!("text number {row}, and some words"), if row % 3 == 0 { "test" } else { "train" });
        let answer = format!(r#"{{"value": "{label}", "user_id": "u1", "status": "submitted"}}"#);
        let dropped = r#"{"value": "wrong", "user_id": "u2", "status": "discarded"}"#;
        match form {
            "records" => format!(
                r#"{{"id": "a-{row}", "fields": {{"text": "{text}"}}, "metadata": {{"split": "{split}"}}, "status": "completed",
                "suggestions": {{"label": {{"value": "suggested", "score": 0.7, "agent": "m"}}}}, "responses": {{"label": [{answer}, {dropped}]}}}}"#
            ),
            "feedback" => format!(
                r#"{{"text": "{text}", "label": [{answer}, {answer}, {dropped}], "external_id": null, "metadata": "{{\"split\": \"{split}\"}}"}}"#
            ),
            _ => format!(
                r#"{{"text": "{text}", "inputs": {{"text": "{text}"}}, "annotation": "{label}", "prediction": null, "metadata": {{"split": "{split}"}}, "status": "Validated"}}"#
            ),
        }
    };
    for form in ["records", "feedback", "old"] {
        let labels = ["good", "bad", "good", "bad", "bad", "good", "good", "bad", "bad", "good", "bad", "good"];
        let records: Vec<String> = labels.into_iter().enumerate().map(|row| record(form, row)).collect();
        let dataset = read(format!("[{}]", records.join(",\n")));
        assert_eq!(dataset.labels, ["bad", "good"], "{form}");
        assert_eq!((dataset.examples.len(), dataset.rejected.len()), (12, 0), "{form}");
        let of_file =
            |guess: &Guess| matches!(guess, Guess::Splits { column: Some(name), .. } if name == "metadata.split");
        assert_eq!(dataset.layout.guessed.iter().any(of_file), form != "feedback", "{form}");
    }
}
