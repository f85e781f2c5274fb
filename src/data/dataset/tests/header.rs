//! Whether the first row names the columns.

use super::*;

#[test]
fn usual_names_are_a_header() {
    let layout = read("review,Stars\nfine,5\nbad,1\ngood,5\nawful,1\n").layout;
    assert!(layout.has_header);
    let by_name = |part, column: &str| Guess::Column {
        part,
        column: column.into(),
        by: ColumnSign::Name,
        confidence: Confidence::Likely,
        alternatives: Vec::new(),
    };
    let usual = Guess::Header { sign: HeaderSign::Usual, cell: Some("review".into()) };
    assert_eq!(layout.guessed, [usual, by_name(Part::Text, "review"), by_name(Part::Label, "Stars")]);
}

#[test]
fn a_label_that_no_other_row_has_is_a_header() {
    let dataset = read("phrase,finding\nfine,yes\nbad,no\ngood,yes\nawful,no\n");
    assert!(dataset.layout.has_header);
    assert_eq!(dataset.layout.columns, ["phrase", "finding"]);
    assert_eq!(dataset.layout.guessed[0], Guess::Header { sign: HeaderSign::Unlike, cell: Some("finding".into()) });
    assert!(read("phrase,grade\nfine,4.5\nbad,1.5\ngood,4.5\nawful,1.5\n").layout.has_header);
}

#[test]
fn a_usual_name_that_recurs_is_a_label() {
    // Dialogue acts: the first row's "question" is no column name.
    let dataset = read("who are you,question\nnobody,statement\nwhy is that,question\nnever mind,statement\n");
    assert!(!dataset.layout.has_header);
    assert_eq!(dataset.layout.guessed[0], Guess::Header { sign: HeaderSign::None, cell: None });
    assert_eq!(dataset.layout.columns, ["#1", "#2"]);
    assert_eq!(rows(&dataset)[0], "1 who are you = question");
}

#[test]
fn the_caller_knows_better() {
    let file = "text,label\none,a\nnine,label\ntwo,a\n";
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
