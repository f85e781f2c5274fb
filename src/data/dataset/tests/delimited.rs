//! Comma- and tab-separated files.

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
    let both = read("text, in full\tlabel\none, two\ta\nthree, four\tb\nfive, six\ta\nseven, eight\tb\n");
    assert_eq!(both.layout.delimiter, Some('\t'), "of several that cut evenly, a tab is the rarest in texts");
}

#[test]
fn a_sign_before_the_label_at_the_end_of_each_line_is_a_delimiter() {
    let line = |it: usize| {
        format!("Sales, costs{} rose to EUR {it} mn.@{}\n", ", profit".repeat(it % 3), ["positive", "negative"][it % 2])
    };
    let dataset = read((0..20).map(line).collect::<String>());
    assert_eq!((dataset.layout.delimiter, dataset.examples.len()), (Some('@'), 20));
    assert_eq!(rows(&dataset)[1], "2 Sales, costs, profit rose to EUR 1 mn. = negative");
    // The same sign in addresses, and before names that differ.
    let addresses = (0..20).map(|it| format!("text {it}{},{},me{it}@mail.example\n", ",".repeat(it % 3), it % 2));
    assert_ne!(Dataset::inspect(addresses.collect::<String>().as_bytes(), &named("a.csv")).unwrap().columns.len(), 2);
    let names: String = (0..20).map(|it| format!("one {it}, two{} @name{it}\n", ", three".repeat(it % 3))).collect();
    assert!(!refusal(&names, &named("a.txt")).contains("name1"), "{}", refusal(&names, &named("a.txt")));
}

#[test]
fn titles_as_wide_as_the_table_are_skipped_and_said() {
    let body: String = (0..20).map(|it| format!("{it};text number {it};{};x\n", ["good", "bad"][it % 2])).collect();
    let dataset = read(format!("Survey 2024;;;\n;;;\nNo.;answer;verdict;by\n{body}"));
    assert_eq!(dataset.layout.columns, ["No.", "answer", "verdict", "by"]);
    assert!(
        dataset.layout.guessed.contains(&Guess::SkippedLines { lines: vec![1, 2] }),
        "{:?}",
        dataset.layout.guessed
    );
    assert_eq!((dataset.examples.len(), dataset.rejected.len()), (20, 0));
    // Where many rows have one cell, the first is one of them; and of two columns, each may lack its label.
    let sparse = read(format!(";text zero;;\n{body}{}", ";text more;;\n".repeat(5)));
    assert_eq!((sparse.examples.len(), sparse.rejected.len()), (20, 6));
    assert_eq!(rejections(&read("one,\ntwo,a\nthree,b\nfour,a\nfive,b\n")), ["1 the label is empty"]);
    // Where no width is that of most rows, the narrower ones are left out like the wider ones, and no titles.
    let varied = b"a,x\nb,y\none,two,x\nthree,four,y\nfive,six,x\nq,w,e,x\nr,t,z,y\nu,i,o,p,x\n1,2,3,4,5,6\n";
    let rejected = Dataset::inspect(varied, &named("a.csv")).unwrap().rejected;
    assert_eq!(rejected.iter().map(|it| it.line).collect::<Vec<_>>(), [2, 6, 7, 8, 9]);
}

#[test]
fn lines_of_fasttext_begin_with_their_labels() {
    let dataset = read("__label__good one, two: three\n__label__bad  four\n\n__label__good five\n__label__bad six\n");
    assert_eq!(rows(&dataset), ["1 one, two: three = good", "2 four = bad", "4 five = good", "5 six = bad"]);
    assert!(
        dataset.layout.guessed.contains(&Guess::Form { form: guess::JsonForm::Tool, name: "fastText".to_string() })
    );
    let single = (0..40).map(|it| format!("__label__{} text {it}\n", ["a", "b"][it % 2])).collect::<String>();
    let several = format!("{single}__label__a __label__b both\n__label__a\nnone\n");
    let several = read(several);
    assert!(several.layout.guessed.iter().any(|it| matches!(it, Guess::MultiLabel { .. })));
    assert_eq!(
        rejections(&several),
        ["41 2 labels (\"a\", \"b\"): a row is learnt with one", "42 the text is empty", "43 the label is empty"]
    );
    let other = "text,label\n__label__x,a\ntwo,b\nthree,a\nfour,b\n";
    assert_eq!(read(other).layout.columns, ["text", "label"], "one of them is no such file");
}

#[test]
fn quotes_in_tsv_may_be_plain_characters() {
    // As quoting, the first quote would end three lines below, and two examples would be lost without a word.
    let dataset = read("text\tlabel\n\"open\ta\ntwo\tb\nthree\ta\nhe said \"x\tb\n\"close\"\ta\nsix\tb\n");
    assert_eq!(dataset.examples.len(), 6);
    assert_eq!(dataset.examples[0].text, "\"open");
    assert!(dataset.layout.guessed.contains(&Guess::Quotes { quotes: Quotes::Plain }), "{:?}", dataset.layout.guessed);
    // Where they do quote, they are taken off.
    let dataset = read("text\tlabel\n\"one\t\ttab\nline\"\ta\n\"two\"\tb\nthree\ta\nfour\tb\n");
    assert_eq!(rows(&dataset), ["2 one\t\ttab\nline = a", "4 two = b", "5 three = a", "6 four = b"]);
}

#[test]
fn a_quote_that_never_closes_costs_one_row() {
    let dataset = read("text,label\none,a\n\"two,b\nthree,a\n\"four\",b\nfive,b\n");
    assert_eq!(rows(&dataset), ["2 one = a", "4 three = a", "5 four = b", "6 five = b"]);
    assert_eq!(rejections(&dataset), ["3 a quoted field that is not properly closed"]);
    let dataset = read("text,label\n\"one, 1\",a\ntwo,b\nthree,a\nfour,b\nfive,a\n\"six,b");
    assert_eq!(rejections(&dataset), ["7 expected 2 fields, got 1"]);
    // Where no quote ever closes, quotes are characters, and no row is lost.
    let dataset = read("text,label\none,a\ntwo,b\nthree,a\nfour,b\n\"five,b");
    assert_eq!(rows(&dataset)[4], "6 \"five = b");
}

#[test]
fn where_a_thousand_quotes_are_broken_quotes_are_text() {
    let dataset = read("text,label\n".to_string() + &"\"one,a\n\"two,b\n\"three,a\n\"four,b\n".repeat(300));
    assert_eq!((dataset.examples.len(), dataset.rejected.len()), (1200, 0));
    assert_eq!(dataset.examples[0].text, "\"one");
    let dataset = read("text,label\n".to_string() + &"one,a\ntwo,b\nsix,a\n".repeat(400) + &"\"three,b\n".repeat(600));
    assert_eq!((dataset.examples.len(), dataset.rejected.len()), (1800, 0));
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
