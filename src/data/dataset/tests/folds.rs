//! Folds of a cross-validation.

use super::*;

fn class(dataset: &Dataset, row: usize) -> usize {
    match dataset.examples[row].target {
        Target::Class(class) => class,
        Target::Score(_) => 0,
    }
}

#[test]
fn seeds_in_a_row_test_every_row_once_and_the_next_ones_otherwise() {
    let dataset = read(csv_with(&[52, 20, 7]));
    let tests = |seeds: std::ops::RangeInclusive<u32>| {
        seeds.map(|seed| dataset.fold(seed, 5).unwrap().test).collect::<Vec<_>>()
    };
    for seeds in [1..=5, 6..=10, 101..=105] {
        let folds = tests(seeds);
        let sizes: Vec<usize> = folds.iter().map(Vec::len).collect();
        assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "79 rows in five: {sizes:?}");
        for fold in &folds {
            let of = |wanted: usize| fold.iter().filter(|&&row| class(&dataset, row) == wanted).count();
            assert!((10..=11).contains(&of(0)) && of(1) == 4 && (1..=2).contains(&of(2)), "stratified");
        }
        let mut all = folds.concat();
        all.sort_unstable();
        assert_eq!(all, (0..79).collect::<Vec<_>>());
    }
    let shared = tests(1..=5).into_iter().zip(tests(6..=10)).filter(|(one, other)| one == other).count();
    assert_eq!(shared, 0, "another division");
    let zero = dataset.fold(0, 5).unwrap();
    assert_eq!((zero.train.len() + zero.test.len(), zero.validation.len()), (79, 0));
}

#[test]
fn equal_texts_share_a_fold_and_the_only_text_of_a_class_is_trained_on() {
    let rows: String = (0..30).map(|row| format!("text {},{}\n", row / 3, ["a", "b"][row / 3 % 2])).collect();
    let mut dataset = read(format!("text,label\n{rows}"));
    for seed in 1..=4 {
        let split = dataset.fold(seed, 4).unwrap();
        assert_eq!(split.test.len() % 3, 0);
        assert!(split.test.iter().all(|&row| !split.train.iter().any(|&it| it / 3 == row / 3)), "fold of seed {seed}");
    }
    // All rows of class b are the same text.
    dataset.equal_to = (0..30).map(|row| if class(&dataset, row) == 1 { 3 } else { row / 3 * 3 }).collect();
    for seed in 1..=4 {
        let split = dataset.fold(seed, 4).unwrap();
        assert!(split.test.iter().all(|&row| class(&dataset, row) == 0));
        assert_eq!(split.train.iter().filter(|&&row| class(&dataset, row) == 1).count(), 15);
    }
}

#[test]
fn a_class_is_spread_though_another_fills_the_folds_unevenly() {
    let dataset = read("text,label\nsame,a\nsame,a\nsame,a\nother,a\nfirst,b\nsecond,b\n");
    for seed in 1..=8 {
        let tested = dataset.fold(seed, 2).unwrap().test;
        assert_eq!(tested.iter().filter(|&&row| class(&dataset, row) == 1).count(), 1, "{tested:?} of seed {seed}");
    }
}

#[test]
fn a_split_of_the_file_is_set_aside() {
    let rows: String =
        (0..24).map(|row| format!("text {row},{},{}\n", ["a", "b"][row % 2], ["train", "test"][row / 12])).collect();
    let dataset = read(format!("text,label,split\n{rows}"));
    assert!(dataset.has_own_split());
    let mut tested: Vec<usize> = (1..=3).flat_map(|seed| dataset.fold(seed, 3).unwrap().test).collect();
    tested.sort_unstable();
    assert_eq!(tested, (0..24).collect::<Vec<_>>());
}

#[test]
fn too_few_and_too_many_folds_are_refused() {
    let dataset = read(csv_with(&[5, 4]));
    let refused = |folds| dataset.fold(9, folds).unwrap_err().to_string();
    assert_eq!(refused(1), "folds: expected at least 2, got 1");
    assert_eq!(refused(10), "folds: expected no more folds than different texts, got 10");
    assert_eq!(dataset.fold(9, 9).unwrap().test.len(), 1);
}
