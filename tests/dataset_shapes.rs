//! Shapes of well-known public files, rebuilt by hand with sentences of our own: what a reader who has such a file means by it.

#![cfg(not(target_arch = "wasm32"))]

use guided_dropout_lab::data::dataset::{Cause, Dataset, Encoding, Guess, JsonForm, Part, ReadOptions, Target, Task};
use serde_json::{Value, json};

const PLACES: [&str; 6] = ["harbour", "station", "old library", "market", "town hall", "museum"];

/// A sentence of its own for each number.
fn sentence(number: usize) -> String {
    let (place, other) = (PLACES[number % 6], PLACES[(number / 6) % 6]);
    format!(
        "Visitor {number} walked from the {place} to the {other}, and wrote that it took longer than the map had promised"
    )
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).map(row).collect::<Vec<_>>().join("\n")
}

fn options(name: &str) -> ReadOptions {
    ReadOptions { name: name.into(), ..ReadOptions::default() }
}

#[track_caller]
fn read(name: &str, bytes: &[u8]) -> Dataset {
    Dataset::read(bytes, &options(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Text, pair, label, rows and rows left out.
#[track_caller]
fn expect(name: &str, bytes: &[u8], columns: (&str, Option<&str>, &str), count: usize) -> Dataset {
    let dataset = read(name, bytes);
    let layout = &dataset.layout;
    let found = (layout.text_column.as_str(), layout.pair_column.as_deref(), layout.label_column.as_str());
    assert_eq!(found, columns, "{name}: {:?}", layout.guessed);
    assert_eq!((dataset.examples.len(), dataset.rejected.len()), (count, 0), "{name}: {:?}", dataset.rejected.first());
    assert_eq!(layout.needs_choice, [], "{name}: {:?}", layout.guessed);
    dataset
}

#[test]
fn spam_with_unnamed_columns_in_latin_1() {
    let body = rows(60, |it| match it % 7 {
        0 => format!("spam,\"WIN \u{a3}{it}00 now, text YES to 8{it}\",,,"),
        3 => format!("ham,{},\" and then some more, of it\",,", sentence(it).replace(',', "")),
        _ => format!("ham,\"{}\",,,", sentence(it)),
    });
    let latin: Vec<u8> =
        format!("v1,v2,,,\r\n{}\r\n", body.replace('\n', "\r\n")).chars().map(|it| it as u32 as u8).collect();
    let spam = expect("spam.csv", &latin, ("v2", None, "v1"), 60);
    assert_eq!(spam.labels, ["ham", "spam"]);
    assert!(spam.layout.guessed.contains(&Guess::Encoding { encoding: Encoding::Windows1252 }));
    assert!(spam.examples[0].text.starts_with("WIN £000 now"));
}

#[test]
fn film_reviews_with_markup_and_line_breaks() {
    let body = rows(40, |it| {
        format!(
            "\"{}.<br /><br />\n\"\"Never again\"\", said {it}.\",{}",
            sentence(it),
            ["positive", "negative"][it % 2]
        )
    });
    let films =
        expect("IMDB Dataset.csv", format!("review,sentiment\n{body}\n").as_bytes(), ("review", None, "sentiment"), 40);
    assert!(films.examples[0].text.contains("<br />") && films.examples[0].text.contains("\"Never again\""));
}

#[test]
fn news_without_a_header_and_with_titles() {
    let body = rows(80, |it| {
        format!("\"{}\",\"Short title {it}\",\"{} (Reuters). {}\"", it % 4 + 1, sentence(it), sentence(it + 7))
    });
    let news = expect("train.csv", body.as_bytes(), ("#3", None, "#1"), 80);
    assert_eq!((news.labels.join(""), news.layout.has_header), ("1234".to_string(), false));
}

#[test]
fn texts_and_labels_in_files_of_their_own_are_refused_with_what_lacks() {
    let texts = rows(40, |it| sentence(it).replace(',', ""));
    let error = Dataset::read(texts.as_bytes(), &options("train_text.txt")).unwrap_err().to_string();
    assert!(error.starts_with("train_text.txt: expected") && error.contains("column"), "{error}");
}

#[test]
fn one_column_for_each_of_many_emotions() {
    let names = ["admiration", "amusement", "anger", "annoyance", "neutral"];
    let body = rows(60, |it| {
        let flags: Vec<&str> =
            (0..5).map(|place| if it % 5 == place || it % 11 == place { "1" } else { "0" }).collect();
        format!(
            "\"{}\",ed{it:05}x,Author_{it},funny,t3_{it:04}z,t1_{it:04}q,{},{},False,{}",
            sentence(it),
            1_548_381_039 + it,
            it % 9,
            flags.join(",")
        )
    });
    let header = "text,id,author,subreddit,link_id,parent_id,created_utc,rater_id,example_very_unclear";
    let file = format!("{header},{}\n{body}\n", names.join(","));
    let emotions = read("goemotions_1.csv", file.as_bytes());
    assert_eq!(emotions.layout.text_column, "text");
    assert!(
        emotions.layout.guessed.contains(&Guess::MultiLabel { columns: names.map(String::from).to_vec() }),
        "{:?}",
        emotions.layout.guessed
    );
    assert_eq!(emotions.layout.needs_choice, [Part::Label]);
}

#[test]
fn intents_in_splits_of_arrays() {
    let part = |from: usize, to: usize, oos: bool| -> Vec<Value> {
        (from..to)
            .map(|it| json!([sentence(it), if oos { "oos" } else { ["transfer", "balance", "translate"][it % 3] }]))
            .collect()
    };
    let file = json!({"oos_val": part(0, 6, true), "val": part(10, 25, false), "train": part(30, 90, false),
        "oos_test": part(100, 106, true), "test": part(110, 140, false), "oos_train": part(150, 156, true)});
    let intents = read("data_full.json", file.to_string().as_bytes());
    let splits = intents
        .layout
        .guessed
        .iter()
        .find_map(|it| if let Guess::Splits { sizes, .. } = it { Some(*sizes) } else { None });
    assert_eq!((intents.labels.len(), splits), (4, Some([66, 21, 36])), "{:?}", intents.layout.guessed);
}

#[test]
fn bank_questions_by_category() {
    let body = rows(60, |it| {
        format!("\"{}?\n\",{}", sentence(it), ["card_arrival", "top_up_failed", "Refund_not_showing_up"][it % 3])
    });
    expect("banking77.csv", format!("text,category\n{body}\n").as_bytes(), ("text", None, "category"), 60);
}

#[test]
fn shop_reviews_of_one_json_object_a_line() {
    let line = |it: usize| {
        let mut review = json!({"overall": (it % 5 + 1) as f64, "verified": !it.is_multiple_of(3), "reviewTime": format!("09 {}, 2016", it % 28 + 1),
            "reviewerID": format!("A3NHUQ33CFH3{it}"), "asin": format!("B00{it:07}"), "reviewerName": format!("Ann {it}"),
            "reviewText": sentence(it), "summary": "Five Stars", "unixReviewTime": 1_472_688_000 + it});
        if it.is_multiple_of(4) {
            review["style"] = json!({"Size:": " Large", "Color:": " Blue"});
            review["vote"] = json!("3");
        }
        review.to_string()
    };
    let reviews = expect("Gift_Cards_5.json", rows(60, line).as_bytes(), ("reviewText", None, "overall"), 60);
    assert_eq!((reviews.task, reviews.labels.len()), (Task::Classification, 5));
    assert_eq!(reviews.layout.format, guided_dropout_lab::data::dataset::Format::JsonLines);
}

#[test]
fn annotations_of_which_some_were_cancelled() {
    let task = |it: usize| {
        let mood = ["Positive", "Negative"][it % 2];
        let choice = json!([{"id": "x", "from_name": "sentiment", "to_name": "text", "type": "choices", "value": {"choices": [mood]}}]);
        json!({"id": it + 1, "annotations": [{"id": it + 100, "completed_by": 1, "result": if it.is_multiple_of(10) { json!([]) } else { choice },
            "was_cancelled": it.is_multiple_of(10), "ground_truth": false, "created_at": "2024-05-01T10:00:00Z", "lead_time": 4.2}],
            "file_upload": "a.csv", "drafts": [], "predictions": [], "data": {"text": sentence(it), "source": format!("forum-{it}")}, "meta": {},
            "created_at": "2024-05-01T09:00:00Z", "updated_at": "2024-05-01T10:00:00Z", "project": 3})
    };
    let file = Value::from((0..60).map(task).collect::<Vec<_>>()).to_string();
    let dataset = read("project-3-at-2024-05-01.json", file.as_bytes());
    assert!(dataset.layout.guessed.contains(&Guess::Form { form: JsonForm::Tool, name: "Label Studio".into() }));
    assert_eq!(
        (dataset.examples.len(), dataset.rejected.len(), dataset.labels.join(" ")),
        (54, 6, "Negative Positive".into())
    );
    assert!(
        dataset.losses().iter().all(|loss| matches!(loss.cause, Cause::SetAside | Cause::NoLabel)),
        "{:?}",
        dataset.losses()
    );
}

#[test]
fn a_german_spreadsheet_with_commas_in_its_numbers() {
    let body = rows(60, |it| {
        format!(
            "{};{};{},{:02};{:02}.03.2024",
            it + 1,
            sentence(it).replace("walked", "ging für"),
            it % 5,
            it * 7 % 100,
            it % 28 + 1
        )
    });
    let latin: Vec<u8> = format!("Nr.;Bewertungstext;Note;Datum\r\n{}", body.replace('\n', "\r\n"))
        .chars()
        .map(|it| it as u32 as u8)
        .collect();
    let notes = expect("Umfrage.csv", &latin, ("Bewertungstext", None, "Note"), 60);
    assert_eq!((notes.task, notes.examples[1].target == Target::Score(1.07)), (Task::Regression, true));
}

#[test]
fn pairs_of_sentences_with_metadata_beside_them() {
    let snli = |it: usize| {
        let label = ["entailment", "neutral", "contradiction"][it % 3];
        json!({"annotator_labels": [label], "captionID": format!("34160{it}.jpg#0"), "gold_label": label, "pairID": format!("34160{it}.jpg#0r1n"),
            "sentence1": sentence(it), "sentence1_binary_parse": format!("( ( {} ) . )", sentence(it)), "sentence1_parse": format!("(ROOT (S (NP {})))", sentence(it)),
            "sentence2": sentence(it + 9), "sentence2_binary_parse": format!("( ( {} ) . )", sentence(it + 9)), "sentence2_parse": format!("(ROOT (S (NP {})))", sentence(it + 9))})
        .to_string()
    };
    expect("snli_1.0_train.jsonl", rows(60, snli).as_bytes(), ("sentence1", Some("sentence2"), "gold_label"), 60);
    let mrpc = rows(60, |it| {
        format!("{}\t{}\t{}\t\"{}\t{}", it % 2, 702_876 + it, 702_977 + it, sentence(it), sentence(it + 9))
    });
    expect(
        "msr_paraphrase_train.txt",
        format!("\u{feff}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n{mrpc}\n").as_bytes(),
        ("#1 String", Some("#2 String"), "Quality"),
        60,
    );
    let quora = rows(60, |it| {
        format!("{it}\t{}\t{}\t{}?\t{}?\t{}", 2 * it + 1, 2 * it + 2, sentence(it), sentence(it + 9), it % 2)
    });
    expect(
        "quora_duplicate_questions.tsv",
        format!("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n{quora}\n").as_bytes(),
        ("question1", Some("question2"), "is_duplicate"),
        60,
    );
    let similar = rows(60, |it| {
        format!(
            "{it}\tmain-captions\tMSRvid\t2012test\t{it:04}\tnone\tnone\t{}\t{}\t{}.{:03}",
            sentence(it),
            sentence(it + 9),
            it % 5,
            it * 16 % 1000
        )
    });
    let header = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore";
    let similar =
        expect("train.tsv", format!("{header}\n{similar}\n").as_bytes(), ("sentence1", Some("sentence2"), "score"), 60);
    assert_eq!(similar.task, Task::Regression);
}

/// Prints how long it takes; a goal of one second in release is kept on one core.
#[test]
fn near_duplicates_are_found_among_ten_thousand_rows() {
    const ROWS: usize = 10_000;
    let text = |it: usize| {
        let words: Vec<String> =
            (0..30).map(|place| format!("w{:x}", (it as u32 * 31 + place).wrapping_mul(0x9E37_79B9))).collect();
        words.join(" ")
    };
    let body = rows(ROWS, |it| {
        let changed = if it >= ROWS - 100 { text(it - ROWS + 100) + " again" } else { text(it) };
        format!("{changed},{}", ["a", "b"][it % 2])
    });
    let dataset = read("ten-thousand.csv", format!("text,label\n{body}\n").as_bytes());
    let split = dataset.split(1, 0.2).unwrap();
    let found = dataset.health(&split);
    let near = found.iter().find_map(|it| match it.kind {
        guided_dropout_lab::data::dataset::FindingKind::NearDuplicates { rows, .. } => Some(rows),
        _ => None,
    });
    // Of a hundred pairs, some 32 are on two sides of a split with a fifth in the test part.
    assert!(near.is_some_and(|rows| (15..=50).contains(&rows)), "{near:?}");
}
