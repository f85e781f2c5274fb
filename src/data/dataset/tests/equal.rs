//! Equal texts stay on one side of every split.

use super::*;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The split of a set without equal texts, as it was before there was a rule for them.
fn split_of_different_texts(counts: &[usize], examples: &[Example], seed: u32, test_fraction: f64) -> Split {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(u64::from(seed));
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for class in 0..counts.len() {
        let mut members: Vec<usize> =
            (0..examples.len()).filter(|&index| examples[index].target == Target::Class(class)).collect();
        members.shuffle(&mut random);
        let share = (test_fraction * members.len() as f64).round() as usize;
        let tested = share.max(1).min(members.len().saturating_sub(1));
        test.extend_from_slice(&members[..tested]);
        train.extend_from_slice(&members[tested..]);
    }
    train.shuffle(&mut random);
    test.sort_unstable();
    Split { train, validation: Vec::new(), test }
}

/// Rows `text k of c,class c` with the texts and classes given.
fn file(rows: &[(usize, usize)]) -> String {
    let rows = rows.iter().map(|(text, class)| format!("text number {text},class {class}\n"));
    format!("text,label\n{}", rows.collect::<String>())
}

#[test]
fn white_space_and_composition_make_no_difference_and_case_does() {
    let dataset = read("text,label\nCaf\u{e9} au lait,a\nCafe\u{301}  au\u{a0}lait,a\ncaf\u{e9} au lait,b\nx,b\ny,a\n");
    assert_eq!(dataset.equal_to, [0, 0, 2, 3, 4]);
    let pairs = read("premise,hypothesis,label\np,h,a\np,i,b\np,h,a\nq,h,b\nq,i,a\n");
    assert_eq!(pairs.equal_to, [0, 1, 0, 3, 4], "of a pair both texts count");
}

#[test]
fn a_label_that_has_one_text_only_cannot_be_tested() {
    let said = refusal("text,label\none,a\none,a\ntwo,b\nthree,b\n", &named("a.csv"));
    assert!(said.ends_with("got a single text of \"a\""), "{said}");
    let few = read(file(&[(1, 0), (1, 0)].into_iter().chain((2..40).map(|it| (it, 1 + it % 2))).collect::<Vec<_>>()));
    assert_eq!((few.labels.len(), few.rejected.len()), (2, 2));
}

#[test]
fn validation_texts_are_neither_trained_nor_tested_on() {
    let dataset = read(file(&(0..400).map(|it| (it % 100, it % 2)).collect::<Vec<_>>()));
    let split = dataset.split(1, 0.2).unwrap().with_validation(&dataset, 0.25);
    let firsts = |part: &[usize]| part.iter().map(|&it| dataset.equal_to[it]).collect::<HashSet<_>>();
    assert!(!split.validation.is_empty() && firsts(&split.train).is_disjoint(&firsts(&split.validation)));

    let part = |it: usize| ["train", "train", "dev", "test"][it % 4];
    let rows: String = (0..40).map(|it| format!("text {},{},{}\n", it / 2 % 15, it % 2, part(it))).collect();
    let dataset = read(format!("text,label,split\n{rows}"));
    let split = dataset.split(1, 0.2).unwrap();
    let firsts = |part: &[usize]| part.iter().map(|&it| dataset.equal_to[it]).collect::<HashSet<_>>();
    assert!(firsts(&split.validation).is_disjoint(&firsts(&split.test)), "nothing is chosen on a test text");
    assert_eq!(split.test.len(), 10, "the test part stays whole");
}

#[test]
fn an_own_split_is_kept_and_what_is_equal_to_a_test_text_is_not_trained_on() {
    let rows: String =
        (0..12).map(|it| format!("text {},{},{}\n", it % 10, it % 2, ["train", "test"][it / 8 % 2])).collect();
    let dataset = read(format!("text,label,split\n{rows}"));
    assert!(dataset.has_own_split());
    let split = dataset.split(1, 0.2).unwrap();
    assert_eq!(split.test, [8, 9, 10, 11]);
    let mut train = split.train.clone();
    train.sort_unstable();
    assert_eq!(train, [2, 3, 4, 5, 6, 7], "texts 0 and 1 are tested on");
    assert_ne!(split.train, dataset.split(2, 0.2).unwrap().train, "the order is the seed's");
    let ignored = ReadOptions { own_split: Some(false), ..named("data") };
    let file = format!("text,label,split\n{rows}");
    assert!(!Dataset::read(file.as_bytes(), &ignored).unwrap().has_own_split());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn without_equal_texts_the_split_is_what_it_always_was(
        counts in prop::collection::vec(2_usize..40, 2..6),
        seed in any::<u32>(),
        share in 0.01_f64..0.99,
    ) {
        let dataset = read(csv_with(&counts));
        let expected = split_of_different_texts(&counts, &dataset.examples, seed, share);
        prop_assert_eq!(dataset.split(seed, share).unwrap(), expected);
    }

    #[test]
    fn equal_texts_stay_together_and_every_class_with_two_texts_is_in_both_parts(
        rows in prop::collection::vec((0_usize..30, 0_usize..3), 10..120),
        seed in any::<u32>(),
        share in 0.05_f64..0.9,
    ) {
        let Ok(dataset) = Dataset::read(file(&rows).as_bytes(), &named("data")) else { return Ok(()) };
        let split = dataset.split(seed, share).unwrap();
        let firsts = |part: &[usize]| part.iter().map(|&it| dataset.equal_to[it]).collect::<HashSet<_>>();
        prop_assert!(firsts(&split.train).is_disjoint(&firsts(&split.test)));
        prop_assert_eq!(split.train.len() + split.test.len(), dataset.examples.len());
        prop_assert!(!split.train.is_empty() && !split.test.is_empty());
    }

    #[test]
    fn repeated_rows_leave_the_share_of_the_test_part(times in 1_usize..5, seed in any::<u32>()) {
        let rows: Vec<(usize, usize)> = (0..200 * times).map(|it| (it % 200, it % 2)).collect();
        let split = read(file(&rows)).split(seed, 0.2).unwrap();
        prop_assert_eq!(split.test.len(), 40 * times);
    }
}
