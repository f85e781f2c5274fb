//! Files that cannot be used, in words.

use super::*;

#[test]
fn utf_16_is_read_and_what_is_not_text_is_called_by_its_name() {
    let utf16 = |text: &str, big: bool| {
        let units = text.encode_utf16();
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let text = "text,label\none,a\ntwo,b\nthree,a\nfour,b\n";
    for bytes in [
        [b"\xFF\xFE".to_vec(), utf16(text, false)].concat(),
        [b"\xFE\xFF".to_vec(), utf16(text, true)].concat(),
        utf16(text, false),
        utf16(text, true),
    ] {
        assert_eq!(rows(&read(&bytes)), rows(&read(text)));
    }
    for (bytes, kind) in [
        (&b"PK\x03\x04\x14\x00xl/workbook.xml"[..], "an Excel workbook (save it as CSV UTF-8)"),
        (b"PK\x03\x04\x14\x00notes.txt", "a zip archive (unpack it first, and choose one file)"),
        (b"PAR1\x15\x04", "a Parquet file (in Python: pandas.read_parquet(file).to_csv(…, index=False))"),
        (b"%PDF-1.7", "a PDF document (copy its table into a spreadsheet and save that as CSV UTF-8)"),
        (b"\x89PNG\r\n", "a PNG picture"),
        (b"\xFF\xD8\xFF\xE0", "a JPEG picture"),
        (b" <!DOCTYPE HTML><html>", "a web page (download the file itself, not its page)"),
        (b"\x80\x04\x95", "a Python pickle, which can contain programs (save the table as CSV)"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "a pointer of Git LFS that stands for the file (fetch the file itself with \"git lfs pull\")",
        ),
        (&(0..=255).collect::<Vec<u8>>(), "bytes that are not text"),
        (
            b"\xCF\xE8\xF8\xE5\xEC,1\n\xCF\xE8\xF8\xE5\xEC,2\n",
            "an older encoding than UTF-8 (save the file as CSV UTF-8)",
        ),
    ] {
        let expected = format!("film.csv: expected text: CSV, TSV, JSON or JSON Lines, got {kind}");
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
    let expected = "expected at most 1000000 rows (or to be asked for some of them only), got more";
    assert_eq!(refusal(&file, &named("a")), format!("a: {expected}"));
    let options = ReadOptions { max_rows: Some(10), ..named("a") };
    assert!(refusal(&file, &options).ends_with("expected at least two labels, got only \"b\""));
    let file = format!("[{}]", "[1,2],".repeat(MAXIMUM_ROWS + 1));
    assert_eq!(refusal(&file, &named("a.json")), format!("a.json: {expected}"));
}

#[test]
fn files_without_rows_or_columns() {
    assert_eq!(refusal("text,label\n", &named("a.csv")), "a.csv: expected at least one usable row, got no row at all");
    assert_eq!(
        refusal("text,label\n,a\n,b\n", &named("a.csv")),
        "a.csv: expected at least one usable row, got 2 bad rows, the first on line 2: the text is empty; 2 of 2 \
         rows were left out, most (2) because of: no text"
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
    let at_least_two = "expected at least two different texts of every label, one to train on and one to test on";
    assert_eq!(
        refusal(csv_with(&[5, 1, 2, 1]), &named("a.csv")),
        format!("a.csv, column \"label\": {at_least_two}, got a single text of \"class 1\", \"class 3\"")
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
fn a_few_rows_with_a_label_of_their_own_are_left_out() {
    let dataset = read(csv_with(&[10, 9, 1]));
    assert_eq!(dataset.labels, ["class 0", "class 1"]);
    assert_eq!(dataset.class_counts(), [10, 9]);
    let reason = "4 \"class 2\" is the label of no other text: it takes one to train on and one to test on";
    assert_eq!(rejections(&dataset), [reason]);
    let many = refusal(csv_with(&[9, 8, 1, 1, 1]), &named("a.csv"));
    assert!(many.contains("a single text of \"class 2\""), "more than a tenth are a mistake of the column: {many}");
    assert!(
        refusal(csv_with(&[19, 1]), &named("a.csv")).ends_with("a single text of \"class 1\""),
        "one label is left"
    );
}

#[test]
fn only_so_many_rows_are_read() {
    let file = format!("{}bad row\n", csv_with(&[5, 5]));
    let options = ReadOptions { max_rows: Some(6), ..named("data") };
    let dataset = Dataset::read(file.as_bytes(), &options).unwrap();
    assert_eq!((dataset.examples.len(), dataset.rejected.len()), (6, 1), "what is lost is said of the whole file");
    assert_eq!(read(file).rejected.len(), 1);
}

/// Whoever chose or guessed the wrong column has to see what else there is.
#[test]
fn a_refused_table_still_has_columns() {
    let file = "text,kind,label\none,a,1x\ntwo,b,2x\nthree,a,3x\nfour,b,4x\n";
    assert!(refusal(file, &named("a.csv")).contains("column \"label\""));
    assert_eq!(Dataset::inspect(file.as_bytes(), &named("a.csv")).unwrap().columns, ["text", "kind", "label"]);
    let wrong = ReadOptions { text_column: Some("body".into()), ..named("a.csv") };
    assert!(refusal(file, &wrong).contains("one of the columns"));
    assert_eq!(Dataset::inspect(file.as_bytes(), &wrong).unwrap().columns, ["text", "kind", "label"]);
    assert!(Dataset::inspect(b"PK\x03\x04", &named("a.csv")).is_err());
}
