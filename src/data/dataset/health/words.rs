//! Findings in English, for the command line.

use super::super::said::listed;
use super::{Finding, FindingKind};
use std::fmt;

/// Lines that are listed, at most.
const LISTED_LINES: usize = 10;

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindingKind::EqualTexts { texts, rows } => {
                write!(f, "repeated texts: {texts}, in {rows} extra rows; equal texts stay on one side of every split")
            }
            FindingKind::Contradictions { texts, rows } => {
                write!(f, "texts with different labels: {texts}, in {rows} rows")
            }
            FindingKind::CaseVariants { labels } => write!(f, "labels that differ in case only: {}", listed(labels)),
            FindingKind::NumberVariants { labels } => write!(f, "labels that are the same number: {}", listed(labels)),
            FindingKind::MissingWords { labels, rows } => {
                write!(f, "labels that mean a missing value: {}, in {rows} rows", listed(labels))
            }
            FindingKind::NearDuplicates { rows, of } => {
                write!(f, "test texts that nearly equal a training text: {rows} of {of}")
            }
            FindingKind::Imbalance { most, most_rows, fewest, fewest_rows } => {
                write!(f, "class imbalance: {most:?} has {most_rows} examples, {fewest:?} {fewest_rows}")
            }
            FindingKind::SmallestStep { test_rows, points } => {
                write!(f, "with {test_rows} test examples, accuracy changes in steps of {points:.2} points")
            }
            FindingKind::Leaked { rows } => {
                write!(f, "training rows whose text is also in the test part: {rows}; they are not trained on")
            }
            FindingKind::UnseenLabels { labels } => {
                write!(f, "test labels that no training row has: {}", listed(labels))
            }
            FindingKind::UnknownTokens { share, rows } => {
                let percent = 100.0 * share;
                write!(
                    f,
                    "unknown tokens: {percent:.1} % of all; in {rows} texts, more than a tenth is unknown to the model"
                )
            }
            FindingKind::Cut { rows, of, limit } => write!(f, "texts truncated to {limit} tokens: {rows} of {of}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { kind, lines, .. } = self;
        write!(f, "{kind}")?;
        if lines.is_empty() {
            return Ok(());
        }
        let first = lines.iter().take(LISTED_LINES).map(u64::to_string).collect::<Vec<_>>().join(", ");
        write!(f, " (lines {first}{})", if lines.len() > LISTED_LINES { ", …" } else { "" })
    }
}
