//! Which column is which.

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
fn a_number_or_name_of_a_label_is_one_and_of_a_row_is_none() {
    let file = |name: &str| {
        let row =
            |it: usize| format!("{},short title {it},a much longer description of what number {it} is about\n", it % 4);
        format!("{name},Title,Description\n{}", (0..40).map(row).collect::<String>())
    };
    for name in ["Class Index", "label_id", "categoryName", "topic idx"] {
        let dataset = read(file(name));
        assert_eq!((dataset.layout.label_column.as_str(), &dataset.layout.needs_choice[..]), (name, &[][..]));
    }
    for name in ["Index", "user_id", "class_date", "id_class"] {
        assert_eq!(read(file(name)).layout.needs_choice, [Part::Label], "{name}");
    }
}

/// Forty rows `text`, `label` and `mood`, of which the last would do.
fn with_labels(label: impl Fn(usize) -> String) -> Dataset {
    let row = |it: usize| format!("a text that is number {it},{},{}\n", label(it), ["good", "bad"][it % 2]);
    read(format!("text,label,mood\n{}", (0..40).map(row).collect::<String>()))
}

#[test]
fn a_usual_name_counts_where_the_column_is_filled_and_names_no_rows() {
    let label_column = |dataset: Dataset| dataset.layout.label_column;
    assert_eq!(label_column(with_labels(|it| ["x", "y"][it / 2 % 2].to_string())), "label");
    let sparse = with_labels(|it| if it % 4 == 0 { ["x", "y"][it / 4 % 2].to_string() } else { String::new() });
    assert_eq!(label_column(sparse), "mood", "filled in a quarter of the rows");
    assert_eq!(label_column(with_labels(|it| format!("k{it:03}"))), "mood", "a name of each row");
    assert_eq!(label_column(with_labels(|it| (1000 + it).to_string())), "mood", "a number of each row");
}

#[test]
fn where_most_rows_have_several_labels_the_reader_is_asked() {
    let of = |several: usize| {
        let label = |it: usize| if it % 10 < several { r#"["x", "y"]"# } else { [r#"["x"]"#, r#"["y"]"#][it % 2] };
        let row = |it: usize| format!("{{\"text\": \"a text {it}\", \"label\": {}, \"n\": {}}}\n", label(it), it % 3);
        read((0..40).map(row).collect::<String>()).layout.needs_choice
    };
    assert_eq!(of(3), []);
    assert_eq!(of(6), [Part::Label]);
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
    let third = ["eleven twelve thirteen fourteen", "twelve thirteen fourteen eleven"];
    let three: String = PROSE
        .lines()
        .zip(0..)
        .map(|(row, it)| format!("{},{} {it}{}\n", &row[..1], third[it % 2], &row[1..]))
        .collect();
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
