//! Tests of reading and splitting: every format, every way for a row or a file to be bad, and properties over any input.

use super::*;
use proptest::prelude::*;

fn named(name: &str) -> ReadOptions {
    ReadOptions { name: name.to_string(), ..ReadOptions::default() }
}

#[track_caller]
fn read(bytes: impl AsRef<[u8]>) -> Dataset {
    Dataset::read(bytes.as_ref(), &named("data")).unwrap()
}

#[track_caller]
fn refusal(bytes: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    Dataset::read(bytes.as_ref(), options).map(|dataset| dataset.examples).unwrap_err().to_string()
}

/// Every example as `line text [+ pair] = target`.
fn rows(dataset: &Dataset) -> Vec<String> {
    let row = |example: &Example| {
        let pair = example.pair.as_ref().map_or(String::new(), |pair| format!(" + {pair}"));
        let target = match example.target {
            Target::Class(class) => dataset.labels[class].clone(),
            Target::Score(score) => score.to_string(),
        };
        format!("{} {}{pair} = {target}", example.line, example.text)
    };
    dataset.examples.iter().map(row).collect()
}

fn rejections(dataset: &Dataset) -> Vec<String> {
    dataset.rejected.iter().map(|rejection| format!("{} {}", rejection.line, rejection.reason)).collect()
}

/// A file with a header and `counts[k]` rows of the label `k`, in turns.
fn csv_with(counts: &[usize]) -> String {
    let mut file = "text,label\n".to_string();
    for round in 0..counts.iter().copied().max().unwrap_or(0) {
        for (label, _) in counts.iter().enumerate().filter(|(_, count)| round < **count) {
            file += &format!("text {round} of {label},class {label}\n");
        }
    }
    file
}

mod delimited {
    use super::*;

    #[test]
    fn quotes_line_breaks_and_commas_in_fields_are_text() {
        let dataset = read("text,label\r\n\"one, \"\"two\"\"\r\nthree\",a\r\nfour,b\r\n\r\nfive,a\r\n six ,b\r\n");
        assert_eq!(rows(&dataset), ["2 one, \"two\"\r\nthree = a", "4 four = b", "6 five = a", "7 six = b"]);
        assert_eq!(dataset.layout.format, Format::Csv);
        assert_eq!((dataset.layout.delimiter, dataset.layout.has_header), (Some(','), true));
        assert_eq!(dataset.layout.columns, ["text", "label"]);
        assert_eq!((dataset.layout.text_column.as_str(), dataset.layout.label_column.as_str()), ("text", "label"));
        assert_eq!(dataset.labels, ["a", "b"]);
        assert_eq!(dataset.class_counts(), [2, 2]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_name() {
        let dataset = read(b"\xEF\xBB\xBFtext,label\none,a\ntwo,b\nthree,a\nfour,b");
        assert_eq!(dataset.layout.columns, ["text", "label"]);
        assert_eq!(dataset.examples.len(), 4);
    }

    #[test]
    fn every_line_ending_counts_lines_alike() {
        for ending in ["\n", "\r\n", "\r"] {
            let file = ["text,label", "one,a", "", "two,b", "", "", "three,a", "four,b", ""].join(ending);
            assert_eq!(rows(&read(file)), ["2 one = a", "4 two = b", "7 three = a", "8 four = b"], "{ending:?}");
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_cuts_evenly() {
        for (delimiter, format) in [('\t', Format::Tsv), (',', Format::Csv), (';', Format::Csv), ('|', Format::Csv)] {
            // Of the other delimiters there are as many, but not in every row.
            let others: String = "\t,;|".chars().filter(|other| *other != delimiter).collect();
            let file = format!(
                "text{delimiter}label\none {others}{others}{delimiter}a\ntwo{delimiter}b\nthree {others}{delimiter}a\nfour{delimiter}b\n"
            );
            let dataset = read(file);
            assert_eq!((dataset.layout.delimiter, dataset.layout.format), (Some(delimiter), format));
            assert_eq!(dataset.examples.len(), 4);
        }
    }

    #[test]
    fn quotes_in_tsv_may_be_plain_characters() {
        // As quoting, the first quote would end three lines below, and two examples would be lost without a word.
        let dataset = read("text\tlabel\n\"open\ta\ntwo\tb\nthree\ta\nhe said \"x\tb\n\"close\"\ta\nsix\tb\n");
        assert_eq!(dataset.examples.len(), 6);
        assert_eq!(dataset.examples[0].text, "\"open");
        assert!(dataset.layout.guessed.iter().any(|guess| guess.contains("quotes")), "{:?}", dataset.layout.guessed);
        // Where they do quote, they are taken off.
        let dataset = read("text\tlabel\n\"one\t\ttab\nline\"\ta\n\"two\"\tb\nthree\ta\nfour\tb\n");
        assert_eq!(rows(&dataset), ["2 one\t\ttab\nline = a", "4 two = b", "5 three = a", "6 four = b"]);
    }

    #[test]
    fn a_quote_that_never_closes_costs_one_row() {
        let dataset = read("text,label\none,a\n\"two,b\nthree,a\n\"four\",b\nfive,b\n");
        assert_eq!(rows(&dataset), ["2 one = a", "4 three = a", "5 four = b", "6 five = b"]);
        assert_eq!(rejections(&dataset), ["3 a quoted field that is not properly closed"]);
        let dataset = read("text,label\none,a\ntwo,b\nthree,a\nfour,b\n\"five,b");
        assert_eq!(rejections(&dataset), ["6 expected 2 fields, got 1"]);
    }

    #[test]
    fn where_a_thousand_quotes_are_broken_quotes_are_text() {
        let dataset = read("text,label\n".to_string() + &"\"one,a\n\"two,b\n".repeat(600));
        assert_eq!((dataset.examples.len(), dataset.rejected.len()), (1200, 0));
        assert_eq!(dataset.examples[0].text, "\"one");
        let dataset = read("text,label\n".to_string() + &"one,a\ntwo,b\n".repeat(600) + &"\"three,b\n".repeat(600));
        assert!(dataset.rejected.len() >= 599 && dataset.examples.len() >= 1200);
    }

    #[test]
    fn bad_rows_are_rejected_with_line_and_reason_and_the_rest_is_kept() {
        let dataset = read(
            b"text,label\none,a\n,b\ntwo,\ntoo,many,fields\nfew\ncaf\xE9,a\n \x00 ,a\nthree,b\nthree and a half,a\nfour,b\n"
                as &[u8],
        );
        assert_eq!(rows(&dataset), ["2 one = a", "9 three = b", "10 three and a half = a", "11 four = b"]);
        assert_eq!(
            rejections(&dataset),
            [
                "3 the text is empty",
                "4 the label is empty",
                "5 expected 2 fields, got 3",
                "6 expected 2 fields, got 1",
                "7 the text is not UTF-8 text",
                "8 the text is empty",
            ]
        );
    }

    #[test]
    fn a_text_that_begins_with_a_bracket_is_not_json() {
        for bracketed in ["[it's] a thriller", "[[a link]]", "{curly} things", "[]", "[1]"] {
            let dataset = read(format!("{bracketed}\tgood\ntwo words here\tbad\nthree\tgood\nfour\tbad\n"));
            assert_eq!(dataset.layout.format, Format::Tsv, "{bracketed}");
            assert_eq!(rows(&dataset)[0], format!("1 {bracketed} = good"));
        }
    }
}

mod header {
    use super::*;

    #[test]
    fn usual_names_are_a_header() {
        assert!(read("review,stars\nfine,5\nbad,1\ngood,5\nawful,1\n").layout.has_header);
    }

    #[test]
    fn a_label_that_no_other_row_has_is_a_header() {
        let dataset = read("phrase,verdict\nfine,yes\nbad,no\ngood,yes\nawful,no\n");
        assert!(dataset.layout.has_header);
        assert_eq!(dataset.layout.columns, ["phrase", "verdict"]);
        assert!(dataset.layout.guessed[0].contains("\"verdict\" is unlike"), "{:?}", dataset.layout.guessed);
        assert!(read("phrase,grade\nfine,4.5\nbad,1.5\ngood,4.5\nawful,1.5\n").layout.has_header);
    }

    #[test]
    fn a_usual_name_that_recurs_is_a_label() {
        // Dialogue acts: the first row's "question" is no column name.
        let dataset = read("who are you,question\nnobody,statement\nwhy is that,question\nnever mind,statement\n");
        assert!(!dataset.layout.has_header);
        assert_eq!(dataset.layout.columns, ["#1", "#2"]);
        assert_eq!(rows(&dataset)[0], "1 who are you = question");
    }

    #[test]
    fn the_caller_knows_better() {
        let file = "text,label\none,a\ntext,label\ntwo,a\n";
        let options = ReadOptions { has_header: Some(false), ..named("data") };
        assert_eq!(Dataset::read(file.as_bytes(), &options).unwrap().labels, ["a", "label"]);
        let file = "yes,fine\nno,bad\nyes,good\nno,awful\nyes,nice\n";
        let options = ReadOptions { has_header: Some(true), ..named("data") };
        let dataset = Dataset::read(file.as_bytes(), &options).unwrap();
        assert_eq!((dataset.layout.columns, dataset.examples.len()), (vec!["yes".to_string(), "fine".to_string()], 4));
    }

    #[test]
    fn names_that_are_empty_or_repeated_become_places() {
        let dataset = read("text,,text,label\none,1,x,a\ntwo,2,y,b\nthree,3,z,a\nfour,4,w,b\n");
        assert_eq!(dataset.layout.columns, ["text", "#2", "#3", "label"]);
    }
}

mod columns {
    use super::*;

    #[track_caller]
    fn chosen(file: &str, options: &ReadOptions) -> (String, Option<String>, String) {
        let layout = Dataset::read(file.as_bytes(), options).unwrap().layout;
        (layout.text_column, layout.pair_column, layout.label_column)
    }

    fn columns(text: &str, pair: &str, label: &str) -> (String, Option<String>, String) {
        (text.to_string(), (!pair.is_empty()).then(|| pair.to_string()), label.to_string())
    }

    const PROSE: &str = "a,one two three four five,six seven eight nine ten,1\nb,two three four five six,seven eight nine \
                         ten six,2\na,three four five six seven,eight nine ten six seven,3\nb,four five six seven \
                         eight,nine ten six seven eight,4\n";

    #[test]
    fn names_come_before_looks() {
        // By looks, `fine` would be the label and `notes` the text.
        let file = "notes,Text,fine,label\na very long remark about it,one,x,a\nanother long remark,two,x,b\na remark,three,y,c\n\
                    remark of some length,four,y,a\nyet another remark,five,y,b\nthe last one of them,six,x,c\n";
        assert_eq!(chosen(file, &named("data")), columns("Text", "", "label"));
    }

    #[test]
    fn without_names_the_longest_is_the_text_and_the_least_varied_the_label() {
        let file = "1,good,a fine film,x7\n2,bad,a dull film,x8\n3,good,not so bad,x9\n4,bad,never again,x1\n";
        assert_eq!(chosen(file, &named("data")), columns("#3", "", "#2"));
    }

    #[test]
    fn pairs_are_known_by_name() {
        for (one, other) in [
            ("premise", "hypothesis"),
            ("sentence1", "sentence2"),
            ("s1", "s2"),
            ("question", "answer"),
            ("text", "text_b"),
        ] {
            let file = format!("label,{other},{one}\na,b1,a1\nb,b2,a2\na,b3,a3\nb,b4,a4\n");
            assert_eq!(chosen(&file, &named("data")), columns(one, other, "label"));
            let single = ReadOptions { pair_column: Some(String::new()), ..named("data") };
            assert_eq!(chosen(&file, &single).1, None);
            assert_eq!(rows(&read(file))[0], "2 a1 + b1 = a");
        }
    }

    #[test]
    fn two_columns_of_prose_are_a_pair() {
        assert_eq!(chosen(PROSE, &named("data")), columns("#2", "#3", "#1"));
        // Three are not, nor are two when the name of one says that it is the text, or when the caller says it.
        let three = PROSE
            .replace('a', "a,eleven twelve thirteen fourteen")
            .replace("\nb", "\nb,twelve thirteen fourteen eleven");
        assert_eq!(chosen(&three, &named("data")).1, None);
        let header = format!("label,text,notes,id\n{PROSE}");
        assert_eq!(chosen(&header, &named("data")), columns("text", "", "label"));
        let titles = format!("label,title,description,id\n{PROSE}");
        assert_eq!(chosen(&titles, &named("data")), columns("title", "description", "label"));
        let asked = ReadOptions { text_column: Some("#3".to_string()), ..named("data") };
        assert_eq!(chosen(PROSE, &asked), columns("#3", "", "#1"));
    }

    #[test]
    fn the_caller_names_columns_by_header_or_by_place() {
        let file = "text,label,Other Label,more\none,a,x,p\ntwo,b,y,q\nthree,a,x,p\nfour,b,y,q\n";
        let options = |text: &str, pair: &str, label: &str| ReadOptions {
            text_column: Some(text.to_string()),
            pair_column: Some(pair.to_string()),
            label_column: Some(label.to_string()),
            ..named("data.csv")
        };
        assert_eq!(chosen(file, &options("#4", "text", "other label")), columns("more", "text", "Other Label"));
        assert_eq!(chosen(file, &options("", "", "")), columns("text", "", "label"));
        for wanted in ["nowhere", "#0", "#5", "#", "#x"] {
            assert_eq!(
                refusal(file, &options("text", "", wanted)),
                format!(
                    "data.csv: expected one of the columns \"text\", \"label\", \"Other Label\", \"more\", got {wanted:?}"
                )
            );
        }
        assert!(refusal(file, &options("label", "", "LABEL")).contains("a different column for each part"));
    }

    #[test]
    fn a_pair_without_its_second_text_is_rejected() {
        let dataset = read("premise,hypothesis,label\np1,h1,a\np2,,b\np3,h3,b\np4,h4,a\np5,h5,b\n");
        assert_eq!(rejections(&dataset), ["3 the second text is empty"]);
        assert!(dataset.examples.iter().all(|example| example.pair.is_some()));
    }
}

mod json {
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
        let lines = "[\"text\", \"label\"]\n[\"one\", \"a\"]\n[\"two\", \"b\"]\n[\"three\", \"a\"]\n[\"four\", \"b\"]\n[\"five\"]";
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
                ["{\"text\": \"x\", \"label\": 1}", "{\"text\": \"y\", \"label\": 2}"].repeat(2).join(",\n")
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
            "rows.json: expected an array of objects, or an object a line, got text that starts with \"text,label\\none,a\\n\""
        );
        assert!(
            refusal("text,label\none,a\n", &named("rows.jsonl"))
                .contains("2 bad rows, the first on line 1: not a JSON row")
        );
        assert!(refusal("{\"data\": [\n{\"text\": \"one\"}\n]}", &named("rows.json")).contains("an array of objects"));
        assert!(refusal("[]", &named("rows.json")).contains("no row at all"));
    }
}

mod task {
    use super::*;

    fn scores(count: usize, step: f64) -> String {
        let rows = (0..count).map(|index| format!("text {index},{}\n", index as f64 * step));
        format!("text,score\n{}", rows.collect::<String>())
    }

    #[test]
    fn many_numbers_with_fractions_are_scores() {
        let dataset = read(scores(30, 0.25));
        assert_eq!((dataset.task, dataset.labels.len()), (Task::Regression, 0));
        assert_eq!(dataset.examples[3].target, Target::Score(0.75));
        assert!(dataset.class_counts().is_empty());
        assert!(dataset.layout.guessed.iter().any(|guess| guess.contains("30 different numbers")));
    }

    #[test]
    fn few_levels_or_integers_are_classes() {
        let rated = scores(20, 0.5) + &scores(20, 0.5)["text,score\n".len()..];
        assert_eq!(read(rated).task, Task::Classification);
        let counted = scores(30, 1.0) + &scores(30, 1.0)["text,score\n".len()..];
        assert_eq!(read(counted).task, Task::Classification);
    }

    #[test]
    fn the_caller_decides() {
        let file = scores(20, 0.5) + &scores(20, 0.5)["text,score\n".len()..];
        let options = ReadOptions { task: Some(Task::Regression), ..named("data") };
        assert_eq!(Dataset::read(file.as_bytes(), &options).unwrap().examples[1].target, Target::Score(0.5));
        let file = scores(30, 0.25) + &scores(30, 0.25)["text,score\n".len()..];
        let options = ReadOptions { task: Some(Task::Classification), ..named("data") };
        assert_eq!(Dataset::read(file.as_bytes(), &options).unwrap().labels.len(), 30);
    }

    #[test]
    fn a_score_that_is_not_a_finite_number_is_rejected() {
        let dataset = read(scores(50, 0.25) + "a,n/a\nb,NaN\nc,-inf\nd,1e99\ne,-2.5e-1\n");
        assert_eq!(dataset.task, Task::Regression);
        let reason = |line: u64, score: &str| format!("{line} the score {score:?} is not a finite number");
        assert_eq!(
            rejections(&dataset),
            [reason(52, "n/a"), reason(53, "NaN"), reason(54, "-inf"), reason(55, "1e99")]
        );
        assert_eq!(dataset.examples.last().unwrap().target, Target::Score(-0.25));
    }

    #[test]
    fn labels_are_sorted_and_numbers_by_value() {
        assert_eq!(read("text,label\na,b\nb,B\nc,a\nd,b\ne,B\nf,a\n").labels, ["B", "a", "b"]);
        assert_eq!(read("text,label\na,10\nb,9\nc,-1\nd,9\ne,10\nf,-1\n").labels, ["-1", "9", "10"]);
    }
}

mod refused {
    use super::*;

    #[test]
    fn what_is_not_text_is_called_by_its_name() {
        let utf16 = |text: &str, big: bool| {
            let units = text.encode_utf16();
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
        };
        let text = "text,label\none,a\ntwo,b\n";
        for (bytes, kind) in [
            ([b"\xFF\xFE".to_vec(), utf16(text, false)].concat(), "UTF-16 (little-endian)"),
            ([b"\xFE\xFF".to_vec(), utf16(text, true)].concat(), "UTF-16 (big-endian)"),
            (utf16(text, false), "UTF-16 (little-endian)"),
            (utf16(text, true), "UTF-16 (big-endian)"),
            (b"PK\x03\x04\x14\x00".to_vec(), "a zip archive or an Excel workbook"),
            (b"PAR1\x15\x04".to_vec(), "a Parquet file"),
            ((0..=255).collect(), "bytes that are not text"),
            (
                vec![0xCF, 0xE8, 0xF8, b',', b'1', b'\n'],
                "bytes that are not UTF-8 (an older encoding? save the file as UTF-8)",
            ),
        ] {
            let expected = format!("film.csv: expected UTF-8 text: CSV, TSV, JSON or JSON Lines, got {kind}");
            assert_eq!(refusal(bytes, &named("film.csv")), expected);
        }
    }

    #[test]
    fn too_large_and_empty_files() {
        assert_eq!(
            refusal(vec![b'a'; MAXIMUM_BYTES + (1 << 20)], &named("a.csv")),
            "a.csv: expected at most 64 MiB, got 65.0 MiB"
        );
        for empty in ["", " \n\r\n\t ", "\u{feff}", "\u{feff}\n"] {
            assert_eq!(refusal(empty, &named("a.csv")), "a.csv: expected rows of texts and labels, got an empty file");
        }
    }

    #[test]
    fn too_many_rows_unless_fewer_are_asked_for() {
        let file = "a,b\n".repeat(MAXIMUM_ROWS + 1);
        let expected = "expected at most 1000000 rows (or to be asked for the first of them only), got more";
        assert_eq!(refusal(&file, &named("a")), format!("a: {expected}"));
        let options = ReadOptions { max_rows: Some(10), ..named("a") };
        assert!(refusal(&file, &options).ends_with("expected at least two labels, got only \"b\""));
        let file = format!("[{}]", "[1,2],".repeat(MAXIMUM_ROWS + 1));
        assert_eq!(refusal(&file, &named("a.json")), format!("a.json: {expected}"));
    }

    #[test]
    fn files_without_rows_or_columns() {
        assert_eq!(
            refusal("text,label\n", &named("a.csv")),
            "a.csv: expected at least one usable row, got no row at all"
        );
        assert_eq!(
            refusal("text,label\n,a\n,b\n", &named("a.csv")),
            "a.csv: expected at least one usable row, got 2 bad rows, the first on line 2: the text is empty"
        );
        assert_eq!(
            refusal("just some\nlines of text\n", &named("a.txt")),
            "a.txt: expected at least two columns, texts and labels, got 1"
        );
        let wide = format!("text,label{}\n", ",x".repeat(MAXIMUM_COLUMNS)).repeat(3);
        assert_eq!(refusal(wide, &named("a.csv")), "a.csv: expected at most 1000 columns, got more");
        assert!(refusal("[[], []]", &named("a.json")).contains("at least two columns, texts and labels, got 0"));
        let none = ReadOptions { max_rows: Some(0), ..named("a.csv") };
        assert!(refusal(csv_with(&[3, 3]), &none).ends_with("got no row at all"));
    }

    #[test]
    fn labels_that_cannot_be_learnt_or_tested() {
        assert_eq!(
            refusal(csv_with(&[5]), &named("a.csv")),
            "a.csv, column \"label\": expected at least two labels, got only \"class 0\""
        );
        let at_least_two = "expected at least two usable rows of every label, one to train on and one to test on";
        assert_eq!(
            refusal(csv_with(&[5, 1, 2, 1]), &named("a.csv")),
            format!("a.csv, column \"label\": {at_least_two}, got a single row of \"class 1\", \"class 3\"")
        );
        assert!(refusal(csv_with(&[2, 1, 1, 1, 1, 1, 1, 1]), &named("a.csv")).ends_with("\"class 5\" and 2 more"));
        let many = refusal(csv_with(&[2; 1001]), &named("a.csv"));
        assert!(
            many.contains("at most 1000 labels, got 1001 labels (is this a regression target, or the wrong column?)"),
            "{many}"
        );
        assert_eq!(read(csv_with(&[2; 1000])).labels.len(), 1000);
        let regression = ReadOptions { task: Some(Task::Regression), ..named("a.csv") };
        assert_eq!(
            refusal("text,score\na,2\nb,2.0\nc,2\n", &regression),
            "a.csv, column \"score\": expected at least two different scores, got one value in all 3 usable rows"
        );
    }

    #[test]
    fn only_so_many_rows_are_read() {
        let file = format!("{}bad row\n", csv_with(&[5, 5]));
        let options = ReadOptions { max_rows: Some(6), ..named("data") };
        let dataset = Dataset::read(file.as_bytes(), &options).unwrap();
        assert_eq!((dataset.examples.len(), dataset.rejected.len()), (6, 0));
        assert_eq!(read(file).rejected.len(), 1);
    }
}

mod split {
    use super::*;

    #[test]
    fn every_class_is_in_both_parts_by_its_share() {
        let dataset = read(csv_with(&[100, 10, 3, 2]));
        let split = dataset.split(3, 0.2).unwrap();
        let mut tested = [0; 4];
        for &index in &split.test {
            if let Target::Class(class) = dataset.examples[index].target {
                tested[class] += 1;
            }
        }
        assert_eq!(tested, [20, 2, 1, 1]);
        // All but one row of a class may be for testing, never all.
        assert_eq!(dataset.split(3, 0.99).unwrap().train.len(), 1 + 1 + 1 + 1);
    }

    #[test]
    fn the_same_seed_gives_the_same_split_on_every_machine() {
        let dataset = read(csv_with(&[6, 4]));
        let split = dataset.split(11, 0.3).unwrap();
        // Pinned, so that a new version of the generator or another word size cannot change results unseen.
        assert_eq!(split, Split { train: PINNED_TRAIN.to_vec(), test: PINNED_TEST.to_vec() });
        assert_ne!(split, dataset.split(12, 0.3).unwrap());
    }
    const PINNED_TRAIN: [usize; 7] = [2, 3, 6, 5, 9, 4, 7];
    const PINNED_TEST: [usize; 3] = [0, 1, 8];

    #[test]
    fn classes_are_mixed_in_the_training_part() {
        let dataset = read(csv_with(&[50, 50]));
        let split = dataset.split(1, 0.2).unwrap();
        let first_half =
            split.train[..40].iter().filter(|&&index| dataset.examples[index].target == Target::Class(0)).count();
        assert!((8..=32).contains(&first_half), "{first_half} of 40"); // binomial: five deviations around 20
        assert!(!split.train.is_sorted());
    }

    #[test]
    fn a_share_that_is_none_or_all_is_refused() {
        let dataset = read(csv_with(&[5, 5]));
        for share in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
            let error = dataset.split(0, share).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Config);
            assert_eq!(
                error.to_string(),
                format!("test_share: expected a share strictly between 0 and 1, got {share}")
            );
        }
    }

    #[test]
    fn fractions_keep_the_training_order_and_every_class() {
        let dataset = read(csv_with(&[80, 40, 2]));
        let split = dataset.split(5, 0.5).unwrap();
        let tenth = split.fraction(&dataset, 0.1);
        assert_eq!(tenth.len(), 4 + 2 + 1);
        let places: Vec<usize> =
            tenth.iter().map(|index| split.train.iter().position(|it| it == index).unwrap()).collect();
        assert!(places.is_sorted());
        assert_eq!(split.fraction(&dataset, 1.0), split.train);
        assert_eq!(split.fraction(&dataset, 0.0).len(), 3);
        assert_eq!(split.fraction(&dataset, f64::NAN).len(), 3);
        assert_eq!(split.fraction(&dataset, 7.0), split.train);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn parts_partition_the_examples_and_fractions_nest(
            counts in prop::collection::vec(2_usize..30, 2..6),
            seed in any::<u32>(),
            share in 0.01_f64..0.99,
            fractions in (0.0_f64..=1.0, 0.0_f64..=1.0),
        ) {
            let dataset = read(csv_with(&counts));
            let split = dataset.split(seed, share).unwrap();
            let mut all = [split.train.clone(), split.test.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..dataset.examples.len()).collect::<Vec<_>>());
            for class in 0..counts.len() {
                for part in [&split.train, &split.test] {
                    prop_assert!(part.iter().any(|&index| dataset.examples[index].target == Target::Class(class)));
                }
            }
            prop_assert_eq!(&split, &dataset.split(seed, share).unwrap());
            let (smaller, larger) = (fractions.0.min(fractions.1), fractions.0.max(fractions.1));
            let larger = split.fraction(&dataset, larger);
            prop_assert!(split.fraction(&dataset, smaller).iter().all(|index| larger.contains(index)));
        }

        #[test]
        fn scores_are_split_as_one_class(count in 2_usize..60, seed in any::<u32>()) {
            let rows: String = (0..count).map(|index| format!("text {index},{index}.5\n")).collect();
            let options = ReadOptions { task: Some(Task::Regression), ..named("data") };
            let dataset = Dataset::read(format!("text,score\n{rows}").as_bytes(), &options).unwrap();
            let split = dataset.split(seed, 0.2).unwrap();
            let expected = ((0.2 * count as f64).round() as usize).max(1);
            prop_assert_eq!((split.test.len(), split.train.len()), (expected, count - expected));
        }
    }
}

mod properties {
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

        /// What a CSV writer writes comes back, whatever the texts hold.
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
}
