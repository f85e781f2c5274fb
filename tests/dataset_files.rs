//! Kinds of data files: each folder of `fixtures/cases` is one, and here is what is right for it.

#![cfg(not(target_arch = "wasm32"))]

use guided_dropout_lab::data::dataset::{
    Arrangement, Cause, Confidence, DataFile, Dataset, Encoding, Finding, FindingKind, Guess, JsonForm, NumberStyle,
    Part, Portion, Quotes, ReadOptions, Sampling, Target, Task,
};
use std::fs;
use std::path::PathBuf;

fn bytes(file: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases").join(file);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn options(file: &str) -> ReadOptions {
    ReadOptions { name: file.rsplit('/').next().unwrap().to_string(), ..ReadOptions::default() }
}

#[track_caller]
fn read(file: &str) -> Dataset {
    Dataset::read(&bytes(file), &options(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Reads a file and checks its columns, its rows and that nothing is left to choose.
#[track_caller]
fn expect(file: &str, text: &str, label: &str, rows: usize, labels: &[&str]) -> Dataset {
    let dataset = read(file);
    let layout = &dataset.layout;
    assert_eq!((layout.text_column.as_str(), layout.label_column.as_str()), (text, label), "{file}");
    assert_eq!(layout.pair_column, None, "{file}");
    assert_eq!((dataset.examples.len(), &dataset.labels[..]), (rows, &labels.map_strings()[..]), "{file}");
    assert_eq!(layout.needs_choice, [], "{file}: {:?}", layout.guessed);
    dataset
}

trait Strings {
    fn map_strings(&self) -> Vec<String>;
}

impl Strings for [&str] {
    fn map_strings(&self) -> Vec<String> {
        self.iter().map(|text| text.to_string()).collect()
    }
}

fn says(dataset: &Dataset, guess: &Guess) -> bool {
    dataset.layout.guessed.contains(guess)
}

fn score(dataset: &Dataset, row: usize) -> f32 {
    match dataset.examples[row].target {
        Target::Score(score) => score,
        Target::Class(_) => panic!("a class"),
    }
}

const MOOD: [&str; 2] = ["bad", "good"];

#[test]
fn a_line_that_sets_the_delimiter_is_obeyed_and_no_row() {
    for name in ["comma", "quoted", "three-columns", "two-columns"] {
        let dataset = expect(&format!("01-sep-line/{name}.csv"), "text", "label", 40, &MOOD);
        assert!(says(&dataset, &Guess::SeparatorLine) && dataset.rejected.is_empty(), "{name}");
        assert_eq!(dataset.layout.columns.len(), if name == "three-columns" { 3 } else { 2 });
        assert_eq!(dataset.examples[0].line, 3, "lines are those of the file");
    }
    let three = ["bad", "good", "neither"];
    expect("01-sep-line/label-and-source.csv", "text", "label", 90, &three);
    expect("01-sep-line/label-and-source-control.csv", "text", "label", 90, &three);
}

#[test]
fn narrower_lines_before_the_table_are_skipped_and_said() {
    let dataset = expect("01-sep-line/title-row.csv", "answer", "verdict", 40, &MOOD);
    assert!(says(&dataset, &Guess::SkippedLines { lines: vec![1] }));
    let dataset = expect("01-sep-line/encoding-row.csv", "phrase", "verdict", 40, &MOOD);
    assert!(says(&dataset, &Guess::SkippedLines { lines: vec![1] }));
}

#[test]
fn numbers_are_read_as_spreadsheets_write_them() {
    let style = |decimal_comma, grouped, percent| NumberStyle { decimal_comma, grouped, percent };
    for (name, style, first) in [
        ("ratings", style(true, false, false), 2.3),
        ("percent", style(false, false, true), 46.0),
        ("thousands", style(true, true, false), 1996.5),
        ("point-control", NumberStyle::default(), 2.3),
    ] {
        let dataset = expect(&format!("02-decimal-comma/{name}.csv"), "text", "score", 60, &[]);
        assert_eq!((dataset.task, score(&dataset, 0)), (Task::Regression, first), "{name}");
        assert_eq!(says(&dataset, &Guess::Numbers { style }), style != NumberStyle::default(), "{name}");
    }
    expect("02-decimal-comma/few-values.csv", "text", "score", 60, &["1,0", "1,5", "2,0", "2,5"]);
}

#[test]
fn a_header_one_name_short_leaves_the_first_column_to_the_names_of_rows() {
    for name in ["write-table.tsv", "write-table-space.csv"] {
        let dataset = expect(&format!("03-r-row-names/{name}"), "text", "label", 40, &MOOD);
        assert!(says(&dataset, &Guess::RowNames), "{name}");
    }
    assert_eq!(expect("03-r-row-names/r-scores.tsv", "text", "score", 60, &[]).task, Task::Regression);
    for (name, text, label) in [
        ("pandas-index", "text", "label"),
        ("pandas-index-odd-names", "phrase", "verdict"),
        ("trailing-delimiter", "text", "label"),
    ] {
        let dataset = expect(&format!("03-r-row-names/{name}.csv"), text, label, 40, &MOOD);
        assert!(!says(&dataset, &Guess::RowNames), "{name}");
    }
}

#[test]
fn labels_in_lists_of_one_are_labels_and_of_more_reject_the_row() {
    expect("04-label-lists/doccano.jsonl", "text", "label", 40, &MOOD);
    expect("04-label-lists/doccano-old.jsonl", "text", "labels", 40, &MOOD);
    let mixed = expect("04-label-lists/doccano-mixed.jsonl", "text", "label", 35, &MOOD);
    assert!(says(&mixed, &Guess::MultiLabel { columns: vec!["label".into()] }));
    let causes: Vec<(Cause, usize)> = mixed.losses().iter().map(|loss| (loss.cause, loss.rows)).collect();
    assert_eq!(causes, [(Cause::SeveralLabels, 4), (Cause::NoLabel, 1)]);
    assert_eq!(mixed.losses_in_words().unwrap(), "5 of 40 rows were left out, most (4) because of: several labels");
}

#[test]
fn exports_of_annotation_tools_are_read() {
    let tool = |name: &str| Guess::Form { form: JsonForm::Tool, name: name.to_string() };
    assert!(says(&expect("04-label-lists/prodigy-choice.jsonl", "text", "accept", 40, &MOOD), &tool("Prodigy")));
    expect("04-label-lists/prodigy.jsonl", "text", "answer", 40, &["accept", "reject"]);
    expect("04-label-lists/spacy-cats.jsonl", "text", "cats", 40, &MOOD);
    assert!(says(&expect("04-label-lists/label-studio.json", "text", "label", 40, &MOOD), &tool("Label Studio")));
    expect("04-label-lists/label-studio-min.json", "text", "sentiment", 40, &MOOD);
    expect("04-label-lists/label-studio.csv", "text", "choice", 45, &["bad", "good", "neither"]);
}

#[test]
fn json_is_read_in_every_form_that_common_tools_write() {
    let form = |form, name: &str| Guess::Form { form, name: name.to_string() };
    for (name, guess) in [
        ("by-id.json", form(JsonForm::RowsByName, "")),
        ("data-field.json", form(JsonForm::Field, "data")),
        ("data-field-pretty.json", form(JsonForm::Field, "data")),
        ("dict-of-lists.json", form(JsonForm::Columns, "")),
        ("hf-rows.json", form(JsonForm::Field, "rows")),
        ("pandas-columns.json", form(JsonForm::ColumnsByRow, "")),
        ("pretty-lines.json", form(JsonForm::Concatenated, "")),
        ("pretty-lines.jsonl", form(JsonForm::Concatenated, "")),
    ] {
        let dataset = expect(&format!("05-json-forms/{name}"), "text", "label", 40, &MOOD);
        assert!(says(&dataset, &guess), "{name}: {:?}", dataset.layout.guessed);
        assert_eq!(dataset.examples[0].text, "The soup was warm and very welcome.", "{name}");
        assert_eq!(dataset.labels[1], "good");
    }
    let pretty = read("05-json-forms/pretty-lines.jsonl");
    assert_eq!((pretty.examples[0].line, pretty.examples[1].line), (1, 5));
    expect("05-json-forms/nested-label.jsonl", "data.text", "annotation.label", 40, &MOOD);
    let nan = expect("05-json-forms/nan-field.json", "text", "label", 60, &MOOD);
    assert_eq!(nan.rejected, [], "a field that nobody asked for may be missing");
    expect("05-json-forms/nan-field.jsonl", "text", "label", 60, &MOOD);
    let splits = expect("05-json-forms/splits.json", "#1", "#2", 40, &MOOD);
    assert!(says(&splits, &Guess::Splits { column: None, sizes: [30, 0, 10] }));
    let tested = splits.examples.iter().filter(|example| example.portion == Some(Portion::Test)).count();
    assert_eq!(tested, 10);
    let split_orient = br#"{"columns":["text","label"],"index":[0,1,2,3],"data":[["one","a"],["two","b"],["three","a"],["four","b"]]}"#;
    assert_eq!(Dataset::read(split_orient, &options("split.json")).unwrap().layout.text_column, "text");
}

#[test]
fn columns_are_guessed_on_all_rows_and_a_sample_is_stratified() {
    expect("07-sorted/sentiment140-like.csv", "#6", "#1", 1200, &["0", "4"]);
    let file = "07-sorted/imdb-like.csv";
    let some = |sample, sample_seed| {
        let options = ReadOptions { max_rows: Some(100), sample, sample_seed, ..options(file) };
        Dataset::read(&bytes(file), &options)
    };
    let drawn = some(Sampling::Stratified, 1).unwrap();
    assert_eq!(drawn.class_counts(), [50, 50], "the first hundred have one label");
    assert!(says(&drawn, &Guess::Sample { kept: 100, of: 1200, seed: Some(1) }));
    assert_eq!(drawn.examples, some(Sampling::Stratified, 1).unwrap().examples);
    assert_ne!(drawn.examples, some(Sampling::Stratified, 2).unwrap().examples);
    assert!(drawn.examples.is_sorted_by_key(|example| example.line));
    assert!(some(Sampling::First, 1).unwrap_err().to_string().contains("at least two labels, got only \"neg\""));
}

#[test]
fn of_the_readings_of_quotes_the_one_with_the_fewest_misshapen_rows_is_taken() {
    let three = ["negative", "neutral", "positive"];
    for name in ["semeval.tsv", "semeval.txt"] {
        let dataset = expect(&format!("09-tsv-quotes/{name}"), "#3", "#2", 90, &three);
        assert!(says(&dataset, &Guess::Quotes { quotes: Quotes::Plain }));
        assert!(dataset.rejected.is_empty());
    }
    expect("09-tsv-quotes/space-before-quote.csv", "text", "label", 60, &MOOD);
    let spaced = expect("09-tsv-quotes/space-before-quote-2.csv", "text", "label", 60, &MOOD);
    assert!(says(&spaced, &Guess::Quotes { quotes: Quotes::SpaceSkipped }));
    assert_eq!(spaced.examples[0].text, "The lift , was broken for the whole week.");
    let spark = expect("09-tsv-quotes/spark.csv", "text", "label", 80, &MOOD);
    assert!(says(&spark, &Guess::Quotes { quotes: Quotes::Backslash }));
    assert_eq!(spark.examples[0].text, r#"He said "The soup was warm and very welcome" and left, twice"#);
}

#[test]
fn several_labels_are_named_as_such_and_the_text_is_the_longer_prose() {
    let toxic = read("10-one-hot/toxic.csv");
    let flags = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"];
    assert!(says(&toxic, &Guess::MultiLabel { columns: flags[..].map_strings() }));
    assert_eq!(
        (toxic.layout.text_column.as_str(), &toxic.layout.needs_choice[..]),
        ("comment_text", &[Part::Label][..])
    );
    let label = toxic.layout.guessed.iter().find_map(|guess| match guess {
        Guess::Column { part: Part::Label, confidence, alternatives, .. } => Some((*confidence, alternatives.len())),
        _ => None,
    });
    assert_eq!(label, Some((Confidence::Unsure, 5)));
    let asked = toxic.check_columns().unwrap_err().to_string();
    assert!(asked.starts_with("label_column: expected one of the columns \"identity_hate\", \"toxic\""), "{asked}");
    let chosen = ReadOptions { label_column: Some("toxic".into()), ..options("toxic.csv") };
    assert_eq!(Dataset::read(&bytes("10-one-hot/toxic.csv"), &chosen).unwrap().layout.needs_choice, []);

    expect("10-one-hot/clothing-like.csv", "Review Text", "Rating", 150, &["1", "2", "3", "5"]);
    expect("10-one-hot/musical-like.csv", "reviewText", "overall", 150, &["1", "2", "3", "5"]);
    expect("10-one-hot/davidson.csv", "tweet", "class", 120, &["0", "1", "2"]);
    let emotions = expect("10-one-hot/goemotions.tsv", "#1", "#2", 54, &["0", "1", "2"]);
    assert!(says(&emotions, &Guess::MultiLabel { columns: vec!["#2".into()] }));
    assert_eq!((emotions.losses()[0].cause, emotions.losses()[0].rows), (Cause::SeveralLabels, 36));
}

#[test]
fn older_encodings_are_read() {
    let french = expect("12-encodings/excel-fr.csv", "text", "label", 60, &MOOD);
    assert!(says(&french, &Guess::Encoding { encoding: Encoding::Windows1252 }));
    assert_eq!(french.examples[0].text, "The café soup was warm and very welcome.");
    let unicode = expect("12-encodings/unicode-text.txt", "text", "label", 60, &MOOD);
    assert!(says(&unicode, &Guess::Encoding { encoding: Encoding::Utf16Little }));
    assert_eq!(unicode.examples[1].text, "The façade lift was broken for the whole week.");
    let mixed = expect("12-encodings/mixed.csv", "text", "label", 60, &MOOD);
    assert_eq!(mixed.losses()[0].cause, Cause::Encoding, "one broken row of UTF-8 is one row");
}

#[test]
fn sparse_columns_are_no_text_label_or_pair() {
    expect("36-sparse-columns/rare-third-field.csv", "#2", "#1", 240, &["anger", "joy", "sadness"]);
    let file = "36-sparse-columns/gold-column.csv";
    let moods = ["negative", "neutral", "positive"];
    expect(file, "text", "sentiment", 300, &moods);
    // Part of a name counts, and a filled column comes before a sparse one.
    let renamed = String::from_utf8(bytes(file)).unwrap().replacen("sentiment,", "airline_sentiment,", 1);
    let dataset = Dataset::read(renamed.as_bytes(), &options(file)).unwrap();
    assert_eq!((dataset.layout.label_column.as_str(), dataset.examples.len()), ("airline_sentiment", 300));
    let sparse = ReadOptions { label_column: Some("sentiment_gold".into()), ..options(file) };
    let error = Dataset::read(&bytes(file), &sparse).err().map(|error| error.to_string());
    let said = error.or_else(|| Dataset::read(&bytes(file), &sparse).unwrap().losses_in_words()).unwrap();
    assert!(said.contains("of 300 rows were left out, most (") && said.contains("because of: no label"), "{said}");
    let inspected = Dataset::inspect(&bytes(file), &sparse).unwrap();
    assert_eq!(inspected.usable + inspected.rejected.len(), 300, "the list is there, also when the file is refused");
}

#[test]
fn any_character_can_be_the_delimiter() {
    for delimiter in ['^', '~', '\u{1}', '¦', '，', ' '] {
        let file = ["text", "label"].join(&delimiter.to_string())
            + &["\none", "\ntwo", "\nthree", "\nfour"]
                .iter()
                .zip(["a", "b", "a", "b"])
                .map(|(text, label)| format!("{text}{delimiter}{label}"))
                .collect::<String>();
        let asked = ReadOptions { delimiter: Some(delimiter), ..options("data.txt") };
        let dataset = Dataset::read(file.as_bytes(), &asked).unwrap_or_else(|error| panic!("{delimiter:?}: {error}"));
        assert_eq!((dataset.examples.len(), dataset.layout.delimiter), (4, Some(delimiter)));
    }
    let asked = ReadOptions { delimiter: Some('"'), ..options("data.txt") };
    assert!(Dataset::read(b"a,b\n", &asked).unwrap_err().to_string().contains("other than a quote"));
}

/// What is found in a file, split by seed 1.
fn health(file: &str) -> Vec<Finding> {
    let dataset = read(file);
    dataset.health(&dataset.split(1, 0.2).unwrap())
}

#[track_caller]
fn mended(file: &str, is_meant: fn(&FindingKind) -> bool) -> Dataset {
    let mend = health(file).into_iter().filter(|it| is_meant(&it.kind)).map(|it| it.mend.unwrap()).collect();
    Dataset::read(&bytes(file), &ReadOptions { mend, ..options(file) }).unwrap()
}

#[test]
fn labels_in_several_spellings_and_words_for_missing_values_are_mended_with_one_press() {
    let case = mended("06-label-variants/case.csv", |it| matches!(it, FindingKind::CaseVariants { .. }));
    assert_eq!((case.labels.len(), case.examples.len()), (2, 72));
    let numbers = mended("06-label-variants/float-int.csv", |it| matches!(it, FindingKind::NumberVariants { .. }));
    assert_eq!((numbers.labels.len(), numbers.examples.len()), (2, 60));
    for (name, labels) in [("nan", &["0.0", "1.0"]), ("null-words", &["bad", "good"])] {
        let kept =
            mended(&format!("06-label-variants/{name}.csv"), |it| matches!(it, FindingKind::MissingWords { .. }));
        assert_eq!(kept.labels, labels[..].map_strings(), "{name}");
    }
}

#[test]
fn equal_texts_are_said_and_stay_on_one_side() {
    let file = "08-duplicates/repeated.csv";
    assert!(health(file).iter().any(|it| matches!(it.kind, FindingKind::EqualTexts { texts, .. } if texts > 10)));
    let dataset = read(file);
    for seed in 0..20 {
        let split = dataset.split(seed, 0.2).unwrap();
        let tested: Vec<&str> = split.test.iter().map(|&it| &dataset.examples[it].text[..]).collect();
        assert!(!split.train.iter().any(|&it| tested.contains(&&dataset.examples[it].text[..])), "seed {seed}");
    }
    let said = health("08-duplicates/contradictory.csv");
    assert!(said.iter().any(|it| matches!(it.kind, FindingKind::Contradictions { .. }) && it.lines.len() > 1));
    let control = health("08-duplicates/unique-control.csv");
    let is_of_texts =
        |it: &Finding| matches!(it.kind, FindingKind::EqualTexts { .. } | FindingKind::Contradictions { .. });
    assert!(!control.iter().any(is_of_texts), "{control:?}");
}

#[test]
fn imbalance_and_the_smallest_step_are_said() {
    let heavy = expect("14-imbalance/99-to-1.csv", "text", "label", 300, &["ham", "spam"]);
    assert_eq!(heavy.class_counts(), [297, 3]);
    assert!(health("14-imbalance/99-to-1.csv").iter().any(|it| matches!(it.kind, FindingKind::Imbalance { .. })));
    expect("15-tiny/twelve.csv", "text", "label", 12, &MOOD);
    let step = |it: &Finding| matches!(it.kind, FindingKind::SmallestStep { test_rows: 2, points } if points == 50.0);
    assert!(health("15-tiny/twelve.csv").iter().any(step));
}

#[test]
fn files_for_training_and_testing_are_used_as_such() {
    let (train, test) = (bytes("34-two-files/train.csv"), bytes("34-two-files/test.csv"));
    assert_eq!(Portion::of_file("34-two-files/test.csv"), Some(Portion::Test));
    assert_eq!(Portion::of_file("reviews_dev.jsonl"), Some(Portion::Validation));
    assert_eq!(Portion::of_file("train_and_test.csv"), None);
    let files = [DataFile { name: "test.csv", portion: Portion::Test, bytes: &test }];
    let dataset = Dataset::read_files(&train, &options("train.csv"), &files).unwrap();
    assert!(says(&dataset, &Guess::Splits { column: None, sizes: [40, 0, 10] }));
    for seed in 0..5 {
        let split = dataset.split(seed, 0.5).unwrap();
        assert_eq!((split.train.len(), split.test), (40, (40..50).collect::<Vec<usize>>()));
    }
    // Columns are found by name, and what is wrong is said with the file's name.
    let turned =
        b"label,id,text\nlong,1,The answer number 100 was long\nshort,2,\nshort,3,The answer number 101 was short\n";
    let files = [DataFile { name: "dev.csv", portion: Portion::Validation, bytes: turned }];
    let dataset = Dataset::read_files(&train, &options("train.csv"), &files).unwrap();
    assert_eq!(dataset.split(1, 0.2).unwrap().test.len(), 2, "without a test part, the validation part is one");
    assert_eq!(dataset.rejected[0].reason, "the text is empty");
    let lacking = [DataFile { name: "dev.csv", portion: Portion::Validation, bytes: b"id,text\n1,one\n2,two\n" }];
    let error = Dataset::read_files(&train, &options("train.csv"), &lacking).unwrap_err().to_string();
    assert!(error.starts_with("dev.csv: expected a column \"label\", as the training file has it"), "{error}");
}

#[test]
fn several_files_are_arranged_by_their_names() {
    let of = |names: &[&str]| {
        let Arrangement { main, others, ignored } = Arrangement::of(&names.map_strings());
        (main, others, ignored)
    };
    assert_eq!(of(&["test.csv", "train.csv"]), (1, vec![0], vec![]));
    assert_eq!(of(&["a_test.tsv", "a.tsv", "a_dev.tsv"]), (1, vec![2, 0], vec![]));
    assert_eq!(of(&["train.csv", "sample_submission.csv", "test.csv", "test-2.csv"]), (0, vec![2], vec![1, 3]));
    assert_eq!(of(&["one.csv", "two.csv"]), (0, vec![], vec![1]));
    assert_eq!(of(&["test.csv"]), (0, vec![], vec![]));
    assert!(DataFile::by_name("more.csv", b"").unwrap_err().to_string().contains("train, validation or test in it"));
}
