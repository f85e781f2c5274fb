//! The verdict: one paragraph that follows from the numbers by a written rule.

use super::{MINIMUM_SEEDS, PairedComparison, SIGNIFICANCE};

/// One comparison of the arm with one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// The baseline's name, such as `standard`.
    pub baseline: String,
    /// Arm minus baseline.
    pub comparison: PairedComparison,
    /// Holm's p over every comparison shown beside this one; `None` where this is the only one.
    pub adjusted_p: Option<f64>,
}

/// All that a verdict depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictInput {
    /// The metric's name, such as `accuracy`.
    pub metric: String,
    /// Whether a larger value of it is the better one.
    pub higher_is_better: bool,
    /// The arm that is judged, such as `guided`.
    pub arm: String,
    /// How many pairs were to be run.
    pub planned_seeds: usize,
    /// How many comparisons are shown, and corrected for, together.
    pub family: usize,
    /// Against the baseline that the question is about.
    pub main: Contrast,
    /// Against the control that has the arm's mean rate everywhere.
    pub uniform_mean: Option<Contrast>,
    /// Against the control that has the arm's rates at random sites.
    pub shuffled: Option<Contrast>,
}

/// What the numbers say about one contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ahead,
    Behind,
    Undecided,
}

/// Puts a comparison into words. The rule, in this order:
///
/// 1. No pair, or fewer than three: too few to judge.
/// 2. Every pair equal: identical.
/// 3. The t interval includes 0, or the p-value (Holm's, if there are several comparisons) is at least 0.05: no difference that so
///    many seeds can show; then how many would be needed, but no fewer than the sign-flip test needs to reach 0.05 at all.
/// 4. Otherwise higher or lower, by how much. If that is the unwanted direction, it counts against the arm. If it is the
///    wanted one, the controls tell why, each by rule 3: not ahead of `uniform-mean`, and a lower average rate explains it as
///    well; not ahead of `shuffled`, and the same rates anywhere do.
///
/// Pairs that are missing are counted in every case.
pub fn verdict(input: &VerdictInput) -> String {
    let VerdictInput { metric, main, .. } = input;
    let PairedComparison { seeds, mean_difference, ci95, seeds_needed, .. } = main.comparison;
    let (arm, baseline) = (spoken(&input.arm), spoken(&main.baseline));
    let mut sentences = Vec::new();
    if seeds == 0 {
        sentences.push(format!("no verdict: {arm} and {baseline} have no finished pair of runs to compare"));
    } else if seeds < MINIMUM_SEEDS {
        sentences.push(format!(
            "too few seeds to judge: a verdict needs at least {MINIMUM_SEEDS}, and {seeds} {} finished (mean difference of \
             {arm} from {baseline} in {metric} so far: {})",
            if seeds == 1 { "pair has" } else { "pairs have" },
            number(mean_difference)
        ));
    } else if main.is_identical() {
        sentences.push(format!("{arm} and {baseline} gave identical {metric} on all {seeds} seeds"));
    } else if main.outcome(true) == Outcome::Undecided {
        sentences.push(format!(
            "no difference in {metric} between {arm} and {baseline} that {seeds} seeds can show (mean difference {}{})",
            number(mean_difference),
            main.evidence(input.family)
        ));
        sentences.push(outlook(seeds, input.family, mean_difference, seeds_needed));
    } else {
        sentences.push(format!(
            "{arm} was {} than {baseline} in {metric} by {}{} ({seeds} seeds{})",
            if mean_difference > 0.0 { "higher" } else { "lower" },
            number(mean_difference.abs()),
            if ci95.is_none() { " on every seed" } else { "" },
            main.evidence(input.family)
        ));
        if main.outcome(input.higher_is_better) == Outcome::Ahead {
            sentences.extend(explanations(input));
        } else {
            sentences
                .push(format!("for {metric} that is the unwanted direction, so it counts against {arm} on these data"));
        }
    }
    let missing = input.planned_seeds.saturating_sub(seeds);
    if missing > 0 {
        let verb = if missing == 1 { "is" } else { "are" };
        sentences.push(format!("{missing} of {} planned pairs {verb} missing", input.planned_seeds));
    }
    sentences.iter().map(|sentence| capitalised(sentence) + ".").collect::<Vec<_>>().join(" ")
}

impl Contrast {
    fn p(&self) -> Option<f64> {
        self.adjusted_p.or(self.comparison.p_value)
    }

    fn is_identical(&self) -> bool {
        let PairedComparison { mean_difference, effect_size, .. } = self.comparison;
        mean_difference == 0.0 && effect_size.is_none()
    }

    fn outcome(&self, higher_is_better: bool) -> Outcome {
        let PairedComparison { mean_difference, ci95, .. } = self.comparison;
        // Without spread there is no interval, and the test alone decides.
        let interval_has_zero = ci95.is_some_and(|[low, high]| low <= 0.0 && high >= 0.0);
        let is_significant = self.p().is_some_and(|p| p < SIGNIFICANCE);
        match (
            is_significant && !interval_has_zero && mean_difference != 0.0,
            (mean_difference > 0.0) == higher_is_better,
        ) {
            (false, _) => Outcome::Undecided,
            (true, true) => Outcome::Ahead,
            (true, false) => Outcome::Behind,
        }
    }

    /// Interval and p, to stand in parentheses after the difference.
    fn evidence(&self, family: usize) -> String {
        let mut words = String::new();
        if let Some([low, high]) = self.comparison.ci95 {
            words += &format!(", 95 % interval {} to {}", number(low), number(high));
        }
        match self.p() {
            Some(p) if p < 1e-4 => words += ", p < 0.0001",
            Some(p) => words += &format!(", p = {p:.4}"),
            None => {}
        }
        if self.adjusted_p.is_some() && family > 1 {
            words += &format!(" corrected for {family} comparisons");
        }
        words
    }
}

/// How many seeds it would take, after a comparison that showed nothing.
fn outlook(seeds: usize, family: usize, mean_difference: f64, seeds_needed: Option<usize>) -> String {
    let least = least_seeds(family);
    let needed = seeds_needed.map(|needed| needed.max(least));
    match needed {
        _ if seeds < least => {
            let about = needed.filter(|&needed| needed > least).map_or(String::new(), |needed| {
                format!(", and for a difference of this size about {needed} would be needed")
            });
            format!(
                "{seeds} seeds cannot reach p < {SIGNIFICANCE} in this test whatever they show: it takes {least}{about}"
            )
        }
        Some(needed) if needed > seeds => {
            format!("about {needed} seeds would be needed to see a difference of this size")
        }
        Some(_) => "it is at the edge of what so many seeds can show, and more of them may decide it".to_string(),
        None if mean_difference == 0.0 => {
            "the mean difference is exactly 0, which no number of seeds can show".to_string()
        }
        None => "a difference of this size is too small for any practical number of seeds to show".to_string(),
    }
}

/// The fewest seeds with which the sign-flip test, whose smallest p is 2/2ⁿ, can pass Holm's first step for this family.
fn least_seeds(family: usize) -> usize {
    (2..64).find(|&seeds| family.max(1) as f64 * f64::powi(0.5, seeds - 1) < SIGNIFICANCE).unwrap_or(64) as usize
}

/// What the controls say about a difference in the wanted direction.
fn explanations(input: &VerdictInput) -> Vec<String> {
    if input.uniform_mean.is_none() && input.shuffled.is_none() {
        let caution = "neither control (uniform-mean, shuffled) was compared, so this does not show that it matters which site \
                       gets which rate: another average rate may explain it";
        return vec![caution.to_string()];
    }
    let judge = |control: &Option<Contrast>, name: &str, ahead: &str, undecided: &str, absent: &str| match control {
        None => format!("its control {name} was not compared: {absent}"),
        Some(contrast) => {
            let difference = number(contrast.comparison.mean_difference.abs());
            let evidence = contrast.evidence(input.family);
            match contrast.outcome(input.higher_is_better) {
                Outcome::Ahead => {
                    format!("it was also ahead of its control {name} (by {difference}{evidence}), {ahead}")
                }
                Outcome::Behind => {
                    format!("but it was behind its control {name} (by {difference}{evidence}): {undecided}")
                }
                Outcome::Undecided => format!("but not ahead of its control {name}: {undecided}"),
            }
        }
    };
    vec![
        judge(
            &input.uniform_mean,
            "uniform-mean",
            "so the lower average rate alone does not explain it",
            "a lower average rate explains it as well",
            "a lower average rate may explain it",
        ),
        judge(
            &input.shuffled,
            "shuffled",
            "so it matters which site gets which rate",
            "the same rates at random sites explain it as well",
            "the same rates at random sites may explain it",
        ),
    ]
}

/// An arm's name in a sentence.
fn spoken(arm: &str) -> String {
    if arm == "none" { "no dropout".to_string() } else { format!("{arm} dropout") }
}

/// Four decimals, as metrics have; smaller numbers by their first digits.
fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 5e-5 { format!("{value:.1e}") } else { format!("{value:.4}") }
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::{compare_paired, holm};
    use super::*;

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
            planned_seeds: differences.len(),
            family: 1,
            main: contrast("standard", differences),
            uniform_mean: None,
            shuffled: None,
        }
    }

    fn with_controls(uniform_mean: f64, shuffled: f64) -> String {
        let mut input = input(&around(0.02));
        input.uniform_mean = Some(contrast("uniform-mean", &around(uniform_mean)));
        input.shuffled = Some(contrast("shuffled", &around(shuffled)));
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
    fn fewer_than_three_seeds_are_too_few() {
        assert_eq!(
            verdict(&VerdictInput { planned_seeds: 2, ..input(&[0.25]) }),
            "Too few seeds to judge: a verdict needs at least 3, and 1 pair has finished (mean difference of guided dropout \
             from standard dropout in accuracy so far: 0.2500). 1 of 2 planned pairs is missing."
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
             0.0032, 95 % interval -0.0038 to 0.0102, p = 0.3398). About 77 seeds would be needed to see a difference of this \
             size."
        );
    }

    #[test]
    fn few_seeds_are_told_what_the_test_can_reach() {
        let clear = verdict(&input(&[0.10, 0.11, 0.12, 0.10, 0.11]));
        assert!(clear.starts_with("No difference"), "{clear}");
        assert!(
            clear.ends_with("5 seeds cannot reach p < 0.05 in this test whatever they show: it takes 6."),
            "{clear}"
        );
        let family = VerdictInput { family: 3, ..input(&[0.1, -0.09, 0.12, -0.1, 0.03]) };
        let words = verdict(&family);
        assert!(words.contains("it takes 7, and for a difference of this size about"), "{words}");
    }

    #[test]
    fn no_difference_at_the_edge_or_beyond_reach_is_said_so() {
        // Six pairs of one sign pass alone (p = 0.03125) but not among three comparisons.
        let differences = [0.10, 0.11, 0.12, 0.10, 0.11, 0.13, 0.1];
        let mut edge = input(&differences);
        edge.main.adjusted_p = Some(0.06);
        let words = verdict(&edge);
        assert!(
            words.ends_with("It is at the edge of what so many seeds can show, and more of them may decide it."),
            "{words}"
        );
        let words = verdict(&input(&[0.1, -0.1, 0.2, -0.2, 0.3, -0.3]));
        assert!(words.ends_with("The mean difference is exactly 0, which no number of seeds can show."), "{words}");
        let words = verdict(&input(&[0.1, -0.1, 0.2, -0.2, 0.3, -0.2999]));
        assert!(words.contains("mean difference 1.7e-5"), "{words}");
        assert!(words.ends_with("too small for any practical number of seeds to show."), "{words}");
    }

    #[test]
    fn correction_can_take_significance_away() {
        let mut corrected = input(&around(0.0085));
        assert!(verdict(&corrected).starts_with("Guided dropout was higher"), "{}", verdict(&corrected));
        let p = corrected.main.comparison.p_value.unwrap();
        corrected.main.adjusted_p = Some(holm(&[p, 0.8, 0.9])[0]);
        corrected.family = 3;
        let words = verdict(&corrected);
        assert!(words.starts_with("No difference") && words.contains("corrected for 3 comparisons"), "{words}");
    }

    #[test]
    fn an_interval_around_zero_is_no_difference_whatever_p_is() {
        let mut contradictory = input(&around(0.003));
        contradictory.main.adjusted_p = Some(0.01);
        assert!(verdict(&contradictory).starts_with("No difference"));
    }

    #[test]
    fn significant_without_controls_claims_no_cause() {
        assert_eq!(
            verdict(&input(&around(0.02))),
            "Guided dropout was higher than standard dropout in accuracy by 0.0202 (10 seeds, 95 % interval 0.0132 to \
             0.0272, p = 0.0020). Neither control (uniform-mean, shuffled) was compared, so this does not show that it \
             matters which site gets which rate: another average rate may explain it."
        );
    }

    #[test]
    fn significant_in_the_unwanted_direction_counts_against() {
        let words = verdict(&input(&around(-0.02)));
        assert!(words.starts_with("Guided dropout was lower than standard dropout in accuracy by 0.0198 ("), "{words}");
        assert!(words.ends_with(
            "For accuracy that is the unwanted direction, so it counts against guided dropout on these data."
        ));
        let mut loss = input(&around(-0.02));
        (loss.metric, loss.higher_is_better) = ("loss".to_string(), false);
        loss.uniform_mean = Some(contrast("uniform-mean", &around(-0.02)));
        let words = verdict(&loss);
        assert!(words.contains("lower than standard dropout in loss") && !words.contains("unwanted"), "{words}");
        assert!(words.contains("It was also ahead of its control uniform-mean"), "{words}");
    }

    #[test]
    fn both_controls_beaten_leave_the_assignment_as_the_cause() {
        let words = with_controls(0.02, 0.03);
        assert!(words.contains("It was also ahead of its control uniform-mean (by 0.0202, 95 % interval"), "{words}");
        assert!(words.contains("so the lower average rate alone does not explain it."), "{words}");
        assert!(words.ends_with("so it matters which site gets which rate."), "{words}");
    }

    #[test]
    fn a_control_not_beaten_explains_as_well() {
        let words = with_controls(0.001, 0.02);
        assert!(
            words.contains("But not ahead of its control uniform-mean: a lower average rate explains it as well."),
            "{words}"
        );
        let words = with_controls(0.02, 0.001);
        assert!(
            words
                .ends_with("But not ahead of its control shuffled: the same rates at random sites explain it as well."),
            "{words}"
        );
        let words = with_controls(-0.02, 0.02);
        assert!(words.contains("But it was behind its control uniform-mean (by 0.0198"), "{words}");
    }

    #[test]
    fn a_control_that_is_absent_is_named() {
        let mut one = input(&around(0.02));
        one.uniform_mean = Some(contrast("uniform-mean", &around(0.02)));
        let words = verdict(&one);
        assert!(
            words.ends_with("Its control shuffled was not compared: the same rates at random sites may explain it."),
            "{words}"
        );
        (one.uniform_mean, one.shuffled) = (None, Some(contrast("shuffled", &around(0.02))));
        let words = verdict(&one);
        assert!(
            words.contains("Its control uniform-mean was not compared: a lower average rate may explain it."),
            "{words}"
        );
    }

    #[test]
    fn the_same_difference_on_every_seed_needs_no_interval() {
        let words = verdict(&input(&[0.01; 8]));
        assert!(words.starts_with("Guided dropout was higher than standard dropout in accuracy by 0.0100 on every seed (8 seeds, p = 0.0078)."), "{words}");
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
}
