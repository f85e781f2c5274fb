//! Data-quality findings, and the changes that mend them.

use super::*;

fn findings(dataset: &Dataset) -> Vec<Finding> {
    dataset.health(&dataset.split(1, 0.25).unwrap())
}

#[track_caller]
fn found(dataset: &Dataset, is_meant: fn(&FindingKind) -> bool) -> Option<Finding> {
    findings(dataset).into_iter().find(|finding| is_meant(&finding.kind))
}

fn mended(file: &str, mend: Mend) -> Dataset {
    Dataset::read(file.as_bytes(), &ReadOptions { mend: vec![mend], ..named("data") }).unwrap()
}

/// Sentences of which no two are nearly the same.
fn different(count: usize) -> Vec<String> {
    const WORDS: [&str; 16] = [
        "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "jetty", "kernel",
        "lantern", "meadow", "nettle", "orchard", "pebble",
    ];
    let word = |it: usize| WORDS[it % 16];
    (0..count)
        .map(|it| {
            (0..6).map(|k| word(it / 16_usize.pow(k % 3) + 5 * k as usize + it * it)).collect::<Vec<_>>().join(" ")
                + &format!(" {it}")
        })
        .collect()
}

#[test]
fn equal_texts_are_counted_and_can_be_dropped() {
    let file = "text,label\none,a\ntwo,b\none,a\none,a\nthree,b\nfour,a\n";
    let dataset = read(file);
    let finding = found(&dataset, |it| matches!(it, FindingKind::EqualTexts { .. })).unwrap();
    assert_eq!(finding.kind, FindingKind::EqualTexts { texts: 1, rows: 2 });
    assert_eq!(finding.lines, [2, 4, 5]);
    let mended = mended(file, finding.mend.unwrap());
    assert_eq!(rows(&mended), ["2 one = a", "3 two = b", "6 three = b", "7 four = a"]);
    assert_eq!(rejections(&mended)[0], "4 its text and label are those of line 2");
    assert_eq!(mended.losses()[0].cause, Cause::Mended);
}

#[test]
fn equal_texts_with_another_label_are_not_dropped_as_repetitions() {
    let mended = mended("text,label\none,a\none,b\none,a\ntwo,b\nthree,a\nfour,b\n", Mend::DropEqual);
    assert_eq!(rows(&mended), ["2 one = a", "3 one = b", "5 two = b", "6 three = a", "7 four = b"]);
}

#[test]
fn contradictions_are_counted_and_can_be_dropped() {
    let file = "text,label\none,a\ntwo,b\none,b\nthree,a\nfour,b\nfive,a\n";
    let dataset = read(file);
    let finding = found(&dataset, |it| matches!(it, FindingKind::Contradictions { .. })).unwrap();
    assert_eq!((finding.kind, &finding.lines[..]), (FindingKind::Contradictions { texts: 1, rows: 2 }, &[2, 4][..]));
    assert!(found(&dataset, |it| matches!(it, FindingKind::EqualTexts { .. })).is_none());
    assert_eq!(rows(&mended(file, finding.mend.unwrap())), ["3 two = b", "5 three = a", "6 four = b", "7 five = a"]);
}

#[test]
fn labels_written_in_several_ways_can_be_merged() {
    let file =
        "text,label\none,good\ntwo,Good\nthree,good\nfour,bad\nfive,GOOD\nsix,Good\nseven,bad\neight,GOOD\nnine,good\n";
    let finding = found(&read(file), |it| matches!(it, FindingKind::CaseVariants { .. })).unwrap();
    let FindingKind::CaseVariants { labels } = &finding.kind else { unreachable!() };
    assert_eq!(labels, &["good", "GOOD", "Good"]);
    let mended = mended(file, finding.mend.unwrap());
    assert_eq!((mended.labels, mended.examples.len()), (vec!["bad".to_string(), "good".to_string()], 9));

    let numbers = read("text,label\na,1\nb,1.0\nc,0\nd,0.0\ne,1\nf,1.0\ng,0\nh,0.0\ni,1\n");
    let finding = found(&numbers, |it| matches!(it, FindingKind::NumberVariants { .. })).unwrap();
    assert!(matches!(&finding.mend, Some(Mend::MergeLabels { .. })));
    let different = read("text,label\na,1\nb,2\nc,1\nd,2\n");
    assert!(found(&different, |it| matches!(it, FindingKind::NumberVariants { .. })).is_none());
}

#[test]
fn words_for_missing_values_can_be_dropped() {
    let file = "text,label\none,good\ntwo,N/A\nthree,good\nfour,bad\nfive,N/A\nsix,bad\n";
    let finding = found(&read(file), |it| matches!(it, FindingKind::MissingWords { .. })).unwrap();
    assert_eq!(finding.kind, FindingKind::MissingWords { labels: vec!["N/A".into()], rows: 2 });
    assert_eq!(mended(file, finding.mend.unwrap()).labels, ["bad", "good"]);
    let both = read("text,label\none,good\ntwo,N/A\nthree,good\nfour,n/a\nfive,N/A\nsix,n/a\nseven,bad\neight,bad\n");
    assert!(found(&both, |it| matches!(it, FindingKind::MissingWords { rows: 4, .. })).is_some());
    let variants = found(&both, |it| matches!(it, FindingKind::CaseVariants { .. }));
    assert!(variants.is_none(), "to merge them would make a label of them");
}

#[test]
fn near_duplicates_across_the_split_are_found_and_can_be_kept_together() {
    let mut file = "text,label\n".to_string();
    for (index, text) in different(60).iter().enumerate() {
        file += &format!("{text} and so on to the end,{}\n", index % 2);
        if index < 20 {
            file += &format!("{text} and so on to the end!,{}\n", index % 2);
        }
    }
    let dataset = read(&file);
    let finding = found(&dataset, |it| matches!(it, FindingKind::NearDuplicates { .. })).unwrap();
    let FindingKind::NearDuplicates { rows, of } = finding.kind else { unreachable!() };
    assert!((3..=20).contains(&rows) && of == 20, "{rows} of {of}");
    let grouped = mended(&file, finding.mend.unwrap());
    assert!(found(&grouped, |it| matches!(it, FindingKind::NearDuplicates { .. })).is_none());
    assert_eq!(grouped.examples.len(), 80, "none is lost");
    let own = file.lines().zip(0..).map(|(row, it)| match it {
        0 => "text,label,split\n".to_string(),
        _ => format!("{row},{}\n", ["train", "test"][it % 2]),
    });
    let of_own = found(&read(own.collect::<String>()), |it| matches!(it, FindingKind::NearDuplicates { .. })).unwrap();
    assert_eq!(of_own.mend, None, "the file's own split stays as it is");
}

#[test]
fn balance_and_the_smallest_step_are_said() {
    let dataset = read(csv_with(&[40, 4]));
    assert!(found(&dataset, |it| matches!(it, FindingKind::Imbalance { most_rows: 40, fewest_rows: 4, .. })).is_some());
    assert!(found(&read(csv_with(&[39, 4])), |it| matches!(it, FindingKind::Imbalance { .. })).is_none());
    let step = found(&read(csv_with(&[4, 4])), |it| matches!(it, FindingKind::SmallestStep { .. })).unwrap();
    assert_eq!(step.kind, FindingKind::SmallestStep { test_rows: 2, points: 50.0 });
}

#[test]
fn an_own_split_that_leaks_or_tests_the_unseen_is_said() {
    let rows = "a,x,train\nb,y,train\nc,x,train\nd,y,train\na,x,test\ne,z,test\nf,z,test\n";
    let dataset = read(format!("text,label,split\n{rows}"));
    let leaked = found(&dataset, |it| matches!(it, FindingKind::Leaked { .. })).unwrap();
    assert_eq!((leaked.kind, &leaked.lines[..]), (FindingKind::Leaked { rows: 1 }, &[2][..]));
    let unseen = found(&dataset, |it| matches!(it, FindingKind::UnseenLabels { .. })).unwrap();
    assert_eq!((unseen.kind, &unseen.lines[..]), (FindingKind::UnseenLabels { labels: vec!["z".into()] }, &[7, 8][..]));
}

#[test]
fn tokens_that_are_unknown_or_cut_are_said() {
    let dataset = read(csv_with(&[2, 2]));
    let count = |tokens, unknown| TokenCount { tokens, unknown };
    let found = dataset.token_health(&[count(10, 0), count(10, 5), count(30, 0), count(10, 1)], 20);
    let kinds: Vec<&FindingKind> = found.iter().map(|finding| &finding.kind).collect();
    let cut = FindingKind::Cut { rows: 1, of: 4, limit: 20 };
    assert_eq!(kinds, [&FindingKind::UnknownTokens { share: 0.1, rows: 1 }, &cut]);
    assert!(dataset.token_health(&[count(10, 0); 4], 20).is_empty());
}
