//! A verdict's clauses in English.

use super::{Clause, ControlFinding, Evidence};
use crate::analysis::metrics::{FRACTION_METRICS, in_sentence, widest_difference};
use crate::analysis::stats::{Equivalence, Excluded, SIGNIFICANCE};

/// More classes than this are not named one by one.
const NAMED_CLASSES: usize = 4;

/// The clauses as one paragraph. `labels` are the names of the classes, in class order.
pub fn sentences(clauses: &[Clause], labels: &[String]) -> String {
    let is_uncompared = |c: &&Clause| matches!(c, Clause::Control { finding: ControlFinding::NotCompared, .. });
    let controls = clauses.iter().filter(|c| matches!(c, Clause::Control { .. })).count();
    let uncompared = clauses.iter().filter(is_uncompared).count();
    let mut sentences = Vec::new();
    let mut has_caution = false;
    for clause in clauses {
        if uncompared > 1 && uncompared == controls && matches!(clause, Clause::Control { .. }) {
            if !has_caution {
                sentences.push(caution(clauses));
                has_caution = true;
            }
            continue;
        }
        sentences.push(sentence(clause, labels));
        if let Clause::Behind(evidence) = clause {
            let (metric, arm) = (in_sentence(&evidence.metric), spoken(&evidence.arm));
            sentences
                .push(format!("for {metric} that is the unwanted direction, so it counts against {arm} on these data"));
        }
    }
    sentences.iter().map(|sentence| capitalised(sentence) + ".").collect::<Vec<_>>().join(" ")
}

fn sentence(clause: &Clause, labels: &[String]) -> String {
    match clause {
        Clause::NotCompared { arm, baseline } => {
            format!("no verdict: the question is {arm} against {baseline} dropout, and one of the two was not run")
        }
        Clause::NoPairs(evidence) => {
            format!("no verdict: {} have no finished pair of runs to compare", both(evidence))
        }
        Clause::TooFewSeeds {
            least_seeds,
            evidence: Evidence { arm, baseline, metric, seeds, mean_difference, .. },
        } => {
            format!(
                "too few seeds to judge: a verdict needs at least {least_seeds}, and {seeds} {} finished (mean difference of \
                 {} from {} in {} so far: {})",
                if *seeds == 1 { "pair has" } else { "pairs have" },
                spoken(arm),
                spoken(baseline),
                in_sentence(metric),
                in_words(metric, *mean_difference)
            )
        }
        Clause::Identical(evidence) => {
            format!(
                "{} gave identical {} on all {} seeds",
                both(evidence),
                in_sentence(&evidence.metric),
                evidence.seeds
            )
        }
        Clause::NoDifference(evidence) => {
            let Evidence { metric, seeds, mean_difference, .. } = evidence;
            format!(
                "no difference in {} between {} that {seeds} seeds can show (mean difference {}{})",
                in_sentence(metric),
                both(evidence),
                in_words(metric, *mean_difference),
                numbers_of(evidence)
            )
        }
        Clause::Ahead(evidence) | Clause::Behind(evidence) => {
            let Evidence { arm, baseline, metric, seeds, mean_difference, ci95, .. } = evidence;
            format!(
                "{} was {} than {} in {} by {}{} ({seeds} seeds{})",
                spoken(arm),
                if *mean_difference > 0.0 { "higher" } else { "lower" },
                spoken(baseline),
                in_sentence(metric),
                in_words(metric, mean_difference.abs()),
                if ci95.is_none() { " on every seed" } else { "" },
                numbers_of(evidence)
            )
        }
        Clause::Equivalence { arm, metric, tests, .. } => of_equivalence(arm, metric, tests),
        Clause::CannotShow { seeds, least_seeds, seeds_needed } => {
            let about = seeds_needed.filter(|needed| needed > least_seeds).map_or(String::new(), |needed| {
                format!(", and for a difference of this size about {needed} would be needed")
            });
            format!(
                "{seeds} seeds cannot reach p < {SIGNIFICANCE} in this test whatever they show: it takes {least_seeds}{about}"
            )
        }
        Clause::SeedsNeeded { seeds_needed, .. } => {
            format!("about {seeds_needed} seeds would be needed to see a difference of this size")
        }
        Clause::AtTheEdge { .. } => {
            "it is at the edge of what so many seeds can show, and more of them may decide it".into()
        }
        Clause::TestsDisagree => format!(
            "the p-value is below {SIGNIFICANCE}, but the interval includes 0, and a difference is called one only where both agree"
        ),
        Clause::MeanIsZero => "the mean difference is exactly 0, which no number of seeds can show".into(),
        Clause::BeyondReach => {
            "a difference of this size is too small for any practical number of seeds to show".into()
        }
        Clause::Control { control, finding, evidence } => of_control(control, *finding, evidence.as_ref()),
        Clause::MissingPairs { missing, planned_seeds } => {
            let verb = if *missing == 1 { "is" } else { "are" };
            format!("{missing} of {planned_seeds} planned pairs {verb} missing")
        }
        Clause::AnsweringMajority { class, rows, of } => {
            let share = 100.0 * *rows as f64 / *of as f64;
            let name = label(labels, *class);
            format!(
                "always answering {name}, the most frequent class of the test rows, would get an accuracy of {share:.1} %"
            )
        }
        Clause::NeverAnswered { fraction, classes } => {
            let named = classes.iter().take(NAMED_CLASSES).map(|c| {
                let by = if c.by_all { "any arm".to_string() } else { c.arms.join(", ") };
                format!("{} (not by {by})", label(labels, c.class))
            });
            let more = classes.len().saturating_sub(NAMED_CLASSES);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            let on = if *fraction < 1.0 {
                format!(" with {} % of the training part", 100.0 * fraction)
            } else {
                String::new()
            };
            let named = named.collect::<Vec<_>>().join("; ");
            format!("classes of the test rows that are never answered{on}, whatever the seed: {named}{more}")
        }
    }
}

/// After a difference in the wanted direction, where no control was run.
fn caution(clauses: &[Clause]) -> String {
    let name =
        |clause: &Clause| if let Clause::Control { control, .. } = clause { Some(control.clone()) } else { None };
    let names: Vec<String> = clauses.iter().filter_map(name).collect();
    format!(
        "neither control ({}) was compared, so this does not show that it matters which site gets which rate: another \
         average rate may explain it",
        names.join(", ")
    )
}

fn of_control(control: &str, finding: ControlFinding, evidence: Option<&Evidence>) -> String {
    let (excluded, possible) = if control == "uniform-mean" {
        ("so the lower average rate alone does not explain it", "a lower average rate may explain it")
    } else {
        ("so it matters which site gets which rate", "the same rates at random sites may explain it")
    };
    let numbers = evidence.map_or(String::new(), |evidence| {
        let Evidence { metric, mean_difference, .. } = evidence;
        format!("(by {}{})", in_words(metric, mean_difference.abs()), numbers_of(evidence))
    });
    match finding {
        ControlFinding::NotCompared => format!("its control {control} was not compared: {possible}"),
        ControlFinding::TooFewSeeds => {
            let seeds = evidence.map_or(0, |evidence| evidence.seeds);
            let pairs = if seeds == 1 { "pair" } else { "pairs" };
            format!("its control {control} has {seeds} finished {pairs}, too few to compare: {possible}")
        }
        ControlFinding::Ahead => format!("it was also ahead of its control {control} {numbers}, {excluded}"),
        ControlFinding::Behind => format!("but it was behind its control {control} {numbers}: {possible}"),
        ControlFinding::NoDifference => format!("but not shown to be ahead of its control {control}: {possible}"),
    }
}

fn of_equivalence(arm: &str, metric: &str, tests: &Equivalence) -> String {
    let Equivalence { bound, excluded, ci90: [low, high], p_value } = *tests;
    let bound = if FRACTION_METRICS.contains(&metric) {
        let points = 100.0 * bound;
        format!("{points} {}", if points == 1.0 { "point" } else { "points" })
    } else {
        bound.to_string()
    };
    let interval = format!("90 % interval {} to {}", number(metric, low), number(metric, high));
    let arm = spoken(arm);
    match excluded {
        Excluded::Both => {
            let p = if p_value < 1e-4 { "p < 0.0001".to_string() } else { format!("p = {p_value:.4}") };
            format!("the difference is shown to be less than {bound} ({interval}, two one-sided tests, {p})")
        }
        Excluded::Higher => format!(
            "that {arm} is higher by {bound} or more is excluded; that it is lower by as much is not ({interval})"
        ),
        Excluded::Lower => format!(
            "that {arm} is lower by {bound} or more is excluded; that it is higher by as much is not ({interval})"
        ),
        Excluded::Neither => format!("differences of {bound} or more in either direction remain possible ({interval})"),
    }
}

fn numbers_of(Evidence { metric, ci95, p_value, family, .. }: &Evidence) -> String {
    interval_and_p(metric, *ci95, *p_value, *family)
}

/// Interval and p of a difference in this metric, to stand in parentheses after it; the p-value is corrected for so many comparisons.
pub fn interval_and_p(metric: &str, ci95: Option<[f64; 2]>, p_value: Option<f64>, family: usize) -> String {
    let mut words = String::new();
    let most = widest_difference(metric);
    if ci95.is_some_and(|[low, high]| low <= -most && high >= most) {
        words += ", 95 % interval: any difference that is possible";
    } else if let Some([low, high]) = ci95 {
        words += &format!(", 95 % interval {} to {}", number(metric, low), number(metric, high));
    }
    match p_value {
        Some(p) if p < 1e-4 => words += ", p < 0.0001",
        Some(p) => words += &format!(", p = {p:.4}"),
        None => {}
    }
    if family > 1 && p_value.is_some() {
        words += &format!(" corrected for {family} comparisons");
    }
    words
}

fn both(Evidence { arm, baseline, .. }: &Evidence) -> String {
    format!("{} and {}", spoken(arm), spoken(baseline))
}

fn label(labels: &[String], class: usize) -> String {
    labels.get(class).map_or_else(|| format!("class {}", class + 1), |label| format!("{label:?}"))
}

/// An arm's name in a sentence.
fn spoken(arm: &str) -> String {
    if arm == "none" { "no dropout".to_string() } else { format!("{arm} dropout") }
}

/// A difference with its unit.
fn in_words(metric: &str, difference: f64) -> String {
    number(metric, difference) + if FRACTION_METRICS.contains(&metric) { " points" } else { "" }
}

/// Fractions in points with two decimals, other metrics with four; numbers too small for those by their first digits.
fn number(metric: &str, difference: f64) -> String {
    let (value, decimals) = if FRACTION_METRICS.contains(&metric) { (100.0 * difference, 2) } else { (difference, 4) };
    let shown = 0.5 * f64::powi(0.1, decimals);
    if value != 0.0 && value.abs() < shown { format!("{value:.1e}") } else { format!("{value:.*}", decimals as usize) }
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}
