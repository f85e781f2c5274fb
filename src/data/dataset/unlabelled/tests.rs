//! Files of texts in pieces of any size, and what is written of them.

use super::super::Dataset;
use super::*;
use proptest::prelude::*;

fn options(name: &str) -> ReadOptions {
    ReadOptions { name: name.to_string(), ..ReadOptions::default() }
}

fn usual(text: &str) -> UsualColumns {
    UsualColumns { text: Some(text.to_string()), pair: None }
}

/// What a file becomes where each text is answered with its length, read in pieces of so many bytes.
fn labelled(bytes: &[u8], name: &str, usual: &UsualColumns, piece: usize) -> (String, Vec<String>, Vec<String>) {
    let mut file = Unlabelled::open(bytes, true, &options(name), usual).unwrap();
    let mut writer = file.writer(&["label", "probability", "second_label"]);
    let (mut texts, mut rejected, mut written) = (Vec::new(), Vec::new(), Vec::new());
    let pieces: Vec<&[u8]> = bytes.chunks(piece).collect();
    for (place, part) in pieces.iter().enumerate() {
        for row in file.read(part, place + 1 == pieces.len()).unwrap() {
            let answer = row.texts.as_ref().ok().map(|(text, _)| Answer::Label {
                label: format!("{}, \"long\"", text.len()),
                probability: 0.75,
                second: "short".to_string(),
            });
            writer.write(&row, answer.as_ref());
            match &row.texts {
                Ok((text, pair)) if !row.is_header() => {
                    texts.push(format!(
                        "{} {text}{}",
                        row.line,
                        pair.as_ref().map_or(String::new(), |it| format!(" + {it}"))
                    ));
                }
                Ok(_) => {}
                Err(rejection) => rejected.push(format!("{} {}", rejection.line, rejection.reason)),
            }
        }
        written.extend(writer.take());
    }
    (String::from_utf8(written).unwrap(), texts, rejected)
}

#[track_caller]
fn refusal(bytes: impl AsRef<[u8]>, name: &str, usual: &UsualColumns) -> String {
    Unlabelled::open(bytes.as_ref(), true, &options(name), usual).err().unwrap().to_string()
}

#[test]
fn columns_stay_and_answers_come_after_them() {
    let file =
        "id;text;place\r\n1;\"one; and \"\"two\"\"\";A\r\n2;\"three\nfour\";B\r\n\r\n3;;C\r\n4;five;D;E\r\n5;six\r\n";
    let (written, texts, rejected) = labelled(file.as_bytes(), "x.csv", &usual("text"), 1 << 20);
    assert_eq!(texts, ["2 one; and \"two\"", "3 three\nfour"]);
    assert_eq!(rejected, ["6 the text is empty", "7 expected 3 fields, got 4", "8 expected 3 fields, got 2"]);
    let lines = [
        "id;text;place;label;probability;second_label",
        "1;\"one; and \"\"two\"\"\";A;\"14, \"\"long\"\"\";0.750000;short",
        "2;\"three\nfour\";B;\"10, \"\"long\"\"\";0.750000;short",
        "3;;C;;;",
        "4;five;D;E",
        "5;six;;;;",
    ];
    assert_eq!(written, lines.map(|line| format!("{line}\n")).concat());
}

#[test]
fn json_lines_stay_as_they_are() {
    let file = "{\"n\": 1.50, \"text\": \"a \\u00e9\" }\n\n{\"text\":\"b\",\"n\":[1]}\n{\"n\":2}\n{oops\n{}\n";
    let (written, texts, rejected) = labelled(file.as_bytes(), "x.jsonl", &usual("text"), 3);
    assert_eq!(texts, ["1 a é", "3 b"]);
    assert_eq!(rejected[..2], ["4 no field \"text\"", "5 not a JSON row: key must be a string"]);
    let lines: Vec<&str> = written.lines().collect();
    let answer = |length: usize| {
        format!("\"label\":\"{length}, \\\"long\\\"\",\"probability\":0.75,\"second_label\":\"short\"}}")
    };
    assert_eq!(lines[0], format!("{{\"n\": 1.50, \"text\": \"a \\u00e9\",{}", answer(4)));
    assert_eq!(lines[2], "{\"n\":2,\"label\":null,\"probability\":null,\"second_label\":null}");
    assert_eq!(lines[3..], ["{oops", "{\"label\":null,\"probability\":null,\"second_label\":null}"]);
}

#[test]
fn of_nested_objects_the_plain_fields_can_be_texts() {
    let file = "{\"text\":\"some words\",\"meta\":{\"k\":1}}\n{\"text\":\"other words\",\"meta\":{\"k\":2}}\n";
    let (written, texts, rejected) = labelled(file.as_bytes(), "x.jsonl", &usual("text"), 3);
    assert_eq!((texts, rejected.len()), (vec!["1 some words".into(), "2 other words".into()], 0));
    assert!(written.starts_with("{\"text\":\"some words\",\"meta\":{\"k\":1},\"label\":"), "{written}");
    let nested = "{\"a\":{\"text\":\"some words\"},\"n\":1}\n{\"a\":{\"text\":\"other words\"},\"n\":2}\n";
    let refused = refusal(nested, "x.jsonl", &usual("a.text"));
    assert!(refused.contains("expected texts in a field of their own, got a field within another"), "{refused}");
}

#[test]
fn columns_that_are_there_are_not_written_twice() {
    let (written, ..) = labelled(b"text,label\nsome words here,x\nother words,y\n", "x.csv", &usual("text"), 5);
    assert!(
        written.starts_with("text,label,predicted_label,predicted_probability,predicted_second_label\n"),
        "{written}"
    );
}

#[test]
fn one_column_is_enough() {
    for (file, name) in [
        ("text\nHello, world\nsome, more\nand, more\n", "x.csv"),
        ("Hello, world\nsome, more\nand, more\n", "x.txt"),
        ("{\"text\":\"Hello, world\"}\n{\"text\":\"some, more\"}\n{\"text\":\"and, more\"}\n", "x.jsonl"),
        ("review\n\"Hello, world\"\n\"some, more\"\n\"and, more\"\n", "x.csv"),
    ] {
        let (written, texts, rejected) = labelled(file.as_bytes(), name, &usual("text"), 4);
        let texts: Vec<&str> = texts.iter().map(|text| text.split_once(' ').unwrap().1).collect();
        assert_eq!((texts, rejected.len()), (vec!["Hello, world", "some, more", "and, more"], 0), "{file}");
        assert_eq!(written.lines().filter(|line| line.contains("Hello, world") && line.contains("0.75")).count(), 1);
    }
}

#[test]
fn texts_are_found_by_the_name_that_was_learnt_from_else_by_looks() {
    let named = b"id,note,text\n1,a first note of some length,x y\n2,another note of some length,z w\n";
    let (_, texts, _) = labelled(named, "x.csv", &usual("note"), 9);
    assert_eq!(texts, ["2 a first note of some length", "3 another note of some length"]);
    let looks = b"id,remark\n1,the first of some words\n2,and some words more\n3,the last of the words\n";
    let (_, texts, _) = labelled(looks, "x.csv", &usual("text"), 9);
    assert_eq!(texts[2], "4 the last of the words");
}

#[test]
fn pairs_have_two_columns() {
    let pairs = UsualColumns { text: Some("premise".to_string()), pair: Some("hypothesis".to_string()) };
    let file = b"premise\thypothesis\na b\tc d\ne f\t\n";
    let (_, texts, rejected) = labelled(file, "x.tsv", &pairs, 7);
    assert_eq!((texts, rejected), (vec!["2 a b + c d".to_string()], vec!["3 the second text is empty".to_string()]));
    assert_eq!(
        refusal("premise,other\na b,c d\ne f,g h\n", "x.csv", &pairs),
        "x.csv: expected a column of second texts (\"hypothesis\", or another that is chosen), got the columns \"premise\", \"other\""
    );
}

#[test]
fn files_without_texts_are_refused_in_words() {
    assert_eq!(
        refusal("id,price\n1,2.5\n2,3.5\n3,4.5\n", "prices.csv", &usual("text")),
        "prices.csv: expected a column of texts (\"text\", or another that is chosen), got the columns \"id\", \"price\""
    );
    assert!(refusal("[{\"text\":\"a\"},{\"text\":\"b\"}]", "x.json", &usual("text")).ends_with("got one JSON array"));
    assert!(refusal("", "x.csv", &usual("text")).contains("empty file"));
    let asked = ReadOptions { text_column: Some("words".to_string()), ..options("x.csv") };
    let refused = Unlabelled::open(b"id,text\n1,a b\n2,c d\n", true, &asked, &usual("text")).err().unwrap();
    assert!(refused.to_string().contains("(\"words\", or another"), "{refused}");
}

#[test]
fn other_encodings_are_written_as_utf_8() {
    let text = "text,n\na schöner Tag,1\nnoch 𝄞 again,2\n";
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let windows: Vec<u8> = text.replace('𝄞', "x").chars().map(|it| it as u32 as u8).collect();
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for (bytes, second) in [(utf16, "3 noch 𝄞 again"), (windows, "3 noch x again"), (marked, "3 noch 𝄞 again")] {
        for piece in [1, 2, 3, 1000] {
            let (written, texts, _) = labelled(&bytes, "x.csv", &usual("text"), piece);
            assert_eq!(texts, ["2 a schöner Tag", second], "{piece}");
            assert!(written.starts_with("text,n,label,"), "{written}");
        }
    }
}

#[test]
fn a_quote_that_is_not_closed_costs_its_line_alone() {
    let mut file = "text,n\nfirst of the words,1\n\"second of the words,2\n".to_string();
    for row in 0..100_000 {
        file += &format!("\"and then, row number {row}\",{row}\n");
    }
    let (written, texts, rejected) = labelled(file.as_bytes(), "x.csv", &usual("text"), 1 << 16);
    assert_eq!((texts.len(), rejected), (100_001, vec!["3 a quoted field that is not properly closed".to_string()]));
    assert_eq!(written.lines().count(), 100_003);
    let long = format!("text\n{}\n", "a".repeat(2 << 20));
    let mut opened = Unlabelled::open(&long.as_bytes()[..1000], false, &options("x.csv"), &usual("text")).unwrap();
    let refused = long.as_bytes().chunks(1 << 14).find_map(|part| opened.read(part, false).err()).unwrap();
    assert_eq!(refused.to_string(), "x.csv, line 2: expected a row of at most 1 MiB, got a longer one");
}

/// A search that began anew with each piece or each line would take hours.
#[test]
fn long_rows_in_small_pieces_cost_their_length() {
    let (quoted, blank) = (format!("\"{}\"", "and more\n".repeat(50_000)), "\n".repeat(500_000));
    let file = format!("text,n\nthe first text,1\n{quoted},2\n{blank}the last text,3\n");
    let (_, texts, rejected) = labelled(file.as_bytes(), "x.csv", &usual("text"), 3);
    let lines: Vec<&str> = texts.iter().map(|text| text.split(' ').next().unwrap()).collect();
    assert_eq!((lines, rejected.len()), (vec!["2", "3", "550004"], 0));
}

/// Pieces that mean something to a reader of delimited text.
fn soup() -> impl Strategy<Value = String> {
    let pieces = ["some words", "a b", ",", ",", "\"", "\"\"", "\n", "\r\n", "\r", " ", "é", ";", "1"];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_same_rows(soup in soup(), piece in 1_usize..20) {
        let file = format!("text,n\nthe first text,1\nthe second text,2\n{soup}");
        let options = options("x.csv");
        prop_assume!(Unlabelled::open(file.as_bytes(), true, &options, &usual("text")).is_ok());
        prop_assert_eq!(
            labelled(file.as_bytes(), "x.csv", &usual("text"), piece),
            labelled(file.as_bytes(), "x.csv", &usual("text"), file.len())
        );
    }

    /// Rows that are written by anybody are read, written and read again as the same.
    #[test]
    fn cells_survive(cells in prop::collection::vec(("[a-z ,;\"\n\t]{1,12}x", "[a-z,\"\n ]{0,6}"), 2..8)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["text", "more"]).unwrap();
        cells.iter().for_each(|(text, more)| writer.write_record([text, more]).unwrap());
        let file = writer.into_inner().unwrap();
        prop_assume!(Unlabelled::open(&file, true, &options("x.csv"), &usual("text"))
            .is_ok_and(|it| it.layout().columns == ["text", "more"]));
        let (written, _, rejected) = labelled(&file, "x.csv", &usual("text"), 5);
        prop_assert_eq!(rejected.len(), 0);
        let mut again = csv::Reader::from_reader(written.as_bytes());
        let rows: Vec<csv::StringRecord> = again.records().map(|row| row.unwrap()).collect();
        let back: Vec<(String, String)> = rows.iter().map(|row| (row[0].to_string(), row[1].to_string())).collect();
        prop_assert_eq!(back, cells);
    }
}

#[test]
fn the_same_texts_as_of_a_labelled_file() {
    let bytes = std::fs::read("www/data/samples/opinions.csv").unwrap();
    let dataset = Dataset::read(&bytes, &options("opinions.csv")).unwrap();
    let (_, texts, rejected) = labelled(&bytes, "opinions.csv", &usual(&dataset.layout.text_column), 1000);
    let read: Vec<String> = dataset.examples.iter().map(|it| format!("{} {}", it.line, it.text)).collect();
    assert_eq!((texts, rejected.len()), (read, 0));
}
