//! The clauses of a verdict, as data.

use crate::analysis::stats::Equivalence;
use serde::Serialize;

/// One statement of a verdict, with the numbers that it rests on. In `results.json` its name is `clause`, beside its numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "clause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Clause {
    /// The question cannot be answered: one of its two arms was not run.
    NotCompared {
        /// The arm that the question is about.
        arm: String,
        /// The missing baseline arm.
        baseline: String,
    },
    /// No seed has finished with both arms.
    NoPairs(Evidence),
    /// Fewer pairs than a verdict takes.
    TooFewSeeds {
        /// So many it takes.
        least_seeds: usize,
        /// The comparison so far.
        #[serde(flatten)]
        evidence: Evidence,
    },
    /// Every pair is equal.
    Identical(Evidence),
    /// The arm differs from the baseline in the wanted direction.
    Ahead(Evidence),
    /// It differs in the other one.
    Behind(Evidence),
    /// No difference that so many seeds can show.
    NoDifference(Evidence),
    /// Whether the difference is shown to be small, or which differences remain possible.
    Equivalence {
        /// The arm.
        arm: String,
        /// What was measured.
        metric: String,
        /// Pairs compared.
        seeds: usize,
        /// Both tests, and the interval that they stand for.
        #[serde(flatten)]
        tests: Equivalence,
    },
    /// So few seeds cannot reach significance, whatever they show.
    CannotShow {
        /// Pairs compared.
        seeds: usize,
        /// The fewest that can.
        least_seeds: usize,
        /// How many a difference of this size would take, if that is a number within reach.
        seeds_needed: Option<usize>,
    },
    /// A difference of this size would take more seeds.
    SeedsNeeded {
        /// Pairs compared.
        seeds: usize,
        /// How many it would take, all comparisons corrected for.
        seeds_needed: usize,
    },
    /// About so many seeds would be needed as there are.
    AtTheEdge {
        /// Pairs compared.
        seeds: usize,
    },
    /// The p-value is below the level and the interval includes 0: a difference is called one only where both agree.
    TestsDisagree,
    /// The mean difference is exactly 0, which no number of seeds can show.
    MeanIsZero,
    /// The difference is too small for any practical number of seeds.
    BeyondReach,
    /// The comparison with a control, which tells why the arm is ahead.
    Control {
        /// The control's name.
        control: String,
        /// The finding of the comparison with it.
        finding: ControlFinding,
        /// The numbers, where it was compared.
        #[serde(flatten)]
        evidence: Option<Evidence>,
    },
    /// Planned pairs that lack a run.
    MissingPairs {
        /// How many.
        missing: usize,
        /// Of so many.
        planned_seeds: usize,
    },
    /// The accuracy of always predicting the most frequent class of the test rows.
    AnsweringMajority {
        /// That class, by its place among the labels.
        class: usize,
        /// Test rows of that class, over all seeds.
        rows: usize,
        /// All test rows, over all seeds.
        of: usize,
    },
    /// Classes of the test rows that some arm never answers, whatever the seed.
    NeverAnswered {
        /// The fraction of the training part.
        fraction: f64,
        /// The classes, and by whom.
        classes: Vec<Unanswered>,
    },
}

/// The numbers of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The arm.
    pub arm: String,
    /// The baseline arm.
    pub baseline: String,
    /// The metric.
    pub metric: String,
    /// The fraction of the training part.
    pub fraction: f64,
    /// Pairs compared.
    pub seeds: usize,
    /// Pairs planned.
    pub planned_seeds: usize,
    /// Mean of arm minus baseline; 0 of no pairs.
    pub mean_difference: f64,
    /// 95 % interval of the mean.
    pub ci95: Option<[f64; 2]>,
    /// The p-value, corrected for the whole family.
    pub p_value: Option<f64>,
    /// How many comparisons it is corrected for; 1 where it is the only one.
    pub family: usize,
}

/// The finding of a comparison of an arm with a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlFinding {
    /// The arm is ahead of the control, which excludes what the control stands for.
    Ahead,
    /// The arm is behind the control.
    Behind,
    /// No difference is shown.
    NoDifference,
    /// Too few pairs to tell.
    TooFewSeeds,
    /// The control was not run.
    NotCompared,
}

/// A class that test rows have and some arm never answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unanswered {
    /// The class, by its place among the labels.
    pub class: usize,
    /// The arms that never answer it.
    pub arms: Vec<String>,
    /// Whether those are all arms.
    pub by_all: bool,
}
