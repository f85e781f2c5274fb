//! Classes or scores.

use super::*;

fn scores(count: usize, step: f64) -> String {
    let rows = (0..count).map(|index| format!("text {index},{}\n", index as f64 * step));
    format!("text,score\n{}", rows.collect::<String>())
}

/// The same scores for as many other texts.
fn twice(file: String) -> String {
    let others = file["text,score\n".len()..].replace("text ", "other ");
    file + &others
}

#[test]
fn many_numbers_with_fractions_are_scores() {
    let dataset = read(scores(30, 0.25));
    assert_eq!((dataset.task, dataset.labels.len()), (Task::Regression, 0));
    assert_eq!(dataset.examples[3].target, Target::Score(0.75));
    assert!(dataset.class_counts().is_empty());
    assert!(dataset.layout.guessed.contains(&Guess::Scores { numbers: 30 }));
}

#[test]
fn few_levels_or_integers_are_classes() {
    let rated = twice(scores(20, 0.5));
    assert_eq!(read(rated).task, Task::Classification);
    let counted = twice(scores(30, 1.0));
    assert_eq!(read(counted).task, Task::Classification);
}

/// The levels in turns, each for twelve texts, between semicolons.
fn rated(levels: &[&str]) -> Dataset {
    let rows = (0..12 * levels.len()).map(|row| format!("text {row};{}\n", levels[row % levels.len()]));
    read(format!("text;score\n{}", rows.collect::<String>()))
}

#[test]
fn few_numbers_of_which_most_have_decimals_are_scores() {
    let german = rated(&["1,3", "2,7", "3,1", "3,4", "3,8", "4,0", "4,2", "4,6", "4,9", "5,0"]);
    assert_eq!((german.task, &german.examples[1].target), (Task::Regression, &Target::Score(2.7)));
    assert!(german.layout.guessed.contains(&Guess::Scores { numbers: 10 }));
    let grades = ["1,0", "1,3", "1,7", "2,0", "2,3", "2,7", "3,0", "3,3", "3,7", "4,0", "5,0"];
    assert_eq!(rated(&grades).task, Task::Regression);
    assert_eq!(rated(&["0.1", "0.2", "0.3", "0.4", "0.5"]).task, Task::Regression);
    for classes in [
        &["1.0", "2.0", "3.0", "4.0", "5.0"][..],           // stars
        &["0.5", "1.0", "1.5", "2.5", "3.5", "4.5", "5.0"], // stars by halves
        &["0.0", "0.33", "0.67", "1.0"],                    // the agreement of three annotators
        &["0.25", "0.33", "0.67", "1.0"],                   // four, most of them fractions
        &["1.0", "2.0", "3.0", "4.0", "5.0", "1.75"],       // one odd one
    ] {
        assert_eq!(rated(classes).task, Task::Classification, "{classes:?}");
    }
}

#[test]
fn lists_of_numbered_labels_are_no_scores() {
    let label = |it: usize| {
        if it.is_multiple_of(5) { format!("{},{}", it % 27, (it + 3) % 27) } else { (it % 27).to_string() }
    };
    let file: String = (0..300).map(|it| format!("text number {it}\t{}\ted{it:05}x\n", label(it))).collect();
    let dataset = read(file);
    assert_eq!((dataset.task, dataset.labels.len(), dataset.examples.len()), (Task::Classification, 27, 240));
}

#[test]
fn the_caller_decides() {
    let file = twice(scores(20, 0.5));
    let options = ReadOptions { task: Some(Task::Regression), ..named("data") };
    assert_eq!(Dataset::read(file.as_bytes(), &options).unwrap().examples[1].target, Target::Score(0.5));
    let file = twice(scores(30, 0.25));
    let options = ReadOptions { task: Some(Task::Classification), ..named("data") };
    assert_eq!(Dataset::read(file.as_bytes(), &options).unwrap().labels.len(), 30);
}

#[test]
fn a_score_that_is_not_a_finite_number_is_rejected() {
    let dataset = read(scores(50, 0.25) + "a,n/a\nb,NaN\nc,-inf\nd,1e99\ne,-2.5e-1\n");
    assert_eq!(dataset.task, Task::Regression);
    let reason = |line: u64, score: &str| format!("{line} the score {score:?} is not a finite number");
    assert_eq!(rejections(&dataset), [reason(52, "n/a"), reason(53, "NaN"), reason(54, "-inf"), reason(55, "1e99")]);
    assert_eq!(dataset.examples.last().unwrap().target, Target::Score(-0.25));
}

#[test]
fn labels_are_sorted_and_numbers_by_value() {
    assert_eq!(read("text,label\na,b\nb,B\nc,a\nd,b\ne,B\nf,a\n").labels, ["B", "a", "b"]);
    assert_eq!(read("text,label\na,10\nb,9\nc,-1\nd,9\ne,10\nf,-1\n").labels, ["-1", "9", "10"]);
}
