//! The verdict: one paragraph that follows from the numbers by a written rule.

use super::{MINIMUM_SEEDS, PairedComparison, SIGNIFICANCE, seeds_needed};
use crate::analysis::metrics::FRACTION_METRICS;
use serde::Serialize;

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

/// What the numbers say about one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The arm differs from the baseline in the wanted direction.
    Ahead,
    /// It differs in the other one.
    Behind,
    /// No difference is shown.
    Undecided,
}

impl Outcome {
    /// Rule 3 of [`verdict`] on a comparison with this `p`, corrected where it is one of several. `None` with too few pairs to
    /// judge.
    pub fn of(comparison: &PairedComparison, p: Option<f64>, higher_is_better: bool) -> Option<Outcome> {
        let PairedComparison { seeds, mean_difference, ci95, .. } = *comparison;
        if seeds < MINIMUM_SEEDS {
            return None;
        }
        // Without spread there is no interval, and the test alone decides.
        let interval_has_zero = ci95.is_some_and(|[low, high]| low <= 0.0 && high >= 0.0);
        let is_shown = p.is_some_and(|p| p < SIGNIFICANCE) && !interval_has_zero && mean_difference != 0.0;
        Some(match (is_shown, (mean_difference > 0.0) == higher_is_better) {
            (false, _) => Outcome::Undecided,
            (true, true) => Outcome::Ahead,
            (true, false) => Outcome::Behind,
        })
    }
}

/// Puts a comparison into words. The rule, in this order:
///
/// 1. No pair, or fewer than three: too few to judge.
/// 2. Every pair equal: identical.
/// 3. The t interval includes 0, or the p-value (Holm's, if there are several comparisons) is at least 0.05: no difference that so
///    many seeds can show; then how many would be needed to pass Holm's first step, but no fewer than the sign-flip test needs
///    to reach 0.05 at all.
/// 4. Otherwise higher or lower, by how much. If that is the unwanted direction, it counts against the arm. If it is the
///    wanted one, the controls tell why, each by rule 3: not ahead of `uniform-mean`, and a lower average rate may explain it;
///    not ahead of `shuffled`, and the same rates anywhere may. Too few pairs with a control tell nothing of it.
///
/// Pairs that are missing are counted in every case.
pub fn verdict(input: &VerdictInput) -> String {
    let VerdictInput { metric, main, .. } = input;
    let PairedComparison { seeds, mean_difference, ci95, effect_size, .. } = main.comparison;
    let (arm, baseline) = (spoken(&input.arm), spoken(&main.baseline));
    let mut sentences = Vec::new();
    if seeds == 0 {
        sentences.push(format!("no verdict: {arm} and {baseline} have no finished pair of runs to compare"));
    } else if seeds < MINIMUM_SEEDS {
        sentences.push(format!(
            "too few seeds to judge: a verdict needs at least {MINIMUM_SEEDS}, and {seeds} {} finished (mean difference of \
             {arm} from {baseline} in {metric} so far: {})",
            if seeds == 1 { "pair has" } else { "pairs have" },
            in_words(metric, mean_difference)
        ));
    } else if main.is_identical() {
        sentences.push(format!("{arm} and {baseline} gave identical {metric} on all {seeds} seeds"));
    } else if main.outcome(true) == Outcome::Undecided {
        sentences.push(format!(
            "no difference in {metric} between {arm} and {baseline} that {seeds} seeds can show (mean difference {}{})",
            in_words(metric, mean_difference),
            main.evidence(metric, input.family)
        ));
        sentences.push(outlook(seeds, input.family, mean_difference, effect_size));
    } else {
        sentences.push(format!(
            "{arm} was {} than {baseline} in {metric} by {}{} ({seeds} seeds{})",
            if mean_difference > 0.0 { "higher" } else { "lower" },
            in_words(metric, mean_difference.abs()),
            if ci95.is_none() { " on every seed" } else { "" },
            main.evidence(metric, input.family)
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
        Outcome::of(&self.comparison, self.p(), higher_is_better).unwrap_or(Outcome::Undecided)
    }

    /// Interval and p, to stand in parentheses after the difference.
    fn evidence(&self, metric: &str, family: usize) -> String {
        let mut words = String::new();
        if let Some([low, high]) = self.comparison.ci95 {
            words += &format!(", 95 % interval {} to {}", number(metric, low), number(metric, high));
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
fn outlook(seeds: usize, family: usize, mean_difference: f64, effect_size: Option<f64>) -> String {
    let least = least_seeds(family);
    let needed = effect_size.and_then(|dz| seeds_needed_among(dz, family));
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

/// The fewest seeds with which the sign-flip test, whose smallest p is 2/2ⁿ, can pass Holm's first step among so many comparisons.
pub fn least_seeds(family: usize) -> usize {
    (2..64).find(|&seeds| family.max(1) as f64 * f64::powi(0.5, seeds - 1) < SIGNIFICANCE).unwrap_or(64) as usize
}

/// [`seeds_needed`] to pass Holm's first step among so many comparisons; no fewer than [`least_seeds`].
pub fn seeds_needed_among(dz: f64, family: usize) -> Option<usize> {
    let needed = seeds_needed(dz, SIGNIFICANCE / family.max(1) as f64);
    needed.map(|needed| needed.max(least_seeds(family)))
}

/// What the controls say about a difference in the wanted direction.
fn explanations(input: &VerdictInput) -> Vec<String> {
    if input.uniform_mean.is_none() && input.shuffled.is_none() {
        let caution = "neither control (uniform-mean, shuffled) was compared, so this does not show that it matters which site \
                       gets which rate: another average rate may explain it";
        return vec![caution.to_string()];
    }
    let judge = |control: &Option<Contrast>, name: &str, ahead: &str, otherwise: &str| match control {
        None => format!("its control {name} was not compared: {otherwise}"),
        Some(contrast) if contrast.comparison.seeds < MINIMUM_SEEDS => {
            let pairs = if contrast.comparison.seeds == 1 { "pair" } else { "pairs" };
            format!(
                "its control {name} has {} finished {pairs}, too few to compare: {otherwise}",
                contrast.comparison.seeds
            )
        }
        Some(contrast) => {
            let difference = in_words(&input.metric, contrast.comparison.mean_difference.abs());
            let evidence = contrast.evidence(&input.metric, input.family);
            match contrast.outcome(input.higher_is_better) {
                Outcome::Ahead => {
                    format!("it was also ahead of its control {name} (by {difference}{evidence}), {ahead}")
                }
                Outcome::Behind => {
                    format!("but it was behind its control {name} (by {difference}{evidence}): {otherwise}")
                }
                Outcome::Undecided => format!("but not shown to be ahead of its control {name}: {otherwise}"),
            }
        }
    };
    vec![
        judge(
            &input.uniform_mean,
            "uniform-mean",
            "so the lower average rate alone does not explain it",
            "a lower average rate may explain it",
        ),
        judge(
            &input.shuffled,
            "shuffled",
            "so it matters which site gets which rate",
            "the same rates at random sites may explain it",
        ),
    ]
}

/// An arm's name in a sentence.
fn spoken(arm: &str) -> String {
    if arm == "none" { "no dropout".to_string() } else { format!("{arm} dropout") }
}

/// A difference with its unit.
fn in_words(metric: &str, difference: f64) -> String {
    number(metric, difference) + if FRACTION_METRICS.contains(&metric) { " points" } else { "" }
}

/// Shares in points with two decimals, other metrics with four; numbers too small for those by their first digits.
fn number(metric: &str, difference: f64) -> String {
    let (value, decimals) = if FRACTION_METRICS.contains(&metric) { (100.0 * difference, 2) } else { (difference, 4) };
    let shown = 0.5 * f64::powi(0.1, decimals);
    if value != 0.0 && value.abs() < shown { format!("{value:.1e}") } else { format!("{value:.*}", decimals as usize) }
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
