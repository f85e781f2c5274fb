//! Every branch of the rule.

use super::super::{compare_paired, holm};
use super::*;

/// The decision in words: what is decided shows in them.
fn verdict(input: &VerdictInput) -> String {
    sentences(&clauses(input), &[])
}

fn controls(uniform_mean: Option<Contrast>, shuffled: Option<Contrast>) -> Vec<(String, Option<Contrast>)> {
    vec![("uniform-mean".to_string(), uniform_mean), ("shuffled".to_string(), shuffled)]
}

/// Ten differences around `mean`, with a standard deviation near 0.01.
fn around(mean: f64) -> Vec<f64> {
    [-0.014, 0.009, -0.006, 0.013, -0.011, 0.004, 0.012, -0.008, -0.003, 0.006].map(|noise| mean + noise).to_vec()
}

fn contrast(baseline: &str, differences: &[f64]) -> Contrast {
    Contrast { baseline: baseline.to_string(), comparison: compare_paired(differences, 0), adjusted_p: None }
}

fn input(differences: &[f64]) -> VerdictInput {
    VerdictInput {
        metric: "accuracy".to_string(),
        higher_is_better: true,
        arm: "guided".to_string(),
        fraction: 1.0,
        planned_seeds: differences.len(),
        family: 1,
        baseline: "standard".to_string(),
        main: Some(contrast("standard", differences)),
        controls: controls(None, None),
        none: None,
    }
}

fn with_controls(uniform_mean: f64, shuffled: f64) -> String {
    let mut input = input(&around(0.02));
    input.controls =
        controls(Some(contrast("uniform-mean", &around(uniform_mean))), Some(contrast("shuffled", &around(shuffled))));
    verdict(&input)
}

#[test]
fn without_pairs_there_is_no_verdict() {
    let nothing = VerdictInput { planned_seeds: 3, ..input(&[]) };
    assert_eq!(
        verdict(&nothing),
        "No verdict: guided dropout and standard dropout have no finished pair of runs to compare. 3 of 3 planned pairs \
         are missing."
    );
}

#[test]
fn without_the_baseline_only_no_dropout_is_compared() {
    let mut alone = input(&[]);
    (alone.main, alone.none) = (None, Some(contrast("none", &around(-0.02))));
    let words = verdict(&alone);
    let expected = "No verdict: the question is guided against standard dropout, and one of the two was not run. Guided dropout \
                    was lower than no dropout in accuracy by 1.98 points (10 seeds,";
    assert!(words.starts_with(expected), "{words}");
}

#[test]
fn fewer_than_three_seeds_are_too_few() {
    assert_eq!(
        verdict(&VerdictInput { planned_seeds: 2, ..input(&[0.25]) }),
        "Too few seeds to judge: a verdict needs at least 3, and 1 pair has finished (mean difference of guided dropout \
         from standard dropout in accuracy so far: 25.00 points). 1 of 2 planned pairs is missing."
    );
    assert!(
        verdict(&input(&[0.25, 0.3]))
            .starts_with("Too few seeds to judge: a verdict needs at least 3, and 2 pairs have")
    );
    assert!(!verdict(&input(&[0.25, 0.3, 0.35])).contains("Too few"));
}

#[test]
fn equal_pairs_are_identical() {
    assert_eq!(
        verdict(&input(&[0.0; 5])),
        "Guided dropout and standard dropout gave identical accuracy on all 5 seeds."
    );
}

#[test]
fn no_difference_says_how_many_seeds_would_be_needed() {
    assert_eq!(
        verdict(&input(&around(0.003))),
        "No difference in accuracy between guided dropout and standard dropout that 10 seeds can show (mean difference \
         0.32 points, 95 % interval -0.38 to 1.02, p = 0.3398). The difference is shown to be less than 1 point (90 % \
         interval -0.25 to 0.89, two one-sided tests, p = 0.0284). About 77 seeds would be needed to see a difference of \
         this size."
    );
}

/// While too few seeds have finished for the test, the interval already excludes differences, or does not.
#[test]
fn what_is_excluded_so_far_is_said_before_what_the_test_cannot_reach() {
    let words = |differences: &[f64]| verdict(&input(differences));
    let wide = words(&[0.04, -0.05, 0.01]);
    let (possible, cannot) = (
        wide.find("Differences of 1 point or more in either direction remain possible (90 % interval -"),
        wide.find("3 seeds cannot reach p < 0.05"),
    );
    assert!(possible.is_some() && possible < cannot, "{wide}");
    let high = words(&[0.03, 0.001, 0.02, 0.035]);
    let not_lower =
        "That guided dropout is lower by 1 point or more is excluded; that it is higher by as much is not (";
    assert!(high.contains(not_lower), "{high}");
    let low = words(&[-0.03, -0.001, -0.02, -0.035]);
    let not_higher =
        "That guided dropout is higher by 1 point or more is excluded; that it is lower by as much is not (";
    assert!(low.contains(not_higher), "{low}");
    let equal = words(&[0.001, -0.001, 0.0005, -0.0007]);
    assert!(equal.contains("The difference is shown to be less than 1 point"), "{equal}");
}

#[test]
fn a_difference_that_is_shown_may_be_shown_to_be_small() {
    let by = |mean: f64| around(0.0).into_iter().map(|noise| mean + 0.1 * noise).collect::<Vec<f64>>();
    let small = verdict(&input(&by(0.004)));
    assert!(small.starts_with("Guided dropout was higher") && small.contains("less than 1 point"), "{small}");
    let behind = verdict(&input(&by(-0.004)));
    assert!(behind.contains("The difference is shown to be less than 1 point"), "{behind}");
    assert!(!verdict(&input(&around(0.02))).contains("excluded"), "a lead of two points says it itself");
}

#[test]
fn few_seeds_are_told_what_the_test_can_reach() {
    let clear = verdict(&input(&[0.10, 0.11, 0.12, 0.10, 0.11]));
    assert!(clear.starts_with("No difference"), "{clear}");
    assert!(clear.ends_with("5 seeds cannot reach p < 0.05 in this test whatever they show: it takes 6."), "{clear}");
    let family = VerdictInput { family: 3, ..input(&[0.1, -0.09, 0.12, -0.1, 0.03]) };
    let words = verdict(&family);
    assert!(words.contains("it takes 7, and for a difference of this size about"), "{words}");
}

#[test]
fn no_difference_at_the_edge_or_beyond_reach_is_said_so() {
    // Six pairs of one sign pass alone (p = 0.03125) but not among three comparisons.
    let differences = [0.10, 0.11, 0.12, 0.10, 0.11, 0.13, 0.1];
    let mut edge = input(&differences);
    edge.main.as_mut().unwrap().adjusted_p = Some(0.06);
    let words = verdict(&edge);
    assert!(
        words.ends_with("It is at the edge of what so many seeds can show, and more of them may decide it."),
        "{words}"
    );
    let words = verdict(&input(&[0.1, -0.1, 0.2, -0.2, 0.3, -0.3]));
    assert!(words.ends_with("The mean difference is exactly 0, which no number of seeds can show."), "{words}");
    let words = verdict(&input(&[0.1, -0.1, 0.2, -0.2, 0.3, -0.2999]));
    assert!(words.contains("mean difference 1.7e-3 points"), "{words}");
    assert!(words.ends_with("too small for any practical number of seeds to show."), "{words}");
}

/// Eight pairs of one sign, one of them far off: the sign flips see the signs, the interval the spread.
#[test]
fn a_small_p_and_an_interval_with_zero_are_said_to_disagree() {
    let disagree = [0.01, 0.011, 0.012, 0.01, 0.011, 0.012, 0.01, 0.4];
    let words = verdict(&input(&disagree));
    assert!(words.starts_with("No difference"), "{words}");
    assert!(words.contains("The p-value is below 0.05, but the interval includes 0, and"), "{words}");
    let undecided = verdict(&input(&[0.1, -0.09, 0.12, -0.1, 0.03, 0.02]));
    assert!(!undecided.contains("includes 0"), "{undecided}");
}

#[test]
fn correction_can_take_significance_away() {
    let mut corrected = input(&around(0.0085));
    assert!(verdict(&corrected).starts_with("Guided dropout was higher"), "{}", verdict(&corrected));
    let p = corrected.main.as_ref().unwrap().comparison.p_value.unwrap();
    corrected.main.as_mut().unwrap().adjusted_p = Some(holm(&[p, 0.8, 0.9])[0]);
    corrected.family = 3;
    let words = verdict(&corrected);
    assert!(words.starts_with("No difference") && words.contains("corrected for 3 comparisons"), "{words}");
}

#[test]
fn an_interval_around_zero_is_no_difference_whatever_p_is() {
    let mut contradictory = input(&around(0.003));
    contradictory.main.as_mut().unwrap().adjusted_p = Some(0.01);
    assert!(verdict(&contradictory).starts_with("No difference"));
}

#[test]
fn a_comparison_by_itself_is_judged_by_the_same_rule() {
    let judged = |differences: &[f64], p: f64, higher_is_better: bool| {
        Outcome::of(&compare_paired(differences, 0), Some(p), higher_is_better)
    };
    assert_eq!(judged(&[0.3, 0.3], 0.01, true), None);
    assert_eq!(judged(&around(0.02), 0.01, true), Some(Outcome::Ahead));
    assert_eq!(judged(&around(0.02), 0.01, false), Some(Outcome::Behind));
    assert_eq!(judged(&around(0.02), 0.05, true), Some(Outcome::Undecided));
    assert_eq!(judged(&around(0.003), 0.01, true), Some(Outcome::Undecided));
    assert_eq!(judged(&[0.0; 4], 0.01, true), Some(Outcome::Undecided));
}

#[test]
fn significant_without_controls_claims_no_cause() {
    assert_eq!(
        verdict(&input(&around(0.02))),
        "Guided dropout was higher than standard dropout in accuracy by 2.02 points (10 seeds, 95 % interval 1.32 to \
         2.72, p = 0.0020). Neither control (uniform-mean, shuffled) was compared, so this does not show that it \
         matters which site gets which rate: another average rate may explain it."
    );
}

#[test]
fn significant_in_the_unwanted_direction_counts_against() {
    let words = verdict(&input(&around(-0.02)));
    assert!(
        words.starts_with("Guided dropout was lower than standard dropout in accuracy by 1.98 points ("),
        "{words}"
    );
    assert!(
        words.ends_with(
            "For accuracy that is the unwanted direction, so it counts against guided dropout on these data."
        )
    );
    let mut loss = input(&around(-0.02));
    (loss.metric, loss.higher_is_better) = ("loss".to_string(), false);
    loss.controls = controls(Some(contrast("uniform-mean", &around(-0.02))), None);
    let words = verdict(&loss);
    assert!(words.contains("lower than standard dropout in loss") && !words.contains("unwanted"), "{words}");
    assert!(words.contains("It was also ahead of its control uniform-mean"), "{words}");
}

#[test]
fn both_controls_beaten_leave_the_assignment_as_the_cause() {
    let words = with_controls(0.02, 0.03);
    assert!(words.contains("It was also ahead of its control uniform-mean (by 2.02 points, 95 % interval"), "{words}");
    assert!(words.contains("so the lower average rate alone does not explain it."), "{words}");
    assert!(words.ends_with("so it matters which site gets which rate."), "{words}");
}

#[test]
fn a_control_not_beaten_may_explain_it() {
    let words = with_controls(0.001, 0.02);
    assert!(
        words.contains("But not shown to be ahead of its control uniform-mean: a lower average rate may explain it."),
        "{words}"
    );
    let words = with_controls(0.02, 0.001);
    assert!(
        words.ends_with(
            "But not shown to be ahead of its control shuffled: the same rates at random sites may explain it."
        ),
        "{words}"
    );
    let words = with_controls(-0.02, 0.02);
    assert!(words.contains("But it was behind its control uniform-mean (by 1.98 points"), "{words}");
}

#[test]
fn a_control_with_too_few_runs_explains_nothing_yet() {
    let mut early = input(&around(0.02));
    early.controls = controls(Some(contrast("uniform-mean", &[])), Some(contrast("shuffled", &[0.01])));
    let words = verdict(&early);
    let expected = "Its control uniform-mean has 0 finished pairs, too few to compare: a lower average rate may explain it. \
                    Its control shuffled has 1 finished pair, too few to compare: the same rates at random sites may explain it.";
    assert!(words.ends_with(expected), "{words}");
}

#[test]
fn a_control_that_is_absent_is_named() {
    let mut one = input(&around(0.02));
    one.controls = controls(Some(contrast("uniform-mean", &around(0.02))), None);
    let words = verdict(&one);
    assert!(
        words.ends_with("Its control shuffled was not compared: the same rates at random sites may explain it."),
        "{words}"
    );
    one.controls = controls(None, Some(contrast("shuffled", &around(0.02))));
    let words = verdict(&one);
    assert!(
        words.contains("Its control uniform-mean was not compared: a lower average rate may explain it."),
        "{words}"
    );
}

#[test]
fn the_same_difference_on_every_seed_needs_no_interval() {
    let words = verdict(&input(&[0.01; 8]));
    assert!(
        words.starts_with(
            "Guided dropout was higher than standard dropout in accuracy by 1.00 points on every seed (8 seeds, p = 0.0078)."
        ),
        "{words}"
    );
    assert!(verdict(&input(&[0.01; 5])).starts_with("No difference"));
}

#[test]
fn no_verdict_says_better_or_nan() {
    let samples: [&[f64]; 8] = [
        &[],
        &[0.1],
        &[f64::NAN; 4],
        &[0.0; 3],
        &[0.1; 9],
        &[1e-9, -1e-9, 2e-9],
        &[0.5, 0.6, 0.7, 0.5, 0.6, 0.4, 0.5],
        &[1e300; 4],
    ];
    for differences in samples {
        let words = verdict(&VerdictInput { planned_seeds: 12, ..input(differences) });
        assert!(!words.contains("better") && !words.contains("NaN") && !words.contains("inf"), "{words}");
        assert!(words.ends_with("missing."), "{words}");
    }
}

/// Only shares have points.
#[test]
fn other_metrics_keep_their_own_unit() {
    let correlation = VerdictInput { metric: "pearson".to_string(), ..input(&around(0.02)) };
    let words = verdict(&correlation);
    assert!(words.contains("in Pearson correlation by 0.0202 (10 seeds, 95 % interval 0.0132 to 0.0272,"), "{words}");
}

#[test]
fn seeds_needed_grow_with_the_family() {
    assert_eq!([1, 3, 22].map(least_seeds), [6, 7, 10]);
    assert_eq!(seeds_needed_among(0.5, 1), seeds_needed(0.5, SIGNIFICANCE));
    assert!(seeds_needed_among(0.5, 22) > seeds_needed_among(0.5, 3));
    assert_eq!(seeds_needed_among(50.0, 22), Some(10), "the test's own bound");
    assert_eq!(seeds_needed_among(0.0, 3), None);
}

/// The machine-readable form: a name and numbers, no prose.
#[test]
fn clauses_are_names_with_numbers() {
    let mut input = input(&around(0.003));
    (input.planned_seeds, input.none) = (12, Some(contrast("none", &around(-0.02))));
    let clauses = serde_json::to_value(clauses(&input)).unwrap();
    let names: Vec<&str> = clauses.as_array().unwrap().iter().map(|c| c["clause"].as_str().unwrap()).collect();
    assert_eq!(names, ["no_difference", "equivalence", "seeds_needed", "behind", "missing_pairs"]);
    assert_eq!(
        (&clauses[0]["baseline"], &clauses[0]["seeds"], &clauses[0]["family"]),
        (&"standard".into(), &10.into(), &1.into())
    );
    assert_eq!((&clauses[1]["excluded"], &clauses[1]["bound"]), (&"both".into(), &0.01.into()));
    assert_eq!((&clauses[2]["seeds_needed"], &clauses[3]["baseline"]), (&77.into(), &"none".into()));
    assert_eq!((&clauses[4]["missing"], &clauses[4]["planned_seeds"]), (&2.into(), &12.into()));
}

#[test]
fn classes_are_named_by_their_labels() {
    let unanswered = |class, by_all| Unanswered { class, arms: vec!["guided".to_string()], by_all };
    let clauses = [
        Clause::AnsweringMajority { class: 1, rows: 2, of: 3 },
        Clause::NeverAnswered { fraction: 0.25, classes: vec![unanswered(0, true), unanswered(7, false)] },
    ];
    assert_eq!(
        sentences(&clauses, &["no".to_string(), "yes".to_string()]),
        "Always answering \"yes\", the most frequent class of the test rows, would get an accuracy of 66.7 %. Classes of the test rows that are \
         never answered with 25 % of the training part, whatever the seed: \"no\" (not by any arm); class 8 (not by guided)."
    );
}
