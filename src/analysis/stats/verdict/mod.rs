//! The verdict: clauses that follow from the numbers by a written rule.
//!
//! [`clauses`] decides; [`sentences`] words the decision in English. The page words the same clauses in its reader's language.

mod clause;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod wording;

pub use clause::{Clause, ControlFinding, Evidence, Unanswered};
pub use wording::{interval_and_p, sentences};

use super::{Excluded, MINIMUM_SEEDS, PairedComparison, SIGNIFICANCE, seeds_needed};
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
    /// The fraction of the training part that the comparisons are about.
    pub fraction: f64,
    /// How many pairs were to be run.
    pub planned_seeds: usize,
    /// How many comparisons are shown, and corrected for, together.
    pub family: usize,
    /// The baseline that the question is about, such as `standard`.
    pub baseline: String,
    /// The comparison with it; `None` where one of the two was not run.
    pub main: Option<Contrast>,
    /// Against each control: its name, and its comparison where there is one.
    pub controls: Vec<(String, Option<Contrast>)>,
    /// Against no dropout at all.
    pub none: Option<Contrast>,
}

/// The finding of one comparison.
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
    /// Rule 3 of [`clauses`] on a comparison with this `p`, corrected where it is one of several. `None` with too few pairs to
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

/// Decides what a comparison shows. The rule, in this order:
///
/// 1. No pair, or fewer than three: too few to judge.
/// 2. Every pair equal: identical.
/// 3. The t interval includes 0, or the p-value (Holm's, if there are several comparisons) is at least 0.05: no difference that so
///    many seeds can show; then that the two disagree, where they do, which differences of a point or more remain possible, and how many seeds would be needed to pass Holm's first step, but no fewer than the sign-flip test needs
///    to reach 0.05 at all.
/// 4. Otherwise ahead or behind, and whether by less than a point, if that is shown. If the arm is ahead, the controls tell why, each by rule 3: not ahead of `uniform-mean`, and a
///    lower average rate may explain it; not ahead of `shuffled`, and the same rates anywhere may. Too few pairs with a control
///    tell nothing of it.
///
/// Then the same rule on the comparison with no dropout at all, where there is one, and the pairs that are missing.
pub fn clauses(input: &VerdictInput) -> Vec<Clause> {
    let mut clauses = main_clauses(input);
    clauses.extend(input.none.iter().map(|none| none.finding(input)));
    let pairs = input.main.as_ref().map_or(input.planned_seeds, |main| main.comparison.seeds);
    let missing = input.planned_seeds.saturating_sub(pairs);
    if missing > 0 {
        clauses.push(Clause::MissingPairs { missing, planned_seeds: input.planned_seeds });
    }
    clauses
}

/// The comparison that the question is about, and what follows from it.
fn main_clauses(input: &VerdictInput) -> Vec<Clause> {
    let Some(main) = &input.main else {
        return vec![Clause::NotCompared { arm: input.arm.clone(), baseline: input.baseline.clone() }];
    };
    let mut clauses = vec![main.finding(input)];
    let equivalence = main.equivalence(input);
    match clauses[0] {
        Clause::NoDifference(_) => {
            clauses.extend(main.p().filter(|&p| p < SIGNIFICANCE).map(|_| Clause::TestsDisagree));
            clauses.extend(equivalence);
            clauses.push(outlook(&main.comparison, input.family));
        }
        Clause::Ahead(_) | Clause::Behind(_) => clauses.extend(equivalence.filter(is_small)),
        _ => {}
    }
    if let Clause::Ahead(_) = clauses[0] {
        clauses.extend(input.controls.iter().map(|(name, found)| control(name, found.as_ref(), input)));
    }
    clauses
}

/// Whether a difference is shown to be smaller than the bound.
fn is_small(clause: &Clause) -> bool {
    matches!(clause, Clause::Equivalence { tests, .. } if tests.excluded == Excluded::Both)
}

impl Contrast {
    fn equivalence(&self, input: &VerdictInput) -> Option<Clause> {
        let PairedComparison { seeds, equivalence, .. } = self.comparison;
        equivalence.map(|tests| Clause::Equivalence {
            arm: input.arm.clone(),
            metric: input.metric.clone(),
            seeds,
            tests,
        })
    }

    fn p(&self) -> Option<f64> {
        self.adjusted_p.or(self.comparison.p_value)
    }

    fn is_identical(&self) -> bool {
        let PairedComparison { mean_difference, effect_size, .. } = self.comparison;
        mean_difference == 0.0 && effect_size.is_none()
    }

    fn finding(&self, input: &VerdictInput) -> Clause {
        let evidence = self.evidence(input);
        match Outcome::of(&self.comparison, self.p(), input.higher_is_better) {
            None if evidence.seeds == 0 => Clause::NoPairs(evidence),
            None => Clause::TooFewSeeds { least_seeds: MINIMUM_SEEDS, evidence },
            Some(_) if self.is_identical() => Clause::Identical(evidence),
            Some(Outcome::Undecided) => Clause::NoDifference(evidence),
            Some(Outcome::Ahead) => Clause::Ahead(evidence),
            Some(Outcome::Behind) => Clause::Behind(evidence),
        }
    }

    fn evidence(&self, input: &VerdictInput) -> Evidence {
        let PairedComparison { seeds, mean_difference, ci95, .. } = self.comparison;
        Evidence {
            arm: input.arm.clone(),
            baseline: self.baseline.clone(),
            metric: input.metric.clone(),
            fraction: input.fraction,
            seeds,
            planned_seeds: input.planned_seeds,
            mean_difference,
            ci95,
            p_value: self.p(),
            family: if self.adjusted_p.is_some() { input.family } else { 1 },
        }
    }
}

/// How many seeds it would take, after a comparison that showed nothing.
fn outlook(&PairedComparison { seeds, mean_difference, effect_size, .. }: &PairedComparison, family: usize) -> Clause {
    let least_seeds = least_seeds(family);
    let seeds_needed = effect_size.and_then(|dz| seeds_needed_among(dz, family));
    match seeds_needed {
        _ if seeds < least_seeds => Clause::CannotShow { seeds, least_seeds, seeds_needed },
        Some(seeds_needed) if seeds_needed > seeds => Clause::SeedsNeeded { seeds, seeds_needed },
        Some(_) => Clause::AtTheEdge { seeds },
        None if mean_difference == 0.0 => Clause::MeanIsZero,
        None => Clause::BeyondReach,
    }
}

/// The finding of the comparison with a control, where the difference has the wanted direction.
fn control(name: &str, contrast: Option<&Contrast>, input: &VerdictInput) -> Clause {
    let outcome = |found: &Contrast| Outcome::of(&found.comparison, found.p(), input.higher_is_better);
    let finding = match contrast.map(outcome) {
        None => ControlFinding::NotCompared,
        Some(None) => ControlFinding::TooFewSeeds,
        Some(Some(Outcome::Ahead)) => ControlFinding::Ahead,
        Some(Some(Outcome::Behind)) => ControlFinding::Behind,
        Some(Some(Outcome::Undecided)) => ControlFinding::NoDifference,
    };
    Clause::Control { control: name.to_string(), finding, evidence: contrast.map(|found| found.evidence(input)) }
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
