//! The seeded split and its fractions.

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
    assert_eq!(split, Split { train: PINNED_TRAIN.to_vec(), validation: Vec::new(), test: PINNED_TEST.to_vec() });
}
const PINNED_TRAIN: [usize; 7] = [2, 3, 6, 5, 9, 4, 7];
const PINNED_TEST: [usize; 3] = [0, 1, 8];

/// The test parts of two seeds share as many rows as two independent draws, and the order of the training part is drawn anew.
#[test]
fn seeds_draw_independent_splits() {
    let dataset = read(csv_with(&[300, 200]));
    let splits: Vec<Split> = (1..=4).map(|seed| dataset.split(seed, 0.2).unwrap()).collect();
    for (i, first) in splits.iter().enumerate() {
        for second in &splits[..i] {
            let shared = first.test.iter().filter(|row| second.test.contains(row)).count();
            // Hypergeometric: 100 of 500, twice; mean 20, deviation 3.6; five deviations.
            assert!((2..=38).contains(&shared), "{shared} of 100 rows are in both test parts");
            let places = first.train.iter().zip(&second.train).filter(|(a, b)| a == b).count();
            assert!(places <= 8, "{places} of 400 rows have the same place"); // Poisson around 0.8
        }
    }
}

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
            format!("test_fraction: expected a fraction strictly between 0 and 1, got {share}")
        );
    }
}

#[test]
fn fractions_keep_the_training_order_and_every_class() {
    let dataset = read(csv_with(&[80, 40, 2]));
    let split = dataset.split(5, 0.5).unwrap();
    let tenth = split.fraction(&dataset, 0.1);
    assert_eq!(tenth.len(), 4 + 2 + 1);
    let places: Vec<usize> = tenth.iter().map(|index| split.train.iter().position(|it| it == index).unwrap()).collect();
    assert!(places.is_sorted());
    assert_eq!(split.fraction(&dataset, 1.0), split.train);
    assert_eq!(split.fraction(&dataset, 0.0).len(), 3);
    let odd = read(csv_with(&[66, 4]));
    assert_eq!(odd.split(5, 0.5).unwrap().fraction(&odd, 0.1).len(), 3 + 1, "3.3 of 33, and 0.2 of 2");
    assert_eq!(split.fraction(&dataset, f64::NAN).len(), 3);
    assert_eq!(split.fraction(&dataset, 7.0), split.train);
}

#[test]
fn validation_rows_come_from_the_training_part_class_by_class() {
    let dataset = read(csv_with(&[50, 20, 3, 2]));
    let plain = dataset.split(4, 0.2).unwrap();
    assert_eq!(plain.clone().with_validation(&dataset, 0.0), plain, "nothing is put aside where nothing is chosen");
    let split = plain.clone().with_validation(&dataset, 0.25);
    assert_eq!(split.test, plain.test);
    let class = |&row: &usize| dataset.examples[row].target.clone();
    let of_class = |rows: &[usize], k| rows.iter().filter(|row| class(row) == Target::Class(k)).count();
    // Of 40, 16, 2 and 1 rows of the training part; a class with one row keeps it.
    assert_eq!([0, 1, 2, 3].map(|k| of_class(&split.validation, k)), [10, 4, 1, 0]);
    let mut both = [split.train.clone(), split.validation.clone()].concat();
    both.sort_unstable();
    let mut train = plain.train.clone();
    train.sort_unstable();
    assert_eq!(both, train);
    let places =
        |rows: &[usize]| rows.iter().map(|r| plain.train.iter().position(|p| p == r).unwrap()).collect::<Vec<_>>();
    assert!(places(&split.train).is_sorted() && places(&split.validation).is_sorted(), "the training order is kept");
    let tenth = split.validation_fraction(&dataset, 0.1);
    assert_eq!([0, 1, 2].map(|k| of_class(&tenth, k)), [1, 1, 1]);
    assert!(tenth.iter().all(|row| split.validation.contains(row)));
    assert_eq!(split.validation_fraction(&dataset, 1.0), split.validation);
    assert!(plain.validation_fraction(&dataset, 1.0).is_empty());
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
